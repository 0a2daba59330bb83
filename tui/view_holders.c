/*
 * Who holds what a line has alive: the line, what is alive of it by type, and the chains to it.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <string.h>

static bool is_about(const struct holders *holders, uint32_t file, uint32_t line)
{
    return holders->state != HOLDERS_NONE && holders->file == file && holders->line == line;
}

const struct holders *view_holders_of(const struct ui *ui, const struct model *shown)
{
    if (is_about(&shown->holders, ui->holders_file, ui->holders_line))
        return &shown->holders;
    return model_holders(shown, ui->holders_file, ui->holders_line);
}

static uint64_t row_id(enum holders_row kind, uint32_t place)
{
    return (uint64_t)kind << 32 | place;
}

static void holders_rows(struct ui *ui, const struct model *model, struct list *list)
{
    (void)ui;
    (void)model;
    list_add(list, row_id(HOLDERS_ROW_LINE, 0));
    list_add(list, row_id(HOLDERS_ROW_STATE, 0));
}

static void holders_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    if (id && holders && holders->state == HOLDERS_ASKED)
        buf_printf(out, "looked for: %u%%", holders->percent);
    else if (id && holders && holders->problem)
        view_append(out, holders->problem, strlen(holders->problem));
    else if (!id)
        buf_printf(out, "line %" PRIu32, context->ui->holders_line);
}

static void holders_heading(const struct view_context *context, struct pen *pen)
{
    (void)context;
    pen_skip(pen, 1);
    pen_text(pen, STYLE_HEADING, "Holders");
}

static void holders_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    struct buf text;
    (void)part;
    buf_init(&text, 4096);
    holders_text(context, id, &text);
    pen_skip(pen, 1);
    view_draw_text(context, pen, buf_text(&text), text.len, NULL, STYLE_TEXT, 0);
    buf_fini(&text);
}

const struct view view_holders = {
    .empty = "",
    .rows = holders_rows,
    .text = holders_text,
    .heading = holders_heading,
    .row = holders_row,
    .selects = true,
};
