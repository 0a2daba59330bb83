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
#include "tests/unit/ui_fixture.h"
#include "tui/bars.h"
#include "tui/scene.h"
#include "tui/view.h"

static int setup(void **state)
{
    (void)state;
    now_ns = FIXTURE_NOW_NS;
    model = fixture_busy();
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
    return 0;
}

static void type(const char *text)
{
    for (; *text; text++)
        press(*text);
}

static void mouse(int key, int row, int col)
{
    struct key_event event = {.key = key, .row = row, .col = col};
    ui_key(&ui, model, event, now_ns, FIXTURE_REALTIME_NS);
}

static uint64_t selected(enum view_id view)
{
    uint64_t id = UINT64_MAX;
    list_selected(&ui.lists[view], &id);
    return id;
}

static bool display_holds(const char *text)
{
    struct grid grid;
    struct buf dump;
    grid_init(&grid);
    buf_init(&dump, 1 << 20);
    scene_draw(&ui, model, now_ns, &grid);
    grid_dump_text(&grid, &dump);
    bool holds = strstr(buf_text(&dump), text) != NULL;
    buf_fini(&dump);
    grid_fini(&grid);
    return holds;
}

static void test_follows_until_moved(void **state)
{
    (void)state;
    assert_true(ui.follow);
    assert_int_equal(selected(VIEW_SOURCE), 25);
    invocations_find(&model->invocations, 13)->line = 40;
    ui_sync(&ui, model);
    assert_int_equal(selected(VIEW_SOURCE), 40);
    press('k');
    assert_false(ui.follow);
    assert_non_null(strstr(ui.message, "no longer following"));
    invocations_find(&model->invocations, 13)->line = 25;
    ui_sync(&ui, model);
    assert_int_equal(selected(VIEW_SOURCE), 39);
    press('H');
    assert_int_equal(selected(VIEW_SOURCE), 25);
    assert_false(ui.follow);
    press('F');
    assert_true(ui.follow);
}

static void test_opens_an_invocation_and_comes_back(void **state)
{
    struct line_stats stats;
    (void)state;
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    assert_int_equal(stats.increment_bytes, 12LL * 64 * 1048576);
    press('3');
    assert_int_equal(selected(VIEW_INVOCATIONS), 14);
    press('j');
    press('j');
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_true(ui.one_open);
    assert_int_equal(ui.one, 12);
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    assert_int_equal(stats.increment_bytes, 64LL * 1048576);
    press('{');
    assert_int_equal(ui.one, 11);
    press('}');
    press('}');
    assert_int_equal(ui.one, 13);
    assert_false(ui_line_stats(&ui, model, 0, 41, &stats));
    press(K_ESC);
    assert_false(ui.one_open);
}

static void test_load_can_be_opened(void **state)
{
    (void)state;
    press('3');
    press('G');
    press(K_ENTER);
    assert_true(ui.one_open);
    assert_int_equal(ui_one(&ui, model)->number, 0);
    assert_true(display_holds("load succeeded"));
    press('{');
    assert_non_null(strstr(ui.message, "no invocation before"));
}

static void test_difference(void **state)
{
    struct line_stats stats;
    (void)state;
    press('3');
    press('G');
    press('k');
    press('m');
    assert_int_equal(ui.mark, 1);
    assert_false(ui_can(&ui, model, CMD_DIFF));
    press('k');
    press('D');
    assert_true(ui.difference);
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    assert_int_equal(stats.increment_bytes, 0);
    assert_true(display_holds("#2 less #1"));
    press('D');
    assert_false(ui.difference);
    /* Without one that is open it is the newest of the same function. */
    press(K_ESC);
    assert_false(ui.one_open);
    press('D');
    assert_true(ui.difference);
    const struct invocation *one = ui_one(&ui, model);
    assert_true(one->number > 2 && invocation_is_over(one));
    assert_string_equal(one->function, ui_find_invocation(model, 1)->function);
}

static void set_net(uint64_t number, uint32_t line, int64_t bytes)
{
    struct invocation *one = invocations_find(&model->invocations, number);
    struct line_stats stats = *invocation_line_stats(one, 0, line);
    stats.net_python_bytes = bytes;
    stats.net_native_bytes = 0;
    invocation_set_line(one, 0, line, &stats);
}

static void ran(uint64_t number, uint32_t file, uint32_t line, int64_t bytes)
{
    const struct line_stats stats = {.occurrences = 1, .net_python_bytes = bytes};
    invocation_set_line(invocations_find(&model->invocations, number), file, line, &stats);
}

static int64_t net_of(uint32_t file, uint32_t line)
{
    struct line_stats stats;
    return ui_line_stats(&ui, model, file, line, &stats) ? line_net_bytes(&stats) : INT64_MIN;
}

