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
#include "tui/holders_words.h"
#include "tui/leak_words.h"

enum { PART_SIZE = 96, SENTENCE_SIZE = 256, MOST_TYPES = 2 };

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

/* ---- leaks */

/* "; 3,204 dict, 10 bytes objects" */
static void draw_types(const struct model *model, const struct leak *leak, struct pen *pen)
{
    const struct holders *holders = model_holders(model, leak->file, leak->line);
    struct buf text;
    buf_init(&text, SENTENCE_SIZE);
    if (holders)
        holders_words_types(holders, MOST_TYPES, &text);
    if (text.len)
        detail_draw_part(pen, "; ", buf_text(&text));
    buf_fini(&text);
}

/* That `w` asks who holds it the row of keys says, where it does. */
void detail_draw_leak(const struct view_context *context, const struct leak *leak, struct pen *pen)
{
    struct buf text;
    buf_init(&text, SENTENCE_SIZE);
    leak_words_line(leak, &text);
    pen_printf(pen, leak_words_style(leak), " %s", buf_text(&text));
    buf_fini(&text);
    if (context->ui->view != VIEW_HOLDERS) /* which has them */
        draw_types(context->model, leak, pen);
}

/* ---- the heap */

static void draw_net(const struct view_context *context, const struct line_stats *stats,
                     struct pen *pen)
{
    char text[FORMAT_SIZE];
    bool apart = context->model->heap.native_is_on;
    format_net(text, stats->net_python_bytes);
    detail_draw_part(pen, " heap  ", text);
    detail_draw_part(pen, apart ? " Python" : "", "");
    if (!apart || !stats->net_native_bytes)
        return;
    format_net(text, stats->net_native_bytes);
    detail_draw_part(pen, ", ", text);
    detail_draw_part(pen, " native", "");
}

static void draw_high(const struct line_stats *stats, struct pen *pen)
{
    char text[FORMAT_SIZE], words[PART_SIZE];
    if (stats->high_bytes <= 0)
        return;
    format_net(text, stats->high_bytes);
    snprintf(words, sizeof words, "%s above its start", text);
    detail_draw_part(pen, "; at most ", words);
}

/* In how many of the invocations that are over, and whose blocks are told apart, the line ran. */
static unsigned invocations_told_apart(const struct view_context *context, uint32_t file,
                                       uint32_t line)
{
    const struct kept *kept = &context->model->kept;
    unsigned count = 0;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        if (kept->invocations[i].number == KEPT_NOBODY || kept->invocations[i].is_running)
            continue;
        const struct invocation *invocation =
            invocations_find(&context->model->invocations, kept->invocations[i].number);
        count += invocation && invocation_line_stats(invocation, file, line);
    }
    return count;
}

/* "kept by 12 of 12 invocations"; false where there is nothing to say, or no room. */
static bool draw_keepers(const struct view_context *context, uint32_t file, uint32_t line,
                         const struct kept_part *parts, size_t count, struct pen *pen)
{
    char words[PART_SIZE];
    unsigned keepers = 0, of = invocations_told_apart(context, file, line);
    for (size_t i = 0; i < count; i++)
        keepers += parts[i].alive_bytes > 0;
    snprintf(words, sizeof words, "; kept by %u of %u invocation%s", keepers, of,
             of == 1 ? "" : "s");
    if (of == 0 || pen_left(pen) < (int)strlen(words))
        return false;
    pen_text(pen, STYLE_TEXT, words);
    return true;
}

/* "; #12 1.00 MiB of 1.00 MiB, #11 ...": what is alive of what it left, as far as there is
 * room. */
static void draw_newest(const struct kept_part *parts, size_t count, struct pen *pen)
{
    char alive[FORMAT_SIZE], left[FORMAT_SIZE], words[PART_SIZE];
    for (size_t i = 0; i < count; i++) {
        format_bytes(alive, parts[i].alive_bytes);
        format_bytes(left, parts[i].left_bytes);
        snprintf(words, sizeof words, "%s #%" PRIu64 " %s of %s", i ? "," : ";", parts[i].number,
                 alive, left);
        if (pen_left(pen) < (int)strlen(words))
            break;
        pen_text(pen, STYLE_DIM, words);
    }
}

static void draw_retained(const struct line_stats *stats, struct pen *pen)
{
    char text[FORMAT_SIZE], words[PART_SIZE];
    format_bytes(text, line_retained_bytes(stats));
    detail_draw_part(pen, "; retained ", text);
    if (!stats->retained_native_bytes || stats->retained_native_bytes == line_retained_bytes(stats))
        return;
    format_bytes(text, stats->retained_native_bytes);
    snprintf(words, sizeof words, " (%s native)", text);
    detail_draw_part(pen, words, "");
}

static void draw_flow(const struct line_stats *stats, struct pen *pen)
{
    char allocated[FORMAT_SIZE], freed[FORMAT_SIZE], words[PART_SIZE];
    format_bytes(allocated, (int64_t)stats->allocated_bytes);
    format_bytes(freed, (int64_t)stats->freed_bytes);
    snprintf(words, sizeof words, "%s, freed %s", allocated, freed);
    detail_draw_part(pen, "; allocated ", words);
}

/* Of the opened invocation alone. */
static void draw_kept_of(const struct view_context *context, const struct invocation *one,
                         uint32_t file, uint32_t line, struct pen *pen)
{
    const struct kept *kept = &context->model->kept;
    struct kept_part part;
    char text[FORMAT_SIZE];
    if (!one->number || !kept_of(kept, kept_find(kept, file, line), one->number, &part))
        return;
    if (invocation_is_over(one)) {
        format_bytes(text, part.left_bytes);
        detail_draw_part(pen, "; left ", text);
    }
    format_bytes(text, part.alive_bytes);
    detail_draw_part(pen, "; alive ", text);
}

void detail_draw_heap(const struct view_context *context, uint32_t file, uint32_t line,
                      struct pen *pen)
{
    const struct kept *kept = &context->model->kept;
    const struct invocation *one = ui_one(context->ui, context->model);
    struct kept_part parts[KEPT_WINDOW];
    struct line_stats stats;
    if (!ui_line_stats(context->ui, context->model, file, line, &stats))
        return;
    draw_net(context, &stats, pen);
    draw_high(&stats, pen);
    if (one) {
        draw_kept_of(context, one, file, line, pen);
        draw_flow(&stats, pen);
        return;
    }
    size_t count = kept_newest(kept, kept_find(kept, file, line), parts);
    draw_retained(&stats, pen);
    /* Of what the verdict is on, it says that itself. */
    bool told = leaks_find(&context->model->leaks, file, line) ||
                draw_keepers(context, file, line, parts, count, pen);
    draw_flow(&stats, pen);
    if (told)
        draw_newest(parts, count, pen);
}
