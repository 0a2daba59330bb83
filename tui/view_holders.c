/*
 * Who holds what a line has alive: the line, what is alive of it by type, and below that the
 * holders, each with the shortest chain to it. A row's id is its kind and its place. Chains are as
 * long as they are, so their rows are as tall as it takes; Enter shows one whole.
 */
#include "config.h"
#include "tui/view.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/chain.h"
#include "tui/detail.h"
#include "tui/glyph.h"
#include "tui/holders_rows.h"
#include "tui/holders_words.h"

enum {
    FEW_TYPES = 5,   /* that are shown until all are asked for, where there are rows enough, */
    OTHER_ROWS = 6,  /* beside these: the line, the sum, two titles, "and more", and a holder */
    TITLE_COLS = 16, /* "Who holds ", and the line behind the file */
};

/* Places of HOLDERS_ROW_OTHERS. */
enum { HELD_BY_OTHERS, OF_OTHER_TYPES };

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

static uint32_t place_of(uint64_t id)
{
    return (uint32_t)id;
}

/* The answer, or NULL where there is none. */
const struct holders *holders_answer(const struct view_context *context)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    return holders && holders->state == HOLDERS_READY ? holders : NULL;
}

/* Of a row of that kind, or NULL. */
const struct holders_type *holders_row_type(const struct view_context *context, uint64_t id)
{
    const struct holders *holders = holders_answer(context);
    bool is_one = holders && view_holders_row(id) == HOLDERS_ROW_TYPE;
    return is_one && place_of(id) < holders->type_count ? &holders->types[place_of(id)] : NULL;
}

const struct holders_chain *holders_row_chain(const struct view_context *context, uint64_t id)
{
    const struct holders *holders = holders_answer(context);
    bool is_one = holders && view_holders_row(id) == HOLDERS_ROW_CHAIN;
    return is_one && place_of(id) < holders->chain_count ? &holders->chains[place_of(id)] : NULL;
}

bool holders_row_is_opened(const struct view_context *context, uint64_t id)
{
    uint32_t opened = view_holders_row(id) == HOLDERS_ROW_TYPE ? context->ui->holders_opened_types
                                                               : context->ui->holders_opened_chains;
    return place_of(id) < 32 && opened >> place_of(id) & 1;
}

/* ---- rows ---- */

static void add_row(const struct view_context *context, struct list *list, enum holders_row kind,
                    size_t place)
{
    uint64_t id = row_id(kind, (uint32_t)place);
    if (view_passes(&view_holders, context, list->filter, id))
        list_add(list, id);
}

/* A holder is to be seen below them. */
static size_t few_types(const struct ui *ui, const struct holders *holders)
{
    struct rect rect;
    if (!holders->chain_count || !ui_view_rect(ui, VIEW_HOLDERS, &rect))
        return FEW_TYPES;
    int rows = rect.rows - 1 - OTHER_ROWS - (holders->problem ? 1 : 0);
    return rows < 0 ? 0 : rows < FEW_TYPES ? (size_t)rows : FEW_TYPES;
}

/* One type more takes no more room than to say that there is one, but where no type is shown. */
static size_t shown_types(const struct ui *ui, const struct holders *holders)
{
    size_t few = few_types(ui, holders);
    bool all = ui->holders_all_types || (few && holders->type_count <= few + 1);
    return all ? holders->type_count : few;
}

static void add_answer(const struct view_context *context, const struct holders *holders,
                       struct list *list)
{
    size_t types = shown_types(context->ui, holders);
    if (types)
        add_row(context, list, HOLDERS_ROW_TYPES, 0);
    for (size_t i = 0; i < types; i++)
        add_row(context, list, HOLDERS_ROW_TYPE, i);
    if (types < holders->type_count)
        add_row(context, list, HOLDERS_ROW_MORE, 0);
    else if (holders_words_untyped(holders))
        add_row(context, list, HOLDERS_ROW_OTHERS, OF_OTHER_TYPES);
    if (holders->chain_count)
        add_row(context, list, HOLDERS_ROW_CHAINS, 0);
    for (size_t i = 0; i < holders->chain_count; i++)
        add_row(context, list, HOLDERS_ROW_CHAIN, i);
    if (holders->chain_count && holders_words_unchained(holders))
        add_row(context, list, HOLDERS_ROW_OTHERS, HELD_BY_OTHERS);
}

