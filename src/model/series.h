/*
 * Memory over time: of the process that was run, of its children by pid, and the intervals in which
 * functions ran. A recording or an mprofile_*.dat is read into one of these; plots, lists and peaks
 * are made of it. Times are nanoseconds since 1970-01-01 UTC.
 *
 * What comes from a file has no end by itself, so that every list has a maximum; who adds past it
 * is told so, and nothing of it is kept.
 */
#ifndef MODEL_SERIES_H
#define MODEL_SERIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum series_limits {
    SERIES_SAMPLES_MAX = 1 << 24, /* of all processes together: 19 days of ten a second */
    SERIES_SPANS_MAX = 1 << 21,
    SERIES_TRACKS_MAX = 1024,
    SERIES_FUNCTIONS_MAX = 4096,
};

/* The pid of the process that was run, where it is not known. */
#define SERIES_MAIN 0

struct series_sample {
    uint64_t time_ns;
    int64_t bytes;
};

struct series_track {
    uint64_t pid; /* SERIES_MAIN: the process that was run, which is the first track */
    struct series_sample *samples; /* owned; by time after series_sort() */
    size_t count;
    size_t capacity;
};

/* A function that was called, from its begin to its end. */
struct series_span {
    size_t function; /* index into functions[] */
    uint64_t begin_ns, end_ns;
    int64_t begin_bytes, end_bytes;
    unsigned level; /* of functions that called one another; 0 is the outermost */
};

struct series_function {
    char *name; /* owned; raw bytes: who shows it cleans it */
    uint64_t hash;
};

struct series {
    char *command; /* owned; what was run, raw bytes; NULL where it is not told */
    struct series_track
        *tracks; /* owned; in the order of their first samples, the main one first */
    size_t track_count;
    struct series_function *functions; /* owned; in the order of their first spans */
    size_t function_count;
    struct series_span *spans; /* owned; by begin, outer ones first, after series_sort() */
    size_t span_count;
    size_t span_capacity;
    size_t sample_count;  /* of all tracks */
    size_t latest_track;  /* where the latest sample went: children come in turns */
    uint64_t unread;      /* pieces of the file that could not be read, or were past a maximum */
    uint64_t unread_line; /* the line of the first of them, from 1; 0 where there is none */
};

void series_init(struct series *series);
void series_fini(struct series *series);
/* Set the command to `len` bytes of text. */
void series_set_command(struct series *series, const char *text, size_t len);
/* Add what process `pid` had at a time. 0, or -ENOBUFS past a maximum. */
int series_add_sample(struct series *series, uint64_t pid, uint64_t time_ns,
                      int64_t bytes) ATTR_CHECKED;
/* Add a call of the function whose name is the `len` bytes at `name`; span->function is not looked
 * at. 0, or -ENOBUFS past a maximum. */
int series_add_span(struct series *series, const char *name, size_t len,
                    const struct series_span *span) ATTR_CHECKED;
/* Put samples and spans in order of time; what is in order already is left as it is. Call it once
 * all is added. */
void series_sort(struct series *series);

/* The sample with the most memory, the first one of equals; NULL where there is none. */
const struct series_sample *series_track_peak(const struct series_track *track);
/* The first and the last time that anything tells of; false where nothing does. */
bool series_range(const struct series *series, uint64_t *from_ns, uint64_t *to_ns);
/* Index of the function of that name, or function_count. */
size_t series_find_function(const struct series *series, const char *name);
/* The most that the process had while the function ran, by its samples and by what the calls began
 * and ended with; false where it has no call. After series_sort(). */
bool series_function_peak(const struct series *series, size_t function, int64_t *bytes);
/* The slope of the line through the main track's samples between two times, by least squares, in
 * bytes a second, and its value at from_ns; false where there are no two of them. */
bool series_slope(const struct series *series, uint64_t from_ns, uint64_t to_ns,
                  double *bytes_per_second, double *at_from);

#endif
