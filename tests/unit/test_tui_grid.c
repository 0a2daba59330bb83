#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <locale.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/glyph.h"
#include "tui/grid.h"

static struct grid grid;

static int setup(void **state)
{
    (void)state;
    grid_init(&grid);
    grid_resize(&grid, 10, 2);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    grid_fini(&grid);
    return 0;
}

static void assert_text(const char *want)
{
    struct buf out;
    buf_init(&out, 4096);
    grid_dump_text(&grid, &out);
    assert_string_equal(buf_text(&out), want);
    buf_fini(&out);
}

static void test_text_and_styles(void **state)
{
    struct buf out;
    struct pen pen = pen_at(&grid, 0, 2, 8);
    (void)state;
    pen_text(&pen, STYLE_STRONG, "ab");
    pen_skip(&pen, 1);
    pen_printf(&pen, STYLE_DIM, "%d", 42);
    assert_text("  ab 42\n\n");
    buf_init(&out, 4096);
    grid_mark(&grid, 1, 8, 5, MARK_CURSOR);
    grid_dump_styles(&grid, &out);
    assert_string_equal(buf_text(&out), "..bb.aa...\n........##\n");
    buf_fini(&out);
}

static void test_too_long_says_so(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 5);
    (void)state;
    pen_text(&pen, STYLE_TEXT, "abcdef");
    assert_int_equal(pen_left(&pen), 0);
    pen = pen_at(&grid, 1, 0, 5);
    pen_text(&pen, STYLE_TEXT, "abcde");
    assert_text("abcd\u2026\nabcde\n");
}

static void test_wide_is_never_halved(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 10);
    (void)state;
    pen_text(&pen, STYLE_TEXT, "\u65E5\u672C");
    assert_int_equal(grid_at(&grid, 0, 0)->cols, 2);
    assert_int_equal(grid_at(&grid, 0, 1)->cols, 0);
    grid_put(&grid, 0, 1, 'x', 1, STYLE_TEXT);
    grid_put(&grid, 0, 2, 'y', 1, STYLE_TEXT);
    assert_text(" xy\n\n");
    grid_put(&grid, 1, 9, 0x65E5, 2, STYLE_TEXT);
    assert_int_equal(grid_at(&grid, 1, 9)->cols, 1);
    grid_put(&grid, 1, 3, 0x65E5, 2, STYLE_TEXT);
    grid_put(&grid, 1, 2, 0x672C, 2, STYLE_TEXT);
    assert_text(" xy\n  \u672C\n");
    assert_int_equal(grid_at(&grid, 1, 4)->cols, 1);
}

static void test_combining(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 10);
    (void)state;
    pen_text(&pen, STYLE_TEXT, "e\u0301x\u65E5\u0301");
    assert_text("e\u0301x\u65E5\u0301\n\n");
    assert_int_equal(pen.col, 4);
    /* There is a limit to what combines, and nothing to combine with at the left edge. */
    grid_put(&grid, 1, 0, 0x301, 0, STYLE_TEXT);
    for (int i = 0; i < 10; i++)
        grid_put(&grid, 1, 1, 0x301, 0, STYLE_TEXT);
    assert_int_equal(grid_at(&grid, 1, 0)->codes[CELL_CODES - 1], 0x301);
}

static void test_controls_are_shown(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 10);
    (void)state;
    pen_text(&pen, STYLE_TEXT, "\x1B[2J\x7F");
    assert_text("^[[2J^?\n\n");
    pen = pen_at(&grid, 1, 0, 10);
    pen_bytes(&pen, STYLE_TEXT, "\xFFz\xC2\x9B\xE2\x80\xAE", 7);
    assert_text("^[[2J^?\n\uFFFDz\uFFFD\uFFFD\n");
    grid_put(&grid, 1, 0, 0x1B, 1, STYLE_TEXT);
    assert_int_equal(grid_at(&grid, 1, 0)->codes[0], 0xFFFD);
}

static void test_ascii(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 10);
    (void)state;
    grid.ascii = true;
    pen_text(&pen, STYLE_TEXT, "\u2502\u65E5\u2588e\u0301\u00E9");
    assert_text("|??@e?\n\n");
}

static void test_outside_is_nothing(void **state)
{
    (void)state;
    grid_put(&grid, -1, 0, 'x', 1, STYLE_TEXT);
    grid_put(&grid, 0, -1, 'x', 1, STYLE_TEXT);
    grid_put(&grid, 2, 0, 'x', 1, STYLE_TEXT);
    grid_put(&grid, 0, 10, 'x', 2, STYLE_TEXT);
    grid_fill(&grid, 1, 8, 100, '-', STYLE_TEXT);
    grid_mark(&grid, 5, 5, 5, MARK_MATCH);
    assert_null(grid_at(&grid, 2, 0));
    assert_text("\n        --\n");
}

static void test_fields(void **state)
{
    struct pen pen = pen_at(&grid, 0, 0, 10);
    (void)state;
    assert_true(pen_right(&pen, STYLE_TEXT, "R"));
    pen_field(&pen, STYLE_TEXT, 4, true, "12");
    pen_field(&pen, STYLE_TEXT, 4, false, "34");
    assert_false(pen_right(&pen, STYLE_TEXT, "RR"));
    pen_fill(&pen, STYLE_TEXT, '-');
    assert_text("  1234  -R\n\n");
}