static void holders_rows(struct ui *ui, const struct model *model, struct list *list)
{
    const struct view_context context = {.ui = ui, .model = model};
    const struct holders *holders = holders_answer(&context);
    if (ui->holders_line == 0)
        return;
    add_row(&context, list, HOLDERS_ROW_LINE, 0);
    if (holders && holders->count)
        add_row(&context, list, HOLDERS_ROW_SUM, 0);
    if (!holders || holders->count == 0 || holders->problem)
        add_row(&context, list, HOLDERS_ROW_STATE, 0);
    if (holders && holders->count)
        add_answer(&context, holders, list);
}

/* ---- texts ---- */

/* What there is instead of an answer, or is missing in it. */
void holders_state_text(const struct view_context *context, struct buf *out)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    if (!holders)
        buf_printf(out, "who holds it is not known");
    else if (holders->state == HOLDERS_ASKED)
        buf_printf(out, "looking for who holds it");
    else if (holders->problem)
        view_append(out, holders->problem, strlen(holders->problem));
    else if (holders->state == HOLDERS_FAILED)
        buf_printf(out, "nobody could say who holds it");
    else
        buf_printf(out, "nothing of this line is alive");
}

void holders_note_text(const struct view_context *context, const struct holders_chain *chain,
                       struct buf *out)
{
    const struct leak *leak =
        leaks_find(&context->model->leaks, context->ui->holders_file, context->ui->holders_line);
    holders_words_note(chain, leak ? leak->first_number : 0, out);
}

static void more_text(const struct holders *holders, size_t shown, struct buf *out)
{
    size_t count = holders->type_count - shown;
    if (shown)
        buf_printf(out, "and %zu more types: Enter shows them", count);
    else
        buf_printf(out, "%zu type%s: Enter shows %s", count, count == 1 ? "" : "s",
                   count == 1 ? "it" : "them");
}

static void others_text(const struct holders *holders, bool by_type, struct buf *out)
{
    char count[FORMAT_SIZE];
    format_grouped(count,
                   by_type ? holders_words_untyped(holders) : holders_words_unchained(holders));
    buf_printf(out, by_type ? "and %s of other types" : "and %s that others hold", count);
}

static void append_words(struct buf *out, const char *before, const char *text)
{
    if (!text)
        return;
    view_append(out, before, strlen(before));
    view_append(out, text, strlen(text));
}

static void answer_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct holders *holders = holders_answer(context);
    const struct holders_type *type = holders_row_type(context, id);
    const struct holders_chain *chain = holders_row_chain(context, id);
    if (type) {
        append_words(out, "", type->name);
        append_words(out, " ", type->example);
        if (holders_row_is_opened(context, id))
            append_words(out, " ", type->chain);
    } else if (chain) {
        append_words(out, "", chain->text);
        buf_printf(out, " ");
        holders_note_text(context, chain, out);
    } else if (holders && view_holders_row(id) == HOLDERS_ROW_SUM) {
        holders_words_sum(holders, out);
    } else if (holders && view_holders_row(id) == HOLDERS_ROW_MORE) {
        more_text(holders, shown_types(context->ui, holders), out);
    } else if (holders && view_holders_row(id) == HOLDERS_ROW_OTHERS) {
        others_text(holders, place_of(id) == OF_OTHER_TYPES, out);
    }
}

void holders_row_text(const struct view_context *context, uint64_t id, struct buf *out)
{
    const struct ui *ui = context->ui;
    size_t len;
    const char *source = view_line_text(context->model, ui->holders_file, ui->holders_line, &len);
    switch (view_holders_row(id)) {
    case HOLDERS_ROW_LINE:
        if (source)
            view_append(out, source, len);
        break;
    case HOLDERS_ROW_STATE: holders_state_text(context, out); break;
    case HOLDERS_ROW_TYPES: buf_printf(out, "Type Example"); break;
    case HOLDERS_ROW_CHAINS: buf_printf(out, "Held by"); break;
    default: answer_text(context, id, out);
    }
}

