/*
 * Fields that another process writes. Nothing in the segment can be trusted: what is loaded is
 * loaded once, checked, and then used.
 */
#ifndef HOST_SHARED_H
#define HOST_SHARED_H

#include <stdatomic.h>
#include <stdint.h>

/* A count, no more than `max`. */
static inline uint32_t load_clamped(const _Atomic uint32_t *count, uint32_t max)
{
    uint32_t value = atomic_load_explicit(count, memory_order_acquire);
    return value < max ? value : max;
}

/* A plain field of the segment, read exactly once: the compiler must not read it again after it was
 * checked, since the other process may have changed it in between. */
static inline uint32_t load_once(const uint32_t *field)
{
    return *(const volatile uint32_t *)field;
}

static inline int64_t load_bytes(const _Atomic int64_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static inline uint32_t load_count(const _Atomic uint32_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

static inline uint64_t load_total(const _Atomic uint64_t *field)
{
    return atomic_load_explicit(field, memory_order_relaxed);
}

#endif
