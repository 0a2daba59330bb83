#include "config.h"

#include "host/constraint.h"
#include "tests/unit/host_fixture.h"

static struct error error;

struct row {
    const char *constraint;
    const char *value; /* NULL: none */
    enum constraint_result expected;
};

#define FITS  CONSTRAINT_FITS
#define FAILS CONSTRAINT_FAILS

static void check_rows(const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct constraint *constraint = constraint_new(rows[i].constraint, &error);
        if (!constraint)
            fail_msg("%s: %s", rows[i].constraint, error.text);
        enum constraint_result result = constraint_check(constraint, rows[i].value);
        constraint_free(constraint);
        if (result != rows[i].expected)
            fail_msg("%s on '%s': %d", rows[i].constraint, rows[i].value, (int)result);
    }
}

static void test_whole_numbers(void **state)
{
    static const struct row rows[] = {
        {"int", "12", FITS},
        {"INT()", " -12\t", FITS},
        {"int", "+007", FITS},
        {"int", "2147483647", FITS},
        {"int", "2147483648", FAILS},
        {"int", "-2147483648", FITS},
        {"int", "-2147483649", FAILS},
        {"int", "1.0", FAILS},
        {"int", "1,000", FAILS},
        {"int", "- 1", FAILS},
        {"int", "--1", FAILS},
        {"int", "0x1", FAILS},
        {"int", "", FAILS},
        {"int", NULL, FAILS},
        {"long", "9223372036854775807", FITS},
        {"long", "9223372036854775808", FAILS},
        {"long", "-9223372036854775808", FITS},
        {"long", "-9223372036854775809", FAILS},
        {"min(18)", "18", FITS},
        {"min(18)", "17", FAILS},
        {"min(18)", "many", FAILS},
        {"max( -5 )", "-5", FITS},
        {"max(-5)", "-4", FAILS},
        {"range(18,120)", "18", FITS},
        {"range(18, 120)", "120", FITS},
        {"range(18,120)", "121", FAILS},
        {"range(18,120)", "17", FAILS},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_numbers(void **state)
{
    static const struct row rows[] = {
        {"decimal", "49.99", FITS},
        {"decimal", "-1,000.5", FITS},
        {"decimal", "5-", FITS},
        {"decimal", "-5-", FAILS},
        {"decimal", ".5", FITS},
        {"decimal", "5.", FITS},
        {"decimal", ".", FAILS},
        {"decimal", ",5", FAILS},
        {"decimal", "1.5.5", FAILS},
        {"decimal", "1.5,5", FAILS},
        {"decimal", "1e5", FAILS},
        {"decimal", "79228162514264337593543950335", FITS},
        {"decimal", "0079228162514264337593543950335.5", FITS},
        {"decimal", "79228162514264337593543950336", FAILS},
        {"decimal", "100000000000000000000000000000", FAILS},
        {"double", "1.234", FITS},
        {"double", "-1,001.01e8", FITS},
        {"double", "1E+5", FITS},
        {"double", "1e", FAILS},
        {"double", "1e400", FITS},
        {"double", "5-", FAILS},
        {"double", "NaN", FITS},
        {"double", " -infinity ", FITS},
        {"double", "- infinity", FAILS},
        {"double", "inf", FAILS},
        {"float", "1.234", FITS},
        {"float", "one", FAILS},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_other_types(void **state)
{
    static const struct row rows[] = {
        {"bool", "true", FITS},
        {"bool", " FALSE ", FITS},
        {"bool", "1", FAILS},
        {"bool", "truely", FAILS},
        {"guid", "CD2C1638-1638-72D5-1638-DEADBEEF1638", FITS},
        {"guid", "{cd2c1638-1638-72d5-1638-deadbeef1638}", FITS},
        {"guid", " (cd2c1638-1638-72d5-1638-deadbeef1638) ", FITS},
        {"guid", "cd2c1638163872d51638deadbeef1638", FITS},
        {"guid", "{cd2c1638163872d51638deadbeef1638}", FAILS},
        {"guid", "{cd2c1638-1638-72d5-1638-deadbeef1638)", FAILS},
        {"guid", "cd2c1638-1638-72d5-1638-deadbeef163", FAILS},
        {"guid", "cd2c1638-1638-72d5-1638-deadbeef16388", FAILS},
        {"guid", "gd2c1638-1638-72d5-1638-deadbeef1638", FAILS},
        {"file", "a/b.d/hello.txt", FITS},
        {"file", ".gitignore", FITS},
        {"file", "b.d/hello", FAILS},
        {"file", "hello..", FAILS},
        {"file", NULL, FAILS},
        {"nonfile", "b.d/hello", FITS},
        {"nonfile", "hello.txt", FAILS},
        {"nonfile", NULL, FITS},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_dates(void **state)
{
    static const struct row rows[] = {
        {"datetime", "2016-12-31", FITS},
        {"datetime", "2016-12-31 7:32pm", FITS},
        {"datetime", "2016-12-31T19:32:05.1234567Z", FITS},
        {"datetime", "2016-12-31T19:32:05+01:00", FITS},
        {"datetime", "2016-12-31T19:32-0930", FITS},
        {"datetime", "12/31/2016", FITS},
        {"datetime", "31/12/2016", FAILS},
        {"datetime", "12-31-16", FITS},
        {"datetime", "2016-12", FITS},
        {"datetime", "12-2016", FITS},
        {"datetime", "2016-13", FAILS},
        {"datetime", "12-31", FITS},
        {"datetime", "2016-02-29", FITS},
        {"datetime", "2015-02-29", FAILS},
        {"datetime", "1900-02-29", FAILS},
        {"datetime", "0000-01-01", FAILS},
        {"datetime", "31 Dec 2016", FITS},
        {"datetime", "December 31, 2016", FITS},
        {"datetime", "31-dec-16", FITS},
        {"datetime", "Dec 2016", FITS},
        {"datetime", "32 Dec 2016", FAILS},
        {"datetime", "Sat, 31 Dec 2016 19:32:05 GMT", FITS},
        {"datetime", "Sun, 31 Dec 2016 19:32:05 GMT", FAILS},
        {"datetime", "7:32", FITS},
        {"datetime", "7:32:05.25 PM", FITS},
        {"datetime", "7 PM", FITS},
        {"datetime", "24:00", FAILS},
        {"datetime", "13:00 AM", FAILS},
        {"datetime", "7:60", FAILS},
        {"datetime", "7:32 8:32", FAILS},
        {"datetime", "2016", FAILS},
        {"datetime", "20161231", FAILS},
        {"datetime", "2016-12-", FAILS},
        {"datetime", "2016-12-31T", FAILS},
        {"datetime", "2016-12-31Z", FAILS},
        {"datetime", "2016-12-31-01", FAILS},
        {"datetime", "Sunday", FAILS},
        {"datetime", "tomorrow", FAILS},
        {"datetime", "", FAILS},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_lengths(void **state)
{
    static const struct row rows[] = {
        {"minlength(4)", "abcd", FITS},
        {"minlength(4)", "abc", FAILS},
        {"maxlength(4)", "abcd", FITS},
        {"maxlength(4)", "abcde", FAILS},
        {"length(4)", "abcd", FITS},
        {"length(4)", "abcde", FAILS},
        {"length( 2 , 3 )", "ab", FITS},
        {"length(2,3)", "abcd", FAILS},
        {"length(2)", "\xC3\xA4\xE2\x82\xAC", FITS},
        {"length(2)", "\xF0\x9F\x98\x80", FITS},
        {"required", "a", FITS},
        {"required", "", FAILS},
        {"required", NULL, FAILS},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void test_expressions(void **state)
{
    static const struct row rows[] = {
        {"alpha", "abcXYZ", FITS},
        {"alpha", "abc1", FAILS},
        {"alpha", "", FITS},
        {"alpha", NULL, FAILS},
        {"regex(^\\d{3}-\\d{2}$)", "123-45", FITS},
        {"regex(^\\d{3}-\\d{2}$)", "123-4", FAILS},
        {"regex(b)", "ABC", FITS},
        {"regex(\\w\\s\\bx)", "a x", FITS},
        {"regex(^\\w+$)", "\xC3\xA4\xD0\xB6", FITS},
        {"regex(^\xC3\x84$)", "\xC3\xA4", FITS},
        {"regex(^.$)", "\xE2\x82\xAC", FITS},
        {"regex(^\\u0061$)", "a", FITS},
        {"regex(^(?<a>x)\\k<a>$)", "xx", FITS},
        {"regex((a|b),(c))", "a,c", FITS},
        {"regex()", "", FITS},
        {"regex(^[^]x-]$)", "[", FITS},
        {"regex((a+)+$)", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", CONSTRAINT_GIVEN_UP},
    };
    (void)state;
    check_rows(rows, ARRAY_LEN(rows));
}

static void assert_refused(const char *text, const char *reason)
{
    struct constraint *constraint = constraint_new(text, &error);
    constraint_free(constraint);
    assert_null(constraint);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_string_equal(error.text, reason);
}

static void test_refused(void **state)
{
    (void)state;
    assert_refused("foo(1)",
                   "there is no constraint 'foo'; there are alpha, bool, datetime, decimal, "
                   "double, file, float, guid, int, length, long, max, maxlength, min, minlength, "
                   "nonfile, range, regex, required");
    assert_refused("int(3)", "the constraint 'int(3)' is to be written as int");
    assert_refused("min", "the constraint 'min' is to be written as min(NUMBER)");
    assert_refused("min()", "the constraint 'min()' is to be written as min(NUMBER)");
    assert_refused("max(1,2)", "the constraint 'max(1,2)' is to be written as max(NUMBER)");
    assert_refused("minlength(-1)",
                   "the constraint 'minlength(-1)' is to be written as minlength(NUMBER)");
    assert_refused("length(1,2,3)", "the constraint 'length(1,2,3)' is to be written as "
                                    "length(NUMBER) or length(LOW,HIGH)");
    assert_refused("range(5)", "the constraint 'range(5)' is to be written as range(LOW,HIGH)");
    assert_refused("range(5,1)",
                   "in the constraint 'range(5,1)' the first number is larger than the second");
    assert_refused("regex", "the constraint 'regex' is to be written as regex(EXPRESSION)");
    assert_refused("regex(a[)", "the expression 'a[' is wrong at byte 2: missing terminating ] for "
                                "character class");
    assert_refused("regex([a-z-[aeiou]])",
                   "the expression '[a-z-[aeiou]]' takes one class out of another with '-[', which "
                   "only .NET can; list the characters instead");
}

static void assert_example(const char *a, const char *b, const char *expected)
{
    struct constraint *constraints[] = {constraint_new(a, &error), constraint_new(b, &error)};
    char *example = constraint_example(constraints, 2);
    constraint_free(constraints[0]);
    constraint_free(constraints[1]);
    assert_string_equal(example ? example : "(none)", expected);
    free(example);
}

static void test_examples(void **state)
{
    (void)state;
    assert_example("int", "required", "1");
    assert_example("int", "min(18)", "18");
    assert_example("min(-9)", "max(-3)", "-3");
    assert_example("alpha", "minlength(3)", "aaa");
    assert_example("guid", "required", "00000000-0000-0000-0000-000000000000");
    assert_example("bool", "required", "true");
    assert_example("datetime", "required", "2000-01-01");
    assert_example("double", "required", "1");
    assert_example("regex(a)", "length(4)", "(none)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_numbers), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_other_types),   cmocka_unit_test(test_dates),
        cmocka_unit_test(test_lengths),       cmocka_unit_test(test_expressions),
        cmocka_unit_test(test_refused),       cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
