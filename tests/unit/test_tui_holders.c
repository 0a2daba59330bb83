/* Who holds what a line has alive: the keys, the rows, and chains that are cut into rows. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "tests/unit/ui_fixture.h"
#include "tui/bars.h"
#include "tui/chain.h"
#include "tui/grid.h"
#include "tui/holders_words.h"
#include "tui/leak_words.h"
#include "tui/scene.h"
#include "tui/view.h"

enum { LINE = 27, COLS = 80 };

static void begin(struct model *with)
{
    model = with;
    ui_init(&ui, COLS, 24);
    ui_sync(&ui, model);
}

static int setup(void **state)
{
    (void)state;
    begin(fixture_leaks());
    return 0;
}

static void use(struct model *with)
{
    ui_fini(&ui);
    model_free(model);
    begin(with);
}

/* The display as text; to be freed. */
static char *screen(void)
{
    struct grid grid;
    struct buf text;
    grid_init(&grid);
    buf_init(&text, 1 << 20);
    ui_sync(&ui, model);
    scene_draw(&ui, model, now_ns, &grid);
    grid_dump_text(&grid, &text);
    char *copy = mem_strdup(buf_text(&text));
    buf_fini(&text);
    grid_fini(&grid);
    return copy;
}

static bool shows(const char *text)
{
    char *shown = screen();
    bool found = strstr(shown, text) != NULL;
    free(shown);
    return found;
}

static bool offers(enum ui_command command)
{
    struct bar bar = bar_keys(&ui, model);
    for (size_t i = 0; i < bar.count; i++)
        if (bar.items[i].command == command)
            return true;
    return false;
}

static void set_state(enum holders_state state)
{
    model->holders = (struct holders){.state = state, .line = LINE};
}

/* ---- keys ---- */

static void test_w_asks_about_the_selected_line(void **state)
{
    static const char keys[] = {'1', '2', 'L'};
    (void)state;
    for (size_t i = 0; i < sizeof keys; i++) {
        use(fixture_leaks());
        press(keys[i]);
        enum view_id view = ui.view;
        uint64_t id;
        assert_true(list_selected(&ui.lists[view], &id));
        assert_int_equal(press('w'), UI_HOLDERS);
        assert_int_equal(ui.holders_line, (uint32_t)id);
        assert_int_equal(ui.holders_file, 0);
        assert_int_equal(ui.view, VIEW_HOLDERS);
        assert_int_equal(press(K_ESC), UI_NOTHING);
        assert_int_equal(ui.view, view);
    }
}

static void test_w_in_the_evidence_is_about_the_leak(void **state)
{
    (void)state;
    press('L');
    press('j');
    press(K_TAB);
    assert_int_equal(ui.focus, VIEW_EVIDENCE);
    press('j');
    assert_int_equal(press('w'), UI_HOLDERS);
    assert_int_equal(ui.holders_line, 26);
    press('w');
    assert_int_equal(press('w'), UI_HOLDERS);
}

static void test_w_goes_back_or_asks_again(void **state)
{
    (void)state;
    press('L');
    assert_int_equal(press('w'), UI_HOLDERS);
    set_state(HOLDERS_READY);
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
    assert_int_equal(press('w'), UI_HOLDERS);
    holders_fail(&model->holders, 0, LINE, "the worker is being started");
    assert_true(shows("! the worker is being started"));
    assert_true(shows("w asks again"));
    assert_true(offers(CMD_HOLDERS));
    assert_int_equal(press('w'), UI_HOLDERS);
    assert_int_equal(ui.view, VIEW_HOLDERS);
}

