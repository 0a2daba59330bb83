/* model/file: cutting text into lines, functions in each other, totals over workers. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "model/file.h"

static struct file *file_of(const char *text)
{
    return file_new("/app/a.py", "/app", text, strlen(text));
}

static void check_lines(const char *text, size_t text_len, const char *const *expected,
                        uint32_t count)
{
    struct file *file = file_new("/a.py", NULL, text, text_len);
    assert_int_equal(file->line_count, count);
    for (uint32_t i = 0; i < count; i++) {
        size_t len;
        const char *line = file_line_text(file, i + 1, &len);
        assert_int_equal(len, strlen(expected[i]));
        assert_memory_equal(line, expected[i], len);
    }
    file_free(file);
}

static void test_lines(void **state)
{
    (void)state;
    static const char *const abc[] = {"a", "b", "c"};
    check_lines("a\nb\nc", 5, abc, 3);
    check_lines("a\nb\nc\n", 6, abc, 3);
    check_lines("a\r\nb\rc\r\n", 8, abc, 3);
    check_lines("\xEF\xBB\xBF"
                "a\nb\nc",
                8, abc, 3);
    static const char *const blank[] = {"", "", "a", ""};
    check_lines("\n\r\na\n\n", 6, blank, 4);
    check_lines("\r\r\na\r\n\r", 7, blank, 4);
    /* Python counts no line at these: form feed, vertical tab, NEL, line separator. */
    static const char *const odd[] = {"a\fb\vc", "d\xC2\x85"
                                                 "e\xE2\x80\xA8"
                                                 "f"};
    check_lines("a\fb\vc\nd\xC2\x85"
                "e\xE2\x80\xA8"
                "f",
                14, odd, 2);
    check_lines("", 0, NULL, 0);
    check_lines("\xEF\xBB\xBF", 3, NULL, 0);
}

