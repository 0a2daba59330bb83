/* report/log_time: the forms of Application Insights, of the portal and of consoles. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "report/log_time.h"

/* 2024-05-01 12:34:56 UTC */
static const uint64_t noon_s = 1714566896;

static void is(const char *text, uint64_t seconds, uint64_t ns)
{
    uint64_t found = 0;
    assert_true(log_time_parse(span_of(text), &found));
    assert_int_equal(found, seconds * NS_PER_SECOND + ns);
}

static void test_forms(void **state)
{
    (void)state;
    is("2024-05-01T12:34:56Z", noon_s, 0);
    is("2024-05-01 12:34:56", noon_s, 0);
    is("2024-05-01T12:34:56.7890123Z", noon_s, 789012300);
    is("2024-05-01T12:34:56.7890123456789Z", noon_s, 789012345);
    is("2024-05-01T14:34:56.5+02:00", noon_s, 500000000);
    is("2024-05-01T07:04:56-0530 ", noon_s, 0);
    is("5/1/2024, 12:34:56.789 PM", noon_s, 789000000);
    is("05/01/2024 12:34:56 pm", noon_s, 0);
    is("5/1/2024, 12:34:56 AM", noon_s - 43200, 0);
    is("1.5.2024, 12:34:56,789", noon_s, 789000000);
    is("01.05.2024 12:34:56", noon_s, 0);
    is("2024/5/1 12:34:56.5", noon_s, 500000000);
    is("2024-02-29T00:00:00Z", 1709164800, 0);
    is("2000-03-01T00:00:00Z", 951868800, 0);
    is("1999-12-31T23:59:60Z", 946684800, 0);
}

static void test_none(void **state)
{
    static const char *const texts[] = {
        "",
        "yesterday",
        "2024-05-01",
        "2024-05-01T12:34Z",
        "2024-13-01T12:34:56Z",
        "2024-05-32T12:34:56Z",
        "2024-05-01T24:34:56Z",
        "2024-05-01T12:34:56 CEST",
        "2024-05-01T12:34:56+99:00",
        "1969-05-01T12:34:56Z",
        "9999-05-01T12:34:56Z",
        "1/5/2024 12:34:56",
        "5/1/2024, 13:34:56 PM",
        "5/1/2024, 0:34:56 AM",
        "1/5/2024, 12:34:56",
        "1.13.2024 12:34:56",
        "1.5.24 12:34:56",
        "2024/13/1 12:34:56",
    };
    uint64_t found;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(log_time_parse(span_of(texts[i]), &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_forms), cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
