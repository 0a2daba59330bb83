/* model/stop: what a step did is the difference between two stops. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "model/stop.h"

static struct invocations set;
static struct invocation *invocation;
static struct stop stop;

static int open_stop(void **state)
{
    (void)state;
    stop = (struct stop){0};
    invocations_init(&set);
    invocation = invocations_add(&set, 1, "", "One", "GET /api/One");
    return 0;
}

static int close_stop(void **state)
{
    (void)state;
    stop_fini(&stop);
    invocations_fini(&set);
    return 0;
}

static void count(uint32_t line, int64_t increment, int64_t python, int64_t native, uint64_t times)
{
    const struct line_stats stats = {.increment_bytes = increment,
                                     .net_python_bytes = python,
                                     .net_native_bytes = native,
                                     .occurrences = times};
    invocation_set_line(invocation, 0, line, &stats);
}

static void add_frame(struct stop *to, uint32_t line)
{
    struct stop_frame *frame = stop_add_frame(to);
    frame->name = mem_strdup("main");
    frame->place = mem_strdup("One/__init__.py");
    frame->file = 0;
    frame->line = line;
}

static void stop_at(uint32_t line, uint32_t called_from, enum stop_reason reason)
{
    struct stop fresh = {.number = 1, .file = 0, .line = line, .reason = reason};
    add_frame(&fresh, line);
    if (called_from)
        add_frame(&fresh, called_from);
    stop_set(&stop, &fresh, invocation);
    assert_int_equal(fresh.frame_count, 0);
}

static void test_the_first_stop_tells_of_no_step(void **state)
{
    (void)state;
    stop_at(3, 0, STOP_BREAKPOINT);
    assert_true(stop.is_stopped);
    assert_int_equal(stop.count, 1);
    assert_false(stop.step.is_known);
    stop_clear(&stop);
    assert_false(stop.is_stopped);
    assert_int_equal(stop.frame_count, 0);
}

static void test_what_a_step_did(void **state)
{
    (void)state;
    count(3, 100, 10, 1, 1);
    stop_at(3, 0, STOP_STEP);
    stop_clear(&stop);
    count(3, 1100, 422, 1025, 2);
    stop_at(4, 0, STOP_STEP);
    assert_true(stop.step.is_known && stop.step.is_over);
    assert_int_equal(stop.step.line, 3);
    assert_int_equal(stop.step.increment_bytes, 1000);
    assert_int_equal(stop.step.net_python_bytes, 412);
    assert_int_equal(stop.step.net_native_bytes, 1024);
    assert_int_equal(stop.step.executions, 1);
    /* Line 4 had no numbers then. */
    stop_clear(&stop);
    count(4, -50, -5, 0, 1);
    stop_at(5, 0, STOP_STEP);
    assert_int_equal(stop.step.line, 4);
    assert_int_equal(stop.step.increment_bytes, -50);
}

static void test_a_line_that_calls_is_not_over(void **state)
{
    (void)state;
    stop_at(3, 0, STOP_STEP);
    count(3, 0, 0, 0, 1);
    stop_at(10, 3, STOP_STEP);
    assert_true(stop.step.is_known);
    assert_false(stop.step.is_over);
}

static void test_another_invocation_is_no_step(void **state)
{
    (void)state;
    stop_at(3, 0, STOP_STEP);
    struct invocation *other = invocations_add(&set, 2, "", "One", "GET /api/One");
    struct stop fresh = {.number = 2, .file = 0, .line = 3};
    stop_set(&stop, &fresh, other);
    assert_false(stop.step.is_known);
    /* One that is no longer kept, or was none. */
    fresh = (struct stop){.number = 7, .file = STOP_NO_FILE};
    stop_set(&stop, &fresh, NULL);
    assert_false(stop.step.is_known || stop.has_before);
}

static void test_an_answer_leaves_the_step(void **state)
{
    (void)state;
    stop_at(3, 0, STOP_BREAKPOINT);
    count(3, 1000, 0, 0, 1);
    stop_at(4, 0, STOP_STEP);
    stop.expression = mem_strdup("len(x)");
    struct stop fresh = {.number = 1, .file = 0, .line = 4, .reason = STOP_ANSWER};
    fresh.answer = mem_strdup("3");
    count(3, 5000, 0, 0, 9);
    stop_set_answer(&stop, &fresh);
    assert_int_equal(stop.count, 2);
    assert_int_equal(stop.reason, STOP_STEP);
    assert_string_equal(stop.answer, "3");
    assert_string_equal(stop.expression, "len(x)");
    assert_int_equal(stop.step.increment_bytes, 1000);
}

static void test_an_interrupt_is_awaited_once(void **state)
{
    (void)state;
    stop.is_awaited = true;
    stop_at(3, 0, STOP_BREAKPOINT);
    stop_clear(&stop);
    assert_true(stop.is_awaited);
    stop_at(3, 0, STOP_INTERRUPT);
    assert_false(stop.is_awaited);
}

static void test_a_worker_that_is_gone(void **state)
{
    (void)state;
    stop_at(3, 0, STOP_STEP);
    stop.is_awaited = true;
    stop_forget(&stop);
    assert_false(stop.is_stopped || stop.is_awaited);
    assert_int_equal(stop.count, 1);
    count(3, 1000, 0, 0, 1);
    stop_at(4, 0, STOP_STEP);
    assert_false(stop.step.is_known);
}

static void test_a_copy_shares_nothing(void **state)
{
    (void)state;
    struct stop fresh = {.number = 1, .line = 3, .thread = mem_strdup("MainThread")};
    add_frame(&fresh, 3);
    struct stop_local *local = stop_add_local(&fresh);
    local->name = mem_strdup("x");
    local->text = mem_strdup("[1, 2]");
    stop_set(&stop, &fresh, invocation);
    struct stop copy = stop_copy(&stop);
    stop_fini(&stop);
    assert_string_equal(copy.frames[0].name, "main");
    assert_string_equal(copy.locals[0].text, "[1, 2]");
    assert_null(copy.locals[0].type);
    assert_int_equal(copy.locals[0].bytes, -1);
    assert_string_equal(copy.thread, "MainThread");
    stop_fini(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_first_stop_tells_of_no_step, open_stop,
                                        close_stop),
        cmocka_unit_test_setup_teardown(test_what_a_step_did, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_a_line_that_calls_is_not_over, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_another_invocation_is_no_step, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_an_answer_leaves_the_step, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_an_interrupt_is_awaited_once, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_a_worker_that_is_gone, open_stop, close_stop),
        cmocka_unit_test_setup_teardown(test_a_copy_shares_nothing, open_stop, close_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
