/*
 * What there is to say of leaks, in the source, in the view of the leaks and in the header.
 */
#ifndef TUI_LEAK_WORDS_H
#define TUI_LEAK_WORDS_H

#include "base/buf.h"
#include "model/model.h"
#include "tui/format.h"
#include "tui/style.h"

/* What an invocation is to the verdict, as model/leak.h has it. */
enum leak_role {
    LEAK_ROLE_RUNNING,
    LEAK_ROLE_FIRST,  /* one of the first LEAK_WARM_UP */
    LEAK_ROLE_NEWEST, /* one of the newest LEAK_RECENT */
    LEAK_ROLE_EVIDENCE,
};

enum leak_role leak_role(const struct model *model, uint64_t number);
/* How many invocations more are needed before anything can be said; 0: none. */
unsigned leak_words_missing(const struct model *model);
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
