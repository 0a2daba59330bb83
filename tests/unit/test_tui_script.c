#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "tests/golden/fixture.h"
#include "tui/script.h"

static struct model *model;
static struct ui ui;

static int setup(void **state)
{
    (void)state;
    model = fixture_busy();
    ui_init(&ui, 80, 24);
    ui_sync(&ui, model);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    clock_fix(0);
    ui_fini(&ui);
    model_free(model);
    return 0;
}

/* Step until the script waits or is done. */
static enum script_state run(struct script *script, enum ui_action *last)
{
    enum script_state state = SCRIPT_STEPPED;
    enum ui_action action;
    struct error error;
    *last = UI_NOTHING;
    while (state == SCRIPT_STEPPED) {
        state = script_step(script, &ui, model, &action, &error);
        if (action != UI_NOTHING)
            *last = action;
    }
    return state;
}

static struct script *script_of(const char *text)
{
    struct error error;
    struct script *script = script_new("test", text, strlen(text), &error);
    assert_non_null(script);
    return script;
}

static void test_keys_and_actions(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script =
        script_of("# a comment\n\nkey 3 j\nresize 120x30\ntype /a b\nkey Enter\n"
                  "key r");
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_REQUEST);
    assert_int_equal(ui.view, VIEW_INVOCATIONS);
    assert_int_equal(ui.cols, 120);
    assert_string_equal(ui.pattern, "a b");
    script_free(script);
}

static void test_waits(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script = script_of("wait loaded\nwait ended 12\nwait text page_size\n"
                                      "wait idle\nkey q\n");
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    assert_int_equal(script_line(script), 4);
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    for (uint64_t number = 13; number <= 14; number++)
        invocations_end(&model->invocations, invocations_find(&model->invocations, number),
                        OUTCOME_SUCCEEDED, 200, FIXTURE_NOW_NS, NULL);
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_QUIT);
    script_free(script);
}

/* A wait that has taken too long says which line it is; a sleep is over by then. */
static void test_time(void **state)
{
    enum ui_action action;
    struct error error;
    (void)state;
    struct script *script = script_of("sleep 0.5\nwait text no such text for 5\nquit\n");
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_WAITING);
    script_waited(script, 499 * NS_PER_MS);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_WAITING);
    script_waited(script, 500 * NS_PER_MS);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_STEPPED);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_WAITING);
    script_waited(script, 4 * NS_PER_SECOND);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_WAITING);
    script_waited(script, 5 * NS_PER_SECOND);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_FAILED);
    assert_int_equal(error.status, EXIT_STATUS_INVOCATION_FAILED);
    assert_string_equal(error.text, "test:2: waited 5 s in vain: wait text no such text for 5");
    script_free(script);
    script = script_of("wait idle\n");
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_WAITING);
    script_waited(script, 30 * NS_PER_SECOND);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_FAILED);
    script_free(script);
}

/* What is suspected is no leak yet. */
static void test_leaks(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script = script_of("wait leaks 2\nquit\n");
    model->leaks.count = 3;
    model->leaks.certain = 1;
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    model->leaks.certain = 2;
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_QUIT);
    script_free(script);
}

static void test_holders(void **state)
{
    enum ui_action last;
    (void)state;
    for (int failed = 0; failed < 2; failed++) {
        struct script *script = script_of("wait holders\nquit\n");
        holders_clear(&model->holders);
        assert_int_equal(run(script, &last), SCRIPT_WAITING);
        model->holders.state = HOLDERS_ASKED;
        assert_int_equal(run(script, &last), SCRIPT_WAITING);
        model->holders.state = failed ? HOLDERS_FAILED : HOLDERS_READY;
        assert_int_equal(run(script, &last), SCRIPT_DONE);
        assert_int_equal(last, UI_QUIT);
        script_free(script);
    }
}

static void test_pause(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script = script_of("wait paused\nwait line 20\nquit\n");
    model->stop.is_stopped = false;
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    model->stop = (struct stop){.is_stopped = true, .line = 19};
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    assert_int_equal(script_line(script), 2);
    model->stop.line = 20;
    model->stop.is_leaving = true;
    assert_int_equal(run(script, &last), SCRIPT_WAITING);
    model->stop.is_leaving = false;
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_QUIT);
    script_free(script);
}

/* As it is typed. */
static void test_command(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script = script_of("type :save-screen some file.txt\nkey Enter\n");
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_SAVE);
    assert_string_equal(ui.save_path, "some file.txt");
    script_free(script);
    script = script_of("type :save-screen\nkey Enter\n");
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(last, UI_NOTHING);
    assert_non_null(strstr(ui.message, "needs a file"));
    script_free(script);
    script = script_of("type :1 + 1\nkey Enter\n");
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_non_null(strstr(ui.message, "nothing is paused"));
    script_free(script);
}

static void test_clock(void **state)
{
    enum ui_action last;
    (void)state;
    struct script *script = script_of("clock 12345\n");
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_int_equal(clock_monotonic_ns(), 12345);
    script_free(script);
}

static void test_save_screen(void **state)
{
    enum ui_action last;
    char path[] = "/tmp/pymemtop-test-XXXXXX", command[128], text[8192] = {0};
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(command, sizeof command, "save-screen %s\n", path);
    struct script *script = script_of(command);
    assert_int_equal(run(script, &last), SCRIPT_DONE);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    assert_non_null(strstr(text, "PythonMemoryProfilingDemo > HttpTriggerAsync"));
    close(fd);
    unlink(path);
    script_free(script);
}

static void test_save_screen_fails(void **state)
{
    enum ui_action last;
    (void)state;
    enum ui_action action;
    struct error error;
    struct script *script = script_of("key j\nsave-screen /nowhere/at/all\nkey q\n");
    assert_int_equal(run(script, &last), SCRIPT_FAILED);
    assert_int_equal(script_step(script, &ui, model, &action, &error), SCRIPT_FAILED);
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
    assert_non_null(strstr(error.text, "test:2: cannot write /nowhere/at/all: "));
    script_free(script);
}

static void test_mistakes(void **state)
{
    static const char *const bad[] = {
        "key",           "key jj",           "press j",      "wait",
        "wait ended x",  "wait loaded now",  "resize 80",    "resize 80x",
        "clock x",       "click 1",          "click 1 2 3",  "save-screen",
        "keyj",          "wait idle 3",      "type",         "resize -1x5",
        "sleep",         "sleep x",          "sleep 1.",     "sleep -1",
        "wait for 3",    "wait ended for 3", "wait line x",  "wait leaks",
        "wait leaks x",  "wait holders 1",   "quit now",     "sleep 86401",
        "wait idle for", "wait idle for x",  ":save-screen", ":1 + 1"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[64];
        struct error error = {0};
        snprintf(text, sizeof text, "key j\n%s\n", bad[i]);
        assert_null(script_new("name", text, strlen(text), &error));
        assert_int_equal(error.status, EXIT_STATUS_USAGE);
        assert_non_null(strstr(error.text, "name:2:"));
    }
}

static void test_no_such_file(void **state)
{
    struct error error = {0};
    (void)state;
    assert_null(script_open("/nowhere/at/all", &error));
    assert_non_null(strstr(error.text, "/nowhere/at/all"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_keys_and_actions),
        TEST(test_waits),
        TEST(test_time),
        TEST(test_leaks),
        TEST(test_holders),
        TEST(test_pause),
        TEST(test_command),
        TEST(test_clock),
        TEST(test_save_screen),
        TEST(test_save_screen_fails),
        TEST(test_mistakes),
        TEST(test_no_such_file),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
