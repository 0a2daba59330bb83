/*
 * The lines that leak, or are suspected to, with what is known of each. Below them is the evidence
 * of the selected one (view_evidence.c).
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tui/detail.h"
#include "tui/glyph.h"
#include "tui/leak_words.h"

/* In the order in which `<` and `>` go through them. */
enum {
    COL_BYTES, /* certain ones first */
    COL_KEPT,
    COL_ALIVE,
    COL_SINCE,
    COL_PLACE,
    SORT_COUNT,
    COL_MARKER = SORT_COUNT,
    COL_KIND,
    COL_SEPARATOR,
    COL_SOURCE,
};

#define CERTAIN_FIRST 1e18

/* Of the detail: the sentence is not to be cut for the sake of a long path. */
enum { SENTENCE_COLS = 80, PLACE_COLS = 20 };

static const struct column_spec leak_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},       {COL_BYTES, "Each inv.", 10, 1, 0, true},
    {COL_KEPT, "Kept", 8, 1, 0, true},      {COL_ALIVE, "Alive", 9, 1, 0, true},
    {COL_KIND, "Kind", 7, 2, 76, false},    {COL_SINCE, "Invocations", 13, 1, 100, false},
    {COL_PLACE, "Place", 18, 1, 0, false},  {COL_SEPARATOR, "", 1, 1, 0, false},
    {COL_SOURCE, "Source", 0, 1, 0, false},
};

static const struct leak *leak_of(const struct model *model, uint64_t id)
{
    return leaks_find(&model->leaks, (uint32_t)(id >> 32), (uint32_t)id);
}

const struct leak *view_leaks_selected(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_LEAKS], &id) ? leak_of(shown, id) : NULL;
}

static unsigned leak_sorts(const struct model *model)
{
    (void)model;
    return SORT_COUNT;
}

/* The column that the rows are sorted by is always there. */
static enum column_choice choose_column(const void *of, int id)
{
    const struct view_context *context = of;
    return id == (int)context->ui->lists[VIEW_LEAKS].sort ? COLUMN_ALWAYS : COLUMN_BY_WIDTH;
}

static struct columns columns_of(const struct view_context *context)
{
    return columns_choose(leak_columns, ARRAY_LEN(leak_columns), context->rect.cols, 0,
                          choose_column, context);
}

static const char *kind_of(const struct leak *leak)
{
    if (leak->is_outside)
        return "threads";
    return leak->is_native ? "native" : "Python";
}

static void leak_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct leak *leak = leak_of(context->model, id);
    if (!leak || leak->file >= context->model->file_count)
        return;
    const struct file *file = context->model->files[leak->file];
    const struct file_function *function = file_function_at(file, leak->line);
    size_t len;
    const char *text = view_line_text(context->model, leak->file, leak->line, &len);
    buf_printf(out, "%s:%" PRIu32 " %s %s ", file->display, leak->line,
               function ? function->name : "", kind_of(leak));
    if (text)
        view_append(out, text, len);
}

static double sort_value(const struct leak *leak, unsigned sort)
{
    switch (sort) {
    case COL_KEPT: return leak->of ? (double)leak->kept / leak->of * 1e6 + leak->kept : 0;
    case COL_ALIVE: return (double)leak->alive_bytes;
    case COL_SINCE: return -(double)leak->first_number;
    case COL_PLACE: return -(double)ui_line_id(leak->file, leak->line);
    default:
        return (double)leak->bytes_per_invocation +
               (leak->state == LEAK_CERTAIN ? CERTAIN_FIRST : 0);
    }
}

static void leak_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    struct view_sorted rows[LEAK_MAX];
    size_t count = 0;
    for (size_t i = 0; i < model->leaks.count; i++) {
        const struct leak *leak = &model->leaks.items[i];
        uint64_t id = ui_line_id(leak->file, leak->line);
        if (leak->file < model->file_count && view_passes(&view_leaks, &context, list->filter, id))
            rows[count++] = (struct view_sorted){sort_value(leak, list->sort), id};
    }
    view_sort(rows, count, list->inverted);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
}

static void leak_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_LEAKS];
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        int id = column->spec->id;
        view_draw_title(&cell, column, id == (int)list->sort,
                        list->inverted != (id == COL_PLACE || id == COL_SINCE));
    }
}

/* "#3 to #9": the oldest invocation that keeps, and the newest. */
static void draw_since(const struct leak *leak, struct pen *pen)
{
    if (leak->first_number)
        pen_printf(pen, STYLE_TEXT, "#%" PRIu64 " to #%" PRIu64, leak->first_number,
                   leak->last_number);
}

static void draw_kept(const struct leak *leak, const struct column *column, struct pen *pen)
{
    char text[FORMAT_SIZE];
    snprintf(text, sizeof text, "%" PRIu32 "/%" PRIu32, leak->kept, leak->of);
    if (leak->of)
        pen_field(pen, STYLE_NUMBER, column->cols, true, text);
}

static void draw_cell(const struct view_context *context, const struct leak *leak,
                      const struct column *column, struct pen *pen)
{
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_MARKER: pen_text(pen, leak_words_style(leak), leak_words_sign(leak)); break;
    case COL_BYTES:
        format_bytes(text, leak->bytes_per_invocation);
        pen_field(pen, leak_words_style(leak), column->cols, true, text);
        break;
    case COL_KEPT: draw_kept(leak, column, pen); break;
    case COL_ALIVE: view_draw_bytes(pen, column->cols, leak->alive_bytes); break;
    case COL_KIND: pen_text(pen, STYLE_TEXT, kind_of(leak)); break;
    case COL_SINCE: draw_since(leak, pen); break;
    case COL_PLACE: view_draw_place(pen, context->model->files[leak->file], leak->line); break;
    case COL_SEPARATOR: pen_fill(pen, STYLE_RULE, 0x2502); break;
    default: view_draw_source(context, pen, leak->file, leak->line, 0, true);
    }
}

static void leak_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct leak *leak = leak_of(context->model, id);
    struct columns columns = columns_of(context);
    (void)part;
    for (size_t i = 0; leak && i < columns.count; i++) {
        struct pen cell = view_cell(pen, &columns.items[i]);
        draw_cell(context, leak, &columns.items[i], &cell);
    }
}

static void leak_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct leak *leak = leak_of(context->model, id);
    if (!leak)
        return;
    const struct file *file = context->model->files[leak->file];
    int cols = glyphs_cols(file->display, strlen(file->display));
    pen_skip(pen, 1);
    if (cols + SENTENCE_COLS <= pen_left(pen)) {
        pen_printf(pen, STYLE_STRONG, "%s:%" PRIu32, file->display, leak->line);
    } else {
        struct pen place = pen_at(pen->grid, pen->row, pen->col, PLACE_COLS);
        view_draw_place(&place, file, leak->line);
        pen->col = place.col;
    }
    detail_draw_leak(context, leak, pen);
}

static void leak_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    detail_draw_heap(context, (uint32_t)(id >> 32), (uint32_t)id, pen);
}

static void leak_none(const struct view_context *context, struct buf *out)
{
    leak_words_none(context->model, context->ui->replay.is_on, out);
}

const struct view view_leaks = {
    .name = "leaks",
    .say_empty = leak_none,
    .rows = leak_rows,
    .text = leak_text,
    .heading = leak_heading,
    .row = leak_row,
    .detail = leak_detail,
    .heap_detail = leak_heap_detail,
    .sorts = leak_sorts,
    .selects = true,
};
