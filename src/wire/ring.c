#include "config.h"
#include "wire/ring.h"

#define RING_MASK (RING_SAMPLES - 1)

void ring_push(struct ring *ring, const struct ring_sample *sample)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_acquire);
    if (head - tail >= RING_SAMPLES) {
        atomic_fetch_add_explicit(&ring->dropped, 1, memory_order_relaxed);
        return;
    }
    ring->samples[head & RING_MASK] = *sample;
    atomic_store_explicit(&ring->head, head + 1, memory_order_release);
}

size_t ring_pull(struct ring *ring, struct ring_sample *out, size_t max)
{
    uint64_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_acquire);
    uint64_t ready = head - tail;
    if (ready > RING_SAMPLES) {
        atomic_store_explicit(&ring->tail, head, memory_order_release);
        return 0;
    }
    size_t count = ready < max ? (size_t)ready : max;
    for (size_t i = 0; i < count; i++)
        out[i] = ring->samples[(tail + i) & RING_MASK];
    atomic_store_explicit(&ring->tail, tail + count, memory_order_release);
    return count;
}

uint64_t ring_dropped(const struct ring *ring)
{
    return atomic_load_explicit(&ring->dropped, memory_order_relaxed);
}
