/*
 * The rows of the view of the holders on the screen: types and chains share the columns of their
 * numbers. A chain is as long as it is, so its row is as tall as it takes.
 */
#include "config.h"
#include "tui/holders_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/chain.h"
#include "tui/glyph.h"
#include "tui/holders_words.h"

enum {
    COUNT_COLS = 9,
    BYTES_COLS = 9,
    RETAINED_FROM_COLS = 70, /* narrower: there is no such column */
    WIDE_COLS = 100,
    INDENT_COLS = 3,
    BAR_COLS = 40,
    ARROW_BYTES = 4,
    TEXT_BYTES_MAX = 16384,
};

/* ---- the columns of types and chains ---- */

static bool knows_retained(const struct holders *holders)
{
    for (size_t i = 0; i < holders->type_count; i++)
        if (holders->types[i].retained_bytes >= 0)
            return true;
    return false;
}

static bool has_retained(const struct view_context *context)
{
    const struct holders *holders = holders_answer(context);
    return holders && knows_retained(holders) && context->rect.cols >= RETAINED_FROM_COLS;
}

static int name_cols(const struct view_context *context)
{
    return context->rect.cols >= WIDE_COLS            ? 28
           : context->rect.cols >= RETAINED_FROM_COLS ? 20
                                                      : 14;
}

/* Where names and chains begin. */
static int text_at(const struct view_context *context)
{
    return 1 + COUNT_COLS + 1 + BYTES_COLS + 2 + (has_retained(context) ? BYTES_COLS + 1 : 0);
}

static int chain_at(void)
{
    return 1 + COUNT_COLS + 1 + BYTES_COLS + 2;
}

static int cols_from(const struct view_context *context, int at)
{
    return context->rect.cols > at + 8 ? context->rect.cols - at - 1 : 8;
}

/* ---- tall rows ---- */

/* In how many rows of the screen a text is wrapped. */
static int wrapped_rows(const char *text, int cols)
{
    size_t len = strlen(text);
    int rows = 0;
    do {
        size_t fits = glyphs_wrap(text, len, cols);
        text += fits;
        len -= fits;
        rows++;
    } while (len > 0);
    return rows;
}

static int chain_rows(const char *text, int cols, bool whole)
{
    struct chain_row rows[CHAIN_ROWS];
    return (int)chain_cut(text, cols, whole, rows);
}

static int note_rows(const struct view_context *context, const struct holders_chain *chain)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    holders_note_text(context, chain, &text);
    int rows = text.len ? wrapped_rows(buf_text(&text), cols_from(context, chain_at())) : 0;
    buf_fini(&text);
    return rows;
}

static int state_rows(const struct view_context *context)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    holders_state_text(context, &text);
    int rows = wrapped_rows(buf_text(&text), cols_from(context, INDENT_COLS));
    buf_fini(&text);
    return rows;
}

/* Why there is no answer is followed by what to do. */
static bool has_hint(const struct view_context *context)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    return !holders || holders->state == HOLDERS_ASKED || holders->state == HOLDERS_FAILED;
}

/* Of an example for which there is no room beside its type. */
static int example_rows(const struct view_context *context, const struct holders_type *type)
{
    int room = context->rect.cols - text_at(context) - name_cols(context);
    if (!type->example || glyphs_cols(type->example, strlen(type->example)) <= room)
        return 0;
    return wrapped_rows(type->example, cols_from(context, text_at(context) + INDENT_COLS));
}

/* The whole of an example, and the chain to it. */
static int opened_rows(const struct view_context *context, const struct holders_type *type)
{
    int rows = example_rows(context, type);
    int cols = cols_from(context, text_at(context) + INDENT_COLS);
    if (type->chain)
        rows += chain_rows(type->chain, cols, true);
    return rows;
}

int holders_row_height(const struct view_context *context, uint64_t id)
{
    const struct holders_type *type = holders_row_type(context, id);
    const struct holders_chain *chain = holders_row_chain(context, id);
    bool opened = holders_row_is_opened(context, id);
    if (chain)
        return chain_rows(chain->text, cols_from(context, chain_at()), opened) +
               note_rows(context, chain);
    if (type)
        return 1 + (opened ? opened_rows(context, type) : 0);
    if (view_holders_row(id) == HOLDERS_ROW_STATE)
        return state_rows(context) + has_hint(context);
    return 1;
}

/* ---- drawing ---- */

static void draw_text(const struct view_context *context, struct pen *pen, enum style style,
                      const char *text)
{
    view_draw_text(context, pen, text, strlen(text), NULL, style, 0);
}

/* Row `part` of a text that is wrapped. */
static void draw_wrapped(const struct view_context *context, struct pen *pen, enum style style,
                         const char *text, int cols, int part)
{
    size_t len = strlen(text);
    for (int i = 0; i < part && len > 0; i++) {
        size_t fits = glyphs_wrap(text, len, cols);
        text += fits;
        len -= fits;
    }
    view_draw_text(context, pen, text, glyphs_wrap(text, len, cols), NULL, style, 0);
}

