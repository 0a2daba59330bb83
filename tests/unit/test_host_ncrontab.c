#include "config.h"

#include <time.h>

#include "base/clock.h"
#include "host/ncrontab.h"
#include "tests/unit/host_fixture.h"

/* Time zones by their rules, so that the tests need no database of them. */
#define PACIFIC   "PST8PDT,M3.2.0,M11.1.0"
#define BERLIN    "CET-1CEST,M3.5.0,M10.5.0/3"
#define DUBLIN    "IST-1GMT0,M10.5.0,M3.5.0/1"
#define LORD_HOWE "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"
#define ST_JOHNS  "NST3:30NDT,M3.2.0/0:01,M11.1.0/0:01"
#define TROLL     "<+00>0<+02>-2,M3.5.0/1,M10.5.0/3"
#define INDIA     "IST-5:30"
/* Nobody's: a whole day is left out in May, and comes twice in April. */
#define DAY_LINE "<-10>10<+14>-14,M5.1.5/0,M4.1.0/0"

static struct ncrontab schedule;
static struct error error;

static void use_zone(const char *zone)
{
    setenv("TZ", zone, 1);
    tzset();
}

static int use_utc(void **state)
{
    (void)state;
    use_zone("UTC0");
    return 0;
}

static void parse(const char *text)
{
    if (ncrontab_parse(&schedule, text, &error))
        fail_msg("'%s' is refused: %s", text, error.text);
}

/* "2024-02-29 09:30:00", with "-0800" behind it or in the local time zone. */
static uint64_t instant(const char *text)
{
    struct tm date = {.tm_isdst = -1};
    int fields = sscanf(text, "%d-%d-%d %d:%d:%d", &date.tm_year, &date.tm_mon, &date.tm_mday,
                        &date.tm_hour, &date.tm_min, &date.tm_sec);
    assert_int_equal(fields, 6);
    date.tm_year -= 1900;
    date.tm_mon -= 1;
    if (strlen(text) < 24)
        return (uint64_t)mktime(&date) * NS_PER_SECOND;
    int offset = (int)strtol(text + 20, NULL, 10);
    return (uint64_t)(timegm(&date) - (offset / 100 * 60 + offset % 100) * 60) * NS_PER_SECOND;
}

static const char *shown(uint64_t time_ns)
{
    static char text[64];
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm local;
    if (time_ns == NCRONTAB_NEVER)
        return "never";
    assert_int_equal(time_ns % NS_PER_SECOND, 0);
    localtime_r(&seconds, &local);
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S %z", &local);
    return text;
}

/* The occurrences after `from`, one after the other; each is written as shown() does, up to where
 * the expected text ends. */
static void assert_occurrences(const char *text, const char *from, const char *const expected[])
{
    parse(text);
    uint64_t at = instant(from);
    for (size_t i = 0; expected[i]; i++) {
        uint64_t next = ncrontab_next(&schedule, at);
        if (strncmp(shown(next), expected[i], strlen(expected[i])) != 0)
            fail_msg("'%s' from %s: occurrence %zu is %s and not %s", text, from, i, shown(next),
                     expected[i]);
        at = next;
    }
}

#define assert_next(text, from, ...)                                                               \
    assert_occurrences(text, from, (const char *const[]){__VA_ARGS__, NULL})

static void assert_text(const char *text, const char *expected)
{
    char out[NCRONTAB_TEXT_SIZE];
    parse(text);
    ncrontab_format(&schedule, out);
    assert_string_equal(out, expected);
}

static void assert_refused(const char *text, const char *part)
{
    error.text[0] = '\0';
    if (ncrontab_parse(&schedule, text, &error) == 0)
        fail_msg("'%s' is taken", text);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_holds(error.text, part);
}

/* ---- reading ---- */

