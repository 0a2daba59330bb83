/* model/series: samples by process, calls of functions, their order and their peaks. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "model/series.h"

static void add(struct series *series, uint64_t pid, uint64_t time_ns, int64_t bytes)
{
    assert_int_equal(series_add_sample(series, pid, time_ns, bytes), 0);
}

static void add_span(struct series *series, const char *name, uint64_t begin_ns, uint64_t end_ns,
                     unsigned level)
{
    const struct series_span span = {.begin_ns = begin_ns, .end_ns = end_ns, .level = level};
    assert_int_equal(series_add_span(series, name, strlen(name), &span), 0);
}

static void test_empty(void **state)
{
    (void)state;
    struct series series;
    uint64_t from, to;
    int64_t bytes;
    double slope, at;
    series_init(&series);
    series_sort(&series);
    assert_int_equal(series.track_count, 1);
    assert_null(series_track_peak(&series.tracks[0]));
    assert_false(series_range(&series, &from, &to));
    assert_int_equal(series_find_function(&series, "f"), 0);
    assert_false(series_function_peak(&series, 0, &bytes));
    assert_false(series_slope(&series, 0, UINT64_MAX, &slope, &at));
    series_fini(&series);
}

static void test_tracks(void **state)
{
    (void)state;
    struct series series;
    uint64_t from, to;
    series_init(&series);
    add(&series, 7, 30, 5);
    add(&series, SERIES_MAIN, 20, 9);
    add(&series, SERIES_MAIN, 10, 9);
    add(&series, 8, 25, 1);
    add(&series, 7, 40, 4);
    series_sort(&series);
    assert_int_equal(series.track_count, 3);
    assert_int_equal(series.tracks[0].pid, SERIES_MAIN);
    assert_int_equal(series.tracks[1].pid, 7);
    assert_int_equal(series.tracks[1].count, 2);
    assert_int_equal(series.tracks[2].pid, 8);
    assert_int_equal(series.sample_count, 5);
    /* The first one of equals, by time. */
    assert_int_equal(series_track_peak(&series.tracks[0])->time_ns, 10);
    assert_true(series_range(&series, &from, &to));
    assert_int_equal(from, 10);
    assert_int_equal(to, 40);
    series_fini(&series);
}

static void test_spans(void **state)
{
    (void)state;
    struct series series;
    series_init(&series);
    add_span(&series, "inner", 10, 20, 1);
    add_span(&series, "outer", 10, 30, 0);
    add_span(&series, "inner", 5, 6, 0);
    series_sort(&series);
    assert_int_equal(series.function_count, 2);
    assert_int_equal(series_find_function(&series, "inner"), 0);
    assert_int_equal(series_find_function(&series, "outer"), 1);
    assert_int_equal(series_find_function(&series, "inne"), 2);
    assert_int_equal(series.spans[0].begin_ns, 5);
    assert_int_equal(series.spans[1].function, 1); /* begun together: the outer one first */
    assert_int_equal(series.spans[2].level, 1);
    series_fini(&series);
}

/* The samples within its calls, and what the calls began and ended with; no other ones. */
static void test_function_peak(void **state)
{
    (void)state;
    struct series series;
    int64_t bytes = 0;
    series_init(&series);
    for (uint64_t i = 0; i < 100; i++)
        add(&series, SERIES_MAIN, i, i == 50 ? 1000 : (int64_t)i);
    add_span(&series, "f", 10, 20, 0);
    add_span(&series, "f", 15, 49, 1);
    add_span(&series, "g", 50, 50, 0);
    const struct series_span high = {.begin_ns = 60, .end_ns = 61, .end_bytes = 500};
    assert_int_equal(series_add_span(&series, "h", 1, &high), 0);
    series_sort(&series);
    assert_true(series_function_peak(&series, 0, &bytes));
    assert_int_equal(bytes, 49);
    assert_true(series_function_peak(&series, 1, &bytes));
    assert_int_equal(bytes, 1000);
    assert_true(series_function_peak(&series, 2, &bytes));
    assert_int_equal(bytes, 500);
    series_fini(&series);
}

static void test_slope(void **state)
{
    (void)state;
    struct series series;
    const uint64_t begin = UINT64_C(1795895735) * NS_PER_SECOND;
    double slope, at;
    series_init(&series);
    for (uint64_t i = 0; i < 1000; i++)
        add(&series, SERIES_MAIN, begin + i * NS_PER_MS, (int64_t)(5000000 + i * 3));
    add(&series, SERIES_MAIN, begin + 5 * NS_PER_SECOND, 99999999);
    assert_true(series_slope(&series, begin, begin + NS_PER_SECOND, &slope, &at));
    assert_true(slope > 2999.999 && slope < 3000.001);
    assert_true(at > 4999999.9 && at < 5000000.1);
    assert_false(series_slope(&series, begin, begin, &slope, &at));
    series_fini(&series);
}

static void test_limits(void **state)
{
    (void)state;
    struct series series;
    char name[16];
    const struct series_span span = {0};
    series_init(&series);
    for (uint64_t pid = 1; pid < SERIES_TRACKS_MAX; pid++)
        add(&series, pid, 1, 1);
    assert_int_equal(series_add_sample(&series, SERIES_TRACKS_MAX, 1, 1), -ENOBUFS);
    add(&series, 1, 2, 2);
    for (unsigned i = 0; i < SERIES_FUNCTIONS_MAX; i++) {
        int len = snprintf(name, sizeof name, "f%u", i);
        assert_int_equal(series_add_span(&series, name, (size_t)len, &span), 0);
    }
    assert_int_equal(series_add_span(&series, "more", 4, &span), -ENOBUFS);
    assert_int_equal(series_add_span(&series, "f0", 2, &span), 0);
    assert_int_equal(series.function_count, SERIES_FUNCTIONS_MAX);
    series_fini(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty), cmocka_unit_test(test_tracks),
        cmocka_unit_test(test_spans), cmocka_unit_test(test_function_peak),
        cmocka_unit_test(test_slope), cmocka_unit_test(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