/* The root is what one looks for; arrows step back. */
static void style_chain(const char *text, uint8_t *styles)
{
    size_t len = strlen(text), at = 0;
    memset(styles, STYLE_TEXT, len);
    size_t root = 0;
    chain_find_arrow(text, &root);
    memset(styles, STYLE_STRONG, root);
    while (chain_find_arrow(text, &at)) {
        memset(styles + at, STYLE_DIM, ARROW_BYTES);
        at += ARROW_BYTES;
    }
}

void view_draw_chain(const struct view_context *context, struct pen *pen, const char *text)
{
    uint8_t *styles = mem_calloc(strlen(text) + 1, 1);
    style_chain(text, styles);
    view_draw_text(context, pen, text, strlen(text), styles, STYLE_TEXT, 0);
    free(styles);
}

/* Row `part` of a chain. */
static void draw_chain_row(const struct view_context *context, struct pen *pen, const char *text,
                           bool whole, int part)
{
    struct chain_row rows[CHAIN_ROWS];
    size_t count = chain_cut(text, pen_left(pen) - 1, whole, rows);
    if ((size_t)part >= count)
        return;
    const struct chain_row *row = &rows[part];
    uint8_t *styles = mem_calloc(strlen(text) + 1, 1);
    style_chain(text, styles);
    if (row->is_last)
        pen_text(pen, STYLE_DIM, "\u2026 ");
    pen_skip(pen, row->is_rest ? INDENT_COLS : 0);
    view_draw_text(context, pen, text + row->at, row->len, styles + row->at, STYLE_TEXT, 0);
    free(styles);
}

static void draw_count(struct pen *pen, uint64_t count)
{
    char text[FORMAT_SIZE];
    format_grouped(text, count);
    if (strlen(text) > COUNT_COLS)
        format_count(text, count);
    pen_field(pen, STYLE_NUMBER, COUNT_COLS, true, text);
}

static void draw_numbers(struct pen *pen, uint64_t count, int64_t bytes)
{
    pen_skip(pen, 1);
    draw_count(pen, count);
    pen_skip(pen, 1);
    view_draw_bytes(pen, BYTES_COLS, bytes);
}

static void draw_type(const struct view_context *context, const struct holders_type *type,
                      struct pen *pen)
{
    draw_numbers(pen, type->count, type->shallow_bytes);
    if (has_retained(context)) {
        pen_skip(pen, 1);
        if (type->retained_bytes >= 0)
            view_draw_bytes(pen, BYTES_COLS, type->retained_bytes);
        else
            pen_skip(pen, BYTES_COLS);
    }
    pen_skip(pen, 2);
    struct pen name = *pen;
    int end = name.col + name_cols(context) - 1;
    name.end = type->example && end < pen->end ? end : pen->end;
    draw_text(context, &name, STYLE_DEFINITION, type->name);
    pen_skip(pen, name_cols(context));
    if (type->example)
        draw_text(context, pen, STYLE_TEXT, type->example);
}

/* Below it: its example, whole, and the chain to that. */
static void draw_opened(const struct view_context *context, const struct holders_type *type,
                        int part, struct pen *pen)
{
    int cols = cols_from(context, text_at(context) + INDENT_COLS);
    int rows = example_rows(context, type);
    pen_skip(pen, text_at(context) + INDENT_COLS);
    if (part < rows)
        draw_wrapped(context, pen, STYLE_STRING, type->example, cols, part);
    else if (type->chain)
        draw_chain_row(context, pen, type->chain, true, part - rows);
}

static void draw_chain(const struct view_context *context, const struct holders_chain *chain,
                       uint64_t id, int part, struct pen *pen)
{
    int cols = cols_from(context, chain_at());
    int rows = chain_rows(chain->text, cols, holders_row_is_opened(context, id));
    struct buf note;
    if (part == 0) {
        struct pen numbers = *pen;
        draw_numbers(&numbers, chain->count, chain->bytes);
    }
    pen_skip(pen, chain_at());
    if (part < rows) {
        draw_chain_row(context, pen, chain->text, holders_row_is_opened(context, id), part);
        return;
    }
    buf_init(&note, TEXT_BYTES_MAX);
    holders_note_text(context, chain, &note);
    draw_wrapped(context, pen, chain->is_bounded ? STYLE_GOOD : STYLE_DIM, buf_text(&note), cols,
                 part - rows);
    buf_fini(&note);
}

