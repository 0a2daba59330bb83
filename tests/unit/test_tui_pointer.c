#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/attributes.h"
#include "tui/pointer.h"

struct bytes {
    const char *text;
    size_t len, at;
};

static int next_of(void *context)
{
    struct bytes *bytes = context;
    return bytes->at < bytes->len ? (unsigned char)bytes->text[bytes->at++] : -1;
}

/* What is behind the beginning of a report. */
static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text), 0};
}

static void assert_report(const char *text, bool in_bytes, int key, int row, int col)
{
    struct bytes bytes = bytes_of(text);
    struct key_event event = {.key = K_NONE};
    assert_int_equal(pointer_read(next_of, &bytes, in_bytes, &event), key);
    assert_int_equal(event.row, row);
    assert_int_equal(event.col, col);
    assert_int_equal(bytes.at, bytes.len);
}

static void test_reports_in_digits(void **state)
{
    (void)state;
    assert_report("0;1;1M", false, K_CLICK, 0, 0);
    assert_report("0;300;25M", false, K_CLICK, 24, 299);
    assert_report("16;7;8M", false, K_CLICK, 7, 6); /* with control */
    assert_report("64;5;6M", false, K_WHEEL_UP, 5, 4);
    assert_report("65;5;6M", false, K_WHEEL_DOWN, 5, 4);
    assert_report("2;5;6M", false, K_UNKNOWN, 5, 4); /* the right button */
    assert_report("0;5;6m", false, K_UNKNOWN, 0, 0); /* let go */
}

static void test_reports_in_bytes(void **state)
{
    (void)state;
    assert_report(" !!", true, K_CLICK, 0, 0);
    assert_report(" \xFF%", true, K_CLICK, 4, 222);
    assert_report("`!\"", true, K_WHEEL_UP, 1, 0);
    assert_report("a!\"", true, K_WHEEL_DOWN, 1, 0);
    assert_report("#!\"", true, K_UNKNOWN, 1, 0); /* let go */
}

static void test_reports_that_are_cut_short_or_none(void **state)
{
    static const char *const digits[] = {"", "0", "0;", "0;1;", "0;1;2", "x", ";;M", "0;0;5M"};
    static const char *const bytes[] = {"", " ", " !", " ! "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(digits); i++)
        assert_report(digits[i], false, K_UNKNOWN, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(bytes); i++)
        assert_report(bytes[i], true, K_UNKNOWN, 0, 0);
}

static void test_what_has_no_end(void **state)
{
    char text[4096];
    struct key_event event = {.key = K_NONE};
    (void)state;
    memset(text, '9', sizeof text);
    struct bytes bytes = {text, sizeof text, 0};
    assert_int_equal(pointer_read(next_of, &bytes, false, &event), K_UNKNOWN);
    assert_in_range(bytes.at, 1, 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reports_in_digits),
        cmocka_unit_test(test_reports_in_bytes),
        cmocka_unit_test(test_reports_that_are_cut_short_or_none),
        cmocka_unit_test(test_what_has_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
