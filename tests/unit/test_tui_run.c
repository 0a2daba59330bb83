#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tests/golden/fixture.h"
#include "tui/act.h"
#include "tui/glyph.h"
#include "tui/scene.h"
#include "tui/ui.h"

/* Rows of the list of functions, in its order. */
enum { ITEM, NIGHTLY, ON_ORDER, ON_SHIPMENT, ORDERS, REPORT };

static struct model *model;
static struct ui ui;

static int setup_with(struct model *fresh)
{
    model = fresh;
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_with(fixture_shop_loaded());
}

static int setup_ran(void **state)
{
    (void)state;
    return setup_with(fixture_shop());
}

static int teardown(void **state)
{
    (void)state;
    ui_fini(&ui);
    model_free(model);
    return 0;
}

static enum ui_action press_event(struct key_event event)
{
    enum ui_action action = ui_key(&ui, model, event, FIXTURE_NOW_NS, FIXTURE_REALTIME_NS);
    if (action == UI_SELECT)
        model_select(model, model->functions[ui.function].name);
    return action;
}

static enum ui_action press(int key)
{
    return press_event((struct key_event){.key = key});
}

static void type(const char *text)
{
    for (; *text; text++)
        press(*text);
}

static void paste(const char *text)
{
    for (; *text; text++)
        press_event((struct key_event){.key = (unsigned char)*text, .pasted = true});
}

/* Select the n-th row of the list of functions. */
static void go_to(int row)
{
    press('5');
    press('g');
    for (int i = 0; i < row; i++)
        press('j');
}