static void test_esc_stops_and_then_goes_back(void **state)
{
    (void)state;
    press('L');
    press('w');
    set_state(HOLDERS_ASKED);
    model->holders.percent = 7;
    assert_true(shows("  7 %"));
    assert_int_equal(press(K_ESC), UI_HOLDERS_STOP);
    assert_int_equal(ui.view, VIEW_HOLDERS);
    set_state(HOLDERS_NONE);
    assert_true(shows("who holds it is not known"));
    assert_int_equal(press(K_ESC), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
}

static void test_one_comes_back_to_what_is_looked_for(void **state)
{
    (void)state;
    press('L');
    press('w');
    set_state(HOLDERS_ASKED);
    press('w');
    assert_int_equal(ui.view, VIEW_LEAKS);
    /* In another view Esc is for that one. */
    press('1');
    press('L');
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_HOLDERS);
    press('w');
    press('j');
    assert_int_equal(press('w'), UI_HOLDERS);
    assert_int_equal(ui.holders_line, 26);
}

static void test_help_comes_back(void **state)
{
    (void)state;
    press('2');
    press('w');
    press('?');
    press(K_ESC);
    assert_int_equal(ui.view, VIEW_HOLDERS);
    press(K_ESC);
    assert_int_equal(ui.view, VIEW_HOT);
}

