/* report/log_row: rows of memory_profiler's report in all the forms in which logs have them. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/log_row.h"

static const int64_t mib = 1 << 20;

static void check_text(const struct log_row *row, const char *text)
{
    char *copy = calloc(row->text.len + 1, 1);
    if (row->text.len)
        memcpy(copy, row->text.at, row->text.len);
    assert_string_equal(copy, text);
    free(copy);
}

/* Tenths of a MiB. */
static void check_row(const struct log_row *row, uint32_t line, int mem, int increment,
                      uint64_t occurrences, const char *text)
{
    assert_int_equal(row->kind, LOG_ROW_MEASURED);
    assert_int_equal(row->line, line);
    assert_true(llabs(row->mem_bytes * 10 - mem * mib) < 10);
    assert_true(llabs(row->increment_bytes * 10 - increment * mib) < 10);
    assert_int_equal(row->occurrences, occurrences);
    check_text(row, text);
}

static void measured(const char *text, uint32_t line, int mem, int increment, uint64_t occurrences,
                     const char *contents)
{
    struct log_row row;
    log_row_parse(&row, span_of(text));
    check_row(&row, line, mem, increment, occurrences, contents);
}

static enum log_row_kind kind_of(const char *text)
{
    struct log_row row;
    log_row_parse(&row, span_of(text));
    return row.kind;
}

static void test_measured(void **state)
{
    (void)state;
    measured("    22     46.6 MiB      1.5 MiB          10           async with x as y:\n", 22, 466,
             15, 10, "        async with x as y:");
    measured("22     46.6 MiB     -1.5 MiB          10   x", 22, 466, -15, 10, "x");
    measured("    22       47 MiB        0 MiB           1       x", 22, 470, 0, 1, "    x");
    measured("    22  46.6000 MiB   0.1000 MiB           1       x", 22, 466, 1, 1, "    x");
    measured("100000 12345.6000 MiB 12345.6000 MiB  12345678901       x", 100000, 123456, 123456,
             12345678901, "    x");
    measured("22 46.6 MiB 1.5 MiB 10 x = 1", 22, 466, 15, 10, "x = 1");
    measured("    22     46.6 MiB      1.5 MiB          10", 22, 466, 15, 10, "");
    measured("\t22\t46.6 MiB\t1.5 MiB\t10\tx", 22, 466, 15, 10, "x");
    /* What the source has is nobody's business. */
    measured("    22     46.6 MiB      1.5 MiB           1       \"1 MiB  2.0 MiB\"  # 3", 22, 466,
             15, 1, "    \"1 MiB  2.0 MiB\"  # 3");
    measured("     7     46.6 MiB      1.5 MiB           1   7     46.6 MiB      1.5 MiB    1   x",
             7, 466, 15, 1, "7     46.6 MiB      1.5 MiB    1   x");
    measured("     7     46.6 MiB      1.5 MiB           1       # Größe: 1 MiB", 7, 466, 15, 1,
             "    # Größe: 1 MiB");
}

static void test_without_occurrences(void **state)
{
    (void)state;
    measured("    22     46.6 MiB      1.5 MiB           x = 1", 22, 466, 15, 1, "        x = 1");
    measured("    22     46.6 MiB      1.5 MiB           12,", 22, 466, 15, 1, "        12,");
}

static void test_unmeasured(void **state)
{
    struct log_row row;
    (void)state;
    log_row_parse(&row,
                  span_of("    23                                             x = \"1 MiB\""));
    assert_int_equal(row.kind, LOG_ROW_UNMEASURED);
    assert_int_equal(row.line, 23);
    check_text(&row, "    x = \"1 MiB\"");
    log_row_parse(
        &row,
        span_of("    23                                         46.6 MiB   1.5 MiB   10   x"));
    assert_int_equal(row.kind, LOG_ROW_UNMEASURED);
    check_text(&row, "46.6 MiB   1.5 MiB   10   x");
    log_row_parse(&row, span_of("memory_profiler_logs:     23        "));
    assert_int_equal(row.kind, LOG_ROW_UNMEASURED);
    assert_int_equal(row.line, 23);
    check_text(&row, "");
}

static void test_loggers(void **state)
{
    struct log_row row;
    (void)state;
    log_row_parse(&row, span_of("memory_profiler_logs:     22     46.6 MiB      1.5 MiB          "
                                "10       x"));
    check_row(&row, 22, 466, 15, 10, "    x");
    assert_true(row.tagged);
    log_row_parse(&row, span_of("INFO:memory_profiler_logs:    22     46.6 MiB      1.5 MiB        "
                                "  10   x"));
    check_row(&row, 22, 466, 15, 10, "x");
    assert_true(row.tagged);
    /* A log stream, and a container's console, have more before it. */
    log_row_parse(&row, span_of("  [Information]   memory_profiler_logs:     22     46.6 MiB      "
                                "1.5 MiB          10       x"));
    check_row(&row, 22, 466, 15, 10, "    x");
    assert_true(row.tagged);
    log_row_parse(&row, span_of("      memory_profiler_logs: Filename: /a.py"));
    assert_int_equal(row.kind, LOG_ROW_FILE);
    log_row_parse(&row, span_of("[Error] of memory_profiler_logs: what is this"));
    assert_int_equal(row.kind, LOG_ROW_NONE);
    assert_true(row.tagged);
    log_row_parse(&row,
                  span_of("see my_memory_profiler_logs: 22     46.6 MiB      1.5 MiB     1   x"));
    assert_int_equal(row.kind, LOG_ROW_NONE);
    assert_false(row.tagged);
    log_row_parse(&row, span_of("app.memory:     22     46.6 MiB      1.5 MiB          10   x"));
    check_row(&row, 22, 466, 15, 10, "x");
    assert_false(row.tagged);
    log_row_parse(&row, span_of("memory_profiler_logs: and something else"));
    assert_int_equal(row.kind, LOG_ROW_NONE);
    assert_true(row.tagged);
}

