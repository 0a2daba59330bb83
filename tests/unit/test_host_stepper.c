/* host/stepper: a thread of this test plays the worker's side of wire/control.h, and sometimes one
 * that writes nonsense. */
#include "config.h"

#include <pthread.h>
#include <sched.h>

#include "host/stepper.h"
#include "tests/unit/drain_fixture.h"

static struct stepper *stepper;
static struct control *control;
static unsigned changes;
static struct error error;

static void refresh(void *context)
{
    (void)context;
    drain_run(drain, NOW_NS);
}

static void on_changed(void *context)
{
    (void)context;
    changes++;
}

static int open_stepper(void **state)
{
    const struct stepper_ops ops = {.refresh = refresh, .changed = on_changed};
    if (open_drain(state))
        return -1;
    changes = 0;
    publish_app();
    drain_run(drain, NOW_NS);
    stepper = stepper_new(model, drain, &ops);
    control = &segment->control;
    stepper_attend(stepper, true);
    stepper_attach(stepper, segment);
    invocations_add(&model->invocations, 7, "", "One", "GET /api/One");
    return 0;
}

static int close_stepper(void **state)
{
    stepper_free(stepper);
    return close_drain(state);
}

/* ---- the worker's side ---- */

static void write_stop(enum control_reason reason, uint32_t site, const char *account)
{
    struct control_stop *stop = &control->stop;
    stop->reason = reason;
    stop->breakpoint = 0;
    stop->site = site;
    stop->is_loop = 0;
    stop->waiting = 0;
    stop->number = 7;
    stop->account_len = (uint32_t)strlen(account);
    memcpy(stop->account, account, strlen(account));
}

static uint32_t raise_serial(uint32_t by)
{
    return atomic_fetch_add_explicit(&control->stop.serial, by, memory_order_release) + by;
}

/* A stop, as the host hears of it. */
static void stop_at(enum control_reason reason, uint32_t site)
{
    write_stop(reason, site, "{}");
    raise_serial(atomic_load(&control->stop.serial) & 1 ? 2 : 1);
    stepper_hear(stepper);
}

static void go_on(void)
{
    raise_serial(1);
    stepper_hear(stepper);
}

static const char *text_of(const struct control_text *at)
{
    static char text[4][CONTROL_EXPRESSION_BYTES + 1];
    static unsigned next;
    char *out = text[next++ % 4];
    assert_true(at->len <= CONTROL_EXPRESSION_BYTES && at->offset < CONTROL_TEXT_BYTES);
    memcpy(out, control->text + at->offset, at->len);
    out[at->len] = '\0';
    return out;
}

static bool is_armed(enum control_armed bit)
{
    return (atomic_load(&control->armed) & bit) != 0;
}

/* ---- breakpoints ---- */

static void test_breakpoints_reach_the_worker(void **state)
{
    (void)state;
    assert_int_equal(atomic_load(&control->is_attended), 1);
    assert_false(is_armed(CONTROL_BREAKPOINTS));
    assert_int_equal(stepper_set(stepper, 0, 2, "", &error), 0);
    assert_int_equal(stepper_set(stepper, 0, 3, "hits>=3, rss>1M, live>2K, if x > 1", &error), 0);
    assert_true(is_armed(CONTROL_BREAKPOINTS));
    assert_int_equal(atomic_load(&control->version) & 1, 0);
    assert_int_equal(control->breakpoint_count, 2);
    const struct control_breakpoint *second = &control->breakpoints[1];
    assert_int_equal(control->breakpoints[0].line, 2);
    assert_string_equal(text_of(&second->path), fixture_path("One/__init__.py"));
    assert_int_equal(second->path.offset, control->breakpoints[0].path.offset);
    assert_string_equal(text_of(&second->expression), "x > 1");
    assert_int_equal(second->hits, 3);
    assert_int_equal(second->rss_above_bytes, 1 << 20);
    assert_int_equal(second->live_above, 2048);
    assert_int_equal(control->breakpoints[0].expression.len, 0);
    uint32_t version = atomic_load(&control->version);
    stepper_remove(stepper, control->breakpoints[0].number);
    assert_true(atomic_load(&control->version) > version);
    assert_int_equal(control->breakpoint_count, 1);
    assert_int_equal(control->breakpoints[0].line, 3);
    stepper_remove(stepper, control->breakpoints[0].number);
    assert_int_equal(control->breakpoint_count, 0);
    assert_false(is_armed(CONTROL_BREAKPOINTS));
}

