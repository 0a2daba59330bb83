#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "tui/format.h"

#define MIB 1048576LL

static void test_sizes(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_size(text, 0);
    assert_string_equal(text, "0.0 MiB");
    format_size(text, 46 * MIB + 600 * 1024);
    assert_string_equal(text, "46.6 MiB");
    format_size(text, 1000 * MIB);
    assert_string_equal(text, "0.98 GiB");
    format_size(text, 1045 * MIB);
    assert_string_equal(text, "1.02 GiB");
    format_size(text, 200 * 1024 * MIB);
    assert_string_equal(text, "200.0 GiB");
}

static void test_deltas(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_delta(text, 0);
    assert_string_equal(text, "0.0 MiB");
    format_delta(text, 64 * MIB);
    assert_string_equal(text, "+64.0 MiB");
    format_delta(text, -64 * MIB);
    assert_string_equal(text, "-64.0 MiB");
    format_delta(text, 4096);
    assert_string_equal(text, "+4 KiB");
    format_delta(text, -4096);
    assert_string_equal(text, "-4 KiB");
    format_delta(text, 12);
    assert_string_equal(text, "+12 B");
    format_delta(text, MIB / 20 + 1);
    assert_string_equal(text, "+0.1 MiB");
    format_delta(text, INT64_MIN);
    assert_true(strlen(text) < FORMAT_SIZE);
}

static void check_bytes(int64_t bytes, const char *plain, const char *net)
{
    char text[FORMAT_SIZE];
    format_bytes(text, bytes);
    assert_string_equal(text, plain);
    format_net(text, bytes);
    assert_string_equal(text, net);
}

static void test_bytes_of_the_heap(void **state)
{
    (void)state;
    check_bytes(0, "0", "0");
    check_bytes(412, "412 B", "+412 B");
    check_bytes(-1, "-1 B", "-1 B");
    check_bytes(999, "999 B", "+999 B");
    check_bytes(1000, "0.98 KiB", "+0.98 KiB");
    check_bytes(1495, "1.46 KiB", "+1.46 KiB");
    check_bytes(-1495, "-1.46 KiB", "-1.46 KiB");
    check_bytes(10235, "10.0 KiB", "+10.0 KiB");
    check_bytes(300 * MIB, "300 MiB", "+300 MiB");
    check_bytes(INT64_MAX, "8.00 EiB", "+8.00 EiB");
    check_bytes(INT64_MIN, "-8.00 EiB", "-8.00 EiB");
}

/* The columns are as wide as the widest, whatever it is. */
static void test_bytes_of_the_heap_fit(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    for (double bytes = 1; bytes < 9e18; bytes *= 1.0007) {
        format_bytes(text, (int64_t)bytes);
        assert_in_range(strlen(text), 3, 8);
        format_net(text, -(int64_t)bytes);
        assert_in_range(strlen(text), 4, 9);
    }
}

static void test_increments(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_increment(text, 0);
    assert_string_equal(text, "0.0 MiB");
    format_increment(text, 4096);
    assert_string_equal(text, "+0.0 MiB");
    format_increment(text, -4096);
    assert_string_equal(text, "-0.0 MiB");
    format_increment(text, 3 * MIB / 2);
    assert_string_equal(text, "+1.5 MiB");
}

static void test_trend(void **state)
{
    (void)state;
    assert_int_equal(format_trend(-1), '-');
    assert_int_equal(format_trend(0), 0x2581);
    assert_int_equal(format_trend(1), 0x2582);
    assert_int_equal(format_trend(16 * 1024), 0x2582);
    assert_int_equal(format_trend(MIB - 1), 0x2584);
    assert_int_equal(format_trend(MIB), 0x2585);
    assert_int_equal(format_trend(3 * MIB), 0x2585);
    assert_int_equal(format_trend(14 * MIB), 0x2586);
    assert_int_equal(format_trend(64 * MIB), 0x2588);
    assert_int_equal(format_trend(INT64_MAX), 0x2588);
}

