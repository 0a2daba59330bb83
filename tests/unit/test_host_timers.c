#include "config.h"

#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/timers.h"
#include "tests/unit/host_fixture.h"

#define SECOND NS_PER_SECOND
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
/* 2024-02-29 09:00:00 UTC */
#define NINE (UINT64_C(1709197200) * SECOND)

#define NEVER_YET "\"0001-01-01T00:00:00+00:00\""
#define PAYLOAD(status, is_past_due)                                                               \
    "{\"Schedule\":{\"AdjustForDST\":true},\"ScheduleStatus\":" status                             \
    ",\"IsPastDue\":" is_past_due "}"
#define STATUS(last, next, updated)                                                                \
    "{\"Last\":" last ",\"Next\":" next ",\"LastUpdated\":" updated "}"

static uv_loop_t loop;
static struct timers *timers;
static struct error error;
static uint64_t clock_ns; /* what the timers take for the time */
static unsigned looks;    /* how often they asked for it */
static unsigned closed;

/* The invocations, and what `fire` does beside noting them. */
static struct {
    unsigned count;
    char names[256]; /* of all, with a space after each */
    char payload[512];
    char reason[128];
    char details[256];
    void (*action)(const char *name);
} fired;

static uint64_t read_clock(void *context)
{
    (void)context;
    looks++;
    return clock_ns;
}

static void on_fire(void *context, const struct timers_firing *firing)
{
    assert_ptr_equal(context, &fired);
    size_t len = strlen(fired.names);
    fired.count++;
    snprintf(fired.names + len, sizeof fired.names - len, "%s ", firing->name);
    snprintf(fired.payload, sizeof fired.payload, "%s", firing->payload);
    snprintf(fired.reason, sizeof fired.reason, "%s", firing->reason);
    snprintf(fired.details, sizeof fired.details, "%s", firing->details ? firing->details : "");
    if (fired.action)
        fired.action(firing->name);
}

static void on_closed(void *context)
{
    assert_ptr_equal(context, &fired);
    closed++;
}

static int open_timers(void **state)
{
    const struct timers_ops ops = {
        .context = &fired, .fire = on_fire, .now = read_clock, .look_ms = 1};
    (void)state;
    setenv("TZ", "UTC0", 1);
    tzset();
    memset(&fired, 0, sizeof fired);
    clock_ns = NINE;
    closed = 0;
    if (uv_loop_init(&loop))
        return -1;
    timers = timers_new(&loop, &ops);
    return 0;
}

static void close_now(const char *name)
{
    (void)name;
    timers_close(timers, on_closed, &fired);
    timers = NULL;
}

static int close_timers(void **state)
{
    (void)state;
    if (timers)
        close_now(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return closed == 1 && uv_loop_close(&loop) == 0 ? 0 : -1;
}

static void add(const char *name, const char *schedule)
{
    if (timers_add(timers, name, schedule, false, true, &error))
        fail_msg("%s", error.text);
}

/* Let the timers look at the clock a few times, or until they wait for nothing. */
static void look(void)
{
    for (unsigned until = looks + 8; looks < until;)
        if (!uv_run(&loop, UV_RUN_ONCE))
            return;
}

/* Run the loop just until so many have been fired. */
static void wait_for(unsigned count)
{
    while (fired.count < count)
        if (!uv_run(&loop, UV_RUN_ONCE) && fired.count < count)
            fail_msg("nothing is waited for after %u", fired.count);
}

/* The same, where nothing may come of it. */
static void assert_quiet(void)
{
    unsigned before = fired.count;
    look();
    assert_int_equal(fired.count, before);
}

static void assert_fired(unsigned count)
{
    look();
    assert_int_equal(fired.count, count);
}

/* No timer waits for anything. */
static void assert_asleep(void)
{
    assert_false(uv_run(&loop, UV_RUN_NOWAIT));
}

/* ---- on schedule ---- */

static void test_schedule(void **state)
{
    (void)state;
    add("Tick", "0 */5 * * * *");
    assert_asleep();
    timers_start(timers);
    assert_quiet();
    clock_ns = NINE + 5 * MINUTE - 1;
    assert_quiet();
    clock_ns = NINE + 5 * MINUTE + 4 * NS_PER_MS;
    look();
    assert_string_equal(fired.names, "Tick ");
    assert_string_equal(
        fired.payload,
        PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T09:05:00+00:00\"", NEVER_YET), "false"));
    assert_string_equal(fired.reason, "Timer fired at 2024-02-29T09:05:00.0040000+00:00");
    assert_string_equal(fired.details, "");
}

