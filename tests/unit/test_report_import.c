/* report/import: rows become invocations, files and lines. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/import.h"
#include "report/imported_text.h"
#include "report/json.h"
#include "report/kusto.h"
#include "report/table.h"

static const int64_t mib = 1 << 20;

static struct model *read_text(const char *text, const struct import_setup *setup)
{
    const struct import_setup plain = {.gap_ns = 1000000000};
    struct import *import = import_new(setup ? setup : &plain);
    import_begin(import, "log");
    import_feed(import, text, strlen(text));
    import_end(import);
    struct model *model = import_finish(import);
    import_free(import);
    return model;
}

static const char console[] =
    "[2024-05-01T12:00:00.000Z] Executing 'Functions.Left' (Reason='x', Id=11)\n"
    "[2024-05-01T12:00:01.000Z] memory_profiler_logs: Filename: /app/F/__init__.py\n"
    "[2024-05-01T12:00:01.000Z] memory_profiler_logs:      3     40.0 MiB     40.0 MiB           1"
    "   @profile\n"
    "[2024-05-01T12:00:01.000Z] memory_profiler_logs:      5     42.0 MiB      2.0 MiB           4"
    "       x = 1\n"
    "[2024-05-01T12:00:02.000Z] Executed 'Functions.Left' (Failed, Id=11, Duration=1500ms)\n"
    "[2024-05-01T12:00:05.000Z] memory_profiler_logs:      5     41.0 MiB     -1.0 MiB           4"
    "       x = 1\n";

static void test_console(void **state)
{
    struct model *model = read_text(console, NULL);
    const struct invocations *set = &model->invocations;
    (void)state;
    assert_int_equal(model->worker, WORKER_NONE);
    assert_string_equal(model->app_root, "/app");
    assert_int_equal(set->total, 2);
    assert_int_equal(set->failed, 1);
    assert_string_equal(set->kept[0]->id, "11");
    assert_string_equal(set->kept[0]->function, "Left");
    assert_int_equal(set->kept[0]->outcome, OUTCOME_FAILED);
    assert_int_equal(set->kept[0]->duration_ns, 1500000000);
    assert_int_equal(set->kept[0]->rss_start_bytes, 40 * mib);
    assert_int_equal(set->kept[0]->rss_end_bytes, 42 * mib);
    assert_int_equal(set->kept[0]->rss_lines_bytes, 2 * mib);
    assert_string_equal(set->kept[1]->function, "F");
    const struct line_stats *stats = &model->files[0]->lines[4].total;
    assert_int_equal(stats->increment_bytes, mib);
    assert_int_equal(stats->peak_bytes, 42 * mib);
    assert_int_equal(stats->mem_usage_bytes, 41 * mib);
    assert_int_equal(stats->occurrences, 8);
    assert_int_equal(model->files[0]->lines[2].total.increment_bytes, 0);
    model_free(model);
}

static void test_table(void **state)
{
    struct model *model = read_text(console, NULL);
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(table_write(model, 1, &out, NULL), 0);
    assert_string_equal(buf_text(&out),
                        "Filename: /app/F/__init__.py\n\n"
                        "Line #    Mem usage    Increment  Occurrences   Line Contents\n"
                        "=============================================================\n"
                        "     3     40.0 MiB      0.0 MiB           1   @profile\n"
                        "     4                                         \n"
                        "     5     42.0 MiB      1.0 MiB           8       x = 1\n\n\n");
    buf_consume(&out, out.len);
    assert_int_equal(imported_text_write(model, &out, NULL), 0);
    assert_string_equal(
        buf_text(&out),
        "Imported 3 rows of 2 invocations from 1 log with 6 records.\n\n"
        "MiB when the first and the last invocation began, at the peak, and growth an invocation:\n"
        "Invoc.   First    Last    Peak   Growth Instance\n"
        "     2    40.0    42.0    42.0   +2.000 (not named)\n");
    buf_fini(&out);
    model_free(model);
}

/* The folder of the app is above those of its functions; the instance that grows most is first. */
static void test_several_functions(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_printf(&text, "time,message,FileName,operation_Id,cloud_RoleInstance\n");
    for (int i = 0; i < 8; i++)
        buf_printf(&text,
                   "2024-05-01T12:00:%02dZ,\"     3     %d.0 MiB      0.0 MiB           1   "
                   "@profile\",/site/app/%s/__init__.py,%d,%s\n",
                   i, 40 + i % 2 * i, i < 4 ? "F" : "G", i, i % 2 ? "leaky" : "calm");
    struct model *model = read_text(buf_text(&text), NULL);
    uint64_t first_ns, last_ns;
    assert_string_equal(model->app_root, "/site/app");
    assert_string_equal(model->files[0]->display, "F/__init__.py");
    assert_int_equal(model->functions[0].line, 3);
    assert_string_equal(model->imported->instances[0].name, "leaky");
    assert_true(model->imported->instances[0].growth_bytes == 2.0 * (double)mib);
    assert_true(imported_period(model->imported, &first_ns, &last_ns));
    assert_int_equal(last_ns - first_ns, 7000000000);
    model_free(model);
    const struct import_setup setup = {.instance = "leaky"};
    model = read_text(buf_text(&text), &setup);
    assert_int_equal(model->imported->rows, 4);
    assert_int_equal(model->imported->instance_count, 1);
    model_free(model);
    buf_fini(&text);
}