/* What the columns are made for. */
static void test_nothing_is_too_wide(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    for (int64_t bytes = 1; bytes < 1024 * 1024 * MIB; bytes += bytes / 7 + 1) {
        format_size(text, bytes);
        assert_true(strlen(text) <= 9);
        format_delta(text, -bytes);
        assert_true(strlen(text) <= 10);
        format_increment(text, -bytes);
        assert_true(strlen(text) <= 10);
        format_count(text, (uint64_t)bytes);
        assert_true(strlen(text) <= 6);
        format_duration(text, (uint64_t)bytes);
        assert_true(strlen(text) <= 8);
    }
}

static void test_counts(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_count(text, 0);
    assert_string_equal(text, "0");
    format_count(text, 999999);
    assert_string_equal(text, "999999");
    format_count(text, 1000000);
    assert_string_equal(text, "1.00M");
    format_count(text, 12345678);
    assert_string_equal(text, "12.3M");
    format_count(text, 999600000);
    assert_string_equal(text, "1.00G");
    format_count(text, UINT64_MAX);
    assert_string_equal(text, "18.4E");
}

static void test_grouped(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_grouped(text, 0);
    assert_string_equal(text, "0");
    format_grouped(text, 999);
    assert_string_equal(text, "999");
    format_grouped(text, 3204);
    assert_string_equal(text, "3,204");
    format_grouped(text, 100000);
    assert_string_equal(text, "100,000");
    format_grouped(text, UINT64_MAX);
    assert_string_equal(text, "18,446,744,073,709,551,615");
}

static void test_durations(void **state)
{
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {
        {0, "0 us"},
        {350000, "350 us"},
        {999600, "1.0 ms"},
        {12340000, "12.3 ms"},
        {1240 * NS_PER_MS, "1.24 s"},
        {123 * NS_PER_SECOND, "2m03s"},
        {3720 * NS_PER_SECOND, "1h02m"},
        {(3 * 24 + 4) * 3600 * NS_PER_SECOND, "3d04h"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[FORMAT_SIZE];
        format_duration(text, cases[i].ns);
        assert_string_equal(text, cases[i].text);
    }
}

static void test_time(void **state)
{
    char text[FORMAT_SIZE];
    (void)state;
    format_time(text, 43203120 * NS_PER_MS, 0);
    assert_string_equal(text, "12:00:03");
    format_time(text, 43203120 * NS_PER_MS, 1);
    assert_string_equal(text, "12:00:03.120");
}

static void test_heat(void **state)
{
    (void)state;
    assert_int_equal(format_heat(0), HEAT_ZERO);
    assert_int_equal(format_heat(-1), HEAT_SHRINK);
    assert_int_equal(format_heat(1), HEAT_GROW);
    assert_int_equal(format_heat(MIB), HEAT_WARM);
    assert_int_equal(format_heat(64 * MIB), HEAT_HOT);
    assert_int_equal(format_heat_style(HEAT_HOT), STYLE_HOT);
}

static void test_spark(void **state)
{
    (void)state;
    assert_int_equal(format_spark(0, 0, 8), 0x2581);
    assert_int_equal(format_spark(8, 0, 8), 0x2588);
    assert_int_equal(format_spark(4, 0, 8), 0x2585);
    assert_int_equal(format_spark(-5, 0, 8), 0x2581);
    assert_int_equal(format_spark(9, 0, 8), 0x2588);
    assert_int_equal(format_spark(5, 5, 5), 0x2581);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_deltas),
        cmocka_unit_test(test_nothing_is_too_wide),
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_grouped),
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_heat),
        cmocka_unit_test(test_spark),
        cmocka_unit_test(test_bytes_of_the_heap),
        cmocka_unit_test(test_bytes_of_the_heap_fit),
        cmocka_unit_test(test_increments),
        cmocka_unit_test(test_trend),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
