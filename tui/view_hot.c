/* The lines that take the most, of all files: one sorts by any of the numbers, or by place. Old
 * versions of a file are left out, but where an invocation is opened that ran in them. */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tui/detail.h"
#include "tui/format.h"
#include "tui/glyph.h"

/* In the order in which `<` and `>` go through them. */
enum {
    COL_INCREMENT,
    COL_SELF,
    COL_USAGE,
    COL_PEAK,
    COL_COUNT,
    COL_PLACE, /* the only one whose order is from the first to the last */
    COL_NET,   /* here begins what needs the heap, */
    COL_RETAINED,
    COL_HIGH,
    COL_NATIVE, /* and here what needs the native one */
    SORT_COUNT,
    COL_MARKER = SORT_COUNT,
    COL_HEAT,
    COL_TREND,
    COL_SEPARATOR,
    COL_SOURCE,
};

enum { PLACE_BYTES_MAX = 512 };

static const struct column_spec hot_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},        {COL_INCREMENT, "Increment", 10, 0, 0, true},
    {COL_HEAT, "", 1, 0, 0, false},          {COL_NET, "Net", 9, 1, 92, true},
    {COL_NATIVE, "Native", 9, 1, 116, true}, {COL_RETAINED, "Retained", 9, 1, 92, true},
    {COL_SELF, "Self", 10, 1, 148, true},    {COL_USAGE, "Mem usage", 10, 1, 0, true},
    {COL_PEAK, "Peak", 9, 1, 140, true},     {COL_HIGH, "High", 9, 1, 160, true},
    {COL_COUNT, "Occur.", 7, 1, 0, true},    {COL_TREND, "Trend", 8, 1, 128, false},
    {COL_PLACE, "Place", 18, 2, 0, false},   {COL_SEPARATOR, "", 1, 1, 0, false},
    {COL_SOURCE, "Source", 0, 1, 0, false},
};

static unsigned hot_sorts(const struct model *model)
{
    if (!model->heap.is_on)
        return COL_NET;
    return model->heap.native_is_on ? SORT_COUNT : COL_NATIVE;
}

/* The column that the rows are sorted by is always there. */
static enum column_choice choose_column(const void *of, int id)
{
    const struct view_context *context = of;
    bool sorts = id < SORT_COUNT;
    if (sorts && (unsigned)id >= hot_sorts(context->model))
        return COLUMN_NEVER;
    return id == (int)context->ui->lists[VIEW_HOT].sort ? COLUMN_ALWAYS : COLUMN_BY_WIDTH;
}

static struct columns columns_of(const struct view_context *context)
{
    int spare = context->model->heap.is_on ? 0 : VIEW_HEAP_COLS;
    return columns_choose(hot_columns, ARRAY_LEN(hot_columns), context->rect.cols, spare,
                          choose_column, context);
}

static uint32_t file_of(uint64_t id)
{
    return (uint32_t)(id >> 32);
}

static uint32_t line_of(uint64_t id)
{
    return (uint32_t)id;
}

static void hot_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct file *file = context->model->files[file_of(id)];
    const struct file_function *function = file_function_at(file, line_of(id));
    size_t len;
    const char *text = view_line_text(context->model, file_of(id), line_of(id), &len);
    char version[FORMAT_SIZE];
    buf_printf(out, "%s%s:%" PRIu32 " %s ", file->display, view_version(file, version), line_of(id),
               function ? function->name : "");
    if (text)
        view_append(out, text, len);
}

static double sort_value(const struct view_context *context, uint64_t id,
                         const struct line_stats *stats, unsigned sort)
{
    int64_t bytes = 0;
    switch (sort) {
    case COL_SELF: return (double)stats->self_increment_bytes;
    case COL_USAGE: return (double)stats->mem_usage_bytes;
    case COL_PEAK: return (double)stats->peak_bytes;
    case COL_COUNT: return (double)stats->occurrences;
    case COL_PLACE: return -(double)id;
    case COL_NET: return (double)line_net_bytes(stats);
    case COL_NATIVE: return (double)stats->net_native_bytes;
    case COL_HIGH: return (double)stats->high_bytes;
    case COL_RETAINED:
        ui_retained(context->ui, context->model, file_of(id), line_of(id), &bytes);
        return (double)bytes;
    default: return (double)stats->increment_bytes;
    }
}

