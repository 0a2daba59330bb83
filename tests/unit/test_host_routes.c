#include "config.h"

#include "host/routes.h"
#include "tests/unit/host_fixture.h"

static struct routes *routes;
static struct route_match match;
static struct error error;

static int open_routes(void **state)
{
    (void)state;
    routes = routes_new("api");
    return 0;
}

static int close_routes(void **state)
{
    (void)state;
    route_match_fini(&match);
    routes_free(routes);
    return 0;
}

static int add(size_t target, const char *route)
{
    return routes_add(routes, target, route, NULL, 0, NULL, &error);
}

/* The target that a GET of `path` goes to, or -1. */
static long find(const char *path)
{
    route_match_fini(&match);
    return routes_match(routes, "GET", path, &match) ? (long)match.target : -1;
}

static const char *value(const char *name)
{
    for (size_t i = 0; i < match.parameter_count; i++)
        if (strcmp(match.parameters[i].name, name) == 0)
            return match.parameters[i].value;
    return "(none)";
}

static void test_literals(void **state)
{
    (void)state;
    assert_int_equal(add(7, "HttpTriggerAsync"), 0);
    assert_int_equal(find("/api/HttpTriggerAsync"), 7);
    assert_int_equal(find("/API/httptriggerasync/"), 7);
    assert_int_equal(find("//api//HttpTriggerAsync"), 7);
    assert_int_equal(find("/api/%48ttpTriggerAsync"), 7);
    assert_int_equal(find("/api"), -1);
    assert_int_equal(find("/"), -1);
    assert_int_equal(find(""), -1);
    assert_int_equal(find("/HttpTriggerAsync"), -1);
    assert_int_equal(find("/api/HttpTriggerAsync/more"), -1);
    assert_int_equal(find("/api/HttpTriggerAsyn"), -1);
}

static void test_parameters(void **state)
{
    (void)state;
    assert_int_equal(add(1, "products/{category:alpha}/{id:int?}"), 0);
    assert_int_equal(find("/api/products/shoes/12"), 1);
    assert_string_equal(value("category"), "shoes");
    assert_string_equal(value("id"), "12");
    assert_int_equal(find("/api/products/shoes"), 1);
    assert_string_equal(value("id"), "(none)");
    assert_int_equal(find("/api/products"), -1);
    assert_int_equal(find("/api/products/a%20b%2Fc%zz"), 1);
    assert_string_equal(value("category"), "a b%2Fc%zz");
    assert_int_equal(find("/api/products/%00"), 1);
    assert_string_equal(value("category"), "%00");
}

static void test_parameter_shapes(void **state)
{
    (void)state;
    assert_int_equal(add(1, "a/{n=5}"), 0);
    assert_int_equal(add(2, "b/{*rest}"), 0);
    assert_int_equal(add(3, "c/v{n:regex(^\\d{{1,2}}=?$)}.json"), 0);
    assert_int_equal(find("/api/a"), 1);
    assert_string_equal(value("n"), "5");
    assert_int_equal(find("/api/a/6"), 1);
    assert_string_equal(value("n"), "6");
    assert_int_equal(find("/api/b"), 2);
    assert_int_equal(find("/api/b/x/y"), 2);
    assert_string_equal(value("rest"), "x/y");
    assert_int_equal(find("/api/c/v12.json"), 3);
    assert_string_equal(value("n"), "12");
    assert_int_equal(find("/api/c/v.json"), -1);
    assert_int_equal(find("/api/c/12.json"), -1);
}

static void test_methods(void **state)
{
    char get[] = "GET", post[] = "POST";
    char *both[] = {get, post};
    (void)state;
    assert_int_equal(routes_add(routes, 1, "x", both, 1, NULL, &error), 0);
    assert_int_equal(routes_add(routes, 2, "x", both + 1, 1, NULL, &error), 0);
    assert_true(routes_match(routes, "POST", "/api/x", &match));
    assert_int_equal(match.target, 2);
    assert_false(routes_match(routes, "DELETE", "/api/x", &match));
    assert_true(routes_match(routes, "HEAD", "/api/x", &match));
    assert_int_equal(match.target, 1);
    assert_string_equal(match.method, "GET");
    assert_int_equal(add(3, "all"), 0);
    assert_true(routes_match(routes, "HEAD", "/api/all", &match));
    assert_string_equal(match.method, "HEAD");
}

static void test_taken(void **state)
{
    char get[] = "GET";
    char *methods[] = {get};
    long taken_by = -1;
    (void)state;
    assert_int_equal(add(4, "x"), 0);
    assert_int_equal(routes_add(routes, 5, "/X", methods, 1, &taken_by, &error), -1);
    assert_int_equal(taken_by, 4);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_int_equal(find("/api/x"), 4);
}

static void test_refused(void **state)
{
    static const char *const wrong[] = {
        "{",        "a}",    "{}",    "{a}{b}",   "{*}",         "{*rest}/more",
        "a{*rest}", "{a/b}", "admin", "/Admin/x", "runtime/{x}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (add(1, wrong[i]) == 0)
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(error.status, EXIT_STATUS_APP);
    }
    assert_int_equal(add(1, "administrator"), 0);
}

static void test_no_prefix(void **state)
{
    struct routes *bare = routes_new("");
    (void)state;
    assert_int_equal(routes_add(bare, 1, "{*route}", NULL, 0, NULL, &error), 0);
    assert_true(routes_match(bare, "GET", "/", &match));
    assert_int_equal(match.parameter_count, 0);
    assert_true(routes_match(bare, "GET", "/a/b", &match));
    assert_string_equal(value("route"), "a/b");
    route_match_fini(&match);
    routes_free(bare);
}

static void assert_default(const char *prefix, const char *route, const char *expected)
{
    char *path = routes_default_path(prefix, route);
    if (expected)
        assert_string_equal(path ? path : "(none)", expected);
    else
        assert_null(path);
    free(path);
}

static void test_default_path(void **state)
{
    (void)state;
    assert_default("api", "HttpTriggerAsync", "/api/HttpTriggerAsync");
    assert_default("api", "/a/{b?}", "/api/a");
    assert_default("", "a/{n:int=5}", "/a/5");
    assert_default("", "{*route}", "/");
    assert_default("api", "a/{b}", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_literals, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_parameters, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_parameter_shapes, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_methods, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_taken, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_refused, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_no_prefix, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_default_path, open_routes, close_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
