/* host.json with variables over it, and what else JSON files of the app may look like. */
#include "config.h"

#include "host/configuration.h"
#include "host/json_file.h"
#include "tests/unit/host_fixture.h"

static struct configuration configuration;

static int close_configuration(void **state)
{
    configuration_fini(&configuration);
    return fixture_close(state);
}

static void use_file(const char *text)
{
    struct error error;
    fixture_write("host.json", text);
    json_t *json = json_file_read(fixture_path("host.json"), "host.json", &error);
    if (!json)
        fail_msg("%s", error.text);
    configuration_fini(&configuration);
    configuration_init(&configuration, json);
    json_decref(json);
}

static void assert_text(const char *key, const char *expected)
{
    char *text = configuration_text(&configuration, key);
    if (expected)
        assert_string_equal(text, expected);
    else
        assert_null(text);
    free(text);
}

static void test_file(void **state)
{
    (void)state;
    use_file("{\"A\": {\"b\": [\"x\", {\"c\": 1.50}], \"E\": \"\"}, \"t\": true, \"n\": null,"
             " \"i\": -7, \"r\": 1e300}");
    assert_text("a:B:0", "x");
    assert_text("A:b:1:C", "1.5");
    assert_text("A:e", "");
    assert_text("T", "True");
    assert_text("i", "-7");
    assert_text("r", "1E+300");
    assert_text("n", NULL);
    assert_text("A", NULL);
    assert_text("A:b:2", NULL);
    assert_text("t:x", NULL);
    assert_null(configuration_value(&configuration, "A:e"));
    configuration_fini(&configuration);
    configuration_init(&configuration, NULL);
    assert_text("A", NULL);
}

static void test_variables(void **state)
{
    (void)state;
    use_file("{\"a\": {\"b\": \"file\"}}");
    configuration_override(&configuration, "AzureFunctionsJobHost__a__b", "one");
    assert_text("a:b", "one");
    configuration_override(&configuration, "azurefunctionsjobhost:A:B", "two");
    assert_text("a:b", "two");
    configuration_override(&configuration, "AzureFunctionsJobHostX__a__b", "three");
    configuration_override(&configuration, "a__b", "four");
    assert_text("a:b", "two");
    char *place = configuration_place(&configuration, "a:b");
    assert_string_equal(place, "azurefunctionsjobhost:A:B");
    free(place);
    place = configuration_place(&configuration, "a:c");
    assert_string_equal(place, "host.json: a.c");
    free(place);
}

static char seen[256];

static int note(void *context, const char *name, const char *value)
{
    const int *stop_after = context;
    size_t len = strlen(seen);
    snprintf(seen + len, sizeof seen - len, "%s=%s;", name, value);
    return *stop_after && strcmp(name, "stop") == 0 ? 5 : 0;
}

static void assert_children(const char *key, int stop, int result, const char *expected)
{
    seen[0] = '\0';
    assert_int_equal(configuration_each(&configuration, key, note, &stop), result);
    assert_string_equal(seen, expected);
}

static void test_children(void **state)
{
    (void)state;
    use_file("{\"a\": {\"One.x\": 1, \"two\": \"2\", \"deep\": {\"d\": 1}}, \"l\": [\"p\", \"q\"],"
             " \"s\": {\"stop\": 1, \"never\": 2}}");
    configuration_override(&configuration, "AzureFunctionsJobHost__A__TWO", "II");
    configuration_override(&configuration, "AzureFunctionsJobHost__a__three", "first");
    configuration_override(&configuration, "AzureFunctionsJobHost__a__three", "3");
    configuration_override(&configuration, "AzureFunctionsJobHost__a__four__x", "4");
    configuration_override(&configuration, "AzureFunctionsJobHost__ab", "5");
    assert_children("a", 0, 0, "One.x=1;TWO=II;three=3;");
    assert_children("l", 0, 0, "0=p;1=q;");
    assert_children("none", 0, 0, "");
    assert_children("s", 1, 5, "stop=1;");
}

static void test_names(void **state)
{
    (void)state;
    assert_true(configuration_names_match("A__b:c", "a:B__C"));
    assert_true(configuration_names_match("", ""));
    assert_false(configuration_names_match("A_b", "A:b"));
    assert_false(configuration_names_match("A", "AB"));
    assert_false(configuration_names_match("A__", "A"));
}

static void test_commas_and_comments(void **state)
{
    struct error error;
    (void)state;
    use_file("\xEF\xBB\xBF{ // one\n \"a\": [1, 2, /* three */ ] , \"b\": \"x,}\",\n }\n");
    assert_text("a:1", "2");
    assert_text("b", "x,}");
    fixture_write("host.json", "{\"a\": 1,,}");
    assert_null(json_file_read(fixture_path("host.json"), "host.json", &error));
    assert_holds(error.text, "host.json:1:");
    fixture_write("host.json", "{,}");
    assert_null(json_file_read(fixture_path("host.json"), "host.json", &error));
    fixture_write("host.json", "{\"a\": 1} ,");
    assert_null(json_file_read(fixture_path("host.json"), "host.json", &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_file, fixture_open, close_configuration),
        cmocka_unit_test_setup_teardown(test_variables, fixture_open, close_configuration),
        cmocka_unit_test_setup_teardown(test_children, fixture_open, close_configuration),
        cmocka_unit_test(test_names),
        cmocka_unit_test_setup_teardown(test_commas_and_comments, fixture_open,
                                        close_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
