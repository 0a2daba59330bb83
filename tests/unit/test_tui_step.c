/* Keys that pause and step: what they ask of the caller, and where the display goes at a stop. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "tests/unit/ui_fixture.h"
#include "tui/scene.h"

enum { LINE_READ = 25, LINE_LOG = 26 };

static void open_with(struct model *fixture)
{
    model = fixture;
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
}

static int open_busy(void **state)
{
    (void)state;
    open_with(fixture_busy());
    return 0;
}

static int open_breakpoints(void **state)
{
    (void)state;
    open_with(fixture_breakpoints());
    return 0;
}

static int open_paused(void **state)
{
    (void)state;
    open_with(fixture_paused());
    return 0;
}

static enum ui_action answer(const char *text)
{
    for (; *text; text++)
        press(*text);
    return press(K_ENTER);
}

static uint64_t selected_line(void)
{
    uint64_t id = 0;
    list_selected(&ui.lists[VIEW_SOURCE], &id);
    return id;
}

static void go_to(uint32_t line)
{
    press('g');
    for (uint32_t at = 1; at < line; at++)
        press('j');
    assert_int_equal(selected_line(), line);
}

static bool display_holds(const char *text)
{
    struct grid grid;
    struct buf dump;
    grid_init(&grid);
    buf_init(&dump, 1 << 20);
    scene_draw(&ui, model, FIXTURE_NOW_NS, &grid);
    grid_dump_text(&grid, &dump);
    bool holds = strstr(buf_text(&dump), text) != NULL;
    buf_fini(&dump);
    grid_fini(&grid);
    return holds;
}

static void stop_at(uint32_t line, enum stop_reason reason)
{
    struct stop fresh = {.number = 13, .line = line, .reason = reason};
    stop_set(&model->stop, &fresh, invocations_find(&model->invocations, 13));
    model_touch(model);
    ui_sync(&ui, model);
}

/* ---- keys ---- */

static void test_a_breakpoint_is_set_and_removed(void **state)
{
    (void)state;
    go_to(LINE_LOG);
    assert_int_equal(press('b'), UI_BREAK);
    assert_int_equal(ui.break_file, 0);
    assert_int_equal(ui.break_line, LINE_LOG);
    assert_int_equal(ui.break_number, 0);
    assert_string_equal(ui.condition, "");
    uint32_t number = breakpoints_add(&model->breakpoints, model->files[0], LINE_LOG)->number;
    assert_int_equal(press('b'), UI_UNBREAK);
    assert_int_equal(ui.break_number, number);
    press('4');
    assert_int_equal(press('b'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "b has nothing to do here"));
}

static void test_a_condition_is_asked_for(void **state)
{
    (void)state;
    go_to(LINE_LOG);
    assert_int_equal(press('B'), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_CONDITION);
    assert_string_equal(ui.input, "rss>64M, if url.startswith('http')");
    assert_true(display_holds("line 26, pause when: rss>64M"));
    press(K_CTRL('u'));
    assert_int_equal(answer("hits>=10"), UI_BREAK);
    assert_string_equal(ui.condition, "hits>=10");
    assert_int_equal(ui.break_number, 1);
    /* What is no condition can be mended. */
    go_to(30 - 2);
    press('B');
    assert_string_equal(ui.input, "");
    assert_int_equal(answer("rss>x"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "'x' is no size"));
    press('k');
    press('B');
    assert_string_equal(ui.input, "");
    press(K_ESC);
    press('j');
    press('B');
    assert_string_equal(ui.input, "rss>x");
    press(K_BACKSPACE);
    assert_int_equal(answer("1M"), UI_BREAK);
    assert_string_equal(ui.condition, "rss>1M");
    assert_int_equal(ui.break_line, 28);
    assert_int_equal(ui.break_number, 0);
}