/* Two invocations, and the file was saved between them: lines are the same by what is in them. */
static void test_difference_through_edits(void **state)
{
    static const char before[] = "def main(req):\n    a = fill(1)\n    gone = 2\n    c = 3\n";
    static const char after[] =
        "import os\n\ndef main(req):\n    a = fill(1)\n    c = 3\n    d = 4\n";
    static const char path[] = "/home/me/app/edited.py";
    (void)state;
    uint32_t old =
        (uint32_t)model_add_file(model, file_new(path, model->app_root, before, sizeof before - 1));
    uint32_t new = (uint32_t)model_replace_file(
        model, old, file_new(path, model->app_root, after, sizeof after - 1));
    invocations_add(&model->invocations, 901, "a", "HttpTriggerAsync", "");
    invocations_add(&model->invocations, 902, "b", "HttpTriggerAsync", "");
    for (uint32_t line = 2; line <= 4; line++)
        ran(901, old, line, 1000 * line);
    ran(902, new, 4, 9000);
    ran(902, new, 5, 4000);
    ran(902, new, 6, 70);
    ui.marked = ui.difference = ui.one_open = true;
    ui.mark = 901;
    ui.one = 902;
    ui_sync(&ui, model);
    assert_int_equal(net_of(new, 4), 9000 - 2000);
    assert_int_equal(net_of(new, 5), 0);
    assert_int_equal(net_of(new, 6), 70);
    assert_int_equal(net_of(old, 2), INT64_MIN); /* it is line 4 now */
    assert_int_equal(net_of(old, 3), -3000);     /* and this one is gone */
    /* The other way round. */
    ui.mark = 902;
    ui.one = 901;
    ui_sync(&ui, model);
    assert_int_equal(net_of(old, 2), 2000 - 9000);
    assert_int_equal(net_of(old, 3), 3000);
    assert_int_equal(net_of(new, 4), INT64_MIN);
    assert_int_equal(net_of(new, 6), -70);
}

/* What has changed most comes first, in the hot lines and by what is selected, and `.` goes on to
 * the others; what is nearly the same is not among them. */
static void test_changed_lines_first(void **state)
{
    (void)state;
    static const int64_t nets[][3] = {
        {26, 1000, 1063}, {25, 0, 7000}, {27, 9000, 0}, {41, 500, 8500}};
    for (size_t i = 0; i < sizeof nets / sizeof *nets; i++) {
        set_net(1, (uint32_t)nets[i][0], nets[i][1]);
        set_net(2, (uint32_t)nets[i][0], nets[i][2]);
    }
    press('3');
    press('G');
    press('k');
    press('m');
    press('k');
    press('D');
    assert_true(display_holds("the most changed line"));
    assert_int_equal(selected(VIEW_SOURCE), 27);
    assert_true(ui_line_is_changed(&ui, model, 0, 41));
    assert_false(ui_line_is_changed(&ui, model, 0, 26));
    press('.');
    assert_int_equal(selected(VIEW_SOURCE), 41);
    press('.');
    assert_int_equal(selected(VIEW_SOURCE), 25);
    press(',');
    assert_int_equal(selected(VIEW_SOURCE), 41);
    press('2');
    const struct list *hot = &ui.lists[VIEW_HOT];
    assert_int_equal(hot->ids[0], 27);
    assert_int_equal(hot->ids[1], 41);
    assert_int_equal(hot->ids[2], 25);
    press(K_ESC);
    press(K_ESC);
    assert_false(ui.difference);
    assert_false(ui_line_is_changed(&ui, model, 0, 41));
}

static void test_frozen_display_stands_still(void **state)
{
    (void)state;
    samples_add(&model->samples, &(struct sample){.rss_bytes = 7});
    packages_add(&model->packages, "numpy", "1.0");
    press(' ');
    assert_true(display_holds("DISPLAY FROZEN, program running"));
    model_set_rss(model, FIXTURE_NOW_NS + NS_PER_SECOND, 500LL * 1048576);
    file_line_at(model->files[0], 25)->total.occurrences = 77777;
    ui_sync(&ui, model);
    assert_false(display_holds("500.0 MiB"));
    assert_false(display_holds("77777"));
    enum worker_state before = model->worker;
    model->worker = WORKER_DEAD;
    assert_true(display_holds("DISPLAY FROZEN, the worker has died since"));
    model->worker = before;
    press('j');
    press('4');
    press('3');
    press(K_ENTER);
    press(K_ESC);
    press(' ');
    ui_sync(&ui, model);
    assert_true(display_holds("500.0 MiB"));
    assert_true(display_holds("77777"));
    assert_int_equal(ui_next_change_ns(&ui, model, 5), NS_PER_SECOND / 10);
    /* What the display does not need is the program's, and stays. */
    assert_int_equal(samples_at(&model->samples, 0)->rss_bytes, 7);
    assert_string_equal(model->packages.items[0].version, "1.0");
}

static void test_zero(void **state)
{
    struct line_stats stats;
    (void)state;
    press('z');
    assert_false(ui_line_stats(&ui, model, 0, 41, &stats));
    file_line_at(model->files[0], 41)->total.occurrences += 2;
    file_line_at(model->files[0], 41)->total.increment_bytes += 4096;
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    assert_int_equal(stats.occurrences, 2);
    assert_int_equal(stats.increment_bytes, 4096);
    press('z');
    assert_true(ui_line_stats(&ui, model, 0, 41, &stats));
    assert_int_equal(stats.occurrences, 14);
}

