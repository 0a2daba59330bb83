/* model/live_census: what is alive by line and type, and what has become more and less of it. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/live_census.h"

static char dicts[] = "dict", texts[] = "bytes", blocks[] = "native";

static void add(struct live_census *census, uint32_t file, uint32_t line, char *type,
                uint64_t count, int64_t bytes)
{
    const struct live_row row = {file, line, type, count, bytes};
    live_census_add(census, &row);
}

static struct live_census before_all(void)
{
    struct live_census census = {.realtime_ns = 1, .invocations = 3};
    add(&census, 1, 21, dicts, 10, 1000);
    add(&census, 0, 7, texts, 5, 500);
    add(&census, LIVE_ELSEWHERE, 0, dicts, 2, 200);
    add(&census, 0, 9, texts, 1, 50);
    live_census_close(&census);
    return census;
}

static struct live_census after_all(void)
{
    struct live_census census = {.realtime_ns = 2, .invocations = 5};
    add(&census, 0, 9, texts, 1, 50);
    add(&census, LIVE_ELSEWHERE, 0, dicts, 1, 100);
    add(&census, 1, 21, blocks, 0, 4096);
    add(&census, 1, 21, dicts, 100, 10000);
    add(&census, 1, 21, dicts, 10, 1000);
    live_census_close(&census);
    return census;
}

static void check(const struct live_change *change, uint32_t file, uint32_t line, const char *type,
                  int64_t count, int64_t bytes)
{
    assert_int_equal(change->file, file);
    assert_int_equal(change->line, line);
    assert_string_equal(change->type, type);
    assert_int_equal(live_change_count(change), count);
    assert_int_equal(live_change_bytes(change), bytes);
}

static void test_rows_of_one_place_and_type_are_one(void **state)
{
    struct live_census census = after_all();
    (void)state;
    assert_true(census.is_taken);
    assert_int_equal(census.row_count, 4);
    assert_string_equal(census.rows[1].type, "dict");
    assert_int_equal(census.rows[1].count, 110);
    assert_int_equal(census.rows[1].bytes, 11000);
    assert_int_equal(census.rows[3].file, LIVE_ELSEWHERE);
    live_census_clear(&census);
    assert_false(census.is_taken);
}

static void test_a_difference(void **state)
{
    struct live_census before = before_all(), after = after_all();
    struct live_difference difference = live_difference_make(&before, &after);
    (void)state;
    assert_int_equal(difference.count, 4);
    check(&difference.changes[0], 1, 21, "dict", 100, 10000);
    check(&difference.changes[1], 1, 21, "native", 0, 4096);
    check(&difference.changes[2], LIVE_ELSEWHERE, 0, "dict", -1, -100);
    check(&difference.changes[3], 0, 7, "bytes", -5, -500);
    assert_false(live_change_is_new(&difference.changes[0]));
    assert_true(live_change_is_new(&difference.changes[1]));
    assert_false(live_change_is_gone(&difference.changes[2]));
    assert_true(live_change_is_gone(&difference.changes[3]));
    assert_int_equal(difference.before.count, 18);
    assert_int_equal(difference.before.bytes, 1750);
    assert_int_equal(difference.after.count, 112);
    assert_int_equal(difference.after.bytes, 15246);
    live_difference_clear(&difference);
    live_census_clear(&before);
    live_census_clear(&after);
}

static void test_nothing_has_changed(void **state)
{
    struct live_census before = before_all(), after = before_all(), none = {0};
    struct live_difference difference = live_difference_make(&before, &after);
    (void)state;
    assert_int_equal(difference.count, 0);
    live_difference_clear(&difference);
    difference = live_difference_make(&none, &none);
    assert_int_equal(difference.count, 0);
    live_difference_clear(&difference);
    difference = live_difference_make(&before, &none);
    assert_int_equal(difference.count, 4);
    assert_true(live_change_is_gone(&difference.changes[0]));
    live_difference_clear(&difference);
    live_census_clear(&before);
    live_census_clear(&after);
}

static void test_what_is_not_told_apart_is_in_the_sums(void **state)
{
    struct live_census census = before_all();
    (void)state;
    census.others = (struct live_sum){7, 70};
    struct live_sum sum = live_census_sum(&census);
    assert_int_equal(sum.count, 25);
    assert_int_equal(sum.bytes, 1820);
    live_census_clear(&census);
}

static void answer(struct live_pair *live, bool is_mark, struct live_census census)
{
    live_ask(live, is_mark);
    assert_int_equal(live->state, LIVE_ASKED);
    live_answer(live, &census);
    assert_int_equal(live->state, LIVE_READY);
    assert_false(census.is_taken);
}

static void test_a_mark_and_moments_after_it(void **state)
{
    struct live_pair live = {0};
    (void)state;
    answer(&live, true, before_all());
    assert_true(live.mark.is_taken);
    assert_false(live.now.is_taken);
    answer(&live, false, after_all());
    assert_int_equal(live.difference.count, 4);
    answer(&live, false, before_all()); /* again, since the same mark */
    assert_int_equal(live.mark.invocations, 3);
    assert_int_equal(live.difference.count, 0);
    answer(&live, true, after_all()); /* a new mark */
    assert_false(live.now.is_taken);
    assert_int_equal(live.difference.count, 0);
    live_clear(&live);
}

