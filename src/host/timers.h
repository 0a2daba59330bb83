/*
 * The timer triggers of an app: they say when which function is to be run, and with what. As in
 * Azure's host:
 *
 * - Invocations of one timer never overlap. Its next occurrence counts from the beginning of the
 *   last invocation; where that took longer, the next one follows at once, and only one, however
 *   many occurrences went by. Such an invocation is not past due.
 * - A monitored timer remembers what it would have done next. Where that time went by while no
 *   worker was there (from timers_stop to timers_start), it fires at the start, past due. Azure's
 *   host keeps this in a storage account; here it is kept as long as the timers are. A changed
 *   schedule starts anew. Schedules that come more often than once a minute are not monitored.
 * - A timer with runOnStartup fires at every timers_start, unless it is past due.
 *
 * What counts is the clock on the wall, at which the timers look at least once a minute: they
 * follow it where it is set or the machine was asleep. Where it is set back by more than a minute
 * the occurrences are counted anew from there; by less, they are waited for.
 *
 * Main thread. Nothing is fired but from the loop.
 */
#ifndef HOST_TIMERS_H
#define HOST_TIMERS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"

struct timers;

/* All texts are valid until `fire` returns. */
struct timers_firing {
    const char *name;
    const char *payload; /* JSON: {"Schedule", "ScheduleStatus", "IsPastDue"} */
    const char *reason;  /* "Timer fired at 2024-02-29T09:30:00.0040000+01:00" */
    const char *details; /* what Azure logs after "Trigger Details: "; NULL: fired on schedule */
};

struct timers_ops {
    void *context;
    /* Run the function, and call timers_finished when it is over, which may be at once. All
     * functions of this header may be called from here. */
    void (*fire)(void *context, const struct timers_firing *firing);
    /* Nanoseconds since 1970-01-01 UTC; NULL: clock_realtime_ns. */
    uint64_t (*now)(void *context);
    /* The timers look at the clock after so many milliseconds at the latest; 0: a minute. */
    unsigned look_ms;
};

struct timers *timers_new(uv_loop_t *loop, const struct timers_ops *ops);
/* Add a timer before timers_start. `schedule` is what ncrontab_parse reads, with the values of app
 * settings put in. 0, or -1 with an error, and then there is no such timer. */
int timers_add(struct timers *timers, const char *name, const char *schedule, bool run_on_startup,
               bool use_monitor, struct error *error) ATTR_CHECKED;
/* A worker has loaded the functions: from now on the timers fire. */
void timers_start(struct timers *timers);
/* The functions are about to be loaded anew, by another worker. The timers are to be added again
 * before the next start. What runs may go on, and until it is finished its timer does not fire,
 * started again or not. Not for a worker that died: its timers go on with the next worker. */
void timers_stop(struct timers *timers);
/* An invocation of the timer is over, whichever way: once for each that was fired. */
void timers_finished(struct timers *timers, const char *name);
/* Let go of everything; no function of this header may be called after it. `closed` is called when
 * the loop has let go, and the timers are freed then. */
void timers_close(struct timers *timers, void (*closed)(void *context), void *context);

/* The payload for an invocation by hand, which is not past due; the caller frees it. NULL where
 * there is no such timer. */
char *timers_payload(const struct timers *timers, const char *name) ATTR_CHECKED;
/* Append what Azure's host tells of each timer that was added, lines that end with newlines:
 *     The next 5 occurrences of the 'X' schedule (Cron: '0 0 9 * * *') will be:
 *     02/29/2024 09:00:00+01:00 (02/29/2024 08:00:00Z)
 * In UTC, as in Azure, a time stands there once. 0 or -ENOBUFS. */
int timers_describe(const struct timers *timers, struct buf *out);

#endif
