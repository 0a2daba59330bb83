/*
 * Text as a terminal would lay it out: code points cut from outside bytes, made harmless, measured
 * and with tabs expanded. The one way in which outside text gets onto the grid.
 */
#ifndef TUI_GLYPH_H
#define TUI_GLYPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GLYPH_TAB_COLS 8

/* One step through a text. */
struct glyph {
    size_t at;         /* byte where it starts */
    size_t bytes;      /* that it takes */
    uint32_t codes[2]; /* what to draw: one code point, or two for caret notation */
    int code_count;    /* 0 for what takes no cell and is not drawn */
    int col;           /* column of its first cell, from 0 */
    int cols;          /* 0 for a combining character; a tab reaches to the next stop */
};

struct glyphs {
    const char *text; /* borrowed */
    size_t len;
    size_t at;
    int col;
};

/* Walk `len` bytes of text; columns count from 0, and so do tab stops. */
struct glyphs glyphs_of(const char *text, size_t len);
/* The next glyph, or false at the end. */
bool glyphs_next(struct glyphs *walk, struct glyph *glyph);
/* Columns of the whole text. */
int glyphs_cols(const char *text, size_t len);
/* How many bytes of the text make a row of `cols` columns: all, or up to the last space where that
 * is not too far back, else as many as fit; at least one glyph, so that wrapping comes to an end.
 */
size_t glyphs_wrap(const char *text, size_t len, int cols);
/* Where the last `cols` columns of the text begin; the text itself where it has no more. */
const char *glyphs_tail(const char *text, size_t len, int cols);
/* True where `pattern` stands in the text at or after *from; *from becomes the byte where it
 * starts. A pattern without capitals also finds capitals (ASCII). An empty pattern is nowhere. */
bool glyphs_find(const char *text, size_t len, const char *pattern, size_t *from);

#endif
