/* model/timeline: constant memory, peaks kept, bins. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/timeline.h"

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct timeline));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void check_bins(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns,
                       size_t bins, const int64_t *expected)
{
    int64_t out[16];
    timeline_bins(timeline, from_ns, to_ns, bins, out);
    for (size_t i = 0; i < bins; i++)
        assert_int_equal(out[i], expected[i]);
}

static void test_empty(void **state)
{
    check_bins(*state, 0, 100, 3, (const int64_t[]){0, 0, 0});
    check_bins(*state, 0, 100, 0, NULL);
}

static void test_bins(void **state)
{
    struct timeline *timeline = *state;
    timeline_add(timeline, 10, 5);
    timeline_add(timeline, 25, 9);
    timeline_add(timeline, 26, 7);
    timeline_add(timeline, 45, 3);
    timeline_add(timeline, 50, 4);
    /* [0,10) [10,20) [20,30) [30,40) [40,50]: maxima, and what was before where nothing was read.
     */
    check_bins(timeline, 0, 50, 5, (const int64_t[]){0, 5, 9, 7, 4});
    check_bins(timeline, 0, 50, 1, (const int64_t[]){9});
    /* A reading before the first stretch goes on into it. */
    check_bins(timeline, 30, 40, 2, (const int64_t[]){7, 7});
    check_bins(timeline, 46, 49, 2, (const int64_t[]){3, 3});
    check_bins(timeline, 100, 200, 2, (const int64_t[]){4, 4});
    check_bins(timeline, 0, 5, 2, (const int64_t[]){0, 0});
    /* More stretches than nanoseconds, and no time at all. */
    check_bins(timeline, 25, 27, 4, (const int64_t[]){9, 9, 7, 7});
    check_bins(timeline, 26, 26, 2, (const int64_t[]){7, 7});
    check_bins(timeline, 27, 26, 2, (const int64_t[]){7, 7});
}

static void test_large_times(void **state)
{
    struct timeline *timeline = *state;
    timeline_add(timeline, UINT64_MAX / 2, 1);
    timeline_add(timeline, UINT64_MAX, 2);
    check_bins(timeline, 0, UINT64_MAX, 4, (const int64_t[]){0, 1, 1, 2});
}

static void test_out_of_order(void **state)
{
    struct timeline *timeline = *state;
    timeline_add(timeline, 10, 1);
    timeline_add(timeline, 9, 100);
    assert_int_equal(timeline->count, 1);
    timeline_add(timeline, 10, 2);
    assert_int_equal(timeline->count, 2);
}

static void test_plateau_is_two_points(void **state)
{
    struct timeline *timeline = *state;
    for (uint64_t i = 0; i < 100; i++)
        timeline_add(timeline, i, 7);
    assert_int_equal(timeline->count, 2);
    timeline_add(timeline, 100, 3);
    /* That it lasted until 99 is still known. */
    check_bins(timeline, 95, 105, 2, (const int64_t[]){7, 3});
    check_bins(timeline, 99, 101, 2, (const int64_t[]){7, 3});
}

/* A run of any length: the number of points stays bounded, order and peaks stay, and the newest
 * reading is always the last one. */
static void test_thinning(void **state)
{
    struct timeline *timeline = *state;
    const uint64_t peak_at = 777;
    for (uint64_t i = 0; i < (uint64_t)40 * TIMELINE_POINTS; i++) {
        int64_t rss = i == peak_at ? 1000000 : (int64_t)(i * 7919 % 1000);
        timeline_add(timeline, i, rss);
        assert_true(timeline->count <= TIMELINE_POINTS);
        assert_int_equal(timeline->points[timeline->count - 1].time_ns, i);
        assert_int_equal(timeline->points[timeline->count - 1].rss_bytes, rss);
    }
    assert_true(timeline->count >= TIMELINE_POINTS / 2);
    size_t peaks = 0;
    for (size_t i = 0; i < timeline->count; i++) {
        if (i > 0)
            assert_true(timeline->points[i - 1].time_ns < timeline->points[i].time_ns);
        if (timeline->points[i].rss_bytes == 1000000) {
            assert_int_equal(timeline->points[i].time_ns, peak_at);
            peaks++;
        }
    }
    assert_int_equal(peaks, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void test_peaks(void **state)
{
    /* Noise is none; a peak is where it was first so high; what rises to the end is one. */
    static const int64_t bytes[] = {10, 12, 11, 60, 60, 58, 61, 20, 22, 90, 15, 15, 40};
    static struct timeline timeline;
    uint64_t peaks[TIMELINE_POINTS];
    (void)state;
    timeline.count = 0;
    assert_int_equal(timeline_peaks(&timeline, 5, peaks), 0);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        timeline_add(&timeline, 100 + i, bytes[i]);
    assert_int_equal(timeline_peaks(&timeline, 10, peaks), 3);
    assert_int_equal(peaks[0], 106);
    assert_int_equal(peaks[1], 109);
    assert_int_equal(peaks[2], 112);
    assert_int_equal(timeline_peaks(&timeline, 60, peaks), 1);
    assert_int_equal(peaks[0], 109);
    assert_int_equal(timeline_peaks(&timeline, 1000, peaks), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty),        TEST(test_bins),     TEST(test_large_times),
        TEST(test_out_of_order), TEST(test_thinning), TEST(test_plateau_is_two_points),
        TEST(test_peaks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