/* "page_size:27  KEPT.append(bytearray(body) * 2)" */
static void draw_line(const struct view_context *context, struct pen *pen)
{
    const struct ui *ui = context->ui;
    pen_skip(pen, 1);
    if (ui->holders_file >= context->model->file_count)
        return;
    struct pen place = *pen;
    place.end = pen->col + pen_left(pen) / 2;
    view_draw_place(&place, context->model->files[ui->holders_file], ui->holders_line);
    pen->col = place.col;
    pen_skip(pen, 2);
    view_draw_source(context, pen, ui->holders_file, ui->holders_line, 0, true);
}

static void draw_bar(unsigned percent, struct pen *pen)
{
    int cols = pen_left(pen) - 5 < BAR_COLS ? pen_left(pen) - 5 : BAR_COLS;
    percent = percent < 100 ? percent : 100;
    int full = cols * (int)percent / 100;
    grid_fill(pen->grid, pen->row, pen->col, full, 0x2588, STYLE_SPARK);
    grid_fill(pen->grid, pen->row, pen->col + full, cols - full, 0x2581, STYLE_DIM);
    pen_skip(pen, cols);
    pen_printf(pen, STYLE_NUMBER, "%3u %%", percent);
}

static void draw_hint(const struct view_context *context, struct pen *pen)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    if (holders && holders->state == HOLDERS_ASKED)
        pen_text(pen, STYLE_DIM, "the app goes on meanwhile; Esc stops it");
    else if (!context->ui->frozen && !context->ui->replay.is_on)
        pen_text(pen, STYLE_DIM, holders ? "w asks again" : "w asks");
}

static void draw_state(const struct view_context *context, int part, struct pen *pen)
{
    const struct holders *holders = view_holders_of(context->ui, context->model);
    struct buf text;
    bool is_asked = holders && holders->state == HOLDERS_ASKED;
    bool is_fault = holders && holders->problem;
    int rows = state_rows(context);
    pen_skip(pen, INDENT_COLS);
    if (part >= rows) {
        draw_hint(context, pen);
        return;
    }
    buf_init(&text, TEXT_BYTES_MAX);
    holders_state_text(context, &text);
    if (is_fault && part == 0) {
        struct pen mark = *pen;
        mark.col -= 2;
        pen_text(&mark, STYLE_WARNING, "!");
    }
    draw_wrapped(context, pen, is_fault ? STYLE_WARNING : STYLE_TEXT, buf_text(&text),
                 cols_from(context, INDENT_COLS), part);
    buf_fini(&text);
    if (!is_asked || part)
        return;
    pen_skip(pen, 2);
    draw_bar(holders->percent, pen);
}

/* The heading of the types, or of the chains. */
static void draw_title(const struct view_context *context, bool is_types, struct pen *pen)
{
    pen_skip(pen, 1);
    pen_field(pen, STYLE_DIM, COUNT_COLS, true, "Objects");
    pen_field(pen, STYLE_DIM, 1 + BYTES_COLS, true, is_types ? "Bytes" : "Holds");
    if (is_types && has_retained(context))
        pen_field(pen, STYLE_DIM, 1 + BYTES_COLS, true, "Retained");
    pen_skip(pen, 2);
    if (!is_types) {
        pen_text(pen, STYLE_TITLE, "Held by");
        return;
    }
    pen_field(pen, STYLE_TITLE, name_cols(context), false, "Type");
    pen_text(pen, STYLE_DIM, "Example");
}

/* What is one sentence, at that column. */
static void draw_sentence(const struct view_context *context, uint64_t id, int at, enum style style,
                          struct pen *pen)
{
    struct buf text;
    buf_init(&text, TEXT_BYTES_MAX);
    holders_row_text(context, id, &text);
    pen_skip(pen, at);
    draw_text(context, pen, style, buf_text(&text));
    buf_fini(&text);
}

void holders_row_draw(const struct view_context *context, uint64_t id, int part, struct pen *pen)
{
    const struct holders_type *type = holders_row_type(context, id);
    const struct holders_chain *chain = holders_row_chain(context, id);
    switch (view_holders_row(id)) {
    case HOLDERS_ROW_LINE: draw_line(context, pen); break;
    case HOLDERS_ROW_SUM: draw_sentence(context, id, 1, STYLE_STRONG, pen); break;
    case HOLDERS_ROW_STATE: draw_state(context, part, pen); break;
    case HOLDERS_ROW_TYPES: draw_title(context, true, pen); break;
    case HOLDERS_ROW_CHAINS: draw_title(context, false, pen); break;
    case HOLDERS_ROW_MORE: draw_sentence(context, id, text_at(context), STYLE_DIM, pen); break;
    case HOLDERS_ROW_OTHERS: draw_sentence(context, id, chain_at(), STYLE_DIM, pen); break;
    case HOLDERS_ROW_TYPE:
        if (type && part == 0)
            draw_type(context, type, pen);
        else if (type)
            draw_opened(context, type, part - 1, pen);
        break;
    case HOLDERS_ROW_CHAIN:
        if (chain)
            draw_chain(context, chain, id, part, pen);
        break;
    }
}
