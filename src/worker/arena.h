/*
 * Memory for the tracer's records, which live as long as the process: taken in chunks that are
 * resident from the start and counted as pymemtop's own, so that a record made in the middle of an
 * invocation changes no figure. Nothing is given back; users keep their own free lists.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_ARENA_H
#define WORKER_ARENA_H

#include <stddef.h>

#define ARENA_MAX_BYTES ((size_t)4 << 20)

/* `bytes` (at most ARENA_MAX_BYTES) of zeroed memory aligned to 16, or NULL where the machine has
 * none. */
void *arena_alloc(size_t bytes);

#endif
