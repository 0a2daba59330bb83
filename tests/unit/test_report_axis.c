/* report/axis: ticks at numbers that people count in, and how they are written. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/axis.h"

static void check_step(double range, int most, double expected)
{
    double step = axis_step(range, most);
    if (step < expected * 0.999999 || step > expected * 1.000001)
        fail_msg("a range of %g in %d: %g, not %g", range, most, step, expected);
}

static void test_steps(void **state)
{
    (void)state;
    check_step(10, 10, 1);
    check_step(10, 9, 2);
    check_step(100, 6, 20);
    check_step(0.3, 6, 0.05);
    check_step(1e-6, 6, 2e-7);
    check_step(7e11, 6, 2e11);
    for (double range = 1e-9; range < 1e12; range *= 1.37)
        assert_true(range / axis_step(range, 6) <= 6.000001);
}

static void test_time_steps(void **state)
{
    (void)state;
    assert_true(axis_time_step(100, 10) == 10);
    assert_true(axis_time_step(110, 10) == 15);
    assert_true(axis_time_step(3600, 6) == 600);
    assert_true(axis_time_step(86400, 6) == 6 * 3600);
    assert_true(axis_time_step(86400.0 * 300, 10) == 86400.0 * 50);
    for (double range = 1e-6; range < 1e10; range *= 1.37)
        assert_true(range / axis_time_step(range, 10) <= 10.000001);
}

static void test_text(void **state)
{
    (void)state;
    char text[MARKUP_NUMBER];
    assert_int_equal(axis_digits(1), 0);
    assert_int_equal(axis_digits(20), 0);
    assert_int_equal(axis_digits(0.5), 1);
    assert_int_equal(axis_digits(0.05), 2);
    assert_int_equal(axis_digits(1e-12), 6);
    assert_string_equal(axis_time(text, 0.5, 0.25, 2), "0.5");
    assert_string_equal(axis_time(text, 90, 30, 119), "90");
    assert_string_equal(axis_time(text, 90, 30, 120), "1:30");
    assert_string_equal(axis_time(text, 3725, 30, 4000), "1:02:05");
    assert_string_equal(axis_time_name(3), "seconds");
    assert_string_equal(axis_time_name(300), "m:ss");
    assert_string_equal(axis_time_name(30000), "h:mm:ss");
    assert_string_equal(axis_unit(5e9).name, "MiB");
    assert_string_equal(axis_unit(5e10).name, "GiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_time_steps),
        cmocka_unit_test(test_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
