#include "config.h"
#include "report/axis.h"

#include <math.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/size.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400, SECONDS_MOST = 120 };

double axis_step(double range, int most)
{
    double least = range / most;
    double power = pow(10, floor(log10(least)));
    static const double steps[] = {1, 2, 5};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i] * power >= least * (1 - 1e-9))
            return steps[i] * power;
    return 10 * power;
}

double axis_time_step(double range, int most)
{
    static const double steps[] = {1,           2,           5,          10,         15,
                                   30,          MINUTE,      2 * MINUTE, 5 * MINUTE, 10 * MINUTE,
                                   15 * MINUTE, 30 * MINUTE, HOUR,       2 * HOUR,   3 * HOUR,
                                   6 * HOUR,    12 * HOUR,   DAY};
    double least = range / most;
    if (least < 1)
        return axis_step(range, most);
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (steps[i] >= least)
            return steps[i];
    return DAY * axis_step(range / DAY, most);
}

int axis_digits(double step)
{
    int digits = 0;
    for (; digits < 6 && step < 1 - 1e-9; digits++)
        step *= 10;
    return digits;
}

struct axis_unit axis_unit(double most_bytes)
{
    const double gib = 1024 * MIB_BYTES;
    if (most_bytes >= 10 * gib)
        return (struct axis_unit){.name = "GiB", .bytes = gib};
    return (struct axis_unit){.name = "MiB", .bytes = MIB_BYTES};
}

const char *axis_time(char out[MARKUP_NUMBER], double seconds, double step, double range)
{
    if (range < SECONDS_MOST)
        return markup_number(out, seconds, axis_digits(step));
    long long whole = llround(seconds);
    if (range < HOUR)
        snprintf(out, MARKUP_NUMBER, "%lld:%02lld", whole / MINUTE, whole % MINUTE);
    else
        snprintf(out, MARKUP_NUMBER, "%lld:%02lld:%02lld", whole / HOUR, whole / MINUTE % MINUTE,
                 whole % MINUTE);
    return out;
}

const char *axis_time_name(double range)
{
    return range < SECONDS_MOST ? "seconds" : range < HOUR ? "m:ss" : "h:mm:ss";
}
