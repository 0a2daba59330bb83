/*
 * What invocations leave behind: for each line, how much of what an invocation allocated there is
 * alive, told apart for the latest invocations (wire/segment.h, `kept`).
 *
 * An invocation has a column while it runs and for as long after its end as columns last: at least
 * the 64 newest that have ended keep theirs. When all are taken, the columns of older ones become
 * one, "earlier": where blocks of theirs are alive, all tags are gone through once for some 60
 * invocations. So the memory for this is constant, however many run.
 *
 * Thread: "locked" is under the interpreter lock; the others any.
 */
#ifndef WORKER_KEPT_H
#define WORKER_KEPT_H

#include <stdint.h>

#include "base/attributes.h"
#include "wire/segment.h"
#include "worker/publish.h"

/* The line has no row yet. */
#define KEPT_NO_ROW UINT32_MAX

/* After publish_open. */
void kept_open(struct segment *segment);
/* The row of a site, made where there is none. That of SEGMENT_NONE, which is 0, has what was on no
 * line; and where all rows are taken it has the further lines, so that sums stay right. */
uint32_t kept_row(uint32_t site);
/* The same, but KEPT_NO_ROW where there is none yet. */
static inline uint32_t kept_find_row(uint32_t site);

/* A column for an invocation that begins; KEPT_EARLIER where all are taken by such that run, and
 * for INVOCATION_LOAD. Locked; may take milliseconds, see above. */
uint32_t kept_begin(uint64_t number);
/* It ends: note what it leaves behind, and return the sum, in bytes. Locked. */
int64_t kept_end(uint32_t column);

/* Blocks of HEAP_PYTHON. Locked. */
static inline void kept_add(uint32_t row, uint32_t column, int64_t bytes);
/* Blocks of the other domains. */
void kept_add_other(uint32_t row, uint32_t column, int64_t bytes);

/* ---- on the way of every line that keeps something, and so in the header ---- */

/* What the functions below share with kept.c. */
struct kept_shared {
    struct segment *segment;
    _Atomic uint16_t rows[SEGMENT_SITES]; /* by site: its row, 0 where it has none of its own */
};
extern struct kept_shared kept_shared;

/* Not to be called but from below: of a site that has no row of its own. */
uint32_t kept_row_of_rest(uint32_t site);

static inline uint32_t kept_find_row(uint32_t site)
{
    uint32_t row = atomic_load_explicit(&kept_shared.rows[site], memory_order_acquire);
    return LIKELY(row) ? row : kept_row_of_rest(site);
}

static inline void kept_add(uint32_t row, uint32_t column, int64_t bytes)
{
    if (LIKELY(row != KEPT_NO_ROW))
        PUBLISH_ADD(kept_shared.segment->kept_rows[row].alive_bytes[column], bytes);
}

#endif
