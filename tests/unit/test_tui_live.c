/* What is alive since a mark: the commands after `:`, the rows, and what is said when. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/unit/ui_fixture.h"
#include "tui/act.h"
#include "tui/live_words.h"
#include "tui/save.h"
#include "tui/view.h"

static void begin(struct model *with)
{
    model = with;
    ui_init(&ui, 120, 30);
    ui_sync(&ui, model);
}

static int open_leaks(void **state)
{
    (void)state;
    begin(fixture_leaks());
    return 0;
}

static int open_live(void **state)
{
    (void)state;
    begin(fixture_live());
    return 0;
}

static enum ui_action command(const char *text)
{
    press(':');
    for (; *text; text++)
        press(*text);
    return press(K_ENTER);
}

static bool display_holds(const char *text)
{
    struct buf dump;
    buf_init(&dump, 1 << 20);
    save_text(&ui, model, &dump);
    bool holds = strstr(buf_text(&dump), text) != NULL;
    buf_fini(&dump);
    return holds;
}

static void answer(bool is_mark)
{
    struct live_census census = {.realtime_ns = FIXTURE_REALTIME_NS, .invocations = 1};
    char type[] = "dict";
    const struct live_row row = {0, 27, type, is_mark ? 1 : 1401, is_mark ? 64 : 327744};
    live_census_add(&census, &row);
    live_census_close(&census);
    live_ask(&model->live, is_mark);
    live_answer(&model->live, &census);
    ui_sync(&ui, model);
}

static void test_a_mark_and_the_difference(void **state)
{
    (void)state;
    assert_int_equal(command("mark-live"), UI_MARK_LIVE);
    assert_string_equal(ui.message, "counting what is alive");
    assert_int_equal(ui.view, VIEW_SOURCE);
    answer(true);
    assert_string_equal(ui.message,
                        "marked 22:13:20 after 1 invocation: 64 B in 1 object; :diff-live");
    assert_int_equal(command("diff-live"), UI_DIFF_LIVE);
    assert_int_equal(ui.view, VIEW_LIVE);
    answer(false);
    assert_string_equal(ui.message, ""); /* the view shows it */
    assert_true(display_holds("+320 KiB     +1,400"));
    assert_int_equal(press('w'), UI_HOLDERS);
    assert_int_equal(ui.holders_line, 27);
    press(K_ESC);
    assert_int_equal(ui.view, VIEW_LIVE);
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(ui.lists[VIEW_SOURCE].at, 27);
    assert_int_equal(command("diff-live"), UI_DIFF_LIVE); /* since the same mark */
    press(K_ESC);
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_without_a_mark(void **state)
{
    (void)state;
    assert_int_equal(command("diff-live"), UI_NOTHING);
    assert_string_equal(ui.message, "there is no mark to compare with; :mark-live sets one");
    assert_int_equal(ui.view, VIEW_SOURCE);
    live_ask(&model->live, true);
    assert_int_equal(command("diff-live"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "being set still"));
    answer(true);
    live_lose(&model->live);
    assert_int_equal(command("diff-live"), UI_NOTHING);
    assert_string_equal(ui.message,
                        "the mark is gone with its worker; :mark-live sets another one");
}

static void test_nothing_can_be_counted(void **state)
{
    (void)state;
    press(' ');
    assert_int_equal(command("mark-live"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "frozen"));
    press(' ');
    model->worker = WORKER_ENDED;
    assert_int_equal(command("mark-live"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "the program is over"));
    model->worker = WORKER_NONE;
    assert_int_equal(command("mark-live"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "there is no memory"));
    replay_enter(&ui, false);
    assert_int_equal(command("diff-live"), UI_NOTHING);
    assert_non_null(strstr(ui.message, "this is a recording"));
}

