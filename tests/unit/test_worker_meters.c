/* Meters of recorders: read while one is in use and no longer, and what changes goes to the lines
 * of those that measure by it. */
#include "config.h"
#include "recorder_fixture.h"

#include "worker/heap.h"

static int64_t heap_bytes[2]; /* Python's, and all */

static int64_t read_heap(bool all)
{
    return heap_bytes[all];
}

static int setup(void **state)
{
    rss_choose(RSS_METER_RSS, false, read_heap);
    return fixture_setup(state);
}

static unsigned meter(const char *name)
{
    char text[64];
    snprintf(text, sizeof text, "m.meter('%s', 0)", name);
    return (unsigned)number(text, NULL);
}

static void test_refused(void **state)
{
    (void)state;
    assert_raises("m.meter('none', 0)", PyExc_ValueError);
    assert_raises("m.meter('RSS', 0)", PyExc_ValueError);
    assert_raises("m.meter('python', 0)", PyExc_ValueError); /* --heap off */
    assert_raises("m.meter('heap', 0)", PyExc_ValueError);
    assert_raises("m.meter('rss')", PyExc_TypeError);
    assert_raises("m.meter_bytes(11)", PyExc_ValueError);
    assert_raises("m.meter_bytes(-1)", PyExc_OverflowError);
    assert_raises("m.meter_bytes(1 << 32)", PyExc_ValueError);
    assert_raises("m.meter_bytes('rss')", PyExc_TypeError);
    assert_raises("m.Recorder(meter=11)", PyExc_ValueError);
    heap_is_on = true;
    assert_raises("m.meter('python', 1)", PyExc_ValueError); /* of one process alone */
    assert_true(meter("python") != meter("heap"));
    heap_is_on = false;
}

static void test_numbers(void **state)
{
    (void)state;
    assert_int_equal(meter("rss"), METERS_WORKERS); /* the worker measures by it */
    assert_true(meters_is_one(METERS_WORKERS) && meters_is_one(meter("uss")));
    assert_true(meters_is_one((unsigned)number("m.meter('uss', 1)", NULL)));
    assert_true(number("m.meter('uss', 1)", NULL) != number("m.meter('uss', 0)", NULL));
    assert_true(number("m.meter('rss', 1)", NULL) != METERS_WORKERS);
    assert_false(meters_is_one(11));
    assert_false(meters_is_one(UINT32_MAX));
}

static void test_in_use(void **state)
{
    (void)state;
    unsigned pss = meter("pss"), uss = meter("uss");
    assert_int_equal(meters_open, 0);
    meters_take(METERS_WORKERS);
    assert_int_equal(meters_open, 0); /* it is always */
    meters_give_back(METERS_WORKERS);
    meters_take(pss);
    meters_take(pss);
    meters_take(uss);
    assert_int_equal(meters_open, 1u << pss | 1u << uss);
    meters_give_back(pss);
    assert_int_equal(meters_open, 1u << pss | 1u << uss);
    meters_give_back(uss);
    meters_give_back(pss);
    assert_int_equal(meters_open, 0);
}

static void test_readings(void **state)
{
    (void)state;
    assert_int_equal(meters_bytes(METERS_WORKERS, 12345), 12345);
    assert_true(number("m.meter_bytes(0)", NULL) > 1 << 20);
    assert_true(number("m.meter_bytes(m.meter('pss', 0))", NULL) > 0);
    heap_is_on = true;
    unsigned python = meter("python"), heap = meter("heap");
    heap_is_on = false;
    heap_bytes[0] = 100;
    heap_bytes[1] = 300;
    meters_take(python);
    meters_take(heap);
    assert_int_equal(meters_bytes(python, 1), 100);
    assert_int_equal(meters_bytes(heap, 1), 300);
    heap_bytes[0] = 150;
    assert_int_equal(meters_bytes(python, 1), 100); /* the latest reading */
    meters_settle(thread_current());
    assert_int_equal(meters_bytes(python, 1), 150);
    meters_give_back(python);
    meters_give_back(heap);
    heap_bytes[0] = 500; /* nobody looks */
    meters_settle(thread_current());
    assert_int_equal(meters_bytes(python, 1), 150);
    meters_take(python); /* what came before is nobody's */
    assert_int_equal(meters_bytes(python, 1), 500);
    meters_give_back(python);
}

/* A profiled frame at a line of the code, of recorders of two meters and of the worker's. */
static void test_changes_go_to_the_lines_that_are_measured_so(void **state)
{
    (void)state;
    heap_is_on = true;
    unsigned meters[] = {meter("python"), meter("heap"), METERS_WORKERS};
    heap_is_on = false;
    PyCodeObject *code = code_of(3);
    struct recorder *recorders[3];
    for (int i = 0; i < 3; i++) {
        recorders[i] = recorder_of(code, meters[i]);
        recorder_begin(recorders[i]);
    }
    struct thread *thread = thread_current();
    struct recorded at = recorder_find(code_info(code));
    recorder_open_line(&at, 2);
    for (int i = 0; i < 2; i++) { /* the same function within itself */
        struct activation *frame = thread_push(thread);
        if (!frame)
            fail();
        else
            *frame = (struct activation){.info = code_info(code), .recorded = at};
    }
    heap_bytes[0] += 1000;
    heap_bytes[1] += 5000;
    meters_settle(thread);
    meters_settle(thread);
    heap_bytes[1] -= 7000;
    meters_settle(thread);
    assert_int_equal(row_of(recorders[0], 2)->increment_bytes, 1000);
    assert_int_equal(row_of(recorders[1], 2)->increment_bytes, -2000);
    assert_int_equal(row_of(recorders[2], 2)->increment_bytes, 0);
    recorder_close_line(&at, 77);
    assert_int_equal(row_of(recorders[0], 2)->peak_bytes, heap_bytes[0]);
    assert_int_equal(row_of(recorders[2], 2)->peak_bytes, 77);
    for (int i = 0; i < 3; i++) { /* each with the whole of its own meter */
        assert_int_equal(recorders[i]->entry_bytes, i == 0   ? heap_bytes[0] - 1000
                                                    : i == 1 ? heap_bytes[1] + 2000
                                                             : 77);
        recorder_end(recorders[i]);
        Py_DECREF(recorders[i]);
    }
    assert_int_equal(meters_open, 0);
    thread_pop(thread);
    thread_pop(thread);
    Py_DECREF(code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_in_use),
        cmocka_unit_test(test_readings),
        cmocka_unit_test(test_changes_go_to_the_lines_that_are_measured_so),
    };
    return cmocka_run_group_tests(tests, setup, fixture_teardown);
}
