/*
 * The schedule of a timer trigger, as Azure reads it: an NCRONTAB expression or a time span.
 *
 * An expression is `second minute hour day month day-of-week`, or the same without the second,
 * which is 0 then. A field is `*` or a list of numbers, names and ranges, each with a step: `*`,
 * `5`, `1-5`, `Mon-Fri`, `0-30/10`, `5/10` (5, 15, 25, ...). Months and days of the week have
 * English names in any case, of which the beginning is enough; Sunday is 0, and there is no 7. All
 * fields have to fit, day and day of the week too: `0 0 0 13 * Fri` is Friday the 13th. A range
 * whose ends are in the wrong order is turned round, and a step of 0 is one of 1, as NCrontab does.
 *
 * A time span is what time_span.h reads, longer than nothing: `00:05:00`, `1.00:00:00`.
 *
 * `%NAME%` stands for an app setting in function.json; the caller puts its value in first.
 *
 * Times are nanoseconds since 1970-01-01 UTC. Occurrences are times of the clock on the wall, in
 * the time zone of this process (TZ). Main thread.
 */
#ifndef HOST_NCRONTAB_H
#define HOST_NCRONTAB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"

enum ncrontab_field {
    NCRONTAB_SECOND,
    NCRONTAB_MINUTE,
    NCRONTAB_HOUR,
    NCRONTAB_DAY,
    NCRONTAB_MONTH,
    NCRONTAB_DAY_OF_WEEK,
    NCRONTAB_FIELDS,
};

struct ncrontab {
    uint64_t interval_ns;             /* a time span; 0: an expression */
    uint64_t values[NCRONTAB_FIELDS]; /* of an expression: bit n is set where n fits */
    bool has_seconds;                 /* it was written with six fields */
};

/* No occurrence within a hundred years, so none at all: the calendar has no gap as long as that. */
#define NCRONTAB_NEVER UINT64_MAX
/* Bytes that ncrontab_format writes at the most. */
#define NCRONTAB_TEXT_SIZE 512

/* Read a schedule: 0, or -1 with an error (EXIT_STATUS_APP) that names the field and the value. */
int ncrontab_parse(struct ncrontab *schedule, const char *text, struct error *error) ATTR_CHECKED;
/* The first occurrence later than `after_ns`, or NCRONTAB_NEVER. A time span counts from
 * `after_ns`. Where the clock is moved, an expression keeps these rules:
 * - what the clock leaves out is made up for, once, as much later as the clock is moved;
 * - in what the clock shows twice, an expression that has a `*` or neighbouring values in second,
 *   minute or hour goes on as ever; any other, such as one for a time of day, has its occurrence
 *   the first time only. */
uint64_t ncrontab_next(const struct ncrontab *schedule, uint64_t after_ns);
/* Whether it comes more often than once a minute. */
bool ncrontab_is_frequent(const struct ncrontab *schedule);
/* The schedule as Azure's host writes it: `Cron: '0 30 9 * * 1-5'`, `Constant: 00:05:00`. */
void ncrontab_format(const struct ncrontab *schedule, char out[NCRONTAB_TEXT_SIZE]);

#endif
