/*
 * The source of one file with the numbers of its lines: the sums, or with an invocation opened its
 * own numbers and the sums beside them.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/detail.h"
#include "tui/detail_stop.h"
#include "tui/format.h"
#include "tui/leak_words.h"

enum {
    COL_MARKER,
    COL_LINE,
    COL_USAGE,
    COL_INCREMENT,
    COL_HEAT,
    COL_COUNT,
    COL_PEAK,
    COL_SELF,
    COL_NET,
    COL_NATIVE,
    COL_RETAINED,
    COL_TREND,
    COL_SUM,
    COL_SUM_COUNT,
    COL_SEPARATOR,
    COL_SOURCE,
};

/* Lines below have a blank before their number. */
enum { MARKED_LINES = 10000 };

static const struct column_spec sum_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},
    {COL_LINE, "Line", 5, 0, 0, true},
    {COL_USAGE, "Mem usage", 9, 1, 0, true},
    {COL_INCREMENT, "Increment", 10, 1, 0, true},
    {COL_HEAT, "", 1, 0, 0, false},
    {COL_COUNT, "Occur.", 6, 1, 0, true},
    {COL_NET, "Net", 9, 1, 92, true},
    {COL_NATIVE, "Native", 9, 1, 116, true},
    {COL_RETAINED, "Retained", 9, 1, 92, true},
    {COL_SELF, "Self", 10, 1, 156, true},
    {COL_PEAK, "Peak", 9, 1, 140, true},
    {COL_TREND, "Trend", 8, 1, 108, false},
    {COL_SEPARATOR, "", 1, 1, 0, false},
    {COL_SOURCE, "", 0, 1, 0, false},
};

static const struct column_spec one_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},
    {COL_LINE, "Line", 5, 0, 0, true},
    {COL_USAGE, "Mem usage", 9, 1, 0, true},
    {COL_INCREMENT, "Increment", 10, 1, 0, true},
    {COL_HEAT, "", 1, 0, 0, false},
    {COL_COUNT, "Occur.", 6, 1, 0, true},
    {COL_NET, "Net", 9, 1, 92, true},
    {COL_NATIVE, "Native", 9, 1, 116, true},
    {COL_RETAINED, "Retained", 9, 1, 100, true},
    {COL_SUM, "of all", 10, 1, 0, true},
    {COL_SUM_COUNT, "Occur.", 6, 1, 112, true},
    {COL_SEPARATOR, "", 1, 1, 0, false},
    {COL_SOURCE, "", 0, 1, 0, false},
};

static enum column_choice choose_column(const void *context, int id)
{
    const struct heap *heap = context;
    if (id == COL_NATIVE)
        return heap->is_on && heap->native_is_on ? COLUMN_BY_WIDTH : COLUMN_NEVER;
    return heap->is_on || (id != COL_NET && id != COL_RETAINED) ? COLUMN_BY_WIDTH : COLUMN_NEVER;
}

static struct columns columns_of(const struct view_context *context)
{
    const struct heap *heap = &context->model->heap;
    int cols = context->rect.cols, spare = heap->is_on ? 0 : VIEW_HEAP_COLS;
    if (context->ui->one_open)
        return columns_choose(one_columns, ARRAY_LEN(one_columns), cols, spare, choose_column,
                              heap);
    return columns_choose(sum_columns, ARRAY_LEN(sum_columns), cols, spare, choose_column, heap);
}

static void source_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    size_t len;
    const char *text = view_line_text(context->model, context->ui->file, (uint32_t)id, &len);
    if (text)
        view_append(out, text, len);
}

static void source_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    if (ui->file >= model->file_count)
        return;
    const struct file *file = model->files[ui->file];
    for (uint32_t line = 1; line <= file->line_count; line++) {
        if (view_passes(&view_source, &context, list->filter, line))
            list_add(list, line);
    }
}

static void draw_invocation_name(struct pen *pen, const char *before,
                                 const struct invocation *invocation)
{
    if (invocation->number)
        pen_printf(pen, STYLE_NOTICE, "%s#%" PRIu64, before, invocation->number);
    else
        pen_printf(pen, STYLE_NOTICE, "%sload", before);
}