static void test_second_invocation(void **state)
{
    (void)state;
    add("Tick", "0 */5 * * * *");
    timers_start(timers);
    clock_ns = NINE + 5 * MINUTE + 4 * NS_PER_MS;
    look();
    clock_ns += MINUTE;
    timers_finished(timers, "Tick");
    assert_quiet();
    clock_ns = NINE + 10 * MINUTE;
    assert_fired(2);
    assert_string_equal(fired.payload, PAYLOAD(STATUS("\"2024-02-29T09:05:00.004+00:00\"",
                                                      "\"2024-02-29T09:10:00+00:00\"",
                                                      "\"2024-02-29T09:05:00.004+00:00\""),
                                               "false"));
    assert_string_equal(fired.reason, "Timer fired at 2024-02-29T09:10:00.0000000+00:00");
}

/* What went by while the function ran comes at once, and once; Azure does not call it past due. */
static void test_no_overlap(void **state)
{
    (void)state;
    add("Slow", "0 */5 * * * *");
    timers_start(timers);
    clock_ns = NINE + 5 * MINUTE;
    look();
    assert_asleep();
    clock_ns = NINE + 31 * MINUTE;
    assert_asleep();
    assert_int_equal(fired.count, 1);
    timers_finished(timers, "Slow");
    assert_int_equal(fired.count, 1); /* not but from the loop */
    wait_for(2);
    assert_string_equal(fired.payload, PAYLOAD(STATUS("\"2024-02-29T09:05:00+00:00\"",
                                                      "\"2024-02-29T09:10:00+00:00\"",
                                                      "\"2024-02-29T09:05:00+00:00\""),
                                               "false"));
    assert_string_equal(fired.details, "");
    timers_finished(timers, "Slow");
    assert_quiet();
    clock_ns = NINE + 35 * MINUTE;
    assert_fired(3);
}

static void test_span(void **state)
{
    (void)state;
    add("Span", "00:05:00");
    timers_start(timers);
    clock_ns = NINE + 5 * MINUTE + 1234500;
    look();
    assert_string_equal(
        fired.payload,
        "{\"Schedule\":{\"AdjustForDST\":false},\"ScheduleStatus\":" STATUS(
            NEVER_YET, "\"2024-02-29T09:05:00+00:00\"", NEVER_YET) ",\"IsPastDue\":false}");
    timers_finished(timers, "Span");
    clock_ns = NINE + 10 * MINUTE + 1234499;
    assert_quiet();
    clock_ns++;
    assert_fired(2);
    assert_holds(fired.payload, "\"Next\":\"2024-02-29T09:10:00.0012345+00:00\"");
}

static void test_local_time(void **state)
{
    (void)state;
    setenv("TZ", "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01", 1);
    tzset();
    add("Local", "0 30 9 * * *");
    timers_start(timers);
    clock_ns = NINE + 4 * HOUR - 1;
    assert_quiet();
    clock_ns++;
    assert_fired(1);
    assert_holds(fired.payload, "\"Next\":\"2024-02-29T09:30:00-03:30\"");
    assert_string_equal(fired.reason, "Timer fired at 2024-02-29T09:30:00.0000000-03:30");
}

/* Forty days, and then a clock that jumps. */
static void test_long_wait(void **state)
{
    (void)state;
    add("Rare", "0 0 9 9 4 *");
    timers_start(timers);
    clock_ns = NINE + 39 * DAY;
    assert_quiet();
    clock_ns = NINE + 40 * DAY - 1;
    assert_quiet();
    clock_ns = NINE + 100 * DAY;
    assert_fired(1);
    assert_holds(fired.payload, "\"Next\":\"2024-04-09T09:00:00+00:00\"");
}

