/*
 * An await chain: the lines on which the frames of a suspended coroutine, and of those that it
 * awaits, wait. Innermost first, as they were suspended.
 *
 * Where memory is short, lines are left out.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_AWAIT_CHAIN_H
#define WORKER_AWAIT_CHAIN_H

#include <stdint.h>

#include "wire/segment.h"
#include "worker/recorder.h"

struct await_line {
    const void *frame; /* only compared, never followed */
    uint32_t site;
    struct recorded recorded;
};

/* All zero: none. */
struct await_chain {
    struct await_line *lines;
    uint32_t count;
    uint32_t capacity;
};

/* The innermost line's site; SEGMENT_NONE where there is none. */
static inline uint32_t await_chain_innermost(const struct await_chain *chain)
{
    return chain->count ? chain->lines[0].site : SEGMENT_NONE;
}
/* Add one at the outer end. */
void await_chain_add(struct await_chain *chain, struct await_line line);
/* Add those of `other`, from the index `first` on. */
void await_chain_append(struct await_chain *chain, const struct await_chain *other, uint32_t first);
/* The index of the frame's line; the count where there is none. */
uint32_t await_chain_find(const struct await_chain *chain, const void *frame);
/* Take the innermost one away. */
void await_chain_shift(struct await_chain *chain);
void await_chain_fini(struct await_chain *chain);

#endif
