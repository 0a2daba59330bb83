/* Keys: which of them open what. */
#include "config.h"

#include "host/auth.h"
#include "tests/unit/host_fixture.h"

static struct settings settings;
static struct auth auth;
static struct error error;

static int finish(void **state)
{
    (void)state;
    auth_fini(&auth);
    settings_fini(&settings);
    return 0;
}

static void open_auth(void)
{
    assert_int_equal(auth_init(&auth, true, &settings, &error), 0);
}

static void test_levels(void **state)
{
    enum auth_level level = AUTH_ANONYMOUS;
    (void)state;
    assert_int_equal(auth_level_parse("Function", &level), 0);
    assert_int_equal(level, AUTH_FUNCTION);
    assert_int_equal(auth_level_parse("ADMIN", &level), 0);
    assert_int_equal(level, AUTH_ADMIN);
    assert_int_equal(auth_level_parse("", &level), -1);
    assert_int_equal(auth_level_parse("root", &level), -1);
}

static void test_not_enabled(void **state)
{
    (void)state;
    assert_int_equal(auth_init(&auth, false, &settings, &error), 0);
    assert_true(auth_allows(&auth, AUTH_ADMIN, NULL, NULL));
    assert_null(auth_key(&auth, AUTH_FUNCTION, "One"));
    char *url = auth_url(&auth, AUTH_FUNCTION, "One", "http://x/api/One");
    assert_string_equal(url, "http://x/api/One");
    free(url);
}

static void test_random_keys(void **state)
{
    char first[64];
    (void)state;
    open_auth();
    snprintf(first, sizeof first, "%s", auth.master_key);
    assert_int_equal(strlen(auth.master_key), 43);
    assert_int_equal(strspn(auth.master_key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                             "0123456789-_"),
                     43);
    assert_string_not_equal(auth.master_key, auth.function_key);
    auth_fini(&auth);
    open_auth();
    assert_string_not_equal(auth.master_key, first);
}

static void test_what_opens(void **state)
{
    (void)state;
    settings_add_value(&settings, "host.master", "m");
    settings_add_value(&settings, "Host.Function.Default", "f");
    settings_add_value(&settings, "functions.one.default", "1");
    settings_add_value(&settings, "functions.Two.default", "");
    open_auth();
    assert_true(auth_allows(&auth, AUTH_ANONYMOUS, "One", NULL));
    assert_true(auth_allows(&auth, AUTH_ANONYMOUS, "One", "wrong"));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "One", NULL));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "One", ""));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "Two", ""));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "One", "x"));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "One", "F"));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "One", "ff"));
    assert_true(auth_allows(&auth, AUTH_FUNCTION, "One", "f"));
    assert_true(auth_allows(&auth, AUTH_FUNCTION, "One", "1"));
    assert_true(auth_allows(&auth, AUTH_FUNCTION, "One", "m"));
    assert_false(auth_allows(&auth, AUTH_FUNCTION, "Two", "1"));
    assert_false(auth_allows(&auth, AUTH_ADMIN, "One", "1"));
    assert_false(auth_allows(&auth, AUTH_ADMIN, "One", "f"));
    assert_true(auth_allows(&auth, AUTH_ADMIN, "One", "m"));
    assert_true(auth_allows(&auth, AUTH_SYSTEM, "One", "m"));
    assert_false(auth_allows(&auth, AUTH_ADMIN, NULL, "f"));
    assert_true(auth_allows(&auth, AUTH_ADMIN, NULL, "m"));
}

static void assert_url(enum auth_level level, const char *function, const char *expected)
{
    char *url = auth_url(&auth, level, function, "http://x");
    assert_string_equal(url, expected);
    free(url);
}

static void test_urls(void **state)
{
    (void)state;
    settings_add_value(&settings, "host.master", "a+b/c=&\xC3\xA9~");
    settings_add_value(&settings, "host.function.default", "f-._~");
    settings_add_value(&settings, "functions.One.default", "1");
    open_auth();
    assert_url(AUTH_ANONYMOUS, "One", "http://x");
    assert_url(AUTH_FUNCTION, "One", "http://x?code=1");
    assert_url(AUTH_FUNCTION, "Two", "http://x?code=f-._~");
    assert_url(AUTH_ADMIN, "One", "http://x?code=a%2Bb%2Fc%3D%26%C3%A9~");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        cmocka_unit_test_teardown(test_not_enabled, finish),
        cmocka_unit_test_teardown(test_random_keys, finish),
        cmocka_unit_test_teardown(test_what_opens, finish),
        cmocka_unit_test_teardown(test_urls, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
