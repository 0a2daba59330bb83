/* App discovery: which app, which functions, and every fault of a function.json. */
#include "config.h"

#include "host/app.h"
#include "tests/unit/host_fixture.h"

#define HTTP_TRIGGER "{\"type\":\"httpTrigger\",\"direction\":\"in\",\"name\":\"req\""
#define DESCRIPTION  "{\"scriptFile\":\"__init__.py\",\"bindings\":[" HTTP_TRIGGER "}]}"

static struct app app;
static struct options options;
static struct error error;

static int open_app(void **state)
{
    if (fixture_open(state))
        return -1;
    options = (struct options){.path = fixture_root};
    fixture_write("host.json", "{\"version\": \"2.0\"}");
    fixture_write("One/function.json", DESCRIPTION);
    fixture_write("One/__init__.py", "");
    fixture_write("two/function.json", DESCRIPTION);
    fixture_write("two/__init__.py", "");
    fixture_write("lib/helper.py", "");
    return 0;
}

static int close_app(void **state)
{
    app_fini(&app);
    return fixture_close(state);
}

static int read_app(const char *path)
{
    char full[512];
    snprintf(full, sizeof full, "%s", fixture_path(path));
    options.path = full;
    app_fini(&app);
    int result = app_read(&app, &options, &error);
    options.path = fixture_root;
    return result;
}

static void assert_fault(const char *path, const char *words)
{
    assert_int_equal(read_app(path), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_holds(error.text, words);
}

static void test_root_and_functions(void **state)
{
    (void)state;
    assert_int_equal(read_app(""), 0);
    assert_string_equal(app.root, fixture_root);
    assert_int_equal(app.selected, -1);
    assert_int_equal(app.function_count, 2);
    assert_string_equal(app.functions[0].name, "One");
    assert_string_equal(app.functions[1].name, "two");
    assert_string_equal(app.functions[0].entry_point, "main");
    assert_string_equal(app.functions[0].route, "One");
    assert_string_equal(app.functions[0].trigger, "httpTrigger");
    assert_int_equal(app.functions[0].auth_level, AUTH_FUNCTION);
    assert_string_equal(app.functions[0].script, fixture_path("One/__init__.py"));
    assert_null(app.functions[0].problem);
}

static void test_what_path_names(void **state)
{
    (void)state;
    assert_int_equal(read_app("two"), 0);
    assert_int_equal(app.selected, 1);
    assert_int_equal(read_app("two/__init__.py"), 0);
    assert_int_equal(app.selected, 1);
    assert_int_equal(read_app("One/function.json"), 0);
    assert_int_equal(app.selected, 0);
    assert_int_equal(read_app("host.json"), 0);
    assert_int_equal(app.selected, -1);
}

static void test_no_app(void **state)
{
    (void)state;
    assert_fault("nope", "cannot open");
    assert_fault("lib", "no function.json");
    assert_fault("lib/helper.py", "no function.json");
    assert_int_equal(unlink(fixture_path("host.json")), 0);
    assert_fault("One", "is not in a function app");
    fixture_write("local.settings.json", "{}");
    assert_int_equal(read_app("One"), 0);
}

static void test_no_function(void **state)
{
    (void)state;
    unlink(fixture_path("One/function.json"));
    unlink(fixture_path("two/function.json"));
    assert_fault("", "no functions in");
}

static int index_app(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    int result = app_index(&app, json, &options, &error);
    json_decref(json);
    return result;
}

static const char two_functions[] =
    "[{\"name\": \"work\", \"script\": \"/x/function_app.py\", \"bindings\": [{\"type\": "
    "\"queueTrigger\", \"name\": \"m\", \"direction\": \"IN\"}]},"
    " {\"name\": \"Hello\", \"script\": \"/x/function_app.py\", \"bindings\": [{\"type\": "
    "\"httpTrigger\", \"name\": \"req\", \"route\": \"hi/{a}\", \"methods\": [\"get\"], "
    "\"authLevel\": \"FUNCTION\"}]}]";

static void test_v2(void **state)
{
    (void)state;
    fixture_write("function_app.py", "");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(read_app(i ? "function_app.py" : "lib/helper.py"), 0);
        assert_string_equal(app.script, "function_app.py");
        assert_int_equal(app.function_count, 0); /* function.json does not count any more */
    }
    for (int i = 0; i < 2; i++) {
        assert_int_equal(index_app(two_functions), 0);
        assert_int_equal(app.function_count, 2);
    }
    assert_string_equal(app.functions[0].name, "Hello");
    assert_string_equal(app.functions[0].route, "hi/{a}");
    assert_string_equal(app.functions[0].methods[0], "GET");
    assert_string_equal(app.functions[0].directory, fixture_root);
    assert_string_equal(app.functions[1].name, "work");
    assert_null(app.functions[1].route);
    assert_int_equal(app.selected, -1);
}

