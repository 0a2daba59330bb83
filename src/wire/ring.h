/*
 * The sample ring: every change of RSS, in order, for the timeline and for replay. One writer (the
 * worker, under the interpreter lock), one reader (the host). Lines that changed nothing are not
 * written one by one: the next sample carries their count. When the reader falls behind, samples
 * are dropped and counted; the line totals do not come from here and stay exact.
 *
 * head and tail count samples since the start and never wrap (2^64); the place of sample n is
 * n modulo RING_SAMPLES. The writer's release store of head pairs with the reader's acquire load,
 * the reader's release store of tail with the writer's acquire load.
 */
#ifndef WIRE_RING_H
#define WIRE_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SAMPLES 16384u /* a power of two */

struct ring_sample {
    uint64_t time_ns;  /* CLOCK_MONOTONIC */
    int64_t rss_bytes; /* after the line; less pymemtop's own */
    uint32_t site;     /* the line, SEGMENT_NONE for work outside profiled lines */
    uint32_t number;   /* of the invocation, its low 32 bits; those of INVOCATION_OUTSIDE: none's */
    uint32_t unchanged; /* executions since the last sample that changed nothing (saturates) */
    int32_t delta_kib;  /* by which the RSS changed, all of it the line's own (saturates) */
};

struct ring {
    _Atomic uint64_t head;    /* written by the writer */
    _Atomic uint64_t dropped; /* samples that found the ring full */
    char pad[48];             /* head and tail on cache lines of their own */
    _Atomic uint64_t tail;    /* written by the reader */
    char pad2[56];
    struct ring_sample samples[RING_SAMPLES];
};

_Static_assert((RING_SAMPLES & (RING_SAMPLES - 1)) == 0, "RING_SAMPLES is a power of two");
_Static_assert(sizeof(struct ring_sample) == 32, "ring_sample is part of the wire");
_Static_assert(offsetof(struct ring, tail) == 64 && offsetof(struct ring, samples) == 128,
               "ring is part of the wire");

/* Append a sample, or count it as dropped where the ring is full. Writer's side; never blocks. */
void ring_push(struct ring *ring, const struct ring_sample *sample);
/* Take up to `max` samples in order into `out`; returns how many. Reader's side. A head that is
 * impossible (written by a broken peer) is resynchronised: the ring is then read as empty. */
size_t ring_pull(struct ring *ring, struct ring_sample *out, size_t max);
/* Samples dropped so far. Reader's side. */
uint64_t ring_dropped(const struct ring *ring);

#endif