static void test_kusto(void **state)
{
    struct model *model = read_text(console, NULL);
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    assert_int_equal(kusto_write(model, false, &out, NULL), 0);
    assert_string_equal(
        buf_text(&out),
        "timestamp,LineNumber,TotalMem_MiB,IncreMem_MiB,Occurrences,Contents,RequestId,"
        "InvocationId,FileName,operation_Name,cloud_RoleInstance\n"
        "\"2024-05-01T12:00:01.000Z\",3,40.000000,0.000000,1,\"@profile\",\"11\",\"11\","
        "\"/app/F/__init__.py\",\"Left\",\"\"\n"
        "\"2024-05-01T12:00:01.000Z\",5,42.000000,2.000000,4,\"    x = 1\",\"11\",\"11\","
        "\"/app/F/__init__.py\",\"Left\",\"\"\n"
        "\"2024-05-01T12:00:05.000Z\",5,41.000000,-1.000000,4,\"    x = 1\",\"2\",\"2\","
        "\"/app/F/__init__.py\",\"F\",\"\"\n");
    buf_fini(&out);
    for (size_t max = 0; max < 600; max += 7) {
        struct error error = {0};
        buf_init(&out, max);
        assert_int_equal(kusto_write(model, true, &out, &error), -1);
        assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
        buf_fini(&out);
    }
    model_free(model);
}

/* A log with a line number of 200,000 for each of many files does not take the memory. */
static void test_limit_of_lines(void **state)
{
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 20);
    for (int i = 0; i < 10; i++)
        buf_printf(&text,
                   "memory_profiler_logs: Filename: /app/f%d.py\nmemory_profiler_logs: 200000     "
                   "40.0 MiB      1.0 MiB           1   x\n",
                   i);
    struct model *model = read_text(buf_text(&text), NULL);
    assert_int_equal(model->imported->rows, 10);
    assert_int_equal(model->imported->dropped, 8);
    model_free(model);
    buf_fini(&text);
}

/* Nor do a million names. */
static void test_limit_of_files(void **state)
{
    enum { COUNT = IMPORT_FILES_MAX + 500 };
    struct buf text;
    (void)state;
    buf_init(&text, 1 << 24);
    buf_printf(&text, "message,FileName,operation_Name\n");
    for (int i = 0; i < COUNT; i++)
        buf_printf(&text, "3     40.0 MiB      0.5 MiB           1   x,/f%d.py,f%d\n", i, i);
    struct model *model = read_text(buf_text(&text), NULL);
    assert_int_equal(model->imported->rows, COUNT);
    assert_int_equal(model->imported->dropped, 500);
    assert_int_equal(model->file_count, IMPORT_FILES_MAX);
    model_free(model);
    buf_fini(&text);
}

static bool give_source(void *context, const char *path, struct buf *out)
{
    assert_string_equal(path, "/app/F/__init__.py");
    return buf_printf(out, "%s", (const char *)context) == 0;
}

static void test_source(void **state)
{
    char source[] = "import y\n\n@profile\nasync def main():\n    x = 2\n";
    const struct import_setup setup = {.context = source, .source = give_source};
    struct model *model = read_text(console, &setup);
    (void)state;
    assert_int_equal(model->imported->other_text, 1);
    assert_int_equal(model->files[0]->function_count, 1);
    assert_string_equal(model->files[0]->functions[0].name, "main");
    assert_true(model->functions[0].asynchronous);
    assert_int_equal(model->functions[0].line, 4);
    model_free(model);
}

/* More invocations than are kept: each was handed on, and the sums are of all. */
static void count_invocation(void *context, const struct model *model,
                             const struct invocation *invocation)
{
    (void)model;
    assert_true(invocation_is_over(invocation));
    ++*(size_t *)context;
}

static void test_many_invocations(void **state)
{
    struct buf text;
    size_t count = 0;
    const struct import_setup setup = {.context = &count, .invocation = count_invocation};
    (void)state;
    buf_init(&text, 1 << 24);
    buf_printf(&text, "message,operation_Id,FileName\n");
    for (int i = 0; i < 3000; i++)
        buf_printf(&text, "\"     3     40.0 MiB      0.5 MiB           1   x\",%d,/a.py\n", i);
    struct model *model = read_text(buf_text(&text), &setup);
    assert_int_equal(count, 3000);
    assert_int_equal(model->invocations.total, 3000);
    assert_int_equal(model->files[0]->lines[2].total.increment_bytes, 1500 * mib);
    model_free(model);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_console),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_several_functions),
        cmocka_unit_test(test_kusto),
        cmocka_unit_test(test_limit_of_lines),
        cmocka_unit_test(test_limit_of_files),
        cmocka_unit_test(test_source),
        cmocka_unit_test(test_many_invocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
