/*
 * Which rows were in an earlier log: exports that overlap in time have the same ones. A row is the
 * same where its time, instance, invocation, line, text and figures are; hashes of 64 bits are
 * compared, so that a row is lost to a chance of one in millions of millions.
 */
#ifndef REPORT_IMPORT_SEEN_H
#define REPORT_IMPORT_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct import_row;

/* All zero is an empty set. */
struct import_seen {
    uint64_t *slots; /* owned; 0: free */
    size_t slot_count, count;
};

void import_seen_fini(struct import_seen *seen);
void import_seen_add(struct import_seen *seen, const struct import_row *row);
/* False for a row without a time: nothing tells it from others. */
bool import_seen_has(const struct import_seen *seen, const struct import_row *row);

#endif
