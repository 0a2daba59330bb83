/*
 * Which rows have come: exports that overlap in time have the same ones, and so has an export whose
 * query finds a record twice.
 *
 * Where the record of a row has an id of its own (itemId), the same row of that record counts once,
 * wherever it comes from; where it has what may be such an id, or that of something larger, its
 * time must be the same, too. Else nothing tells what was logged twice in one log; but a row is
 * that of an earlier log where its time, instance, invocation, line, text and figures are, unless
 * the two have ids of their own. Times are compared to the millisecond: no more of them is in an
 * export of the portal.
 *
 * Hashes of 64 bits are compared, so that a row is lost to a chance of one in millions of millions;
 * they take 16 to 64 bytes a row.
 */
#ifndef REPORT_IMPORT_SEEN_H
#define REPORT_IMPORT_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

struct import_row;

/* All zero is an empty set. */
struct import_seen {
    uint64_t *slots; /* owned; 0: free */
    size_t slot_count, count;
    uint64_t item; /* hash of the id of the record that is read; 0: it has none */
    bool is_sure;  /* that the id is that record's alone */
};

void import_seen_fini(struct import_seen *seen);
/* The next rows are of a record with that id; len 0: without one. */
void import_seen_begin_record(struct import_seen *seen, struct span id, bool is_sure);
/* Has it come before? */
bool import_seen_has(const struct import_seen *seen, const struct import_row *row);
/* These were the rows of the record that had not come before. */
void import_seen_end_record(struct import_seen *seen, const struct import_row *rows, size_t count);
/* These are of a log that has been read to its end. */
void import_seen_add_log(struct import_seen *seen, const struct import_row *rows, size_t count);

#endif