static void test_what_is_not_answered(void **state)
{
    struct live_pair live = {0};
    (void)state;
    live_ask(&live, true);
    live_stop(&live);
    assert_int_equal(live.state, LIVE_NONE);
    assert_int_equal(live.ended, 0);
    live_ask(&live, true);
    live_fail(&live, "no memory");
    assert_int_equal(live.ended, 1);
    assert_int_equal(live.state, LIVE_FAILED);
    assert_string_equal(live.problem, "no memory");
    answer(&live, true, before_all());
    assert_null(live.problem);
    assert_int_equal(live.ended, 2);
    answer(&live, false, after_all());
    live_ask(&live, false);
    live_fail(&live, "it was killed"); /* the difference before is still there */
    assert_int_equal(live.difference.count, 4);
    live_ask(&live, false);
    live_stop(&live);
    assert_int_equal(live.state, LIVE_READY);
    live_clear(&live);
}

static void test_the_worker_is_gone(void **state)
{
    struct live_pair live = {0};
    (void)state;
    live_lose(&live);
    assert_false(live.is_lost); /* there was none */
    answer(&live, true, before_all());
    answer(&live, false, after_all());
    live_lose(&live);
    assert_true(live.is_lost);
    assert_int_equal(live.state, LIVE_NONE);
    assert_false(live.mark.is_taken || live.now.is_taken);
    assert_int_equal(live.difference.count, 0);
    live_lose(&live);
    assert_true(live.is_lost); /* until there is another one */
    answer(&live, true, before_all());
    assert_false(live.is_lost);
    live_clear(&live);
}

static void test_a_copy(void **state)
{
    struct live_pair live = {0};
    (void)state;
    answer(&live, true, before_all());
    answer(&live, false, after_all());
    live.now.problem = strdup("not all was looked at");
    struct live_pair copy = live_copy(&live);
    live_clear(&live);
    assert_int_equal(copy.difference.count, 4);
    check(&copy.difference.changes[0], 1, 21, "dict", 100, 10000);
    assert_string_equal(copy.now.problem, "not all was looked at");
    live_clear(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_of_one_place_and_type_are_one),
        cmocka_unit_test(test_a_difference),
        cmocka_unit_test(test_nothing_has_changed),
        cmocka_unit_test(test_what_is_not_told_apart_is_in_the_sums),
        cmocka_unit_test(test_a_mark_and_moments_after_it),
        cmocka_unit_test(test_what_is_not_answered),
        cmocka_unit_test(test_the_worker_is_gone),
        cmocka_unit_test(test_a_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