static void test_search(void **state)
{
    (void)state;
    press('g');
    type("/size");
    assert_int_equal(ui.prompt, PROMPT_SEARCH);
    assert_int_equal(selected(VIEW_SOURCE), 21);
    press(K_ENTER);
    press('.');
    assert_int_equal(selected(VIEW_SOURCE), 32);
    press(',');
    press(',');
    assert_int_equal(selected(VIEW_SOURCE), 47);
    assert_non_null(strstr(ui.message, "past the end"));
    type("/nowhere");
    assert_non_null(strstr(ui.message, "no match"));
    press(K_ESC);
    assert_int_equal(selected(VIEW_SOURCE), 47);
    assert_string_equal(ui.pattern, "size");
}

/* The running line does not take the cursor back from a match. */
static void test_search_stops_following(void **state)
{
    (void)state;
    assert_true(ui.follow);
    type("/size");
    ui_sync(&ui, model);
    uint64_t found = selected(VIEW_SOURCE);
    assert_false(ui.follow);
    press(K_ENTER);
    ui_sync(&ui, model);
    assert_int_equal(selected(VIEW_SOURCE), found);
}

static void test_prompt_editing(void **state)
{
    (void)state;
    press('/');
    type("one two");
    press(K_CTRL('w'));
    assert_string_equal(ui.input, "one ");
    press(0x65E5);
    assert_string_equal(ui.input, "one \u65E5");
    press(K_BACKSPACE);
    assert_string_equal(ui.input, "one ");
    press(K_CTRL('u'));
    assert_string_equal(ui.input, "");
    for (int i = 0; i < 1000; i++)
        press('x');
    assert_int_equal(strlen(ui.input), LIST_TEXT_SIZE - 1);
    press(K_CTRL('u'));
    press(K_BACKSPACE);
    assert_int_equal(ui.prompt, PROMPT_NONE);
}

static void test_filter(void **state)
{
    (void)state;
    size_t all = ui.lists[VIEW_SOURCE].count;
    type("\\return");
    press(K_ENTER);
    assert_int_equal(ui.lists[VIEW_SOURCE].count, 3);
    press(K_ESC);
    assert_int_equal(ui.lists[VIEW_SOURCE].count, all);
    type("4\\handshake");
    press(K_ENTER);
    assert_int_equal(ui.lists[VIEW_OUTPUT].count, 1);
    type("\\zzz");
    assert_true(display_holds("no row holds"));
}

static void test_requests(void **state)
{
    (void)state;
    assert_int_equal(press('r'), UI_REQUEST);
    assert_int_equal(ui.requests, 1);
    type("R");
    assert_true(display_holds("how many times x at once: 12 x 1"));
    assert_int_equal(press(K_ENTER), UI_REQUEST);
    assert_int_equal(ui.requests, 12);
    assert_int_equal(ui.at_once, 1);
    type("R2a0"); /* takes the place of what is there */
    assert_int_equal(press(K_ENTER), UI_REQUEST);
    assert_int_equal(ui.requests, 20);
    type("R 7x3 ");
    assert_int_equal(press(K_ENTER), UI_REQUEST);
    assert_int_equal(ui.requests, 7);
    assert_int_equal(ui.at_once, 3);
    type("R"); /* begins with the last one, which can be changed */
    press(K_BACKSPACE);
    type("4");
    assert_true(display_holds("at once: 7 x 4"));
    assert_int_equal(press(K_ENTER), UI_REQUEST);
    assert_int_equal(ui.at_once, 4);
    press('r');
    assert_int_equal(ui.requests, 1);
}

static void test_requests_that_are_none(void **state)
{
    static const char *const texts[] = {
        "0", "99999999999999999999", "100001", "x", "3 x", "3 x 0", "3 x 501", "3 4", "3 x 4 x",
        "x4"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        type("R");
        type(texts[i]);
        assert_int_equal(press(K_ENTER), UI_NOTHING);
        assert_true(display_holds("not sent: "));
    }
    type("R");
    press(K_CTRL('u'));
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_int_equal(ui.at_once, 1);
}

/* Esc ends what R has asked for before it goes back anywhere. */
static void test_a_series(void **state)
{
    (void)state;
    press('3');
    ui.series = (struct ui_series){.is_on = true, .asked = 12, .answered = 5};
    ui_sync(&ui, model);
    assert_true(display_holds(" 5 of 12 answered, Esc ends it"));
    assert_true(display_holds("Esc end it"));
    assert_int_equal(press(K_ESC), UI_END_SERIES);
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
    ui.series.is_on = false;
    ui_show_verdict(&ui, model);
    ui_sync(&ui, model);
    assert_int_equal(ui.view, VIEW_LEAKS);
    press('L');
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
    /* What stands still is not left. */
    press(' ');
    ui_show_verdict(&ui, model);
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
    press(' ');
    press('/');
    ui_show_verdict(&ui, model);
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
}