static void test_the_same_line_gets_another_condition(void **state)
{
    (void)state;
    assert_int_equal(stepper_set(stepper, 0, 2, "", &error), 0);
    uint32_t number = control->breakpoints[0].number;
    assert_int_equal(stepper_set(stepper, 0, 2, "increment>0", &error), 0);
    assert_int_equal(control->breakpoint_count, 1);
    assert_int_equal(control->breakpoints[0].number, number);
    assert_int_equal(control->breakpoints[0].increment_above_bytes, 1);
    assert_int_equal(stepper_set_condition(stepper, number, "rss>", &error), -1);
    assert_holds(error.text, "is no size");
    assert_int_equal(control->breakpoints[0].increment_above_bytes, 1);
    assert_int_equal(stepper_set_condition(stepper, 99, "", &error), -1);
}

static void test_lines_that_cannot_be_stopped_before(void **state)
{
    (void)state;
    assert_int_equal(stepper_set(stepper, 0, 99, "", &error), -1);
    assert_string_equal(error.text, "nothing runs in line 99");
    assert_int_equal(stepper_set(stepper, 5, 1, "", &error), -1);
    model->files[0]->retired = true;
    assert_int_equal(stepper_set(stepper, 0, 2, "", &error), -1);
    assert_holds(error.text, "this version");
    assert_int_equal(model->breakpoints.count, 0);
}

static void test_no_more_than_there_is_room_for(void **state)
{
    char source[4096] = "", condition[CONTROL_EXPRESSION_BYTES];
    (void)state;
    for (int i = 0; i < CONTROL_BREAKPOINTS_MAX + 1; i++)
        snprintf(source + strlen(source), sizeof source - strlen(source), "x%d = 1\n", i);
    fixture_write("Many/__init__.py", source);
    publish_site(publish_file(fixture_path("Many/__init__.py")), 1, 0);
    drain_run(drain, NOW_NS);
    for (uint32_t line = 1; line <= CONTROL_BREAKPOINTS_MAX; line++)
        assert_int_equal(stepper_set(stepper, 1, line, "", &error), 0);
    assert_int_equal(stepper_set(stepper, 1, CONTROL_BREAKPOINTS_MAX + 1, "", &error), -1);
    assert_holds(error.text, "no room for another breakpoint");
    assert_int_equal(model->breakpoints.count, CONTROL_BREAKPOINTS_MAX);
    assert_int_equal(control->breakpoint_count, CONTROL_BREAKPOINTS_MAX);
    /* 16 of these have room in 64 KiB, with the path. */
    int result = 0;
    for (uint32_t i = 0; i < 17 && result == 0; i++) {
        memset(condition, 'a' + (int)i, sizeof condition);
        memcpy(condition, "if ", 3);
        condition[sizeof condition - 1] = '\0';
        result = stepper_set(stepper, 1, i + 1, condition, &error);
    }
    assert_int_equal(result, -1);
    assert_string_equal(
        breakpoints_at(&model->breakpoints, fixture_path("Many/__init__.py"), 17)->condition, "");
    assert_int_equal(control->breakpoint_count, CONTROL_BREAKPOINTS_MAX);
}

static void attach_next_worker(void)
{
    stepper_detach(stepper);
    start_next_worker();
    control = &segment->control;
    stepper_attach(stepper, segment);
}