static void test_it_fails(void **state)
{
    (void)state;
    command("mark-live");
    live_ask(&model->live, true);
    live_fail(&model->live, "the worker does not answer");
    ui_sync(&ui, model);
    assert_string_equal(ui.message, "the worker does not answer");
    press(K_LEFT); /* said once */
    ui_sync(&ui, model);
    assert_string_equal(ui.message, "");
    answer(true);
    command("diff-live");
    live_ask(&model->live, false);
    assert_true(display_holds("counting what is alive: 0%, Esc ends it"));
    assert_int_equal(press(K_ESC), UI_LIVE_STOP);
    live_fail(&model->live, "the worker does not answer");
    assert_true(display_holds("the worker does not answer"));
}

static void test_a_difference_stays_while_it_is_made_anew(void **state)
{
    (void)state;
    command("diff-live");
    assert_int_equal(ui.banner_rows, 2);
    assert_true(display_holds("mark 22:10:00 after 4 invocations: 14.5 MiB in 70,341 objects"));
    assert_true(display_holds("now  22:13:20 after 12: 22.8 MiB in 73,060 objects; "
                              "+8.29 MiB, +2,719"));
    live_ask(&model->live, false);
    model->live.percent = 7;
    assert_true(display_holds("counting what is alive: 7%"));
    assert_true(display_holds("+8.00 MiB     +1,400"));
    live_fail(&model->live, "it was killed");
    assert_true(display_holds("not compared anew: it was killed"));
}

static void test_what_is_missing_is_said(void **state)
{
    (void)state;
    command("diff-live");
    model->live.now.other_rows = 1200;
    assert_true(display_holds("only in the sums: the smallest 1200 rows"));
    model->live.mark.problem = mem_strdup("not all was looked at: memory is short");
    assert_true(display_holds("memory is short"));
}

static uint64_t row(size_t at)
{
    ui_sync(&ui, model);
    return ui.lists[VIEW_LIVE].ids[at];
}

static const struct live_change *change(size_t at)
{
    return &model->live.difference.changes[row(at)];
}

static void test_rows_are_sorted(void **state)
{
    size_t last = model->live.difference.count - 1;
    (void)state;
    command("diff-live");
    assert_int_equal(ui.lists[VIEW_LIVE].count, last + 1);
    assert_string_equal(change(0)->type, "bytearray");
    assert_int_equal(live_change_bytes(change(last)), -40960);
    press('>'); /* objects */
    assert_int_equal(live_change_count(change(0)), 1400);
    assert_int_equal(live_change_count(change(last)), -100);
    press('>'); /* alive */
    assert_int_equal(change(1)->after.bytes, 5120900);
    press('>'); /* type */
    assert_string_equal(change(0)->type, "a_class_whose_name_is_longer_than_its_column");
    assert_string_equal(change(last)->type, "str");
    press('I');
    assert_string_equal(change(0)->type, "str");
    press('I');
    press('>'); /* place */
    assert_int_equal(change(0)->line, 25);
    assert_int_equal(change(last)->file, LIVE_ELSEWHERE);
    press('>');
    assert_string_equal(change(0)->type, "bytearray");
}

static void test_rows_are_filtered_and_searched(void **state)
{
    (void)state;
    command("diff-live");
    press('\\');
    for (const char *c = "dict"; *c; c++)
        press(*c);
    press(K_ENTER);
    assert_int_equal(ui.lists[VIEW_LIVE].count, 3);
    press(K_ESC);
    press('/');
    for (const char *c = "elsewhere"; *c; c++)
        press(*c);
    press(K_ENTER);
    const struct live_change *selected = view_live_selected(&ui, model);
    assert_int_equal(selected->file, LIVE_ELSEWHERE);
    assert_false(ui_can(&ui, model, CMD_HOLDERS));
    assert_false(ui_can(&ui, model, CMD_OPEN));
    assert_false(ui_can(&ui, model, CMD_EDIT));
}