static void test_never(void **state)
{
    (void)state;
    add("Never", "0 0 0 30 2 *");
    timers_start(timers);
    assert_asleep();
    char *payload = timers_payload(timers, "Never");
    assert_holds(payload, "\"Next\":\"9999-12-31T23:59:59.9999999+00:00\"");
    free(payload);
}

static void test_several_timers(void **state)
{
    (void)state;
    add("B", "0 0 * * * *");
    add("A", "0 0 * * * *");
    add("C", "0 30 * * * *");
    timers_start(timers);
    clock_ns = NINE + 30 * MINUTE;
    look();
    assert_string_equal(fired.names, "C ");
    timers_finished(timers, "A"); /* is not running */
    timers_finished(timers, "D"); /* is not there */
    clock_ns = NINE + HOUR;
    look();
    assert_string_equal(fired.names, "C B A ");
    assert_asleep();
    timers_finished(timers, "A");
    clock_ns = NINE + 2 * HOUR;
    wait_for(4);
    assert_string_equal(fired.names, "C B A A ");
}

/* ---- the monitor ---- */

static void test_unmonitored(void **state)
{
    (void)state;
    assert_int_equal(timers_add(timers, "Plain", "0 0 * * * *", false, false, &error), 0);
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    assert_string_equal(fired.payload, PAYLOAD("null", "false"));
    timers_finished(timers, "Plain");
    timers_stop(timers);
    clock_ns = NINE + 3 * HOUR;
    assert_int_equal(timers_add(timers, "Plain", "0 0 * * * *", false, false, &error), 0);
    timers_start(timers);
    assert_quiet();
    /* And there is no record for who turns to monitoring later. */
    timers_stop(timers);
    clock_ns = NINE + 5 * HOUR;
    add("Plain", "0 0 * * * *");
    timers_start(timers);
    assert_quiet();
}

static void test_frequent(void **state)
{
    (void)state;
    add("Often", "*/10 * * * * *");
    timers_start(timers);
    clock_ns = NINE + 10 * SECOND;
    look();
    assert_string_equal(fired.payload, PAYLOAD("null", "false"));
}

static void test_past_due(void **state)
{
    (void)state;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    timers_finished(timers, "Hourly");
    timers_stop(timers);
    assert_asleep();
    clock_ns = NINE + 4 * HOUR + MINUTE;
    assert_int_equal(timers_add(timers, "Hourly", "0 0 * * * *", true, true, &error), 0);
    timers_start(timers);
    assert_int_equal(fired.count, 1); /* not but from the loop */
    wait_for(2);
    assert_string_equal(fired.payload, PAYLOAD(STATUS("\"2024-02-29T10:00:00+00:00\"",
                                                      "\"2024-02-29T11:00:00+00:00\"",
                                                      "\"2024-02-29T10:00:00+00:00\""),
                                               "true"));
    assert_string_equal(fired.reason, "Timer fired at 2024-02-29T13:01:00.0000000+00:00");
    assert_string_equal(fired.details, "UnscheduledInvocationReason: IsPastDue, "
                                       "OriginalSchedule: 2024-02-29T11:00:00.0000000+00:00");
    timers_finished(timers, "Hourly");
    assert_quiet();
    clock_ns = NINE + 5 * HOUR;
    assert_fired(3);
    assert_holds(fired.payload, "\"IsPastDue\":false");
}

/* One that has not fired yet can be missed, too. */
static void test_past_due_before_the_first(void **state)
{
    (void)state;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    timers_stop(timers);
    clock_ns = NINE + HOUR + 1;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    assert_fired(1);
    assert_string_equal(fired.payload, PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T10:00:00+00:00\"",
                                                      "\"2024-02-29T09:00:00+00:00\""),
                                               "true"));
}

static void test_not_past_due(void **state)
{
    (void)state;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    timers_stop(timers);
    clock_ns = NINE + HOUR - 1;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    assert_quiet();
    timers_stop(timers);
    clock_ns++;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    assert_fired(1);
    assert_holds(fired.payload, "\"IsPastDue\":false");
    assert_string_equal(fired.details, "");
}

