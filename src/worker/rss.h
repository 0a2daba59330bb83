/*
 * The worker's resident set size, less pymemtop's own share of it.
 *
 * The reading is field 2 of /proc/self/statm through a descriptor that stays open: 0.4 us, the same
 * at every size, and equal to the sum of the mappings' Rss (proc(5) warns of approximate counters:
 * that is kernels before 6.2 with more than one thread, where up to 64 pages a thread are batched).
 *
 * "Own" is what the tracer and the glue keep resident: the shared segment, the arenas, the modules
 * built into the worker. Whoever maps such memory populates it and reports it with rss_add_own, so
 * that own is a known number at any time and can be left out.
 *
 * Thread: any; the counter of own bytes is changed under the interpreter lock alone.
 */
#ifndef WORKER_RSS_H
#define WORKER_RSS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/* Open the descriptor. 0, or -1 with `error` filled in (no /proc). */
int rss_open(struct error *error);
/* RSS less own, in bytes, a multiple of the page size. Where the app has closed the descriptor it
 * is opened again, and this reading is the one before. */
int64_t rss_read_bytes(void);
/* The own share so far, in bytes. */
int64_t rss_own_bytes(void);
/* Count `bytes` (which may be negative) as pymemtop's own from now on. */
void rss_add_own(int64_t bytes);
/* `bytes` of zeroed memory, resident and counted as own; NULL where the machine has none left. */
void *rss_map_own(size_t bytes);

#endif
