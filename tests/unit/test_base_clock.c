/* base/clock: running, fixed, and as text. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/clock.h"

static void test_runs_forward(void **state)
{
    (void)state;
    uint64_t before = clock_monotonic_ns();
    uint64_t after = clock_monotonic_ns();
    assert_true(before > 0);
    assert_true(after >= before);
    assert_true(clock_realtime_ns() > 1600000000 * NS_PER_SECOND); /* after 2020 */
}

static void test_fixed(void **state)
{
    (void)state;
    clock_fix(42);
    assert_int_equal(clock_monotonic_ns(), 42);
    assert_int_equal(clock_realtime_ns(), 42);
    clock_fix(0);
    assert_true(clock_realtime_ns() > 1600000000 * NS_PER_SECOND);
}

static void check_iso(uint64_t ns, const char *expected)
{
    char text[CLOCK_ISO_SIZE];
    clock_format_iso(ns, text);
    assert_string_equal(text, expected);
}

static void test_iso(void **state)
{
    (void)state;
    check_iso(0, "1970-01-01T00:00:00.000Z");
    check_iso(1, "1970-01-01T00:00:00.000Z");
    check_iso(NS_PER_SECOND - 1, "1970-01-01T00:00:00.999Z");
    check_iso(1709210096 * NS_PER_SECOND + 7 * NS_PER_MS, "2024-02-29T12:34:56.007Z");
    /* The greatest time that 64 bits of nanoseconds hold; the size in the header fits it. */
    check_iso(UINT64_MAX, "2554-07-21T23:34:33.709Z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_forward),
        cmocka_unit_test(test_fixed),
        cmocka_unit_test(test_iso),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
