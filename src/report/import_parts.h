/* What report/import.c (collecting) and import_build.h (summing up) share. */
#ifndef REPORT_IMPORT_PARTS_H
#define REPORT_IMPORT_PARTS_H

#include "base/intern.h"
#include "report/import.h"
#include "report/import_seen.h"
#include "report/log_row.h"
#include "report/log_time.h"

#define IMPORT_NONE UINT32_MAX

/* A row, or the name of a file between them (line 0). Numbers are those of the interns. */
struct import_row {
    uint64_t time_ns; /* real time; 0: unknown */
    int64_t mem_bytes;
    int64_t increment_bytes;
    uint64_t occurrences;
    uint32_t sequence; /* in which it counts where the time is the same */
    uint32_t line;     /* 0: the following rows are of `file` */
    uint32_t text;     /* the source line */
    uint32_t file;     /* IMPORT_NONE: as the rows before it say */
    uint32_t key;      /* of the invocation; IMPORT_NONE. Later its number, from 1 */
    uint32_t instance;
    uint32_t function; /* name; IMPORT_NONE */
    bool begins_table; /* set later */
    bool has_item;     /* its record has an id of its own */
    uint8_t order;     /* enum date_order that was taken where the date does not say it */
};

/* What a console's notices say of an invocation. */
struct import_call {
    uint32_t key;
    uint64_t duration_ns;
    bool failed;
};

struct import_open {
    uint32_t key;
    uint32_t function;
};

enum { IMPORT_OPEN_MAX = 64 };

struct import {
    struct import_setup setup;
    struct import_row *rows; /* owned */
    size_t row_count, row_capacity;
    struct intern texts, files, keys, instances, functions;
    struct imported *imported; /* owned until it is the model's */

    struct import_call *calls; /* owned */
    size_t call_count, call_capacity;
    struct import_open open[IMPORT_OPEN_MAX]; /* that the console began and has not ended */
    size_t open_count;

    struct import_reader *reader; /* owned; of the log that is being read */
    struct log_sink sink;
    char *name; /* owned; the log's */
    size_t first_row;
    struct import_seen seen; /* which rows have come */
    size_t seen_count;       /* rows that it has as those of a log */
    struct log_time time;    /* of the record that is read */
    enum date_order order;   /* as the dates of a log say it, of this one or an earlier one */
    bool has_day_first, has_month_first; /* what they say in this one */
    char *unsure; /* owned or NULL: the date of the first row of this log whose date does not say it
                   */
    struct buf joined;
};

/* Note something that cannot be read. */
void import_note(struct import *import, uint64_t place, const char *what, struct span example);

#endif