static void test_v2_faults(void **state)
{
    (void)state;
    fixture_write("function_app.py", "");
    assert_int_equal(read_app(""), 0);
    assert_int_equal(index_app("[]"), -1);
    assert_holds(error.text, "nothing in it has a trigger");
    assert_int_equal(index_app("[{\"name\": \"5\"}, {}, 7, {\"name\": \"ok\", \"bindings\": []},"
                               "{\"name\": \"route\", \"bindings\": [{\"type\": \"httpTrigger\", "
                               "\"name\": \"r\", \"route\": 5}]}]"),
                     0);
    for (size_t i = 0; i < app.function_count; i++)
        assert_non_null(app.functions[i].problem);
    assert_string_equal(app.functions[3].problem, "ok: At least one binding must be declared.");
    assert_string_equal(app.functions[4].problem, "route: route must be a string");
}

static void test_v2_chosen_functions(void **state)
{
    (void)state;
    const char *wanted[] = {"WORK"}, *unknown[] = {"nothing"};
    fixture_write("function_app.py", "");
    assert_int_equal(read_app(""), 0);
    options.functions = wanted;
    options.function_count = 1;
    assert_int_equal(index_app(two_functions), 0);
    assert_int_equal(app.function_count, 1);
    assert_int_equal(app.selected, 0);
    assert_string_equal(app.functions[0].name, "work");
    options.functions = unknown;
    assert_int_equal(index_app(two_functions), -1);
    assert_holds(error.text, "has no 'nothing'");
    options.functions = NULL;
    options.function_count = 0;
}

