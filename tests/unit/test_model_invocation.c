/* model/invocation: what is kept, what is counted, and the numbers of lines. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/invocation.h"

static const uint64_t kept = INVOCATIONS_KEPT;

static int setup(void **state)
{
    struct invocations *set = malloc(sizeof *set);
    if (!set)
        return -1;
    invocations_init(set);
    *state = set;
    return 0;
}

static int teardown(void **state)
{
    invocations_fini(*state);
    free(*state);
    return 0;
}

static struct invocation *add(struct invocations *set, uint64_t number)
{
    return invocations_add(set, number, "id", "F", "GET /api/F");
}

static void test_add(void **state)
{
    struct invocations *set = *state;
    assert_null(invocations_find(set, 1));
    assert_null(invocations_newest_running(set));
    struct invocation *one =
        invocations_add(set, 1, "0123456789012345678901234567890123456789", "F", "GET /api/F?a=b");
    assert_int_equal(strlen(one->id), INVOCATION_ID_SIZE - 1);
    assert_string_equal(one->function, "F");
    assert_string_equal(one->request, "GET /api/F?a=b");
    assert_int_equal(one->outcome, OUTCOME_WAITING);
    assert_false(invocation_is_over(one));
    assert_ptr_equal(invocations_find(set, 1), one);
    assert_null(invocations_find(set, 2));
    assert_int_equal(set->total, 1);
    assert_int_equal(set->running, 1);
}

static void test_newest_running(void **state)
{
    struct invocations *set = *state;
    struct invocation *one = add(set, 1), *two = add(set, 2);
    assert_null(invocations_newest_running(set)); /* both wait */
    one->outcome = OUTCOME_RUNNING;
    assert_ptr_equal(invocations_newest_running(set), one);
    two->outcome = OUTCOME_RUNNING;
    assert_ptr_equal(invocations_newest_running(set), two);
    invocations_end(set, two, OUTCOME_SUCCEEDED, 200, 1, NULL);
    assert_ptr_equal(invocations_newest_running(set), one);
}

static void test_latest_ended(void **state)
{
    struct invocations *set = *state;
    struct invocation *one = add(set, 1), *two = add(set, 2);
    one->start_ns = 10;
    two->start_ns = 20;
    assert_null(invocations_latest_ended(set));
    invocations_end(set, two, OUTCOME_SUCCEEDED, 200, 1, NULL);
    assert_ptr_equal(invocations_latest_ended(set), two);
    invocations_end(set, one, OUTCOME_FAILED, 500, 100,
                    NULL); /* it began before, and took longer */
    assert_ptr_equal(invocations_latest_ended(set), one);
}

static void test_end(void **state)
{
    struct invocations *set = *state;
    struct invocation *good = add(set, 1), *bad = add(set, 2), *dead = add(set, 3),
                      *slow = add(set, 4);
    good->start_ns = 100;
    invocations_end(set, good, OUTCOME_SUCCEEDED, 200, 150, NULL);
    assert_int_equal(good->duration_ns, 50);
    assert_int_equal(good->status, 200);
    assert_null(good->error);
    assert_true(invocation_is_over(good));
    bad->start_ns = 100;
    invocations_end(set, bad, OUTCOME_FAILED, 500, 90, "ValueError: a\nb\x1b[1m\xff");
    assert_int_equal(bad->duration_ns, 0);
    assert_string_equal(bad->error, "ValueError: a b^[[1m\xEF\xBF\xBD");
    assert_int_equal(set->running, 2);
    assert_int_equal(set->failed, 1);
    invocations_end(set, dead, OUTCOME_KILLED, 502, 200, "killed");
    invocations_end(set, slow, OUTCOME_TIMED_OUT, 500, 200, NULL);
    assert_int_equal(set->running, 0);
    assert_int_equal(set->failed, 3);
    assert_int_equal(set->total, 4);
    /* The answer of a worker that comes after the time-out changes nothing. */
    invocations_end(set, slow, OUTCOME_SUCCEEDED, 200, 300, NULL);
    assert_int_equal(slow->outcome, OUTCOME_TIMED_OUT);
    assert_int_equal(slow->status, 500);
    assert_int_equal(set->running, 0);
}