static void test_breakpoints_outlive_a_saved_file(void **state)
{
    (void)state;
    stepper_set(stepper, 0, 2, "hits>=2", &error);
    stepper_set(stepper, 0, 3, "", &error);
    fixture_write("One/__init__.py",
                  "import json\n\n\ndef main(req):\n    x = 1\n    return json\n");
    attach_next_worker();
    assert_int_equal(atomic_load(&control->is_attended), 1);
    assert_true(is_armed(CONTROL_BREAKPOINTS));
    assert_int_equal(control->breakpoint_count, 1);
    assert_int_equal(control->breakpoints[0].line, 5);
    assert_int_equal(control->breakpoints[0].hits, 2);
    assert_true(model->breakpoints.items[1].is_lost);
    fixture_write("One/__init__.py", "def main(req):\n    return x\n");
    attach_next_worker();
    assert_int_equal(control->breakpoint_count, 1);
    assert_int_equal(control->breakpoints[0].line, 2);
    /* A file that is gone says nothing of its lines. */
    remove(fixture_path("One/__init__.py"));
    attach_next_worker();
    assert_int_equal(control->breakpoint_count, 1);
    assert_int_equal(control->breakpoints[0].line, 2);
}

static void test_nobody_is_stopped_while_nobody_attends(void **state)
{
    (void)state;
    stepper_set(stepper, 0, 2, "", &error);
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    stepper_attend(stepper, false);
    assert_int_equal(atomic_load(&control->is_attended), 0);
    assert_int_equal(atomic_load(&control->armed), 0);
    assert_false(model->stop.is_stopped);
    assert_int_equal(stepper_await(stepper, true, &error), -1);
    stepper_set(stepper, 0, 3, "", &error);
    assert_int_equal(atomic_load(&control->armed), 0);
    attach_next_worker();
    assert_int_equal(atomic_load(&control->is_attended), 0);
    assert_int_equal(control->breakpoint_count, 0);
    stepper_attend(stepper, true);
    assert_int_equal(atomic_load(&control->is_attended), 1);
    assert_int_equal(control->breakpoint_count, 2);
}

/* ---- stops ---- */

static void test_a_stop_reaches_the_model(void **state)
{
    char account[1024];
    (void)state;
    stepper_set(stepper, 0, 3, "", &error);
    snprintf(account, sizeof account,
             "{\"thread\": \"MainThread\", \"stack\": [{\"path\": \"%s\", \"line\": 3, \"name\": "
             "\"main\"}, {\"path\": \"/lib/x.py\", \"line\": 9, \"name\": \"call\"}], \"locals\": "
             "[{\"name\": \"x\", \"type\": \"list\", \"bytes\": 4096, \"text\": \"[1,\\n 2]\"}, "
             "{\"name\": \"y\", \"type\": \"Big\", \"bytes\": null, \"text\": \"\\u001b[31m\"}], "
             "\"cut\": true}",
             fixture_path("One/__init__.py"));
    write_stop(CONTROL_AT_BREAKPOINT, 2, account);
    control->stop.breakpoint = control->breakpoints[0].number;
    control->stop.is_loop = 1;
    control->stop.waiting = 2;
    raise_serial(1);
    stepper_hear(stepper);
    const struct stop *stop = &model->stop;
    assert_true(stop->is_stopped && stop->loop_held && stop->is_cut);
    assert_int_equal(changes, 1);
    assert_int_equal(stop->reason, STOP_BREAKPOINT);
    assert_int_equal(stop->number, 7);
    assert_int_equal(stop->file, 0);
    assert_int_equal(stop->line, 3);
    assert_int_equal(stop->waiting, 2);
    assert_string_equal(stop->thread, "MainThread");
    assert_int_equal(stop->frame_count, 2);
    assert_string_equal(stop->frames[0].place, "One/__init__.py");
    assert_int_equal(stop->frames[0].file, 0);
    assert_int_equal(stop->frames[1].file, STOP_NO_FILE);
    assert_string_equal(stop->frames[1].place, "/lib/x.py");
    assert_int_equal(stop->local_count, 2);
    assert_string_equal(stop->locals[0].text, "[1,  2]");
    assert_int_equal(stop->locals[0].bytes, 4096);
    assert_string_equal(stop->locals[1].text, "^[[31m");
    assert_int_equal(stop->locals[1].bytes, -1);
    assert_int_equal(model->breakpoints.items[0].hits, 1);
    stepper_hear(stepper);
    assert_int_equal(changes, 1);
}