static void test_changed_schedule(void **state)
{
    (void)state;
    add("Timer", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    timers_finished(timers, "Timer");
    timers_stop(timers);
    clock_ns = NINE + 3 * HOUR;
    add("Timer", "0 30 * * * *"); /* of which occurrences went by, but nobody waited for them */
    timers_start(timers);
    assert_quiet();
    clock_ns = NINE + 3 * HOUR + 30 * MINUTE;
    assert_fired(2);
    assert_string_equal(fired.payload, PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T12:30:00+00:00\"",
                                                      "\"2024-02-29T12:00:00+00:00\""),
                                               "false"));
}

/* The function was running when its worker was to go: that was its turn. */
static void test_stop_while_running(void **state)
{
    (void)state;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    timers_stop(timers);
    clock_ns += MINUTE;
    timers_finished(timers, "Hourly");
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    assert_quiet();
    clock_ns = NINE + 2 * HOUR;
    assert_fired(2);
    assert_holds(fired.payload, "\"Last\":\"2024-02-29T10:00:00+00:00\"");
    assert_holds(fired.payload, "\"IsPastDue\":false");
}

/* And its old worker takes its time: the new one's turn comes after that. */
static void test_left_over(void **state)
{
    (void)state;
    add("Hourly", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    for (int i = 0; i < 2; i++) {
        clock_ns += MINUTE;
        timers_stop(timers);
        assert_int_equal(timers_add(timers, "Hourly", "0 0 * * * *", true, true, &error), 0);
        timers_start(timers);
        assert_asleep();
    }
    clock_ns = NINE + HOUR + 30 * MINUTE;
    timers_finished(timers, "Hourly");
    assert_fired(2);
    assert_string_equal(fired.details, "UnscheduledInvocationReason: RunOnStartup");
    assert_holds(fired.payload, "\"Last\":\"2024-02-29T10:00:00+00:00\"");
    clock_ns = NINE + 2 * HOUR;
    assert_asleep();
    timers_finished(timers, "Hourly");
    assert_fired(3);
    assert_holds(fired.payload, "\"Last\":\"2024-02-29T10:30:00+00:00\"");
}

/* It says nothing of the schedule that the timer has by now. */
static void test_left_over_of_another_schedule(void **state)
{
    (void)state;
    add("Timer", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    for (uint64_t minutes = 20; minutes <= 40; minutes += 20) {
        clock_ns = NINE + HOUR + minutes * MINUTE;
        timers_stop(timers);
        add("Timer", "0 30 * * * *");
        timers_start(timers);
        assert_asleep();
    }
    timers_finished(timers, "Timer");
    assert_fired(2);
    assert_string_equal(fired.payload, PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T10:30:00+00:00\"",
                                                      "\"2024-02-29T10:00:00+00:00\""),
                                               "true"));
}

static void test_forgotten_timer(void **state)
{
    (void)state;
    add("Gone", "0 0 * * * *");
    add("Stays", "0 30 * * * *");
    timers_start(timers);
    timers_stop(timers);
    add("Stays", "0 30 * * * *");
    timers_start(timers);
    clock_ns = NINE + 2 * HOUR;
    assert_fired(1);
    assert_string_equal(fired.names, "Stays ");
    assert_null(timers_payload(timers, "Gone"));
}

static void test_run_on_startup(void **state)
{
    (void)state;
    assert_int_equal(timers_add(timers, "Early", "0 0 * * * *", true, true, &error), 0);
    clock_ns = NINE + 42 * MINUTE;
    timers_start(timers);
    assert_int_equal(fired.count, 0); /* not but from the loop */
    wait_for(1);
    assert_string_equal(
        fired.payload,
        PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T10:00:00+00:00\"", NEVER_YET), "false"));
    assert_string_equal(fired.details, "UnscheduledInvocationReason: RunOnStartup");
    timers_finished(timers, "Early");
    assert_quiet();
    clock_ns = NINE + HOUR;
    assert_fired(2);
    assert_string_equal(fired.details, "");
    timers_finished(timers, "Early");
    timers_stop(timers);
    assert_int_equal(timers_add(timers, "Early", "0 0 * * * *", true, true, &error), 0);
    timers_start(timers);
    assert_fired(3);
    assert_string_equal(fired.details, "UnscheduledInvocationReason: RunOnStartup");
}

