/*
 * Durations as .NET writes them (TimeSpan), which host.json and timer schedules use: "d",
 * "[d.]hh:mm[:ss[.fffffff]]" or "d:hh:mm:ss[.fffffff]", a minus in front of any. Where the first of
 * three numbers is 24 or more, they are days, hours and minutes.
 */
#ifndef HOST_TIME_SPAN_H
#define HOST_TIME_SPAN_H

#include <stdbool.h>
#include <stdint.h>

struct time_span {
    uint64_t ns; /* UINT64_MAX where it is longer than that: more than 500 years */
    bool negative;
};

/* Read the whole of `text`, spaces around it allowed: 0, or -1 where it is no duration. */
int time_span_parse(const char *text, struct time_span *span);

#endif