static void test_steps_are_for_what_is_paused(void **state)
{
    static const char keys[] = "snfct";
    (void)state;
    for (size_t i = 0; keys[i]; i++) {
        assert_int_equal(press(keys[i]), UI_NOTHING);
        assert_non_null(strstr(ui.message, "nothing is paused"));
        assert_int_equal(ui.prompt, PROMPT_NONE);
    }
    model->stop.is_stepping = true;
    assert_int_equal(press('n'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "still under way"));
    stop_at(LINE_LOG, STOP_BREAKPOINT);
    assert_int_equal(press('s'), UI_STEP_INTO);
    assert_int_equal(press('n'), UI_STEP_OVER);
    assert_int_equal(press('f'), UI_STEP_OUT);
    assert_int_equal(press('c'), UI_CONTINUE);
    go_to(40);
    assert_int_equal(press('t'), UI_RUN_TO);
    assert_int_equal(ui.break_line, 40);
    assert_int_equal(press('i'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "it is paused"));
}

static void test_a_pause_is_taken_back(void **state)
{
    (void)state;
    assert_int_equal(press('i'), UI_PAUSE);
    assert_false(ui.paused);
    model->stop.is_awaited = true;
    assert_true(display_holds("pauses at the next line"));
    assert_int_equal(press('i'), UI_PAUSE);
    assert_true(ui.paused);
}

static void test_an_expression_is_asked_for(void **state)
{
    (void)state;
    press(':');
    assert_true(display_holds("evaluate (can change the program):"));
    assert_int_equal(answer(""), UI_NOTHING);
    press(':');
    assert_int_equal(answer("len(KEPT)"), UI_EVALUATE);
    assert_string_equal(ui.expression, "len(KEPT)");
    press(':');
    press('x');
    assert_int_equal(press(K_ESC), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_NONE);
}

static void test_answers_are_shown(void **state)
{
    (void)state;
    model->stop.expression = mem_strdup("1 / 0");
    model->stop.is_evaluating = true;
    assert_true(display_holds("1 / 0 is being evaluated; Esc breaks it off"));
    assert_int_equal(press(K_ESC), UI_BREAK_OFF);
    assert_int_equal(press(K_CTRL('c')), UI_BREAK_OFF);
    model->stop.is_breaking = true;
    assert_true(display_holds("1 / 0 is being broken off; a call that blocks outside of Python"));
    assert_int_equal(press(K_ESC), UI_BREAK_OFF);
    assert_int_equal(press(K_CTRL('c')), UI_QUIT);
    assert_int_equal(press('q'), UI_QUIT);
    model->stop.is_evaluating = false;
    model->stop.has_failed = true;
    model->stop.answer = mem_strdup("ZeroDivisionError: division by zero");
    assert_true(display_holds("1 / 0 failed: ZeroDivisionError"));
    press('v');
    assert_true(display_holds("1 / 0 failed: ZeroDivisionError"));
    stop_at(LINE_READ, STOP_STEP);
    press('v');
    assert_false(display_holds("ZeroDivisionError"));
}

static void test_a_local_is_evaluated(void **state)
{
    (void)state;
    press('v');
    press('\\');
    answer(model->stop.locals[0].name);
    press('g');
    for (int i = 0; i < 5 && ui.view == VIEW_STOP; i++) {
        if (press(K_ENTER) == UI_EVALUATE)
            break;
        press('j');
    }
    assert_int_equal(ui.view, VIEW_STOP);
    assert_string_equal(ui.expression, model->stop.locals[0].name);
}

static void test_a_condition_that_does_not_end(void **state)
{
    (void)state;
    model->slow_breakpoint = model->breakpoints.items[0].number;
    assert_true(display_holds("is being broken off; a call that"));
    model->slow_breakpoint = 0;
    model->breakpoints.items[0].is_off = true;
    press('7');
    assert_true(display_holds("off, its condition did not end: "));
}

static void test_logs_cannot_be_paused(void **state)
{
    static const char keys[] = "isnfctbBv7";
    (void)state;
    model->worker = WORKER_NONE;
    for (size_t i = 0; keys[i]; i++) {
        assert_int_equal(press(keys[i]), UI_NOTHING);
        assert_non_null(strstr(ui.message, "nothing to pause"));
    }
    assert_false(display_holds("7 stop"));
}

/* ---- the display ---- */

