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
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s\n", settings.notices[i].text);
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

static void write_local(const char *rest)
{
    char text[1024];
    snprintf(text, sizeof text, "{\"IsEncrypted\": false, %s}", rest);
    fixture_write("local.settings.json", text);
    assert_int_equal(read_settings(), 0);
}

static void test_values(void **state)
{
    (void)state;
    setenv("PYMEMTOP_TEST_SET", "mine", 1);
    setenv("PYMEMTOP_TEST_EMPTY", "", 1);
    write_local("// comment\n\"Values\": {\"A\": \"1\", \"B\": true, \"C\": 7, \"D\": 2.50,"
                " \"E\": \"\", \"N\": null, \"A=B\": \"x\", \"\": \"x\","
                " \"PYMEMTOP_TEST_SET\": \"theirs\", \"PYMEMTOP_TEST_EMPTY\": \"theirs\", }");
    assert_int_equal(settings.value_count, 6);
    assert_string_equal(settings_value(&settings, "A"), "1");
    assert_string_equal(settings_value(&settings, "B"), "True");
    assert_string_equal(settings_value(&settings, "C"), "7");
    assert_string_equal(settings_value(&settings, "D"), "2.5");
    assert_string_equal(settings_value(&settings, "E"), "");
    assert_null(settings_value(&settings, "N"));
    assert_string_equal(settings_value(&settings, "PYMEMTOP_TEST_SET"), "mine");
    assert_string_equal(settings_value(&settings, "PYMEMTOP_TEST_EMPTY"), "theirs");
    assert_string_equal(notices(),
                        "Skipping 'N' because value is null\n"
                        "local.settings.json: 'A=B' is no name for an environment variable\n"
                        "Skipping local setting with empty key.\n"
                        "Skipping 'PYMEMTOP_TEST_SET' from local settings as it's already defined "
                        "in current environment variables.\n");
    unsetenv("PYMEMTOP_TEST_EMPTY");
}

static void test_values_that_cannot_be_used(void **state)
{
    (void)state;
    fixture_write("local.settings.json", "{\"Values\": {\"A\": \"1\"}}");
    assert_int_equal(read_settings(), 0);
    assert_int_equal(settings.value_count, 0);
    assert_holds(notices(), "is encrypted");

    write_local("\"Values\": {\"A\": \"1\", \"B\": {\"C\": \"2\"}}, \"Host\": {\"CORS\": \"*\"}");
    assert_int_equal(settings.value_count, 0);
    assert_null(settings.cors);
    assert_holds(notices(), "'B' is not");

    write_local("\"Values\": [\"A\"]");
    assert_holds(notices(), "its Values must be an object");

    fixture_write("local.settings.json", "{\n nonsense");
    assert_int_equal(read_settings(), 0);
    assert_holds(notices(), "local.settings.json:2:");
}

static void test_connection_strings(void **state)
{
    (void)state;
    write_local("\"ConnectionStrings\": {\"One\": \"Server=1\", \"Two\":"
                " {\"ConnectionString\": \"Server=2\", \"ProviderName\": \"P\"}, \"Three\": {}}");
    assert_int_equal(settings.value_count, 2);
    assert_string_equal(settings_value(&settings, "ConnectionStrings:One"), "Server=1");
    assert_string_equal(settings_value(&settings, "ConnectionStrings:Two"), "Server=2");
    assert_string_equal(notices(), "Skipping 'ConnectionStrings:Three' because value is null\n");
}

static void test_host(void **state)
{
    (void)state;
    write_local("\"Host\": {\"LocalHttpPort\": 7072, \"LocalHttpAddress\": \"0.0.0.0\","
                " \"CORS\": \"http://a,http://b\", \"CORSCredentials\": true}");
    assert_int_equal(settings.http_port, 7072);
    assert_string_equal(settings.http_address, "0.0.0.0");
    assert_string_equal(settings.cors, "http://a,http://b");
    assert_true(settings.cors_credentials);
    assert_string_equal(notices(), "");

    write_local("\"Host\": {\"localhttpport\": \"7073\", \"CORS\": \"\","
                " \"CORSCredentials\": \"False\"}");
    assert_int_equal(settings.http_port, 7073);
    assert_null(settings.http_address);
    assert_null(settings.cors);
    assert_false(settings.cors_credentials);

    write_local("\"Host\": {\"LocalHttpPort\": 65536}");
    assert_int_equal(settings.http_port, 0);
    assert_holds(notices(), "'65536' is not used");
}