static void test_what_is_frozen_stays(void **state)
{
    (void)state;
    command("diff-live");
    press(' ');
    live_lose(&model->live);
    assert_true(display_holds("+8.00 MiB     +1,400"));
    press(' ');
    assert_true(display_holds("the mark is gone with the worker"));
    assert_int_equal(ui.lists[VIEW_LIVE].count, 0);
    press('w'); /* of no row */
    press(K_ENTER);
}

static void test_nothing_has_changed(void **state)
{
    (void)state;
    answer(true);
    command("diff-live");
    assert_true(display_holds(":diff-live shows what has become more or less alive since"));
    answer(true);
    struct live_census census = {0};
    char type[] = "dict";
    const struct live_row same = {0, 27, type, 1, 64};
    live_census_add(&census, &same);
    live_census_close(&census);
    live_ask(&model->live, false);
    live_answer(&model->live, &census);
    assert_true(display_holds("no line has more or less alive of any type than at the mark"));
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(command("nonsense"), UI_NOTHING);
    assert_string_equal(ui.message, "nothing is paused; commands: mark-live, "
                                    "diff-live, save-screen FILE, help");
    assert_int_equal(command("mark-live now"), UI_NOTHING);
    assert_int_equal(command("mark-liver"), UI_NOTHING);
    assert_int_equal(command(""), UI_NOTHING);
    assert_string_equal(ui.message, "");
    assert_int_equal(command("save-screen x.txt"), UI_SAVE);
    assert_string_equal(ui.save_path, "x.txt");
    assert_int_equal(command("help"), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_HELP);
    assert_true(command_is("diff-live"));
    assert_false(command_is("help")); /* is Python, too */
    assert_false(command_is("mark"));
}

static void test_commands_are_completed(void **state)
{
    (void)state;
    press(':');
    press('d');
    press(K_TAB);
    assert_string_equal(ui.input, "diff-live");
    assert_int_equal(ui.input_at, strlen(ui.input));
    press(K_TAB);
    assert_string_equal(ui.input, "save-screen");
    for (int i = 0; i < 3; i++)
        press(K_TAB);
    assert_string_equal(ui.input, "diff-live");
    press(K_CTRL('u'));
    press(K_TAB);
    assert_string_equal(ui.input, "mark-live");
    press('x');
    press(K_TAB);
    assert_string_equal(ui.input, "mark-livex");
    press(K_ESC);
    press('/');
    press(K_TAB); /* completes nothing */
    assert_string_equal(ui.input, "");
}

static void check_count(uint64_t count, const char *text)
{
    char out[FORMAT_SIZE];
    live_words_count(out, count);
    assert_string_equal(out, text);
}

static void check_change(int64_t change_by, const char *text)
{
    char out[FORMAT_SIZE];
    live_words_change(out, change_by);
    assert_string_equal(out, text);
}

static void test_counts(void **state)
{
    (void)state;
    check_count(0, "0");
    check_count(999, "999");
    check_count(1000, "1,000");
    check_count(9999999, "9,999,999");
    check_count(10000000, "10.0M");
    check_change(0, "0");
    check_change(1400, "+1,400");
    check_change(-1, "-1");
    check_change(INT64_MIN, "-9.22E");
}

int main(void)
{
    setenv("TZ", "UTC", 1);
#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_mark_and_the_difference, open_leaks),
        TEST(test_without_a_mark, open_leaks),
        TEST(test_nothing_can_be_counted, open_leaks),
        TEST(test_it_fails, open_leaks),
        TEST(test_a_difference_stays_while_it_is_made_anew, open_live),
        TEST(test_what_is_missing_is_said, open_live),
        TEST(test_rows_are_sorted, open_live),
        TEST(test_rows_are_filtered_and_searched, open_live),
        TEST(test_what_is_frozen_stays, open_live),
        TEST(test_nothing_has_changed, open_live),
        TEST(test_commands, open_leaks),
        TEST(test_commands_are_completed, open_leaks),
        TEST(test_counts, open_leaks),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