static void test_the_source_goes_to_the_stop(void **state)
{
    (void)state;
    press('g');
    press('3');
    ui_say(&ui, STYLE_TEXT, "pausing before the next line");
    stop_at(LINE_LOG, STOP_BREAKPOINT);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected_line(), LINE_LOG);
    assert_true(display_holds(" PAUSED "));
    assert_true(display_holds(">   26"));
    assert_true(display_holds("paused before line 26"));
    assert_false(display_holds(">   25")); /* of the slot, which may lag behind */
    assert_false(display_holds("pausing before"));
    /* It stays where one goes from there, as long as it is the same stop. */
    press('k');
    ui_sync(&ui, model);
    assert_int_equal(selected_line(), LINE_LOG - 1);
    press('H');
    assert_int_equal(selected_line(), LINE_LOG);
    stop_clear(&model->stop);
    ui_sync(&ui, model);
    assert_true(display_holds(" RUNNING "));
}

static void test_a_step_leaves_the_view(void **state)
{
    (void)state;
    press('v');
    assert_int_equal(ui.view, VIEW_STOP);
    stop_at(LINE_READ, STOP_STEP);
    assert_int_equal(ui.view, VIEW_STOP);
    press('4');
    stop_at(LINE_LOG, STOP_STEP);
    assert_int_equal(ui.view, VIEW_OUTPUT);
    assert_true(display_holds("paused before line 26"));
    press('1');
    assert_int_equal(selected_line(), LINE_LOG);
    press('/');
    stop_at(LINE_READ, STOP_INTERRUPT);
    assert_int_equal(ui.prompt, PROMPT_SEARCH);
}

static void test_a_filter_does_not_hide_the_stop(void **state)
{
    (void)state;
    press('\\');
    answer("import");
    stop_at(LINE_LOG, STOP_BREAKPOINT);
    assert_int_equal(selected_line(), LINE_LOG);
    assert_true(display_holds(">   26"));
}

static void test_what_is_frozen_stays(void **state)
{
    (void)state;
    press(' ');
    stop_clear(&model->stop);
    breakpoints_fini(&model->breakpoints);
    ui_sync(&ui, model);
    assert_true(display_holds(" PAUSED "));
    press('v');
    assert_true(display_holds("thread MainThread"));
    assert_true(display_holds("12345"));
    press(' ');
    assert_false(display_holds(" PAUSED "));
    stop_at(LINE_READ, STOP_BREAKPOINT);
    press('1');
    assert_int_equal(selected_line(), LINE_READ);
}

static void test_where_the_stack_leads(void **state)
{
    (void)state;
    press('v');
    for (int i = 0; i < 3; i++)
        press('j');
    assert_true(display_holds("line 39  sizes = await"));
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected_line(), 39);
    press('v');
    press('j');
    assert_false(ui_can(&ui, model, CMD_OPEN)); /* a file that is not shown here */
    assert_int_equal(press('b'), UI_NOTHING);
    press('v');
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_breakpoints_in_the_list(void **state)
{
    (void)state;
    press('7');
    assert_true(display_holds("nothing is paused: i pauses"));
    press('j');
    press('j');
    assert_int_equal(press('b'), UI_UNBREAK);
    assert_int_equal(ui.break_number, 1);
    press('B');
    assert_string_equal(ui.input, "rss>64M, if url.startswith('http')");
    press(K_ESC);
    press('G');
    assert_true(display_holds("its line is gone"));
    assert_int_equal(press('b'), UI_UNBREAK);
    assert_int_equal(ui.break_number, 3);
    press('k');
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected_line(), LINE_READ);
    /* The one at the cursor's line is nobody's but the program's. */
    assert_false(display_holds("b   43"));
    assert_true(display_holds("b   26"));
    assert_true(display_holds(">b  25"));
}

static void test_why_it_is_paused(void **state)
{
    (void)state;
    assert_true(display_holds("paused before line 26 by breakpoint; the event loop is held"));
    stop_at(LINE_LOG, STOP_CALL);
    assert_true(display_holds("paused before line 26 by breakpoint() in the program"));
    stop_at(0, STOP_STEP);
    assert_true(display_holds(" paused"));
    struct error error;
    breakpoint_set_condition(&model->breakpoints.items[1], "increment>1M", &error);
    struct stop fresh = {
        .number = 13, .line = LINE_LOG, .reason = STOP_BREAKPOINT, .breakpoint = 2};
    stop_set(&model->stop, &fresh, NULL);
    assert_true(display_holds("paused after line 25 by breakpoint; increment>1M"));
}

