/* A recording on the screen: its keys, its rows, and that one comes back to the same screen. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tests/unit/ui_fixture.h"
#include "tui/bars.h"
#include "tui/scene.h"
#include "tui/scrubber.h"

static struct replay_at place(uint64_t event)
{
    return (struct replay_at){
        .event = event,
        .first_event = 1,
        .last_event = 100,
        .time_ns = FIXTURE_REALTIME_NS + event * NS_PER_SECOND,
        .begin_ns = FIXTURE_REALTIME_NS + NS_PER_SECOND,
        .end_ns = FIXTURE_REALTIME_NS + 100 * NS_PER_SECOND,
        .now_ns = FIXTURE_NOW_NS + event * NS_PER_SECOND,
    };
}

static void arrive(uint64_t event)
{
    struct replay_at at = place(event);
    replay_arrive(&ui, model, &at);
}

static int setup(void **state)
{
    (void)state;
    model = fixture_busy();
    ui_init(&ui, 80, 24);
    replay_enter(&ui, false);
    ui.replay.curve = &model->timeline;
    arrive(50);
    return 0;
}

static char *display(void)
{
    struct grid grid;
    struct buf dump;
    grid_init(&grid);
    buf_init(&dump, 1 << 20);
    scene_draw(&ui, model, 1, &grid);
    grid_dump_text(&grid, &dump);
    grid_dump_styles(&grid, &dump);
    grid_fini(&grid);
    char *text = mem_strdup(buf_text(&dump));
    buf_fini(&dump);
    return text;
}

static bool offers(enum ui_command command)
{
    struct bar bar = bar_keys(&ui, model);
    for (size_t i = 0; i < bar.count; i++)
        if (bar.items[i].command == command)
            return true;
    return false;
}

static void test_live_row_of_keys_offers_what_was(void **state)
{
    (void)state;
    replay_leave(&ui, model);
    assert_false(offers(CMD_EVENT_PREVIOUS));
    ui.replay.is_there = true;
    assert_true(offers(CMD_EVENT_PREVIOUS));
    assert_int_equal(press('['), UI_REPLAY);
}

static void test_moves(void **state)
{
    static const struct {
        int key;
        enum replay_move move;
        bool forward;
    } keys[] = {
        {'[', REPLAY_EVENT, false},      {']', REPLAY_EVENT, true},
        {'{', REPLAY_INVOCATION, false}, {'}', REPLAY_INVOCATION, true},
        {'S', REPLAY_LINE, false},       {'s', REPLAY_LINE, true},
        {'N', REPLAY_SAME, false},       {'n', REPLAY_SAME, true},
        {'F', REPLAY_OUT, false},        {'f', REPLAY_OUT, true},
        {'C', REPLAY_STOP, false},       {'c', REPLAY_STOP, true},
        {'-', REPLAY_GROWTH, false},     {'+', REPLAY_GROWTH, true},
        {'(', REPLAY_PEAK, false},       {')', REPLAY_PEAK, true},
        {K_HOME, REPLAY_END, false},     {K_END, REPLAY_END, true},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        assert_int_equal(press(keys[i].key), UI_REPLAY);
        assert_int_equal(ui.replay.wish.move, keys[i].move);
        assert_int_equal(ui.replay.wish.forward, keys[i].forward);
    }
    /* n is about the function around the selected line, here that at line 25. */
    press('n');
    const struct file_function *function = file_function_at(model->files[0], 25);
    assert_int_equal(ui.replay.wish.first_line, function ? function->first_line : 1);
    assert_int_equal(ui.replay.wish.last_line, function ? function->last_line : UINT32_MAX);
    press('+');
    assert_int_equal(ui.replay.wish.first_line, 25);
    assert_true(ui.replay.has_growth);
    /* f is about the one that runs. */
    press('f');
    assert_int_equal(ui.replay.wish.invocation,
                     ui_invocation_id(invocations_newest_running(&model->invocations)));
    press('3');
    press('j');
    press('j');
    assert_int_equal(press('P'), UI_REPLAY);
    assert_int_equal(ui.replay.wish.move, REPLAY_OPEN);
    assert_int_equal(ui.replay.wish.invocation, 12);
}

static void test_nothing_runs(void **state)
{
    (void)state;
    for (const char *key = "rRitbBx "; *key; key++) {
        assert_int_equal(press(*key), UI_NOTHING);
        assert_non_null(strstr(ui.message, "this is a recording"));
        assert_int_equal(ui.prompt, PROMPT_NONE);
    }
    assert_null(ui.frozen);
    ui.replay.is_live = true;
    press('r');
    assert_non_null(strstr(ui.message, "Esc: the live app"));
    assert_int_equal(press(K_ESC), UI_REPLAY);
    assert_int_equal(ui.replay.wish.move, REPLAY_LEAVE);
    ui.replay.is_searching = true;
    press(K_ESC);
    assert_int_equal(ui.replay.wish.move, REPLAY_CANCEL);
    assert_int_equal(ui_next_change_ns(&ui, model, 5), UINT64_MAX);
}