static void test_actions(void **state)
{
    (void)state;
    assert_int_equal(press('q'), UI_QUIT);
    assert_int_equal(press(K_CTRL('c')), UI_QUIT);
    assert_int_equal(press(K_CTRL('z')), UI_SUSPEND);
    assert_int_equal(press(K_CTRL('l')), UI_REDRAW);
    assert_int_equal(press('~'), UI_REDRAW);
    assert_true(ui.ascii);
    press('M');
    assert_false(ui.mouse);
    press('j');
    assert_int_equal(press('e'), UI_EDIT);
    assert_int_equal(ui.edit_line, 26);
    assert_string_equal(ui.edit_path, model->files[0]->path);
    type("/x");
    assert_int_equal(press(K_CTRL('c')), UI_QUIT);
}

static void test_files(void **state)
{
    (void)state;
    press('G');
    press('>');
    assert_int_equal(ui.file, 1);
    assert_non_null(strstr(ui.message, "file 2 of 2"));
    press('>');
    assert_int_equal(ui.file, 0);
    assert_int_equal(selected(VIEW_SOURCE), 47);
    press('p');
    press('G');
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(ui.file, 1);
    assert_int_equal(selected(VIEW_SOURCE), 1);
}

/* What runs ends, the file is saved without its last line, and another worker runs it. Returns its
 * index. */
static uint32_t save_source(uint32_t of)
{
    invocations_end(&model->invocations, invocations_find(&model->invocations, 13),
                    OUTCOME_SUCCEEDED, 200, now_ns, NULL);
    const struct file *old = model->files[of];
    size_t len = old->lines[old->line_count - 1].offset;
    struct file *file = file_new(old->path, model->app_root, old->text, len);
    uint32_t index = model_replace_file(model, of, file);
    file_line_at(file, 3)->total.occurrences = 5;
    ui_sync(&ui, model);
    return index;
}

static void test_a_saved_file_is_shown(void **state)
{
    (void)state;
    press('G');
    assert_int_equal(selected(VIEW_SOURCE), 47);
    uint32_t fresh = save_source(0);
    assert_int_equal(ui.file, fresh);
    assert_int_equal(selected(VIEW_SOURCE), 46);
    assert_non_null(strstr(ui.message, "version 2, saved at"));
    assert_false(display_holds(" version 1 "));
    /* An explicit choice of a file is none of its version. */
    press('>');
    assert_int_equal(ui.file, 1);
    assert_non_null(strstr(ui.message, "file 1 of 2"));
    press('>');
    assert_int_equal(ui.file, fresh);
    assert_non_null(strstr(ui.message, "file 2 of 2"));
    press('g');
    fresh = save_source(fresh);
    assert_int_equal(ui.file, fresh);
    assert_int_equal(selected(VIEW_SOURCE), 1);
}

static void test_what_runs_is_not_left(void **state)
{
    (void)state;
    press('G');
    struct file *file = file_new(model->files[0]->path, model->app_root, "x\n", 2);
    uint32_t fresh = model_replace_file(model, 0, file);
    ui_sync(&ui, model);
    assert_int_equal(ui.file, 0);
    assert_true(display_holds("version 1 of 2"));
    invocations_end(&model->invocations, invocations_find(&model->invocations, 13),
                    OUTCOME_SUCCEEDED, 200, now_ns, NULL);
    ui_sync(&ui, model);
    assert_int_equal(ui.file, fresh);
    assert_int_equal(selected(VIEW_SOURCE), 1);
}

static void test_an_old_version_that_was_chosen_stays(void **state)
{
    (void)state;
    uint32_t fresh = save_source(0);
    press('p');
    type("/(version 1)");
    press(K_ENTER);
    press(K_ENTER);
    assert_int_equal(ui.file, 0);
    assert_true(display_holds("version 1 of 2: the file was saved at"));
    fresh = save_source(fresh);
    assert_int_equal(ui.file, 0);
    assert_true(display_holds("version 1 of 3: "));
    press('G');
    assert_true(ui_can(&ui, model, CMD_OPEN));
    press(K_ENTER);
    assert_int_equal(ui.file, fresh);
    assert_int_equal(selected(VIEW_SOURCE), 45);
    assert_false(ui_can(&ui, model, CMD_OPEN));
    fresh = save_source(fresh);
    assert_int_equal(ui.file, fresh);
}

/* What is shown of an opened invocation is what it ran. */
static void test_an_opened_invocation_keeps_its_version(void **state)
{
    (void)state;
    press('3');
    press('j');
    press('j');
    press(K_ENTER);
    assert_int_equal(ui.one, 12);
    uint32_t fresh = save_source(0);
    assert_int_equal(ui.file, 0);
    assert_true(display_holds("version 1 of 2"));
    press('2');
    assert_int_equal(selected(VIEW_HOT), ui_line_id(0, 41));
    assert_true(display_holds("main:41 v1"));
    press('1');
    press(K_ESC);
    assert_int_equal(ui.file, fresh);
    press('{');
    assert_int_equal(ui.one, 14); /* it has run no line */
    press('{');
    assert_int_equal(ui.file, 0);
    press(K_ENTER);
    assert_int_equal(ui.file, fresh);
    assert_false(ui.one_open);
    press('2');
    assert_int_equal(ui.lists[VIEW_HOT].count, 1);
    assert_int_equal(selected(VIEW_HOT), ui_line_id(fresh, 3));
}