/* In a difference what has become less has changed as much as what has become more. By Increment,
 * the first order there is, the exact change comes first. */
static double difference_value(const struct view_context *context, uint64_t id, double value,
                               unsigned sort)
{
    if (sort == COL_INCREMENT)
        return (double)ui_line_change(context->ui, context->model, file_of(id), line_of(id));
    return sort == COL_SELF || sort == COL_NET || sort == COL_NATIVE ? fabs(value) : value;
}

static size_t lines_of(const struct model *model)
{
    size_t lines = 0;
    for (size_t i = 0; i < model->file_count; i++)
        lines += model->files[i]->line_count;
    return lines;
}

static void hot_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    struct view_sorted *rows = mem_calloc(lines_of(model), sizeof *rows);
    struct line_stats stats;
    size_t count = 0;
    list->sort = list->sort < hot_sorts(model) ? list->sort : 0;
    for (uint32_t file = 0; file < model->file_count; file++) {
        if (model->files[file]->retired && !ui->one_open)
            continue;
        for (uint32_t line = 1; line <= model->files[file]->line_count; line++) {
            uint64_t id = ui_line_id(file, line);
            if (!ui_line_stats(ui, model, file, line, &stats) ||
                !view_passes(&view_hot, &context, list->filter, id))
                continue;
            double value = sort_value(&context, id, &stats, list->sort);
            if (ui->difference)
                value = difference_value(&context, id, value, list->sort);
            rows[count++] = (struct view_sorted){value, id};
        }
    }
    view_sort(rows, count, list->inverted);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
    free(rows);
}

static void hot_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_HOT];
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        view_draw_title(&cell, column, column->spec->id == (int)list->sort,
                        list->inverted != (column->spec->id == COL_PLACE));
    }
}

static void draw_number(struct pen *pen, const struct column *column,
                        const struct line_stats *stats)
{
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_INCREMENT: view_draw_delta(pen, column->cols, stats->increment_bytes); return;
    case COL_SELF: view_draw_delta(pen, column->cols, stats->self_increment_bytes); return;
    case COL_HEAT: view_draw_heat(pen, stats->increment_bytes); return;
    case COL_NATIVE: view_draw_net(pen, column->cols, stats->net_native_bytes); return;
    case COL_HIGH: view_draw_bytes(pen, column->cols, stats->high_bytes); return;
    case COL_USAGE: format_size(text, stats->mem_usage_bytes); break;
    case COL_PEAK: format_size(text, stats->peak_bytes); break;
    case COL_COUNT: format_count(text, stats->occurrences); break;
    default: return;
    }
    if (stats->mem_usage_bytes || column->spec->id == COL_COUNT)
        pen_field(pen, STYLE_NUMBER, column->cols, true, text);
}

/* The file as Python names it: "Resize" for Resize/__init__.py, "shared.thumbs" for
 * shared/thumbs.py; of one outside the app, the last part. */
static void append_module(const struct file *file, struct buf *out)
{
    static const char package[] = "/__init__.py", ending[] = ".py";
    size_t len = strlen(file->display);
    if (len > sizeof package - 1 && !strcmp(file->display + len - (sizeof package - 1), package))
        len -= sizeof package - 1;
    else if (len > sizeof ending - 1 && !strcmp(file->display + len - (sizeof ending - 1), ending))
        len -= sizeof ending - 1;
    size_t first = 0;
    for (size_t i = 0; i < len && file->display[0] == '/'; i++)
        first = file->display[i] == '/' ? i + 1 : first;
    for (size_t i = first; i < len; i++) {
        char byte = file->display[i] == '/' ? '.' : file->display[i];
        view_append(out, &byte, 1);
    }
}

/* The function that the line is in, if it has a name: one of which a log has no def line is called
 * "line 12". */