/* One can go to a time at which the opened invocation had not begun, or was no longer kept. */
static void draw_missing(const struct view_context *context, struct pen *pen)
{
    uint64_t id = context->ui->one;
    bool is_ahead = id < INVOCATION_LOADS ? id > context->model->invocations.total
                                          : (id & ~INVOCATION_LOADS) > context->now_ns;
    if (id < INVOCATION_LOADS)
        pen_printf(pen, STYLE_NOTICE, " #%" PRIu64, id);
    else
        pen_text(pen, STYLE_NOTICE, " load");
    pen_text(pen, STYLE_NOTICE, is_ahead ? " has not begun " : " is no longer kept ");
}

/* The name of the file, and what is to be known about what is shown of it. */
static void draw_file_name(const struct view_context *context, struct pen *pen)
{
    const struct ui *ui = context->ui;
    const struct invocation *one = ui_one(ui, context->model);
    if (ui->file >= context->model->file_count)
        return;
    const struct file *file = context->model->files[ui->file];
    const struct invocation *marked =
        ui->difference ? ui_find_invocation(context->model, ui->mark) : NULL;
    if (one) {
        draw_invocation_name(pen, " ", one);
        if (marked)
            draw_invocation_name(pen, " less ", marked);
        else
            pen_printf(pen, STYLE_NOTICE, " %s", outcome_name(one->outcome));
        pen_text(pen, STYLE_NOTICE, " ");
    }
    if (ui->one_open && !one)
        draw_missing(context, pen);
    if (file->stale)
        pen_text(pen, STYLE_NOTICE, file->deleted ? " deleted since " : " edited since ");
    if (file->retired)
        pen_printf(pen, STYLE_NOTICE, " version %" PRIu32 " ", file->version);
    if (ui->one_open || file->stale || file->retired)
        pen_skip(pen, 1);
    pen_printf(pen, STYLE_HEADING, "%s", file->display);
    if (file->problem)
        pen_printf(pen, STYLE_HEADING, " (%s)", file->problem);
}

static void source_heading(const struct view_context *context, struct pen *pen)
{
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        if (column->spec->id == COL_SOURCE)
            draw_file_name(context, &cell);
        else
            pen_field(&cell, STYLE_HEADING, column->cols, column->spec->right, column->spec->title);
    }
}

static void draw_size(struct pen *pen, int cols, int64_t bytes)
{
    char text[FORMAT_SIZE];
    /* 0: no execution has ended yet. */
    if (bytes == 0)
        return;
    format_size(text, bytes);
    pen_field(pen, STYLE_NUMBER, cols, true, text);
}

static void draw_count(struct pen *pen, int cols, uint64_t count, enum style style)
{
    char text[FORMAT_SIZE];
    format_count(text, count);
    pen_field(pen, style, cols, true, text);
}

/* The verdict on the line, in the sum over all invocations. */
static const struct leak *leak_of(const struct view_context *context, uint32_t line)
{
    return leaks_find(&context->model->leaks, context->ui->file, line);
}

/* What the line keeps of each invocation, where it does so; else what is alive of it. */
static void draw_retained(const struct view_context *context, const struct column *column,
                          uint32_t line, struct pen *pen)
{
    const struct leak *leak = context->ui->one_open ? NULL : leak_of(context, line);
    char mark[FORMAT_SIZE];
    int64_t bytes;
    if (leak) {
        leak_words_mark(mark, leak);
        pen_field(pen, leak_words_style(leak), column->cols, true, mark);
    } else if (ui_retained(context->ui, context->model, context->ui->file, line, &bytes)) {
        view_draw_bytes(pen, column->cols, bytes);
    }
}

/* Net is of both kinds where there is no room for the native one alone. */
static void draw_heap(const struct view_context *context, const struct column *column,
                      uint32_t line, const struct line_stats *stats, struct pen *pen)
{
    const struct columns columns = columns_of(context);
    bool apart = columns_hold(&columns, COL_NATIVE);
    if (column->spec->id == COL_NET)
        view_draw_net(pen, column->cols, apart ? stats->net_python_bytes : line_net_bytes(stats));
    else if (column->spec->id == COL_NATIVE)
        view_draw_net(pen, column->cols, stats->net_native_bytes);
    else
        draw_retained(context, column, line, pen);
}

