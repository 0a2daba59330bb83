/*
 * Cells are written with code points that are already known to be harmless and measured; glyph.c
 * does both, and the pen writes through it. The grid itself only keeps the invariant that a wide
 * character is whole: whoever overwrites one half turns the other half into a space, so that no
 * sequence of writes can shift the columns of a terminal.
 */
#include "config.h"
#include "tui/grid.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "tui/glyph.h"

void grid_init(struct grid *grid)
{
    *grid = (struct grid){0};
}

void grid_fini(struct grid *grid)
{
    free(grid->cells);
    grid_init(grid);
}

static int clamp(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

void grid_resize(struct grid *grid, int cols, int rows)
{
    cols = clamp(cols, 1, GRID_COLS_MAX);
    rows = clamp(rows, 1, GRID_ROWS_MAX);
    if (cols != grid->cols || rows != grid->rows) {
        grid->cells = mem_resize(grid->cells, (size_t)cols * (size_t)rows, sizeof *grid->cells);
        grid->cols = cols;
        grid->rows = rows;
    }
    grid_clear(grid);
}

static const struct cell blank = {.codes = {' '}, .cols = 1, .style = STYLE_TEXT};

void grid_clear(struct grid *grid)
{
    size_t count = (size_t)grid->cols * (size_t)grid->rows;
    for (size_t i = 0; i < count; i++)
        grid->cells[i] = blank;
}

static bool is_inside(const struct grid *grid, int row, int col)
{
    return row >= 0 && row < grid->rows && col >= 0 && col < grid->cols;
}

/* The cell at a place that is inside. */
static struct cell *cell_at(const struct grid *grid, int row, int col)
{
    return &grid->cells[(size_t)row * (size_t)grid->cols + (size_t)col];
}

const struct cell *grid_at(const struct grid *grid, int row, int col)
{
    return is_inside(grid, row, col) ? cell_at(grid, row, col) : NULL;
}

/* What pymemtop itself draws with, in ASCII. Anything else that is not ASCII becomes `?`. */
static uint32_t ascii_form(uint32_t code)
{
    static const char blocks[] = "_.:=+*#@"; /* U+2581 to U+2588 */
    if (code < 0x7F)
        return code;
    if (code >= 0x2581 && code <= 0x2588)
        return (uint32_t)blocks[code - 0x2581];
    switch (code) {
    case 0x2500: return '-'; /* horizontal line */
    case 0x2502: return '|'; /* vertical line */
    case 0x250C:
    case 0x2510: /* corners */
    case 0x2514:
    case 0x2518:
    case 0x252C:
    case 0x2534: return '+';
    case 0x2026: return '~'; /* ellipsis */
    case 0x2192: return '>'; /* arrow */
    case 0x25B2: return '^';
    case 0x25BC: return 'v';
    case 0x00B7: return '-'; /* middle dot */
    case 0x03A3: return '='; /* sum */
    default: return '?';
    }
}

static void combine(struct grid *grid, int row, int col, uint32_t code)
{
    if (grid->ascii || !is_inside(grid, row, col - 1))
        return;
    struct cell *cell = cell_at(grid, row, col - 1);
    if (cell->cols == 0 && col > 1)
        cell--;
    for (size_t i = 1; i < CELL_CODES; i++) {
        if (cell->codes[i] == 0) {
            cell->codes[i] = code;
            return;
        }
    }
}

/* A cell is about to be overwritten: the other half of a wide character in it becomes a space. */
static void split_wide(struct grid *grid, int row, int col)
{
    const struct cell *cell = cell_at(grid, row, col);
    int other = cell->cols == 2 ? col + 1 : cell->cols == 0 ? col - 1 : -1;
    if (!is_inside(grid, row, other))
        return;
    struct cell *half = cell_at(grid, row, other);
    memset(half->codes, 0, sizeof half->codes);
    half->codes[0] = ' ';
    half->cols = 1;
}

static void set_cell(struct grid *grid, int row, int col, uint32_t code, int cols, enum style style)
{
    split_wide(grid, row, col);
    *cell_at(grid, row, col) =
        (struct cell){.codes = {code}, .cols = (uint8_t)cols, .style = (uint8_t)style};
}

void grid_put(struct grid *grid, int row, int col, uint32_t code, int cols, enum style style)
{
    if (text_is_unsafe(code))
        code = TEXT_REPLACEMENT;
    if (cols <= 0) {
        combine(grid, row, col, code);
        return;
    }
    if (!is_inside(grid, row, col))
        return;
    if (cols == 1 || grid->ascii) {
        for (int i = 0; i < cols && col + i < grid->cols; i++)
            set_cell(grid, row, col + i, grid->ascii ? ascii_form(code) : code, 1, style);
        return;
    }
    if (!is_inside(grid, row, col + 1)) {
        set_cell(grid, row, col, ' ', 1, style);
        return;
    }
    set_cell(grid, row, col, code, 2, style);
    set_cell(grid, row, col + 1, 0, 1, style);
    cell_at(grid, row, col + 1)->cols = 0;
}

void grid_fill(struct grid *grid, int row, int col, int cols, uint32_t code, enum style style)
{
    for (int i = 0; i < cols; i++)
        grid_put(grid, row, col + i, code, 1, style);
}

void grid_mark(struct grid *grid, int row, int col, int cols, enum mark mark)
{
    for (int i = 0; i < cols; i++) {
        if (!is_inside(grid, row, col + i))
            continue;
        struct cell *cell = cell_at(grid, row, col + i);
        if (cell->mark == MARK_NONE)
            cell->mark = (uint8_t)mark;
    }
}

static void append(struct buf *out, const char *bytes, size_t len)
{
    /* A dump that is too long for its buffer is cut: a grid has a largest size. */
    (void)!buf_append(out, bytes, len);
}

static int last_col(const struct grid *grid, int row)
{
    int col = grid->cols;
    while (col > 0) {
        const struct cell *cell = cell_at(grid, row, col - 1);
        if (cell->codes[0] != ' ' || cell->codes[1])
            break;
        col--;
    }
    return col;
}

void grid_dump_text(const struct grid *grid, struct buf *out)
{
    for (int row = 0; row < grid->rows; row++) {
        int end = last_col(grid, row);
        for (int col = 0; col < end; col++) {
            const struct cell *cell = cell_at(grid, row, col);
            for (size_t i = 0; i < CELL_CODES && cell->codes[i] && cell->cols; i++) {
                char bytes[TEXT_UTF8_MAX];
                append(out, bytes, text_encode(cell->codes[i], bytes));
            }
        }
        append(out, "\n", 1);
    }
}

void grid_dump_styles(const struct grid *grid, struct buf *out)
{
    for (int row = 0; row < grid->rows; row++) {
        for (int col = 0; col < grid->cols; col++) {
            const struct cell *cell = cell_at(grid, row, col);
            char letter = style_letter(cell->style, cell->mark);
            append(out, &letter, 1);
        }
        append(out, "\n", 1);
    }
}

struct pen pen_at(struct grid *grid, int row, int col, int cols)
{
    int end = col + cols < grid->cols ? col + cols : grid->cols;
    return (struct pen){.grid = grid, .row = row, .col = col, .end = end};
}

int pen_left(const struct pen *pen)
{
    return pen->end > pen->col ? pen->end - pen->col : 0;
}

void pen_bytes(struct pen *pen, enum style style, const char *text, size_t len)
{
    struct glyphs walk = glyphs_of(text, len);
    struct glyph glyph;
    bool cut = glyphs_cols(text, len) > pen_left(pen);
    int end = cut ? pen->end - 1 : pen->end;
    int start = pen->col;
    while (glyphs_next(&walk, &glyph)) {
        int col = start + glyph.col;
        if (col + glyph.cols > end)
            break;
        if (glyph.code_count == 2) {
            grid_put(pen->grid, pen->row, col, glyph.codes[0], 1, style);
            grid_put(pen->grid, pen->row, col + 1, glyph.codes[1], 1, style);
        } else if (glyph.code_count == 1 && text[glyph.at] == '\t') {
            grid_fill(pen->grid, pen->row, col, glyph.cols, ' ', style);
        } else if (glyph.code_count == 1) {
            grid_put(pen->grid, pen->row, col, glyph.codes[0], glyph.cols, style);
        }
        pen->col = col + glyph.cols;
    }
    if (cut && pen->col < pen->end) {
        grid_put(pen->grid, pen->row, pen->col, 0x2026, 1, style);
        pen->col = pen->end;
    }
}

void pen_text(struct pen *pen, enum style style, const char *text)
{
    pen_bytes(pen, style, text, strlen(text));
}

void pen_printf(struct pen *pen, enum style style, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    pen_bytes(pen, style, text, (size_t)len);
    free(text);
}

bool pen_right(struct pen *pen, enum style style, const char *text)
{
    int cols = glyphs_cols(text, strlen(text));
    if (cols > pen_left(pen))
        return false;
    struct pen right = *pen;
    right.col = pen->end - cols;
    pen_text(&right, style, text);
    pen->end -= cols;
    return true;
}

void pen_field(struct pen *pen, enum style style, int cols, bool right, const char *text)
{
    struct pen field =
        pen_at(pen->grid, pen->row, pen->col, cols < pen_left(pen) ? cols : pen_left(pen));
    int need = glyphs_cols(text, strlen(text));
    if (right && need < cols)
        pen_skip(&field, cols - need);
    pen_text(&field, style, text);
    pen_skip(pen, cols);
}

void pen_skip(struct pen *pen, int cols)
{
    pen->col = pen->col + cols < pen->end ? pen->col + cols : pen->end;
}

void pen_fill(struct pen *pen, enum style style, uint32_t code)
{
    grid_fill(pen->grid, pen->row, pen->col, pen_left(pen), code, style);
    pen->col = pen->end;
}
