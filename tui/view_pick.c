/* A list of the files and their functions, old versions of files last, to go to one. A row's id is
 * the line that it leads to; a file itself is its line 0. */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>

#include "tui/format.h"

static const struct file *file_of(const struct view_context *context, uint64_t id)
{
    return context->model->files[id >> 32];
}

static const struct file_function *function_of(const struct view_context *context, uint64_t id)
{
    const struct file *file = file_of(context, id);
    for (size_t i = 0; i < file->function_count; i++) {
        if ((uint32_t)id && file->functions[i].first_line == (uint32_t)id)
            return &file->functions[i];
    }
    return NULL;
}

static void add_rows(const struct view_context *context, struct list *list, uint32_t file)
{
    const struct file *record = context->model->files[file];
    if (view_passes(&view_pick, context, list->filter, ui_line_id(file, 0)))
        list_add(list, ui_line_id(file, 0));
    for (size_t i = 0; i < record->function_count; i++) {
        uint64_t id = ui_line_id(file, record->functions[i].first_line);
        if (record->functions[i].first_line && view_passes(&view_pick, context, list->filter, id))
            list_add(list, id);
    }
}

static void pick_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    for (uint32_t file = 0; file < model->file_count; file++)
        if (!model->files[file]->retired)
            add_rows(&context, list, file);
    for (uint32_t i = 1; i <= model->file_count; i++)
        if (model->files[model->file_count - i]->retired)
            add_rows(&context, list, (uint32_t)model->file_count - i);
}

static void pick_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct file_function *function = function_of(context, id);
    char version[FORMAT_SIZE];
    buf_printf(out, "%s%s", file_of(context, id)->display,
               view_version(file_of(context, id), version));
    if (function)
        buf_printf(out, " %s", function->name);
}

static void pick_heading(const struct view_context *context, struct pen *pen)
{
    (void)context;
    pen_skip(pen, 1);
    pen_field(pen, STYLE_HEADING, 10, true, "Increment");
    pen_field(pen, STYLE_HEADING, 9, true, "Calls");
    pen_skip(pen, 2);
    pen_text(pen, STYLE_HEADING, "Files and functions");
}

/* What the lines of a range added by themselves; together the lines' self increments are what the
 * function took, whoever it called. */
static int64_t self_sum(const struct view_context *context, uint32_t file, uint32_t first,
                        uint32_t last)
{
    int64_t sum = 0;
    struct line_stats stats;
    for (uint32_t line = first; line <= last; line++) {
        if (ui_sum_stats(context->ui, context->model, file, line, &stats))
            sum += stats.self_increment_bytes;
    }
    return sum;
}

static void pick_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct file_function *function = function_of(context, id);
    const struct file *file = file_of(context, id);
    uint32_t index = (uint32_t)(id >> 32);
    struct line_stats stats = {0};
    char text[FORMAT_SIZE];
    (void)part;
    pen_skip(pen, 1);
    view_draw_delta(pen, 10,
                    function ? self_sum(context, index, function->first_line, function->last_line)
                             : self_sum(context, index, 1, file->line_count));
    if (!function) {
        pen_skip(pen, 9 + 2);
        pen_text(pen, STYLE_STRONG, file->display);
        pen_text(pen, STYLE_DIM, view_version(file, text));
        return;
    }
    ui_sum_stats(context->ui, context->model, index, function->first_line, &stats);
    format_count(text, stats.occurrences);
    pen_field(pen, STYLE_NUMBER, 9, true, text);
    pen_skip(pen, 4);
    pen_text(pen, STYLE_DEFINITION, function->name);
    pen_printf(pen, STYLE_DIM, "  line %" PRIu32, function->first_line);
}

const struct view view_pick = {
    .empty = "no file has run yet",
    .rows = pick_rows,
    .text = pick_text,
    .heading = pick_heading,
    .row = pick_row,
    .selects = true,
};
