/*
 * The screen as cells: what the views write and the terminal shows. A cell holds a character with
 * its combining ones, what it means and the mark over it; a wide character takes two cells, the
 * second of them empty. A grid in ASCII mode keeps the same columns and writes plain characters in
 * place of lines, blocks and arrows, and `?` for anything else.
 */
#ifndef TUI_GRID_H
#define TUI_GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "tui/style.h"

enum grid_limits {
    CELL_CODES = 5, /* a character and what combines with it, as many as curses takes */
    GRID_COLS_MAX = 1000,
    GRID_ROWS_MAX = 500,
};

struct cell {
    uint32_t codes[CELL_CODES]; /* 0 ends them */
    uint8_t cols;               /* 1 or 2; 0 for the right half of a wide character */
    uint8_t style;              /* enum style */
    uint8_t mark;               /* enum mark */
};

struct grid {
    int cols, rows;
    bool ascii;
    struct cell *cells; /* owned; row by row */
};

void grid_init(struct grid *grid);
void grid_fini(struct grid *grid);
/* Set the size, cut to the limits above, and clear. */
void grid_resize(struct grid *grid, int cols, int rows);
/* Every cell a space of STYLE_TEXT. */
void grid_clear(struct grid *grid);
/* The cell at `row`, `col`, or NULL outside the grid. */
const struct cell *grid_at(const struct grid *grid, int row, int col);
/* Write one code point of `cols` columns; 0 columns combines it with what stands before `col`.
 * What a wide character is cut by becomes a space. Outside the grid nothing is written. */
void grid_put(struct grid *grid, int row, int col, uint32_t code, int cols, enum style style);
/* `cols` cells of the single-width character `code`. */
void grid_fill(struct grid *grid, int row, int col, int cols, uint32_t code, enum style style);
/* Lay a mark over the cells that have none. */
void grid_mark(struct grid *grid, int row, int col, int cols, enum mark mark);
/* Append the rows as UTF-8 text, without spaces at their ends. */
void grid_dump_text(const struct grid *grid, struct buf *out);
/* Append the rows as style_letter()s. */
void grid_dump_styles(const struct grid *grid, struct buf *out);

/*
 * A pen writes along one row from left to right, never past `end`. Its text is cleaned as outside
 * text is.
 */
struct pen {
    struct grid *grid; /* borrowed */
    int row, col;
    int end; /* first column that it must not touch */
};

struct pen pen_at(struct grid *grid, int row, int col, int cols);
/* Columns that are left. */
int pen_left(const struct pen *pen);
/* Write `text`; where it is too long, the last column says so with an ellipsis. */
void pen_text(struct pen *pen, enum style style, const char *text);
void pen_bytes(struct pen *pen, enum style style, const char *text, size_t len);
void pen_printf(struct pen *pen, enum style style, const char *format, ...) ATTR_PRINTF(3, 4);
/* Write `text` so that it ends at the pen's end; the pen then ends before it. Nothing where there
 * is not room for all of it. Returns whether it was written. */
bool pen_right(struct pen *pen, enum style style, const char *text);
/* Write `text` right-aligned (or left) in a field of `cols`. */
void pen_field(struct pen *pen, enum style style, int cols, bool right, const char *text);
void pen_skip(struct pen *pen, int cols);
/* Fill the rest with `code`. */
void pen_fill(struct pen *pen, enum style style, uint32_t code);

#endif