static void add_other(struct stop_others *others, const char *name, const char *state,
                      uint32_t line)
{
    struct stop_other *other = stop_add_other(others);
    other->name = mem_strdup(name);
    other->function = mem_strdup("fetch");
    other->state = mem_strdup(state);
    other->place = mem_strdup(line ? "app.py" : "");
    other->file = 0;
    other->line = line;
    other->number = 13;
}

static void test_objects_of_a_step(void **state)
{
    static const struct {
        int64_t objects;
        const char *words;
    } all[] = {{3, "+412 B, +3 objects, native"},
               {-1, "+412 B, -1 object, native"},
               {0, "+412 B, 0 objects, native"}};
    (void)state;
    model->heap.is_on = model->heap.native_is_on = true;
    model->stop.step =
        (struct stop_step){.is_known = true, .is_over = true, .line = 3, .net_python_bytes = 412};
    press('7');
    press('g');
    assert_true(display_holds("+412 B, native"));
    model->stop.step.has_objects = true;
    for (size_t i = 0; i < 3; i++) {
        model->stop.step.objects = all[i].objects;
        assert_true(display_holds(all[i].words));
    }
}

static void test_tasks_and_threads(void **state)
{
    (void)state;
    struct stop *stop = &model->stop;
    add_other(&stop->tasks, "Task-1", "paused", LINE_LOG);
    add_other(&stop->tasks, "Task-2", "waits", LINE_READ);
    stop->tasks.more = 7;
    add_other(&stop->threads, "MainThread", "paused", LINE_LOG);
    press('v');
    assert_true(display_holds("Tasks"));
    assert_true(display_holds("and 7 more tasks"));
    assert_false(display_holds("Threads")); /* there is but the one that is paused */
    add_other(&stop->threads, "Other", "runs", 0);
    ui_sync(&ui, model);
    press('\\');
    answer("Task-2");
    assert_true(display_holds("Task-2            waits       #13    fetch  app.py:25"));
    press('G');
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected_line(), LINE_READ);
}

static void test_the_side_is_the_stops(void **state)
{
    static const int wide[] = {140, 160, 200}, narrow[] = {80, 100, 120, 139};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        ui_key(&ui, model, (struct key_event){.key = K_RESIZE, .col = narrow[i], .row = 30}, 0, 0);
        assert_false(display_holds("Deep size"));
    }
    for (size_t i = 0; i < 3; i++) {
        ui_key(&ui, model, (struct key_event){.key = K_RESIZE, .col = wide[i], .row = 30}, 0, 0);
        assert_true(display_holds("Deep size"));
        assert_true(display_holds("Stack"));
        assert_true(display_holds("Occur."));
    }
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_STOP);
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_SOURCE);
    press(K_BACKTAB);
    assert_int_equal(ui.focus, VIEW_STOP);
    stop_clear(&model->stop);
    ui_sync(&ui, model);
    assert_int_equal(ui.focus, VIEW_SOURCE);
    assert_false(display_holds("Deep size"));
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_INVOCATIONS);
}

int main(void)
{
#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_breakpoint_is_set_and_removed, open_busy),
        TEST(test_a_condition_is_asked_for, open_breakpoints),
        TEST(test_steps_are_for_what_is_paused, open_busy),
        TEST(test_a_pause_is_taken_back, open_busy),
        TEST(test_an_expression_is_asked_for, open_paused),
        TEST(test_answers_are_shown, open_paused),
        TEST(test_a_local_is_evaluated, open_paused),
        TEST(test_a_condition_that_does_not_end, open_breakpoints),
        TEST(test_logs_cannot_be_paused, open_busy),
        TEST(test_the_source_goes_to_the_stop, open_busy),
        TEST(test_a_step_leaves_the_view, open_paused),
        TEST(test_a_filter_does_not_hide_the_stop, open_busy),
        TEST(test_what_is_frozen_stays, open_paused),
        TEST(test_where_the_stack_leads, open_paused),
        TEST(test_breakpoints_in_the_list, open_breakpoints),
        TEST(test_why_it_is_paused, open_paused),
        TEST(test_objects_of_a_step, open_paused),
        TEST(test_tasks_and_threads, open_paused),
        TEST(test_the_side_is_the_stops, open_paused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
