#include "config.h"

#include "host/options.h"
#include "tests/unit/host_fixture.h"

static struct options options;
static struct error error;

/* Parse "pymemtop" and the words, which are NULL-terminated. */
static int parse(const char *first, ...)
{
    static char words[16][64];
    char *argv[18] = {words[0]};
    int argc = 1;
    va_list args;
    va_start(args, first);
    snprintf(words[0], sizeof words[0], "pymemtop");
    for (const char *word = first; word; word = va_arg(args, const char *)) {
        snprintf(words[argc], sizeof words[argc], "%s", word);
        argv[argc] = words[argc];
        argc++;
    }
    va_end(args);
    return options_parse(&options, argc, argv, &error);
}

static int finish(void **state)
{
    (void)state;
    options_fini(&options);
    return 0;
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), 0);
    assert_int_equal(options.command, COMMAND_LIVE);
    assert_string_equal(options.path, ".");
    assert_string_equal(options.address, "127.0.0.1");
    assert_int_equal(options.port, 7071);
    assert_false(options.port_given);
    assert_int_equal(options.requests, 1);
    assert_int_equal(options.concurrency, 1);
    assert_int_equal(options.precision, 1);
    assert_int_equal(options.record_limit_bytes, 1 << 30);
    assert_int_equal(options.format, FORMAT_TEXT);
    assert_null(options.method);
    assert_null(options.target);
    assert_false(options.address_given);
    assert_int_equal(options.timeout_s, 30);
    assert_null(options.cors);
    assert_false(options.cors_credentials);
    assert_false(options.enable_auth);
    assert_true(options.heap);
}

static void test_heap(void **state)
{
    (void)state;
    assert_int_equal(parse("--heap", "off", "app", NULL), 0);
    assert_false(options.heap);
    options_fini(&options);

    assert_int_equal(parse("--heap=off", "--heap", "on", NULL), 0);
    assert_true(options.heap);
    options_fini(&options);

    assert_int_equal(parse("--heap", "no", NULL), -1);
    assert_string_equal(error.text, "--heap takes on or off, not 'no'");
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
}

/* A leak takes many to tell; what is said before --batch is so, too, and start sends none. */
static void test_requests_for_leaks(void **state)
{
    (void)state;
    assert_int_equal(parse("--fail-on", "rss>1G, leak", "--batch", NULL), 0);
    assert_int_equal(options.requests, OPTIONS_REQUESTS_FOR_LEAKS);
    options_fini(&options);

    assert_int_equal(parse("--batch", "--fail-on", "leak", "-n", "10", NULL), 0);
    assert_int_equal(options.requests, 10);
    options_fini(&options);

    assert_int_equal(parse("--batch", "-n", "9", "--fail-on", "leak", NULL), -1);
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
    assert_string_equal(error.text, "--fail-on leak needs 10 requests or more to tell leaks, and "
                                    "-n sends 9; without -n it sends 12");
    options_fini(&options);

    assert_int_equal(parse("--batch", "-n", "3", "--fail-on", "rss>1G", NULL), 0);
    options_fini(&options);
    assert_int_equal(parse("start", "--fail-on", "leak", NULL), 0);
}

static void test_commands(void **state)
{
    (void)state;
    assert_int_equal(parse("start", "-p", "80", "app", NULL), 0);
    assert_int_equal(options.command, COMMAND_START);
    assert_string_equal(options.path, "app");
    assert_int_equal(options.port, 80);
    options_fini(&options);

    assert_int_equal(parse("host", "start", "app", NULL), 0);
    assert_int_equal(options.command, COMMAND_START);
    assert_string_equal(options.path, "app");
    options_fini(&options);

    assert_int_equal(parse("host", NULL), 0);
    assert_int_equal(options.command, COMMAND_LIVE);
    assert_string_equal(options.path, "host");
    options_fini(&options);

    assert_int_equal(parse("--batch", "-n", "3", "app", NULL), 0);
    assert_int_equal(options.command, COMMAND_BATCH);
    assert_int_equal(options.port, 0);
    assert_int_equal(options.requests, 3);
    options_fini(&options);

    assert_int_equal(parse("app", "--batch", "--port=7000", NULL), 0);
    assert_int_equal(options.port, 7000);
    options_fini(&options);

    assert_int_equal(parse("./start", NULL), 0);
    assert_int_equal(options.command, COMMAND_LIVE);
    options_fini(&options);

    assert_int_equal(parse("--help", NULL), 0);
    assert_int_equal(options.command, COMMAND_HELP);
    options_fini(&options);

    assert_int_equal(parse("-V", NULL), 0);
    assert_int_equal(options.command, COMMAND_VERSION);
}

