/*
 * The terminal: the one part that knows curses. A grid goes out, keys come in. Signals are the
 * caller's; but whatever way the process ends, short of SIGKILL, the terminal is given back as it
 * was. There is one terminal, so there is one of these at a time. Main thread only.
 */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include <stdbool.h>

#include "base/error.h"
#include "tui/grid.h"
#include "tui/keys.h"

struct terminal;

/* Can a screen be shown here? Both ends must be terminals of a type that is known and can place its
 * cursor. 0, or -1 with `error` filled in. Nothing is written. */
int term_check(struct error *error);
/* True where the locale's characters are UTF-8. setlocale(3) was called. */
bool term_is_utf8(void);
/* Take the terminal: alternate screen, keys unbuffered, standard error kept. NULL with `error`
 * filled in where that fails. Who handles signals installs its handlers before. */
struct terminal *term_open(bool color, struct error *error);
/* Give it back. NULL is fine. */
void term_close(struct terminal *term);
/* Give it back for a while, for an editor or the shell; and take it again. term_resume is also
 * right after another program has changed its modes. */
void term_suspend(struct terminal *term);
void term_resume(struct terminal *term);

/* Its size now. */
void term_size(int *cols, int *rows);
/* It has that size now. */
void term_resize(struct terminal *term, int cols, int rows);
/* Show the grid; with `repaint` also the cells that should be there already. */
void term_show(struct terminal *term, const struct grid *grid, bool repaint);
/* Ask the terminal for clicks and wheel, or leave the mouse to it. */
void term_set_mouse(struct terminal *term, bool on);
/* The next key that is there, or false. Does not wait, but for the rest of an escape sequence. */
bool term_read(struct terminal *term, struct key_event *event);

#endif
