/* model/breakpoint: conditions as people write them, and lines that move. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "model/breakpoint.h"

#define MIB 1048576

static const char text[] = "import json\n"
                           "def main(req):\n"
                           "    x = 1\n"
                           "    # a comment\n"
                           "\n"
                           "    x = 1\n"
                           "    return x\n";

static struct breakpoints set;

static int open_set(void **state)
{
    (void)state;
    set = (struct breakpoints){0};
    return 0;
}

static int close_set(void **state)
{
    (void)state;
    breakpoints_fini(&set);
    return 0;
}

static struct file *file_of(const char *source)
{
    return file_new("/app/One/__init__.py", "/app", source, strlen(source));
}

static void follow(const char *source)
{
    struct file *file = file_of(source);
    breakpoints_follow(&set, file);
    file_free(file);
}

static uint32_t add(uint32_t line)
{
    struct file *file = file_of(text);
    uint32_t number = breakpoints_add(&set, file, line)->number;
    file_free(file);
    return number;
}

static struct breakpoint_condition parse(const char *condition)
{
    struct breakpoint_condition when;
    struct error error;
    if (breakpoint_parse(&when, condition, &error))
        fail_msg("'%s': %s", condition, error.text);
    return when;
}

static void refuses(const char *condition, const char *words)
{
    struct breakpoint_condition when = {.hits = 77};
    struct error error;
    assert_int_equal(breakpoint_parse(&when, condition, &error), -1);
    assert_int_equal(when.hits, 77);
    if (!strstr(error.text, words))
        fail_msg("'%s' is not in '%s'", words, error.text);
}

static void test_conditions(void **state)
{
    (void)state;
    struct breakpoint_condition when = parse("  hits >= 10,rss>200M ,  heap>=1.5M, increment>0 ");
    assert_int_equal(when.hits, 10);
    assert_int_equal(when.rss_above_bytes, 200 * MIB);
    assert_int_equal(when.heap_above_bytes, 3 * MIB / 2);
    assert_int_equal(when.increment_above_bytes, 1);
    assert_int_equal(when.live_above_bytes, 0);
    assert_null(when.expression);
    when = parse("hits>10");
    assert_int_equal(when.hits, 11);
    when = parse("live>4KiB, if len(pages) > 3, x  ");
    assert_int_equal(when.live_above_bytes, 4096);
    assert_string_equal(when.expression, "len(pages) > 3, x");
    breakpoint_condition_fini(&when);
    when = parse("objects>1000");
    assert_int_equal(when.objects_least, 1001);
    when = parse("objects >= 5, live>1K");
    assert_int_equal(when.objects_least, 5);
    assert_int_equal(when.live_above_bytes, 1024);
    assert_int_equal(parse("objects>=0").objects_least, 1);
    when = parse("if(x)");
    assert_string_equal(when.expression, "(x)");
    breakpoint_condition_fini(&when);
    when = parse("");
    assert_true(!when.hits && !when.rss_above_bytes && !when.expression);
}

static void test_what_is_no_condition(void **state)
{
    (void)state;
    refuses("x > 3", "'x > 3' is no condition; there are hits>=10");
    refuses("iffy", "is no condition");
    refuses(",", "is no condition");
    refuses("rss", "has no > after rss");
    refuses("rss<200M", "has no > after rss");
    refuses("rss>lots", "'lots' is no size, as in rss>200M");
    refuses("rss>-1M", "is no size");
    refuses("hits>=-1", "is no number of times");
    refuses("hits>=ten", "is no number of times");
    refuses("hits>=", "is no number of times");
    refuses("hits>=99999999999999999999", "is no number of times");
    refuses("rss>1M, if  ", "an expression is wanted after 'if'");
}

static void test_one_line_one_breakpoint(void **state)
{
    struct file *file = file_of(text);
    (void)state;
    assert_true(breakpoint_fits(file, 3));
    assert_false(breakpoint_fits(file, 4));
    assert_false(breakpoint_fits(file, 5));
    assert_false(breakpoint_fits(file, 99));
    file_free(file);
    uint32_t first = add(3), second = add(7);
    assert_int_equal(second, first + 1);
    assert_int_equal(breakpoints_at(&set, "/app/One/__init__.py", 7)->number, second);
    assert_null(breakpoints_at(&set, "/app/Two/__init__.py", 7));
    assert_string_equal(breakpoints_find(&set, second)->text, "return x");
    assert_true(breakpoints_remove(&set, first));
    assert_false(breakpoints_remove(&set, first));
    assert_int_equal(breakpoints_find(&set, second)->line, 7);
    assert_int_equal(add(3), second + 1);
}

static void test_temporary_ones_go(void **state)
{
    (void)state;
    uint32_t first = add(3), second = add(7);
    breakpoints_find(&set, first)->is_temporary = true;
    assert_null(breakpoints_at(&set, "/app/One/__init__.py", 3));
    assert_true(breakpoints_remove_temporary(&set));
    assert_false(breakpoints_remove_temporary(&set));
    assert_null(breakpoints_find(&set, first));
    assert_non_null(breakpoints_find(&set, second));
}

static void test_follows_its_text(void **state)
{
    (void)state;
    uint32_t second_x = add(6), last = add(7);
    follow("import json\nimport sys\n\n\ndef main(req):\n    x = 1\n\tx = 1 \n    return x\n");
    assert_int_equal(breakpoints_find(&set, second_x)->line, 6);
    assert_int_equal(breakpoints_find(&set, last)->line, 8);
    follow("x = 1\nreturn x\n");
    assert_int_equal(breakpoints_find(&set, second_x)->line, 1);
    assert_int_equal(breakpoints_find(&set, last)->line, 2);
}

static void test_is_kept_while_its_line_is_gone(void **state)
{
    (void)state;
    uint32_t number = add(7);
    follow("import json\n");
    assert_true(breakpoints_find(&set, number)->is_lost);
    assert_null(breakpoints_at(&set, "/app/One/__init__.py", 7));
    follow("");
    assert_true(breakpoints_find(&set, number)->is_lost);
    follow(text);
    assert_false(breakpoints_find(&set, number)->is_lost);
    assert_int_equal(breakpoints_find(&set, number)->line, 7);
    struct file *unread = file_new("/app/One/__init__.py", "/app", NULL, 0);
    breakpoints_follow(&set, unread);
    assert_false(breakpoints_find(&set, number)->is_lost);
    file_free(unread);
    struct file *other = file_new("/app/Two/__init__.py", "/app", "", 0);
    breakpoints_follow(&set, other);
    assert_false(breakpoints_find(&set, number)->is_lost);
    file_free(other);
}

static void test_condition_of_a_breakpoint(void **state)
{
    struct error error;
    (void)state;
    struct breakpoint *breakpoint = breakpoints_find(&set, add(3));
    assert_int_equal(breakpoint_set_condition(breakpoint, "if a", &error), 0);
    assert_int_equal(breakpoint_set_condition(breakpoint, " rss>1M, if b ", &error), 0);
    assert_string_equal(breakpoint->condition, "rss>1M, if b");
    assert_int_equal(breakpoint_set_condition(breakpoint, "rss", &error), -1);
    assert_string_equal(breakpoint->condition, "rss>1M, if b");
    assert_string_equal(breakpoint->when.expression, "b");
    struct breakpoints copy = breakpoints_copy(&set);
    breakpoints_fini(&set);
    assert_string_equal(copy.items[0].when.expression, "b");
    assert_string_equal(copy.items[0].text, "x = 1");
    breakpoints_fini(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_conditions, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_what_is_no_condition, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_one_line_one_breakpoint, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_temporary_ones_go, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_follows_its_text, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_is_kept_while_its_line_is_gone, open_set, close_set),
        cmocka_unit_test_setup_teardown(test_condition_of_a_breakpoint, open_set, close_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
