/*
 * The time gate: knowing without a system call that a thread has not changed the RSS.
 *
 * Whatever changes the RSS costs the thread that does it at least a page fault or a system call on
 * its memory. How little either can take is measured, on a page of our own; half of that is the
 * gate. A thread that was looked at less than the gate ago has done neither since. So the clock is
 * read at every line, and /proc only where a line took longer: at most lines not at all.
 *
 * A processor has slow and quick moments: of 150 measurements within two minutes, each of which was
 * the least of a thousand changes, on a virtual machine whose neighbours came and went, the least
 * was 422 ns and the largest 1,202. Half of the latter would let pass what takes the former. So it
 * is measured again every GATE_AGAIN_NS, and the gate gets smaller where that took less.
 *
 * Why there is no second look behind it: growing takes page faults, and getrusage tells those of
 * the thread at a third of a reading's cost, so that lines over the gate without a fault need not
 * be read for that. But giving back leaves no trace, and its cheapest way, madvise of one page, is
 * as quick as a touch. So nothing can be spared over half of that but by a smaller margin. With
 * three quarters small numpy arrays took 663 ns a line in place of 1,162 on Python 3.11; with the
 * figures above that is a change found late whenever the moment is a third quicker.
 *
 * What other threads do, or the kernel by itself, is seen at the next reading, which is therefore
 * forced when the last one is GATE_FORCED_NS old.
 *
 * The clock is the processor's time stamp counter, where the processor says that it is constant
 * (CPUID 0x80000007, EDX bit 8) and the kernel has not found it unstable (it then takes it off
 * available_clocksource). Elsewhere it is clock_gettime, and where even that is no faster than a
 * reading, there is no gate.
 *
 * Thread: gate_open once, before the others; then any but where it is said.
 */
#ifndef WORKER_GATE_H
#define WORKER_GATE_H

#include <stdbool.h>
#include <stdint.h>
#ifdef __x86_64__
#include <x86intrin.h>
#endif

#include "base/clock.h"

/* A reading is not older than this at an event. Costs 0.4 % of a core at 0.4 us each. */
#define GATE_FORCED_NS 100000u
/* The gate is measured again when it is this old. Costs 0.05 % of a core. */
#define GATE_AGAIN_NS 50000000u

enum gate_kind {             /* in the order of what they cost */
                 GATE_TSC,   /* ticks are those of the time stamp counter */
                 GATE_CLOCK, /* ticks are ns of CLOCK_MONOTONIC */
                 GATE_NONE,  /* the RSS is read at every line; gate.ticks is 0 */
};

struct gate {
    uint64_t ticks;    /* a thread looked at less ago has changed nothing; 0: ask nevertheless */
    uint64_t would_be; /* the same where `ticks` was set to 0, to check it; 0: unknown */
    uint64_t forced_ticks; /* GATE_FORCED_NS */
    uint64_t again_ticks;  /* GATE_AGAIN_NS */
    uint64_t measured;     /* gate_now() when it was measured */
    enum gate_kind kind;
};

/* Written by gate.c alone, but for `ticks` by who sets it to 0. */
extern struct gate gate;

/* Choose the clock, of the kinds from `best` on, and measure; takes some milliseconds. Where no
 * memory can be mapped there is no gate. After rss_open. */
void gate_open(enum gate_kind best);

/* Measure again, `now` being gate_now(). The RSS is what it was. Under the interpreter lock. */
void gate_measure_again(uint64_t now);

/* The time in ticks. */
static inline uint64_t gate_now(void)
{
#ifdef __x86_64__
    if (__builtin_expect(gate.kind == GATE_TSC, 1))
        return __rdtsc();
#endif
    return clock_monotonic_ns();
}

#endif
