/*
 * Colours for Python source: one line at a time, with the state that it leaves for the next one, so
 * that a line in the middle of a file can be drawn without lexing the file again. Any bytes are
 * accepted; what is not Python comes out as plain text.
 */
#ifndef TUI_HIGHLIGHT_H
#define TUI_HIGHLIGHT_H

#include <stddef.h>
#include <stdint.h>

#include "model/file.h"
#include "tui/style.h"

/* What a line may begin in: nothing, or a string that an earlier line opened. 0 is nothing. */
typedef uint8_t highlight_state;

/* Set styles[i] (an enum style) for each of the `len` bytes of a line; `styles` may be NULL where
 * only the state is wanted. Returns the state for the next line. */
highlight_state highlight_line(highlight_state state, const char *text, size_t len,
                               uint8_t *styles);

/* The states of a file's lines, worked out as far as they were asked for. */
struct highlight {
    highlight_state *states; /* owned; states[n] is what line n + 1 begins in */
    uint32_t known;          /* entries of it */
    uint32_t capacity;
};

void highlight_fini(struct highlight *cache);
/* Work out the states up to and including the start of `line` (from 1). */
void highlight_prepare(struct highlight *cache, const struct file *file, uint32_t line);
/* The state that `line` begins in; 0 where it was not prepared. */
highlight_state highlight_at(const struct highlight *cache, uint32_t line);

#endif
