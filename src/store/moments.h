/*
 * What came between two events of a recording, one by one: each change of the worker's RSS with the
 * line and the invocation whose own it was, and the beginnings and ends of invocations. An event is
 * a state of the screen, and there are thirty in a second at the most; of what lies between two of
 * them these tell the order.
 *
 * In the file they are JSON, for people and their SQL: an array of
 *
 * - `[ns, bytes, file, line, serial, unchanged]`, a change of RSS; line 0: no profiled line's;
 *   serial 0: no invocation's; unchanged: executions since the change before that changed nothing
 * - `[ns, serial, 1]`, that invocation begins (is known to run)
 * - `[ns, serial, 2]`, it is over
 *
 * each `ns` after the one before, and RSS more or less by `bytes`; the first is after the time and
 * the RSS of the row.
 */
#ifndef STORE_MOMENTS_H
#define STORE_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/span.h"
#include "model/samples.h"

enum { MOMENTS_MAX = 1 << 16 };

enum moment_kind { MOMENT_SAMPLE, MOMENT_BEGIN, MOMENT_END };

struct moment {
    uint64_t time_ns;    /* of the model's clock; never before the one before it */
    uint64_t serial;     /* of the invocation; 0: none's */
    int64_t rss_bytes;   /* from then on */
    int64_t delta_bytes; /* of MOMENT_SAMPLE, as are: */
    uint32_t file, line; /* line 0: no profiled one */
    uint32_t unchanged;
    enum moment_kind kind;
};

struct moments {
    struct moment *items; /* owned */
    size_t count, capacity;
};

void moments_fini(struct moments *moments);
void moments_clear(struct moments *moments);
void moments_add(struct moments *moments, const struct moment *moment);

/* Write the beginnings and ends in `marks`, which are brought into their order, and the samples of
 * those numbers, as JSON. Returns how many there are; *first is when the first one was, and *before
 * what the RSS was before them. */
size_t moments_write(struct buf *out, struct moments *marks, const struct samples *samples,
                     uint64_t from, uint64_t to, uint64_t *first, int64_t *before);
/* Read them, from a file that may be anyone's: 0, or -1 where that is no such array. What is in it
 * need not be true: that there is such a file, line or invocation, say. */
int moments_read(struct moments *moments, struct span text, uint64_t first,
                 int64_t before) ATTR_CHECKED;

#endif
