/* model/compare and its reports: two runs, line by line, through edits and moves. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "report/compare_report.h"

#define KIB 1024

static const char old_text[] = "import json\n"      /* 1 */
                               "PAGES = []\n"       /* 2 */
                               "def parse(text):\n" /* 3 */
                               "    one = json.loads(text)\n"
                               "    two = dict(one)\n"
                               "    return two\n"
                               "def main(req):\n" /* 7 */
                               "    text = req.body\n"
                               "    PAGES.append(text)\n" /* 9 */
                               "    return parse(text)\n";
static const char new_text[] = "import json\n"
                               "PAGES = []\n"
                               "LIMIT = 10\n"
                               "def main(req):\n" /* 4 */
                               "    text = req.body\n"
                               "    PAGES.append(text[:LIMIT])\n" /* 6 */
                               "    return parse(text)\n";
static const char moved_text[] = "import json\n"
                                 "def parse(text):\n" /* 2 */
                                 "    one = json.loads(text)\n"
                                 "    two = dict(one)\n"
                                 "    return two\n";

static uint32_t add(struct model *model, const char *path, const char *text)
{
    return model_add_file(model, file_new(path, model->app_root, text, strlen(text)));
}

static void add_run(struct model *model, uint32_t file, uint32_t line, uint64_t number,
                    int64_t net_bytes)
{
    struct invocation *one = invocations_find(&model->invocations, number);
    const struct line_stats stats = {.occurrences = 1,
                                     .increment_bytes = 4 * net_bytes,
                                     .net_python_bytes = net_bytes,
                                     .allocated_bytes = 1};
    struct line_stats sum = model->files[file]->lines[line - 1].total;
    if (!one)
        one = invocations_add(&model->invocations, number, "", "Main", "GET /api/Main");
    invocation_set_line(one, file, line, &stats);
    line_stats_add(&sum, &stats);
    sum.retained_python_bytes += net_bytes;
    file_set_live(model->files[file], line, &sum);
}

static void end(struct model *model, int64_t heap_each, int64_t rss_each)
{
    for (size_t i = 0; i < model->invocations.count; i++) {
        struct invocation *one = model->invocations.kept[i];
        one->heap_end_bytes = 1000 * KIB + heap_each * (int64_t)one->number;
        one->rss_end_bytes = 40000 * KIB + rss_each * (int64_t)one->number;
        invocations_end(&model->invocations, one, OUTCOME_SUCCEEDED, 200, 1000, NULL);
    }
}

static struct model *run_before(unsigned count)
{
    struct model *model = model_new("/app");
    uint32_t file = add(model, "/app/Main/__init__.py", old_text);
    model->heap.is_on = model->heap.native_is_on = true;
    file_add_function(model->files[file], "parse", 3, 6);
    file_add_function(model->files[file], "main", 7, 10);
    for (uint64_t number = 1; number <= count; number++) {
        add_run(model, file, 8, number, 0);
        add_run(model, file, 9, number, 10 * KIB);
        add_run(model, file, 5, number, 300);
    }
    end(model, 10 * KIB, 10 * KIB);
    return model;
}

static struct model *run_after(unsigned count)
{
    struct model *model = model_new("/app");
    uint32_t file = add(model, "/app/Main/__init__.py", new_text);
    uint32_t moved = add(model, "/app/shared/parsing.py", moved_text);
    model->heap.is_on = model->heap.native_is_on = true;
    file_add_function(model->files[file], "main", 4, 7);
    file_add_function(model->files[moved], "parse", 2, 5);
    for (uint64_t number = 1; number <= count; number++) {
        add_run(model, file, 5, number, 0);
        add_run(model, file, 6, number, KIB);
        add_run(model, moved, 4, number, 300);
    }
    end(model, KIB, KIB);
    return model;
}

static const struct compare_line *find(const struct compare *compare, uint32_t file, uint32_t line)
{
    for (size_t i = 0; i < compare->count; i++)
        if (compare->lines[i].after.line == line && compare->lines[i].after.file == file)
            return &compare->lines[i];
    fail_msg("no line %u", line);
    return &compare->lines[0];
}

