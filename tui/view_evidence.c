/*
 * The evidence for the selected leak: the invocations that have run its line or left something of
 * it, newest first; what each left, what of that is alive, and whether it counts. Rows are numbers
 * of invocations.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/attributes.h"
#include "tui/holders_words.h"
#include "tui/leak_words.h"

/* Of the words about who holds it. */
enum { WORDS_BYTES_MAX = 4096, MOST_TYPES = 4, NARROW_COLS = 100 };

enum { COL_MARKER, COL_NUMBER, COL_LEFT, COL_ALIVE, COL_SHARE, COL_ROLE, COL_STARTED, COL_REQUEST };

static const struct column_spec evidence_columns[] = {
    {COL_MARKER, "", 1, 0, 0, false},           {COL_NUMBER, "No.", 6, 0, 0, true},
    {COL_LEFT, "Left", 9, 1, 0, true},          {COL_ALIVE, "Alive", 9, 1, 0, true},
    {COL_SHARE, "Share", 5, 1, 0, true},        {COL_ROLE, "Evidence", 18, 2, 0, false},
    {COL_STARTED, "Started", 8, 1, 100, false}, {COL_REQUEST, "Request", 0, 1, 0, false},
};

struct row {
    const struct leak *leak;
    struct kept_part part;
    enum leak_role role;
    const struct invocation *invocation; /* NULL: it is no longer kept */
};

/* False where the invocation is not in the window. */
static bool row_of(const struct view_context *context, uint64_t number, struct row *row)
{
    const struct model *model = context->model;
    const struct leak *leak = view_leaks_selected(context->ui, model);
    *row = (struct row){.leak = leak};
    if (!leak ||
        !kept_of(&model->kept, kept_find(&model->kept, leak->file, leak->line), number, &row->part))
        return false;
    row->role = leaks_role(model, number);
    row->invocation = invocations_find(&model->invocations, number);
    return true;
}

static bool has_to_do(const struct row *row)
{
    return row->part.left_bytes || row->part.alive_bytes ||
           (row->invocation &&
            invocation_line_stats(row->invocation, row->leak->file, row->leak->line));
}

static const char *words_of(const struct row *row)
{
    const struct kept_part *part = &row->part;
    switch (row->role) {
    case LEAK_ROLE_RUNNING: return "runs";
    case LEAK_ROLE_FIRST: return "too early to count";
    case LEAK_ROLE_NEWEST: return "too new to count";
    case LEAK_ROLE_EVIDENCE: break;
    }
    return part->alive_bytes > 0 ? "keeps it" : part->left_bytes > 0 ? "freed since" : "left none";
}

static enum style style_of(const struct row *row)
{
    if (row->role != LEAK_ROLE_EVIDENCE)
        return STYLE_DIM;
    return row->part.alive_bytes > 0 ? leak_words_style(row->leak) : STYLE_GOOD;
}

static void evidence_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    struct row row;
    if (row_of(context, id, &row))
        buf_printf(out, "%" PRIu64 " %s %s", id, words_of(&row),
                   row.invocation ? row.invocation->request : "");
}

static void evidence_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    struct view_sorted rows[KEPT_WINDOW];
    struct row row;
    size_t count = 0;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        uint64_t number = model->kept.invocations[i].number;
        if (number != KEPT_NOBODY && number && row_of(&context, number, &row) && has_to_do(&row) &&
            view_passes(&view_evidence, &context, list->filter, number))
            rows[count++] = (struct view_sorted){(double)number, number};
    }
    view_sort(rows, count, false);
    for (size_t i = 0; i < count; i++)
        list_add(list, rows[i].id);
}

static struct columns columns_of(const struct view_context *context)
{
    return columns_fit(evidence_columns, ARRAY_LEN(evidence_columns), context->rect.cols);
}

static void evidence_heading(const struct view_context *context, struct pen *pen)
{
    struct columns columns = columns_of(context);
    for (size_t i = 0; i < columns.count; i++) {
        struct pen cell = view_cell(pen, &columns.items[i]);
        view_draw_title(&cell, &columns.items[i], false, false);
    }
}