static void test_w_says_why_not(void **state)
{
    (void)state;
    press('3');
    assert_int_equal(press('w'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "w is for a line"));
    press('1');
    press(' ');
    assert_int_equal(press('w'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "frozen"));
    press(' ');
    replay_enter(&ui, false);
    assert_int_equal(press('w'), UI_NOTHING);
    assert_non_null(strstr(ui.message, "a recording has no memory to look into"));
    use(fixture_heap_off());
    press('w');
    assert_non_null(strstr(ui.message, "is not counted here"));
    use(fixture_leaks());
    model->worker = WORKER_NONE;
    press('w');
    assert_non_null(strstr(ui.message, "logs have no memory"));
    use(fixture_program_ended());
    press('w');
    assert_non_null(strstr(ui.message, "its memory is gone"));
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_an_old_version_is_not_asked_about(void **state)
{
    static const int keys[] = {'p', 'G', 'k', 'k', 'k', K_ENTER};
    (void)state;
    use(fixture_reloaded());
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        press(keys[i]);
    assert_true(ui_is_old(&ui, model));
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_a_recording_has_what_was_known(void **state)
{
    (void)state;
    use(fixture_evidence());
    replay_enter(&ui, false);
    press('L');
    assert_true(ui_can(&ui, model, CMD_HOLDERS));
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_HOLDERS);
    assert_true(shows("HttpTriggerAsync.KEPT"));
    assert_false(shows("asked at"));
    /* At an event before, it was not known. */
    holders_list_clear(&model->evidence);
    assert_true(shows("who holds it is not known"));
    assert_false(shows("w asks"));
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
    assert_non_null(strstr(ui.message, "a recording has no memory to look into"));
}

static void test_replay_leaves_the_view(void **state)
{
    (void)state;
    press('2');
    press('w');
    replay_enter(&ui, true);
    assert_int_equal(ui.view, VIEW_HOT);
}

/* ---- rows ---- */

static void select_row(enum holders_row kind, uint32_t place)
{
    list_select_id(&ui.lists[VIEW_HOLDERS], (uint64_t)kind << 32 | place);
    ui_sync(&ui, model);
}

static void test_enter_shows_a_chain_whole(void **state)
{
    (void)state;
    use(fixture_holders());
    press('L');
    press('w');
    select_row(HOLDERS_ROW_CHAIN, 2);
    assert_false(shows("\n                      -> HttpPayloadParser.payload\n"));
    press(K_ENTER);
    assert_true(shows("\n                      -> HttpPayloadParser.payload\n"));
    press(K_ENTER);
    assert_false(shows("\n                      -> HttpPayloadParser.payload\n"));
}

static void test_enter_shows_all_types(void **state)
{
    (void)state;
    use(fixture_holders());
    press('L');
    press('w');
    assert_true(shows("and 4 more types"));
    assert_false(shows("0.25"));
    select_row(HOLDERS_ROW_MORE, 0);
    press(K_ENTER);
    assert_true(shows("0.25"));
    assert_false(shows("and 4 more types"));
}

static void test_enter_is_offered_where_it_opens(void **state)
{
    (void)state;
    use(fixture_holders());
    press('L');
    press('w');
    assert_true(offers(CMD_OPEN));
    select_row(HOLDERS_ROW_SUM, 0);
    assert_false(offers(CMD_OPEN));
    select_row(HOLDERS_ROW_LINE, 0);
    press(K_ENTER);
    assert_int_equal(ui.view, VIEW_SOURCE);
    uint64_t id;
    assert_true(list_selected(&ui.lists[VIEW_SOURCE], &id));
    assert_int_equal(id, LINE);
}

static void test_a_question_begins_anew(void **state)
{
    (void)state;
    use(fixture_holders());
    press('L');
    press('w');
    select_row(HOLDERS_ROW_CHAIN, 2);
    press(K_ENTER);
    assert_true(ui.holders_opened_chains != 0);
    press('w');
    press('w');
    assert_true(ui.holders_opened_chains == 0);
    ui_sync(&ui, model);
    assert_int_equal(ui.lists[VIEW_HOLDERS].cursor, 0);
}

static void test_an_answer_about_another_line_is_not_shown(void **state)
{
    (void)state;
    use(fixture_holders());
    press('L');
    press('j');
    press('w');
    assert_true(shows("who holds it is not known"));
    assert_false(shows("bytearray  "));
}

static void test_search_finds_a_holder(void **state)
{
    static const char pattern[] = "/maxsize";
    (void)state;
    use(fixture_holders());
    press('L');
    press('w');
    for (const char *key = pattern; *key; key++)
        press(*key);
    press(K_ENTER);
    uint64_t id;
    assert_true(list_selected(&ui.lists[VIEW_HOLDERS], &id));
    assert_int_equal(view_holders_row(id), HOLDERS_ROW_CHAIN);
    assert_int_equal((uint32_t)id, 3);
}

/* ---- the leaks ---- */

static void test_the_leaks_want_evidence_once(void **state)
{
    (void)state;
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    press('L');
    assert_int_equal(ui_wants(&ui, model), UI_EVIDENCE);
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    /* The order of the lines is nothing new, */
    struct leak first = model->leaks.items[0];
    model->leaks.items[0] = model->leaks.items[1];
    model->leaks.items[1] = first;
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    /* nor are the holders of one of them. */
    press('w');
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    press(K_ESC);
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    model->leaks.items[0].line = 3;
    assert_int_equal(ui_wants(&ui, model), UI_EVIDENCE);
    press('1');
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    press('L');
    assert_int_equal(ui_wants(&ui, model), UI_EVIDENCE);
    /* Who holds the same lines after more requests is news. */
    ui_show_verdict(&ui, model);
    assert_int_equal(ui_wants(&ui, model), UI_EVIDENCE);
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    /* What the evidence has made a suspect is no news. */
    struct leak *last = &model->leaks.items[--model->leaks.certain];
    last->state = LEAK_SUSPECT;
    last->is_bounded = true;
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
}

static void test_a_bounded_holder_is_said_of_a_suspect(void **state)
{
    const struct leak leak = {.bytes_per_invocation = 2048, .kept = 7, .of = 7, .is_bounded = true};
    struct buf text;
    (void)state;
    buf_init(&text, 1024);
    leak_words_line(&leak, &text);
    assert_string_equal(buf_text(&text), "has kept 2.00 KiB of 7 of 7 invocations; its holder "
                                         "drops old ones by itself");
    buf_fini(&text);
}

static void test_nobody_is_no_holder(void **state)
{
    (void)state;
    use(fixture_evidence());
    press('L');
    assert_true(shows(" held by  HttpTriggerAsync.KEPT"));
    free(model->evidence.lines[0].chains[0].text);
    model->evidence.lines[0].chains[0].text = mem_strdup("nothing in Python: native code");
    assert_true(shows("\n nothing in Python: native code\n"));
    assert_false(shows("held by"));
    press('w');
    model->holders = holders_copy(&model->evidence.lines[0]);
    for (int i = 0; i < 10; i++)
        press('j');
    assert_true(shows(" have no holder in Python"));
}

static void test_what_cannot_be_asked_is_not_wanted(void **state)
{
    (void)state;
    press('L');
    model->worker = WORKER_DEAD;
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    model->worker = WORKER_READY;
    replay_enter(&ui, false);
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
    use(fixture_leaks_none());
    press('L');
    assert_int_equal(ui_wants(&ui, model), UI_NOTHING);
}

static void test_the_leaks_show_what_is_known(void **state)
{
    (void)state;
    use(fixture_evidence());
    press('L');
    assert_true(shows(" alive    3,204 bytearray, 10 bytes objects, 1,292 more\n"));
    assert_true(shows(" held by  HttpTriggerAsync.KEPT\n"));
    press('j');
    assert_false(shows(" held by  "));
    use(fixture_leaks());
    press('L');
    assert_false(shows(" held by  "));
}

/* What is in the recording, and nobody is asked; of other lines there is nothing in it. */
static void test_w_in_a_recording_shows_what_it_has(void **state)
{
    (void)state;
    use(fixture_evidence());
    press('L');
    replay_enter(&ui, false);
    assert_true(ui_can(&ui, model, CMD_HOLDERS));
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_HOLDERS);
    assert_true(shows("HttpTriggerAsync.KEPT"));
    assert_false(shows("asked at"));
    model->evidence.lines[0].state = HOLDERS_FAILED;
    assert_false(offers(CMD_HOLDERS));
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
    model->evidence.lines[0].state = HOLDERS_READY;
    assert_int_equal(press('w'), UI_NOTHING);
    assert_int_equal(press(K_ESC), UI_NOTHING);
    assert_int_equal(ui.view, VIEW_LEAKS);
    press('j');
    assert_false(ui_can(&ui, model, CMD_HOLDERS));
    press('w');
    assert_int_equal(ui.view, VIEW_LEAKS);
    assert_non_null(strstr(ui.message, "a recording has no memory to look into"));
}