static const struct file_function *named_function(const struct file *file, uint32_t line)
{
    const struct file_function *function = file_function_at(file, line);
    return function && !strchr(function->name, ' ') ? function : NULL;
}

/* "Resize.main:23"; where that has no room "main:23". What is too long even so is cut at its
 * beginning: the end is what tells it from others. */
void view_draw_place(struct pen *pen, const struct file *file, uint32_t line)
{
    const struct file_function *function = named_function(file, line);
    char number[FORMAT_SIZE], version[FORMAT_SIZE] = "";
    struct buf name;
    snprintf(number, sizeof number, ":%" PRIu32, line);
    if (file->retired)
        snprintf(version, sizeof version, " v%" PRIu32, file->version);
    buf_init(&name, PLACE_BYTES_MAX);
    append_module(file, &name);
    if (function)
        buf_printf(&name, ".%s", function->name);
    int room = pen_left(pen) - (int)(strlen(number) + strlen(version));
    const char *text = buf_text(&name), *shown = glyphs_tail(text, name.len, room);
    if (shown > text && function) {
        text = function->name;
        shown = glyphs_tail(text, strlen(text), room);
    }
    if (shown > text) {
        shown = glyphs_tail(text, strlen(text), room - 1);
        grid_put(pen->grid, pen->row, pen->col, 0x2026, 1, STYLE_DIM);
        pen_skip(pen, 1);
    }
    pen_text(pen, STYLE_TEXT, shown);
    pen_text(pen, STYLE_DIM, number);
    pen_text(pen, STYLE_DIM, version);
    buf_fini(&name);
}

static void hot_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    struct columns columns = columns_of(context);
    const struct file *file = context->model->files[file_of(id)];
    struct line_stats stats;
    int64_t retained;
    (void)part;
    ui_line_stats(context->ui, context->model, file_of(id), line_of(id), &stats);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        switch (column->spec->id) {
        case COL_MARKER:
            if (ui_line_runs(context->ui, file_of(id), line_of(id)))
                pen_text(&cell, STYLE_RUNNING, ">");
            else if (ui_line_is_changed(context->ui, context->model, file_of(id), line_of(id)))
                pen_text(&cell, STYLE_NOTICE, "*");
            break;
        case COL_TREND: view_draw_trend(&cell, column->cols, &file->lines[line_of(id) - 1]); break;
        case COL_PLACE: view_draw_place(&cell, file, line_of(id)); break;
        case COL_SEPARATOR:
            view_draw_separator(context->model, &cell, file_of(id), line_of(id));
            break;
        case COL_SOURCE: view_draw_source(context, &cell, file_of(id), line_of(id), 0, true); break;
        case COL_NET:
            /* Of both kinds where there is no room for the native one alone. */
            view_draw_net(&cell, column->cols,
                          columns_hold(&columns, COL_NATIVE) ? stats.net_python_bytes
                                                             : line_net_bytes(&stats));
            break;
        case COL_RETAINED:
            if (ui_retained(context->ui, context->model, file_of(id), line_of(id), &retained))
                view_draw_bytes(&cell, column->cols, retained);
            break;
        default: draw_number(&cell, column, &stats);
        }
    }
}

static void hot_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct file *file = context->model->files[file_of(id)];
    char version[FORMAT_SIZE];
    pen_printf(pen, STYLE_STRONG, " %s%s:%" PRIu32, file->display, view_version(file, version),
               line_of(id));
    const struct leak *leak = leaks_find(&context->model->leaks, file_of(id), line_of(id));
    if (leak && !context->ui->one_open) {
        detail_draw_leak(context, leak, pen);
        detail_draw_part(pen, ";", "");
    }
    detail_draw_line(context, file_of(id), line_of(id), pen);
}

static void hot_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    detail_draw_heap(context, file_of(id), line_of(id), pen);
}

const struct view view_hot = {
    .name = "hot",
    .empty = "no line has run yet",
    .rows = hot_rows,
    .text = hot_text,
    .heading = hot_heading,
    .row = hot_row,
    .detail = hot_detail,
    .heap_detail = hot_heap_detail,
    .sorts = hot_sorts,
    .selects = true,
};
