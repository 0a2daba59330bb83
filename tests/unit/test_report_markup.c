/* report/markup: outside text in XML, numbers in every locale, and a buffer that is full. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <locale.h>

#include "report/markup.h"

static void check_text(const char *text, size_t columns, const char *expected)
{
    struct buf out;
    struct markup markup = {.out = &out};
    buf_init(&out, 1000);
    markup_text(&markup, text, columns);
    assert_false(markup.full);
    assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
}

static void test_text(void **state)
{
    (void)state;
    check_text("<a b=\"c\" d='e'>&", 0, "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
    check_text("\x1b[31m\x01\n\xff\xc3\xa9", 0, "^[[31m^A \xEF\xBF\xBD\xc3\xa9");
    /* U+FFFE, U+FFFF and a surrogate are no characters of XML. */
    check_text("\xEF\xBF\xBE\xEF\xBF\xBF", 0, "\xEF\xBF\xBD\xEF\xBF\xBD");
    check_text("]]>", 0, "]]&gt;");
}

static void test_cut(void **state)
{
    (void)state;
    check_text("12345", 5, "12345");
    check_text("123456", 5, "1234\xE2\x80\xA6");
    check_text("<<<<<<", 3, "&lt;&lt;\xE2\x80\xA6");
    check_text("\xc3\xa9\xc3\xa9\xc3\xa9", 2, "\xc3\xa9\xE2\x80\xA6");
    check_text("", 5, "");
}

static void check_number(double value, int digits, const char *expected)
{
    char text[MARKUP_NUMBER];
    assert_string_equal(markup_number(text, value, digits), expected);
}

static void test_numbers(void **state)
{
    (void)state;
    setlocale(LC_ALL, ""); /* whatever it is */
    check_number(0, 0, "0");
    check_number(1234.5678, 2, "1234.57");
    check_number(49.3125, 3, "49.312");
    check_number(0.1875, 3, "0.188");
    check_number(-0.04, 1, "0.0");
    check_number(-0.06, 1, "-0.1");
    check_number(2.5, 9, "2.500000");
    check_number(1e300, 1, "1000000000000.0");
    check_number(-1e300, 0, "-1000000000000");
    setlocale(LC_ALL, "C");
}

static void test_full(void **state)
{
    (void)state;
    struct buf out;
    struct markup markup = {.out = &out};
    char longer[600];
    memset(longer, 'x', sizeof longer);
    longer[sizeof longer - 1] = '\0';
    buf_init(&out, 4);
    markup_put(&markup, "123");
    assert_false(markup.full);
    markup_put(&markup, "45");
    assert_true(markup.full);
    markup_put(&markup, "6"); /* would fit, and is dropped */
    assert_string_equal(buf_text(&out), "123");
    buf_fini(&out);
    buf_init(&out, 4000);
    markup = (struct markup){.out = &out};
    markup_printf(&markup, "%s", longer);
    assert_true(markup.full);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