static void test_what_the_step_did(void **state)
{
    (void)state;
    publish_slot(1, 7, 1, 1);
    fill_cell(1, 1, SEGMENT_NONE, 1000);
    stop_at(CONTROL_AT_STEP, 1);
    assert_false(model->stop.step.is_known);
    assert_int_equal(stepper_move(stepper, CONTROL_OVER, NOW_NS, &error), 0);
    atomic_store(&segment->cells[1].part.increment_bytes, 5096);
    atomic_store(&segment->cell_heap[1].flow[HEAP_PYTHON].allocated_bytes, 412);
    go_on();
    stop_at(CONTROL_AT_STEP, 2);
    assert_true(model->stop.step.is_known);
    assert_int_equal(model->stop.step.line, 2);
    assert_int_equal(model->stop.step.increment_bytes, 4096);
    assert_int_equal(model->stop.step.net_python_bytes, 412);
}

static void test_a_step_under_way_stays_on_the_screen(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_STEP, 1);
    stepper_move(stepper, CONTROL_INTO, NOW_NS, &error);
    assert_true(model->stop.is_leaving);
    go_on();
    stepper_tick(stepper, NOW_NS + NS_PER_MS);
    assert_true(model->stop.is_stopped);
    stepper_tick(stepper, NOW_NS + NS_PER_SECOND);
    assert_false(model->stop.is_stopped);
    assert_true(model->stop.is_stepping);
    assert_int_equal(stepper_move(stepper, CONTROL_INTO, NOW_NS, &error), -1);
    assert_holds(error.text, "nothing is paused");
    /* Who goes on to who knows where is gone at once. */
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    stepper_move(stepper, CONTROL_GO, NOW_NS, &error);
    go_on();
    assert_false(model->stop.is_stopped || model->stop.is_stepping);
    /* And so is one that was not told to. */
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    go_on();
    assert_false(model->stop.is_stopped);
}

static void test_waiting_threads_are_counted(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    control->stop.waiting = 3;
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(model->stop.waiting, 3);
    assert_int_equal(changes, 2);
}

static void test_an_interrupt(void **state)
{
    (void)state;
    assert_int_equal(stepper_await(stepper, true, &error), 0);
    assert_true(is_armed(CONTROL_INTERRUPT) && model->stop.is_awaited);
    assert_int_equal(stepper_await(stepper, false, &error), 0);
    assert_false(is_armed(CONTROL_INTERRUPT) || model->stop.is_awaited);
    stepper_await(stepper, true, &error);
    atomic_store(&control->armed, 0);
    stop_at(CONTROL_AT_INTERRUPT, 1);
    assert_true(model->stop.is_stopped);
    assert_false(model->stop.is_awaited);
}

static void test_evaluating(void **state)
{
    (void)state;
    assert_int_equal(stepper_evaluate(stepper, "x", &error), -1);
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    uint32_t order = atomic_load(&control->order.serial);
    assert_int_equal(stepper_evaluate(stepper, "len(x)", &error), 0);
    assert_int_equal(atomic_load(&control->order.serial), order + 1);
    assert_int_equal(control->order.move, CONTROL_EVALUATE);
    assert_int_equal(control->order.for_stop, atomic_load(&control->stop.serial));
    assert_memory_equal(control->order.expression, "len(x)", control->order.expression_len);
    assert_int_equal(stepper_evaluate(stepper, "y", &error), -1);
    assert_int_equal(stepper_move(stepper, CONTROL_GO, NOW_NS, &error), -1);
    assert_holds(error.text, "still being evaluated");
    write_stop(CONTROL_AT_ANSWER, 1, "{\"answer\": \"3\"}");
    raise_serial(2);
    stepper_hear(stepper);
    assert_true(model->stop.is_stopped);
    assert_string_equal(model->stop.answer, "3");
    assert_string_equal(model->stop.expression, "len(x)");
    assert_int_equal(model->stop.count, 1);
    assert_int_equal(model->stop.reason, STOP_BREAKPOINT);
    stepper_evaluate(stepper, "1 / 0", &error);
    write_stop(CONTROL_AT_ANSWER, 1, "{\"answer\": \"ZeroDivisionError\", \"failed\": true}");
    raise_serial(2);
    stepper_hear(stepper);
    assert_true(model->stop.has_failed);
    assert_int_equal(stepper_move(stepper, CONTROL_GO, NOW_NS, &error), 0);
}