static void test_functions_take_the_names_that_follow(void **state)
{
    (void)state;
    assert_int_equal(parse("--functions", "One", "Two", "--ascii", "app", NULL), 0);
    assert_int_equal(options.function_count, 2);
    assert_string_equal(options.functions[1], "Two");
    assert_string_equal(options.path, "app");
    assert_true(options.ascii);
    options_fini(&options);

    assert_int_equal(parse("--functions", "One", "./app", NULL), 0);
    assert_int_equal(options.function_count, 1);
    assert_string_equal(options.path, "./app");
    options_fini(&options);

    assert_int_equal(parse("--functions", "One", "--", "app", NULL), 0);
    assert_int_equal(options.function_count, 1);
    assert_string_equal(options.path, "app");
    options_fini(&options);

    assert_int_equal(parse("app", "--functions", "One", "Two", NULL), 0);
    assert_int_equal(options.function_count, 2);
    assert_string_equal(options.path, "app");
}

static void test_request(void **state)
{
    (void)state;
    assert_int_equal(parse("--request", "post /api/X?a=b", NULL), 0);
    assert_string_equal(options.method, "POST");
    assert_string_equal(options.target, "/api/X?a=b");
    options_fini(&options);

    assert_int_equal(parse("--request", "/api/X", NULL), 0);
    assert_null(options.method);
    assert_string_equal(options.target, "/api/X");
    options_fini(&options);

    assert_int_equal(parse("--request", "DELETE", "--request", "PUT", NULL), 0);
    assert_string_equal(options.method, "PUT");
    assert_null(options.target);
}

static void test_lists(void **state)
{
    (void)state;
    assert_int_equal(parse("--header", "A: 1", "--header", "B:", "--include", "x*", "--exclude",
                           "y", "--exclude", "z", NULL),
                     0);
    assert_int_equal(options.header_count, 2);
    assert_string_equal(options.headers[1], "B:");
    assert_int_equal(options.include_count, 1);
    assert_int_equal(options.exclude_count, 2);
}

static void test_host(void **state)
{
    (void)state;
    assert_int_equal(parse("start", "--cors", "http://a,http://b", "--cors-credentials",
                           "--enableAuth", "-t", "60", "--address", "0.0.0.0", NULL),
                     0);
    assert_string_equal(options.cors, "http://a,http://b");
    assert_true(options.cors_credentials);
    assert_true(options.enable_auth);
    assert_int_equal(options.timeout_s, 60);
    assert_true(options.address_given);
    options_fini(&options);

    assert_int_equal(parse("start", "--enable-auth", "--timeout=1", NULL), 0);
    assert_true(options.enable_auth);
    assert_int_equal(options.timeout_s, 1);
}

static void test_script_root(void **state)
{
    (void)state;
    assert_int_equal(parse("start", "--script-root", "dir", NULL), 0);
    assert_string_equal(options.path, "dir/.");
    options_fini(&options);

    assert_int_equal(parse("Fn", "--script-root", "/dir", NULL), 0);
    assert_string_equal(options.path, "/dir/Fn");
    options_fini(&options);

    assert_int_equal(parse("--script-root", "dir", "/app", NULL), 0);
    assert_string_equal(options.path, "/app");
}

