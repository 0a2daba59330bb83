/*
 * The latest changes of the worker's RSS, one by one and in their order, each with the line and the
 * invocation whose own it is: for who records them. How many there have been is counted, so that
 * who looks now and then knows which are new to him, and whether some are gone already.
 *
 * A sample is complete in itself. Where some were lost on their way (model.dropped_samples), or
 * another worker runs, there is one of no line that makes up the difference, so that the changes
 * always add up to the RSS.
 */
#ifndef MODEL_SAMPLES_H
#define MODEL_SAMPLES_H

#include <stddef.h>
#include <stdint.h>

/* Of changes; a power of two. It is no more than a screen's worth where memory is quiet: the list
 * grows as it is needed. */
#define SAMPLES_KEPT 32768u

struct sample {
    uint64_t time_ns;    /* CLOCK_MONOTONIC */
    int64_t rss_bytes;   /* after the change */
    int64_t delta_bytes; /* of the change */
    uint32_t file;       /* index into model.files */
    uint32_t line;       /* 0: no profiled line's */
    uint64_t serial;     /* of the invocation; 0: none's */
    uint32_t unchanged;  /* executions of lines since the sample before that changed nothing */
};

/* One of zeros is empty. */
struct samples {
    struct sample *kept; /* owned; sample number n is at n % capacity */
    size_t capacity;     /* a power of two */
    uint64_t total;      /* ever */
};

void samples_fini(struct samples *samples);
void samples_add(struct samples *samples, const struct sample *sample);
/* The number of the oldest one that is kept, from 0; `total` where there is none. */
uint64_t samples_first(const struct samples *samples);
/* The sample of that number, which is kept. Borrowed until the next one is added. */
const struct sample *samples_at(const struct samples *samples, uint64_t number);

#endif
