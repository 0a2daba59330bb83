/* model/match: which line of a text is which of another. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "model/match.h"

static struct file *file_of(const char *text)
{
    return file_new("/app/a.py", "/app", text, strlen(text));
}

/* `want`: for each line after, the line before; negative where it was edited. */
static void matches(const char *before, const char *after, const int *want)
{
    struct file *old = file_of(before), *new = file_of(after);
    struct line_match *found = mem_calloc((size_t) new->line_count + 1, sizeof *found);
    match_lines((struct match_part){old, 1, old->line_count},
                (struct match_part){new, 1, new->line_count}, NULL, found);
    for (uint32_t i = 0; i < new->line_count; i++) {
        int line = found[i].is_edited ? -(int)found[i].line : (int)found[i].line;
        if (line != want[i])
            fail_msg("line %u is %d, not %d, in\n%s", i + 1, line, want[i], after);
    }
    free(found);
    file_free(old);
    file_free(new);
}

#define MATCHES(before, after, ...) matches(before, after, (const int[]){__VA_ARGS__})

static void test_same(void **state)
{
    (void)state;
    MATCHES("a\nb\nc\n", "a\nb\nc\n", 1, 2, 3);
    MATCHES("", "", 0);
    MATCHES("", "a\n", 0);
    MATCHES("a\n", "", 0);
}

static void test_added_and_gone(void **state)
{
    (void)state;
    MATCHES("a\nb\nc\n", "a\nNEW ONE\nb\nc\n", 1, 0, 2, 3);
    MATCHES("a\nb\nc\n", "a\nc\n", 1, 3);
    MATCHES("a\na\na\n", "a\na\na\na\n", 1, 2, 3, 0);
    /* No line is the only one of its kind. */
    MATCHES("x\ny\nx\ny\nx\n", "y\nx\nx\ny\n", 2, 3, 5, 0);
}

static void test_indented(void **state)
{
    (void)state;
    MATCHES("def f():\n    x = g()\n    return x\n",
            "def f():\n    with lock:\n        x = g()\n    return x\n", 1, 0, 2, 3);
}

static void test_edited(void **state)
{
    (void)state;
    MATCHES("def f():\n    PAGES.append(text)\n    return 1\n",
            "def f():\n    PAGES.append(text[:10])\n    return 1\n", 1, -2, 3);
    MATCHES("def f():\n    import json\n    return 1\n",
            "def f():\n    while True: pass\n    return 1\n", 1, 0, 3);
}

static void test_moved_lines_are_one(void **state)
{
    (void)state;
    /* The longer chain stays; what was moved over it is new. */
    MATCHES("one\ntwo\nthree\nfour\n", "four\none\ntwo\nthree\n", 0, 1, 2, 3);
}

/* No line has two counterparts, and they are in order, whatever the texts. */
static void test_any_texts(void **state)
{
    uint32_t seed = 1;
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct buf texts[2];
        for (int i = 0; i < 2; i++) {
            buf_init(&texts[i], 1 << 20);
            seed = seed * 1664525 + 1013904223;
            for (uint32_t lines = (seed >> 8) % 60; lines > 0; lines--) {
                seed = seed * 1664525 + 1013904223;
                buf_printf(&texts[i], "%c%c\n",
                           (int)('a' + (seed >> 8) % (2u + (unsigned)round % 9)),
                           (int)('a' + (seed >> 20) % (1u + (unsigned)round % 3)));
            }
        }
        struct file *old = file_of(buf_text(&texts[0])), *new = file_of(buf_text(&texts[1]));
        struct line_match *found = mem_calloc((size_t) new->line_count + 1, sizeof *found);
        match_lines((struct match_part){old, 1, old->line_count},
                    (struct match_part){new, 1, new->line_count}, NULL, found);
        uint32_t last = 0;
        for (uint32_t i = 0; i < new->line_count; i++) {
            size_t old_len, len;
            if (!found[i].line)
                continue;
            assert_true(found[i].line > last && found[i].line <= old->line_count);
            last = found[i].line;
            const char *a = file_line_text(old, last, &old_len);
            const char *b = file_line_text(new, i + 1, &len);
            assert_int_equal(found[i].is_edited, old_len != len || memcmp(a, b, len) != 0);
        }
        free(found);
        file_free(old);
        file_free(new);
        buf_fini(&texts[0]);
        buf_fini(&texts[1]);
    }
}

/* Two long texts that have nothing in common, and two that have the same few lines over and over,
 * are over in a moment. */
static void test_long_texts(void **state)
{
    struct buf texts[2];
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        for (int i = 0; i < 2; i++) {
            buf_init(&texts[i], 16 << 20);
            for (int line = 0; line < 100000; line++)
                buf_printf(&texts[i], "%d\n", kind ? line * (i + 1) % 3 : 2 * line + i);
        }
        struct file *old = file_of(buf_text(&texts[0])), *new = file_of(buf_text(&texts[1]));
        struct line_match *found = mem_calloc((size_t) new->line_count + 1, sizeof *found);
        match_lines((struct match_part){old, 1, old->line_count},
                    (struct match_part){new, 1, new->line_count}, NULL, found);
        free(found);
        file_free(old);
        file_free(new);
        buf_fini(&texts[0]);
        buf_fini(&texts[1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_added_and_gone),
        cmocka_unit_test(test_indented),
        cmocka_unit_test(test_edited),
        cmocka_unit_test(test_moved_lines_are_one),
        cmocka_unit_test(test_any_texts),
        cmocka_unit_test(test_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
