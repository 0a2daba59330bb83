/*
 * The functions of the app: what triggers them, how they did, and, below one that could not be
 * loaded, why. A row's id is ui_function_id(): it belongs to the name, so that rows stay who they
 * are when the model describes the functions anew.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tui/format.h"
#include "tui/glyph.h"

/* The first ones in the order in which `<` and `>` go through them. */
enum {
    COL_NAME,
    COL_COUNT,
    COL_FAILED,
    COL_DURATION,
    SORT_COUNT,
    COL_MARKER = SORT_COUNT,
    COL_TRIGGER,
    COL_KIND,
    COL_STATE,
    COL_ROUTE,
};

enum { WIDE_COLS = 112, ERROR_AT = 2 };

static const struct column_spec narrow_columns[] = {
    {COL_MARKER, "", 2, 0, 0, false},
    {COL_NAME, "Function", 17, 0, 0, false},
    {COL_TRIGGER, "Trigger", 10, 1, 0, false},
    {COL_COUNT, "Invoc.", 7, 1, 0, true},
    {COL_FAILED, "Failed", 7, 1, 0, true},
    {COL_DURATION, "Took", 8, 1, 0, true},
    {COL_ROUTE, "Methods, route", 0, 2, 0, false},
};

static const struct column_spec wide_columns[] = {
    {COL_MARKER, "", 2, 0, 0, false},
    {COL_NAME, "Function", 26, 0, 0, false},
    {COL_TRIGGER, "Trigger", 17, 1, 0, false},
    {COL_KIND, "Kind", 5, 1, 0, false},
    {COL_STATE, "State", 10, 1, 0, false},
    {COL_COUNT, "Invoc.", 7, 1, 0, true},
    {COL_FAILED, "Failed", 7, 1, 0, true},
    {COL_DURATION, "Took", 8, 1, 0, true},
    {COL_ROUTE, "Methods, route", 0, 2, 0, false},
};

static struct columns columns_of(const struct view_context *context)
{
    if (context->rect.cols >= WIDE_COLS)
        return columns_fit(wide_columns, ARRAY_LEN(wide_columns), context->rect.cols);
    return columns_fit(narrow_columns, ARRAY_LEN(narrow_columns), context->rect.cols);
}

static const struct model_function *function_of(const struct view_context *context, uint64_t id)
{
    return ui_find_function(context->ui, context->model, id);
}

/* All zero where it was never invoked. */
static struct function_count count_of(const struct model *model,
                                      const struct model_function *function)
{
    static const struct function_count none;
    const struct function_count *count =
        invocations_of_function(&model->invocations, function->name);
    return count ? *count : none;
}

/* The URL without the host, which is the same for all. */
static const char *path_of(const struct model *model, const struct model_function *function)
{
    size_t base_len = strlen(model->base_url);
    if (!function->url)
        return "";
    return strncmp(function->url, model->base_url, base_len) == 0 ? function->url + base_len
                                                                  : function->url;
}

static void function_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct model_function *function = function_of(context, id);
    if (!function)
        return;
    buf_printf(out, "%s %s %s %s", function->name, function->trigger,
               function->methods ? function->methods : "", path_of(context->model, function));
    if (function->load_error) {
        view_append(out, " ", 1);
        view_append(out, function->load_error, strlen(function->load_error));
    }
}

static double sort_value(const struct model *model, size_t place, unsigned sort)
{
    struct function_count count = count_of(model, &model->functions[place]);
    switch (sort) {
    case COL_COUNT: return (double)count.total;
    case COL_FAILED: return (double)count.failed;
    case COL_DURATION: return (double)count.last_duration_ns;
    default: return -(double)place;
    }
}

static void function_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    struct view_sorted *rows = mem_calloc(model->function_count, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < model->function_count; i++) {
        uint64_t id = ui_function_id(ui, model->functions[i].name);
        if (view_passes(&view_functions, &context, list->filter, id))
            rows[count++] = (struct view_sorted){sort_value(model, i, list->sort), id};
    }
    view_sort(rows, count, list->inverted);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
    free(rows);
}

static int error_cols(const struct view_context *context)
{
    int cols = context->rect.cols - ERROR_AT - 1;
    return cols > 8 ? cols : 8;
}

/* The part of the sentence that is on its n-th row; empty past its end. */
static size_t error_part(const struct view_context *context, const char **text, int n)
{
    size_t len = strlen(*text), fits = 0;
    for (int i = 0; i <= n; i++) {
        *text += fits;
        len -= fits;
        fits = len ? glyphs_wrap(*text, len, error_cols(context)) : 0;
    }
    return fits;
}

static int function_height(const struct view_context *context, uint64_t id)
{
    const struct model_function *function = function_of(context, id);
    const char *text = function ? function->load_error : NULL;
    int rows = 1;
    for (size_t len = text ? strlen(text) : 0; len > 0; rows++) {
        size_t fits = glyphs_wrap(text, len, error_cols(context));
        text += fits;
        len -= fits;
    }
    return rows;
}

static void function_heading(const struct view_context *context, struct pen *pen)
{
    const struct list *list = &context->ui->lists[VIEW_FUNCTIONS];
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        const struct column *column = &columns.items[i];
        struct pen cell = view_cell(pen, column);
        /* Names rise, numbers fall, unless inverted. */
        bool rises = list->inverted != (list->sort == COL_NAME);
        view_draw_title(&cell, column, column->spec->id == (int)list->sort, rises);
    }
}

