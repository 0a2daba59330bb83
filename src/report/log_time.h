/* Times as logs have them. Pure. */
#ifndef REPORT_LOG_TIME_H
#define REPORT_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Which of two numbers of a date stands first. */
enum date_order {
    DATE_PLAIN, /* the form says it, or it is not known */
    DATE_DAY_FIRST,
    DATE_MONTH_FIRST,
};

struct log_time {
    uint64_t realtime_ns;  /* since 1970 UTC */
    enum date_order order; /* of a date as 1/5/2024 or 1-5-2024: which was taken */
    bool is_unsure;        /* it could as well be the other one */
};

/* Understands "2024-05-01T12:34:56.7890123Z" (also with a space, an offset, or nothing behind it,
 * which is UTC), and the local forms of the portal and of Excel, taken as UTC: "5/1/2024,
 * 12:34:56.789 PM", "1/5/2024 12:34:56", "1.5.2024, 12:34:56,789", "2024/5/1 12:34". Where both
 * numbers of a date with slashes or hyphens may be a month and they differ, `order` says which
 * stands first; without it (DATE_PLAIN) the month with AM or PM, else the day. False for all else.
 */
bool log_time_parse(struct span text, enum date_order order, struct log_time *time);
/* The same time of the day on which day and month, which must be one, are exchanged. */
uint64_t log_time_exchange(uint64_t realtime_ns);

#endif
