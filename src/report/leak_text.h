/*
 * A verdict on a line in words, and who holds what leaks, for the reports. Names of types and
 * chains come from the program: here they are made harmless for a terminal, and what is written in
 * markup has still to be escaped.
 */
#ifndef REPORT_LEAK_TEXT_H
#define REPORT_LEAK_TEXT_H

#include "base/buf.h"
#include "model/model.h"

#define LEAK_SENTENCE 192
#define LEAK_TYPES    320
#define LEAK_VERDICT  (LEAK_SENTENCE + LEAK_TYPES + 2)
#define LEAK_HOLD     400
#define LEAK_OPEN     80

/* How many are told where there is no room for all. */
enum { LEAK_TYPES_TOLD = 3, LEAK_CHAINS_TOLD = 3 };

/* "keeps 1.0 MiB of every invocation, 10 of 10". Returns `out`. */
const char *leak_sentence(char out[LEAK_SENTENCE], const struct leak *leak);
/* "3,204 dict, 10 bytes objects and 4 more types", of those that take most; "" where that is not
 * known. `holders` may be NULL. Returns `out`. */
const char *leak_types(char out[LEAK_TYPES], const struct holders *holders);
/* Both: "keeps 1.0 MiB of every invocation, 10 of 10, 3,204 dict, 10 bytes objects". Returns
 * `out`. */
const char *leak_verdict(char out[LEAK_VERDICT], const struct model *model,
                         const struct leak *leak);
/* Where leaks_undecided(): "cannot be told yet: 7 more invocations are needed"; "" where not.
 * Returns `out`. */
const char *leak_undecided(char out[LEAK_OPEN], const struct model *model);
/* What hangs on a chain, and whether it stays there: "3,204 of them, holding 9.8 MiB; drops old
 * ones by itself (lru_cache(maxsize=128), 12 in it)". Returns `out`. */
const char *leak_hold(char out[LEAK_HOLD], const struct holders_chain *chain);
/* Append a line for each of the first chains, "held by CHAIN: 3,204 of them, holding 9.8 MiB", each
 * with `indent` before it; how many more there are; and what is not known. 0 or -ENOBUFS. `holders`
 * may be NULL: nothing. */
int leak_write_holders(const struct holders *holders, const char *indent, struct buf *out);
/* What is known of its holders: the answer, or where that has failed its `problem` and nothing
 * else; NULL where nobody has asked. Borrowed. */
const struct holders *leak_holders(const struct model *model, const struct leak *leak);
/* A leak of the verdict, whose line is one that the model has; NULL where a recording says
 * nonsense. Borrowed. */
const struct file *leak_file(const struct model *model, const struct leak *leak);

#endif