/* Live, there is one key, and only where there is a recording. */
static void test_live(void **state)
{
    (void)state;
    replay_leave(&ui, model);
    assert_int_equal(press('['), UI_NOTHING);
    assert_non_null(strstr(ui.message, "--record"));
    ui.replay.is_there = true;
    assert_int_equal(press(']'), UI_NOTHING);
    assert_int_equal(press('['), UI_REPLAY);
    assert_int_equal(press('+'), UI_NOTHING);
}

/* Lists are scrolled on the way; back at an event all is as it was, until a key changes that. */
static void test_the_same_way_back(void **state)
{
    static const uint32_t lines[] = {25, 47, 3, 30, 12, 46};
    char *there[ARRAY_LEN(lines)];
    struct invocation *running = invocations_find(&model->invocations, 13);
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        running->line = lines[i];
        arrive(50 + i);
        there[i] = display();
        press(']');
    }
    for (size_t i = ARRAY_LEN(lines); i-- > 0;) {
        running->line = lines[i];
        press('[');
        arrive(50 + i);
        char *back = display();
        assert_string_equal(there[i], back);
        free(back);
    }
    press('g');
    arrive(52);
    char *other = display();
    assert_string_not_equal(there[2], other);
    free(other);
    for (size_t i = 0; i < ARRAY_LEN(lines); i++)
        free(there[i]);
}

/* An opened invocation stays opened before its beginning, and has no numbers there. */
static void test_before_its_beginning(void **state)
{
    struct line_stats stats;
    (void)state;
    press('3');
    press('j');
    press('j');
    press(K_ENTER);
    assert_int_equal(ui.one, 12);
    struct model *empty = fixture_starting();
    struct replay_at at = place(2);
    replay_arrive(&ui, empty, &at);
    assert_true(ui.one_open);
    assert_false(ui_line_stats(&ui, empty, 0, 41, &stats));
    arrive(50);
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    model_free(empty);
}

static void test_scrubber(void **state)
{
    uint64_t time_ns, before_ns = 0;
    (void)state;
    struct replay_at at = place(50);
    assert_false(scrubber_time(&ui, 20, 40, &time_ns));
    assert_false(scrubber_time(&ui, 21, 0, &time_ns));
    assert_false(scrubber_time(&ui, 22, 40, &time_ns));
    for (int col = 1; col < 79; col++) {
        assert_true(scrubber_time(&ui, 21, col, &time_ns));
        assert_true(time_ns >= at.begin_ns && time_ns <= at.end_ns && time_ns > before_ns);
        before_ns = time_ns;
    }
    assert_int_equal(time_ns, at.end_ns);
    struct key_event click = {.key = K_CLICK, .row = 21, .col = 78};
    assert_int_equal(ui_key(&ui, model, click, FIXTURE_NOW_NS, FIXTURE_REALTIME_NS), UI_REPLAY);
    assert_int_equal(ui.replay.wish.time_ns, at.end_ns);
    char *text = display();
    assert_non_null(strstr(text, "event 50 of 100"));
    assert_ptr_equal(strstr(text, " REPLAY "), text);
    free(text);
}

/* Whatever the size, nothing is drawn over anything, and there is room for the view. */
static void test_every_size(void **state)
{
    (void)state;
    for (int cols = LAYOUT_COLS_MIN; cols < 200; cols += 7) {
        for (int rows = LAYOUT_ROWS_MIN; rows < 60; rows++) {
            struct key_event size = {.key = K_RESIZE, .row = rows, .col = cols};
            ui_key(&ui, model, size, 1, 1);
            const struct layout *layout = &ui.layout;
            assert_false(layout->too_small);
            assert_int_equal(layout->foot_rows, replay_foot_rows(rows));
            assert_int_equal(layout->key_row, rows - 1);
            assert_int_equal(layout->foot_row + layout->foot_rows, rows - 1);
            assert_int_equal(layout->message_row, layout->foot_row - 1);
            assert_true(layout->main.rows >= 3);
            assert_true(layout->main.row + layout->main.rows <= layout->message_row);
            free(display());
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_live_row_of_keys_offers_what_was, setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(test_moves, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_nothing_runs, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_live, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_the_same_way_back, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_before_its_beginning, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_scrubber, setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(test_every_size, setup, fixture_teardown),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
