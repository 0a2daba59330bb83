/* The invocations, newest first, or sorted by what they took. Also the upper side pane. */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tui/detail.h"
#include "tui/format.h"

/* The first ones in the order in which `<` and `>` go through them. */
enum {
    COL_NUMBER,
    COL_DURATION,
    COL_GROWTH,
    COL_PEAK,
    COL_HEAP, /* here begins what needs the heap */
    COL_RETAINED,
    SORT_COUNT,
    COL_MARKER = SORT_COUNT,
    COL_OUTCOME,
    COL_STATUS,
    COL_STARTED,
    COL_LINES,
    COL_SHARED,
    COL_ELSEWHERE,
    COL_FUNCTION,
    COL_REQUEST,
};

enum { WIDE_COLS = 72 };

static const struct column_spec invocation_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},           {COL_NUMBER, "No.", 6, 0, 0, true},
    {COL_OUTCOME, "Outcome", 9, 1, 0, false},   {COL_STATUS, "HTTP", 4, 1, 72, true},
    {COL_STARTED, "Started", 8, 1, 100, false}, {COL_DURATION, "Took", 8, 1, 0, true},
    {COL_GROWTH, "Growth", 10, 1, 0, true},     {COL_PEAK, "Peak", 9, 1, 72, true},
    {COL_HEAP, "Heap", 9, 1, 88, true},         {COL_RETAINED, "Retained", 9, 1, 100, true},
    {COL_LINES, "Lines", 10, 1, 132, true},     {COL_ELSEWHERE, "Elsewhere", 10, 1, 148, true},
    {COL_SHARED, "Shared", 10, 1, 148, true},   {COL_REQUEST, "Request", 0, 2, 0, false},
};

/* Where there are several functions, the request says too little: a route need not hold the name of
 * its function, and a timer has none. */
static const struct column_spec several_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},
    {COL_NUMBER, "No.", 6, 0, 0, true},
    {COL_OUTCOME, "Outcome", 9, 1, 0, false},
    {COL_STATUS, "HTTP", 4, 1, 100, true},
    {COL_STARTED, "Started", 8, 1, 108, false},
    {COL_DURATION, "Took", 8, 1, 0, true},
    {COL_GROWTH, "Growth", 10, 1, 0, true},
    {COL_PEAK, "Peak", 9, 1, 112, true},
    {COL_HEAP, "Heap", 9, 1, 92, true},
    {COL_RETAINED, "Retained", 9, 1, 116, true},
    {COL_LINES, "Lines", 10, 1, 140, true},
    {COL_ELSEWHERE, "Elsewhere", 10, 1, 166, true},
    {COL_SHARED, "Shared", 10, 1, 166, true},
    {COL_FUNCTION, "Function", 17, 2, 0, false},
    {COL_REQUEST, "Request, trigger", 0, 1, 0, false},
};

/* Of logs: what they do not say, or seldom, has no column where there is little room. */
static const struct column_spec imported_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},
    {COL_NUMBER, "No.", 6, 0, 0, true},
    {COL_OUTCOME, "Outcome", 9, 1, 100, false},
    {COL_STARTED, "Started (UTC)", 19, 1, 0, false},
    {COL_DURATION, "Took", 8, 1, 132, true},
    {COL_GROWTH, "Growth", 10, 1, 0, true},
    {COL_PEAK, "Peak", 9, 1, 0, true},
    {COL_LINES, "Lines", 10, 1, 140, true},
    {COL_ELSEWHERE, "Elsewhere", 10, 1, 152, true},
    {COL_FUNCTION, "Function", 17, 2, 0, false},
    {COL_REQUEST, "Instance", 0, 1, 0, false},
};

/* In a side pane the function's name has to do. */
static const struct column_spec narrow_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},         {COL_NUMBER, "No.", 6, 0, 0, true},
    {COL_OUTCOME, "Outcome", 9, 1, 0, false}, {COL_DURATION, "Took", 8, 1, 0, true},
    {COL_GROWTH, "Growth", 10, 1, 0, true},   {COL_FUNCTION, "Function", 0, 2, 0, false},
};