static void test_description_faults(void **state)
{
    static const struct {
        const char *text;
        const char *words;
    } faults[] = {
        {"{\n  \"bindings\": [,]\n}", "two/function.json:2:16: not JSON"},
        {"", "two/function.json:1:1: not JSON"},
        {"[]", "two/function.json:1:1: a JSON object"},
        {"{}", "two/function.json: At least one binding must be declared."},
        {"{\"bindings\": []}", "At least one binding must be declared."},
        {"{\"bindings\": {}}", "At least one binding must be declared."},
        {"{\"bindings\": [1]}", "binding 1 is not an object"},
        {"{\"bindings\": [{\"name\": \"x\"}]}", "binding 1 has no type"},
        {"{\"bindings\": [{\"type\": \"httpTrigger\", \"name\": \"1x\"}]}", "needs a name"},
        {"{\"bindings\": [{\"type\": \"httpTrigger\"}]}", "needs a name"},
        {"{\"bindings\": [{\"type\": \"http\", \"name\": \"$return\"}]}", "no trigger"},
        {"{\"bindings\": [" HTTP_TRIGGER "}," HTTP_TRIGGER "}]}", "only one trigger"},
        {"{\"bindings\": [" HTTP_TRIGGER ",\"methods\":\"get\"}]}", "methods must be an array"},
        {"{\"bindings\": [" HTTP_TRIGGER ",\"methods\":[1]}]}", "methods must be an array"},
        {"{\"bindings\": [" HTTP_TRIGGER ",\"route\":1}]}", "route must be a string"},
        {"{\"bindings\": [" HTTP_TRIGGER ",\"authLevel\":\"none\"}]}", "authLevel must be"},
        {"{\"scriptFile\":\"gone.py\",\"bindings\":[" HTTP_TRIGGER "}]}",
         "the scriptFile 'gone.py' does not exist"},
        {"{\"scriptFile\":1,\"bindings\":[" HTTP_TRIGGER "}]}", "scriptFile must be a string"},
        {"{\"entryPoint\":1,\"bindings\":[" HTTP_TRIGGER "}]}", "entryPoint must be a string"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        fixture_write("two/function.json", faults[i].text);
        assert_fault("two", faults[i].words);
        /* The same fault is the other functions' business no more than a load error. */
        assert_int_equal(read_app("One"), 0);
        assert_int_equal(app.function_count, 2);
        assert_holds(app.functions[1].problem, faults[i].words);
        assert_null(app.functions[0].problem);
    }
}

static void test_description_values(void **state)
{
    (void)state;
    fixture_write(
        "two/function.json",
        "\xEF\xBB\xBF{ // a comment with \" in it\n"
        "\"scriptFile\": \"../lib/helper.py\", /* another\n one */ \"entryPoint\": \"go\","
        "\"bindings\": [" HTTP_TRIGGER ", \"authLevel\": \"Anonymous\","
        "\"methods\": [\"get\", \"Post\"], \"route\": \"a//{id}\"}]}");
    assert_int_equal(read_app("two"), 0);
    const struct app_function *function = &app.functions[1];
    assert_string_equal(function->entry_point, "go");
    assert_string_equal(function->route, "a//{id}");
    assert_int_equal(function->auth_level, AUTH_ANONYMOUS);
    assert_holds(function->script, "/lib/helper.py");
    char *methods = function_methods_text(function);
    assert_string_equal(methods, "GET,POST");
    free(methods);
}

static void test_script_by_default(void **state)
{
    (void)state;
    fixture_write("two/function.json", "{\"bindings\":[" HTTP_TRIGGER "}]}");
    assert_int_equal(rename(fixture_path("two/__init__.py"), fixture_path("two/only.py")), 0);
    assert_int_equal(read_app("two"), 0);
    assert_string_equal(app.functions[1].script, fixture_path("two/only.py"));
    fixture_write("two/more.py", "");
    assert_fault("two", "'__init__.py' does not exist");
}

static void test_other_triggers(void **state)
{
    (void)state;
    fixture_write("two/function.json",
                  "{\"bindings\":[{\"type\":\"timerTrigger\",\"name\":\"t\"}]}");
    assert_int_equal(read_app("two"), 0);
    assert_string_equal(app.functions[1].trigger, "timerTrigger");
    assert_null(app.functions[1].route);
}

static void test_bad_folder_name(void **state)
{
    (void)state;
    fixture_write("1bad/function.json", DESCRIPTION);
    fixture_write("1bad/__init__.py", "");
    assert_fault("1bad", "is no name for a function");
    assert_int_equal(read_app("One"), 0);
}

static void test_disabled(void **state)
{
    (void)state;
    fixture_write("two/function.json", "{\"disabled\":true,\"bindings\":[" HTTP_TRIGGER "}]}");
    assert_fault("two", "it is disabled");
    assert_int_equal(read_app(""), 0);
    assert_int_equal(app.function_count, 1);
    fixture_write("local.settings.json", "{\"IsEncrypted\": false, \"Values\": "
                                         "{\"AzureWebJobs.One.Disabled\": \"true\"}}");
    assert_fault("", "no functions are left");
}

static void test_chosen_functions(void **state)
{
    const char *names[] = {"TWO"};
    const char *unknown[] = {"three"};
    (void)state;
    options.functions = names;
    options.function_count = 1;
    assert_int_equal(read_app(""), 0);
    assert_int_equal(app.function_count, 1);
    assert_string_equal(app.functions[0].name, "two");
    assert_int_equal(read_app("two"), 0);
    assert_int_equal(app.selected, 0);
    assert_fault("One", "--functions does not name it");
    options.functions = unknown;
    assert_fault("", "has no 'three'");
    options.function_count = 0;
    fixture_write("host.json", "{\"version\": \"2.0\", \"functions\": [\"One\"]}");
    assert_int_equal(read_app(""), 0);
    assert_int_equal(app.function_count, 1);
    assert_fault("two", "host.json do not name it");
}

static void test_broken_host_json(void **state)
{
    (void)state;
    fixture_write("host.json", "{\n\"version\" 1}");
    assert_fault("One", "host.json:2:");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_root_and_functions, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_what_path_names, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_no_app, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_no_function, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_v2, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_v2_faults, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_v2_chosen_functions, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_description_faults, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_description_values, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_script_by_default, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_other_triggers, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_bad_folder_name, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_disabled, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_chosen_functions, open_app, close_app),
        cmocka_unit_test_setup_teardown(test_broken_host_json, open_app, close_app),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
