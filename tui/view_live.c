/*
 * What has become more and less alive since a mark, by line and type. A row is a change of the
 * model's difference, and its id is its place there. Above the rows are the two moments, and what
 * was alive at each.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tui/act.h"
#include "tui/detail.h"
#include "tui/glyph.h"
#include "tui/live_words.h"

/* In the order in which `<` and `>` go through them. */
enum {
    COL_BYTES,
    COL_COUNT,
    COL_ALIVE,
    COL_TYPE,
    COL_PLACE,
    SORT_COUNT,
    COL_KIND = SORT_COUNT,
    COL_SEPARATOR,
    COL_SOURCE,
};

/* Of the detail: the numbers are not to be cut for the sake of a long path, or type. */
enum { NUMBERS_COLS = 52, PLACE_COLS = 18, TYPE_COLS = 18 };
enum { SENTENCE_SIZE = 256, MOMENT_ROWS = 2 };

static const struct column_spec live_columns[] = {
    {COL_BYTES, "Bytes", 10, 0, 0, true}, {COL_COUNT, "Objects", 10, 1, 0, true},
    {COL_ALIVE, "Alive", 9, 1, 92, true}, {COL_KIND, "", 4, 1, 72, false},
    {COL_TYPE, "Type", 18, 1, 0, false},  {COL_PLACE, "Place", 18, 1, 0, false},
    {COL_SEPARATOR, "", 1, 1, 0, false},  {COL_SOURCE, "Source", 0, 1, 0, false},
};

static const struct live_change *change_of(const struct model *model, uint64_t id)
{
    const struct live_difference *difference = &model->live.difference;
    return id < difference->count ? &difference->changes[id] : NULL;
}

const struct live_change *view_live_selected(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    return list_selected(&ui->lists[VIEW_LIVE], &id) ? change_of(shown, id) : NULL;
}

/* The file that the row is in, or NULL: it is elsewhere. */
static const struct file *file_of(const struct model *model, const struct live_change *change)
{
    return change->file < model->file_count ? model->files[change->file] : NULL;
}

static unsigned live_sorts(const struct model *model)
{
    (void)model;
    return SORT_COUNT;
}

/* The column that the rows are sorted by is always there. */
static enum column_choice choose_column(const void *of, int id)
{
    const struct view_context *context = of;
    return id == (int)context->ui->lists[VIEW_LIVE].sort ? COLUMN_ALWAYS : COLUMN_BY_WIDTH;
}

static struct columns columns_of(const struct view_context *context)
{
    return columns_choose(live_columns, ARRAY_LEN(live_columns), context->rect.cols, 0,
                          choose_column, context);
}

static void append_place(const struct model *model, const struct live_change *change,
                         struct buf *out)
{
    const struct file *file = file_of(model, change);
    if (!file)
        buf_printf(out, "elsewhere");
    else
        buf_printf(out, "%s:%" PRIu32, file->display, change->line);
}

static void live_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct live_change *change = change_of(context->model, id);
    if (!change)
        return;
    const struct file *file = file_of(context->model, change);
    const struct file_function *function = file ? file_function_at(file, change->line) : NULL;
    size_t len;
    const char *text = view_line_text(context->model, change->file, change->line, &len);
    append_place(context->model, change, out);
    buf_printf(out, " %s %s ", function ? function->name : "", change->type);
    if (text)
        view_append(out, text, len);
}

/* Rows come falling by bytes. Of types of the same name, which are beside each other then, that
 * order stays. */
static double sort_value(const struct live_change *change, size_t type_rank, unsigned sort)
{
    switch (sort) {
    case COL_COUNT: return (double)live_change_count(change);
    case COL_ALIVE: return (double)change->after.bytes;
    case COL_TYPE: return -(double)type_rank;
    case COL_PLACE: return -(double)ui_line_id(change->file, change->line);
    default: return (double)live_change_bytes(change);
    }
}

static int compare_names(const void *a, const void *b)
{
    const char *const *left = a, *const *right = b;
    return strcmp(*left, *right);
}

/* The names of all types, sorted: one for each row. The caller frees them. */
static const char **sorted_types(const struct live_difference *difference)
{
    const char **names = mem_calloc(difference->count, sizeof *names);
    for (size_t i = 0; i < difference->count; i++)
        names[i] = difference->changes[i].type;
    if (difference->count)
        qsort(names, difference->count, sizeof *names, compare_names);
    return names;
}