static void test_hot_lines(void **state)
{
    (void)state;
    press('2');
    assert_int_equal(selected(VIEW_HOT), ui_line_id(0, 41));
    press('I');
    press('g');
    assert_int_equal(selected(VIEW_HOT), ui_line_id(0, 44));
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected(VIEW_SOURCE), 44);
    press('2');
    press('>');
    press('>');
    press('>');
    press('>');
    press('I');
    press('g');
    assert_int_equal(selected(VIEW_HOT), ui_line_id(0, 25));
}

/* By every column that is no text, and by the place; what is sorted by is on the screen however
 * narrow that is. */
static void test_hot_lines_by_every_column(void **state)
{
    static const struct {
        const char *title;
        uint32_t first;
    } sorts[] = {{"Self\u25BC", 41},    {"Mem usage\u25BC", 41}, {"Peak\u25BC", 41},
                 {"Occur.\u25BC", 25},  {"Place\u25B2", 1},      {"Net\u25BC", 41},
                 {"Retained\u25BC", 8}, {"High\u25BC", 26},      {"Native\u25BC", 25}};
    (void)state;
    press('2');
    for (size_t i = 0; i < ARRAY_LEN(sorts); i++) {
        press('>');
        press('g');
        assert_true(display_holds(sorts[i].title));
        assert_int_equal(selected(VIEW_HOT), ui_line_id(0, sorts[i].first));
    }
    press('>');
    assert_int_equal(ui.lists[VIEW_HOT].sort, 0);
}

/* What is not counted is neither shown nor sorted by, not even when it ends under the sorted view.
 */
static void test_heap_that_is_off(void **state)
{
    (void)state;
    press('2');
    press('<');
    assert_true(display_holds("Native\u25BC"));
    model->heap.native_is_on = false;
    ui_sync(&ui, model);
    assert_false(display_holds("Native"));
    assert_true(display_holds("Increment\u25BC"));
    press('<');
    assert_true(display_holds("High\u25BC"));
    model->heap.is_on = false;
    press('<');
    assert_true(display_holds("Place\u25B2"));
    assert_true(display_holds("heap off"));
    assert_false(display_holds(" heap  "));
    ui.cols = 120;
    ui_sync(&ui, model);
    assert_false(display_holds("Retained"));
    press('3');
    press('<');
    assert_true(display_holds("Peak\u25BC"));
    assert_false(display_holds("Retained"));
}

static void test_what_is_retained(void **state)
{
    int64_t bytes;
    (void)state;
    assert_true(ui_retained(&ui, model, 0, 27, &bytes));
    assert_int_equal(bytes, 12 * (1048576 - 612));
    assert_false(ui_retained(&ui, model, 0, 2, &bytes));
    press('3');
    press('g');
    press('j');
    press('j');
    press(K_ENTER); /* opens invocation 12 */
    assert_true(ui_retained(&ui, model, 0, 27, &bytes));
    assert_int_equal(bytes, 1048576 - 612);
    assert_false(ui_retained(&ui, model, 0, 8, &bytes)); /* it did not run there */
    /* When nobody knows any more, nothing is said. */
    kept_clear(&model->kept);
    assert_false(ui_retained(&ui, model, 0, 27, &bytes));
}

/* z: sums begin at zero, what is alive and the high-water mark stay. */
static void test_heap_since(void **state)
{
    struct line_stats stats;
    (void)state;
    press('z');
    line_stats_add(&model->files[0]->lines[26].total,
                   &(struct line_stats){.occurrences = 1,
                                        .net_python_bytes = 70,
                                        .net_native_bytes = -3,
                                        .allocated_bytes = 100,
                                        .freed_bytes = 33,
                                        .retained_python_bytes = 70});
    assert_true(ui_line_stats(&ui, model, 0, 27, &stats));
    assert_int_equal(stats.net_python_bytes, 70);
    assert_int_equal(stats.net_native_bytes, -3);
    assert_int_equal(stats.allocated_bytes, 100);
    assert_int_equal(stats.freed_bytes, 33);
    assert_int_equal(stats.retained_python_bytes, 12 * (1048576 - 612) + 70);
    assert_true(stats.high_bytes > 1048576);
}

static void test_heap_in_a_frozen_display(void **state)
{
    (void)state;
    ui.cols = 200;
    model->leaks = (struct leaks){.count = 0}; /* or that would say it */
    press(' ');
    kept_clear(&model->kept);
    press('/');
    type("KEPT.append");
    press(K_ENTER);
    assert_true(display_holds("kept by 12 of 12 invocations"));
}