/* ---- words ---- */

static void test_words(void **state)
{
    char first[] = "dict", second[] = "bytes", third[] = "native";
    struct holders holders = {
        .count = 3214,
        .shallow_bytes = 13107200,
        .retained_bytes = 41943040,
        .oldest_number = 4,
        .newest_number = 15,
        .types = {{.name = first, .count = 3204}, {.name = second, .count = 10}},
        .type_count = 2};
    struct buf text;
    (void)state;
    buf_init(&text, 1024);
    holders_words_sum(&holders, &text);
    assert_string_equal(buf_text(&text),
                        "3,214 objects, 12.5 MiB, 40.0 MiB retained, of invocations 4 to 15");
    buf_consume(&text, text.len);
    holders_words_types(&holders, 3, &text);
    assert_string_equal(buf_text(&text), "3,204 dict, 10 bytes objects");
    buf_consume(&text, text.len);
    holders.types[0] = (struct holders_type){.name = third, .count = 1};
    holders.type_count = holders.count = 1;
    holders.retained_bytes = -1;
    holders.newest_number = 4;
    holders_words_types(&holders, 3, &text);
    assert_string_equal(buf_text(&text), "1 native block");
    buf_consume(&text, text.len);
    holders_words_sum(&holders, &text);
    assert_string_equal(buf_text(&text), "1 object, 12.5 MiB, of invocation 4");
    buf_fini(&text);
}

static void test_what_is_only_of_earlier_invocations_is_said(void **state)
{
    (void)state;
    use(fixture_holders());
    model->holders.chains[0].newest_number = 1;
    model->holders.chains[1].newest_number = 2;
    model->holders.chains[3].newest_number = 13;
    struct leak *leak = &model->leaks.items[0];
    assert_int_equal(leak->line, LINE);
    leak->first_number = 3;
    press('L');
    press('w');
    assert_true(shows(" only of invocation 1\n"));
    assert_true(shows(" only of invocations up to 2\n"));
    assert_false(shows("up to 13"));
    leak->first_number = 0;
    assert_false(shows("only of"));
}

/* ---- chains ---- */

/* The rows, each in brackets. */
static void check_cut(const char *chain, int cols, bool whole, const char *want)
{
    struct chain_row rows[CHAIN_ROWS];
    size_t count = chain_cut(chain, cols, whole, rows);
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s[%.*s]",
                   rows[i].is_last   ? "..."
                   : rows[i].is_rest ? "+"
                                     : "",
                   (int)rows[i].len, chain + rows[i].at);
    assert_string_equal(buf_text(&text), want);
    buf_fini(&text);
}

