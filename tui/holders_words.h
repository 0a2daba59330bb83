/*
 * What there is to say of who holds what a line has alive, in the view of it and beside the leaks.
 */
#ifndef TUI_HOLDERS_WORDS_H
#define TUI_HOLDERS_WORDS_H

#include "base/buf.h"
#include "model/holders.h"

/* Append "3,204 objects, 12.5 MiB, 40.0 MiB retained, of invocations 4 to 15". */
void holders_words_sum(const struct holders *holders, struct buf *out);
/* Append "3,204 dict, 10 bytes objects", of the `most` types that take the most; nothing where none
 * is known. */
void holders_words_types(const struct holders *holders, size_t most, struct buf *out);
/* Append "lru_cache(maxsize=128), 12 in it: drops old ones by itself", and, of a line that leaks
 * since invocation `since` (or 0), "only of invocation 1"; nothing where there is nothing to note.
 */
void holders_words_note(const struct holders_chain *chain, uint64_t since, struct buf *out);
/* Objects that none of the chains leads to, and that are of none of the types. */
uint64_t holders_words_unchained(const struct holders *holders);
uint64_t holders_words_untyped(const struct holders *holders);

#endif