static const char *selected_row(void)
{
    uint64_t id;
    assert_true(list_selected(&ui.lists[VIEW_FUNCTIONS], &id));
    return ui_find_function(&ui, model, id)->name;
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

static void run_one(const char *name)
{
    struct invocation *invocation =
        invocations_add(&model->invocations, model->invocations.total + 1, "id", name, "");
    invocation->outcome = OUTCOME_RUNNING;
    ui_sync(&ui, model);
}

/* As a reload would: the functions are in another order, and elsewhere in memory. */
static void reorder(void)
{
    struct model_function *functions = mem_calloc(model->function_count, sizeof *functions);
    for (size_t i = 0; i < model->function_count; i++)
        functions[model->function_count - 1 - i] = model->functions[i];
    free(model->functions);
    model->functions = functions;
    ui_sync(&ui, model);
}

static void test_opens_on_the_list_until_something_runs(void **state)
{
    (void)state;
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
    assert_true(display_holds("1/6"));
    run_one("Orders");
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_true(display_holds("Orders/__init__.py"));
    press('a');
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
    run_one("Orders");
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
    press('a');
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_opens_on_the_list_until_one_goes_elsewhere(void **state)
{
    (void)state;
    press('4');
    run_one("Orders");
    assert_int_equal(ui.view, VIEW_OUTPUT);
}

static void test_opens_on_the_source_of_a_named_function(void **state)
{
    (void)state;
    model->functions[ORDERS].selected = true;
    ui_sync(&ui, model);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_int_equal(ui.focus, VIEW_SOURCE);
    assert_true(display_holds("Shop > Orders"));
    assert_true(display_holds(" line 9 "));
}

/* What was begun is not taken away. */
static void test_a_prompt_keeps_the_list(void **state)
{
    (void)state;
    press('/');
    run_one("Orders");
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
    press(K_ESC);
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_enter_selects_and_shows_the_source(void **state)
{
    (void)state;
    go_to(ORDERS);
    assert_int_equal(press(K_ENTER), UI_SELECT);
    assert_int_equal(ui.function, ORDERS);
    assert_int_equal(ui.view, VIEW_SOURCE);
    assert_true(display_holds("Shop > Orders"));
    assert_true(display_holds(" line 9 "));
    assert_true(ui.follow);
    assert_int_equal(press('r'), UI_REQUEST);
    assert_string_equal(ui.line, "GET /api/orders");
    assert_int_equal(ui.requests, 1);
}

static void test_a_function_without_a_source(void **state)
{
    (void)state;
    go_to(NIGHTLY);
    assert_int_equal(press(K_ENTER), UI_SELECT);
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
    assert_string_equal(ui.message, "Nightly is selected: no line of its file has run yet; e opens "
                                    "the file");
    go_to(REPORT);
    press(K_ENTER);
    assert_string_equal(ui.message, "Report is selected: it could not be loaded; e opens its file");
    assert_true(display_holds("Shop > Report"));
    assert_int_equal(press('e'), UI_EDIT);
    assert_string_equal(ui.edit_path, model->functions[REPORT].script);
    assert_int_equal(ui.edit_line, 1);
    model->worker = WORKER_LOADING;
    go_to(ITEM);
    press(K_ENTER);
    assert_string_equal(ui.message,
                        "Item is selected: its source is known when the app has been imported");
}

static void test_what_went_wrong_is_shown(void **state)
{
    (void)state;
    press('5');
    assert_true(display_holds("ModuleNotFoundError: No module named 'pandas'"));
    assert_true(display_holds("install the app's requirements.txt into its environment"));
    assert_false(display_holds("disabled"));
}

static void test_a_timer_runs_at_once(void **state)
{
    (void)state;
    go_to(NIGHTLY);
    assert_int_equal(press('r'), UI_RUN);
    assert_int_equal(ui.function, NIGHTLY);
    assert_string_equal(ui.payload, "");
    type("R3");
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_int_equal(ui.requests, 3);
    assert_int_equal(ui.prompt, PROMPT_NONE);
}

static void test_a_payload_begins_with_the_sample(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    assert_int_equal(press('r'), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
    assert_string_equal(ui.input,
                        "{ \"id\": 17, \"name\": \"\u65E5\u672C\", \"items\": [ {\"sku\": "
                        "\"A-1\", \"count\": 2}, {\"sku\": \"B-20\", \"count\": 1} ] } ");
    /* Not edited: what is sent is what the file holds, line ends and all. */
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_int_equal(ui.function, ON_ORDER);
    assert_string_equal(ui.payload, model->functions[ON_ORDER].sample);
}

static void test_a_payload_is_remembered(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    press('r');
    press(K_CTRL('u'));
    type("{\"id\": 18}");
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_string_equal(ui.payload, "{\"id\": 18}");
    press('r');
    assert_string_equal(ui.input, "{\"id\": 18}");
    press(K_BACKSPACE);
    assert_int_equal(press(K_ESC), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_NONE);
    /* Each function has its own. */
    go_to(ON_SHIPMENT);
    press('r');
    assert_string_equal(ui.input, "");
    assert_int_equal(press(K_BACKSPACE), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_string_equal(ui.payload, "");
    go_to(ON_ORDER);
    press('r');
    assert_string_equal(ui.input, "{\"id\": 18}");
}

static void test_many_with_a_payload(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    type("R12");
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_int_equal(ui.requests, 12);
}

static void test_a_route_with_parameters(void **state)
{
    (void)state;
    go_to(ITEM);
    assert_int_equal(press('r'), UI_NOTHING);
    assert_int_equal(ui.prompt, PROMPT_LINE);
    assert_string_equal(ui.input, "GET /api/items/{category:alpha}/{id:int?}");
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_string_equal(ui.message, "not sent: put a value in the place of {category:alpha}");
    press('r');
    press(K_CTRL('u'));
    type("/api/items/tea/7");
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_non_null(strstr(ui.message, "not sent: a method and a path"));
    press('r');
    assert_string_equal(ui.input, "/api/items/tea/7");
    press(K_HOME);
    type("put ");
    assert_int_equal(press(K_ENTER), UI_REQUEST);
    assert_string_equal(ui.line, "put /api/items/tea/7");
    press('r');
    assert_string_equal(ui.input, "put /api/items/tea/7");
    type(" 8");
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_string_equal(ui.message, "not sent: a space in a path is written %20");
}

static void test_elsewhere_the_selected_function_is_run(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    press(K_ENTER);
    press('4');
    press('r');
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
    assert_true(display_holds("payload for OnOrder: "));
    press(K_ESC);
    go_to(NIGHTLY);
    assert_true(display_holds(" r run "));
    assert_int_equal(press('r'), UI_RUN);
    assert_int_equal(ui.function, NIGHTLY);
}

static void test_the_list_is_not_taken_away_from_who_uses_it(void **state)
{
    (void)state;
    press('j');
    run_one("Nightly");
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
}

static void test_the_list_stays_where_it_was_asked_for(void **state)
{
    (void)state;
    press('5');
    run_one("Nightly");
    assert_int_equal(ui.view, VIEW_FUNCTIONS);
}

static void test_the_list_gives_way_to_what_is_run_from_it(void **state)
{
    (void)state;
    press('j');
    press('r');
    press(K_ESC);
    run_one("Nightly");
    assert_int_equal(ui.view, VIEW_SOURCE);
}

static void test_functions_that_are_described_anew(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    press(K_ENTER);
    press('r');
    reorder();
    assert_string_equal(selected_row(), "OnOrder");
    assert_string_equal(model_selected(model)->name, "OnOrder");
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_string_equal(model->functions[ui.function].name, "OnOrder");
    press('r');
    model_set_text(&model_find_function(model, "OnOrder")->name, "OnOrders");
    assert_int_equal(press(K_ENTER), UI_NOTHING);
    assert_string_equal(ui.message, "the app has no function OnOrder any more");
}

static void test_nothing_to_run(void **state)
{
    (void)state;
    ui_fini(&ui);
    model_free(model);
    setup_with(model_new("/srv/Empty"));
    model->worker = WORKER_READY;
    for (int view = '1'; view <= '5'; view += 4) {
        press(view);
        assert_int_equal(press('r'), UI_NOTHING);
        assert_string_equal(ui.message, "there is no function to run");
        assert_true(display_holds("the app has no functions"));
    }
    model_set_text(&model->app_error, "SyntaxError: '(' was never closed");
    ui_sync(&ui, model);
    assert_true(display_holds("the app could not be loaded"));
    assert_true(display_holds("SyntaxError: '(' was never closed"));
    assert_true(display_holds(" NOT LOADED"));
}

static void test_counts(void **state)
{
    (void)state;
    press('5');
    assert_true(display_holds("  Nightly           timer            1       1 300.0 ms"));
    assert_true(display_holds(" >Orders            http             2       0 100.0 ms"));
    press(' ');
    invocations_end(&model->invocations, invocations_find(&model->invocations, 5),
                    OUTCOME_SUCCEEDED, 200, FIXTURE_NOW_NS, NULL);
    ui_sync(&ui, model);
    assert_true(display_holds(" >Orders "));
    press(' ');
    assert_true(display_holds("  Orders            http             2       0  15.00 s"));
}

static void test_sorting(void **state)
{
    (void)state;
    press('5');
    press('g');
    assert_string_equal(selected_row(), "Item");
    press('>');
    press('g');
    assert_string_equal(selected_row(), "Orders");
    press('>');
    press('g');
    assert_string_equal(selected_row(), "Nightly");
    press('<');
    press('<');
    press('I');
    press('g');
    assert_string_equal(selected_row(), "Report");
    type("\\pandas");
    press(K_ENTER);
    assert_int_equal(ui.lists[VIEW_FUNCTIONS].count, 1);
}

static void test_moving_the_cursor(void **state)
{
    (void)state;
    go_to(ON_SHIPMENT);
    press('r');
    type("two four");
    press(K_HOME);
    press(K_LEFT);
    type("one ");
    assert_string_equal(ui.input, "one two four");
    press(K_RIGHT);
    press(K_RIGHT);
    press(K_DELETE);
    assert_string_equal(ui.input, "one tw four");
    press(K_CTRL('w'));
    assert_string_equal(ui.input, "one  four");
    press(K_CTRL('u'));
    assert_string_equal(ui.input, " four");
    press(K_END);
    press(K_DELETE);
    press(0x65E5);
    press('x');
    press(K_LEFT);
    press(K_LEFT);
    press(K_BACKSPACE);
    assert_string_equal(ui.input, " fou\u65E5x");
    press(K_DELETE);
    assert_string_equal(ui.input, " foux");
    press(K_RIGHT);
    press(K_RIGHT);
    press(K_TAB);
    press(K_UP);
    press(K_F5);
    assert_string_equal(ui.input, " foux");
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
}

static void test_four_kib_can_be_typed(void **state)
{
    (void)state;
    go_to(ON_SHIPMENT);
    press('r');
    for (int i = 0; i < 5000; i++)
        press('x');
    assert_int_equal(strlen(ui.input), 4096);
    press(K_BACKSPACE);
    press(0x65E5); /* three bytes where there is room for one */
    assert_int_equal(strlen(ui.input), 4095);
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_int_equal(strlen(ui.payload), 4095);
}

static void test_a_sample_that_is_too_long(void **state)
{
    char sample[6001];
    (void)state;
    for (size_t i = 0; i + 3 < sizeof sample; i += 3)
        memcpy(sample + i, "\xE6\x97\xA5", 4);
    model_set_text(&model->functions[ON_ORDER].sample, sample);
    go_to(ON_ORDER);
    press('r');
    assert_int_equal(strlen(ui.input), 4095);
    assert_true(display_holds("payload for OnOrder (its start): "));
    assert_int_equal(press(K_ENTER), UI_RUN);
    assert_string_equal(ui.payload, sample);
    press('r');
    press(K_BACKSPACE);
    press(K_ENTER);
    assert_int_equal(strlen(ui.payload), 4092);
}

static void test_pasting(void **state)
{
    (void)state;
    go_to(ON_SHIPMENT);
    press('r');
    paste("{\r\n\t\"q\": \"r  s\",\n\n  \"t\": 1\r}\x1B\x03");
    assert_string_equal(ui.input, "{ \"q\": \"r  s\", \"t\": 1 }");
    assert_int_equal(ui.prompt, PROMPT_PAYLOAD);
    press(K_ESC);
    paste("q\r");
    assert_int_equal(ui.prompt, PROMPT_NONE);
    assert_string_equal(ui.message, "nothing is asked for that text could be pasted into");
}

/* Wherever the cursor is, it is to be seen, and so is what stands before it. */
static void test_a_long_text_is_scrolled(void **state)
{
    (void)state;
    go_to(ON_ORDER);
    press('r');
    for (int cols = 6; cols < 90; cols++) {
        press(K_END);
        for (size_t at = ui.input_at + 1; at > ui.input_at;) {
            size_t from;
            int cursor;
            prompt_window(&ui, cols, &from, &cursor);
            assert_true(from <= ui.input_at);
            assert_true(cursor >= 0 && cursor < cols);
            assert_int_equal(cursor, glyphs_cols(ui.input + from, ui.input_at - from));
            assert_true(from == 0 || cursor > 0);
            at = ui.input_at;
            press(K_LEFT);
        }
        assert_int_equal(ui.input_at, 0);
    }
}

#define TEST(name)     cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_RAN(name) cmocka_unit_test_setup_teardown(name, setup_ran, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_opens_on_the_list_until_something_runs),
        TEST(test_opens_on_the_list_until_one_goes_elsewhere),
        TEST(test_opens_on_the_source_of_a_named_function),
        TEST(test_a_prompt_keeps_the_list),
        TEST(test_enter_selects_and_shows_the_source),
        TEST(test_a_function_without_a_source),
        TEST(test_what_went_wrong_is_shown),
        TEST(test_a_timer_runs_at_once),
        TEST(test_a_payload_begins_with_the_sample),
        TEST(test_a_payload_is_remembered),
        TEST(test_many_with_a_payload),
        TEST(test_a_route_with_parameters),
        TEST(test_elsewhere_the_selected_function_is_run),
        TEST(test_the_list_is_not_taken_away_from_who_uses_it),
        TEST(test_the_list_stays_where_it_was_asked_for),
        TEST(test_the_list_gives_way_to_what_is_run_from_it),
        TEST(test_functions_that_are_described_anew),
        TEST(test_nothing_to_run),
        TEST_RAN(test_counts),
        TEST_RAN(test_sorting),
        TEST(test_moving_the_cursor),
        TEST(test_four_kib_can_be_typed),
        TEST(test_a_sample_that_is_too_long),
        TEST(test_pasting),
        TEST(test_a_long_text_is_scrolled),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