static void test_breaking_off(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    uint32_t orders = atomic_load(&control->order.break_off);
    assert_int_equal(stepper_break_off(stepper, &error), -1);
    assert_holds(error.text, "nothing is being evaluated");
    stepper_evaluate(stepper, "f()", &error);
    assert_int_equal(stepper_break_off(stepper, &error), 0);
    assert_int_equal(atomic_load(&control->order.break_off), orders + 1);
    assert_int_equal(atomic_load(&control->order.break_for), atomic_load(&control->stop.serial));
    assert_true(model->stop.is_evaluating && model->stop.is_breaking);
    write_stop(CONTROL_AT_ANSWER, 1, "{\"answer\": \"broken off\", \"failed\": true}");
    raise_serial(2);
    stepper_hear(stepper);
    assert_false(model->stop.is_evaluating || model->stop.is_breaking);
    stepper_evaluate(stepper, "g()", &error);
    assert_false(model->stop.is_breaking);
}

/* It holds nobody up, until it has another condition. */
static void test_a_condition_that_does_not_end(void **state)
{
    (void)state;
    stepper_set(stepper, 0, 2, "if f()", &error);
    atomic_store(&control->slow_breakpoint, 1);
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(model->slow_breakpoint, 1);
    atomic_store(&control->slow_breakpoint, 0);
    write_stop(CONTROL_AT_BREAKPOINT, 1, "{\"answer\": \"it did not end\", \"failed\": true}");
    control->stop.breakpoint = 1;
    control->stop.is_off = 1;
    raise_serial(1);
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(model->slow_breakpoint, 0);
    assert_true(model->breakpoints.items[0].is_off);
    assert_int_equal(control->breakpoint_count, 0);
    stepper_set_condition(stepper, 1, "if x", &error);
    assert_false(model->breakpoints.items[0].is_off);
    assert_int_equal(control->breakpoint_count, 1);
}

static void test_an_expression_that_is_too_long(void **state)
{
    char expression[CONTROL_EXPRESSION_BYTES + 2];
    (void)state;
    memset(expression, 'x', sizeof expression);
    expression[CONTROL_EXPRESSION_BYTES + 1] = '\0';
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    assert_int_equal(stepper_evaluate(stepper, expression, &error), -1);
    expression[CONTROL_EXPRESSION_BYTES] = '\0';
    assert_int_equal(stepper_evaluate(stepper, expression, &error), 0);
    assert_int_equal(control->order.expression_len, CONTROL_EXPRESSION_BYTES);
}

static void test_running_to_a_line(void **state)
{
    (void)state;
    assert_int_equal(stepper_run_to(stepper, 0, 3, NOW_NS, &error), -1);
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    assert_int_equal(stepper_run_to(stepper, 0, 3, NOW_NS, &error), 0);
    assert_int_equal(control->order.move, CONTROL_GO);
    assert_int_equal(control->breakpoint_count, 1);
    go_on();
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(control->breakpoint_count, 1);
    stop_at(CONTROL_AT_BREAKPOINT, 2);
    assert_int_equal(control->breakpoint_count, 0);
    /* It never gets there. */
    stepper_run_to(stepper, 0, 2, NOW_NS, &error);
    go_on();
    invocations_end(&model->invocations, invocations_find(&model->invocations, 7),
                    OUTCOME_SUCCEEDED, 200, NOW_NS, NULL);
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(control->breakpoint_count, 0);
}

