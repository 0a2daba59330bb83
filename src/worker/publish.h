/*
 * The writer's side of the shared segment (wire/segment.h): hands out entries of its tables and
 * counts into them. Everything here is called under the interpreter lock, so that there is one
 * writer at a time; the host reads without a lock.
 *
 * No function fails: where a table is full, the result is SEGMENT_NONE (or a line is counted as
 * lost), the tracer goes on, and the totals that still have a place stay exact.
 */
#ifndef WORKER_PUBLISH_H
#define WORKER_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "wire/segment.h"

/* Slot 0: work outside every invocation. */
#define PUBLISH_OUTSIDE 0u
/* No slot. */
#define PUBLISH_UNKNOWN UINT32_MAX
/* publish_add_file found no room. */
#define PUBLISH_NO_FILE UINT32_MAX
/* Nor did publish_add_function. */
#define PUBLISH_NO_FUNCTION UINT32_MAX

/* Write into `segment` from now on (borrowed until the process ends). 0, or -1 with `error`. */
int publish_open(struct segment *segment, struct error *error);
/* In a child made by fork: from now on everything is written to memory that nobody reads. */
void publish_detach(void);

uint32_t publish_add_file(const char *path, size_t len);
/* Once for each, though a program may compile it, or load its module, again and again. Its index,
 * or PUBLISH_NO_FUNCTION. */
uint32_t publish_add_function(uint32_t file, uint32_t first_line, uint32_t last_line,
                              const char *name, size_t len);
/* The script has decorated it; `tells`: and something prints its tables, call by call. Once is
 * enough; false where it was done before. */
bool publish_decorate(uint32_t function, bool tells);
/* A call of a decorated function is over. */
void publish_call(const struct segment_call *call);
/* What has been counted of the line's executions so far is to count no more. */
void publish_forget_executions(uint32_t site);
/* A fresh site; the caller remembers it (one for each line of a file). A full table is a lost line.
 */
uint32_t publish_add_site(uint32_t file, uint32_t line);
/* A line for which there is no room has run. */
void publish_lose_line(void);

/* Begin invocation `number` with RSS `rss_bytes`: its slot, PUBLISH_OUTSIDE where all are taken. */
uint32_t publish_begin(uint64_t number, int64_t rss_bytes);
/* The invocation in `slot` is over. */
void publish_end(uint32_t slot, int64_t rss_bytes);
/* True while the slot is that of invocation `number` and was not ended. */
bool publish_is_running(uint32_t slot, uint64_t number);

/* ---- on the way of every line event, and so in the header ---- */

/* Where the executions of a line are counted: its site, and its cell in one slot. Never NULL; for a
 * line without a place these are counters that nobody reads. Stays valid while publish_epoch()
 * stays the same. */
struct published_line {
    struct line_counters *total, *part;
    uint32_t cell; /* that of `part` */
};

/* What the functions below share with publish.c. */
struct publish_shared {
    struct segment *segment;
    struct published_cell *recent; /* one for each site: the cell used last for it */
    uint64_t executions;           /* lines begun */
    uint64_t epoch;
};
struct published_cell {
    uint32_t slot; /* PUBLISH_UNKNOWN: none is remembered */
    uint32_t cell; /* SEGMENT_NONE: there was no room for one */
};
extern struct publish_shared publish_shared;

/* There is one writer, so that counting needs no read-modify-write instruction. */
#define PUBLISH_LOAD(field)         atomic_load_explicit(&(field), memory_order_relaxed)
#define PUBLISH_STORE(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)
#define PUBLISH_ADD(field, value)   PUBLISH_STORE(field, PUBLISH_LOAD(field) + (value))

/* Changes whenever an invocation begins or ends: slots and cells may then be another's. */
static inline uint64_t publish_epoch(void)
{
    return publish_shared.epoch;
}

/* The counters of `site` in `slot`: looked for, and made where there are none. */
struct published_line publish_find_line(uint32_t slot, uint32_t site);

static inline struct published_line publish_line(uint32_t slot, uint32_t site)
{
    const struct published_cell *last = &publish_shared.recent[site];
    if (UNLIKELY(last->slot != slot))
        return publish_find_line(slot, site);
    return (struct published_line){.total = &publish_shared.segment->sites[site].total,
                                   .part = &publish_shared.segment->cells[last->cell].part,
                                   .cell = last->cell};
}

/* The cell of `site` in `slot`, as publish_line() has it. */
static inline uint32_t publish_cell(uint32_t slot, uint32_t site)
{
    if (UNLIKELY(publish_shared.recent[site].slot != slot))
        publish_find_line(slot, site);
    return publish_shared.recent[site].cell;
}

/* The slot's running line is `site` (again: what it called has returned). */
static inline void publish_set_running(uint32_t slot, uint32_t site)
{
    PUBLISH_STORE(publish_shared.segment->slots[slot].site, site);
}

/* An execution of `site` begins in `slot`, whose running line it becomes; `counts`: as one of its
 * occurrences. */
static inline struct published_line publish_open_line(uint32_t slot, uint32_t site, bool counts)
{
    struct published_line line = publish_line(slot, site);
    publish_set_running(slot, site);
    publish_shared.executions++;
    if (LIKELY(counts)) {
        PUBLISH_ADD(line.total->occurrences, 1);
        PUBLISH_ADD(line.part->occurrences, 1);
    }
    return line;
}

static inline void publish_set_usage(struct line_counters *counters, int64_t rss_bytes)
{
    if (LIKELY(PUBLISH_LOAD(counters->mem_usage_bytes) == rss_bytes))
        return;
    PUBLISH_STORE(counters->mem_usage_bytes, rss_bytes);
    if (rss_bytes > PUBLISH_LOAD(counters->peak_bytes))
        PUBLISH_STORE(counters->peak_bytes, rss_bytes);
}

/* An execution ends with RSS `rss_bytes`. */
static inline void publish_close_line(const struct published_line *line, int64_t rss_bytes)
{
    publish_set_usage(line->total, rss_bytes);
    publish_set_usage(line->part, rss_bytes);
}

/* ---- changes ---- */

/* RSS changed by `delta_bytes` while `site` was being executed; `self`: by the line itself, not in
 * a profiled callee. */
void publish_charge(uint32_t slot, uint32_t site, int64_t delta_bytes, bool self);
/* RSS changed to `rss_bytes`. `owner` is the slot to which the change belongs or, where that cannot
 * be known, PUBLISH_UNKNOWN; `by_line` says that the owner's lines were charged with it. */
void publish_change(uint32_t owner, bool by_line, uint32_t site, int64_t delta_bytes,
                    int64_t rss_bytes);
/* Invocations that run now. */
uint32_t publish_running(void);
/* The slot of the only one that runs; PUBLISH_UNKNOWN where there are none or several. */
uint32_t publish_only_running(void);
/* How the RSS is read: without a constant clock, and from a kernel that batches its counters. */
void publish_meter(bool is_polled, bool is_approximate);
/* An event of the self-check of the time gate: the RSS had changed, and the gate would have missed
 * that. */
void publish_verified(bool is_changed, bool is_missed);
/* RSS when the app is loaded, and the own share. */
void publish_baseline(int64_t rss_bytes);

#endif
