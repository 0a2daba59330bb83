/*
 * One libuv timer wakes for all: it is armed for what is due next, but for a minute at the most,
 * and when it wakes the clock is looked at, whatever it was armed for. So it does not matter that
 * libuv counts with a clock of its own, which sleeps when the machine does and knows nothing of the
 * date, and no wait is too long for it.
 *
 * Every timer is in one list and stays there after timers_stop, not in use, with its record: what a
 * monitor of Azure's host would have written down for it. `status` is what the timer goes by while
 * it is in use; the two differ until the first invocation, as they do there.
 *
 * `fire` may end the invocation at once, or stop or close everything. So the list is looked through
 * from its start after each.
 */
#include "config.h"
#include "host/timers.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/ncrontab.h"

enum {
    LOOK_MS = 60 * 1000,
    SETBACK_S = 60, /* the clock may go back so far before it counts as set */
    OCCURRENCES_SHOWN = 5,
};

/* Zero stands for a time that has not been yet. */
struct status {
    uint64_t last_ns;    /* the last invocation's beginning */
    uint64_t next_ns;    /* the next occurrence; while the function runs, the one it runs for */
    uint64_t updated_ns; /* when this was written */
};

/* Why a timer fires beside its schedule. */
enum extra { EXTRA_NONE, EXTRA_PAST_DUE, EXTRA_STARTUP };

struct timer {
    struct timer *next;
    char *name; /* owned */
    bool in_use;
    struct ncrontab schedule;
    bool run_on_startup;
    bool is_monitored;
    struct status status;
    struct status record; /* next_ns 0: there is none */
    enum extra extra;     /* what comes first */
    bool is_running;
    bool is_left_over; /* what runs was fired before the last stop, and is in the record */
    uint64_t
        counted_ns; /* the time from which status.next_ns was counted; where it runs, will be */
};

struct timers {
    uv_timer_t wake;
    struct timers_ops ops;
    struct timer *first;
    bool is_started;
    void (*closed)(void *context);
    void *closed_context;
};

static uint64_t now_ns(const struct timers *timers)
{
    return timers->ops.now ? timers->ops.now(timers->ops.context) : clock_realtime_ns();
}

/* Without in_use: also a timer that was added before the last stop. */
static struct timer *find(const struct timers *timers, const char *name)
{
    struct timer *timer = timers->first;
    while (timer && strcmp(timer->name, name) != 0)
        timer = timer->next;
    return timer;
}

/* ---- how Azure's host writes times ---- */

#define DATE_SIZE 64

/* Hours and minutes east of Greenwich, as +01:00. */
static void format_offset(char out[DATE_SIZE], const struct tm *local)
{
    long minutes = labs(local->tm_gmtoff) / 60;
    snprintf(out, DATE_SIZE, "%c%02ld:%02ld", local->tm_gmtoff < 0 ? '-' : '+', minutes / 60,
             minutes % 60);
}

/* A local time with seven digits of a second; in JSON without the zeros at their end. */
static void format_iso(char out[DATE_SIZE], uint64_t time_ns, bool is_json)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm local;
    char date[DATE_SIZE], fraction[DATE_SIZE], offset[DATE_SIZE];
    localtime_r(&seconds, &local);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &local);
    size_t len = (size_t)snprintf(fraction, sizeof fraction, ".%07" PRIu64,
                                  (uint64_t)(time_ns % NS_PER_SECOND / 100));
    while (is_json && len && (fraction[len - 1] == '0' || fraction[len - 1] == '.'))
        fraction[--len] = '\0';
    format_offset(offset, &local);
    snprintf(out, DATE_SIZE, "%.20s%.10s%.10s", date, fraction, offset);
}

/* .NET's first and last times stand for what has not been and what will not be. */
static json_t *date_json(uint64_t time_ns)
{
    char text[DATE_SIZE];
    if (time_ns == 0)
        return json_string("0001-01-01T00:00:00+00:00");
    if (time_ns == NCRONTAB_NEVER)
        return json_string("9999-12-31T23:59:59.9999999+00:00");
    format_iso(text, time_ns, true);
    return json_string(text);
}