/* ---- leaks */

#define LEAKS_TEST(name) cmocka_unit_test_setup_teardown(name, leaks_setup, fixture_teardown)

static int leaks_setup(void **state)
{
    (void)state;
    model = fixture_leaks();
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
    return 0;
}

static void test_leaks_in_the_source(void **state)
{
    (void)state;
    ui.cols = 120;
    press('/');
    type("KEPT.append");
    press(K_ENTER);
    assert_true(display_holds("leaks 3"));
    assert_true(display_holds("1.0M/inv! "));
    assert_true(display_holds("line 27 keeps 1.00 MiB of every invocation, 7 of 7: LEAK"));
    press('/');
    type("async with aiohttp");
    press(K_ENTER);
    assert_true(display_holds("has kept 412 B of 2 of 2 invocations; 3 are needed"));
    assert_true(display_holds("412B/inv? "));
    /* Of one invocation it is what is alive of that one. */
    press('{');
    assert_false(display_holds("/inv"));
}

static void test_leaks_and_their_evidence(void **state)
{
    (void)state;
    press('L');
    assert_int_equal(ui.view, VIEW_LEAKS);
    assert_int_equal(ui.lists[VIEW_LEAKS].count, 4);
    assert_int_equal(selected(VIEW_LEAKS), ui_line_id(0, 27));
    assert_true(
        display_holds("3 lines leak: together 1.00 MiB an invocation; 1 more is suspected"));
    assert_int_equal(ui.lists[VIEW_EVIDENCE].count, 13);
    press('j'); /* one of every third */
    assert_true(display_holds("2.67 KiB (native) of 3 of 7 invocations: LEAK"));
    press('j'); /* no invocation's */
    assert_int_equal(ui.lists[VIEW_EVIDENCE].count, 0);
    assert_true(display_holds("what runs outside of them has"));
    press('k');
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_EVIDENCE);
    press('G');
    assert_int_equal(selected(VIEW_EVIDENCE), 1);
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_true(ui.one_open);
    assert_int_equal(ui.one, 1);
    assert_int_equal(selected(VIEW_SOURCE), 26);
}

static void test_a_verdict_shows_its_newest_evidence(void **state)
{
    (void)state;
    press('L');
    press(K_TAB);
    press('G');
    assert_int_equal(selected(VIEW_EVIDENCE), 1);
    /* One is at it. */
    ui_show_verdict(&ui, model);
    ui_sync(&ui, model);
    assert_int_equal(ui.focus, VIEW_EVIDENCE);
    assert_int_equal(selected(VIEW_EVIDENCE), 1);
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_LEAKS);
    ui_show_verdict(&ui, model);
    ui_sync(&ui, model);
    assert_int_equal(selected(VIEW_EVIDENCE), 13);
    assert_int_equal(ui.lists[VIEW_EVIDENCE].top, 0);
}

static void test_leaks_are_a_list(void **state)
{
    (void)state;
    press('8');
    press('>'); /* by the share that keeps */
    assert_int_equal(selected(VIEW_LEAKS), ui_line_id(0, 27));
    press('I');
    press('g');
    assert_int_equal(selected(VIEW_LEAKS), ui_line_id(0, 14));
    press('I');
    for (int i = 0; i < 3; i++)
        press('>');
    press('g'); /* by place */
    assert_int_equal(selected(VIEW_LEAKS), ui_line_id(0, 14));
    press('\\');
    type("native");
    press(K_ENTER);
    assert_int_equal(ui.lists[VIEW_LEAKS].count, 1);
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(selected(VIEW_SOURCE), 26);
    press('L');
    press(K_ESC); /* drops the filter first */
    assert_int_equal(ui.view, VIEW_LEAKS);
    press('L');
    assert_int_equal(ui.view, VIEW_SOURCE);
}

/* Silence would be taken for "no leak". */
static void test_no_verdict_yet(void **state)
{
    (void)state;
    model->leaks = (struct leaks){.count = 0};
    for (size_t i = 9; i < KEPT_WINDOW; i++)
        model->kept.invocations[i].number = KEPT_NOBODY;
    press('L');
    assert_false(display_holds("leaks 0"));
    assert_true(display_holds("cannot be said yet: 1 more invocation is needed"));
    model->kept.invocations[9].number = 10;
    ui_sync(&ui, model);
    assert_true(display_holds("leaks 0"));
    assert_true(display_holds("no line leaks"));
    model->heap.is_on = false;
    press('1');
    press('L');
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_true(display_holds("leaks are told by the heap, and that is not counted here"));
}