static unsigned invocation_sorts(const struct model *model)
{
    return model->heap.is_on ? SORT_COUNT : COL_HEAP;
}

/* The column that the rows are sorted by is always there, but in a side pane. */
static enum column_choice choose_column(const void *of, int id)
{
    const struct view_context *context = of;
    bool sorts = id < SORT_COUNT;
    if (sorts && (unsigned)id >= invocation_sorts(context->model))
        return COLUMN_NEVER;
    bool sorted = id == (int)context->ui->lists[VIEW_INVOCATIONS].sort;
    return sorted && context->rect.cols >= WIDE_COLS ? COLUMN_ALWAYS : COLUMN_BY_WIDTH;
}

static struct columns columns_of(const struct view_context *context)
{
    int cols = context->rect.cols;
    int spare = context->model->heap.is_on ? 0 : VIEW_HEAP_COLS;
    bool single = context->model->function_count <= 1;
    if (context->model->worker == WORKER_NONE && cols >= WIDE_COLS)
        return columns_choose(imported_columns, ARRAY_LEN(imported_columns), cols, spare,
                              choose_column, context);
    if (!single && cols < WIDE_COLS)
        return columns_fit(narrow_columns, ARRAY_LEN(narrow_columns), cols);
    if (single)
        return columns_choose(invocation_columns, ARRAY_LEN(invocation_columns), cols, spare,
                              choose_column, context);
    return columns_choose(several_columns, ARRAY_LEN(several_columns), cols, spare, choose_column,
                          context);
}

static void invocation_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct invocation *invocation = ui_find_invocation(context->model, id);
    if (!invocation)
        return;
    buf_printf(out, "%" PRIu64 " %s %d %s %s %s", invocation->number,
               outcome_name(invocation->outcome), invocation->status, invocation->request,
               invocation->function, invocation->error ? invocation->error : "");
}

static int64_t growth_of(const struct invocation *invocation)
{
    return invocation->rss_end_bytes - invocation->rss_start_bytes;
}

static int64_t heap_growth_of(const struct invocation *invocation)
{
    return line_bytes_sub(invocation->heap_end_bytes, invocation->heap_start_bytes);
}

static double sort_value(const struct invocation *invocation, size_t place, unsigned sort)
{
    switch (sort) {
    case COL_DURATION:
        /* What still runs has taken longest so far. */
        return invocation_is_over(invocation) ? (double)invocation->duration_ns : 1e30;
    case COL_GROWTH: return (double)growth_of(invocation);
    case COL_PEAK: return (double)invocation->rss_peak_bytes;
    case COL_HEAP: return (double)heap_growth_of(invocation);
    case COL_RETAINED: return (double)invocation->retained_bytes;
    default: return (double)place;
    }
}

static void invocation_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    const struct invocations *set = &model->invocations;
    struct view_sorted *rows = mem_calloc(set->count, sizeof *rows);
    size_t count = 0;
    list->sort = list->sort < invocation_sorts(model) ? list->sort : 0;
    for (size_t i = 0; i < set->count; i++) {
        uint64_t id = ui_invocation_id(set->kept[i]);
        if (view_passes(&view_invocations, &context, list->filter, id))
            rows[count++] = (struct view_sorted){sort_value(set->kept[i], i, list->sort), id};
    }
    view_sort(rows, count, list->inverted);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
    free(rows);
}

static void invocation_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_INVOCATIONS];
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        view_draw_title(&cell, column, column->spec->id == (int)list->sort, list->inverted);
    }
}

static enum style outcome_style(enum outcome outcome)
{
    switch (outcome) {
    case OUTCOME_RUNNING: return STYLE_RUNNING;
    case OUTCOME_SUCCEEDED: return STYLE_GOOD;
    case OUTCOME_WAITING: return STYLE_DIM;
    case OUTCOME_FAILED:
    case OUTCOME_KILLED:
    case OUTCOME_TIMED_OUT: return STYLE_ERROR;
    }
    return STYLE_TEXT;
}

