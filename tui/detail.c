/*
 * The parts are put together as text first, so that each is drawn whole or not at all: half a
 * number is worse than none. The first ones are those that one looks for first.
 */
#include "config.h"
#include "tui/detail.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/format.h"

enum { PART_SIZE = 96 };

/* In how many of the kept invocations the line ran. */
static uint64_t invocations_of_line(const struct view_context *context, uint32_t file,
                                    uint32_t line)
{
    const struct invocations *set = &context->model->invocations;
    uint64_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (set->kept[i]->number && invocation_line_stats(set->kept[i], file, line))
            count++;
    }
    return count;
}

void detail_draw_part(struct pen *pen, const char *words, const char *value)
{
    if (pen_left(pen) < (int)(strlen(words) + strlen(value)))
        return;
    pen_text(pen, STYLE_DIM, words);
    pen_text(pen, STYLE_TEXT, value);
}

/* "in 18 executions, each +0.7 MiB"; of one, what each takes is said already. */
static void draw_share(struct pen *pen, const char *before, const char *what, int64_t bytes,
                       uint64_t count)
{
    char number[FORMAT_SIZE], each[FORMAT_SIZE], words[PART_SIZE];
    format_count(number, count);
    if (count == 1) {
        snprintf(words, sizeof words, "%s1 %s", before, what);
        detail_draw_part(pen, words, "");
        return;
    }
    format_delta(each, bytes / (int64_t)count);
    snprintf(words, sizeof words, "%s%s %ss, each ", before, number, what);
    detail_draw_part(pen, words, each);
}

void detail_draw_line(const struct view_context *context, uint32_t file, uint32_t line,
                      struct pen *pen)
{
    const struct ui *ui = context->ui;
    struct line_stats stats;
    char text[FORMAT_SIZE];
    if (!ui_line_stats(ui, context->model, file, line, &stats)) {
        detail_draw_part(pen,
                         ui->one_open ? "  did not run in this invocation"
                         : ui->zero   ? "  has not run since"
                                      : "  has not run",
                         "");
        return;
    }
    format_delta(text, stats.increment_bytes);
    pen_printf(pen, format_heat_style(format_heat(stats.increment_bytes)), "  %s", text);
    uint64_t count = ui->one_open || ui->zero ? 0 : invocations_of_line(context, file, line);
    if (count)
        draw_share(pen, " in ", "invocation", stats.increment_bytes, count);
    if (stats.occurrences)
        draw_share(pen, count ? "; " : " in ", "execution", stats.increment_bytes,
                   stats.occurrences);
    if (stats.self_increment_bytes != stats.increment_bytes) {
        format_delta(text, stats.increment_bytes - stats.self_increment_bytes);
        detail_draw_part(pen, "; callees ", text);
    }
    if (stats.peak_bytes) {
        format_size(text, stats.peak_bytes);
        detail_draw_part(pen, "; peak ", text);
    }
}
