#include "config.h"

#include "base/clock.h"
#include "host/settings.h"
#include "tests/unit/host_fixture.h"

static struct settings settings;
static struct error error;

static int close_settings(void **state)
{
    settings_fini(&settings);
    return fixture_close(state);
}

static int read_settings(void)
{
    settings_fini(&settings);
    return settings_read(&settings, fixture_root, &error);
}

static const char *notices(void)
{
    static char text[2048];
    text[0] = '\0';
    for (size_t i = 0; i < settings.notice_count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", settings.notices[i]);
    return text;
}

static void test_no_files(void **state)
{
    (void)state;
    assert_int_equal(read_settings(), 0);
    assert_string_equal(settings.route_prefix, "api");
    assert_int_equal(settings.timeout_ns, 30 * 60 * NS_PER_SECOND);
    assert_int_equal(settings.value_count, 0);
    assert_null(settings.allowed);
}

static void test_values(void **state)
{
    (void)state;
    setenv("PYMEMTOP_TEST_SET", "mine", 1);
    fixture_write("local.settings.json",
                  "{ // comment\n\"IsEncrypted\": false, \"Values\": {\"A\": \"1\", \"B\": true,"
                  " \"C\": 7, \"N\": null, \"A=B\": \"x\", \"PYMEMTOP_TEST_SET\": \"theirs\"},"
                  " \"Host\": {\"LocalHttpPort\": 7072}}");
    assert_int_equal(read_settings(), 0);
    assert_int_equal(settings.value_count, 3);
    assert_string_equal(settings_value(&settings, "A"), "1");
    assert_string_equal(settings_value(&settings, "B"), "true");
    assert_string_equal(settings_value(&settings, "C"), "7");
    assert_null(settings_value(&settings, "N"));
    assert_string_equal(settings_value(&settings, "PYMEMTOP_TEST_SET"), "mine");
    assert_holds(notices(), "Skipping 'PYMEMTOP_TEST_SET' from local settings");
    assert_holds(notices(), "'A=B' is no name");
    assert_int_equal(settings.http_port, 7072);
}

static void test_values_that_cannot_be_used(void **state)
{
    (void)state;
    fixture_write("local.settings.json", "{\"Values\": {\"A\": \"1\"}}");
    assert_int_equal(read_settings(), 0);
    assert_int_equal(settings.value_count, 0);
    assert_holds(notices(), "is encrypted");

    fixture_write("local.settings.json",
                  "{\"IsEncrypted\": false, \"Values\": {\"A\": \"1\", \"B\": {\"C\": \"2\"}}}");
    assert_int_equal(read_settings(), 0);
    assert_int_equal(settings.value_count, 0);
    assert_holds(notices(), "'B' is not");

    fixture_write("local.settings.json", "{\n nonsense");
    assert_int_equal(read_settings(), 0);
    assert_holds(notices(), "local.settings.json:2:");
}

static void test_prefix(void **state)
{
    (void)state;
    fixture_write("host.json", "{\"extensions\": {\"http\": {\"routePrefix\": \"/v1/x/\"}}}");
    assert_int_equal(read_settings(), 0);
    assert_string_equal(settings.route_prefix, "v1/x");
    fixture_write("host.json", "{\"extensions\": {\"http\": {\"routePrefix\": \"\"}}}");
    assert_int_equal(read_settings(), 0);
    assert_string_equal(settings.route_prefix, "");
    fixture_write("host.json", "{\"extensions\": {\"http\": {\"routePrefix\": 1}}}");
    assert_int_equal(read_settings(), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
}

static void assert_timeout(const char *text, uint64_t expected_s)
{
    char host[128];
    snprintf(host, sizeof host, "{\"functionTimeout\": %s}", text);
    fixture_write("host.json", host);
    if (expected_s == 0) {
        assert_int_equal(read_settings(), -1);
        assert_holds(error.text, "functionTimeout");
        return;
    }
    assert_int_equal(read_settings(), 0);
    assert_int_equal(settings.timeout_ns,
                     expected_s == UINT64_MAX ? UINT64_MAX : expected_s * NS_PER_SECOND);
}

static void test_timeout(void **state)
{
    (void)state;
    assert_timeout("\"00:05:00\"", 300);
    assert_timeout("\"1.00:00:01\"", 86401);
    assert_timeout("\"-1\"", UINT64_MAX);
    assert_timeout("-1", UINT64_MAX);
    assert_timeout("\"5 minutes\"", 0);
    assert_timeout("\"00:61:00\"", 0);
    assert_timeout("\"00:00:00\"", 0);
    assert_timeout("\"00:00:10x\"", 0);
    assert_timeout("\"1.xx\"", 0);
    assert_timeout("\"1.24:00:00\"", 0);
    assert_timeout("300", 0);
}

static const char *find_variable(char *const *environment, const char *name)
{
    size_t len = strlen(name);
    for (; *environment; environment++)
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return *environment + len + 1;
    return "(none)";
}

static void test_environment(void **state)
{
    (void)state;
    setenv("AzureWebJobsScriptRoot", "/elsewhere", 1);
    unsetenv("FUNCTIONS_WORKER_RUNTIME");
    setenv("AZURE_FUNCTIONS_ENVIRONMENT", "Staging", 1);
    setenv("PYMEMTOP_TEST_SET", "mine", 1);
    fixture_write("local.settings.json", "{\"IsEncrypted\": false, \"Values\": {\"A\": \"1\"}}");
    assert_int_equal(read_settings(), 0);
    char **environment = settings_environment(&settings, fixture_root);
    assert_string_equal(find_variable(environment, "AzureWebJobsScriptRoot"), fixture_root);
    assert_string_equal(find_variable(environment, "FUNCTIONS_WORKER_RUNTIME"), "python");
    assert_string_equal(find_variable(environment, "AZURE_FUNCTIONS_ENVIRONMENT"), "Staging");
    assert_string_equal(find_variable(environment, "PYMEMTOP_TEST_SET"), "mine");
    assert_string_equal(find_variable(environment, "A"), "1");
    settings_environment_free(environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_files, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_values, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_values_that_cannot_be_used, fixture_open,
                                        close_settings),
        cmocka_unit_test_setup_teardown(test_prefix, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_timeout, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_environment, fixture_open, close_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
