/* host/collector: when the worker is asked to run its garbage collector. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "host/collector.h"

#define MS NS_PER_MS

static struct collector collector;
static unsigned asked, moments, told;
static bool is_gone, last_on, last_collected;

static int on_send(void *context, bool collect)
{
    (void)context;
    asked += !is_gone;
    last_on = collect;
    return is_gone ? -1 : 0;
}

static void on_moment(void *context, bool is_collected)
{
    (void)context;
    moments++;
    last_collected = is_collected;
}

static void on_done(void *context)
{
    (void)context;
    assert_int_equal(told, 0);
    told++;
}

static void begin(bool is_on)
{
    const struct collector_ops ops = {.send = on_send, .moment = on_moment};
    asked = moments = told = 0;
    is_gone = false;
    collector_init(&collector, &ops, is_on);
}

static void tick(bool is_quiet, uint64_t ended, uint64_t now_ms)
{
    const struct collector_state state = {.is_quiet = is_quiet, .ended = ended};
    collector_tick(&collector, &state, now_ms * MS);
}

static void test_after_a_pause(void **state)
{
    (void)state;
    begin(true);
    tick(true, 0, 1000);
    tick(true, 0, 2000); /* none has ended */
    assert_int_equal(asked, 0);
    tick(false, 0, 2100);
    tick(true, 1, 2200);
    tick(true, 1, 2449);
    assert_int_equal(asked, 0);
    tick(true, 1, 2450);
    assert_int_equal(asked, 1);
    assert_true(last_on);
    tick(true, 1, 2700); /* not twice */
    collector_answered(&collector, true, 0, 2800 * MS);
    assert_int_equal(moments, 1);
    assert_true(last_collected);
    tick(true, 1, 9000); /* nor again before others have ended */
    assert_int_equal(asked, 1);
}

static void test_a_pause_that_is_broken(void **state)
{
    (void)state;
    begin(true);
    tick(true, 1, 1000);
    tick(false, 1, 1200);
    tick(true, 2, 1300);
    tick(true, 2, 1500);
    assert_int_equal(asked, 0);
    tick(true, 2, 1550);
    assert_int_equal(asked, 1);
}

/* One that takes long waits for longer pauses, and is not repeated soon. */
static void test_share_of_the_time(void **state)
{
    (void)state;
    begin(true);
    tick(true, 1, 1000);
    tick(true, 1, 1250);
    collector_answered(&collector, true, 100 * MS, 2000 * MS);
    tick(false, 1, 2100);
    tick(true, 2, 2200);
    tick(true, 2, 3999); /* quiet for long enough, but 20 times 100 ms are not over */
    assert_int_equal(asked, 1);
    tick(false, 2, 4000);
    tick(true, 2, 4100);
    tick(true, 2, 4849); /* 250 ms and 5 times 100 */
    assert_int_equal(asked, 1);
    tick(true, 2, 4850);
    assert_int_equal(asked, 2);
}

static void test_expected(void **state)
{
    const struct collector_state large = {.is_quiet = true, .ended = 1, .expected_ns = 1000 * MS};
    (void)state;
    begin(true);
    collector_tick(&collector, &large, 1000 * MS);
    collector_tick(&collector, &large, 6249 * MS);
    assert_int_equal(asked, 0);
    collector_tick(&collector, &large, 6250 * MS);
    assert_int_equal(asked, 1);
}

/* The moments are the same, without collections. */
static void test_off(void **state)
{
    (void)state;
    begin(false);
    tick(true, 1, 1000);
    tick(true, 1, 1250);
    assert_int_equal(asked, 1);
    assert_false(last_on);
    collector_answered(&collector, false, 0, 1300 * MS);
    assert_int_equal(moments, 1);
    assert_false(last_collected);
}

static void test_who_waits_is_told(void **state)
{
    (void)state;
    begin(true);
    assert_true(collector_ask(&collector, 5, on_done, NULL, 1000 * MS));
    assert_false(collector_ask(&collector, 5, on_done, NULL, 1000 * MS));
    assert_int_equal(told, 0);
    collector_answered(&collector, true, 1, 1100 * MS);
    assert_int_equal(told, 1);
    collector_worker_gone(&collector); /* and once only */
    tick(true, 5, 9000);
    tick(true, 5, 9999);
    assert_int_equal(asked, 1);
}

static void test_waves(void **state)
{
    (void)state;
    assert_int_equal(collector_wave(1, 1), 1);
    assert_int_equal(collector_wave(12, 1), 1);
    assert_int_equal(collector_wave(16, 1), 2);
    assert_int_equal(collector_wave(100, 1), 12);
    /* Those that may wait for each other go together. */
    assert_int_equal(collector_wave(16, 3), 3);
    assert_int_equal(collector_wave(100, 5), 10);
    assert_int_equal(collector_wave(2, 500), 500);
}

static void test_no_worker(void **state)
{
    (void)state;
    begin(true);
    is_gone = true;
    assert_false(collector_ask(&collector, 5, on_done, NULL, 0));
    is_gone = false;
    assert_true(collector_ask(&collector, 5, on_done, NULL, 0));
    collector_worker_gone(&collector);
    assert_int_equal(told, 1);
    assert_int_equal(moments, 0);
}

/* A loop that is not free: nobody waits for it for ever. */
static void test_no_answer(void **state)
{
    (void)state;
    begin(true);
    assert_true(collector_ask(&collector, 5, on_done, NULL, 1000 * MS));
    tick(true, 5, 30999);
    assert_int_equal(told, 0);
    tick(true, 5, 31000);
    assert_int_equal(told, 1);
    collector_answered(&collector, true, 1, 40000 * MS);
    assert_int_equal(moments, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_after_a_pause),
        cmocka_unit_test(test_a_pause_that_is_broken),
        cmocka_unit_test(test_share_of_the_time),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_off),
        cmocka_unit_test(test_who_waits_is_told),
        cmocka_unit_test(test_waves),
        cmocka_unit_test(test_no_worker),
        cmocka_unit_test(test_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
