#include "config.h"

#include "host/python_source.h"
#include "tests/unit/host_fixture.h"

static void test_names(void **state)
{
    static const char *const right[] = {"a", "_", "greet_2", "Async", "match", "None_"};
    static const char *const wrong[] = {"",         "2a",    "a-b",  "a b",
                                        "\xC3\xA9", "class", "None", "async"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(right); i++)
        assert_true(python_is_name(right[i]));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        assert_false(python_is_name(wrong[i]));
}

static void test_line_of_name(void **state)
{
    static const char source[] = "\xEF\xBB\xBFimport os, json as codec\n"
                                 "from a.b import (c,  # d\n"
                                 "                 e as f)\n"
                                 "'''\n"
                                 "quoted = 1\n"
                                 "'''\n"
                                 "text = \"\\\"\" '#' # comment = 1\n"
                                 "def greet(name=(1,\n"
                                 "continued=2)):\n"
                                 "    inner = '''\n"
                                 "nested = 3\n"
                                 "'''\n"
                                 "async \\\n"
                                 "  def wait(): pass\n"
                                 "class Order: pass\n"
                                 "count: int = 1\n"
                                 "left, right = 1, 2\n"
                                 "compared == 1\n"
                                 "called(argument=1)\n"
                                 "last = 1";
    static const struct {
        const char *name;
        size_t line;
    } cases[] = {
        {"os", 1},      {"json", 0},   {"codec", 1},     {"a", 0},        {"c", 2},
        {"d", 0},       {"e", 0},      {"f", 2},         {"quoted", 0},   {"text", 7},
        {"comment", 0}, {"greet", 8},  {"continued", 0}, {"nested", 0},   {"wait", 13},
        {"Order", 15},  {"count", 16}, {"left", 17},     {"compared", 0}, {"argument", 0},
        {"last", 20},   {"inner", 0},  {"Greet", 0},     {"import", 0},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (python_line_of_name(source, cases[i].name) != cases[i].line)
            fail_msg("%s: line %zu, not %zu", cases[i].name,
                     python_line_of_name(source, cases[i].name), cases[i].line);
}

static void test_line_of_function(void **state)
{
    static const char source[] = "def plain(): pass\n"
                                 "@app.route(\n"
                                 "    route='x')\n"
                                 "# between\n"
                                 "\n"
                                 "async def Greet(req): pass\n"
                                 "@app.function_name(name=\"Tidy\")\n"
                                 "@app.timer_trigger(arg_name='sweep')\n"
                                 "def clean(timer): pass\n"
                                 "function_name('Loose')\n"
                                 "@app.function_name('a-b')\n"
                                 "def c(): pass\n";
    (void)state;
    assert_int_equal(python_line_of_function(source, "plain"), 0);
    assert_int_equal(python_line_of_function(source, "greet"), 6);
    assert_int_equal(python_line_of_function(source, "tidy"), 7);
    assert_int_equal(python_line_of_function(source, "sweep"), 0);
    assert_int_equal(python_line_of_function(source, "clean"), 9);
    assert_int_equal(python_line_of_function(source, "Loose"), 0);
    assert_int_equal(python_line_of_function(source, "A-B"), 11);
    assert_int_equal(python_line_of_function(source, "gree"), 0);
}

static void test_function_app(void **state)
{
    static const struct {
        const char *source, *app;
    } cases[] = {
        {"app = func.FunctionApp()", "app"},
        {"# app\napp=FunctionApp(http_auth_level=1)\n", "app"},
        {"application: func.FunctionApp = azure.functions.FunctionApp(\n)\n", "application"},
        {"if x:\n    app = func.FunctionApp()\n", NULL},
        {"'''\napp = func.FunctionApp()\n'''\n", NULL},
        {"# app = func.FunctionApp()\n", NULL},
        {"app = func.AsgiFunctionApp(app=web)\n", NULL},
        {"app == func.FunctionApp()\n", NULL},
        {"app = make(func.FunctionApp())\n", NULL},
        {"app = func.FunctionApp\n", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char *app = python_function_app(cases[i].source);
        if (cases[i].app && app)
            assert_string_equal(app, cases[i].app);
        else if (cases[i].app != app)
            fail_msg("%s: %s", cases[i].source, app ? app : "none");
        free(app);
    }
}

static void test_cut_off(void **state)
{
    static const char *const whole[] = {"",
                                        "x = 1",
                                        "x = 1\n",
                                        "x = (1,\n2)\n",
                                        "# (",
                                        "x = '''\n'''",
                                        "x = ')' # [",
                                        "def f():\n  pass",
                                        "x = '\\''\n",
                                        "x = 1 \\\n+ 2",
                                        "x = 1)\n"};
    static const char *const cut_off[] = {"x = (1,\n",
                                          "x = '''\n''",
                                          "x = 1 \\",
                                          "x = 1 \\\n",
                                          "x = 1 \\\r\n",
                                          "@app.route()\n",
                                          "def f():\n    x = [\n",
                                          "@app.route()\n# and\n\n"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(whole); i++)
        if (python_is_cut_off(whole[i]))
            fail_msg("cut off: %s", whole[i]);
    for (size_t i = 0; i < ARRAY_LEN(cut_off); i++)
        if (!python_is_cut_off(cut_off[i]))
            fail_msg("whole: %s", cut_off[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_line_of_name),
        cmocka_unit_test(test_line_of_function),
        cmocka_unit_test(test_function_app),
        cmocka_unit_test(test_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