static void test_lines(void **state)
{
    struct compare compare;
    struct model *before = run_before(4), *after = run_after(6);
    (void)state;
    compare_init(&compare, before, after);
    assert_int_equal(compare.count, 3);
    const struct compare_line *first = &compare.lines[0];
    assert_int_equal(first->kind, COMPARE_EDITED);
    assert_int_equal(first->before.line, 9);
    assert_int_equal(first->after.line, 6);
    /* Other numbers of requests: what each took is what is compared. */
    assert_int_equal(first->before.invocations, 4);
    assert_int_equal(first->after.invocations, 6);
    assert_int_equal(first->before.net_bytes, 10 * KIB);
    assert_int_equal(first->after.net_bytes, KIB);
    assert_int_equal(first->before.retained_bytes, 10 * KIB);
    assert_int_equal(first->change, 9 * KIB);
    assert_int_equal(find(&compare, 0, 5)->before.line, 8);
    assert_int_equal(find(&compare, 0, 5)->change, 0);
    /* A function that went to another file. */
    const struct compare_line *moved = find(&compare, 1, 4);
    assert_int_equal(moved->before.line, 5);
    assert_int_equal(moved->kind, COMPARE_SAME);
    assert_int_equal(moved->change, 0);
    compare_fini(&compare);
    model_free(before);
    model_free(after);
}

/* Of the last invocation that both have. */
static void test_growth(void **state)
{
    struct compare compare;
    struct model *before = run_after(4), *after = run_before(8);
    struct fail_on set = {.count = 0};
    (void)state;
    compare_init(&compare, before, after);
    assert_int_equal(compare.before.number, 4);
    assert_int_equal(compare.after.number, 4);
    assert_int_equal(compare_growth_bytes(&compare), 36 * KIB);
    assert_int_equal(fail_on_parse(&set, "growth>4%, rss>1G", COMPARE_CONDITIONS, NULL), 0);
    assert_null(compare_check(&compare, &set).condition);
    assert_int_equal(fail_on_parse(&set, "growth>3%", COMPARE_CONDITIONS, NULL), 0);
    struct compare_verdict verdict = compare_check(&compare, &set);
    assert_string_equal(verdict.condition->text, "growth>3%");
    assert_non_null(strstr(verdict.why, "the heap grew by 36864 bytes (3.6 %)"));
    set.count = 0;
    assert_int_equal(fail_on_parse(&set, "increment>35K", COMPARE_CONDITIONS, NULL), 0);
    verdict = compare_check(&compare, &set);
    assert_non_null(strstr(verdict.why, "line 9 of Main/__init__.py"));
    set.count = 0;
    assert_int_equal(fail_on_parse(&set, "increment>36K", COMPARE_CONDITIONS, NULL), 0);
    assert_null(compare_check(&compare, &set).condition);
    compare_fini(&compare);
    model_free(before);
    model_free(after);
}

/* Without the heap it is the RSS, of which what is below the noise is no growth at all. */
static void test_noise(void **state)
{
    struct compare compare;
    struct model *before = run_before(4), *after = run_before(4);
    struct fail_on set = {.count = 0};
    (void)state;
    before->heap.is_on = false;
    after->invocations.kept[3]->rss_end_bytes += COMPARE_RSS_NOISE - 1;
    assert_int_equal(fail_on_parse(&set, "growth>0", COMPARE_CONDITIONS, NULL), 0);
    compare_init(&compare, before, after);
    assert_false(compare.of_heap);
    assert_null(compare_check(&compare, &set).condition);
    compare_fini(&compare);
    after->invocations.kept[3]->rss_end_bytes++;
    compare_init(&compare, before, after);
    assert_non_null(compare_check(&compare, &set).condition);
    compare_fini(&compare);
    model_free(before);
    model_free(after);
}

static void test_reports(void **state)
{
    const struct compare_names names = {"a.pymemtop", "b.pymemtop"};
    struct model *before = run_before(4), *after = run_after(6);
    struct compare compare;
    struct compare_verdict none = {0};
    struct buf out;
    (void)state;
    buf_init(&out, 1 << 20);
    compare_init(&compare, before, after);
    assert_int_equal(compare_text_write(&compare, names, &out, NULL), 0);
    assert_non_null(strstr(buf_text(&out), "~      9      6    +40.0 KiB    +4.0 KiB"));
    assert_non_null(strstr(buf_text(&out), "1 line that ran changed, 2 did not"));
    assert_null(strstr(buf_text(&out), "two different apps"));
    buf_consume(&out, out.len);
    assert_int_equal(compare_json_write(&compare, names, &none, &out, NULL), 0);
    assert_non_null(strstr(buf_text(&out), "\"change_bytes\": 9216"));
    buf_fini(&out);
    compare_fini(&compare);
    model_free(before);
    model_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_growth),
        cmocka_unit_test(test_noise),
        cmocka_unit_test(test_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