static void draw_duration(const struct view_context *context, struct pen *pen, int cols,
                          const struct invocation *invocation)
{
    char text[FORMAT_SIZE];
    bool over = invocation_is_over(invocation);
    uint64_t ns = invocation->duration_ns;
    if (!over)
        ns = context->now_ns > invocation->start_ns ? context->now_ns - invocation->start_ns : 0;
    /* Logs do not say it, as a rule. */
    if (ns || context->model->worker != WORKER_NONE)
        format_duration(text, ns);
    else
        snprintf(text, sizeof text, "-");
    pen_field(pen, over ? STYLE_NUMBER : STYLE_RUNNING, cols, true, text);
}

static void draw_start(const struct view_context *context, struct pen *pen,
                       const struct invocation *invocation)
{
    char text[FORMAT_SIZE];
    if (context->model->worker != WORKER_NONE)
        format_time(text, invocation->start_realtime_ns, 0);
    else if (invocation->start_realtime_ns)
        format_date_time(text, invocation->start_realtime_ns, 1);
    else
        return;
    pen_text(pen, STYLE_DIM, text);
}

static const char *load_words(const struct view_context *context)
{
    return context->model->function_count > 1 ? "modules, at import"
                                              : "the app's modules, at import";
}

static bool is_request(const struct view_context *context, const struct invocation *invocation)
{
    const struct model_function *function =
        model_find_function(context->model, invocation->function);
    return !function || function->url;
}

/* The marker, the number and the words. */
static bool draw_word(const struct view_context *context, const struct invocation *invocation,
                      const struct column *column, struct pen *pen)
{
    const struct ui *ui = context->ui;
    uint64_t id = ui_invocation_id(invocation);
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_MARKER:
        if (ui->marked && ui->mark == id)
            pen_text(pen, STYLE_PROMPT, "m");
        else if (ui->one_open && ui->one == id)
            pen_text(pen, STYLE_PROMPT, "*");
        else if (invocation->outcome == OUTCOME_RUNNING)
            pen_text(pen, STYLE_RUNNING, ">");
        return true;
    case COL_NUMBER:
        if (invocation->number)
            snprintf(text, sizeof text, "%" PRIu64, invocation->number);
        else
            snprintf(text, sizeof text, "load");
        pen_field(pen, STYLE_STRONG, column->cols, true, text);
        return true;
    case COL_OUTCOME:
        pen_text(pen, outcome_style(invocation->outcome), outcome_name(invocation->outcome));
        return true;
    case COL_STATUS:
        snprintf(text, sizeof text, "%d", invocation->status);
        if (invocation->status && is_request(context, invocation))
            pen_field(pen, invocation->status >= 400 ? STYLE_ERROR : STYLE_NUMBER, column->cols,
                      true, text);
        return true;
    case COL_STARTED: draw_start(context, pen, invocation); return true;
    case COL_DURATION: draw_duration(context, pen, column->cols, invocation); return true;
    case COL_FUNCTION:
        pen_text(pen, STYLE_TEXT, invocation->number ? invocation->function : "");
        return true;
    case COL_REQUEST:
        pen_text(pen, STYLE_TEXT, invocation->number ? invocation->request : load_words(context));
        return true;
    default: return false;
    }
}

static void draw_bytes(const struct invocation *invocation, const struct column *column,
                       struct pen *pen)
{
    char text[FORMAT_SIZE];
    /* Nothing was read before the worker began it. */
    if (invocation->rss_start_bytes == 0)
        return;
    switch (column->spec->id) {
    case COL_GROWTH: view_draw_delta(pen, column->cols, growth_of(invocation)); break;
    case COL_LINES: view_draw_delta(pen, column->cols, invocation->rss_lines_bytes); break;
    case COL_SHARED: view_draw_delta(pen, column->cols, invocation->rss_shared_bytes); break;
    case COL_HEAP: view_draw_net(pen, column->cols, heap_growth_of(invocation)); break;
    case COL_RETAINED:
        if (invocation->is_told_apart)
            view_draw_bytes(pen, column->cols, invocation->retained_bytes);
        break;
    case COL_ELSEWHERE:
        view_draw_delta(pen, column->cols, invocation_elsewhere_bytes(invocation));
        break;
    default:
        format_size(text, invocation->rss_peak_bytes);
        pen_field(pen, STYLE_NUMBER, column->cols, true, text);
    }
}