/* A thread of nobody's may still get there. */
static void test_running_to_a_line_outside_of_invocations(void **state)
{
    (void)state;
    write_stop(CONTROL_AT_BREAKPOINT, 1, "{}");
    control->stop.number = INVOCATION_OUTSIDE;
    raise_serial(1);
    stepper_hear(stepper);
    assert_int_equal(stepper_run_to(stepper, 0, 3, NOW_NS, &error), 0);
    go_on();
    stepper_tick(stepper, NOW_NS);
    assert_int_equal(control->breakpoint_count, 1);
}

/* The step was its last one. */
static void test_an_invocation_ends_under_a_step(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_STEP, 2);
    stepper_move(stepper, CONTROL_OVER, NOW_NS, &error);
    go_on();
    invocations_end(&model->invocations, invocations_find(&model->invocations, 7),
                    OUTCOME_SUCCEEDED, 200, NOW_NS, NULL);
    stepper_tick(stepper, NOW_NS + NS_PER_SECOND);
    assert_false(model->stop.is_stopped || model->stop.is_stepping);
}

static void test_a_worker_that_is_gone(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    stepper_release(stepper);
    assert_false(model->stop.is_stopped);
    assert_int_equal(atomic_load(&control->is_attended), 0);
    /* What it says on its way is no news, and what is set is for the next one. */
    stop_at(CONTROL_AT_BREAKPOINT, 1);
    assert_false(model->stop.is_stopped);
    stepper_set(stepper, 0, 2, "", &error);
    assert_int_equal(atomic_load(&control->armed), 0);
    stepper_detach(stepper);
    stepper_detach(stepper);
    stepper_hear(stepper);
    stepper_tick(stepper, NOW_NS);
    stepper_release(stepper);
    assert_int_equal(stepper_await(stepper, true, &error), -1);
    assert_int_equal(stepper_move(stepper, CONTROL_GO, NOW_NS, &error), -1);
}

/* ---- nonsense ---- */

static void test_nonsense_is_cut(void **state)
{
    static const char *const accounts[] = {
        "",
        "[]",
        "{\"stack\"",
        "\xff\xfe",
        "{\"stack\": 3, \"locals\": {}, \"thread\": 1, \"answer\": []}",
        "{\"stack\": [1, null, {\"path\": 3}, {\"path\": \"/a\"}]}",
        "{\"stack\": [{\"path\": \"/a\", \"line\": 0}, {\"path\": \"/a\", \"line\": -5}]}",
        "{\"stack\": [{\"path\": \"/a\", \"line\": 9999999999}]}",
        "{\"locals\": [1, {}, {\"name\": null}]}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(accounts); i++) {
        write_stop((enum control_reason)(99 + i), 0xFFFFFFF0u + (uint32_t)i, accounts[i]);
        control->stop.number = UINT64_MAX - i;
        control->stop.breakpoint = 12345;
        raise_serial(2 - (i == 0));
        stepper_hear(stepper);
        assert_true(model->stop.is_stopped);
        assert_int_equal(model->stop.file, STOP_NO_FILE);
        assert_int_equal(model->stop.frame_count + model->stop.local_count, 0);
        assert_null(model->stop.thread);
    }
    write_stop(CONTROL_AT_STEP, 1, "{\"locals\": [{\"name\": \"a\\u0000b\", \"bytes\": -7}]}");
    raise_serial(2);
    stepper_hear(stepper);
    assert_string_equal(model->stop.locals[0].name, "a^@b");
    assert_string_equal(model->stop.locals[0].text, "");
    assert_int_equal(model->stop.locals[0].bytes, -1);
    write_stop(CONTROL_AT_STEP, 1, "");
    memset(control->stop.account, '[', sizeof control->stop.account);
    control->stop.account_len = UINT32_MAX;
    raise_serial(2);
    stepper_hear(stepper);
    assert_true(model->stop.is_stopped);
}

