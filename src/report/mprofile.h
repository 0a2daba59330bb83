/*
 * The data files of memory_profiler's mprof, mprofile_<YYYYMMDDhhmmss>.dat: lines of text, in any
 * order, as two processes write them.
 *
 *     CMDLINE python x.py 1
 *     MEM 45.726562 1795895735.5328             MiB, and seconds since 1970
 *     FUNC m.f 21.7148 1795895735.5328 45.7266 1795895736.0586 0     begin, end, level
 *     CHLD 1234 27.292969 1795895737.0673
 *
 * A function's name may have spaces in it. Where a file has several CMDLINE the last one counts.
 * Records of other names are none of ours and are passed over; lines that are no record, or a
 * broken one, are counted in series->unread.
 */
#ifndef REPORT_MPROFILE_H
#define REPORT_MPROFILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "model/series.h"

enum { MPROFILE_LINE_MAX = 65536 };

struct mprofile_reader {
    struct series *series; /* borrowed: what is read is added here */
    struct buf line;       /* a line of which the end has not come yet */
    uint64_t line_number;  /* lines that have ended */
    bool too_long;         /* the rest of this line is passed over */
};

void mprofile_begin(struct mprofile_reader *reader, struct series *series);
/* Read on. Any pieces of the file will do. */
void mprofile_feed(struct mprofile_reader *reader, const char *bytes, size_t len);
/* The file is over: read a last line without an end, sort the series, free what the reader has. */
void mprofile_end(struct mprofile_reader *reader);

/* Append the series as such a file, ordered by time within each kind of record. 0 or -ENOBUFS. */
int mprofile_write(const struct series *series, struct buf *out) ATTR_CHECKED;

#endif
