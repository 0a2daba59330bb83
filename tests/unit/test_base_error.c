/* base/error: what a user gets to read. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/error.h"
#include "base/text.h"

static void test_set(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(error_set(&error, EXIT_STATUS_APP, "%s: line %d", "host.json", 3), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_string_equal(error.text, "host.json: line 3");
}

static void test_nobody_asks(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, EXIT_STATUS_USAGE, "%s", "x"), -1);
}

static void test_controls_are_harmless(void **state)
{
    (void)state;
    struct error error;
    error_set(&error, EXIT_STATUS_USAGE, "no file '%s'", "a\x1b[2J\nb\x9b\t\xff");
    assert_string_equal(error.text, "no file 'a^[[2J b\xEF\xBF\xBD \xEF\xBF\xBD'");
}

static void test_too_long(void **state)
{
    (void)state;
    struct error error;
    char argument[3 * ERROR_TEXT_MAX];
    memset(argument, 'x', sizeof argument - 1);
    argument[sizeof argument - 1] = '\0';
    error_set(&error, EXIT_STATUS_USAGE, "%s", argument);
    assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 1);
    /* Two-byte characters behind one byte: the limit falls into one, which is left out whole or
     * replaced, never halved. */
    for (size_t i = 1; i + 2 < sizeof argument; i += 2)
        memcpy(argument + i, "\xC3\xA9", 2);
    error_set(&error, EXIT_STATUS_USAGE, "%s", argument);
    assert_true(strlen(error.text) < ERROR_TEXT_MAX);
    assert_true(text_is_utf8(error.text, strlen(error.text)));
    /* Every byte doubles. */
    memset(argument, '\x01', sizeof argument - 1);
    error_set(&error, EXIT_STATUS_USAGE, "%s", argument);
    assert_int_equal(strlen(error.text), ERROR_TEXT_MAX - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_nobody_asks),
        cmocka_unit_test(test_controls_are_harmless),
        cmocka_unit_test(test_too_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
