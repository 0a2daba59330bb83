/*
 * The sentences about a thread that is stopped, for the rows below the views.
 */
#ifndef TUI_DETAIL_STOP_H
#define TUI_DETAIL_STOP_H

#include "tui/view.h"

/* Append why it is stopped, and before which line: "paused before line 42 by breakpoint; the event
 * loop is held: requests wait". Nothing where nobody is stopped. */
void detail_stop_why(const struct model *model, struct buf *out);
/* Append what was evaluated, and what came of it. Nothing where nothing was. */
void detail_stop_answer(const struct model *model, struct buf *out);
/* Append that the condition of a breakpoint does not end, where that is so. */
void detail_slow_condition(const struct model *model, struct buf *out);
/* Draw what the line before did. False where that is not known. */
bool detail_draw_step(const struct model *model, struct pen *pen);

#endif