static void draw_share(const struct row *row, const struct column *column, struct pen *pen)
{
    const struct kept_part *part = &row->part;
    char text[FORMAT_SIZE];
    if (part->left_bytes <= 0)
        return;
    double share = 100.0 * (double)part->alive_bytes / (double)part->left_bytes;
    snprintf(text, sizeof text, "%.0f%%", share > 999 ? 999 : share);
    pen_field(pen, STYLE_NUMBER, column->cols, true, text);
}

static void draw_started(const struct row *row, struct pen *pen)
{
    char text[FORMAT_SIZE];
    if (!row->invocation)
        return;
    format_time(text, row->invocation->start_realtime_ns, 0);
    pen_text(pen, STYLE_DIM, text);
}

static void draw_cell(const struct view_context *context, const struct row *row,
                      const struct column *column, struct pen *pen)
{
    char text[FORMAT_SIZE];
    switch (column->spec->id) {
    case COL_MARKER:
        if (context->ui->one_open && context->ui->one == row->part.number)
            pen_text(pen, STYLE_PROMPT, "*");
        break;
    case COL_NUMBER:
        snprintf(text, sizeof text, "%" PRIu64, row->part.number);
        pen_field(pen, STYLE_STRONG, column->cols, true, text);
        break;
    case COL_LEFT:
        if (row->role != LEAK_ROLE_RUNNING)
            view_draw_bytes(pen, column->cols, row->part.left_bytes);
        break;
    case COL_ALIVE: view_draw_bytes(pen, column->cols, row->part.alive_bytes); break;
    case COL_SHARE: draw_share(row, column, pen); break;
    case COL_ROLE: pen_text(pen, style_of(row), words_of(row)); break;
    case COL_STARTED: draw_started(row, pen); break;
    default: pen_text(pen, STYLE_TEXT, row->invocation ? row->invocation->request : "");
    }
}

static void evidence_row(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    struct columns columns = columns_of(context);
    struct row row;
    (void)part;
    if (!row_of(context, id, &row))
        return;
    for (size_t i = 0; i < columns.count; i++) {
        struct pen cell = view_cell(pen, &columns.items[i]);
        draw_cell(context, &row, &columns.items[i], &cell);
    }
}

/* The line is the selected one still. */
static void evidence_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct leak *leak = view_leaks_selected(context->ui, context->model);
    (void)id;
    if (leak)
        view_leaks.detail(context, ui_line_id(leak->file, leak->line), pen);
}

static void evidence_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct leak *leak = view_leaks_selected(context->ui, context->model);
    (void)id;
    if (leak)
        view_leaks.heap_detail(context, ui_line_id(leak->file, leak->line), pen);
}

/* "alive 3,204 dict, 10 bytes objects", "held by pages.made" or "nothing in Python: ...". */
void view_evidence_draw_holders(const struct view_context *context, struct grid *grid)
{
    const struct leak *leak = view_leaks_selected(context->ui, context->model);
    const struct holders *holders =
        leak ? model_holders(context->model, leak->file, leak->line) : NULL;
    const struct rect *rect = &context->rect;
    if (!holders || holders->chain_count == 0)
        return;
    struct pen pen = pen_at(grid, rect->row - context->ui->holder_rows, rect->col, rect->cols);
    struct buf text;
    buf_init(&text, WORDS_BYTES_MAX);
    holders_words_types(holders, rect->cols < NARROW_COLS ? 2 : MOST_TYPES, &text);
    pen_text(&pen, STYLE_DIM, " alive    ");
    pen_text(&pen, STYLE_TEXT, buf_text(&text));
    buf_fini(&text);
    pen = pen_at(grid, pen.row + 1, rect->col, rect->cols);
    pen_text(&pen, STYLE_DIM, holders_chain_is_nobody(&holders->chains[0]) ? " " : " held by  ");
    view_draw_chain(context, &pen, holders->chains[0].text);
}

const struct view view_evidence = {
    .empty = "no invocation has left any of it; what runs outside of them has",
    .rows = evidence_rows,
    .text = evidence_text,
    .heading = evidence_heading,
    .row = evidence_row,
    .detail = evidence_detail,
    .heap_detail = evidence_heap_detail,
    .selects = true,
};