static void test_other_rows(void **state)
{
    struct log_row row;
    (void)state;
    log_row_parse(&row, span_of("memory_profiler_logs: Filename: /home/site/a b.py\n\n"));
    assert_int_equal(row.kind, LOG_ROW_FILE);
    check_text(&row, "/home/site/a b.py");
    assert_int_equal(kind_of("Line #    Mem usage    Increment  Occurrences   Line Contents\n"),
                     LOG_ROW_HEAD);
    assert_int_equal(kind_of("memory_profiler_logs: ======="), LOG_ROW_HEAD);
    assert_int_equal(kind_of("memory_profiler_logs: \n\n"), LOG_ROW_HEAD);
}

static void test_no_rows(void **state)
{
    static const char *const texts[] = {
        "Executing 'Functions.X' (Reason='...', Id=1)",
        "23",
        "22 46.6 MiB",
        "22 46.6 MB 1.5 MB 10",
        "0     46.6 MiB      1.5 MiB          10   x",
        "200001     46.6 MiB      1.5 MiB          10   x",
        "99999999999999999999     46.6 MiB      1.5 MiB          10   x",
        "22     99999999999999999 MiB      1.5 MiB          10   x",
        "22     46. MiB      1.5 MiB          10   x",
        "x: y: z: 1",
        "http://localhost:7071/",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_int_equal(kind_of(texts[i]), LOG_ROW_NONE);
}

static void columns(struct log_row *row, struct buf *joined, const char *line, const char *mem,
                    const char *increment, const char *occurrences, const char *contents)
{
    const struct span spans[LOG_COLUMNS] = {span_of(line), span_of(mem), span_of(increment),
                                            span_of(occurrences), span_of(contents)};
    log_row_parse_columns(row, spans, joined);
}

static void test_columns(void **state)
{
    struct log_row row;
    struct buf joined;
    (void)state;
    buf_init(&joined, 1 << 20);
    /* As the page's query leaves them. */
    columns(&row, &joined, "", "", "22", "",
            " 46.6 MiB      1.5 MiB          10           async with x:");
    check_row(&row, 22, 466, 15, 10, "        async with x:");
    columns(&row, &joined, "/home/site/wwwroot/X/__init__.py", "", "", "", "");
    assert_int_equal(row.kind, LOG_ROW_FILE);
    check_text(&row, "/home/site/wwwroot/X/__init__.py");
    columns(&row, &joined, "Line #", "", "Mem usage", "", "Increment  Occurrences   Line Contents");
    assert_int_equal(row.kind, LOG_ROW_HEAD);
    columns(&row, &joined, "", "", "", "", "");
    assert_int_equal(row.kind, LOG_ROW_HEAD);
    /* As they should be. */
    columns(&row, &joined, "22", "46.6", "-1.5", "10", "        async with x:");
    check_row(&row, 22, 466, -15, 10, "        async with x:");
    columns(&row, &joined, "22", "46.6 MiB", "1.5 MiB", "10", "    1 MiB");
    check_row(&row, 22, 466, 15, 10, "    1 MiB");
    columns(&row, &joined, "what", "is", "this", "", "");
    assert_int_equal(row.kind, LOG_ROW_NONE);
    assert_true(row.tagged);
    buf_fini(&joined);
}

/* The message, cut at its pairs of spaces as Kusto's parse does, is the same row. */
static void test_cut_and_joined(void **state)
{
    static const char *const rows[] = {
        "    22     46.6 MiB      1.5 MiB          10           async with x:",
        "     7  46.6000 MiB   1.5000 MiB           1   a  b   c  \"1 MiB\"",
        "123456 12345.6 MiB 12345.6 MiB  1234567890       x",
        "    22       47 MiB        2 MiB          10   ",
    };
    struct log_row whole, again;
    struct buf joined;
    (void)state;
    buf_init(&joined, 1 << 20);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span spans[LOG_COLUMNS], rest = span_of(rows[i]);
        for (size_t k = 0; k + 1 < LOG_COLUMNS; k++) {
            const char *cut = strstr(rest.at, "  ");
            assert_non_null(cut);
            spans[k] = (struct span){rest.at, (size_t)(cut - rest.at)};
            rest = span_of(cut + 2);
        }
        spans[LOG_COLUMN_CONTENTS] = rest;
        log_row_parse(&whole, span_of(rows[i]));
        log_row_parse_columns(&again, spans, &joined);
        assert_int_equal(whole.kind, LOG_ROW_MEASURED);
        assert_int_equal(again.kind, LOG_ROW_MEASURED);
        assert_int_equal(whole.line, again.line);
        assert_int_equal(whole.mem_bytes, again.mem_bytes);
        assert_int_equal(whole.increment_bytes, again.increment_bytes);
        assert_int_equal(whole.occurrences, again.occurrences);
        assert_true(span_equal(whole.text, again.text));
    }
    buf_fini(&joined);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_measured),   cmocka_unit_test(test_without_occurrences),
        cmocka_unit_test(test_unmeasured), cmocka_unit_test(test_loggers),
        cmocka_unit_test(test_other_rows), cmocka_unit_test(test_no_rows),
        cmocka_unit_test(test_columns),    cmocka_unit_test(test_cut_and_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
