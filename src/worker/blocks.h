/*
 * The blocks of Python's allocators that one line takes while somebody steps over it: those that it
 * allocates less those that it frees. The heap's ledger (heap.h) counts bytes alone; so that no
 * block pays for this, the allocators are only wrapped while a step is under way. What counts, and
 * for whom, is as the ledger has it.
 *
 * Where the program has put allocators of its own in between (tracemalloc), the count is not known.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_BLOCKS_H
#define WORKER_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"

/* Once, when the interpreter's allocators are those that are to be wrapped: after
 * python_heap_install(). Without it nothing is known. */
void blocks_open(void);
/* Count for `site` in the invocation of `slot`. */
void blocks_begin(uint32_t slot, uint32_t site);
/* Count no more. False where it is not known; nothing where nothing is counted. */
bool blocks_end(int64_t *count);
/* Written by blocks.c alone. */
extern _Atomic bool blocks_are_counted;
/* Not to be called but from below. */
void blocks_take_back(const void *block);

/* As heap_disown(), for a block that is allocated still. Before that. On the way of every line
 * event. */
static ALWAYS_INLINE void blocks_disown(const void *block)
{
    if (UNLIKELY(atomic_load_explicit(&blocks_are_counted, memory_order_relaxed)))
        blocks_take_back(block);
}

#endif
