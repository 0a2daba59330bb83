/*
 * The worker's RSS over time, for sparklines. A list of readings, thinned by half where it is full,
 * so that memory is constant however long the run: early stretches get coarser, peaks are kept.
 */
#ifndef MODEL_TIMELINE_H
#define MODEL_TIMELINE_H

#include <stddef.h>
#include <stdint.h>

#define TIMELINE_POINTS 4096u

struct timeline_point {
    uint64_t time_ns; /* CLOCK_MONOTONIC */
    int64_t rss_bytes;
};

struct timeline {
    struct timeline_point points[TIMELINE_POINTS];
    size_t count;
};

/* Append a reading; readings out of order are ignored. */
void timeline_add(struct timeline *timeline, uint64_t time_ns, int64_t rss_bytes);
/* An empty timeline is one of zeros; there is nothing to free.
 *
 * The maxima of `bins` equal stretches of [from_ns, to_ns] into out[]; a stretch without a reading
 * repeats the reading before it, 0 where there is none yet. */
void timeline_bins(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns, size_t bins,
                   int64_t *out);

/* When memory was at a peak: higher than at any time since it was lower by `rise_bytes`, and then
 * lower by so much again, or the end. Times are written to out[], which has room for
 * TIMELINE_POINTS of them. Returns how many there are. */
size_t timeline_peaks(const struct timeline *timeline, int64_t rise_bytes, uint64_t *out);

#endif
