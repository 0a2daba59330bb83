#include "config.h"
#include "worker/gate.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>
#ifdef __x86_64__
#include <cpuid.h>
#endif

#include "worker/rss.h"

enum {
    TURNS = 1000,                     /* a page is touched and given back */
    TURNS_AGAIN = 16,                 /* later; the first ones find the caches cold */
    READINGS = 100,                   /* of clocks and of the RSS, to compare their costs */
    CALIBRATION_NS_MIN = 1000 * 1000, /* for the length of a tick, to 0.1 % */
};

struct gate gate = {.kind = GATE_NONE};

#ifdef __x86_64__

static bool processor_has_constant_counter(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8)) != 0;
}

/* The kernel watches the counter and takes it off this list when it drifts. */
static bool kernel_trusts_counter(void)
{
    char text[256] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/available_clocksource",
                  O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return false;
    for (char *rest = text, *name; (name = strtok_r(rest, " \n", &rest));)
        if (strcmp(name, "tsc") == 0)
            return true;
    return false;
}

static bool counter_is_fit(void)
{
    int mode = 0;
    if (prctl(PR_GET_TSC, &mode) == 0 && mode != PR_TSC_ENABLE)
        return false; /* reading it would end the process */
    return processor_has_constant_counter() && kernel_trusts_counter();
}

#else

static bool counter_is_fit(void)
{
    return false;
}

#endif

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static char *page; /* never resident but while it is measured */

/* NULL where no memory can be mapped. */
static char *map_page(size_t bytes)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    madvise(memory, bytes,
            MADV_NOHUGEPAGE); /* joined to its neighbours it would be dear to touch */
    return memory;
}

/* The cheapest first touch of the page and the cheapest return, in ticks, of so many; UINT64_MAX
 * where it cannot be given back: the program has locked all its memory, or filters system calls.
 * That is tried first, since the page would stay. */
static uint64_t cheapest_change(int turns)
{
    size_t bytes = (size_t)sysconf(_SC_PAGESIZE);
    uint64_t least = UINT64_MAX;
    if (madvise(page, bytes, MADV_DONTNEED) != 0)
        return UINT64_MAX;
    while (turns-- > 0) {
        uint64_t start = gate_now();
        *(volatile char *)page = 1;
        uint64_t touched = gate_now();
        if (madvise(page, bytes, MADV_DONTNEED) != 0)
            return UINT64_MAX;
        least = smaller(least, smaller(touched - start, gate_now() - touched));
    }
    return least;
}

/* True where READINGS of the clock take less than half the time of as many of the RSS. */
static bool clock_is_cheap(void)
{
    volatile uint64_t sink = 0;
    uint64_t start = gate_now();
    for (int i = 0; i < READINGS; i++)
        sink = sink + gate_now();
    uint64_t middle = gate_now();
    for (int i = 0; i < READINGS; i++)
        sink = sink + (uint64_t)rss_read_bytes();
    return 2 * (middle - start) < gate_now() - middle;
}

void gate_open(enum gate_kind best)
{
    gate.kind = best <= GATE_TSC && counter_is_fit() ? GATE_TSC : GATE_CLOCK;
    uint64_t start_ns = clock_monotonic_ns(), start = gate_now(), passed_ns;
    if (!page)
        page = map_page((size_t)sysconf(_SC_PAGESIZE));
    uint64_t least = UINT64_MAX;
    if (page && best <= GATE_CLOCK && clock_is_cheap())
        least = cheapest_change(TURNS);
    do
        passed_ns = clock_monotonic_ns() - start_ns;
    while (passed_ns < CALIBRATION_NS_MIN);
    gate.measured = gate_now();
    double ticks_per_ns = (double)(gate.measured - start) / (double)passed_ns;
    gate.forced_ticks = (uint64_t)(GATE_FORCED_NS * ticks_per_ns);
    gate.again_ticks = (uint64_t)(GATE_AGAIN_NS * ticks_per_ns);
    gate.would_be = gate.ticks = least == UINT64_MAX ? 0 : least / 2;
    if (gate.ticks == 0)
        gate.kind = GATE_NONE;
}

void gate_measure_again(uint64_t now)
{
    gate.measured = now;
    if (gate.kind == GATE_NONE)
        return;
    gate.would_be = smaller(gate.would_be, cheapest_change(TURNS_AGAIN) / 2);
    gate.ticks = smaller(gate.ticks, gate.would_be);
}
