/*
 * The axes of a plot: which values get a tick, and how they are written. Steps are those that
 * people count in: 1, 2 and 5 with zeros behind, and minutes and hours for time.
 */
#ifndef REPORT_AXIS_H
#define REPORT_AXIS_H

#include "report/markup.h"

/* The unit that memory is told in. */
struct axis_unit {
    const char *name;
    double bytes;
};

/* The distance of ticks over a range (not 0) so that there are at most `most` + 1 of them. */
double axis_step(double range, int most);
/* The same for seconds. */
double axis_time_step(double range, int most);
/* The digits after the point that a step's multiples need; at most 6. */
int axis_digits(double step);
/* MiB, or GiB where `most_bytes` is 10 GiB or more. */
struct axis_unit axis_unit(double most_bytes);
/* Seconds as "0.5", or from two minutes on in all as "2:30" and "1:02:30". Returns `out`. */
const char *axis_time(char out[MARKUP_NUMBER], double seconds, double step, double range);
/* What axis_time() writes: "seconds", "m:ss" or "h:mm:ss". */
const char *axis_time_name(double range);

#endif
