/* report/fail_on: conditions as people write them. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "report/fail_on.h"

enum { ALL = (1 << FAIL_ON_KINDS) - 1 };

static struct fail_on parse(const char *text)
{
    struct fail_on set = {.count = 0};
    struct error error;
    if (fail_on_parse(&set, text, ALL, &error))
        fail_msg("'%s': %s", text, error.text);
    return set;
}

static void refuses(const char *text, unsigned allowed, const char *words)
{
    struct fail_on set = {.count = 0};
    struct error error;
    assert_int_equal(fail_on_parse(&set, text, allowed, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
    assert_int_equal(set.count, 0);
    if (!strstr(error.text, words))
        fail_msg("'%s' is not in '%s'", words, error.text);
}

static void test_conditions(void **state)
{
    (void)state;
    struct fail_on set = parse("leak, rss>200M,increment > 10M , growth>5%");
    assert_int_equal(set.count, 4);
    assert_int_equal(set.items[0].kind, FAIL_ON_LEAK);
    assert_int_equal(set.items[1].kind, FAIL_ON_RSS);
    assert_int_equal(set.items[1].bytes, 200 << 20);
    assert_int_equal(set.items[2].bytes, 10 << 20);
    assert_string_equal(set.items[2].text, "increment > 10M");
    assert_true(set.items[3].is_percent && set.items[3].percent == 5);
    set = parse("growth>0");
    assert_true(!set.items[0].is_percent && set.items[0].bytes == 0);
    set = parse("growth>0.5 %");
    assert_true(set.items[0].is_percent && set.items[0].percent == 0.5);
    struct error error;
    assert_int_equal(fail_on_parse(&set, "rss>1G", ALL, &error), 0);
    assert_int_equal(set.count, 2);
}

static void test_refused(void **state)
{
    (void)state;
    refuses("", ALL, "no condition in ''");
    refuses("growth", ALL, "no > after the name");
    refuses("growth<5%", ALL, "no > after the name");
    refuses("growth>=5%", ALL, "only > is known, and not >=, in");
    refuses("growth>", ALL, "neither a percentage nor a size");
    refuses("growth>x%", ALL, "no number stands before the %");
    refuses("growth>5%%", ALL, "no number");
    refuses("growth>-5%", ALL, "no number");
    refuses("growth>1e3%", ALL, "no number");
    refuses("rss>5%", ALL, "a size is wanted");
    refuses("rss>-1", ALL, "no size");
    refuses("leak>3", ALL, "too much after leak");
    refuses("growth>5%,", ALL, "no condition");
    refuses("memory>5M", ALL, "it takes growth>5%, rss>200M, increment>10M, leak");
    refuses("leak", FAIL_ON_BIT(FAIL_ON_GROWTH), "for this command in 'leak'; it takes growth>5%");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_conditions),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
