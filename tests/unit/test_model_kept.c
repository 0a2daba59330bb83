/* model/kept: a table of invocations by lines that does not grow. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/kept.h"

static struct kept kept;

static int open_kept(void **state)
{
    (void)state;
    kept_init(&kept);
    return 0;
}

static int close_kept(void **state)
{
    (void)state;
    kept_fini(&kept);
    return 0;
}

static void fill(size_t place, uint64_t number, int64_t left, int64_t alive)
{
    kept.invocations[place] = (struct kept_invocation){.number = number};
    kept.lines[0].left_bytes[place] = left;
    kept.lines[0].alive_bytes[place] = alive;
}

static void test_empty(void **state)
{
    struct kept_part parts[KEPT_WINDOW];
    (void)state;
    assert_null(kept_find(&kept, 0, 1));
    assert_int_equal(kept_newest(&kept, NULL, parts), 0);
    assert_false(kept_of(&kept, NULL, KEPT_NOBODY, parts));
    assert_false(kept_of(&kept, NULL, 0, parts));
    assert_int_equal(kept_alive_bytes(&kept, 0), 0);
}

static void test_newest_first(void **state)
{
    struct kept_part parts[KEPT_WINDOW];
    (void)state;
    kept_reserve(&kept, 1);
    kept.lines[0].file = 2;
    kept.lines[0].line = 7;
    fill(3, 40, 100, 90);
    fill(5, 41, 0, 0);   /* left nothing */
    fill(0, 42, 100, 0); /* of which nothing is alive any more */
    fill(9, 39, 100, 100);
    fill(11, 43, 0, 50);
    kept.invocations[11].is_running = true;
    const struct kept_line *row = kept_find(&kept, 2, 7);
    assert_ptr_equal(row, &kept.lines[0]);
    assert_int_equal(kept_newest(&kept, row, parts), 3);
    assert_int_equal(parts[0].number, 42);
    assert_int_equal(parts[1].number, 40);
    assert_int_equal(parts[1].alive_bytes, 90);
    assert_int_equal(parts[2].number, 39);
    assert_true(kept_of(&kept, row, 43, parts));
    assert_int_equal(parts[0].alive_bytes, 50);
    assert_false(kept_of(&kept, row, 44, parts));
}

static void test_sums_over_lines(void **state)
{
    (void)state;
    kept_reserve(&kept, 3);
    for (size_t i = 0; i < 3; i++)
        kept.lines[i].alive_bytes[4] = (int64_t)(10 << i);
    assert_int_equal(kept_alive_bytes(&kept, 4), 70);
    assert_int_equal(kept_alive_bytes(&kept, 5), 0);
}

/* What is on no line is in the sums, and is never found as a line. */
static void test_no_line(void **state)
{
    (void)state;
    kept_reserve(&kept, 1);
    kept.lines[0].alive_bytes[0] = 5;
    assert_null(kept_find(&kept, 0, 0));
    assert_int_equal(kept_alive_bytes(&kept, 0), 5);
}

static void test_lines_come_and_go(void **state)
{
    (void)state;
    kept_reserve(&kept, 40);
    kept.lines[39].line = 8;
    kept.lines[39].alive_bytes[1] = 5;
    kept_reserve(&kept, 1);
    assert_null(kept_find(&kept, 0, 8));
    kept_reserve(&kept, 40);
    assert_null(kept_find(&kept, 0, 8));
    assert_int_equal(kept_alive_bytes(&kept, 1), 0);
    kept_reserve(&kept, SIZE_MAX);
    assert_int_equal(kept.line_count, KEPT_LINES);
    kept.invocations[2].number = 3;
    kept_clear(&kept);
    assert_int_equal(kept.line_count, 0);
    assert_int_equal(kept.invocations[2].number, KEPT_NOBODY);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_kept, close_kept)
    const struct CMUnitTest tests[] = {
        TEST(test_empty),   TEST(test_newest_first),      TEST(test_sums_over_lines),
        TEST(test_no_line), TEST(test_lines_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
