/* CORS: which origins are let in, and what browsers are told. */
#include "config.h"

#include "host/cors.h"
#include "tests/unit/host_fixture.h"

static struct cors cors;
static struct error error;

static int finish(void **state)
{
    (void)state;
    cors_fini(&cors);
    return 0;
}

static void allow(const char *list, bool credentials)
{
    cors_fini(&cors);
    assert_int_equal(cors_init(&cors, list, credentials, &error), 0);
}

static struct cors_reply ask(const char *method, const char *origin)
{
    const struct cors_request request = {.method = method, .origin = origin};
    return cors_evaluate(&cors, &request);
}

static void test_list(void **state)
{
    (void)state;
    allow(NULL, true);
    assert_int_equal(cors.origin_count, 0);
    allow("", false);
    assert_int_equal(cors.origin_count, 0);
    allow(",http://A.example,,HTTPS://b.example:8443,", false);
    assert_int_equal(cors.origin_count, 2);
    assert_string_equal(cors.origins[0], "http://a.example");
    assert_string_equal(cors.origins[1], "https://b.example:8443");
    cors_fini(&cors);
    assert_int_equal(cors_init(&cors, "*", true, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
    assert_holds(error.text, "'*' does not go with credentials");
}

static void test_odd_origins(void **state)
{
    static const char *const odd[] = {
        "http://a/", "http://a,http://b/c", "a.example", "http://a, http://b", "http://",
        "://a",      "*,http://a"};
    static const char *const named[] = {"http://a/", "http://b/c", "a.example", " http://b",
                                        "http://",   "://a",       "*"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        allow(odd[i], false);
        assert_string_equal(cors_odd_origin(&cors), named[i]);
    }
    allow("http://a,https://b:1,null", false);
    assert_null(cors_odd_origin(&cors));
    allow("*", false);
    assert_null(cors_odd_origin(&cors));
}

static void test_off(void **state)
{
    (void)state;
    const struct cors_request request = {
        .method = "OPTIONS", .origin = "http://a", .asked_method = "GET"};
    struct cors_reply reply = cors_evaluate(&cors, &request);
    assert_false(reply.preflight);
    assert_null(reply.origin);
}

static void test_requests(void **state)
{
    (void)state;
    allow("http://a", false);
    struct cors_reply reply = ask("GET", "http://a");
    assert_string_equal(reply.origin, "http://a");
    assert_false(reply.preflight);
    assert_false(reply.credentials);
    assert_false(reply.vary);
    assert_null(reply.methods);
    assert_null(ask("GET", "http://b").origin);
    assert_null(ask("GET", "http://A").origin);
    assert_null(ask("GET", "http://a:80").origin);
    assert_null(ask("GET", "").origin);
    assert_null(ask("GET", NULL).origin);
    assert_false(ask("OPTIONS", "http://a").preflight);
}

static void test_several_origins(void **state)
{
    (void)state;
    allow("http://a,http://b", true);
    struct cors_reply reply = ask("POST", "http://b");
    assert_string_equal(reply.origin, "http://b");
    assert_true(reply.credentials);
    assert_true(reply.vary);
}

static void test_any_origin(void **state)
{
    (void)state;
    allow("*", false);
    struct cors_reply reply = ask("GET", "http://anywhere");
    assert_string_equal(reply.origin, "*");
    assert_false(reply.vary);
    allow("*,http://a", false);
    assert_null(ask("GET", "http://anywhere").origin);
}

static void test_preflight(void **state)
{
    struct cors_request request = {.method = "OPTIONS",
                                   .origin = "http://a",
                                   .asked_method = "DELETE",
                                   .asked_headers = "X-One, X-Two"};
    (void)state;
    allow("http://a", false);
    struct cors_reply reply = cors_evaluate(&cors, &request);
    assert_true(reply.preflight);
    assert_string_equal(reply.origin, "http://a");
    assert_string_equal(reply.methods, "DELETE");
    assert_string_equal(reply.headers, "X-One, X-Two");

    request.asked_headers = NULL;
    assert_null(cors_evaluate(&cors, &request).headers);

    request.origin = "http://b";
    reply = cors_evaluate(&cors, &request);
    assert_true(reply.preflight);
    assert_null(reply.origin);
    assert_null(reply.methods);

    request.origin = NULL;
    assert_false(cors_evaluate(&cors, &request).preflight);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_list, finish),
        cmocka_unit_test_teardown(test_odd_origins, finish),
        cmocka_unit_test_teardown(test_off, finish),
        cmocka_unit_test_teardown(test_requests, finish),
        cmocka_unit_test_teardown(test_several_origins, finish),
        cmocka_unit_test_teardown(test_any_origin, finish),
        cmocka_unit_test_teardown(test_preflight, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