static void test_display(void **state)
{
    (void)state;
    static const struct {
        const char *path, *root, *display;
    } cases[] = {
        {"/app/f/__init__.py", "/app", "f/__init__.py"},
        {"/app/f/__init__.py", "/app/", "f/__init__.py"},
        {"/app/f.py", "/", "app/f.py"},
        {"/apple/f.py", "/app", "/apple/f.py"},
        {"/lib/f.py", "/app", "/lib/f.py"},
        {"/app/f.py", NULL, "/app/f.py"},
        {"/app/f.py", "", "/app/f.py"},
        {"/app", "/app", "/app"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct file *file = file_new(cases[i].path, cases[i].root, "", 0);
        assert_string_equal(file->path, cases[i].path);
        assert_string_equal(file->display, cases[i].display);
        file_free(file);
    }
}

static void test_problems(void **state)
{
    (void)state;
    struct file *file = file_of("x = '\xC3\xA9'\n");
    assert_null(file->problem);
    file_free(file);
    file = file_of("# -*- coding: latin-1 -*-\nx = '\xE9'\n");
    assert_memory_equal(file->problem, "not UTF-8", 9);
    assert_int_equal(file->line_count, 2);
    size_t len;
    assert_memory_equal(file_line_text(file, 2, &len), "x = '\xE9'", 7); /* kept as it is */
    file_free(file);
    file = file_new("/app/gone.py", "/app", NULL, 0);
    assert_non_null(file->problem);
    assert_null(file->text);
    assert_int_equal(file->line_count, 0);
    file_free(file);
    file_free(NULL);
}

static void test_too_many_lines(void **state)
{
    (void)state;
    size_t len = FILE_LINES_MAX + 10;
    char *text = mem_calloc(len, 1);
    memset(text, '\n', len);
    struct file *file = file_new("/a.py", NULL, text, FILE_LINES_MAX);
    assert_null(file->problem);
    assert_int_equal(file->line_count, FILE_LINES_MAX);
    file_free(file);
    file = file_new("/a.py", NULL, text, len);
    assert_int_equal(file->line_count, FILE_LINES_MAX);
    assert_non_null(strstr(file->problem, "200000 lines"));
    assert_non_null(file_line_at(file, FILE_LINES_MAX));
    assert_null(file_line_at(file, FILE_LINES_MAX + 1));
    assert_null(file_line_at(file, UINT32_MAX));
    assert_null(file_line_at(file, 0));
    file_free(file);
    free(text);
}

static void test_line_past_the_text(void **state)
{
    (void)state;
    struct file *file = file_of("a\nb\n");
    file_line_at(file, 1)->total.occurrences = 5;
    assert_non_null(file_line_at(file, 100));
    assert_int_equal(file->line_count, 100);
    assert_int_equal(file->lines[0].total.occurrences, 5);
    assert_int_equal(file->lines[99].total.occurrences, 0);
    size_t len = 9;
    assert_string_equal(file_line_text(file, 100, &len), "");
    assert_int_equal(len, 0);
    file_line_text(file, 101, &len);
    file_line_text(file, 0, &len);
    assert_int_equal(len, 0);
    file_free(file);
    file = file_new("/gone.py", NULL, NULL, 0);
    assert_non_null(file_line_at(file, 3));
    assert_string_equal(file_line_text(file, 3, &len), "");
    file_free(file);
}

static void check_function_at(const struct file *file, uint32_t line, const char *name)
{
    const struct file_function *function = file_function_at(file, line);
    if (!name)
        assert_null(function);
    else
        assert_string_equal(function ? function->name : "none", name);
}

static void test_functions(void **state)
{
    (void)state;
    struct file *file = file_of("");
    file_add_function(file, "outer.<locals>.deep", 4, 4);
    file_add_function(file, "second", 20, 30);
    file_add_function(file, "outer.<locals>.inner", 3, 5);
    file_add_function(file, "outer", 1, 10);
    file_add_function(file, "second.<locals>.first_line", 20, 20);
    file_add_function(file, "outer", 1, 10);
    assert_int_equal(file->function_count, 5);
    for (size_t i = 1; i < file->function_count; i++)
        assert_true(file->functions[i - 1].first_line <= file->functions[i].first_line);
    check_function_at(file, 1, "outer");
    check_function_at(file, 3, "outer.<locals>.inner");
    check_function_at(file, 4, "outer.<locals>.deep");
    check_function_at(file, 5, "outer.<locals>.inner");
    check_function_at(file, 6, "outer");
    check_function_at(file, 11, NULL);
    check_function_at(file, 20, "second.<locals>.first_line");
    check_function_at(file, 30, "second");
    check_function_at(file, 31, NULL);
    check_function_at(file, 0, NULL);
    for (size_t i = 0; i < file->function_count; i++)
        assert_int_equal(file_function_is_outermost(file, &file->functions[i]),
                         strchr(file->functions[i].name, '<') == NULL);
    file_free(file);
}

static void test_functions_of_the_same_range(void **state)
{
    (void)state;
    struct file *file = file_of("");
    file_add_function(file, "one", 2, 4);
    file_add_function(file, "two", 2, 4);
    file_add_function(file, "one", 2, 4);
    assert_int_equal(file->function_count, 2);
    assert_string_equal(file->functions[0].name, "one");
    assert_true(file_function_is_outermost(file, &file->functions[0]));
    assert_false(file_function_is_outermost(file, &file->functions[1]));
    /* Ranges of two versions of a file may overlap: neither lies within the other. */
    file_add_function(file, "edited", 3, 9);
    assert_true(file_function_is_outermost(file, &file->functions[2]));
    file_free(file);
}

static void test_impossible_functions(void **state)
{
    (void)state;
    struct file *file = file_of("");
    file_add_function(file, "zero", 0, 5);
    file_add_function(file, "backwards", 5, 4);
    file_add_function(file, "far", FILE_LINES_MAX + 1, UINT32_MAX);
    assert_int_equal(file->function_count, 0);
    file_add_function(file, "long", 5, UINT32_MAX);
    assert_int_equal(file->functions[0].last_line, FILE_LINES_MAX);
    file_free(file);
}

static void test_totals(void **state)
{
    (void)state;
    struct file *file = file_of("a\nb\n");
    struct line_stats live = {.mem_usage_bytes = 1000,
                              .peak_bytes = 1500,
                              .increment_bytes = 70,
                              .self_increment_bytes = 60,
                              .occurrences = 3};
    assert_true(file_set_live(file, 2, &live));
    assert_false(file_set_live(file, 2, &live));
    assert_int_equal(file->lines[1].total.increment_bytes, 70);
    live.occurrences = 4;
    assert_true(file_set_live(file, 2, &live));
    /* A second worker begins at zero, on top of what the first one did. */
    file_keep_totals(file);
    live = (struct line_stats){0};
    assert_false(file_set_live(file, 2, &live));
    live = (struct line_stats){.mem_usage_bytes = 900,
                               .peak_bytes = 1200,
                               .increment_bytes = -20,
                               .self_increment_bytes = -10,
                               .occurrences = 1};
    assert_true(file_set_live(file, 2, &live));
    const struct line_stats *total = &file->lines[1].total;
    assert_int_equal(total->mem_usage_bytes, 900);
    assert_int_equal(total->peak_bytes, 1500);
    assert_int_equal(total->increment_bytes, 50);
    assert_int_equal(total->self_increment_bytes, 50);
    assert_int_equal(total->occurrences, 5);
    assert_false(file_set_live(file, 0, &live));
    assert_false(file_set_live(file, FILE_LINES_MAX + 1, &live));
    file_free(file);
}

/* Counters are another process's: their sums may be nonsense, but nothing undefined. */
static void test_totals_that_overflow(void **state)
{
    (void)state;
    struct file *file = file_of("a\n");
    const struct line_stats huge = {.mem_usage_bytes = INT64_MAX,
                                    .peak_bytes = INT64_MAX,
                                    .increment_bytes = INT64_MAX,
                                    .self_increment_bytes = INT64_MIN,
                                    .occurrences = UINT64_MAX};
    file_set_live(file, 1, &huge);
    file_keep_totals(file);
    assert_true(file_set_live(file, 1, &huge));
    assert_int_equal(file->lines[0].total.peak_bytes, INT64_MAX);
    file_free(file);
}

static void test_heap_totals(void **state)
{
    (void)state;
    struct file *file = file_of("a\n");
    struct line_stats live = {.occurrences = 1,
                              .net_python_bytes = 60,
                              .net_native_bytes = -5,
                              .allocated_bytes = 100,
                              .freed_bytes = 45,
                              .retained_python_bytes = 50,
                              .retained_native_bytes = 3,
                              .high_bytes = 80};
    assert_true(file_set_live(file, 1, &live));
    assert_false(file_set_live(file, 1, &live));
    const struct line_stats *total = &file->lines[0].total;
    assert_int_equal(line_net_bytes(total), 55);
    assert_int_equal(line_retained_bytes(total), 53);
    /* What is retained died with the worker; who looks at its end still sees it. */
    file_keep_totals(file);
    assert_int_equal(line_retained_bytes(total), 53);
    file_forget_retained(file);
    assert_int_equal(line_retained_bytes(total), 0);
    live.high_bytes = 70;
    assert_true(file_set_live(file, 1, &live));
    assert_int_equal(total->net_python_bytes, 120);
    assert_int_equal(total->net_native_bytes, -10);
    assert_int_equal(total->allocated_bytes, 200);
    assert_int_equal(total->freed_bytes, 90);
    assert_int_equal(total->retained_python_bytes, 50);
    assert_int_equal(total->retained_native_bytes, 3);
    assert_int_equal(total->high_bytes, 80);
    file_free(file);
}

static void test_trend(void **state)
{
    (void)state;
    struct file *file = file_of("a\n");
    for (int64_t i = 1; i <= FILE_TREND; i++)
        file_add_trend(file, 1, i);
    assert_int_equal(file->lines[0].trend_len, FILE_TREND);
    assert_int_equal(file->lines[0].trend_bytes[0], 1);
    file_add_trend(file, 1, 100);
    assert_int_equal(file->lines[0].trend_len, FILE_TREND);
    assert_int_equal(file->lines[0].trend_bytes[0], 2);
    assert_int_equal(file->lines[0].trend_bytes[FILE_TREND - 2], FILE_TREND);
    assert_int_equal(file->lines[0].trend_bytes[FILE_TREND - 1], 100);
    file_add_trend(file, 0, 1);
    file_free(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_display),
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_too_many_lines),
        cmocka_unit_test(test_line_past_the_text),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_functions_of_the_same_range),
        cmocka_unit_test(test_impossible_functions),
        cmocka_unit_test(test_totals),
        cmocka_unit_test(test_totals_that_overflow),
        cmocka_unit_test(test_heap_totals),
        cmocka_unit_test(test_trend),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