/* Without a known site the innermost frame says where it is. */
static void test_a_line_without_a_site(void **state)
{
    char account[512];
    (void)state;
    snprintf(account, sizeof account, "{\"stack\": [{\"path\": \"%s\", \"line\": 2}]}",
             fixture_path("One/__init__.py"));
    write_stop(CONTROL_AT_STEP, SEGMENT_NONE, account);
    raise_serial(1);
    stepper_hear(stepper);
    assert_int_equal(model->stop.file, 0);
    assert_int_equal(model->stop.line, 2);
    assert_string_equal(model->stop.frames[0].name, "");
}

/* ---- a worker in a thread ---- */

struct worker {
    pthread_t thread;
    _Atomic unsigned moves[CONTROL_EVALUATE + 1]; /* orders that it was given */
    _Atomic bool done;
    unsigned stops; /* to make */
    unsigned breakpoint_at;
};

/* True where it was given an order for the stop. */
static bool wait_for_order(uint32_t serial, uint32_t *order)
{
    const struct control_order *given = &control->order;
    while (atomic_load(&control->is_attended)) {
        control_wait(&given->serial, *order, 10000);
        uint32_t now = atomic_load_explicit(&given->serial, memory_order_acquire);
        if (now != *order) {
            *order = now;
            if (given->for_stop == serial)
                return true;
        }
    }
    return false;
}

static void *step_on(void *context)
{
    struct worker *worker = context;
    uint32_t order = atomic_load(&control->order.serial);
    for (unsigned i = 0; i < worker->stops; i++) {
        bool at_breakpoint = i == 0 || i == worker->breakpoint_at;
        write_stop(at_breakpoint ? CONTROL_AT_BREAKPOINT : CONTROL_AT_STEP, 1 + i % 2, "{}");
        bool ordered = wait_for_order(raise_serial(1), &order);
        if (ordered)
            worker->moves[control->order.move]++;
        raise_serial(1);
        if (!ordered)
            break;
    }
    worker->done = true;
    return NULL;
}

static void start_worker(struct worker *worker)
{
    assert_int_equal(pthread_create(&worker->thread, NULL, step_on, worker), 0);
}

static void hear_until(uint64_t count)
{
    while (model->stop.count < count) {
        stepper_hear(stepper);
        sched_yield();
    }
}

static void test_stepping_a_thread(void **state)
{
    struct worker worker = {.stops = 1000};
    (void)state;
    start_worker(&worker);
    for (unsigned i = 1; i <= worker.stops; i++) {
        hear_until(i);
        assert_int_equal(model->stop.line, i % 2 ? 2 : 3);
        assert_int_equal(stepper_move(stepper, i % 2 ? CONTROL_INTO : CONTROL_OVER, NOW_NS, &error),
                         0);
    }
    pthread_join(worker.thread, NULL);
    assert_int_equal(worker.moves[CONTROL_INTO], 500);
    assert_int_equal(worker.moves[CONTROL_OVER], 500);
}

/* Keys that come faster than the steps are kept, up to a stop that was not expected. */
static void test_keys_typed_ahead(void **state)
{
    struct worker worker = {.stops = 8, .breakpoint_at = 5};
    (void)state;
    start_worker(&worker);
    hear_until(1);
    for (int i = 0; i < 16; i++)
        assert_int_equal(stepper_move(stepper, CONTROL_OUT, NOW_NS, &error), 0);
    hear_until(6);
    assert_false(model->stop.is_leaving);
    assert_int_equal(worker.moves[CONTROL_OUT], 5);
    stepper_attend(stepper, false);
    pthread_join(worker.thread, NULL);
}

