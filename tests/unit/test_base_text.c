/* base/text: decoding by the rules, and nothing that acts on a terminal. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <locale.h>
#include <cmocka.h>

#include "base/text.h"
#include "base/attributes.h"

#define FFFD "\xEF\xBF\xBD"

static void test_decode_valid(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        uint32_t code;
    } cases[] = {
        {"A", 1, 'A'},
        {"\x7F", 1, 0x7F},
        {"\xC2\x80", 2, 0x80},
        {"\xDF\xBF", 2, 0x7FF},
        {"\xE0\xA0\x80", 3, 0x800},
        {"\xED\x9F\xBF", 3, 0xD7FF},
        {"\xEE\x80\x80", 3, 0xE000},
        {"\xEF\xBF\xBF", 3, 0xFFFF},
        {"\xF0\x90\x80\x80", 4, 0x10000},
        {"\xF4\x8F\xBF\xBF", 4, 0x10FFFF},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t code = 0;
        assert_int_equal(text_decode(cases[i].bytes, cases[i].len, &code), cases[i].len);
        assert_int_equal(code, cases[i].code);
        char out[TEXT_UTF8_MAX];
        assert_int_equal(text_encode(code, out), cases[i].len);
        assert_memory_equal(out, cases[i].bytes, cases[i].len);
        assert_true(text_is_utf8(cases[i].bytes, cases[i].len));
    }
}

static void test_decode_invalid(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "\x80",             /* a continuation alone */
        "\xC0\x80",         /* overlong */
        "\xC1\xBF",         /* overlong */
        "\xE0\x9F\xBF",     /* overlong */
        "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80",     /* a surrogate */
        "\xF4\x90\x80\x80", /* past U+10FFFF */
        "\xF5\x80\x80\x80", /* past it by its lead byte */
        "\xFF",
        "\xC3",     /* cut short */
        "\xE2\x82", /* cut short */
        "\xF0\x9F\x98",
        "\xC3(",     /* no continuation */
        "\xE2\x82(", /* no second continuation */
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        uint32_t code = 0;
        assert_int_equal(text_decode(cases[i], strlen(cases[i]), &code), 1);
        assert_int_equal(code, TEXT_REPLACEMENT);
        assert_false(text_is_utf8(cases[i], strlen(cases[i])));
    }
    assert_true(text_is_utf8("", 0));
    assert_true(text_is_utf8(FFFD, 3));
    assert_true(text_is_utf8("a\0b", 3));
    /* Wherever it is among eights of ASCII. */
    for (size_t i = 0; i < 17; i++) {
        char text[] = "twenty bytes of text", good[] = "twenty bytes of text";
        text[i] = '\xFF';
        memcpy(good + i, FFFD, 3);
        assert_false(text_is_utf8(text, sizeof text - 1));
        assert_true(text_is_utf8(good, sizeof good - 1));
        assert_false(text_is_utf8(good, i + 2));
        assert_true(text_is_utf8(text, i));
    }
}

/* Every code point survives the way there and back; what is none becomes U+FFFD. */
static void test_round_trip(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110400; code++) {
        char bytes[TEXT_UTF8_MAX];
        uint32_t back = 0;
        size_t len = text_encode(code, bytes);
        bool valid = code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
        if (text_decode(bytes, len, &back) != len || back != (valid ? code : TEXT_REPLACEMENT))
            fail_msg("U+%04X became U+%04X", (unsigned)code, (unsigned)back);
    }
}

static void test_unsafe(void **state)
{
    (void)state;
    static const uint32_t unsafe[] = {0,      '\t',   '\n',   0x1B,   0x7F,   0x80,
                                      0x9B,   0x9F,   0x061C, 0x200E, 0x200F, 0x2028,
                                      0x2029, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF};
    static const uint32_t safe[] = {' ',    'a',    '~',    0xA0,   0x301,
                                    0x200D, 0x202F, 0x2065, 0x4E00, 0x1F600};
    for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
        assert_true(text_is_unsafe(unsafe[i]));
    for (size_t i = 0; i < ARRAY_LEN(safe); i++)
        assert_false(text_is_unsafe(safe[i]));
}

static void check_clean(const char *text, size_t len, const char *expected)
{
    char out[128];
    assert_int_equal(text_clean(out, sizeof out, text, len), strlen(expected));
    assert_string_equal(out, expected);
}

static void test_clean(void **state)
{
    (void)state;
    static const char right_to_left[] = {(char)0xE2, (char)0x80, (char)0xAE}; /* an override */
    check_clean("", 0, "");
    check_clean("plain \xC3\xA9 \xF0\x9F\x98\x80", 13, "plain \xC3\xA9 \xF0\x9F\x98\x80");
    check_clean("\x1b]0;x\x07", 6, "^[]0;x^G");
    check_clean("a\tb\nc\rd", 7, "a b c^Md");
    check_clean("\0\x7F\x1F", 3, "^@^?^_");
    check_clean("\xC2\x9B\x31m", 4, FFFD "1m"); /* CSI as one C1 character */
    check_clean("\x9B\x31m", 3, FFFD "1m");     /* and as a raw byte */
    check_clean(right_to_left, sizeof right_to_left, FFFD);
    check_clean("\xE2\x82", 2, FFFD FFFD);
}

/* Whatever goes in: nothing unsafe comes out, and it stays UTF-8. */
static void test_clean_any_two_bytes(void **state)
{
    (void)state;
    for (unsigned pair = 0; pair < 0x10000; pair++) {
        char in[3] = {(char)(pair >> 8), (char)(pair & 0xFF), 'z'};
        char out[16];
        size_t len = text_clean(out, sizeof out, in, sizeof in);
        assert_true(text_is_utf8(out, len));
        for (size_t at = 0; at < len;) {
            uint32_t code;
            at += text_decode(out + at, len - at, &code);
            assert_false(text_is_unsafe(code));
        }
    }
}

static void test_clean_is_cut_between_characters(void **state)
{
    (void)state;
    char out[8] = "#######";
    assert_int_equal(text_clean(out, 0, "abc", 3), 0);
    assert_int_equal(out[0], '#');
    assert_int_equal(text_clean(out, 1, "abc", 3), 0);
    assert_string_equal(out, "");
    assert_int_equal(text_clean(out, 4, "abcdef", 6), 3);
    assert_string_equal(out, "abc");
    assert_int_equal(text_clean(out, 4, "ab\xC3\xA9", 4), 2);
    assert_string_equal(out, "ab");
    assert_int_equal(text_clean(out, 4, "ab\x01", 3), 2);
    assert_string_equal(out, "ab");
}

static void test_width(void **state)
{
    (void)state;
    if (!setlocale(LC_ALL, "C.UTF-8"))
        skip();
    assert_int_equal(text_width('a'), 1);
    assert_int_equal(text_width(0x00E9), 1);
    assert_int_equal(text_width(0x0301), 0);
    assert_int_equal(text_width(0x4E00), 2);
    assert_int_equal(text_width(0x1F600), 2);
    assert_int_equal(text_width(0x85), 1); /* wcwidth knows none: a control is one cell */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode_valid),
        cmocka_unit_test(test_decode_invalid),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_unsafe),
        cmocka_unit_test(test_clean),
        cmocka_unit_test(test_clean_any_two_bytes),
        cmocka_unit_test(test_clean_is_cut_between_characters),
        cmocka_unit_test(test_width),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
