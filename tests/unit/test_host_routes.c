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
    assert_int_equal(find("/api/%48ttpTriggerAsync"), 7);
    assert_int_equal(find("/api"), -1);
    assert_int_equal(find("/"), -1);
    assert_int_equal(find(""), -1);
    assert_int_equal(find("api/HttpTriggerAsync"), -1);
    assert_int_equal(find("/HttpTriggerAsync"), -1);
    assert_int_equal(find("/api/HttpTriggerAsync/more"), -1);
    assert_int_equal(find("/api/HttpTriggerAsyn"), -1);
    assert_int_equal(add(8, "a{{b}}%41/caf\xC3\xA9"), 0);
    assert_int_equal(find("/api/A%7Bb%7D%2541/caf%C3%A9"), 8);
}

static void test_slashes(void **state)
{
    (void)state;
    assert_int_equal(add(1, "x/"), 0);
    assert_int_equal(add(2, "y/{*rest}"), 0);
    assert_int_equal(find("/api/x/"), 1);
    assert_int_equal(find("/api/x//"), -1);
    assert_int_equal(find("//api/x"), -1);
    assert_int_equal(find("/api//x"), -1);
    assert_int_equal(find("/api/y//z"), -1);
    assert_int_equal(find("/api/y/z//z/"), 2);
    assert_string_equal(value("rest"), "z//z/");
}

static void test_dots_in_paths(void **state)
{
    (void)state;
    assert_int_equal(add(1, "{a}"), 0);
    assert_int_equal(find("/api/./x"), 1);
    assert_int_equal(find("/api/y/../x/."), 1);
    assert_string_equal(value("a"), "x");
    assert_int_equal(find("/api/x/y/%2e%2E"), 1);
    assert_string_equal(value("a"), "x");
    assert_int_equal(find("/../../api/x"), 1);
    assert_int_equal(find("/api/x/.."), -1);
    assert_int_equal(find("/api/.../"), 1);
    assert_string_equal(value("a"), "...");
}

static void test_decoding(void **state)
{
    static const struct {
        const char *path, *value;
    } rows[] = {
        {"/api/a%20b+c", "a b+c"},
        {"/api/a%2Fb%2fc", "a%2Fb%2fc"},
        {"/api/%zz%4", "%zz%4"},
        {"/api/%00", "%00"},
        {"/api/%C3%A4", "\xC3\xA4"},
        {"/api/\xC3\xA4", "\xC3\xA4"},
        {"/api/%C3%28", "%C3("},
        {"/api/%E2%82", "%E2%82"},
        {"/api/%F0%9F%98%80%80", "\xF0\x9F\x98\x80%80"},
        {"/api/%C0%AF%ED%A0%80", "%C0%AF%ED%A0%80"},
        {"/api/\xFF\xC3", "%FF%C3"},
        {"/api/%252F", "%2F"},
    };
    (void)state;
    assert_int_equal(add(1, "{a}"), 0);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(find(rows[i].path), 1);
        assert_string_equal(value("a"), rows[i].value);
    }
}

static void test_constraints(void **state)
{
    (void)state;
    assert_int_equal(add(1, "products/{category:alpha}/{id:int:min(3)?}"), 0);
    assert_int_equal(find("/api/products/shoes/12"), 1);
    assert_string_equal(value("category"), "shoes");
    assert_string_equal(value("id"), "12");
    assert_int_equal(find("/api/products/shoes"), 1);
    assert_string_equal(value("id"), "(none)");
    assert_int_equal(find("/api/products"), -1);
    assert_int_equal(find("/api/products/shoes2"), -1);
    assert_int_equal(find("/api/products/shoes/x"), -1);
    assert_int_equal(find("/api/products/shoes/2"), -1);
    assert_int_equal(add(2, "d/{n:int=x}"), 0);
    assert_int_equal(find("/api/d"), -1);
    assert_int_equal(find("/api/d/5"), 2);
    assert_int_equal(add(3, "e/{*all:maxlength(3)}"), 0);
    assert_int_equal(find("/api/e/a/b"), 3);
    assert_int_equal(find("/api/e/a/bc"), -1);
    assert_int_equal(find("/api/e"), -1);
}