static void test_keys_are_taken_back(void **state)
{
    (void)state;
    stop_at(CONTROL_AT_STEP, 1);
    for (int i = 0; i < 5000; i++)
        assert_int_equal(stepper_move(stepper, CONTROL_INTO, NOW_NS, &error), 0);
    uint32_t order = atomic_load(&control->order.serial);
    stepper_await(stepper, true, &error);
    go_on();
    stop_at(CONTROL_AT_INTERRUPT, 2);
    assert_int_equal(atomic_load(&control->order.serial), order);
    assert_false(model->stop.is_leaving);
    /* Nor are they made when it has left for good. */
    for (int i = 0; i < 3; i++)
        stepper_move(stepper, CONTROL_GO, NOW_NS, &error);
    go_on();
    stop_at(CONTROL_AT_STEP, 1);
    assert_int_equal(atomic_load(&control->order.serial), order + 1);
}

/* pymemtop ends, or the app was saved. */
static void test_who_is_stopped_is_let_go(void **state)
{
    struct worker worker = {.stops = 3};
    (void)state;
    start_worker(&worker);
    hear_until(1);
    stepper_release(stepper);
    pthread_join(worker.thread, NULL);
    assert_true(worker.done);
    assert_int_equal(atomic_load(&control->stop.serial) & 1, 0);
}

/* ThreadSanitizer is at work; clang says so in another way. */
#if defined(__SANITIZE_THREAD__)
#define WATCHES_RACES true
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define WATCHES_RACES true
#endif
#endif
#ifndef WATCHES_RACES
#define WATCHES_RACES false
#endif

static _Atomic bool stop_scribbling;

/* As if the worker had lost its mind: everything changes all the time. */
static void *scribble(void *context)
{
    volatile unsigned char *bytes = (volatile unsigned char *)&control->stop;
    uint64_t random = 1;
    (void)context;
    while (!stop_scribbling) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        bytes[(random >> 33) % 256] = (unsigned char)(random >> 25);
        atomic_fetch_add(&control->stop.serial, 1 + (uint32_t)(random >> 60) % 2);
        /* Now and then long enough for a stop to be taken. */
        for (volatile unsigned i = (unsigned)(random >> 40) % 65536; i > 0; i--)
            ;
    }
    return NULL;
}

static void test_a_worker_gone_mad(void **state)
{
    pthread_t thread;
    (void)state;
    if (WATCHES_RACES)
        skip(); /* it would find what this is about */
    stop_scribbling = false;
    assert_int_equal(pthread_create(&thread, NULL, scribble, NULL), 0);
    for (int i = 0; model->stop.count < 500; i++) {
        stepper_hear(stepper);
        stepper_tick(stepper, NOW_NS + (unsigned)i * NS_PER_MS);
        (void)!stepper_move(stepper, CONTROL_INTO, NOW_NS, &error);
        if (i % 100 == 0)
            (void)!stepper_evaluate(stepper, "x", &error);
    }
    stop_scribbling = true;
    pthread_join(thread, NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_stepper, close_stepper)
    const struct CMUnitTest tests[] = {
        TEST(test_breakpoints_reach_the_worker),
        TEST(test_the_same_line_gets_another_condition),
        TEST(test_lines_that_cannot_be_stopped_before),
        TEST(test_no_more_than_there_is_room_for),
        TEST(test_breakpoints_outlive_a_saved_file),
        TEST(test_nobody_is_stopped_while_nobody_attends),
        TEST(test_a_stop_reaches_the_model),
        TEST(test_what_the_step_did),
        TEST(test_a_step_under_way_stays_on_the_screen),
        TEST(test_waiting_threads_are_counted),
        TEST(test_an_interrupt),
        TEST(test_evaluating),
        TEST(test_breaking_off),
        TEST(test_a_condition_that_does_not_end),
        TEST(test_an_expression_that_is_too_long),
        TEST(test_running_to_a_line),
        TEST(test_running_to_a_line_outside_of_invocations),
        TEST(test_an_invocation_ends_under_a_step),
        TEST(test_a_worker_that_is_gone),
        TEST(test_nonsense_is_cut),
        TEST(test_a_line_without_a_site),
        TEST(test_stepping_a_thread),
        TEST(test_keys_typed_ahead),
        TEST(test_keys_are_taken_back),
        TEST(test_who_is_stopped_is_let_go),
        TEST(test_a_worker_gone_mad),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
