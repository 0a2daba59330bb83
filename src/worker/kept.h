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

#include "wire/segment.h"

/* The line has no row yet. */
#define KEPT_NO_ROW UINT32_MAX

/* After publish_open. */
void kept_open(struct segment *segment);
/* The row of a site, made where there is none. That of SEGMENT_NONE, which is 0, has what was on no
 * line; and where all rows are taken it has the further lines, so that sums stay right. */
uint32_t kept_row(uint32_t site);
/* The same, but KEPT_NO_ROW where there is none yet. */
uint32_t kept_find_row(uint32_t site);

/* A column for an invocation that begins; KEPT_EARLIER where all are taken by such that run, and
 * for INVOCATION_LOAD. Locked; may take milliseconds, see above. */
uint32_t kept_begin(uint64_t number);
/* It ends: note what it leaves behind, and return the sum, in bytes. Locked. */
int64_t kept_end(uint32_t column);

/* Blocks of HEAP_PYTHON. Locked. */
void kept_add(uint32_t row, uint32_t column, int64_t bytes);
/* Blocks of the other domains. */
void kept_add_other(uint32_t row, uint32_t column, int64_t bytes);

#endif