static void draw_state(const struct model *model, const struct model_function *function,
                       struct pen *pen)
{
    if (function->load_error)
        pen_text(pen, STYLE_ERROR, "not loaded");
    else if (model->worker == WORKER_NONE)
        pen_text(pen, STYLE_DIM, "in the log");
    else if (model->worker == WORKER_ENDED)
        pen_text(pen, STYLE_DIM, "ended");
    else if (model->worker == WORKER_READY)
        pen_text(pen, STYLE_GOOD, "loaded");
    else
        pen_text(pen, STYLE_DIM, model->worker == WORKER_DEAD ? "no worker" : "loading");
}

/* "sync" or "async"; not known before it was loaded. */
static const char *kind_of(const struct model_function *function)
{
    if (function->line == 0)
        return "";
    return function->asynchronous ? "async" : "sync";
}

static void draw_count(struct pen *pen, int cols, uint64_t count, enum style style)
{
    char text[FORMAT_SIZE];
    format_count(text, count);
    pen_field(pen, count ? style : STYLE_DIM, cols, true, text);
}

static void draw_number(const struct view_context *context, const struct model_function *function,
                        const struct column *column, struct pen *pen)
{
    struct function_count count = count_of(context->model, function);
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_COUNT: draw_count(pen, column->cols, count.total, STYLE_NUMBER); break;
    case COL_FAILED: draw_count(pen, column->cols, count.failed, STYLE_ERROR); break;
    default:
        format_duration(text, count.last_duration_ns);
        if (count.total > count.running &&
            (count.last_duration_ns || context->model->worker != WORKER_NONE))
            pen_field(pen, STYLE_NUMBER, column->cols, true, text);
    }
}

/* `*` for the one that `r` runs; what is wrong, or that it runs. */
static void draw_marker(const struct view_context *context, const struct model_function *function,
                        struct pen *pen)
{
    bool selected = function == model_selected(context->model);
    pen_text(pen, STYLE_PROMPT, selected ? "*" : " ");
    if (function->load_error)
        pen_text(pen, STYLE_ERROR, "!");
    else if (count_of(context->model, function).running)
        pen_text(pen, STYLE_RUNNING, ">");
}

/* The column's title says what it is: where there is little room, the name is without it. */
static void draw_trigger(const struct view_context *context, const char *trigger, struct pen *pen)
{
    static const char ending[] = "Trigger";
    size_t len = strlen(trigger);
    bool ends = len > sizeof ending - 1 && !strcmp(trigger + len - (sizeof ending - 1), ending);
    if (ends && context->rect.cols < WIDE_COLS)
        len -= sizeof ending - 1;
    pen_bytes(pen, STYLE_TEXT, trigger, len);
}

static void draw_cell(const struct view_context *context, const struct model_function *function,
                      const struct column *column, struct pen *pen)
{
    switch (column->spec->id) {
    case COL_MARKER: draw_marker(context, function, pen); break;
    case COL_NAME: pen_text(pen, STYLE_STRONG, function->name); break;
    case COL_TRIGGER: draw_trigger(context, function->trigger, pen); break;
    case COL_KIND: pen_text(pen, STYLE_DIM, kind_of(function)); break;
    case COL_STATE: draw_state(context->model, function, pen); break;
    case COL_ROUTE:
        if (function->url)
            pen_printf(pen, STYLE_DIM, "%s ", function->methods ? function->methods : "any");
        pen_text(pen, STYLE_TEXT, path_of(context->model, function));
        break;
    default: draw_number(context, function, column, pen);
    }
}

static void function_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct model_function *function = function_of(context, id);
    if (!function)
        return;
    if (part > 0) {
        const char *text = function->load_error ? function->load_error : "";
        size_t len = error_part(context, &text, part - 1);
        pen_skip(pen, ERROR_AT);
        view_draw_text(context, pen, text, len, NULL, STYLE_ERROR, 0);
        return;
    }
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        struct pen cell = view_cell(pen, &columns.items[i]);
        draw_cell(context, function, &columns.items[i], &cell);
    }
}

static void function_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct model_function *function = function_of(context, id);
    if (!function)
        return;
    pen_printf(pen, STYLE_STRONG, " %s", function->name);
    pen_printf(pen, STYLE_DIM, "  %s", function->trigger);
    if (*kind_of(function))
        pen_printf(pen, STYLE_DIM, ", %s", kind_of(function));
    pen_text(pen, STYLE_DIM, ", ");
    draw_state(context->model, function, pen);
    if (function->url)
        pen_printf(pen, STYLE_TEXT, "  %s %s", function->methods ? function->methods : "any method",
                   function->url);
}

static unsigned function_sorts(const struct model *model)
{
    (void)model;
    return SORT_COUNT;
}

const struct view view_functions = {
    .name = "functions",
    .empty = "the app has no functions",
    .rows = function_rows,
    .text = function_text,
    .height = function_height,
    .heading = function_heading,
    .row = function_row,
    .detail = function_detail,
    .sorts = function_sorts,
    .selects = true,
};
