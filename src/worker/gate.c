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
    PAGES = 1000,                     /* touched and given back, one by one */
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

/* The cheapest first touch of a page and the cheapest return of one, in ticks; 0 where no memory
 * can be mapped. */
static uint64_t cheapest_change(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory =
        mmap(NULL, PAGES * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return 0;
    madvise(memory, PAGES * page, MADV_NOHUGEPAGE); /* one page a touch */
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < PAGES; i++) {
        uint64_t start = gate_now();
        *(volatile char *)(memory + i * page) = 1;
        least = smaller(least, gate_now() - start);
    }
    for (size_t i = 0; i < PAGES; i++) {
        uint64_t start = gate_now();
        madvise(memory + i * page, page, MADV_DONTNEED);
        least = smaller(least, gate_now() - start);
    }
    munmap(memory, PAGES * page);
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
    uint64_t least = best <= GATE_CLOCK && clock_is_cheap() ? cheapest_change() : 0;
    do
        passed_ns = clock_monotonic_ns() - start_ns;
    while (passed_ns < CALIBRATION_NS_MIN);
    gate.forced_ticks =
        (uint64_t)((double)GATE_FORCED_NS * (double)(gate_now() - start) / (double)passed_ns);
    gate.ticks = least / 2;
    if (gate.ticks == 0)
        gate.kind = GATE_NONE;
}