static void holders_heading(const struct view_context *context, struct pen *pen)
{
    const struct ui *ui = context->ui;
    char time[FORMAT_SIZE], text[FORMAT_SIZE + 16];
    if (ui->holders_file >= context->model->file_count)
        return;
    const struct file *file = context->model->files[ui->holders_file];
    int cols = glyphs_cols(file->display, strlen(file->display)) + TITLE_COLS;
    format_time(time, ui->holders_realtime_ns, 0);
    snprintf(text, sizeof text, "  asked at %.8s", time);
    pen_skip(pen, 1);
    if (ui->holders_realtime_ns && cols + (int)strlen(text) <= pen_left(pen))
        pen_right(pen, STYLE_HEADING, text);
    pen_printf(pen, STYLE_HEADING, "Who holds %s:%" PRIu32, file->display, ui->holders_line);
}

/* "; Enter: whole": what a row does not show. */
static void draw_opener(const struct view_context *context, uint64_t id, struct pen *pen)
{
    detail_draw_part(pen,
                     holders_row_is_opened(context, id) ? "; Enter: as before"
                                                        : "; Enter: whole, one link a row",
                     "");
}

static void draw_chain_detail(const struct view_context *context, uint64_t id,
                              const struct holders_chain *chain, struct pen *pen)
{
    char count[FORMAT_SIZE], bytes[FORMAT_SIZE];
    size_t at = 0;
    format_grouped(count, chain->count);
    format_bytes(bytes, chain->bytes);
    pen_printf(pen, STYLE_STRONG, " %s object%s, holding %s,", count, chain->count == 1 ? "" : "s",
               bytes);
    pen_text(pen, STYLE_DIM, chain->count == 1 ? " has " : " have ");
    pen_text(pen, STYLE_DIM,
             holders_chain_is_nobody(chain) ? "no holder in Python" : "this holder");
    if (chain_find_arrow(chain->text, &at))
        draw_opener(context, id, pen);
}

static void draw_type_detail(const struct view_context *context, uint64_t id,
                             const struct holders_type *type, struct pen *pen)
{
    char count[FORMAT_SIZE], bytes[FORMAT_SIZE];
    format_grouped(count, type->count);
    format_bytes(bytes, type->count ? type->shallow_bytes / (int64_t)type->count : 0);
    pen_printf(pen, STYLE_STRONG, " %s  %s", type->name, count);
    detail_draw_part(pen, ", each ", bytes);
    if (type->example || type->chain)
        detail_draw_part(pen,
                         holders_row_is_opened(context, id)
                             ? "; Enter: as before"
                             : "; Enter: its example, and who holds that",
                         "");
}

static void holders_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    const struct ui *ui = context->ui;
    const struct holders_type *type = holders_row_type(context, id);
    const struct holders_chain *chain = holders_row_chain(context, id);
    const struct leak *leak =
        leaks_find(&context->model->leaks, ui->holders_file, ui->holders_line);
    if (chain) {
        draw_chain_detail(context, id, chain, pen);
    } else if (type) {
        draw_type_detail(context, id, type, pen);
    } else {
        pen_printf(pen, STYLE_STRONG, " line %" PRIu32 " ", ui->holders_line);
        if (leak)
            detail_draw_leak(context, leak, pen);
        else
            detail_draw_line(context, ui->holders_file, ui->holders_line, pen);
    }
}

static void holders_heap_detail(const struct view_context *context, uint64_t id, struct pen *pen)
{
    (void)id;
    detail_draw_heap(context, context->ui->holders_file, context->ui->holders_line, pen);
}

const struct view view_holders = {
    .empty = "no line was asked about; w on a line asks",
    .rows = holders_rows,
    .text = holders_row_text,
    .height = holders_row_height,
    .heading = holders_heading,
    .row = holders_row_draw,
    .detail = holders_detail,
    .heap_detail = holders_heap_detail,
    .selects = true,
};