static void invocation_row(const struct view_context *context, uint64_t id, int part,
                           struct pen *pen)
{
    const struct invocation *invocation = ui_find_invocation(context->model, id);
    struct columns columns = columns_of(context);
    (void)part;
    if (!invocation)
        return;
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        if (!draw_word(context, invocation, column, &cell))
            draw_bytes(invocation, column, &cell);
    }
}

static void draw_part(struct pen *pen, const char *name, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_delta(text, bytes);
    detail_draw_part(pen, name, text);
}

static void draw_running_place(struct pen *pen, const struct file *file, uint32_t line)
{
    char version[FORMAT_SIZE];
    pen_printf(pen, STYLE_RUNNING, "  at %s%s:%" PRIu32, file->display, view_version(file, version),
               line);
}

static void invocation_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct invocation *invocation = ui_find_invocation(context->model, id);
    char text[FORMAT_SIZE], start[FORMAT_SIZE], words[FORMAT_SIZE + 16];
    if (!invocation)
        return;
    if (invocation->number)
        pen_printf(pen, STYLE_STRONG, " invocation %" PRIu64, invocation->number);
    else
        pen_text(pen, STYLE_STRONG, " load");
    if (invocation->number && context->model->function_count > 1)
        pen_printf(pen, STYLE_TEXT, " of %s", invocation->function);
    if (invocation->error) {
        pen_printf(pen, STYLE_ERROR, "  %s", invocation->error);
        return;
    }
    if (invocation->line && invocation->file < context->model->file_count &&
        !invocation_is_over(invocation))
        draw_running_place(pen, context->model->files[invocation->file], invocation->line);
    if (invocation->rss_start_bytes == 0)
        return;
    format_size(start, invocation->rss_start_bytes);
    format_size(text, invocation->rss_end_bytes);
    snprintf(words, sizeof words, "  RSS %s to ", start);
    detail_draw_part(pen, words, text);
    draw_part(pen, "  lines ", invocation->rss_lines_bytes);
    draw_part(pen, "  elsewhere ", invocation_elsewhere_bytes(invocation));
    draw_part(pen, "  shared ", invocation->rss_shared_bytes);
}

static void draw_net_part(struct pen *pen, const char *name, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_net(text, bytes);
    detail_draw_part(pen, name, text);
}

static void draw_bytes_part(struct pen *pen, const char *name, int64_t bytes)
{
    char text[FORMAT_SIZE];
    format_bytes(text, bytes);
    detail_draw_part(pen, name, text);
}

static void invocation_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct invocation *invocation = ui_find_invocation(context->model, id);
    if (!invocation || invocation->rss_start_bytes == 0)
        return;
    draw_bytes_part(pen, " heap ", invocation->heap_start_bytes);
    draw_bytes_part(pen, " to ", invocation->heap_end_bytes);
    draw_net_part(pen, "  lines ", invocation->heap_lines_bytes);
    draw_net_part(pen, "  elsewhere ", invocation->heap_elsewhere_bytes);
    draw_net_part(pen, "  shared ", invocation_heap_shared_bytes(invocation));
    if (!invocation->is_told_apart)
        return;
    if (invocation_is_over(invocation))
        draw_bytes_part(pen, "  left ", invocation->left_bytes);
    draw_bytes_part(pen, "  alive ", invocation->retained_bytes);
}

const struct view view_invocations = {
    .name = "invocations",
    .empty = "no invocation yet: r runs the selected function",
    .rows = invocation_rows,
    .text = invocation_text,
    .heading = invocation_heading,
    .row = invocation_row,
    .detail = invocation_detail,
    .heap_detail = invocation_heap_detail,
    .sorts = invocation_sorts,
    .selects = true,
};
