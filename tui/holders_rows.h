/*
 * What the view of the holders is made of: which row is what (view_holders.c), and how rows look
 * (holders_rows.c).
 */
#ifndef TUI_HOLDERS_ROWS_H
#define TUI_HOLDERS_ROWS_H

#include "tui/view.h"

/* ---- view_holders.c ---- */

/* The answer, or NULL where there is none. */
const struct holders *holders_answer(const struct view_context *context);
/* What a row of the type, or of the chain, is of; NULL for all other rows. */
const struct holders_type *holders_row_type(const struct view_context *context, uint64_t id);
const struct holders_chain *holders_row_chain(const struct view_context *context, uint64_t id);
/* Is that row shown whole? */
bool holders_row_is_opened(const struct view_context *context, uint64_t id);
/* Append what there is to note of a chain; nothing where there is nothing. */
void holders_note_text(const struct view_context *context, const struct holders_chain *chain,
                       struct buf *out);
/* Append what there is instead of an answer, or is missing in it. */
void holders_state_text(const struct view_context *context, struct buf *out);
/* Append what search and filter look at. */
void holders_row_text(const struct view_context *context, uint64_t id, struct buf *out);

/* ---- holders_rows.c ---- */

int holders_row_height(const struct view_context *context, uint64_t id);
void holders_row_draw(const struct view_context *context, uint64_t id, int part, struct pen *pen);

#endif
