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

static const uint64_t days_s = 86400;

static void is_by(enum date_order order, const char *text, uint64_t seconds, uint64_t ns,
                  bool is_unsure)
{
    struct log_time found;
    assert_true(log_time_parse(span_of(text), order, &found));
    assert_int_equal(found.realtime_ns, seconds * NS_PER_SECOND + ns);
    assert_int_equal(found.is_unsure, is_unsure);
}

static void is(const char *text, uint64_t seconds, uint64_t ns)
{
    is_by(DATE_PLAIN, text, seconds, ns, false);
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
    is("2024-05-01 12:34", noon_s - 56, 0);
    is("1.5.2024, 12:34:56,789", noon_s, 789000000);
    is("01.05.2024 12:34:56", noon_s, 0);
    is("1.5.2024 12:34", noon_s - 56, 0);
    is("2024/5/1 12:34:56.5", noon_s, 500000000);
    is("2024-02-29T00:00:00Z", 1709164800, 0);
    is("2000-03-01T00:00:00Z", 951868800, 0);
    is("1999-12-31T23:59:60Z", 946684800, 0);
}

/* Which number is the day: the numbers say it, or who asks, or what is usual. */
static void test_either(void **state)
{
    static const enum date_order day = DATE_DAY_FIRST, month = DATE_MONTH_FIRST;
    const uint64_t jan_5_s = noon_s - (uint64_t)117 * days_s, may_13_s = noon_s + 12 * days_s;
    (void)state;
    is_by(DATE_PLAIN, "5/1/2024, 12:34:56.789 PM", noon_s, 789000000, true);
    is_by(DATE_PLAIN, "05/01/2024 12:34:56 pm", noon_s, 0, true);
    is_by(DATE_PLAIN, "5/1/2024, 12:34:56 AM", noon_s - 43200, 0, true);
    is_by(DATE_PLAIN, "5/1/2024, 12:34:56\xE2\x80\xAFPM", noon_s, 0, true);
    is_by(DATE_PLAIN, "5/1/2024, 12:34:56\xC2\xA0p.\xC2\xA0m.", noon_s, 0, true);
    is_by(DATE_PLAIN, "5/1/2024, 12:34PM", noon_s - 56, 0, true);
    is_by(DATE_PLAIN, "5/1/2024, 12:34:56", jan_5_s, 0, true);
    is_by(DATE_PLAIN, "05-01-2024 12:34", jan_5_s - 56, 0, true);
    is_by(month, "5/1/2024, 12:34:56", noon_s, 0, true);
    is_by(month, "5-1-2024 12:34:56", noon_s, 0, true);
    is_by(day, "1/5/2024 12:34:56 PM", noon_s, 0, true);
    is_by(day, "5/13/2024 12:34:56", may_13_s, 0, false);
    is_by(month, "13/5/2024, 12:34:56 pm", may_13_s, 0, false);
    is_by(DATE_PLAIN, "13/5/2024 12:34:56", may_13_s, 0, false);
    is_by(DATE_PLAIN, "5/5/2024 12:34:56", noon_s + 4 * days_s, 0, false);
}

static void test_order(void **state)
{
    static const struct {
        const char *text;
        enum date_order order;
    } known[] = {{"13/5/2024 1:00:00", DATE_DAY_FIRST}, {"5/13/2024 1:00:00", DATE_MONTH_FIRST},
                 {"5/1/2024 1:00:00", DATE_DAY_FIRST},  {"5/1/2024 1:00 AM", DATE_MONTH_FIRST},
                 {"5/5/2024 1:00:00", DATE_PLAIN},      {"5.1.2024 1:00:00", DATE_PLAIN},
                 {"2024-05-01T12:34:56Z", DATE_PLAIN}};
    struct log_time found;
    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_true(log_time_parse(span_of(known[i].text), DATE_PLAIN, &found));
        assert_int_equal(found.order, known[i].order);
    }
}

static void test_exchange(void **state)
{
    struct log_time one, other;
    (void)state;
    assert_true(log_time_parse(span_of("12/2/2024 23:59:59.125"), DATE_DAY_FIRST, &one));
    assert_true(log_time_parse(span_of("12/2/2024 23:59:59.125"), DATE_MONTH_FIRST, &other));
    assert_int_not_equal(one.realtime_ns, other.realtime_ns);
    assert_int_equal(log_time_exchange(one.realtime_ns), other.realtime_ns);
    assert_int_equal(log_time_exchange(other.realtime_ns), one.realtime_ns);
}

static void test_none(void **state)
{
    static const char *const texts[] = {
        "",
        "yesterday",
        "2024-05-01",
        "2024-13-01T12:34:56Z",
        "2024-05-32T12:34:56Z",
        "2024-05-01T24:34:56Z",
        "2024-05-01T12:34:56 CEST",
        "2024-05-01T12:34:56+99:00",
        "1969-05-01T12:34:56Z",
        "9999-05-01T12:34:56Z",
        "5/1/2024, 13:34:56 PM",
        "5/1/2024, 0:34:56 AM",
        "5/1/2024, 1:34:56 XM",
        "5/1/2024, 1:34:56 P",
        "5/1-2024 12:34:56",
        "13/13/2024 12:34:56",
        "0/5/2024 12:34:56",
        "5/1/24 12:34:56",
        "5/1/2024",
        "5/1/2024 12",
        "1.13.2024 12:34:56",
        "1.5.24 12:34:56",
        "2024/13/1 12:34:56",
    };
    struct log_time found;
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_false(log_time_parse(span_of(texts[i]), DATE_PLAIN, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms), cmocka_unit_test(test_either), cmocka_unit_test(test_order),
        cmocka_unit_test(test_exchange), cmocka_unit_test(test_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