static void test_limit(void **state)
{
    (void)state;
    assert_int_equal(parse("app", NULL), 0);
    assert_int_equal(options.limit_bytes, 0);
    options_fini(&options);

    assert_int_equal(parse("--limit", "512M", NULL), 0);
    assert_int_equal(options.limit_bytes, 512 << 20);
    assert_null(options.limit_name);
    options_fini(&options);

    assert_int_equal(parse("--limit=32MiB", "--limit", "1.5G", NULL), 0);
    assert_int_equal(options.limit_bytes, 1536 << 20);
    options_fini(&options);

    assert_int_equal(parse("--plan", "ep1", "--plan", "Consumption", NULL), 0);
    assert_int_equal(options.limit_bytes, 1536 << 20);
    assert_string_equal(options.limit_name, "consumption");
    options_fini(&options);

    assert_int_equal(parse("--plan", "ep1", "--limit", "1G", NULL), -1);
    assert_holds(error.text, "--limit and --plan both set the limit");
    options_fini(&options);
    assert_int_equal(parse("--limit", "1G", "--plan", "ep1", NULL), -1);
    assert_holds(error.text, "--limit and --plan both set the limit");
}

static void assert_refused(const char *first, const char *second, const char *words)
{
    assert_int_equal(parse(first, second, NULL), -1);
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
    assert_holds(error.text, words);
    options_fini(&options);
}

static void test_faults(void **state)
{
    (void)state;
    assert_refused("--bogus", NULL, "unknown option --bogus");
    assert_refused("-x", NULL, "unknown option -x");
    assert_refused("--data", NULL, "--data needs a value");
    assert_refused("-n", "0", "--requests takes a number from 1");
    assert_refused("-n", "-3", "'-3'");
    assert_refused("-n", "99999999999999999999", "--requests takes");
    assert_refused("-p", "65536", "--port takes a number from 0 to 65535");
    assert_refused("-p", "80x", "'80x'");
    assert_refused("--precision", "13", "--precision takes a number from 0 to 12");
    assert_refused("-t", "0", "--timeout takes a number from 1");
    assert_refused("--timeout", "1m", "'1m'");
    assert_refused("--script-root", NULL, "--script-root needs a value");
    assert_refused("--cors", NULL, "--cors needs a value");
    assert_refused("--enableAuth=x", NULL, "unknown option --enableAuth=x");
    assert_refused("--format", "xml", "--format takes text, csv, folded,");
    assert_refused("--header", "no colon", "--header takes");
    assert_refused("--header", "A: b\r\nC: d", "--header takes");
    assert_refused("--header", ": x", "--header takes");
    assert_refused("--request", "GET nowhere", "--request takes");
    assert_refused("--request", "GET /a b", "--request takes");
    assert_refused("--request", "G\033T /", "--request takes");
    assert_refused("--functions", "../x", "no function's name");
    assert_refused("--limit", "lots", "--limit takes a size, as 512M, 1.5G or 200MiB, not 'lots'");
    assert_refused("--limit", "-1", "--limit takes a size");
    assert_refused("--limit", "99999999T", "--limit takes a size");
    assert_refused("--limit", "0", "--limit takes 32 MiB or more, not '0'");
    assert_refused("--limit", "31.9M", "--limit takes 32 MiB or more");
    assert_refused("--limit", NULL, "--limit needs a value");
    assert_refused("--plan", "premium",
                   "--plan takes consumption, flex-512, flex-2048, flex-4096, ep1, ep2 or ep3, "
                   "not 'premium'");
    assert_refused("--record-limit", "much",
                   "--record-limit takes a size, as 512M, 1.5G or 200MiB");
    assert_refused("--record-limit", "1023K", "--record-limit takes 1 MiB or more, not '1023K'");
    assert_refused("a", "b", "one path is enough");
    assert_int_equal(parse("--record", "x.pymemtop", "app", NULL), -1);
    assert_string_equal(error.text,
                        "one path is enough, and 'app' is a second one; a file to record "
                        "in is given as --record=FILE");
    assert_refused("start", "--batch", "--batch does not go with start");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_defaults, finish),
        cmocka_unit_test_teardown(test_heap, finish),
        cmocka_unit_test_teardown(test_requests_for_leaks, finish),
        cmocka_unit_test_teardown(test_commands, finish),
        cmocka_unit_test_teardown(test_functions_take_the_names_that_follow, finish),
        cmocka_unit_test_teardown(test_request, finish),
        cmocka_unit_test_teardown(test_lists, finish),
        cmocka_unit_test_teardown(test_host, finish),
        cmocka_unit_test_teardown(test_script_root, finish),
        cmocka_unit_test_teardown(test_limit, finish),
        cmocka_unit_test(test_faults),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
