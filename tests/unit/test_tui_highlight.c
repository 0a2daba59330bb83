#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/highlight.h"

/* One letter for each byte. */
static void assert_lexed(highlight_state *state, const char *line, const char *want)
{
    uint8_t styles[256] = {0};
    char letters[257] = {0};
    size_t len = strlen(line);
    *state = highlight_line(*state, line, len, styles);
    for (size_t i = 0; i < len; i++) {
        switch (styles[i]) {
        case STYLE_KEYWORD: letters[i] = 'k'; break;
        case STYLE_STRING: letters[i] = 's'; break;
        case STYLE_COMMENT: letters[i] = 'c'; break;
        case STYLE_LITERAL: letters[i] = 'l'; break;
        case STYLE_DECORATOR: letters[i] = 'd'; break;
        case STYLE_DEFINITION: letters[i] = 'n'; break;
        default: letters[i] = '.';
        }
    }
    assert_string_equal(letters, want);
}

static void test_lines(void **state)
{
    static const char *const lines[][2] = {
        {"def f(x):  # why", "kkk.n......ccccc"},
        {"async def g(): pass", "kkkkk.kkk.n....kkkk"},
        {"class A(B): x = None", "kkkkk.n.........llll"},
        {"  @a.b(c)", "..dddd..."},
        {"a @ b", "....."},
        {"x = 'a' + \"b\"", "....sss...sss"},
        {"rb'\\'' bR\"x\" f'{a}'", "ssssss.sssss.ssssss"},
        {"xx'a'", "..sss"},
        {"0x1F+1_000.5e-3j, .5 a1", "llll.lllllllllll..ll..."},
        {"0xE+1", "lll.l"},
        {"match x:", "kkkkk..."},
        {"match = 3", "........l"},
        {"case 1:", "kkkk.l."},
        {"match(x)", "........"},
        {"defx classes", "............"},
        {"# 'x'", "ccccc"},
        {"'#' # '", "sss.ccc"},
        {"", ""},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
        highlight_state lexer = 0;
        assert_lexed(&lexer, lines[i][0], lines[i][1]);
        assert_int_equal(lexer, 0);
    }
}

static void test_triple_quotes(void **state)
{
    highlight_state lexer = 0;
    (void)state;
    assert_lexed(&lexer, "x = '''a", "....ssss");
    assert_lexed(&lexer, "def ' \" # \"\"\"", "sssssssssssss");
    assert_lexed(&lexer, "\\'''", "ssss");
    assert_lexed(&lexer, "''' if x", "sss.kk..");
    assert_int_equal(lexer, 0);
    assert_lexed(&lexer, "f\"\"\"a", "sssss");
    assert_lexed(&lexer, "'''", "sss");
    assert_lexed(&lexer, "\"\"\" + \"\"\"b\"\"\"", "sss...sssssss");
    assert_int_equal(lexer, 0);
}

static void test_line_ends(void **state)
{
    highlight_state lexer = 0;
    (void)state;
    assert_lexed(&lexer, "x = 'not closed", "....sssssssssss");
    assert_int_equal(lexer, 0);
    assert_lexed(&lexer, "x = 'goes on\\", "....sssssssss");
    assert_lexed(&lexer, "here' + 1", "sssss...l");
    assert_int_equal(lexer, 0);
}

/* Any bytes at all are only coloured. */
static void test_any_bytes(void **state)
{
    char line[64];
    uint8_t styles[64];
    (void)state;
    srand(1);
    for (int i = 0; i < 20000; i++) {
        size_t len = (size_t)rand() % sizeof line;
        for (size_t k = 0; k < len; k++)
            line[k] = (char)(rand() % 3 ? "'\"\\#@.e0fdefr "[rand() % 14] : rand());
        memset(styles, 0xEE, sizeof styles);
        highlight_line((highlight_state)(rand() % 8), line, len, styles);
        for (size_t k = 0; k < len; k++)
            assert_true(styles[k] < STYLE_COUNT);
        if (len < sizeof styles)
            assert_int_equal(styles[len], 0xEE);
    }
}

static void test_cache(void **state)
{
    static const char text[] = "a = '''\nb\nc'''\nd\n";
    struct highlight cache = {0};
    (void)state;
    struct file *file = file_new("/a/b.py", "/a", text, sizeof text - 1);
    highlight_prepare(&cache, file, 2);
    assert_int_equal(highlight_at(&cache, 1), 0);
    assert_int_not_equal(highlight_at(&cache, 2), 0);
    assert_int_equal(highlight_at(&cache, 3), 0);
    highlight_prepare(&cache, file, 100);
    assert_int_not_equal(highlight_at(&cache, 3), 0);
    assert_int_equal(highlight_at(&cache, 4), 0);
    assert_int_equal(highlight_at(&cache, 0), 0);
    assert_int_equal(highlight_at(&cache, 1000), 0);
    highlight_fini(&cache);
    file_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),     cmocka_unit_test(test_triple_quotes),
        cmocka_unit_test(test_line_ends), cmocka_unit_test(test_any_bytes),
        cmocka_unit_test(test_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