static void test_output_follows_its_tail(void **state)
{
    (void)state;
    press('o');
    assert_int_equal(ui.view, VIEW_OUTPUT);
    output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO, OUTPUT_NO_INVOCATION,
               "newest", 6);
    ui_sync(&ui, model);
    assert_true(display_holds("newest"));
    press('g');
    uint64_t first = selected(VIEW_OUTPUT);
    for (int i = 0; i < 40; i++)
        output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO,
                   OUTPUT_NO_INVOCATION, "more", 4);
    ui_sync(&ui, model);
    assert_int_equal(selected(VIEW_OUTPUT), first);
    press('G');
    output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO, OUTPUT_NO_INVOCATION,
               "at the end", 10);
    ui_sync(&ui, model);
    assert_true(display_holds("at the end"));
    press('o');
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_a_line_taller_than_the_screen(void **state)
{
    char text[4000];
    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + sizeof text - 3, "end", 3);
    output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO, OUTPUT_NO_INVOCATION,
               text, sizeof text);
    ui_sync(&ui, model);
    press('4');
    assert_false(display_holds("end"));
    for (int i = 0; i < 100; i++)
        press('j');
    assert_true(display_holds("xend"));
    /* By pages, down and up: nothing of it is passed over. */
    output_add(&model->output, FIXTURE_REALTIME_NS, OUTPUT_STDOUT, LEVEL_INFO, OUTPUT_NO_INVOCATION,
               "after it", 8);
    press('g');
    int pages = 0;
    for (; !display_holds("after it"); pages++)
        press(K_PAGE_DOWN);
    assert_in_range(pages, 4, 12);
    press(K_PAGE_UP);
    assert_true(display_holds("xend"));
    press(K_PAGE_UP);
    assert_false(display_holds("xend"));
    assert_true(display_holds("xxxxxxxx"));
    press('g');
    press('k');
    assert_int_equal(ui.lists[VIEW_OUTPUT].skip, 0);
    /* Above the last line is what there is room for of the tall one; a click finds what it shows.
     */
    press('G');
    assert_true(display_holds("xend"));
    assert_true(display_holds("after it"));
    uint64_t last = selected(VIEW_OUTPUT);
    mouse(K_CLICK, 5, 40);
    assert_int_equal(selected(VIEW_OUTPUT), last - 1);
    press('G');
    mouse(K_CLICK, ui.layout.main.row + ui.layout.main.rows - 1, 40);
    assert_int_equal(selected(VIEW_OUTPUT), last);
}

static void test_panes(void **state)
{
    struct key_event event = {.key = K_RESIZE, .row = 40, .col = 160};
    (void)state;
    assert_false(ui_can(&ui, model, CMD_NEXT_PANE));
    ui_key(&ui, model, event, now_ns, FIXTURE_REALTIME_NS);
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_INVOCATIONS);
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_OUTPUT);
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_SOURCE);
    press(K_BACKTAB);
    assert_int_equal(ui.focus, VIEW_OUTPUT);
    event.col = 80;
    ui_key(&ui, model, event, now_ns, FIXTURE_REALTIME_NS);
    assert_int_equal(ui.focus, VIEW_SOURCE);
}

static void test_mouse(void **state)
{
    (void)state;
    press('g');
    mouse(K_CLICK, 7, 40);
    assert_int_equal(selected(VIEW_SOURCE), 5);
    mouse(K_WHEEL_DOWN, 7, 40);
    assert_int_equal(ui.lists[VIEW_SOURCE].top, 3);
    mouse(K_WHEEL_UP, 7, 40);
    mouse(K_WHEEL_UP, 7, 40);
    assert_int_equal(ui.lists[VIEW_SOURCE].top, 0);
    struct bar tabs = bar_tabs(&ui, model);
    mouse(K_CLICK, ui.layout.rule_row, tabs.items[2].col + 1);
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
    now_ns += NS_PER_SECOND;
    mouse(K_CLICK, 6, 10);
    now_ns += 100 * NS_PER_MS;
    mouse(K_CLICK, 6, 10);
    assert_true(ui.one_open);
    assert_int_equal(ui.one, 11);
    struct bar keys = bar_keys(&ui, model);
    mouse(K_CLICK, ui.layout.key_row, keys.items[0].col);
    assert_false(ui.one_open);
    mouse(K_CLICK, 500, 500);
}

static void test_key_row_offers_only_what_works(void **state)
{
    (void)state;
    for (int cols = LAYOUT_COLS_MIN; cols < 250; cols += 10) {
        struct key_event event = {.key = K_RESIZE, .row = 30, .col = cols};
        ui_key(&ui, model, event, now_ns, FIXTURE_REALTIME_NS);
        for (int view = '1'; view <= '6'; view++) {
            press(view);
            struct bar bar = bar_keys(&ui, model);
            assert_true(bar.count >= 3);
            for (size_t i = 0; i < bar.count; i++) {
                assert_true(ui_can(&ui, model, bar.items[i].command));
                assert_true(bar.items[i].col + bar.items[i].cols <= cols);
            }
            assert_int_equal(bar.items[bar.count - 1].command, CMD_QUIT);
        }
    }
}

static void test_an_old_invocation_is_let_go(void **state)
{
    (void)state;
    press('3');
    press('G');
    press('k');
    press('m');
    press(K_ENTER);
    assert_int_equal(ui.one, 1);
    for (uint64_t i = 0; i < INVOCATIONS_KEPT + 5; i++)
        invocations_add(&model->invocations, 15 + i, "id", "f", "GET /");
    ui_sync(&ui, model);
    assert_false(ui.one_open);
    assert_false(ui.marked);
    assert_non_null(strstr(ui.message, "too old"));
}