/* ---- a clock that is set ---- */

static void test_clock_set_back_far(void **state)
{
    (void)state;
    add("Daily", "0 0 10 * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    timers_finished(timers, "Daily");
    clock_ns = NINE - 10 * DAY;
    assert_quiet();
    clock_ns = NINE - 10 * DAY + HOUR;
    assert_fired(2);
}

static void test_clock_set_back_a_little(void **state)
{
    (void)state;
    add("Daily", "0 0 10 * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    clock_ns = NINE + HOUR - 60 * SECOND;
    timers_finished(timers, "Daily");
    assert_quiet();
    clock_ns = NINE + HOUR;
    assert_quiet();
    clock_ns = NINE + DAY + HOUR;
    assert_fired(2);
}

static void test_clock_set_back_while_stopped(void **state)
{
    (void)state;
    add("Daily", "0 0 10 * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    timers_finished(timers, "Daily");
    timers_stop(timers);
    clock_ns = NINE - 10 * DAY;
    add("Daily", "0 0 10 * * *");
    timers_start(timers);
    assert_quiet();
    clock_ns = NINE - 10 * DAY + HOUR;
    assert_fired(2);
}

/* The beginning of an invocation stays what it was. */
static void test_clock_set_back_while_running(void **state)
{
    (void)state;
    add("Running", "0 0 10 * * *");
    add("Waiting", "0 0 11 * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    assert_string_equal(fired.names, "Running ");
    clock_ns = NINE - 10 * DAY;
    assert_quiet();
    timers_finished(timers, "Running");
    assert_quiet();
    clock_ns = NINE - 10 * DAY + HOUR;
    assert_fired(2);
    assert_holds(fired.payload, "\"Last\":\"2024-02-29T10:00:00+00:00\"");
}

/* ---- what `fire` may do ---- */

static void finish_now(const char *name)
{
    timers_finished(timers, name);
}

static void test_finish_at_once(void **state)
{
    (void)state;
    fired.action = finish_now;
    add("A", "0 0 * * * *");
    add("B", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    look();
    assert_string_equal(fired.names, "A B ");
    clock_ns = NINE + 2 * HOUR;
    look();
    assert_string_equal(fired.names, "A B A B ");
}

static void stop_now(const char *name)
{
    (void)name;
    timers_stop(timers);
}

static void test_stop_within(void **state)
{
    (void)state;
    fired.action = stop_now;
    add("A", "0 0 * * * *");
    add("B", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    wait_for(1);
    assert_asleep();
    assert_string_equal(fired.names, "A ");
}

static void reload_now(const char *name)
{
    (void)name;
    fired.action = NULL;
    timers_stop(timers);
    add("B", "0 0 * * * *");
    add("New", "0 0 * * * *");
    timers_start(timers);
}

static void test_reload_within(void **state)
{
    (void)state;
    fired.action = reload_now;
    add("A", "0 0 * * * *");
    add("B", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR + 1;
    look();
    assert_string_equal(fired.names, "A B "); /* B is past due, and New begins */
    assert_holds(fired.payload, "\"IsPastDue\":true");
    clock_ns = NINE + 2 * HOUR;
    look();
    assert_string_equal(fired.names, "A B New ");
}

static void test_close_within(void **state)
{
    (void)state;
    fired.action = close_now;
    add("A", "0 0 * * * *");
    add("B", "0 0 * * * *");
    timers_start(timers);
    clock_ns = NINE + HOUR;
    assert_false(uv_run(&loop, UV_RUN_DEFAULT));
    assert_string_equal(fired.names, "A ");
    assert_int_equal(closed, 1);
}

/* ---- the rest ---- */

static void test_bad_schedule(void **state)
{
    (void)state;
    assert_int_equal(timers_add(timers, "A", "0 0 25 * * *", false, true, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_holds(error.text, "has the hour '25'");
    assert_null(timers_payload(timers, "A"));
    timers_start(timers);
    assert_asleep();
}

static void test_payload_by_hand(void **state)
{
    (void)state;
    assert_int_equal(timers_add(timers, "Plain", "0 0 * * * *", false, false, &error), 0);
    add("Hourly", "0 0 * * * *");
    assert_null(timers_payload(timers, "None"));
    timers_start(timers);
    char *payload = timers_payload(timers, "Plain");
    assert_string_equal(payload, PAYLOAD("null", "false"));
    free(payload);
    payload = timers_payload(timers, "Hourly");
    assert_string_equal(payload, PAYLOAD(STATUS(NEVER_YET, "\"2024-02-29T10:00:00+00:00\"",
                                                "\"2024-02-29T09:00:00+00:00\""),
                                         "false"));
    free(payload);
}

static void assert_description(const char *expected)
{
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(timers_describe(timers, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
}

static void test_description(void **state)
{
    struct buf small;
    (void)state;
    assert_description("");
    add("Two", "0 0 9 1-2 */6 *");
    setenv("TZ", "UTC", 1);
    tzset();
    assert_description("The next 5 occurrences of the 'Two' schedule (Cron: '0 0 9 1-2 1,7 *') "
                       "will be:\n"
                       "07/01/2024 09:00:00Z\n"
                       "07/02/2024 09:00:00Z\n"
                       "01/01/2025 09:00:00Z\n"
                       "01/02/2025 09:00:00Z\n"
                       "07/01/2025 09:00:00Z\n");
    timers_stop(timers);
    add("ThisOneDoesNotFitAndThatIsSaidThoughTheNextOneWould", "0 0 * * * *");
    add("Never", "0 0 0 30 Feb *");
    buf_init(&small, 100);
    assert_int_equal(timers_describe(timers, &small), -ENOBUFS);
    assert_string_equal(buf_text(&small), "");
    buf_fini(&small);
    timers_stop(timers);
    add("Never", "0 0 0 30 Feb *");
    add("Span", "12:00:00");
    setenv("TZ", "PST8PDT,M3.2.0,M11.1.0", 1);
    tzset();
    clock_ns = NINE + 9 * DAY;
    assert_description("The 'Never' schedule (Cron: '0 0 0 30 2 *') has no occurrence: there is no "
                       "such date\n"
                       "The next 5 occurrences of the 'Span' schedule (Constant: 12:00:00) will "
                       "be:\n"
                       "03/09/2024 13:00:00-08:00 (03/09/2024 21:00:00Z)\n"
                       "03/10/2024 01:00:00-08:00 (03/10/2024 09:00:00Z)\n"
                       "03/10/2024 14:00:00-07:00 (03/10/2024 21:00:00Z)\n"
                       "03/11/2024 02:00:00-07:00 (03/11/2024 09:00:00Z)\n"
                       "03/11/2024 14:00:00-07:00 (03/11/2024 21:00:00Z)\n");
}

/* With the clock that there is. */
static void test_real_clock(void **state)
{
    const struct timers_ops ops = {.context = &fired, .fire = on_fire};
    (void)state;
    close_now(NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    closed = 0;
    timers = timers_new(&loop, &ops);
    fired.action = finish_now;
    add("Quick", "00:00:00.0010000");
    timers_start(timers);
    wait_for(3);
    assert_string_equal(fired.names, "Quick Quick Quick ");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, open_timers, close_timers)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_schedule),
        TEST(test_second_invocation),
        TEST(test_no_overlap),
        TEST(test_span),
        TEST(test_local_time),
        TEST(test_long_wait),
        TEST(test_never),
        TEST(test_several_timers),
        TEST(test_unmonitored),
        TEST(test_frequent),
        TEST(test_past_due),
        TEST(test_past_due_before_the_first),
        TEST(test_not_past_due),
        TEST(test_changed_schedule),
        TEST(test_stop_while_running),
        TEST(test_left_over),
        TEST(test_left_over_of_another_schedule),
        TEST(test_forgotten_timer),
        TEST(test_run_on_startup),
        TEST(test_clock_set_back_far),
        TEST(test_clock_set_back_a_little),
        TEST(test_clock_set_back_while_stopped),
        TEST(test_clock_set_back_while_running),
        TEST(test_finish_at_once),
        TEST(test_stop_within),
        TEST(test_reload_within),
        TEST(test_close_within),
        TEST(test_bad_schedule),
        TEST(test_payload_by_hand),
        TEST(test_description),
        TEST(test_real_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