static void test_runtime(void **state)
{
    (void)state;
    unsetenv("FUNCTIONS_WORKER_RUNTIME");
    write_local("\"Values\": {\"FUNCTIONS_WORKER_RUNTIME\": \"node\"}");
    assert_holds(notices(), "FUNCTIONS_WORKER_RUNTIME is 'node'");
    write_local("\"Values\": {\"FUNCTIONS_WORKER_RUNTIME\": \"Python\"}");
    assert_string_equal(notices(), "");
}

static void read_host_json(const char *rest)
{
    char text[512];
    snprintf(text, sizeof text, "{\"version\": \"2.0\", %s}", rest);
    fixture_write("host.json", text);
    assert_int_equal(read_settings(), 0);
}

static void assert_refused(const char *rest, const char *words)
{
    char text[512];
    snprintf(text, sizeof text, "{\"version\": \"2.0\", %s}", rest);
    fixture_write("host.json", text);
    assert_int_equal(read_settings(), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_string_equal(error.text, words);
}

static void test_version(void **state)
{
    (void)state;
    fixture_write("host.json", "{}");
    assert_int_equal(read_settings(), 0);
    fixture_write("host.json", "\xEF\xBB\xBF/* ours */ {\"version\": \"2.0\",}");
    assert_int_equal(read_settings(), 0);
    fixture_write("host.json", "{\"functions\": []}");
    assert_int_equal(read_settings(), -1);
    assert_holds(error.text, "host.json has no \"version\"");
    fixture_write("host.json", "{\"version\": \"4.0\"}");
    assert_int_equal(read_settings(), -1);
    assert_holds(error.text, "'4.0' is no version");
    fixture_write("host.json", "{\"version\": 2.0}");
    assert_int_equal(read_settings(), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
}

static void test_prefix(void **state)
{
    (void)state;
    read_host_json("\"extensions\": {\"http\": {\"routePrefix\": \"/v1/x/\"}}");
    assert_string_equal(settings.route_prefix, "v1/x");
    read_host_json("\"Extensions\": {\"HTTP\": {\"RoutePrefix\": \"\"}}");
    assert_string_equal(settings.route_prefix, "");
    read_host_json("\"extensions\": {\"http\": {\"routePrefix\": 1}}");
    assert_string_equal(settings.route_prefix, "1");
}

static void assert_timeout(const char *text, uint64_t expected_s)
{
    char rest[128];
    snprintf(rest, sizeof rest, "\"functionTimeout\": %s", text);
    if (expected_s == 0) {
        assert_refused(rest, "host.json: functionTimeout must be \"hh:mm:ss\", a second at least, "
                             "or \"-1\" for no limit");
        return;
    }
    read_host_json(rest);
    assert_int_equal(settings.timeout_ns,
                     expected_s == UINT64_MAX ? UINT64_MAX : expected_s * NS_PER_SECOND);
}

static void test_timeout(void **state)
{
    (void)state;
    assert_timeout("\"00:05:00\"", 300);
    assert_timeout("\"1.00:00:01\"", 86401);
    assert_string_equal(notices(), "");
    assert_timeout("null", 1800);
    assert_timeout("\"-1\"", UINT64_MAX);
    assert_timeout("-1", UINT64_MAX);
    assert_timeout("\"-1.00:00:00\"", UINT64_MAX);
    assert_string_equal(notices(), "");
    assert_timeout("300", 300ULL * 86400);
    assert_string_equal(notices(),
                        "functionTimeout 300 counts days, as on Azure; for minutes write "
                        "\"00:05:00\"\n");
    assert_timeout("\"5 minutes\"", 0);
    assert_timeout("\"00:61:00\"", 0);
    assert_timeout("\"00:00:00\"", 0);
    assert_timeout("\"00:00:00.999\"", 0);
    assert_timeout("\"-00:05:00\"", 0);
    assert_timeout("true", 0);
}

static void test_limits(void **state)
{
    (void)state;
    read_host_json("\"extensions\": {\"http\": {}}");
    assert_true(settings.outstanding_max == SIZE_MAX);
    assert_true(settings.concurrent_max == SIZE_MAX);
    read_host_json("\"extensions\": {\"http\": {\"maxOutstandingRequests\": 20,"
                   " \"maxConcurrentRequests\": \"10\"}}");
    assert_int_equal(settings.outstanding_max, 20);
    assert_int_equal(settings.concurrent_max, 10);
    read_host_json("\"extensions\": {\"http\": {\"maxOutstandingRequests\": -1}}");
    assert_true(settings.outstanding_max == SIZE_MAX);
    assert_refused("\"extensions\": {\"http\": {\"maxOutstandingRequests\": 0}}",
                   "host.json: extensions.http.maxOutstandingRequests must be a number from 1, or "
                   "-1 for no limit");
    assert_refused("\"extensions\": {\"http\": {\"maxConcurrentRequests\": \"many\"}}",
                   "host.json: extensions.http.maxConcurrentRequests must be a number from 1, or "
                   "-1 for no limit");
}

static void test_allowed(void **state)
{
    (void)state;
    read_host_json("\"functions\": [\"One\", \"Two\"]");
    assert_int_equal(settings.allowed_count, 2);
    assert_string_equal(settings.allowed[1], "Two");
    read_host_json("\"functions\": []");
    assert_null(settings.allowed);
    assert_refused("\"functions\": \"One\"", "host.json: functions must be an array of names");
}

static void test_headers(void **state)
{
    (void)state;
    read_host_json("\"extensions\": {\"http\": {\"customHeaders\": {\"X-A\": \"1\", \"X-B\": 2}}}");
    assert_int_equal(settings.header_count, 2);
    assert_string_equal(settings.headers[1].name, "X-B");
    assert_string_equal(settings.headers[1].value, "2");
}

static void test_levels(void **state)
{
    (void)state;
    read_host_json("\"logging\": {\"logLevel\": {\"default\": \"Error\", \"Function.A\": \"debug\","
                   " \"Host.Results\": \"None\"}, \"console\": {\"isEnabled\": false}}");
    assert_int_equal(log_levels_minimum(&settings.log_levels, "Function.B", false), LEVEL_ERROR);
    assert_int_equal(log_levels_minimum(&settings.log_levels, "Function.A", false), LEVEL_DEBUG);
    assert_int_equal(log_levels_minimum(&settings.log_levels, "Host.Results", false),
                     LOG_LEVEL_NONE);
    assert_refused("\"logging\": {\"logLevel\": {\"Host\": \"Verbose\"}}",
                   "host.json: logging.logLevel.Host must be Trace, Debug, Information, Warning, "
                   "Error, Critical or None");
}

static void test_overrides(void **state)
{
    (void)state;
    setenv("AzureFunctionsJobHost__extensions__http__routePrefix", "env", 1);
    setenv("AzureFunctionsJobHost__functionTimeout", "00:00:07", 1);
    setenv("AzureFunctionsJobHost__functions__0", "Three", 1);
    write_local("\"Values\": {\"AzureFunctionsJobHost__logging__logLevel__default\": \"Error\"}");
    read_host_json("\"extensions\": {\"http\": {\"routePrefix\": \"file\"}},"
                   " \"functions\": [\"One\", \"Two\"]");
    assert_string_equal(settings.route_prefix, "env");
    assert_int_equal(settings.timeout_ns, 7 * NS_PER_SECOND);
    assert_int_equal(settings.allowed_count, 2);
    assert_string_equal(settings.allowed[0], "Two");
    assert_string_equal(settings.allowed[1], "Three");
    assert_int_equal(log_levels_minimum(&settings.log_levels, "Function.A", false), LEVEL_ERROR);

    setenv("AzureFunctionsJobHost__functionTimeout", "soon", 1);
    assert_refused("\"functionTimeout\": \"00:05:00\"",
                   "AzureFunctionsJobHost__functionTimeout must be \"hh:mm:ss\", a second at "
                   "least, or \"-1\" for no limit");
    unsetenv("AzureFunctionsJobHost__extensions__http__routePrefix");
    unsetenv("AzureFunctionsJobHost__functionTimeout");
    unsetenv("AzureFunctionsJobHost__functions__0");
}

static void assert_plan(const char *name, const char *rest, uint64_t expected_s)
{
    const struct plan plan = limit_plan(name);
    read_host_json(rest);
    int result = settings_apply_plan(&settings, &plan, &error);
    assert_int_equal(result, expected_s ? 0 : -1);
    if (expected_s)
        assert_int_equal(settings.timeout_ns, expected_s * NS_PER_SECOND);
    else
        assert_string_equal(error.text, "functionTimeout must be 10 minutes or less on the plan "
                                        "consumption, as on Azure; shorten it, or choose another "
                                        "--plan");
}

static void test_plans(void **state)
{
    (void)state;
    assert_plan("consumption", "\"x\": 1", 300);
    assert_plan("consumption", "\"functionTimeout\": \"00:10:00\"", 600);
    assert_plan("consumption", "\"functionTimeout\": \"00:00:10\"", 10);
    assert_plan("consumption", "\"functionTimeout\": \"00:10:01\"", 0);
    assert_plan("consumption", "\"functionTimeout\": \"-1\"", 0);
    assert_plan("flex-2048", "\"x\": 1", 1800);
    assert_plan("ep1", "\"functionTimeout\": \"01:00:00\"", 3600);
}

static void assert_resolves(const char *text, const char *expected)
{
    char *resolved = settings_resolve(&settings, text, &error);
    assert_non_null(resolved);
    assert_string_equal(resolved, expected);
    free(resolved);
}

static void assert_does_not_resolve(const char *text, const char *words)
{
    assert_null(settings_resolve(&settings, text, &error));
    assert_string_equal(error.text, words);
}

static void test_resolving(void **state)
{
    (void)state;
    setenv("PYMEMTOP_TEST_SET", "mine", 1);
    write_local("\"Values\": {\"Every\": \"0 * * * * *\", \"Empty\": \"\", \"A__B\": \"%Every%\"}");
    assert_resolves("", "");
    assert_resolves("plain", "plain");
    assert_resolves("%Every%", "0 * * * * *");
    assert_resolves("a-%pymemtop_test_SET%-%Empty%-b", "a-mine--b");
    assert_resolves("%a:b%", "%Every%");
    assert_does_not_resolve("x %None%", "'%None%' does not resolve to a value.");
    assert_does_not_resolve("%%", "'%%' does not resolve to a value.");
    assert_does_not_resolve("50% off", "The '%' at position 2 does not have a closing '%'");
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
    setenv("PYMEMTOP_TEST_EMPTY", "", 1);
    unsetenv("PYTHON_ENABLE_DEBUG_LOGGING");
    write_local("\"Values\": {\"A\": \"1\", \"PYMEMTOP_TEST_EMPTY\": \"filled\"}");
    char **environment = settings_environment(&settings, fixture_root);
    assert_string_equal(find_variable(environment, "AzureWebJobsScriptRoot"), fixture_root);
    assert_string_equal(find_variable(environment, "FUNCTIONS_WORKER_RUNTIME"), "python");
    assert_string_equal(find_variable(environment, "AZURE_FUNCTIONS_ENVIRONMENT"), "Staging");
    assert_string_equal(find_variable(environment, "PYMEMTOP_TEST_SET"), "mine");
    assert_string_equal(find_variable(environment, "A"), "1");
    assert_string_equal(find_variable(environment, "PYMEMTOP_TEST_EMPTY"), "filled");
    assert_string_equal(find_variable(environment, "PYTHON_ENABLE_DEBUG_LOGGING"), "(none)");
    settings_environment_free(environment);
    unsetenv("PYMEMTOP_TEST_EMPTY");

    unsetenv("AZURE_FUNCTIONS_ENVIRONMENT");
    write_local("\"Values\": {\"AZURE_FUNCTIONS_ENVIRONMENT\": \"Production\"}");
    assert_string_equal(notices(), "AZURE_FUNCTIONS_ENVIRONMENT already exists with value "
                                   "'Production', overriding to 'Development'.\n");
    read_host_json("\"logging\": {\"logLevel\": {\"Function\": \"Trace\"}}");
    environment = settings_environment(&settings, fixture_root);
    assert_string_equal(find_variable(environment, "AZURE_FUNCTIONS_ENVIRONMENT"), "Development");
    assert_string_equal(find_variable(environment, "PYTHON_ENABLE_DEBUG_LOGGING"), "1");
    settings_environment_free(environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_files, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_values, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_values_that_cannot_be_used, fixture_open,
                                        close_settings),
        cmocka_unit_test_setup_teardown(test_connection_strings, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_host, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_runtime, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_version, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_prefix, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_timeout, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_limits, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_allowed, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_headers, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_levels, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_overrides, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_plans, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_resolving, fixture_open, close_settings),
        cmocka_unit_test_setup_teardown(test_environment, fixture_open, close_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
