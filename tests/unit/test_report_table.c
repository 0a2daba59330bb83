/* report/table: memory_profiler's layout byte for byte, and what is better than there. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/table.h"

#define HEAD                                                                                       \
    "Line #    Mem usage    Increment  Occurrences   Line Contents\n"                              \
    "=============================================================\n"

static const int64_t mib = 1 << 20;

static struct file *add_file(struct model *model, const char *path, const char *text)
{
    struct file *file = file_new(path, model->app_root, text, text ? strlen(text) : 0);
    model_add_file(model, file);
    return file;
}

/* Sizes in 1/1024 MiB. */
static void set_line(struct file *file, uint32_t line, int64_t peak_kib, int64_t increment_kib,
                     uint64_t occurrences)
{
    const struct line_stats stats = {
        .mem_usage_bytes = 1024, /* the table shows the maximum, not this */
        .peak_bytes = peak_kib * 1024,
        .increment_bytes = increment_kib * 1024,
        .occurrences = occurrences,
    };
    file_set_live(file, line, &stats);
}

static void check_table(struct model *model, int precision, const char *expected)
{
    struct buf out;
    struct error error = {0};
    buf_init(&out, 1 << 20);
    assert_int_equal(table_write(model, precision, &out, &error), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
    model_free(model);
}

static const char source[] = "import x\n"
                             "\n"
                             "class A:\n"
                             "    @profile\n"
                             "    def m(self):\n"
                             "        # c\n"
                             "        x = [0] * 1000000\n"
                             "\n"
                             "        del x\n"
                             "        def inner():\n"
                             "            return 1\t# tab\n"
                             "        return inner()";

/* What memory_profiler 0.61 printed for this source, with its figures. */
static void test_layout(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *file = add_file(model, "/app/m.py", source);
    file_add_function(file, "A.m.<locals>.inner", 10, 11);
    file_add_function(file, "A.m", 4, 12);
    set_line(file, 1, 4000, 4000, 1);
    set_line(file, 4, 22733, 22733, 1);
    set_line(file, 7, 30515, 7782, 1);
    set_line(file, 9, 22733, -7782, 1);
    set_line(file, 10, 22733, 0, 2);
    set_line(file, 11, 22733, 0, 1);
    set_line(file, 12, 22733, 0, 1);
    check_table(model, TABLE_PRECISION_DEFAULT,
                "Filename: /app/m.py\n\n" HEAD
                "     4     22.2 MiB     22.2 MiB           1       @profile\n"
                "     5                                             def m(self):\n"
                "     6                                                 # c\n"
                "     7     29.8 MiB      7.6 MiB           1           x = [0] * 1000000\n"
                "     8                                         \n"
                "     9     22.2 MiB     -7.6 MiB           1           del x\n"
                "    10     22.2 MiB      0.0 MiB           2           def inner():\n"
                "    11     22.2 MiB      0.0 MiB           1               return 1\t# tab\n"
                "    12     22.2 MiB      0.0 MiB           1           return inner()\n\n\n");
}

static struct model *one_line(int64_t peak_kib, int64_t increment_kib, uint64_t occurrences)
{
    struct model *model = model_new("/app");
    struct file *file = add_file(model, "/app/f.py", "def f(): pass\n");
    file_add_function(file, "f", 1, 1);
    set_line(file, 1, peak_kib, increment_kib, occurrences);
    return model;
}

static void test_precision(void **state)
{
    (void)state;
    check_table(one_line(22688, 512, 1), 3,
                "Filename: /app/f.py\n\n" HEAD
                "     1   22.156 MiB    0.500 MiB           1   def f(): pass\n\n\n");
    check_table(one_line(22688, 1536, 1), 0,
                "Filename: /app/f.py\n\n" HEAD
                "     1       22 MiB        2 MiB           1   def f(): pass\n\n\n");
    check_table(one_line(22688, 1536, 1), -5,
                "Filename: /app/f.py\n\n" HEAD
                "     1       22 MiB        2 MiB           1   def f(): pass\n\n\n");
    /* Wider than its column: pushed to the right, never cut; and precision has a maximum. */
    check_table(
        one_line(22688, 1, 1), 99,
        "Filename: /app/f.py\n\n" HEAD
        "     1  22.156250000000 MiB   0.000976562500 MiB           1   def f(): pass\n\n\n");
}

static void test_wide_values(void **state)
{
    (void)state;
    struct model *model = one_line(INT64_MAX / 1024, INT64_MIN / 1024, UINT64_MAX);
    check_table(model, 1,
                "Filename: /app/f.py\n\n" HEAD
                "     1 8796093022208.0 MiB -8796093022208.0 MiB  18446744073709551615   "
                "def f(): pass\n\n\n");
    check_table(one_line(INT64_MAX / 1024, INT64_MIN / 1024, 1), 12,
                "Filename: /app/f.py\n\n" HEAD "     1 8796093022207.999023437500 MiB "
                "-8796093022208.000000000000 MiB           1   def f(): pass\n\n\n");
}

static void test_zero_has_no_sign(void **state)
{
    (void)state;
    check_table(one_line(1024, -4, 3), 1,
                "Filename: /app/f.py\n\n" HEAD
                "     1      1.0 MiB      0.0 MiB           3   def f(): pass\n\n\n");
    check_table(one_line(1024, -4, 3), 3,
                "Filename: /app/f.py\n\n" HEAD
                "     1    1.000 MiB   -0.004 MiB           3   def f(): pass\n\n\n");
    check_table(one_line(1024, -1020, 3), 0,
                "Filename: /app/f.py\n\n" HEAD
                "     1        1 MiB       -1 MiB           3   def f(): pass\n\n\n");
    check_table(one_line(1024, -500, 3), 0,
                "Filename: /app/f.py\n\n" HEAD
                "     1        1 MiB        0 MiB           3   def f(): pass\n\n\n");
}

/* The worker died in the line: it was begun, and nothing is known of what it took. */
static void test_line_that_never_ended(void **state)
{
    (void)state;
    check_table(one_line(0, 0, 1), 1,
                "Filename: /app/f.py\n\n" HEAD
                "     1                                     1   def f(): pass\n\n\n");
}

static void test_which_functions(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *b =
        add_file(model, "/app/b.py", "def late(): 1\ndef never(): 2\ndef early(): 3\n");
    struct file *a = add_file(model, "/app/a.py", "def other(): 1\n");
    file_add_function(b, "early", 3, 3);
    file_add_function(b, "never", 2, 2);
    file_add_function(b, "late", 1, 1);
    file_add_function(a, "other", 1, 1);
    set_line(b, 3, 1024, 0, 1);
    set_line(b, 1, 1024, 0, 1);
    set_line(a, 1, 1024, 0, 1);
    check_table(model, 1,
                "Filename: /app/b.py\n\n" HEAD
                "     1      1.0 MiB      0.0 MiB           1   def late(): 1\n\n\n"
                "Filename: /app/b.py\n\n" HEAD
                "     3      1.0 MiB      0.0 MiB           1   def early(): 3\n\n\n"
                "Filename: /app/a.py\n\n" HEAD
                "     1      1.0 MiB      0.0 MiB           1   def other(): 1\n\n\n");
    check_table(model_new("/app"), 1, "");
}

static void test_code_outside_of_functions(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = model_new("/app");
    struct file *changed =
        add_file(model, "/app/a.py", "import x\n\ndef f():\n    return 1\nk = f()\n# end\n");
    struct file *still = add_file(model, "/app/b.py", "import y\n");
    file_add_function(changed, "f", 3, 4);
    set_line(changed, 1, 2048, 1024, 1);
    set_line(changed, 4, 2048, 1024, 1); /* f's, and no part of it */
    set_line(changed, 5, 3072, 0, 1);
    set_line(still, 1, 2048, 0, 1);
    buf_init(&out, 1 << 20);
    assert_int_equal(table_write_modules(model, 0, &out, NULL), 0);
    assert_string_equal(buf_text(&out),
                        "Filename: /app/a.py\n\n" HEAD
                        "     1        2 MiB        1 MiB           1   import x\n"
                        "     2                                         \n"
                        "     5        3 MiB        0 MiB           1   k = f()\n\n\n");
    buf_fini(&out);
    model_free(model);
}

static void test_decorated_functions(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *b =
        add_file(model, "/app/b.py", "def outer():\n def part(): 1\ndef alone():\n def own(): 2\n");
    struct file *a = add_file(model, "/app/a.py", "def first(): 1\ndef never(): 2\n");
    file_add_function(b, "outer", 1, 2);
    file_add_function(b, "part", 2, 2);
    file_add_function(b, "alone", 3, 4);
    file_add_function(b, "own", 4, 4);
    file_add_function(a, "first", 1, 1);
    file_add_function(a, "never", 2, 2);
    for (uint32_t line = 1; line <= 4; line++)
        set_line(b, line, 1024, 0, line);
    set_line(a, 1, 1024, 0, 9);
    model->decorated_count = 6;
    file_decorate(a, "first", 1, 1, 1, false);
    file_decorate(b, "own", 4, 4, 2,
                  false); /* its function is not, so that it has a table of its own */
    file_decorate(b, "outer", 1, 2, 3, false);
    file_decorate(b, "part", 2, 2, 4, false); /* in outer's table */
    file_decorate(a, "never", 2, 2, 5, false);
    file_decorate(b, "alone", 3, 4, 6, true); /* its table was printed already */
    file_enter_decorated(b, 3, 5 * mib);
    file_enter_decorated(b, 3, 9 * mib); /* a later call */
    model_set_text(&b->given, "b.py");
    assert_true(model_reports_line(model, b, 2));
    assert_true(model_reports_line(model, b, 3));
    assert_false(model_reports_line(model, a, 3));
    check_table(model, 0,
                "Filename: /app/a.py\n\n" HEAD
                "     1        1 MiB        0 MiB           9   def first(): 1\n\n\n"
                "Filename: b.py\n\n" HEAD
                "     4        1 MiB        0 MiB           4    def own(): 2\n\n\n"
                "Filename: b.py\n\n" HEAD
                "     1        1 MiB        5 MiB           1   def outer():\n"
                "     2        1 MiB        0 MiB           2    def part(): 1\n\n\n");
}

static void test_versions(void **state)
{
    (void)state;
    struct model *model = one_line(1024, 0, 1);
    struct file *fresh = file_new("/app/f.py", "/app", "def g(): pass\n", 14);
    model_replace_file(model, 0, fresh);
    file_add_function(fresh, "g", 1, 1);
    set_line(fresh, 1, 2048, 0, 3);
    check_table(model, 1,
                "Filename: /app/f.py (version 1)\n\n" HEAD
                "     1      1.0 MiB      0.0 MiB           1   def f(): pass\n\n\n"
                "Filename: /app/f.py\n\n" HEAD
                "     1      2.0 MiB      0.0 MiB           3   def g(): pass\n\n\n");
}

static void test_no_source(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *file = add_file(model, "/app/gone.py", NULL);
    file_add_function(file, "f", 2, 4);
    set_line(file, 3, 1024, 1024, 1);
    check_table(model, 1,
                "Filename: /app/gone.py\n\n" HEAD
                "     2                                         \n"
                "     3      1.0 MiB      1.0 MiB           1   \n"
                "     4                                         \n\n\n");
}

static void test_source_is_harmless(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *file = add_file(model, "/app/\x1b[31m\xff.py",
                                 "\tx = '\x1b]0;t\x07\x9b\xE2\x80\xAE\xC3\xA9'\f\r\ny");
    file_add_function(file, "f", 1, 1);
    set_line(file, 1, 1024, 1024, 1);
    check_table(model, 1,
                "Filename: /app/^[[31m\xEF\xBF\xBD.py\n\n" HEAD
                "     1      1.0 MiB      1.0 MiB           1   "
                "\tx = '^[]0;t^G\xEF\xBF\xBD\xEF\xBF\xBD\xC3\xA9'^L\n\n\n");
}

/* At every size of buffer: either the whole report or an error, never a crash. */
static void test_full_buffer(void **state)
{
    (void)state;
    struct model *model = one_line(10 * mib / 1024, 0, 1);
    struct buf whole;
    buf_init(&whole, 1 << 20);
    assert_int_equal(table_write(model, 1, &whole, NULL), 0);
    for (size_t max = 0; max <= whole.len; max++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, max);
        assert_int_equal(table_write(model, 1, &out, &error), max == whole.len ? 0 : -1);
        if (max < whole.len) {
            assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
            assert_non_null(strstr(error.text, "--exclude"));
        }
        buf_fini(&out);
    }
    buf_fini(&whole);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_precision),
        cmocka_unit_test(test_wide_values),
        cmocka_unit_test(test_zero_has_no_sign),
        cmocka_unit_test(test_line_that_never_ended),
        cmocka_unit_test(test_which_functions),
        cmocka_unit_test(test_code_outside_of_functions),
        cmocka_unit_test(test_decorated_functions),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_no_source),
        cmocka_unit_test(test_source_is_harmless),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