static void test_counts_by_function(void **state)
{
    struct invocations *set = *state;
    assert_null(invocations_of_function(set, "A"));
    struct invocation *first = invocations_add(set, 1, "1", "A", "GET /api/A");
    struct invocation *second = invocations_add(set, 2, "2", "B", "timerTrigger");
    struct invocation *third = invocations_add(set, 3, "3", "A", "GET /api/A");
    invocations_add(set, 0, "", "load", "");
    invocations_end(set, first, OUTCOME_SUCCEEDED, 200, 70, NULL);
    invocations_end(set, second, OUTCOME_KILLED, 502, 50, "killed");
    const struct function_count *a = invocations_of_function(set, "A");
    const struct function_count *b = invocations_of_function(set, "B");
    assert_int_equal(a->total, 2);
    assert_int_equal(a->running, 1);
    assert_int_equal(a->failed, 0);
    assert_int_equal(a->last_duration_ns, 70);
    assert_int_equal(b->total, 1);
    assert_int_equal(b->running, 0);
    assert_int_equal(b->failed, 1);
    assert_null(invocations_of_function(set, "load"));
    /* They outlive the invocations that are kept. */
    invocations_end(set, third, OUTCOME_FAILED, 500, 90, NULL);
    for (uint64_t number = 4; number < INVOCATIONS_KEPT + 10; number++)
        invocations_end(set, invocations_add(set, number, "", "C", ""), OUTCOME_SUCCEEDED, 200, 1,
                        NULL);
    assert_null(invocations_find(set, 1));
    a = invocations_of_function(set, "A");
    assert_int_equal(a->total, 2);
    assert_int_equal(a->failed, 1);
    assert_int_equal(a->last_duration_ns, 90);
}

static void test_load_is_not_counted(void **state)
{
    struct invocations *set = *state;
    struct invocation *first = add(set, 0);
    assert_int_equal(set->total, 0);
    assert_int_equal(set->running, 0);
    first->outcome = OUTCOME_RUNNING;
    assert_ptr_equal(invocations_newest_running(set), first);
    invocations_end(set, first, OUTCOME_FAILED, 0, 1, "SyntaxError");
    assert_int_equal(set->failed, 0);
    assert_int_equal(set->running, 0);
    struct invocation *second = add(set, 0);
    assert_ptr_equal(invocations_find(set, 0), second);
    assert_int_equal(set->count, 2);
}

static void test_old_ones_are_dropped(void **state)
{
    struct invocations *set = *state;
    struct invocation *load = add(set, 0);
    invocations_end(set, load, OUTCOME_SUCCEEDED, 0, 1, NULL);
    struct invocation *slow = add(set, 1);
    for (uint64_t n = 2; n <= 3 * kept; n++)
        invocations_end(set, add(set, n), OUTCOME_SUCCEEDED, 200, 1, NULL);
    assert_int_equal(set->count, INVOCATIONS_KEPT);
    assert_int_equal(set->total, 3 * kept);
    assert_int_equal(set->running, 1);
    assert_null(invocations_find(set, 2));
    assert_ptr_equal(invocations_find(set, 1), slow); /* it is not over */
    assert_ptr_equal(invocations_find(set, 0), load); /* the newest load */
    assert_non_null(invocations_find(set, 3 * kept));
    assert_int_equal(set->kept[2]->number, 2 * kept + 3);
    /* A newer load makes the old one like any other. */
    struct invocation *again = add(set, 0);
    add(set, 3 * kept + 1);
    assert_ptr_equal(invocations_find(set, 0), again);
    size_t loads = 0;
    for (size_t i = 0; i < set->count; i++)
        loads += set->kept[i]->number == 0;
    assert_int_equal(loads, 1);
}

static void test_running_ones_are_never_dropped(void **state)
{
    struct invocations *set = *state;
    for (uint64_t n = 1; n <= INVOCATIONS_KEPT + 20; n++)
        add(set, n);
    assert_int_equal(set->count, INVOCATIONS_KEPT + 20);
    for (uint64_t n = 1; n <= INVOCATIONS_KEPT + 20; n++)
        assert_int_equal(invocations_find(set, n)->number, n);
    assert_int_equal(set->running, INVOCATIONS_KEPT + 20);
    /* Once they are over, the number goes back to what it was meant to be. */
    for (uint64_t n = 1; n <= INVOCATIONS_KEPT + 20; n++)
        invocations_end(set, invocations_find(set, n), OUTCOME_SUCCEEDED, 200, 1, NULL);
    add(set, 5000);
    assert_int_equal(set->count, INVOCATIONS_KEPT);
    assert_null(invocations_find(set, 21));
    assert_non_null(invocations_find(set, 22));
}