/* How many rows have a type whose name is before this one. */
static size_t rank_of(const char **names, size_t count, const char *type)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(names[middle], type) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void live_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct live_difference *difference = &model->live.difference;
    const struct view_context context = {.ui = ui, .model = model};
    struct view_sorted *rows = mem_calloc(difference->count, sizeof *rows);
    const char **names = list->sort == COL_TYPE ? sorted_types(difference) : NULL;
    size_t count = 0;
    for (size_t i = 0; i < difference->count; i++) {
        const struct live_change *change = &difference->changes[i];
        size_t rank = names ? rank_of(names, difference->count, change->type) : 0;
        if (view_passes(&view_live, &context, list->filter, i))
            rows[count++] = (struct view_sorted){sort_value(change, rank, list->sort), i};
    }
    view_sort(rows, count, list->inverted);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
    free(names);
    free(rows);
}

static void live_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_LIVE];
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        int id = column->spec->id;
        view_draw_title(&cell, column, id == (int)list->sort,
                        list->inverted != (id == COL_PLACE || id == COL_TYPE));
    }
}

static void draw_kind(const struct live_change *change, struct pen *pen)
{
    if (live_change_is_new(change))
        pen_text(pen, STYLE_GROW, "new");
    else if (live_change_is_gone(change))
        pen_text(pen, STYLE_SHRINK, "gone");
}

static void draw_cell(const struct view_context *context, const struct live_change *change,
                      const struct column *column, struct pen *pen)
{
    const struct file *file = file_of(context->model, change);
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_KIND: draw_kind(change, pen); break;
    case COL_BYTES: view_draw_net(pen, column->cols, live_change_bytes(change)); break;
    case COL_COUNT:
        live_words_change(text, live_change_count(change));
        if (live_change_count(change))
            pen_field(pen, STYLE_NUMBER, column->cols, true, text);
        break;
    case COL_ALIVE: view_draw_bytes(pen, column->cols, change->after.bytes); break;
    case COL_TYPE:
        view_draw_text(context, pen, change->type, strlen(change->type), NULL, STYLE_TEXT, 0);
        break;
    case COL_PLACE:
        if (file)
            view_draw_place(pen, file, change->line);
        else
            pen_text(pen, STYLE_DIM, "elsewhere");
        break;
    case COL_SEPARATOR: view_draw_separator(context->model, pen, change->file, change->line); break;
    default: view_draw_source(context, pen, change->file, change->line, 0, true);
    }
}

static void live_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct live_change *change = change_of(context->model, id);
    struct columns columns = columns_of(context);
    (void)part;
    for (size_t i = 0; change && i < columns.count; i++) {
        struct pen cell = view_cell(pen, &columns.items[i]);
        draw_cell(context, change, &columns.items[i], &cell);
    }
}

/* "10 objects, 1000 B" */
static void append_sum(const struct live_sum *sum, struct buf *out)
{
    char bytes[FORMAT_SIZE];
    format_bytes(bytes, sum->bytes);
    if (sum->count == 0 && sum->bytes == 0) {
        buf_printf(out, "none");
        return;
    }
    if (sum->count) {
        live_words_objects(sum->count, out);
        buf_printf(out, ", ");
    }
    buf_printf(out, "%s", bytes);
}

/* With its path in full where there is room for that. */
static void draw_place(const struct model *model, const struct live_change *change, struct pen *pen)
{
    const struct file *file = file_of(model, change);
    struct buf text;
    buf_init(&text, SENTENCE_SIZE);
    append_place(model, change, &text);
    int cols = glyphs_cols(buf_text(&text), text.len);
    if (!file || cols + TYPE_COLS + NUMBERS_COLS <= pen_left(pen)) {
        pen_text(pen, STYLE_STRONG, buf_text(&text));
    } else {
        struct pen place = pen_at(pen->grid, pen->row, pen->col, PLACE_COLS);
        view_draw_place(&place, file, change->line);
        pen->col = place.col;
    }
    buf_fini(&text);
}