static void test_fields(void **state)
{
    static const struct {
        const char *text, *expected;
    } table[] = {
        {"* * * * * *", "* * * * * *"},
        {"  0   0 0  1 1  0 ", "0 0 0 1 1 0"},
        {"59 59 23 31 12 6", "59 59 23 31 12 6"},
        {"007 00 0 01 1 *", "7 0 0 1 1 *"},
        {"0 1,2,3,7 * * * *", "0 1-3,7 * * * *"},
        {"0 7,3,1,3 * * * *", "0 1,3,7 * * * *"},
        {"0 0-59 * * * *", "0 * * * * *"},
        {"0 5-1 * * * *", "0 1-5 * * * *"},
        {"0 0 22-2 * * *", "0 0 2-22 * * *"},
        {"0 5-5 * * * *", "0 5 * * * *"},
        {"0 *,5 * * * *", "0 * * * * *"},
        {"0 */15 * * * *", "0 0,15,30,45 * * * *"},
        {"0 */1 * * * *", "0 * * * * *"},
        {"0 */0 * * * *", "0 * * * * *"},
        {"0 */60 * * * *", "0 0 * * * *"},
        {"0 */2147483647 * * * *", "0 0 * * * *"},
        {"0 1/2147483647 * * * *", "0 1 * * * *"},
        {"0 7/20 * * * *", "0 7,27,47 * * * *"},
        {"0 59/5 * * * *", "0 59 * * * *"},
        {"0 10-40/15 * * * *", "0 10,25,40 * * * *"},
        {"0 10-41/15,3 * * * *", "0 3,10,25,40 * * * *"},
        {"0 0 */5 * * *", "0 0 0,5,10,15,20 * * *"},
        {"0 0 0 */10 * *", "0 0 0 1,11,21,31 * *"},
        {"0 0 0 1-31 1-12 0-6", "0 0 0 * * *"},
        {"0 0 0 * */2 *", "0 0 0 * 1,3,5,7,9,11 *"},
        {"0 0 0 * Jan-Mar,december *", "0 0 0 * 1-3,12 *"},
        {"0 0 0 * Dec-Oct *", "0 0 0 * 10-12 *"},
        {"0 0 0 * january,FeB,Mar,april,May,JuNE,July,Augu,SEPT-October,Nov,DECEM *",
         "0 0 0 * * *"},
        {"0 0 0 * J,M,Ju *", "0 0 0 * 1,3,6 *"},
        {"0 0 0 * * Mon", "0 0 0 * * 1"},
        {"0 0 0 * * SUNDAY,wednes", "0 0 0 * * 0,3"},
        {"0 0 0 * * Mon-Fri", "0 0 0 * * 1-5"},
        {"0 0 0 * * Fri-Mon", "0 0 0 * * 1-5"},
        {"0 0 0 * * Tue/2", "0 0 0 * * 2,4,6"},
        {"0 0 0 * 2-Apr 1-Wed/2", "0 0 0 * 2-4 1,3"},
        /* Without seconds. */
        {"* * * * *", "* * * * *"},
        {" */30 9 * * 1 ", "0,30 9 * * 1"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char expected[NCRONTAB_TEXT_SIZE];
        snprintf(expected, sizeof expected, "Cron: '%s'", table[i].expected);
        assert_text(table[i].text, expected);
    }
}

/* Every second value of each field: the longest text that there is. */
static void test_longest_text(void **state)
{
    char out[NCRONTAB_TEXT_SIZE];
    (void)state;
    parse("1/2 1/2 1/2 1/2 1/2 1/2");
    ncrontab_format(&schedule, out);
    assert_int_equal(strlen(out), strlen("Cron: ''") + 84 + 84 + 30 + 42 + 12 + 5 + 5);
}

static void test_bad_fields(void **state)
{
    static const struct {
        const char *text, *part;
    } table[] = {
        {"60 * * * * *", "has the second '60': write 0 to 59, or *"},
        {"* 60 * * * *", "has the minute '60': write 0 to 59, or *"},
        {"* * 24 * * *", "has the hour '24': write 0 to 23, or *"},
        {"* * * 0 * *", "has the day '0': write 1 to 31, or *"},
        {"* * * 32 * *", "has the day '32'"},
        {"* * * * 0 *", "has the month '0': write 1 to 12, or Jan to Dec, or *"},
        {"* * * * 13 *", "has the month '13'"},
        {"* * * * * 7", "has the day of the week '7': write 0 (Sunday) to 6 (Saturday), or Sun"},
        {"60 * * * *", "has the minute '60'"},
        {"* 24 * * *", "has the hour '24'"},
        {"* * 1,2,3,456,7 * * *", "has the hour '456'"},
        {"* * 1-99 * * *", "has the hour '99'"},
        {"* * 24-26 * * *", "has the hour '24'"},
        {"* * 24/2 * * *", "has the hour '24'"},
        {"* * 99999999999999999999 * * *", "has the hour '99999999999999999999'"},
        {"* * 3-l2 * * *", "has the hour 'l2'"},
        {"* * -3 * * *", "has the hour '-3'"},
        {"* * +3 * * *", "has the hour '+3'"},
        {"* * 3x * * *", "has the hour '3x'"},
        {"* * 1-2-3 * * *", "has the hour '2-3'"},
        {"* * /5 * * *", "has the hour '/5'"},
        {"* * **/5 * * *", "has the hour '**'"},
        {"* * *-5 * * *", "has the hour '*'"},
        {"* * ? * * *", "has the hour '?'"},
        {"* * * L * *", "has the day 'L'"},
        {"* * * 15W * *", "has the day '15W'"},
        {"* * * Mon * *", "has the day 'Mon'"},
        {"* * * * Foo *", "has the month 'Foo'"},
        {"* * * * Marches *", "has the month 'Marches'"},
        {"* * * * * Mon,bad,Wed", "has the day of the week 'bad'"},
        {"* * * * * Fri#2", "has the day of the week 'Fri#2'"},
        {"* * 1, * * *", "has an empty value in its hour field: write 0 to 23"},
        {"* * 1,,2 * * *", "has an empty value in its hour field"},
        {"* * ,1 * * *", "has an empty value in its hour field"},
        {"* * 1- * * *", "has an empty value in its hour field"},
        {"* * 1/ * * *", "has the step '' in its hour field: write a number after the slash"},
        {"* * 1/x * * *", "has the step 'x' in its hour field"},
        {"* * */-5 * * *", "has the step '-5'"},
        {"* * 1/2/3 * * *", "has the step '2/3'"},
        {"* * */99999999999 * * *", "has the step '99999999999'"},
        {"", "has not six fields but 0: write 'second minute hour day month day-of-week'"},
        {"   ", "has not six fields but 0"},
        {"invalid", "has not six fields but 1"},
        {"@daily", "has not six fields but 1"},
        {"%SCHEDULE%", "has not six fields but 1"},
        {"* * * *", "has not six fields but 4"},
        {"* * * * * * *", "has not six fields but 7"},
        {"*\t*\t*\t*\t*\t*", "has not six fields but 1"},
        {"0\n * * * * *", "has the second '0 '"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_refused(table[i].text, table[i].part);
    assert_refused("\033[31m * * * * *", "the schedule '^[[31m * * * * *' has the second '^[[31m'");
}

static void test_spans(void **state)
{
    static const struct {
        const char *text, *expected;
    } table[] = {
        {"00:05:00", "00:05:00"},
        {" 00:05:00 ", "00:05:00"},
        {"0:0:1", "00:00:01"},
        {"23:59:59", "23:59:59"},
        {"00:00:01.5", "00:00:01.5000000"},
        {"00:00:00.0000001", "00:00:00.0000001"},
        {"1.00:00:00", "1.00:00:00"},
        {"1.02:03:04.05", "1.02:03:04.0500000"},
        {"1:02:03:04.05", "1.02:03:04.0500000"},
        {"25:00:00:00", "25.00:00:00"},
        {"1.00:00", "1.00:00:00"},
        {"06:30", "06:30:00"},
        {"7", "7.00:00:00"},
        {"36525", "36525.00:00:00"},
        /* No hours that there are, so days. */
        {"24:00:00", "24.00:00:00"},
        {"24:05:30", "24.05:30:00"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        char expected[NCRONTAB_TEXT_SIZE];
        snprintf(expected, sizeof expected, "Constant: %s", table[i].expected);
        assert_text(table[i].text, expected);
    }
}

static void test_bad_spans(void **state)
{
    static const char *const table[] = {
        "24:00",
        "00:60:00",
        "00:00:60",
        "24:60:00",
        "1.24:00:00",
        "00:05:00x",
        ":05:00",
        "00::00",
        "00:05:",
        "1.2.3:00",
        "1:2:3:4:5",
        "00:00:00.",
        "00:00:00.00000001",
        "36526",
        "1.00:00:0.1.",
        "1:2:3:4:5:6",
        "99999999999:00",
        "00:05:00.-1",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_refused(table[i], "is no time span: write hh:mm:ss or d.hh:mm:ss, with at most");
    assert_refused("00:00:00", "is a time span of nothing");
    assert_refused("0", "is a time span of nothing or less");
    assert_refused("-00:05:00", "is a time span of nothing or less");
    assert_refused("36525.00:00:01", "is no time span");
    assert_refused("10675199", "is no time span");
}

static void test_frequency(void **state)
{
    static const struct {
        const char *text;
        bool is_frequent;
    } table[] = {
        {"* * * * * *", true},       {"*/10 * * * * *", true}, {"0,1 * * * * *", true},
        {"*/30 0-59 * * * *", true}, {"0 * * * * *", false},   {"*/10 0-58 * * * *", false},
        {"* * * * 1-11 *", false},   {"* * * * *", false},     {"00:00:59.9", true},
        {"00:01:00", false},         {"1.00:00:01", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        parse(table[i].text);
        if (ncrontab_is_frequent(&schedule) != table[i].is_frequent)
            fail_msg("'%s'", table[i].text);
    }
}

/* ---- the next occurrence ---- */

static void test_next(void **state)
{
    static const struct {
        const char *text, *from, *expected;
    } table[] = {
        {"* * * * * *", "2024-01-01 00:00:00", "2024-01-01 00:00:01"},
        {"* * * * * *", "2024-12-31 23:59:59", "2025-01-01 00:00:00"},
        {"0 * * * * *", "2024-01-01 00:59:59", "2024-01-01 01:00:00"},
        {"* * * * *", "2024-01-01 00:00:01", "2024-01-01 00:01:00"},
        {"45-47,48,49 * * * * *", "2024-01-01 00:00:49", "2024-01-01 00:01:45"},
        {"2/5 * * * * *", "2024-01-01 00:00:57", "2024-01-01 00:01:02"},
        {"* 0-1 10 * * *", "2021-02-24 09:50:35", "2021-02-24 10:00:00"},
        {"* 55 * * * *", "2021-02-24 09:50:35", "2021-02-24 09:55:00"},
        {"3 45 * * * *", "2024-01-01 00:45:03", "2024-01-01 01:45:03"},
        {"0 30 9 * * *", "2024-01-01 09:30:00", "2024-01-02 09:30:00"},
        {"0 30 9 * * *", "2024-01-01 09:29:59", "2024-01-01 09:30:00"},
        {"30 * 1 * *", "2003-01-07 00:00:00", "2003-02-01 00:30:00"},
        {"0 0 15,30,31 * *", "2000-01-31 00:00:00", "2000-02-15 00:00:00"},
        {"0 0 15,30,31 * *", "2000-02-15 00:00:00", "2000-03-15 00:00:00"},
        {"0 0 15,30,31 * *", "2000-04-30 00:00:00", "2000-05-15 00:00:00"},
        {"0 0 31 * *", "2023-01-31 00:00:00", "2023-03-31 00:00:00"},
        {"10 * * 6 *", "2003-12-01 05:00:00", "2004-06-01 00:10:00"},
        {"10 * * February,April-Jun *", "2002-07-01 05:00:00", "2003-02-01 00:10:00"},
        {"30 6 * * 0", "2003-06-26 10:00:00", "2003-06-29 06:30:00"},
        {"15 18 * * Mon", "2003-06-02 18:15:00", "2003-06-09 18:15:00"},
        /* Day and day of the week have to fit both. */
        {"45 16 1 * Mon", "2003-01-01 12:00:00", "2003-09-01 16:45:00"},
        {"0 0 0 13 * Fri", "2024-01-01 00:00:00", "2024-09-13 00:00:00"},
        {"0 0 0 25-31 12 5", "2024-01-01 00:00:00", "2024-12-27 00:00:00"},
        /* Leap years: 2100 is none. */
        {"1 12 29 2 *", "2000-02-29 12:01:00", "2004-02-29 12:01:00"},
        {"0 0 0 29 Feb *", "2096-02-29 00:00:00", "2104-02-29 00:00:00"},
        {"0 0 0 29 Feb Mon", "2024-03-01 00:00:00", "2044-02-29 00:00:00"},
        {"0 0 0 29 Feb Sun", "2088-03-01 00:00:00", "2128-02-29 00:00:00"},
        {"0 0 0 28 Feb *", "2023-02-28 00:00:00", "2024-02-28 00:00:00"},
        {"0 0 0 * Mar *", "2023-02-28 23:59:59", "2023-03-01 00:00:00"},
        /* Beyond the seconds that 32 bits hold. */
        {"* * * * * *", "2038-01-19 03:14:07", "2038-01-19 03:14:08"},
        {"0 0 9 * * 1", "2106-02-07 06:28:15", "2106-02-08 09:00:00"},
        {"0 0 0 1 1 *", "2399-06-01 00:00:00", "2400-01-01 00:00:00"},
        {"* * * * * *", "1970-01-01 00:00:00", "1970-01-01 00:00:01"},
        /* Dates that there are not. */
        {"0 0 0 30 Feb *", "2024-01-01 00:00:00", "never"},
        {"* * * 31 2,4,6,9,11 *", "2024-01-01 00:00:00", "never"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_next(table[i].text, table[i].from, table[i].expected);
}

static void test_within_a_second(void **state)
{
    (void)state;
    parse("* * * * * *");
    uint64_t at = instant("2024-01-01 00:00:00");
    assert_int_equal(ncrontab_next(&schedule, at + 1), at + NS_PER_SECOND);
    assert_int_equal(ncrontab_next(&schedule, at + NS_PER_SECOND - 1), at + NS_PER_SECOND);
    assert_int_equal(ncrontab_next(&schedule, at + NS_PER_SECOND), at + 2 * NS_PER_SECOND);
}

static void test_span_occurrences(void **state)
{
    (void)state;
    use_zone(PACIFIC);
    /* A day is 24 hours, whatever the clock shows. */
    assert_next("1.00:00:00", "2018-03-10 12:34:56", "2018-03-11 13:34:56 -0700",
                "2018-03-12 13:34:56 -0700");
    assert_next("00:30:00", "2018-11-04 01:30:00 -0700", "2018-11-04 01:00:00 -0800",
                "2018-11-04 01:30:00 -0800", "2018-11-04 02:00:00 -0800");
    parse("00:00:00.0000001");
    assert_int_equal(ncrontab_next(&schedule, 5), 105);
    assert_true(ncrontab_next(&schedule, UINT64_MAX - 99) == NCRONTAB_NEVER);
    assert_true(ncrontab_next(&schedule, UINT64_MAX - 1) == NCRONTAB_NEVER);
}

/* At the end of the range no date can be held; at its beginning the wall is a day behind. */
static void test_ends_of_time(void **state)
{
    (void)state;
    use_zone(PACIFIC);
    assert_next("* * * * * *", "1970-01-01 00:00:00 +0000", "1969-12-31 16:00:01 -0800");
    assert_next("0 0 9 1 1 *", "1970-01-01 00:00:00 +0000", "1970-01-01 09:00:00 -0800");
    parse("0 0 0 29 Feb *");
    assert_string_equal(shown(ncrontab_next(&schedule, UINT64_MAX - 1)), "never");
    parse("* * * * * *");
    assert_string_equal(shown(ncrontab_next(&schedule, UINT64_MAX - 1)), "never");
}

/* ---- where the clock is moved ---- */

static void test_clock_put_forward(void **state)
{
    (void)state;
    use_zone(PACIFIC); /* 2018-03-11 02:00 -> 03:00 */
    assert_next("0 30 * * * *", "2018-03-11 00:00:00", "2018-03-11 00:30:00 -0800",
                "2018-03-11 01:30:00 -0800", "2018-03-11 03:30:00 -0700",
                "2018-03-11 04:30:00 -0700");
    assert_next("0 30 1 * * *", "2018-03-10 00:00:00", "2018-03-10 01:30:00 -0800",
                "2018-03-11 01:30:00 -0800", "2018-03-12 01:30:00 -0700");
    /* Left out, and made up for an hour later. */
    assert_next("0 30 2 * * *", "2018-03-10 00:00:00", "2018-03-10 02:30:00 -0800",
                "2018-03-11 03:30:00 -0700", "2018-03-12 02:30:00 -0700");
    assert_next("0 30 2 * * *", "2018-03-11 03:29:59", "2018-03-11 03:30:00 -0700");
    assert_next("0 30 2 * * *", "2018-03-11 03:30:00", "2018-03-12 02:30:00 -0700");
    assert_next("0 30 2,3 * * *", "2018-03-11 00:00:00", "2018-03-11 03:30:00 -0700",
                "2018-03-12 02:30:00 -0700");
    /* Once, however much is left out. */
    assert_next("0 */20 2 * * *", "2018-03-11 00:00:00", "2018-03-11 03:00:00 -0700",
                "2018-03-12 02:00:00 -0700", "2018-03-12 02:20:00 -0700");
    assert_next("0 */20 2 * * *", "2018-03-11 03:10:00", "2018-03-12 02:00:00 -0700");
    assert_next("* * 2 * * *", "2018-03-11 00:00:00", "2018-03-11 03:00:00 -0700",
                "2018-03-12 02:00:00 -0700");
    /* The one that is only there on days when it is left out. */
    assert_next("0 30 2 8-14 3 0", "2018-01-01 00:00:00", "2018-03-11 03:30:00 -0700",
                "2019-03-10 03:30:00 -0700", "2020-03-08 03:30:00 -0700");
    assert_next("0 */20 * * * *", "2018-03-11 01:40:00", "2018-03-11 03:00:00 -0700",
                "2018-03-11 03:20:00 -0700");
    use_zone(LORD_HOWE); /* by half an hour: 2018-10-07 02:00 -> 02:30 */
    assert_next("0 15,40 2 * * *", "2018-10-07 00:00:00", "2018-10-07 02:40:00 +1100",
                "2018-10-07 02:45:00 +1100", "2018-10-08 02:15:00 +1100");
    use_zone(ST_JOHNS); /* at 00:01 */
    assert_next("0 30 0 * * *", "2018-03-10 12:00:00", "2018-03-11 01:30:00 -0230",
                "2018-03-12 00:30:00 -0230");
    assert_next("0 0 0 * * *", "2018-03-10 12:00:00", "2018-03-11 00:00:00 -0330",
                "2018-03-12 00:00:00 -0230");
}

static void test_clock_put_back(void **state)
{
    (void)state;
    use_zone(PACIFIC); /* 2018-11-04 02:00 -> 01:00 */
    assert_next("0 30 * * * *", "2018-11-04 00:00:00", "2018-11-04 00:30:00 -0700",
                "2018-11-04 01:30:00 -0700", "2018-11-04 01:30:00 -0800",
                "2018-11-04 02:30:00 -0800");
    assert_next("0 */20 * * * *", "2018-11-04 01:20:00 -0700", "2018-11-04 01:40:00 -0700",
                "2018-11-04 01:00:00 -0800", "2018-11-04 01:20:00 -0800",
                "2018-11-04 01:40:00 -0800", "2018-11-04 02:00:00 -0800");
    assert_next("* * * * * *", "2018-11-04 01:59:59 -0700", "2018-11-04 01:00:00 -0800");
    /* A time of day comes once, the first time. */
    assert_next("0 30 1 * * *", "2018-11-03 00:00:00", "2018-11-03 01:30:00 -0700",
                "2018-11-04 01:30:00 -0700", "2018-11-05 01:30:00 -0800");
    assert_next("0 30 1 * * *", "2018-11-04 01:29:00 -0800", "2018-11-05 01:30:00 -0800");
    assert_next("0 30 1 * * *", "2018-11-04 01:45:00 -0700", "2018-11-05 01:30:00 -0800");
    assert_next("0 0,30 1,3 * * *", "2018-11-04 00:00:00", "2018-11-04 01:00:00 -0700",
                "2018-11-04 01:30:00 -0700", "2018-11-04 03:00:00 -0800");
    /* Neighbours are a range, as Azure has it. */
    assert_next("0 0,1 1 * * *", "2018-11-04 01:01:00 -0700", "2018-11-04 01:00:00 -0800",
                "2018-11-04 01:01:00 -0800", "2018-11-05 01:00:00 -0800");
    assert_next("0 0 3 * * *", "2018-11-04 01:30:00 -0700", "2018-11-04 03:00:00 -0800");
    use_zone(BERLIN);
    assert_next("0 30 2 * * *", "2024-10-26 12:00:00", "2024-10-27 02:30:00 +0200",
                "2024-10-28 02:30:00 +0100");
    use_zone(DUBLIN); /* where winter is the exception */
    assert_next("0 30 1 * * *", "2024-10-26 12:00:00", "2024-10-27 01:30:00 +0100",
                "2024-10-28 01:30:00 +0000");
    assert_next("0 30 1 * * *", "2024-03-30 12:00:00", "2024-03-31 02:30:00 +0100",
                "2024-04-01 01:30:00 +0100");
    use_zone(INDIA);
    assert_next("0 30 2 * * *", "2024-10-26 12:00:00", "2024-10-27 02:30:00 +0530");
}

/* The rules of the header, minute by minute: an occurrence at the instant, or not. */
struct oracle {
    bool is_continuous;
    int64_t last_offset;
    int64_t latest_wall; /* what the clock has shown at the latest, seconds */
    uint64_t made_up;    /* when a left-out occurrence is to be made up for, or 0 */
};

static bool wall_fits(int64_t wall)
{
    time_t seconds = (time_t)wall;
    struct tm date;
    gmtime_r(&seconds, &date);
    return schedule.values[NCRONTAB_SECOND] >> date.tm_sec & 1 &&
           schedule.values[NCRONTAB_MINUTE] >> date.tm_min & 1 &&
           schedule.values[NCRONTAB_HOUR] >> date.tm_hour & 1 &&
           schedule.values[NCRONTAB_DAY] >> date.tm_mday & 1 &&
           schedule.values[NCRONTAB_MONTH] >> (date.tm_mon + 1) & 1 &&
           schedule.values[NCRONTAB_DAY_OF_WEEK] >> date.tm_wday & 1;
}

static bool oracle_step(struct oracle *oracle, int64_t instant_s)
{
    time_t seconds = (time_t)instant_s;
    struct tm local;
    localtime_r(&seconds, &local);
    int64_t wall = instant_s + local.tm_gmtoff, gap = local.tm_gmtoff - oracle->last_offset;
    for (int64_t left_out = wall - gap; gap > 0 && left_out < wall; left_out += 60)
        if (wall_fits(left_out)) {
            oracle->made_up = (uint64_t)(instant_s + left_out - (wall - gap));
            break;
        }
    bool is_new = wall > oracle->latest_wall;
    oracle->last_offset = local.tm_gmtoff;
    oracle->latest_wall = is_new ? wall : oracle->latest_wall;
    return (wall_fits(wall) && (is_new || oracle->is_continuous)) ||
           oracle->made_up == (uint64_t)instant_s;
}

/* Four days round a move of the clock: asked from every minute, the answer is the same as that of
 * looking at each minute in turn. */
static void check_against_oracle(const char *text, bool is_continuous, int64_t from_s)
{
    enum { MINUTES = 4 * 24 * 60 };
    struct oracle oracle = {.is_continuous = is_continuous, .latest_wall = INT64_MIN};
    parse(text);
    int64_t asked_s = from_s;
    time_t before = (time_t)(from_s - 60);
    struct tm local;
    localtime_r(&before, &local);
    oracle.last_offset = local.tm_gmtoff;
    oracle_step(&oracle, from_s);
    for (int64_t at = from_s + 60; at <= from_s + MINUTES * 60; at += 60) {
        if (!oracle_step(&oracle, at))
            continue;
        for (; asked_s < at; asked_s += 60) {
            uint64_t next = ncrontab_next(&schedule, (uint64_t)asked_s * NS_PER_SECOND);
            if (next == (uint64_t)at * NS_PER_SECOND)
                continue;
            fail_msg("'%s' in %s from %jd: %s and not %jd", text, getenv("TZ"), (intmax_t)asked_s,
                     shown(next), (intmax_t)at);
        }
    }
}

static void test_against_every_minute(void **state)
{
    static const struct {
        const char *zone, *day;
    } moves[] = {
        {PACIFIC, "2018-03-11"},   {PACIFIC, "2018-11-04"},   {BERLIN, "2024-03-31"},
        {BERLIN, "2024-10-27"},    {DUBLIN, "2024-03-31"},    {DUBLIN, "2024-10-27"},
        {LORD_HOWE, "2018-10-07"}, {LORD_HOWE, "2018-04-01"}, {ST_JOHNS, "2018-03-11"},
        {ST_JOHNS, "2018-11-04"},  {TROLL, "2024-03-31"},     {TROLL, "2024-10-27"},
        {DAY_LINE, "2024-05-03"},  {DAY_LINE, "2024-04-07"},  {INDIA, "2024-05-03"},
    };
    static const struct {
        const char *text;
        bool is_continuous;
    } schedules[] = {
        {"0 30 * * * *", true},       {"0 */20 * * * *", true},       {"0 0,30 1 * * *", false},
        {"0 30 2 * * *", false},      {"0 0,15,45 1,3 * * *", false}, {"0 10 0,2 * * *", false},
        {"0 0-10/5 0-3 * * *", true}, {"0 59 23 * * *", false},       {"0 0 0 * * *", false},
        {"0 0 12 * * 0,5", false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        char noon[64];
        use_zone(moves[i].zone);
        snprintf(noon, sizeof noon, "%s 12:00:00", moves[i].day);
        int64_t from_s = (int64_t)(instant(noon) / NS_PER_SECOND) - 60 * 60 * 60;
        for (size_t k = 0; k < ARRAY_LEN(schedules); k++)
            check_against_oracle(schedules[k].text, schedules[k].is_continuous, from_s);
    }
}

/* TZ is looked at each time. */
static void test_zone_that_changes(void **state)
{
    (void)state;
    parse("0 0 9 * * *");
    uint64_t at = instant("2024-01-01 00:00:00 +0000");
    assert_int_equal(ncrontab_next(&schedule, at), instant("2024-01-01 09:00:00 +0000"));
    setenv("TZ", INDIA, 1);
    assert_int_equal(ncrontab_next(&schedule, at), instant("2024-01-01 09:00:00 +0530"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_fields, use_utc),
        cmocka_unit_test_setup(test_longest_text, use_utc),
        cmocka_unit_test_setup(test_bad_fields, use_utc),
        cmocka_unit_test_setup(test_spans, use_utc),
        cmocka_unit_test_setup(test_bad_spans, use_utc),
        cmocka_unit_test_setup(test_frequency, use_utc),
        cmocka_unit_test_setup(test_next, use_utc),
        cmocka_unit_test_setup(test_within_a_second, use_utc),
        cmocka_unit_test_setup(test_span_occurrences, use_utc),
        cmocka_unit_test_setup(test_ends_of_time, use_utc),
        cmocka_unit_test_setup(test_clock_put_forward, use_utc),
        cmocka_unit_test_setup(test_clock_put_back, use_utc),
        cmocka_unit_test_setup(test_against_every_minute, use_utc),
        cmocka_unit_test_setup(test_zone_that_changes, use_utc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
