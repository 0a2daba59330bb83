/*
 * What the app and the host said, in the order in which it came; long lines are wrapped. Also the
 * lower side pane. A row's id is the number of the line since the start, so that it stays the same
 * when old lines are dropped.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/format.h"
#include "tui/glyph.h"

/* From this width on there is room for where a line came from. */
enum { WIDE_COLS = 72, TIME_COLS = 8, TIME_MS_COLS = 12 };

static const struct output_line *line_of(const struct view_context *context, uint64_t id)
{
    const struct output *output = &context->model->output;
    uint64_t first = output->total - output->count;
    return id >= first && id - first < output->count ? output_at(output, id - first) : NULL;
}

static void output_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    const struct output *output = &model->output;
    uint64_t first = output->total - output->count;
    for (size_t i = 0; i < output->count; i++) {
        if (view_passes(&view_output, &context, list->filter, first + i))
            list_add(list, first + i);
    }
}

static void output_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct output_line *line = line_of(context, id);
    if (line)
        view_append(out, line->text, strlen(line->text));
}

static bool is_wide(const struct view_context *context)
{
    return context->rect.cols >= WIDE_COLS;
}

/* Columns before the text: time, and where there is room the source and the invocation. */
static int text_at(const struct view_context *context)
{
    return is_wide(context) ? 1 + TIME_MS_COLS + 1 + 6 + 1 + 6 + 1 : 1 + TIME_COLS + 1;
}

static int text_cols(const struct view_context *context)
{
    int cols = context->rect.cols - text_at(context);
    return cols > 8 ? cols : 8;
}

static int output_height(const struct view_context *context, uint64_t id)
{
    const struct output_line *line = line_of(context, id);
    int rows = 0;
    if (!line)
        return 1;
    const char *text = line->text;
    size_t len = strlen(text);
    do {
        size_t fits = glyphs_wrap(text, len, text_cols(context));
        text += fits;
        len -= fits;
        rows++;
    } while (len > 0);
    return rows;
}

static void output_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_OUTPUT];
    const char *tail = list->hold == HOLD_LAST ? " following " : "";
    pen_skip(pen, 1);
    if (is_wide(context)) {
        pen_field(pen, STYLE_HEADING, TIME_MS_COLS + 1, false, "Time");
        pen_field(pen, STYLE_HEADING, 7, false, "From");
        pen_field(pen, STYLE_HEADING, 7, true, "Invoc. ");
    } else {
        pen_field(pen, STYLE_HEADING, TIME_COLS + 1, false, "Time");
    }
    pen_right(pen, STYLE_HEADING, tail);
    pen_text(pen, STYLE_HEADING, "Output");
}

static enum style line_style(const struct output_line *line)
{
    if (line->level >= LEVEL_ERROR)
        return STYLE_ERROR;
    if (line->level == LEVEL_WARNING || line->source == OUTPUT_STDERR)
        return STYLE_WARNING;
    return line->level == LEVEL_DEBUG || line->source == OUTPUT_HOST ? STYLE_DIM : STYLE_TEXT;
}

static const char *source_name(const struct output_line *line)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", "crit"};
    switch (line->source) {
    case OUTPUT_HOST: return "host";
    case OUTPUT_STDOUT: return "stdout";
    case OUTPUT_STDERR: return "stderr";
    case OUTPUT_LOG: break;
    }
    return line->level <= LEVEL_CRITICAL ? levels[line->level] : "log";
}

static void draw_prefix(const struct view_context *context, const struct output_line *line,
                        struct pen *pen)
{
    char text[FORMAT_SIZE];
    format_time(text, line->realtime_ns, is_wide(context));
    pen_skip(pen, 1);
    pen_text(pen, STYLE_DIM, text);
    pen_skip(pen, 1);
    if (!is_wide(context))
        return;
    pen_field(pen, line_style(line) == STYLE_TEXT ? STYLE_NAME : line_style(line), 7, false,
              source_name(line));
    if (line->invocation == 0)
        snprintf(text, sizeof text, "load");
    else if (line->invocation == OUTPUT_NO_INVOCATION)
        text[0] = '\0';
    else
        snprintf(text, sizeof text, "#%" PRIu64, line->invocation);
    pen_field(pen, STYLE_DIM, 6, true, text);
    pen_skip(pen, 1);
}

static void output_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct output_line *line = line_of(context, id);
    if (!line)
        return;
    const char *text = line->text;
    size_t len = strlen(text);
    if (part == 0)
        draw_prefix(context, line, pen);
    else
        pen_skip(pen, text_at(context));
    for (int i = 0; i < part && len > 0; i++) {
        size_t fits = glyphs_wrap(text, len, text_cols(context));
        text += fits;
        len -= fits;
    }
    view_draw_text(context, pen, text, glyphs_wrap(text, len, text_cols(context)), NULL,
                   line_style(line), 0);
}

/* Where one is in a line that is taller than the screen. */
static void draw_rows_shown(const struct view_context *context, uint64_t id, struct pen *pen)
{
    struct view_context at = *context;
    int skip = context->ui->lists[VIEW_OUTPUT].skip;
    if (!ui_view_rect(context->ui, VIEW_OUTPUT, &at.rect))
        return;
    int rows = output_height(&at, id), page = at.rect.rows - 1;
    if (rows > page)
        pen_printf(pen, STYLE_DIM, ", its rows %d to %d of %d", skip + 1, skip + page, rows);
}

static void output_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct output_line *line = line_of(context, id);
    char text[FORMAT_SIZE];
    if (!line)
        return;
    format_time(text, line->realtime_ns, 1);
    pen_printf(pen, STYLE_STRONG, " %s", text);
    pen_printf(pen, STYLE_DIM, "  %s", source_name(line));
    if (line->invocation == 0)
        pen_text(pen, STYLE_DIM, "  while the app was loaded");
    else if (line->invocation != OUTPUT_NO_INVOCATION)
        pen_printf(pen, STYLE_DIM, "  from invocation %" PRIu64, line->invocation);
    pen_printf(pen, STYLE_DIM, "  line %" PRIu64 " of %" PRIu64, id + 1,
               context->model->output.total);
    draw_rows_shown(context, id, pen);
}

const struct view view_output = {
    .name = "output",
    .empty = "the app has said nothing yet",
    .rows = output_rows,
    .text = output_text,
    .height = output_height,
    .heading = output_heading,
    .row = output_row,
    .detail = output_detail,
    .selects = true,
};
