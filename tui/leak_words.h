/*
 * What there is to say of leaks, in the source, in the view of the leaks and in the header.
 */
#ifndef TUI_LEAK_WORDS_H
#define TUI_LEAK_WORDS_H

#include "base/buf.h"
#include "model/model.h"
#include "tui/format.h"
#include "tui/style.h"

/* Is there a number of leaks to be told, be it 0? */
bool leak_words_known(const struct model *model);

/* "1.0M/inv!", "412B/inv?": for a column of 9. */
void leak_words_mark(char out[FORMAT_SIZE], const struct leak *leak);
/* "L" or "?", where there is room for no more. */
const char *leak_words_sign(const struct leak *leak);
enum style leak_words_style(const struct leak *leak);

/* Append "keeps 1.0 MiB of every invocation, 12 of 12: LEAK", or what is missing yet. */
void leak_words_line(const struct leak *leak, struct buf *out);
/* Append the verdict on the whole: "2 lines leak, 1.1 MiB an invocation". */
void leak_words_verdict(const struct model *model, struct buf *out);
/* Append, in lines, why no line is suspected. */
void leak_words_none(const struct model *model, bool is_recording, struct buf *out);

#endif
