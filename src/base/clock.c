#include "config.h"
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static uint64_t fixed_ns;

static uint64_t read_ns(clockid_t id)
{
    struct timespec t;
    if (fixed_ns)
        return fixed_ns;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
    return read_ns(CLOCK_MONOTONIC);
}

uint64_t clock_realtime_ns(void)
{
    return read_ns(CLOCK_REALTIME);
}

void clock_fix(uint64_t ns)
{
    fixed_ns = ns;
}

void clock_format_iso(uint64_t realtime_ns, char out[CLOCK_ISO_SIZE])
{
    time_t seconds = (time_t)(realtime_ns / NS_PER_SECOND);
    unsigned ms = (unsigned)(realtime_ns % NS_PER_SECOND / NS_PER_MS);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char date[20];
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out, CLOCK_ISO_SIZE, "%s.%03uZ", date, ms);
}