static char *payload_text(const struct timer *timer, const struct status *status, bool is_past_due)
{
    json_t *status_json = json_null();
    if (timer->is_monitored)
        status_json =
            json_pack("{s:o, s:o, s:o}", "Last", date_json(status->last_ns), "Next",
                      date_json(status->next_ns), "LastUpdated", date_json(status->updated_ns));
    json_t *json = json_pack("{s:{s:b}, s:o, s:b}", "Schedule", "AdjustForDST",
                             timer->schedule.interval_ns == 0, "ScheduleStatus", status_json,
                             "IsPastDue", is_past_due);
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

char *timers_payload(const struct timers *timers, const char *name)
{
    const struct timer *timer = find(timers, name);
    return timer && timer->in_use ? payload_text(timer, &timer->record, false) : NULL;
}

static int describe_occurrence(struct buf *out, uint64_t time_ns)
{
    static const char format[] = "%m/%d/%Y %H:%M:%S";
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm local, utc;
    char local_text[DATE_SIZE], utc_text[DATE_SIZE], offset[DATE_SIZE];
    localtime_r(&seconds, &local);
    gmtime_r(&seconds, &utc);
    strftime(local_text, sizeof local_text, format, &local);
    strftime(utc_text, sizeof utc_text, format, &utc);
    format_offset(offset, &local);
    if (strcmp(local.tm_zone, "UTC") == 0)
        return buf_printf(out, "%sZ\n", utc_text);
    return buf_printf(out, "%s%s (%sZ)\n", local_text, offset, utc_text);
}

static int describe(const struct timer *timer, uint64_t now, struct buf *out)
{
    char schedule[NCRONTAB_TEXT_SIZE];
    ncrontab_format(&timer->schedule, schedule);
    uint64_t occurrence = ncrontab_next(&timer->schedule, now);
    if (occurrence == NCRONTAB_NEVER)
        return buf_printf(out, "The '%s' schedule (%s) has no occurrence: there is no such date\n",
                          timer->name, schedule);
    int result = buf_printf(out, "The next %d occurrences of the '%s' schedule (%s) will be:\n",
                            OCCURRENCES_SHOWN, timer->name, schedule);
    for (int i = 0; i < OCCURRENCES_SHOWN && occurrence != NCRONTAB_NEVER && !result; i++) {
        result = describe_occurrence(out, occurrence);
        occurrence = ncrontab_next(&timer->schedule, occurrence);
    }
    return result;
}

int timers_describe(const struct timers *timers, struct buf *out)
{
    int result = 0;
    uint64_t now = now_ns(timers);
    for (const struct timer *timer = timers->first; timer && !result; timer = timer->next)
        if (timer->in_use)
            result = describe(timer, now, out);
    return result;
}

/* ---- waiting ---- */

static void on_wake(uv_timer_t *wake);

/* What the timer waits for; NCRONTAB_NEVER where it does not wait. */
static uint64_t due_ns(const struct timer *timer)
{
    if (!timer->in_use || timer->is_running)
        return NCRONTAB_NEVER;
    return timer->extra ? 0 : timer->status.next_ns;
}

static void arm(struct timers *timers)
{
    uint64_t due = NCRONTAB_NEVER, now = now_ns(timers);
    for (const struct timer *timer = timers->first; timer; timer = timer->next)
        if (due_ns(timer) < due)
            due = due_ns(timer);
    uv_timer_stop(&timers->wake);
    if (!timers->is_started || due == NCRONTAB_NEVER)
        return;
    /* Never at once: other handles of the loop have their turn between two firings. */
    uint64_t wait_ms = due > now ? (due - now - 1) / NS_PER_MS + 1 : 1;
    uint64_t look_ms = timers->ops.look_ms ? timers->ops.look_ms : LOOK_MS;
    uv_update_time(timers->wake.loop);
    uv_timer_start(&timers->wake, on_wake, wait_ms < look_ms ? wait_ms : look_ms, 0);
}

/* ---- firing ---- */

/* What Azure's host logs of an invocation beside the schedule. */
static void format_details(char out[DATE_SIZE * 3], const struct timer *timer)
{
    char date[DATE_SIZE];
    if (timer->extra == EXTRA_STARTUP) {
        snprintf(out, DATE_SIZE * 3, "UnscheduledInvocationReason: RunOnStartup");
        return;
    }
    format_iso(date, timer->status.next_ns, false);
    snprintf(out, DATE_SIZE * 3, "UnscheduledInvocationReason: IsPastDue, OriginalSchedule: %s",
             date);
}

/* The time is the one at which the timer was found to be due. Asking again could give an earlier
 * one, from which the same occurrence would be counted once more. */
static void fire(struct timers *timers, struct timer *timer, uint64_t now)
{
    bool is_past_due = timer->extra == EXTRA_PAST_DUE, is_extra = timer->extra != EXTRA_NONE;
    char date[DATE_SIZE], reason[DATE_SIZE * 2], details[DATE_SIZE * 3] = "";
    char *payload = payload_text(timer, &timer->status, is_past_due);
    format_iso(date, now, false);
    snprintf(reason, sizeof reason, "Timer fired at %s", date);
    if (is_extra)
        format_details(details, timer);
    timer->extra = EXTRA_NONE;
    timer->is_running = true;
    timer->counted_ns = now;
    const struct timers_firing firing = {
        .name = timer->name,
        .payload = payload,
        .reason = reason,
        .details = is_extra ? details : NULL,
    };
    timers->ops.fire(timers->ops.context, &firing);
    free(payload);
}

/* The clock was set back: what was counted from a later time is not waited for. */
static void follow_clock(struct timer *timer, uint64_t now)
{
    if (timer->is_running || now + SETBACK_S * NS_PER_SECOND >= timer->counted_ns)
        return;
    timer->counted_ns = now;
    timer->status.next_ns = ncrontab_next(&timer->schedule, now);
}

static struct timer *find_due(struct timers *timers, uint64_t now)
{
    for (struct timer *timer = timers->first; timer; timer = timer->next) {
        if (timer->in_use)
            follow_clock(timer, now);
        if (due_ns(timer) <= now)
            return timer;
    }
    return NULL;
}

/* The clock is read once: a firing that is over at once, of a timer that comes faster than it can
 * be fired, would else keep the loop here for ever. */
static void on_wake(uv_timer_t *wake)
{
    struct timers *timers = wake->data;
    struct timer *timer;
    uint64_t now = now_ns(timers);
    while (timers->is_started && (timer = find_due(timers, now)))
        fire(timers, timer, now);
    arm(timers);
}

/* ---- the life of a timer ---- */

/* Take note of the running invocation. */
static void count_invocation(struct timer *timer)
{
    timer->status = (struct status){
        .last_ns = timer->counted_ns,
        .next_ns = ncrontab_next(&timer->schedule, timer->counted_ns),
        .updated_ns = timer->counted_ns,
    };
    if (timer->is_monitored)
        timer->record = timer->status;
}

/* Take up the record that the timer left before the last stop; true where it is past due. */
static bool resume(struct timer *timer, uint64_t now)
{
    struct status *record = &timer->record;
    uint64_t counted = record->last_ns ? record->last_ns : record->updated_ns;
    uint64_t expected = ncrontab_next(&timer->schedule, counted);
    if (record->next_ns != expected) { /* the schedule is another one */
        if (expected < now) {
            counted = now;
            expected = ncrontab_next(&timer->schedule, now);
        }
        *record = (struct status){.next_ns = expected, .updated_ns = counted};
    }
    timer->counted_ns = counted;
    timer->status = *record;
    return record->next_ns < now;
}

static void start(struct timer *timer, uint64_t now)
{
    bool is_past_due = false;
    if (timer->is_monitored && timer->record.next_ns) {
        is_past_due = resume(timer, now);
    } else {
        timer->counted_ns = now;
        timer->status = (struct status){.next_ns = ncrontab_next(&timer->schedule, now)};
        if (timer->is_monitored) {
            timer->record = timer->status;
            timer->record.updated_ns = now;
        }
    }
    timer->extra = EXTRA_NONE;
    if (is_past_due)
        timer->extra = EXTRA_PAST_DUE;
    else if (timer->run_on_startup)
        timer->extra = EXTRA_STARTUP;
}

struct timers *timers_new(uv_loop_t *loop, const struct timers_ops *ops)
{
    struct timers *timers = mem_calloc(1, sizeof *timers);
    timers->ops = *ops;
    uv_timer_init(loop, &timers->wake);
    timers->wake.data = timers;
    return timers;
}

int timers_add(struct timers *timers, const char *name, const char *schedule, bool run_on_startup,
               bool use_monitor, struct error *error)
{
    struct ncrontab parsed;
    if (ncrontab_parse(&parsed, schedule, error))
        return -1;
    struct timer *timer = find(timers, name);
    if (!timer) {
        struct timer **end = &timers->first;
        while (*end)
            end = &(*end)->next;
        *end = timer = mem_calloc(1, sizeof *timer);
        timer->name = mem_strdup(name);
    }
    timer->in_use = true;
    timer->schedule = parsed;
    timer->run_on_startup = run_on_startup;
    timer->is_monitored = use_monitor && !ncrontab_is_frequent(&parsed);
    return 0;
}

void timers_start(struct timers *timers)
{
    uint64_t now = now_ns(timers);
    for (struct timer *timer = timers->first; timer; timer = timer->next)
        if (timer->in_use)
            start(timer, now);
    timers->is_started = true;
    arm(timers);
}

/* Azure's host waits for what runs before it starts anew. Here the new start need not wait: only
 * the timer does, and what it would have done next is known already. */
void timers_stop(struct timers *timers)
{
    for (struct timer *timer = timers->first; timer; timer = timer->next) {
        if (timer->is_running && !timer->is_left_over)
            count_invocation(timer);
        timer->is_left_over = timer->is_running;
        timer->in_use = false;
    }
    timers->is_started = false;
    arm(timers);
}

void timers_finished(struct timers *timers, const char *name)
{
    struct timer *timer = find(timers, name);
    if (!timer || !timer->is_running)
        return;
    if (!timer->is_left_over)
        count_invocation(timer);
    timer->is_running = false;
    timer->is_left_over = false;
    arm(timers);
}

static void on_closed(uv_handle_t *handle)
{
    struct timers *timers = handle->data;
    void (*closed)(void *context) = timers->closed;
    void *context = timers->closed_context;
    while (timers->first) {
        struct timer *timer = timers->first;
        timers->first = timer->next;
        free(timer->name);
        free(timer);
    }
    free(timers);
    closed(context);
}

void timers_close(struct timers *timers, void (*closed)(void *context), void *context)
{
    timers->closed = closed;
    timers->closed_context = context;
    timers->is_started = false;
    uv_close((uv_handle_t *)&timers->wake, on_closed);
}