static void test_unknown_keys_say_so(void **state)
{
    (void)state;
    press('Q');
    assert_non_null(strstr(ui.message, "Q has no meaning"));
    press('<');
    press('4');
    press('I');
    assert_non_null(strstr(ui.message, "nothing to do here"));
    press(K_UNKNOWN);
}

/* Whatever is pressed, at whatever size: the selection stays within its list, the scene draws. */
static void fuzz(struct model *(*fixture)(void), unsigned seed, int steps)
{
    struct grid grid;
    grid_init(&grid);
    model_free(model);
    model = fixture();
    srand(seed);
    for (int i = 0; i < steps; i++) {
        struct key_event event = {.key = rand() % 0x7F, .row = rand() % 60, .col = rand() % 220};
        if (rand() % 3 == 0)
            event.key = K_UP + rand() % (K_UNKNOWN - K_UP + 1);
        if (rand() % 40 == 0)
            event.key = 0x65E5;
        event.pasted = rand() % 20 == 0;
        if (rand() % 50 == 0)
            output_add(&model->output, 1, OUTPUT_STDOUT, LEVEL_INFO, 3, "\x1B[31m\txy\n\xFF", 9);
        if (rand() % 60 == 0)
            file_line_at(model->files[0], 1 + (uint32_t)rand() % 90)->total.occurrences++;
        if (rand() % 100 == 0)
            model_replace_file(model, (uint32_t)model_find_file(model, model->files[0]->path),
                               file_new(model->files[0]->path, NULL, "a\nb\n", 4));
        enum ui_action action =
            ui_key(&ui, model, event, now_ns += (uint64_t)rand(), FIXTURE_REALTIME_NS);
        if (action == UI_SELECT)
            model_select(model, model->functions[ui.function].name);
        scene_draw(&ui, model, now_ns, &grid);
        for (int view = 0; view < VIEW_COUNT; view++) {
            const struct list *list = &ui.lists[view];
            assert_true(list->cursor < list->count || list->count == 0);
            assert_true(list->top < list->count || list->top == 0 || list->count == 0);
        }
    }
    grid_fini(&grid);
}

static void test_random_keys(void **state)
{
    (void)state;
    fuzz(fixture_busy, 1, 4000);
}

static void test_random_keys_when_dead(void **state)
{
    (void)state;
    fuzz(fixture_dead, 2, 2000);
}

static void test_random_keys_with_several_functions(void **state)
{
    (void)state;
    fuzz(fixture_shop, 3, 4000);
}

static void test_nothing_there_yet(void **state)
{
    static const char keys[] = "jkgG123456apHFzmD\\/{}<>I.,oe ~MqR?";
    (void)state;
    ui_fini(&ui);
    model_free(model);
    model = fixture_starting();
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
    assert_true(display_holds("the worker is starting"));
    for (size_t i = 0; keys[i]; i++) {
        press(keys[i]);
        press(K_ENTER);
        press(K_ESC);
        display_holds("x");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_follows_until_moved),
        TEST(test_opens_an_invocation_and_comes_back),
        TEST(test_load_can_be_opened),
        TEST(test_difference),
        TEST(test_difference_through_edits),
        TEST(test_changed_lines_first),
        TEST(test_frozen_display_stands_still),
        TEST(test_zero),
        TEST(test_search),
        TEST(test_search_stops_following),
        TEST(test_prompt_editing),
        TEST(test_filter),
        TEST(test_requests),
        TEST(test_requests_that_are_none),
        TEST(test_a_series),
        TEST(test_actions),
        TEST(test_files),
        TEST(test_a_saved_file_is_shown),
        TEST(test_what_runs_is_not_left),
        TEST(test_an_old_version_that_was_chosen_stays),
        TEST(test_an_opened_invocation_keeps_its_version),
        TEST(test_hot_lines),
        TEST(test_hot_lines_by_every_column),
        TEST(test_heap_that_is_off),
        TEST(test_what_is_retained),
        TEST(test_heap_since),
        TEST(test_heap_in_a_frozen_display),
        LEAKS_TEST(test_leaks_in_the_source),
        LEAKS_TEST(test_leaks_and_their_evidence),
        LEAKS_TEST(test_a_verdict_shows_its_newest_evidence),
        LEAKS_TEST(test_leaks_are_a_list),
        TEST(test_no_verdict_yet),
        TEST(test_output_follows_its_tail),
        TEST(test_a_line_taller_than_the_screen),
        TEST(test_panes),
        TEST(test_mouse),
        TEST(test_key_row_offers_only_what_works),
        TEST(test_an_old_invocation_is_let_go),
        TEST(test_unknown_keys_say_so),
        TEST(test_random_keys),
        TEST(test_random_keys_when_dead),
        TEST(test_random_keys_with_several_functions),
        TEST(test_nothing_there_yet),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