static void test_lines(void **state)
{
    struct invocation *invocation = add(*state, 1);
    assert_null(invocation_line_stats(invocation, 0, 1));
    /* In an order that is none: 0, 7, 14, ... modulo a prime. */
    enum { LINES = 1009 };
    for (uint32_t i = 0; i < LINES; i++) {
        const struct line_stats stats = {.increment_bytes = i, .occurrences = 1};
        invocation_set_line(invocation, i * 7 % LINES % 3, i * 7 % LINES, &stats);
    }
    assert_int_equal(invocation->line_count, LINES);
    const struct line_stats changed = {.increment_bytes = -5, .occurrences = 9};
    invocation_set_line(invocation, 1, 7, &changed);
    assert_int_equal(invocation->line_count, LINES);
    assert_int_equal(invocation_line_stats(invocation, 1, 7)->increment_bytes, -5);
    assert_null(invocation_line_stats(invocation, 2, 7));
    assert_null(invocation_line_stats(invocation, 9, 7));
    for (uint32_t i = 2; i < LINES; i++) {
        uint32_t line = i * 7 % LINES;
        const struct line_stats *stats = invocation_line_stats(invocation, line % 3, line);
        assert_non_null(stats);
        assert_int_equal(stats->increment_bytes, i);
    }
    for (size_t i = 1; i < invocation->line_count; i++) {
        const struct invocation_line *a = &invocation->lines[i - 1], *b = &invocation->lines[i];
        assert_true(a->file < b->file || (a->file == b->file && a->line < b->line));
    }
}

static void test_by_serial(void **state)
{
    struct invocations *set = *state;
    assert_null(invocations_of_serial(set, 1));
    for (uint64_t number = 1; number <= INVOCATIONS_KEPT + 10; number++) {
        struct invocation *invocation = add(set, number);
        invocation->outcome = OUTCOME_SUCCEEDED;
    }
    assert_int_equal(set->count, INVOCATIONS_KEPT);
    for (size_t i = 0; i < set->count; i++) {
        assert_ptr_equal(invocations_of_serial(set, set->kept[i]->serial), set->kept[i]);
        assert_int_equal(invocations_place(set, set->kept[i]->serial), i);
    }
    assert_null(invocations_of_serial(set, set->kept[0]->serial - 1));
    assert_null(invocations_of_serial(set, set->added + 1));
    assert_int_equal(invocations_place(set, 0), 0);
    assert_int_equal(invocations_place(set, set->added + 1), set->count);
}

static void test_sum_rule(void **state)
{
    struct invocation *invocation = add(*state, 1);
    invocation->rss_start_bytes = 1000;
    invocation->rss_end_bytes = 700;
    invocation->rss_lines_bytes = 250;
    invocation->rss_shared_bytes = -30;
    assert_int_equal(invocation_elsewhere_bytes(invocation), -520);
    assert_int_equal(invocation->rss_lines_bytes + invocation->rss_shared_bytes +
                         invocation_elsewhere_bytes(invocation),
                     invocation->rss_end_bytes - invocation->rss_start_bytes);
    invocation->rss_start_bytes = INT64_MIN;
    invocation->rss_lines_bytes = INT64_MAX;
    (void)invocation_elsewhere_bytes(invocation); /* nonsense, and not undefined */
}

static void test_heap_sum_rule(void **state)
{
    struct invocation *invocation = add(*state, 1);
    invocation->heap_start_bytes = 1000;
    invocation->heap_end_bytes = 1700;
    invocation->heap_lines_bytes = 250;
    invocation->heap_elsewhere_bytes = -30;
    assert_int_equal(invocation_heap_shared_bytes(invocation), 480);
    invocation->heap_start_bytes = INT64_MIN;
    invocation->heap_lines_bytes = INT64_MAX;
    (void)invocation_heap_shared_bytes(invocation); /* nonsense, and not undefined */
}

static void test_outcome_names(void **state)
{
    (void)state;
    assert_string_equal(outcome_name(OUTCOME_WAITING), "waiting");
    assert_string_equal(outcome_name(OUTCOME_RUNNING), "running");
    assert_string_equal(outcome_name(OUTCOME_SUCCEEDED), "succeeded");
    assert_string_equal(outcome_name(OUTCOME_FAILED), "failed");
    assert_string_equal(outcome_name(OUTCOME_KILLED), "killed");
    assert_string_equal(outcome_name(OUTCOME_TIMED_OUT), "timed_out");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_add),
        TEST(test_newest_running),
        TEST(test_latest_ended),
        TEST(test_end),
        TEST(test_counts_by_function),
        TEST(test_load_is_not_counted),
        TEST(test_old_ones_are_dropped),
        TEST(test_running_ones_are_never_dropped),
        TEST(test_lines),
        TEST(test_by_serial),
        TEST(test_sum_rule),
        TEST(test_heap_sum_rule),
        TEST(test_outcome_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