static void test_a_match_stays_on_the_selected_row(void **state)
{
    (void)state;
    grid_mark(&grid, 0, 2, 2, MARK_MATCH);
    grid_mark(&grid, 0, 0, 10, MARK_CURSOR);
    assert_int_equal(grid_at(&grid, 0, 2)->mark, MARK_MATCH);
    assert_int_equal(grid_at(&grid, 0, 4)->mark, MARK_CURSOR);
}

static void test_sizes_are_limited(void **state)
{
    (void)state;
    grid_resize(&grid, 1000000, 1000000);
    assert_int_equal(grid.cols, GRID_COLS_MAX);
    assert_int_equal(grid.rows, GRID_ROWS_MAX);
    grid_resize(&grid, 0, -3);
    assert_int_equal(grid.cols, 1);
    assert_int_equal(grid.rows, 1);
}

static void test_tabs(void **state)
{
    (void)state;
    assert_int_equal(glyphs_cols("\t", 1), 8);
    assert_int_equal(glyphs_cols("abc\tx", 5), 9);
    assert_int_equal(glyphs_cols("\u65E5\tx", 5), 9);
    assert_int_equal(glyphs_cols("12345678\t", 9), 16);
}

static void test_joiners_take_no_cell(void **state)
{
    const char *family = "\U0001F468\u200D\U0001F469\uFE0F";
    (void)state;
    assert_int_equal(glyphs_cols(family, strlen(family)), 4);
}

static void test_wrap(void **state)
{
    (void)state;
    assert_int_equal(glyphs_wrap("", 0, 5), 0);
    assert_int_equal(glyphs_wrap("abcde", 5, 5), 5);
    assert_int_equal(glyphs_wrap("abcdefgh", 8, 5), 5);
    assert_int_equal(glyphs_wrap("abcd efgh", 9, 6), 6 - 1);
    assert_int_equal(glyphs_wrap("a bcdefghij", 11, 6), 6);
    assert_int_equal(glyphs_wrap("\u65E5\u672C", 6, 3), 3);
    /* Narrower than one character: it must still come to an end. */
    assert_int_equal(glyphs_wrap("\u65E5\u672C", 6, 1), 3);
}

static void test_tail(void **state)
{
    const char *text = "Resize.main";
    const char *wide = "\u65E5\u672C";
    (void)state;
    assert_string_equal(glyphs_tail(text, 11, 11), text);
    assert_string_equal(glyphs_tail(text, 11, 4), "main");
    assert_string_equal(glyphs_tail(text, 11, 0), "");
    /* Half a character is none. */
    assert_string_equal(glyphs_tail(wide, 6, 3), wide + 3);
}

static void test_find(void **state)
{
    size_t from = 0;
    (void)state;
    assert_true(glyphs_find("one Two two", 11, "two", &from));
    assert_int_equal(from, 4);
    from = 5;
    assert_true(glyphs_find("one Two two", 11, "two", &from));
    assert_int_equal(from, 8);
    from = 5;
    assert_false(glyphs_find("one Two two", 11, "Two", &from));
    from = 0;
    assert_false(glyphs_find("one", 3, "", &from));
    assert_false(glyphs_find("on", 2, "one", &from));
}

static void test_every_style_has_a_letter(void **state)
{
    char seen[256] = {0};
    (void)state;
    for (int style = 0; style < STYLE_COUNT; style++) {
        unsigned char letter = (unsigned char)style_letter((enum style)style, MARK_NONE);
        assert_true(letter > ' ');
        assert_int_equal(seen[letter]++, 0);
    }
    for (int mark = MARK_CURSOR; mark < MARK_COUNT; mark++) {
        unsigned char letter = (unsigned char)style_letter(STYLE_TEXT, (enum mark)mark);
        assert_int_equal(seen[letter]++, 0);
    }
}

static void test_without_color_there_is_none(void **state)
{
    (void)state;
    for (int style = 0; style < STYLE_COUNT; style++) {
        for (int mark = 0; mark < MARK_COUNT; mark++) {
            struct look look = style_look((enum style)style, (enum mark)mark, false);
            assert_int_equal(look.foreground, -1);
            assert_int_equal(look.background, -1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_text_and_styles, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_long_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wide_is_never_halved, setup, teardown),
        cmocka_unit_test_setup_teardown(test_combining, setup, teardown),
        cmocka_unit_test_setup_teardown(test_controls_are_shown, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ascii, setup, teardown),
        cmocka_unit_test_setup_teardown(test_outside_is_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_fields, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_match_stays_on_the_selected_row, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes_are_limited, setup, teardown),
        cmocka_unit_test(test_tabs),
        cmocka_unit_test(test_joiners_take_no_cell),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_tail),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_every_style_has_a_letter),
        cmocka_unit_test(test_without_color_there_is_none),
    };
    setlocale(LC_ALL, "C.UTF-8");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
