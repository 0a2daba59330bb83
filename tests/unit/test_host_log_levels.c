/* Minimum levels of categories, as the console of `func start` has them. */
#include "config.h"

#include "host/log_levels.h"
#include "tests/unit/host_fixture.h"

static struct log_levels levels;

static int finish(void **state)
{
    (void)state;
    log_levels_fini(&levels);
    return 0;
}

static void assert_minimum(const char *category, int expected)
{
    assert_int_equal(log_levels_minimum(&levels, category, false), expected);
}

static void test_names(void **state)
{
    static const struct {
        const char *text;
        int minimum;
    } all[] = {{"Trace", LEVEL_DEBUG}, {"debug", LEVEL_DEBUG},       {"INFORMATION", LEVEL_INFO},
               {"Error", LEVEL_ERROR}, {"Critical", LEVEL_CRITICAL}, {"None", LOG_LEVEL_NONE},
               {"0", LEVEL_DEBUG},     {"3", LEVEL_WARNING},         {"6", LOG_LEVEL_NONE}};
    int minimum;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_int_equal(log_levels_parse(all[i].text, &minimum), 0);
        assert_int_equal(minimum, all[i].minimum);
    }
    assert_int_equal(log_levels_parse("Info", &minimum), -1);
    assert_int_equal(log_levels_parse("7", &minimum), -1);
    assert_int_equal(log_levels_parse("", &minimum), -1);
}

static void test_without_rules(void **state)
{
    (void)state;
    assert_minimum("Function.A", LEVEL_INFO);
    assert_minimum("Function.A.User", LEVEL_INFO);
    assert_minimum("Function.A.B", LEVEL_WARNING);
    assert_minimum("Host.General", LEVEL_WARNING);
    assert_minimum("Host.Function.Console", LEVEL_INFO);
    assert_minimum("Microsoft.Azure.WebJobs.Hosting", LEVEL_WARNING);
    assert_minimum("Elsewhere", LEVEL_INFO);
    assert_int_equal(log_levels_minimum(&levels, "Host.General", true), LEVEL_DEBUG);
    assert_int_equal(log_levels_minimum(&levels, "Function.A", true), LEVEL_DEBUG);
    assert_int_equal(log_levels_lowest(&levels), LEVEL_INFO);
}

static void test_longest_rule_holds(void **state)
{
    (void)state;
    log_levels_add(&levels, "Function.A.User", LEVEL_DEBUG);
    log_levels_add(&levels, "function", LEVEL_ERROR);
    log_levels_add(&levels, "Default", LEVEL_CRITICAL);
    log_levels_add(&levels, "Function.A", LOG_LEVEL_NONE);
    assert_minimum("Function.A.User", LEVEL_DEBUG);
    assert_minimum("Function.A", LOG_LEVEL_NONE);
    assert_minimum("Function.AB", LOG_LEVEL_NONE); /* a beginning need not end at a point */
    assert_minimum("Function.B.User", LEVEL_ERROR);
    assert_minimum("Host.General", LEVEL_CRITICAL);
    assert_int_equal(log_levels_minimum(&levels, "Host.General", true), LEVEL_CRITICAL);
    assert_int_equal(log_levels_lowest(&levels), LEVEL_DEBUG);
}

static void test_without_default(void **state)
{
    (void)state;
    log_levels_add(&levels, "Host.Results", LEVEL_DEBUG);
    assert_minimum("Host.Results", LEVEL_DEBUG);
    assert_minimum("Host.General", LEVEL_WARNING);
    assert_minimum("Function.A", LEVEL_INFO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test_teardown(test_without_rules, finish),
        cmocka_unit_test_teardown(test_longest_rule_holds, finish),
        cmocka_unit_test_teardown(test_without_default, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