static void test_chain_is_cut_at_its_arrows(void **state)
{
    (void)state;
    check_cut("", 10, false, "[]");
    check_cut("A.b", 10, false, "[A.b]");
    check_cut("A.b -> list[3]", 14, false, "[A.b -> list[3]]");
    check_cut("A.b -> list[3]", 13, false, "[A.b][-> list[3]]");
    check_cut("A -> b -> c -> d", 6, false, "[A -> b][-> c][-> d]");
    check_cut("A -> b -> c -> d -> e -> f", 10, false, "[A -> b][-> c -> d][-> e -> f]");
    check_cut("A -> b -> c -> d -> e -> f -> g", 10, false, "[A -> b][-> c -> d]...[-> g]");
    check_cut("A.a_long_name_of_it -> b", 4, false, "[A.a_long_name_of_it][-> b]");
}

static void test_chain_whole_is_a_link_a_row(void **state)
{
    (void)state;
    check_cut("A -> b -> c", 80, true, "[A][-> b][-> c]");
    check_cut("A -> 123456789", 9, true, "[A][-> 123456]+[789]");
    check_cut("A.b", 80, true, "[A.b]");
}

static void test_chain_keys_have_no_arrows(void **state)
{
    (void)state;
    check_cut("A['x -> y'] -> b", 80, true, "[A['x -> y']][-> b]");
    check_cut("A['it's'] -> b", 80, true, "[A['it's']][-> b]");
    check_cut("A['x -> y", 80, true, "[A['x][-> y]");
    check_cut("A[\"x -> y\"] -> b", 80, true, "[A[\"x -> y\"]][-> b]");
}

/* However long, it comes to an end, and nothing is read behind it. */
static void test_chain_has_a_last_row(void **state)
{
    char chain[4096] = "A";
    struct chain_row rows[CHAIN_ROWS];
    (void)state;
    for (size_t i = 0; i < 300; i++)
        strcat(chain, " -> list[3]");
    assert_int_equal(chain_cut(chain, 1, true, rows), CHAIN_ROWS);
    assert_int_equal(chain_cut(chain, 1, false, rows), CHAIN_CLOSED_ROWS);
    for (int cols = 1; cols < 40; cols++)
        assert_true(chain_cut(chain, cols, true, rows) <= CHAIN_ROWS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_w_asks_about_the_selected_line),
        TEST(test_w_in_the_evidence_is_about_the_leak),
        TEST(test_w_goes_back_or_asks_again),
        TEST(test_esc_stops_and_then_goes_back),
        TEST(test_one_comes_back_to_what_is_looked_for),
        TEST(test_help_comes_back),
        TEST(test_w_says_why_not),
        TEST(test_an_old_version_is_not_asked_about),
        TEST(test_a_recording_has_what_was_known),
        TEST(test_replay_leaves_the_view),
        TEST(test_enter_shows_a_chain_whole),
        TEST(test_enter_shows_all_types),
        TEST(test_enter_is_offered_where_it_opens),
        TEST(test_a_question_begins_anew),
        TEST(test_an_answer_about_another_line_is_not_shown),
        TEST(test_search_finds_a_holder),
        TEST(test_the_leaks_want_evidence_once),
        TEST(test_nobody_is_no_holder),
        TEST(test_what_cannot_be_asked_is_not_wanted),
        cmocka_unit_test(test_a_bounded_holder_is_said_of_a_suspect),
        TEST(test_the_leaks_show_what_is_known),
        TEST(test_w_in_a_recording_shows_what_it_has),
        TEST(test_what_is_only_of_earlier_invocations_is_said),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_chain_is_cut_at_its_arrows),
        cmocka_unit_test(test_chain_whole_is_a_link_a_row),
        cmocka_unit_test(test_chain_keys_have_no_arrows),
        cmocka_unit_test(test_chain_has_a_last_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