/* A number of the line; nothing where the line has not run. */
static void draw_number(const struct view_context *context, const struct column *column,
                        uint32_t line, struct pen *pen)
{
    const struct ui *ui = context->ui;
    struct line_stats stats, sum;
    bool ran = ui_line_stats(ui, context->model, ui->file, line, &stats);
    bool ever = ui_sum_stats(ui, context->model, ui->file, line, &sum);
    int id = column->spec->id, cols = column->cols;
    if (ever && id == COL_SUM)
        view_draw_delta(pen, cols, sum.increment_bytes);
    else if (ever && id == COL_SUM_COUNT)
        draw_count(pen, cols, sum.occurrences, STYLE_DIM);
    if (!ran)
        return;
    if (id == COL_USAGE)
        draw_size(pen, cols, stats.mem_usage_bytes);
    else if (id == COL_PEAK)
        draw_size(pen, cols, stats.peak_bytes);
    else if (id == COL_INCREMENT)
        view_draw_delta(pen, cols, stats.increment_bytes);
    else if (id == COL_SELF)
        view_draw_delta(pen, cols, stats.self_increment_bytes);
    else if (id == COL_HEAT)
        view_draw_heat(pen, stats.increment_bytes);
    else if (id == COL_COUNT)
        draw_count(pen, cols, stats.occurrences, STYLE_NUMBER);
    else if (id == COL_NET || id == COL_NATIVE || id == COL_RETAINED)
        draw_heap(context, column, line, &stats, pen);
    else if (id == COL_TREND)
        view_draw_trend(pen, cols, &context->model->files[ui->file]->lines[line - 1]);
}

static bool has_breakpoint(const struct view_context *context, uint32_t line)
{
    const struct file *file = context->model->files[context->ui->file];
    return !file->retired && breakpoints_at(&context->model->breakpoints, file->path, line);
}

/* The line that runs, one that has changed in a difference, or a breakpoint; where it is both, the
 * breakpoint's mark is beside it, if the number leaves it room. */
static void draw_marker(const struct view_context *context, uint32_t line, struct pen *pen)
{
    bool stops = ui_line_stops(context->model, context->ui->file, line);
    bool runs = ui_line_runs(context->ui, context->ui->file, line);
    struct pen beside = pen_at(pen->grid, pen->row, pen->col + 1, 1);
    bool is_changed = ui_line_is_changed(context->ui, context->model, context->ui->file, line);
    if (!stops && !runs && is_changed)
        pen_text(pen, STYLE_NOTICE, "*");
    if (stops || runs)
        pen_text(pen, stops ? STYLE_WAIT : STYLE_RUNNING, ">");
    if (!has_breakpoint(context, line))
        return;
    if (!stops && !runs && !is_changed)
        pen_text(pen, STYLE_ERROR, "b");
    else if (line < MARKED_LINES)
        pen_text(&beside, STYLE_ERROR, "b");
}

static void draw_line_number(const struct view_context *context, const struct column *column,
                             uint32_t line, struct pen *pen)
{
    bool runs = ui_line_runs(context->ui, context->ui->file, line);
    char number[FORMAT_SIZE];
    snprintf(number, sizeof number, "%" PRIu32, line);
    pen_field(pen, runs ? STYLE_RUNNING : STYLE_LINE_NUMBER, column->cols, true, number);
}

static void source_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct ui *ui = context->ui;
    uint32_t line = (uint32_t)id;
    struct columns columns = columns_of(context);
    (void)part;
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        switch (column->spec->id) {
        case COL_MARKER: break; /* after the number, which it may stand beside */
        case COL_LINE: draw_line_number(context, column, line, &cell); break;
        case COL_SEPARATOR: view_draw_separator(context->model, &cell, ui->file, line); break;
        case COL_SOURCE:
            view_draw_source(context, &cell, ui->file, line, ui->lists[VIEW_SOURCE].scroll_cols,
                             false);
            break;
        default: draw_number(context, column, line, &cell);
        }
    }
    draw_marker(context, line, pen);
}

static void source_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    if (ui_line_stops(context->model, context->ui->file, (uint32_t)id) &&
        detail_draw_step(context->model, pen))
        return;
    const struct leak *leak = context->ui->one_open ? NULL : leak_of(context, (uint32_t)id);
    pen_printf(pen, STYLE_STRONG, " line %" PRIu64, id);
    if (leak) {
        detail_draw_leak(context, leak, pen);
        detail_draw_part(pen, ";", "");
    }
    detail_draw_line(context, context->ui->file, (uint32_t)id, pen);
}

static void source_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    detail_draw_heap(context, context->ui->file, (uint32_t)id, pen);
}

const struct view view_source = {
    .name = "source",
    .empty = "no source to show yet",
    .rows = source_rows,
    .text = source_text,
    .heading = source_heading,
    .row = source_row,
    .detail = source_detail,
    .heap_detail = source_heap_detail,
    .scrolls_sideways = true,
    .selects = true,
};
