/*
 * The memory that lines are measured by: the worker's resident set size, less pymemtop's own share
 * of it, or another meter that was chosen for it (then "RSS" is that one's figure everywhere, on
 * the wire, too).
 *
 * The reading of the RSS is field 2 of /proc/self/statm through a descriptor that stays open: 0.4
 * us, the same at every size, and equal to the sum of the mappings' Rss where the kernel adds up
 * its counters. Some do not (proc(5) warns of it): before 6.2 up to 64 pages a thread were batched,
 * and after that for some versions up to 32 a processor. rss_is_exact() finds out.
 *
 * "Own" is what the tracer and the glue keep resident: the shared segment, the arenas, the modules
 * built into the worker. Whoever maps such memory populates it and reports it with rss_add_own, so
 * that own is a known number at any time and can be left out.
 *
 * Thread: any. While another thread maps memory as own, a reading waits: it would have that for the
 * program's.
 */
#ifndef WORKER_RSS_H
#define WORKER_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum rss_meter {
    RSS_METER_RSS,
    RSS_METER_PSS,    /* RSS, each page divided by the number of processes that share it */
    RSS_METER_USS,    /* pages that no other process has */
    RSS_METER_PYTHON, /* bytes that Python's allocators have given out (heap.h) */
    RSS_METER_HEAP,   /* and those of malloc and its kin besides */
};

/* Choose the meter, before rss_open. With `children`, which the last two cannot have, the memory of
 * all processes that come from this one is added. `read_heap` gives the figure of the last two:
 * Python's bytes alone, or all. */
void rss_choose(enum rss_meter meter, bool children, int64_t (*read_heap)(bool all));
/* True where the figure can change without a page fault or a system call of the thread that looks,
 * so that the time gate (gate.h) says nothing of it. */
bool rss_moves_freely(void);
/* Open the descriptor. 0, or -1 with `error` filled in (no /proc). */
int rss_open(struct error *error);
/* RSS less own, in bytes, a multiple of the page size. Where the app has closed the descriptor it
 * is opened again, and this reading is the one before. Another meter's figure, where one was
 * chosen; the last two need the interpreter lock. */
int64_t rss_read_bytes(void);
/* The same by any meter, own left out, whichever was chosen; those of the heap have no `children`.
 * Under the interpreter lock. */
int64_t rss_meter_bytes(enum rss_meter which, bool children);
/* True where rss_read_bytes() is that. */
bool rss_is_chosen(enum rss_meter which, bool children);
/* Whether a reading shows every page: some are touched one by one, and given back. */
bool rss_is_exact(void);
/* The own share so far, in bytes, of what the meter measures. */
int64_t rss_own_bytes(void);
/* Count `bytes` (which may be negative) as pymemtop's own from now on. */
void rss_add_own(int64_t bytes);
/* The same of memory that the host has mapped as well, and keeps resident. */
void rss_add_own_shared(int64_t bytes);
/* `bytes` of zeroed memory, resident and counted as own; NULL where the machine has none left. */
void *rss_map_own(size_t bytes);
/* The same of `bytes` at `reserved`, the start of a page, which are mapped without access. False
 * where the machine has none: they are as they were then. */
bool rss_make_own(void *reserved, size_t bytes);

#endif
