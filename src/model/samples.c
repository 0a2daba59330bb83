#include "config.h"
#include "model/samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { CAPACITY_FIRST = 256 };

_Static_assert((SAMPLES_KEPT & (SAMPLES_KEPT - 1)) == 0, "places are taken modulo a power of two");

void samples_fini(struct samples *samples)
{
    free(samples->kept);
    *samples = (struct samples){.total = 0};
}

/* Twice as many places: a sample's place is another one then. */
static void grow(struct samples *samples)
{
    size_t capacity = samples->capacity ? 2 * samples->capacity : CAPACITY_FIRST;
    struct sample *kept = mem_calloc(capacity, sizeof *kept);
    for (uint64_t n = samples_first(samples); n < samples->total; n++)
        kept[n % capacity] = *samples_at(samples, n);
    free(samples->kept);
    samples->kept = kept;
    samples->capacity = capacity;
}

void samples_add(struct samples *samples, const struct sample *sample)
{
    if (samples->total >= samples->capacity && samples->capacity < SAMPLES_KEPT)
        grow(samples);
    samples->kept[samples->total++ % samples->capacity] = *sample;
}

uint64_t samples_first(const struct samples *samples)
{
    return samples->total > samples->capacity ? samples->total - samples->capacity : 0;
}

const struct sample *samples_at(const struct samples *samples, uint64_t number)
{
    return &samples->kept[number % samples->capacity];
}
