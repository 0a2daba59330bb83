/*
 * Sentences about what is alive at two moments, for the message row and the view of the difference.
 */
#ifndef TUI_LIVE_WORDS_H
#define TUI_LIVE_WORDS_H

#include "base/buf.h"
#include "model/live_census.h"
#include "tui/format.h"
#include "tui/ui.h"

/* "82,634", from 10 million on "12.3M": at most 9 columns; with a sign "+1,400", and 0 is "0". */
void live_words_count(char out[FORMAT_SIZE], uint64_t count);
void live_words_change(char out[FORMAT_SIZE], int64_t change);
/* "1,410 objects" */
void live_words_objects(uint64_t count, struct buf *out);
/* "14:02:11 after 12 invocations" */
void live_words_moment(const struct live_census *census, struct buf *out);
/* That the mark is set, and what was alive then. */
void live_words_mark(const struct live_census *mark, struct buf *out);
/* Why there is no difference to be seen, and what to do; in lines. */
void live_words_none(const struct ui *ui, const struct model *model, struct buf *out);
/* What goes on, has gone wrong or is missing in the difference that is shown; else nothing. */
void live_words_note(const struct live_pair *live, struct buf *out);

#endif