static void live_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct live_change *change = change_of(context->model, id);
    struct buf text;
    if (!change)
        return;
    buf_init(&text, SENTENCE_SIZE);
    pen_skip(pen, 1);
    draw_place(context->model, change, pen);
    pen_skip(pen, 1);
    struct pen type = *pen;
    int room = pen_left(pen) - NUMBERS_COLS;
    type.end = room > TYPE_COLS ? type.col + room : type.col + TYPE_COLS;
    pen_text(&type, STYLE_TEXT, change->type);
    pen->col = type.col;
    append_sum(&change->before, &text);
    buf_printf(&text, " -> ");
    append_sum(&change->after, &text);
    detail_draw_part(pen, ": ", buf_text(&text));
    if (ui_can(context->ui, context->model, CMD_HOLDERS))
        detail_draw_part(pen, "; w: ", "who holds it");
    buf_fini(&text);
}

static void live_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct live_change *change = change_of(context->model, id);
    if (change && file_of(context->model, change))
        detail_draw_heap(context, change->file, change->line, pen);
}

static void live_none(const struct view_context *context, struct buf *out)
{
    live_words_none(context->ui, context->model, out);
}

/* ---- the moments, above ---- */

static bool is_compared(const struct live_pair *live)
{
    return live->mark.is_taken && live->now.is_taken;
}

int view_live_banner_rows(const struct model *shown)
{
    struct buf note;
    if (!is_compared(&shown->live))
        return 0;
    buf_init(&note, SENTENCE_SIZE);
    live_words_note(&shown->live, &note);
    int rows = MOMENT_ROWS + (note.len > 0);
    buf_fini(&note);
    return rows;
}

/* " mark 14:02:11 after 12 invocations: 9.41 MiB in 82,634 objects" */
static void draw_moment(const char *name, const char *moment, const struct live_sum *sum,
                        struct pen *pen)
{
    struct buf objects;
    char bytes[FORMAT_SIZE];
    buf_init(&objects, SENTENCE_SIZE);
    live_words_objects(sum->count, &objects);
    format_bytes(bytes, sum->bytes);
    pen_printf(pen, STYLE_DIM, " %s ", name);
    pen_printf(pen, STYLE_TEXT, "%s: ", moment);
    pen_printf(pen, STYLE_STRONG, "%s in %s", bytes, buf_text(&objects));
    buf_fini(&objects);
}

static void draw_mark(const struct live_pair *live, struct pen *pen)
{
    struct buf moment;
    buf_init(&moment, SENTENCE_SIZE);
    live_words_moment(&live->mark, &moment);
    draw_moment("mark", buf_text(&moment), &live->difference.before, pen);
    buf_fini(&moment);
}

/* What the mark's row has in words need not be said again. */
static void draw_now(const struct live_pair *live, struct pen *pen)
{
    char time[FORMAT_SIZE], moment[2 * FORMAT_SIZE + 8];
    format_time(time, live->now.realtime_ns, 0);
    snprintf(moment, sizeof moment, "%s after %" PRIu64, time, live->now.invocations);
    draw_moment("now ", moment, &live->difference.after, pen);
}

/* "; +320 KiB, +1,400": by how much it is more, or less. */
static void draw_sums(const struct live_difference *difference, struct pen *pen)
{
    int64_t bytes = difference->after.bytes - difference->before.bytes;
    char count[FORMAT_SIZE], text[FORMAT_SIZE];
    live_words_change(count, (int64_t)(difference->after.count - difference->before.count));
    format_net(text, bytes);
    pen_text(pen, STYLE_TEXT, "; ");
    pen_printf(pen, format_heat_style(format_heat(bytes)), "%s, %s", text, count);
}

void view_live_draw_banner(const struct model *shown, int row, struct pen *pen)
{
    const struct live_pair *live = &shown->live;
    struct buf note;
    if (row == 0) {
        draw_mark(live, pen);
    } else if (row == 1) {
        draw_now(live, pen);
        draw_sums(&live->difference, pen);
    } else {
        buf_init(&note, SENTENCE_SIZE);
        live_words_note(live, &note);
        pen_text(pen, live->state == LIVE_ASKED ? STYLE_BUSY : STYLE_WARNING, " ");
        pen_text(pen, live->state == LIVE_ASKED ? STYLE_BUSY : STYLE_WARNING, buf_text(&note));
        buf_fini(&note);
    }
}

const struct view view_live = {
    .say_empty = live_none,
    .rows = live_rows,
    .text = live_text,
    .heading = live_heading,
    .row = live_row,
    .detail = live_detail,
    .heap_detail = live_heap_detail,
    .sorts = live_sorts,
    .selects = true,
};
