/* Durations as .NET reads them. */
#include "config.h"

#include "base/clock.h"
#include "host/time_span.h"
#include "tests/unit/host_fixture.h"

#define DAY 86400ULL

static void assert_ns(const char *text, uint64_t ns, bool negative)
{
    struct time_span span;
    assert_int_equal(time_span_parse(text, &span), 0);
    assert_true(span.ns == ns);
    assert_int_equal(span.negative, negative);
}

static void assert_seconds(const char *text, uint64_t seconds)
{
    assert_ns(text, seconds * NS_PER_SECOND, false);
}

static void test_durations(void **state)
{
    (void)state;
    assert_seconds("00:05", 300);
    assert_seconds("1:2:3", 3723);
    assert_seconds(" 23:59:59\t", DAY - 1);
    assert_seconds("1.02:03", DAY + 2 * 3600 + 3 * 60);
    assert_seconds("1.02:03:04", DAY + 2 * 3600 + 3 * 60 + 4);
    assert_seconds("1:02:03:04", DAY + 2 * 3600 + 3 * 60 + 4);
    assert_seconds("5", 5 * DAY);
    assert_seconds("24:00:00", 24 * DAY);
    assert_ns("00:00:00.5", 500 * NS_PER_MS, false);
    assert_ns("1.00:00:00.0000001", DAY * NS_PER_SECOND + 100, false);
    assert_ns("-1", DAY * NS_PER_SECOND, true);
    assert_ns("-00:00:01", NS_PER_SECOND, true);
    assert_ns("10675199", UINT64_MAX, false);
}

static void test_what_is_none(void **state)
{
    static const char *const wrong[] = {"",           "-",
                                        " ",          "x",
                                        "1x",         "1.",
                                        "1.5",        "1.24:00",
                                        "24:00",      "00:60:00",
                                        "00:00:60",   "1:2:3:4:5",
                                        "1:2:3:4:",   "00:00:00.",
                                        "00:00:01.x", "00:00:01 x",
                                        "+00:01:00",  "00:01.5",
                                        ":00:01",     "1..02:03",
                                        "10675200",   "00:00:0.12345678"};
    struct time_span span;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (time_span_parse(wrong[i], &span) == 0)
            fail_msg("'%s' was read as a duration", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations),
        cmocka_unit_test(test_what_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