static void test_expressions(void **state)
{
    (void)state;
    assert_int_equal(add(1, "c/v{n:regex(^\\d{{1,2}}=?$)}.json"), 0);
    assert_int_equal(find("/api/c/v12=.JSON"), 1);
    assert_string_equal(value("n"), "12=");
    assert_int_equal(find("/api/c/v123.json"), -1);
    assert_int_equal(find("/api/c/v.json"), -1);
    assert_int_equal(find("/api/c/12.json"), -1);
    assert_int_equal(add(2, "d/{a:length(3):regex(^(?:x|y):z$)=y:z}"), 0);
    assert_int_equal(find("/api/d/x:z"), 2);
    assert_int_equal(find("/api/d"), 2);
    assert_string_equal(value("a"), "y:z");
    assert_int_equal(find("/api/d/w:z"), -1);
    assert_int_equal(add(3, "e/{*a:regex(^p/q$)}"), 0);
    assert_int_equal(find("/api/e/p/q"), 3);
    assert_int_equal(find("/api/e/p"), -1);
}

static void test_expression_without_end(void **state)
{
    (void)state;
    assert_int_equal(add(1, "x/{a:regex(^(a+)+$)}"), 0);
    assert_int_equal(add(2, "{*all}"), 0);
    assert_int_equal(find("/api/x/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), 2);
    assert_string_equal(match.given_up, "x/{a:regex(^(a+)+$)}");
    assert_int_equal(find("/api/x/aaaa"), 1);
    assert_null(match.given_up);
}

static void test_missing_segments(void **state)
{
    (void)state;
    assert_int_equal(add(1, "a/{n=5}"), 0);
    assert_int_equal(add(2, "b/{*rest}"), 0);
    assert_int_equal(add(3, "c/{**rest=no/thing}"), 0);
    assert_int_equal(add(4, "d/{a?}/b/{c=}"), 0);
    assert_int_equal(find("/api/a"), 1);
    assert_string_equal(value("n"), "5");
    assert_int_equal(find("/api/a/6"), 1);
    assert_string_equal(value("n"), "6");
    assert_int_equal(find("/api/b"), 2);
    assert_string_equal(value("rest"), "(none)");
    assert_int_equal(find("/api/b/x/y%20z"), 2);
    assert_string_equal(value("rest"), "x/y z");
    assert_int_equal(find("/api/c"), 3);
    assert_string_equal(value("rest"), "no/thing");
    assert_int_equal(find("/api/d/1/b"), 4);
    assert_string_equal(value("a"), "1");
    assert_string_equal(value("c"), "");
    assert_int_equal(find("/api/d/b"), -1);
}

static void test_several_parts(void **state)
{
    (void)state;
    assert_int_equal(add(1, "a/{x}-{y}"), 0);
    assert_int_equal(find("/api/a/1-2-3"), 1);
    assert_string_equal(value("x"), "1-2");
    assert_string_equal(value("y"), "3");
    assert_int_equal(find("/api/a/1--"), 1);
    assert_string_equal(value("x"), "1");
    assert_string_equal(value("y"), "-");
    assert_int_equal(find("/api/a/-2"), -1);
    assert_int_equal(find("/api/a/1-"), -1);
    assert_int_equal(add(2, "b/{file}.{ext?}"), 0);
    assert_int_equal(find("/api/b/x.tar.gz"), 2);
    assert_string_equal(value("file"), "x.tar");
    assert_string_equal(value("ext"), "gz");
    assert_int_equal(find("/api/b/x"), 2);
    assert_string_equal(value("file"), "x");
    assert_string_equal(value("ext"), "(none)");
    assert_int_equal(find("/api/b/x."), -1);
    assert_int_equal(find("/api/b/.x"), 2);
    assert_string_equal(value("file"), ".x");
    assert_int_equal(add(3, "c/Pre{x}Mid{y}Post"), 0);
    assert_int_equal(find("/api/c/pre1mid2midmid3POST"), 3);
    assert_string_equal(value("x"), "1mid2mid");
    assert_string_equal(value("y"), "3");
    assert_int_equal(find("/api/c/aprexmidxpost"), -1);
    assert_int_equal(find("/api/c/premidxpost"), -1);
    assert_int_equal(add(4, "d/{x}\xC3\x84"), 0);
    assert_int_equal(find("/api/d/%E2%82%AC%C3%84"), 4);
    assert_string_equal(value("x"), "\xE2\x82\xAC");
}

static void test_methods(void **state)
{
    char get[] = "GET", post[] = "POST";
    char *both[] = {get, post};
    (void)state;
    assert_int_equal(routes_add(routes, 1, "x", both, 1, NULL, &error), 0);
    assert_int_equal(routes_add(routes, 2, "X", both + 1, 1, NULL, &error), 0);
    assert_true(routes_match(routes, "POST", "/api/x", &match));
    assert_int_equal(match.target, 2);
    assert_false(routes_match(routes, "DELETE", "/api/x", &match));
    assert_false(routes_match(routes, "HEAD", "/api/x", &match));
    assert_int_equal(add(3, "all"), 0);
    assert_true(routes_match(routes, "HEAD", "/api/all", &match));
}

static void test_first_wins(void **state)
{
    (void)state;
    assert_int_equal(add(1, "x/{id:int}"), 0);
    assert_int_equal(add(2, "x/{id}"), 0);
    assert_int_equal(add(3, "x/{other}"), 0);
    assert_int_equal(add(4, "{*rest}"), 0);
    assert_int_equal(add(5, "literal"), 0);
    assert_int_equal(find("/api/x/1"), 1);
    assert_int_equal(find("/api/x/a"), 2);
    assert_int_equal(find("/api/literal"), 4);
}

static void test_taken(void **state)
{
    char get[] = "GET";
    char *methods[] = {get};
    long taken_by = -1;
    (void)state;
    assert_int_equal(add(4, "x/{id}"), 0);
    assert_int_equal(routes_add(routes, 5, "X/{ID}/", methods, 1, &taken_by, &error), -1);
    assert_int_equal(taken_by, 4);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_string_equal(error.text, "the route 'X/{ID}' is taken by another function");
    assert_int_equal(find("/api/x/1"), 4);
}

static void test_refused(void **state)
{
    static const struct {
        const char *route, *reason;
    } rows[] = {
        {"{", "a brace has no counterpart"},
        {"a}", "a brace has no counterpart"},
        {"a{", "a brace has no counterpart"},
        {"a}b", "a brace has no counterpart"},
        {"{a", "a brace has no counterpart"},
        {"{}}", "a brace has no counterpart"},
        {"{a:regex(\\d{2})}", "a brace within a parameter is written twice"},
        {"{}", "'' is no name"},
        {"{*}", "'' is no name"},
        {"{?}", "'' is no name"},
        {"{a/b}", "'a/b' is no name"},
        {"{a*}", "'a*' is no name"},
        {"{a?:int}", "'a?' is no name"},
        {"{a}/{A}", "the parameter {A} is there twice"},
        {"{a}-{a}", "the parameter {a} is there twice"},
        {"{a}{b}", "between {a} and {b} there must be a slash or text"},
        {"{a}-{b?}", "before the optional {b?} only a '.' can stand"},
        {"{a?}.x", "the optional {a?} must end its segment"},
        {"{a=1?}", "{a} cannot be optional and have a default"},
        {"{*rest?}", "{*rest} cannot be optional"},
        {"{*rest}/more", "{*rest} takes the rest of the path, so nothing can follow it"},
        {"a{*rest}", "{*rest} must be a segment of its own"},
        {"a?b", "'a?b' holds a '?'"},
        {"a//b", "the route 'api/a//b' is no template: two slashes follow one another"},
        {"a//", "two slashes follow one another"},
        {"/a", "the route '/a' begins with a slash, which makes two of them behind the prefix"},
        {"{a:text}", "the route 'api/{a:text}' is no template: there is no constraint 'text'"},
        {"{a:int?=3}", "there is no constraint 'int?'"},
        {"{a:regex(x:y):min(3)}", "the expression 'x:y):min(3' is wrong at byte 3"},
        {"admin", "the route 'admin' is reserved"},
        {"administrator", "the route 'administrator' is reserved"},
        {"/Admin/x", "is reserved"},
        {"runtime/{x}", "is reserved"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (add(1, rows[i].route) == 0)
            fail_msg("'%s' was taken", rows[i].route);
        assert_int_equal(error.status, EXIT_STATUS_APP);
        assert_holds(error.text, rows[i].reason);
    }
    assert_int_equal(add(1, "~tilde/{:int}/{=x:int}/"), 0);
    assert_int_equal(find("/api/~tilde/x/5"), 1);
    assert_string_equal(value(":int"), "x");
    assert_string_equal(value("=x"), "5");
}

static void test_too_many_parameters(void **state)
{
    char route[ROUTE_PARAMETERS_MAX * 6 + 16] = "";
    (void)state;
    for (int i = 0; i < ROUTE_PARAMETERS_MAX; i++)
        snprintf(route + strlen(route), sizeof route - strlen(route), "{p%d}/", i);
    assert_int_equal(add(1, route), 0);
    strcat(route, "{last}");
    assert_int_equal(add(2, route), -1);
    assert_holds(error.text, "has more than 32 parameters");
}

static void test_no_prefix(void **state)
{
    struct routes *bare = routes_new("");
    (void)state;
    assert_int_equal(routes_add(bare, 1, "~x", NULL, 0, NULL, &error), -1);
    assert_holds(error.text, "begins with a '~'");
    assert_int_equal(routes_add(bare, 1, "//x", NULL, 0, NULL, &error), -1);
    assert_holds(error.text, "two slashes follow one another");
    assert_int_equal(routes_add(bare, 2, "~/x", NULL, 0, NULL, &error), 0);
    assert_int_equal(routes_add(bare, 1, "/{*route}", NULL, 0, NULL, &error), 0);
    assert_true(routes_match(bare, "GET", "/x", &match));
    assert_int_equal(match.target, 2);
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
    assert_default("api", "a/{b?}", "/api/a");
    assert_default("", "/a/{b?}", "/a");
    assert_default("", "a/{n:int=5}", "/a/5");
    assert_default("", "{*route}", "/");
    assert_default("", "{*route=a/b c%}", "/a/b%20c%25");
    assert_default("api", "{a:int}-{b:alpha:minlength(2)}.{c?}", "/api/1-aa");
    assert_default("api", "{a:guid}/{b:bool}", "/api/00000000-0000-0000-0000-000000000000/true");
    assert_default("api", "caf\xC3\xA9 {{x}}", "/api/caf%C3%A9%20%7Bx%7D");
    assert_default("api", "a/{b}", NULL);
    assert_default("api", "a/{b:regex(x)}", NULL);
    assert_default("api", "a/{b?}/c", NULL);
    assert_default("api", "a/{n:int=x}", NULL);
    assert_default("api", "{n:int:length(5)}", NULL);
    assert_default("api", "{", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_literals, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_slashes, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_dots_in_paths, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_decoding, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_constraints, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_expressions, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_expression_without_end, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_missing_segments, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_several_parts, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_methods, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_first_wins, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_taken, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_refused, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_too_many_parameters, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_no_prefix, open_routes, close_routes),
        cmocka_unit_test_setup_teardown(test_default_path, open_routes, close_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
