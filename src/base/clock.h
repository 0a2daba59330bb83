/*
 * Time. Durations and orders come from the monotonic clock, dates for people from the real-time
 * clock. clock_fix() stops both, for tests and for scripted screens whose output is compared.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_SECOND 1000000000ULL
#define NS_PER_MS     1000000ULL

/* Nanoseconds of CLOCK_MONOTONIC: the same zero in every process of this machine. Any thread. */
uint64_t clock_monotonic_ns(void);
/* Nanoseconds since 1970-01-01 UTC. Any thread. */
uint64_t clock_realtime_ns(void);
/* From now on both clocks answer `ns`; 0 lets them run again. Main thread, before others start. */
void clock_fix(uint64_t ns);
/* Write `realtime_ns` as `yyyy-MM-ddTHH:mm:ss.fffZ` (24 bytes and a NUL). */
#define CLOCK_ISO_SIZE 32
void clock_format_iso(uint64_t realtime_ns, char out[CLOCK_ISO_SIZE]);

#endif
