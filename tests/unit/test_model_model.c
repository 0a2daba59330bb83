/* model/model: the root, its lists, and the revision that tells of changes. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "model/model.h"

static int setup(void **state)
{
    *state = model_new("/home/me/app/");
    return 0;
}

static int teardown(void **state)
{
    model_free(*state);
    return 0;
}

static void test_new(void **state)
{
    struct model *model = *state;
    assert_string_equal(model->app_root, "/home/me/app");
    assert_string_equal(model->app_name, "app");
    assert_string_equal(model->base_url, "");
    assert_string_equal(model->python, "");
    assert_int_equal(model->worker, WORKER_STARTING);
    assert_null(model_selected(model));
    struct model *root = model_new("//");
    assert_string_equal(root->app_root, "/");
    assert_string_equal(root->app_name, "/");
    model_free(root);
    model_free(NULL);
}

static void test_files(void **state)
{
    struct model *model = *state;
    uint64_t before = model->revision;
    assert_int_equal(model_find_file(model, "/home/me/app/a.py"), -1);
    struct file *a = file_new("/home/me/app/a.py", model->app_root, "x\n", 2);
    struct file *b = file_new("/home/me/app/b.py", model->app_root, "y\n", 2);
    assert_int_equal(model_add_file(model, a), 0);
    assert_int_equal(model_add_file(model, b), 1);
    assert_true(model->revision > before);
    assert_int_equal(model_find_file(model, "/home/me/app/b.py"), 1);
    assert_int_equal(model_find_file(model, "b.py"), -1);
    assert_ptr_equal(model->files[1], b);
}

static void test_versions_of_a_file(void **state)
{
    struct model *model = *state;
    static const char path[] = "/home/me/app/a.py";
    const struct line_stats stats = {.increment_bytes = 7, .occurrences = 1};
    model_add_file(model, file_new(path, model->app_root, "one\n", 4));
    model_add_file(model, file_new("/home/me/app/b.py", model->app_root, "b\n", 2));
    file_set_live(model->files[0], 1, &stats);
    model->files[0]->stale = true;
    uint64_t before = model->revision;
    assert_int_equal(model_replace_file(model, 0, file_new(path, "/home/me/app", "two\n", 4)), 2);
    assert_true(model->revision > before);
    assert_int_equal(model_find_file(model, path), 2);
    assert_int_equal(model_path_count(model), 2);
    assert_true(model->files[0]->retired);
    assert_false(model->files[0]->stale);
    assert_int_equal(model->files[0]->version, 1);
    assert_string_equal(model->files[0]->text, "one\n");
    assert_int_equal(model->files[0]->lines[0].total.increment_bytes, 7);
    assert_false(model->files[2]->retired);
    assert_int_equal(model->files[2]->version, 2);
    assert_int_equal(model->files[2]->lines[0].total.occurrences, 0);
}

static void test_old_versions_are_bounded(void **state)
{
    struct model *model = *state;
    static const char path[] = "/home/me/app/a.py";
    uint32_t index = model_add_file(model, file_new(path, model->app_root, "x\n", 2));
    file_add_function(model->files[0], "f", 1, 1);
    for (int i = 0; i < MODEL_OLD_VERSIONS; i++)
        index = model_replace_file(model, index, file_new(path, model->app_root, "x\n", 2));
    assert_non_null(model->files[0]->text);
    index = model_replace_file(model, index, file_new(path, model->app_root, "x\n", 2));
    assert_int_equal(model->files[index]->version, MODEL_OLD_VERSIONS + 2);
    assert_null(model->files[0]->text);
    assert_int_equal(model->files[0]->line_count, 0);
    assert_int_equal(model->files[0]->function_count, 0);
    assert_string_equal(model->files[0]->path, path);
    assert_non_null(strstr(model->files[0]->problem, "no longer kept"));
    assert_non_null(model->files[1]->text);
    /* Numbers that come late are no harm. */
    const struct line_stats stats = {.occurrences = 1};
    assert_true(file_set_live(model->files[0], 3, &stats));
    assert_int_equal(model->files[0]->line_count, 3);
}

static void test_functions(void **state)
{
    struct model *model = *state;
    model_add_function(model, "A", "httpTrigger", "/home/me/app/A/__init__.py");
    model_add_function(model, "B", "timerTrigger", "/home/me/app/B/__init__.py");
    assert_string_equal(model_selected(model)->name, "A");
    assert_null(model_find_function(model, "a"));
    struct model_function *b = model_find_function(model, "B");
    assert_string_equal(b->trigger, "timerTrigger");
    assert_string_equal(b->script, "/home/me/app/B/__init__.py");
    assert_null(b->url);
    b->selected = true;
    model_set_text(&b->load_error, "SyntaxError");
    assert_ptr_equal(model_selected(model), b);
}

static void test_selection(void **state)
{
    struct model *model = *state;
    model_select(model, "B");
    assert_null(model_selected(model));
    assert_false(model_has_selection(model));
    /* Where nobody said anything: one that takes requests. */
    model_add_function(model, "A", "timerTrigger", "/home/me/app/A/__init__.py");
    assert_string_equal(model_selected(model)->name, "A");
    model_add_function(model, "C", "httpTrigger", "/home/me/app/C/__init__.py");
    model_set_text(&model->functions[1].url, "http://localhost:7071/api/C");
    assert_string_equal(model_selected(model)->name, "C");
    assert_false(model_has_selection(model));
    model->functions[0].selected = true;
    assert_string_equal(model_selected(model)->name, "A");
    assert_true(model_has_selection(model));
    /* What the user chose is found as soon as it is there. */
    model_add_function(model, "B", "queueTrigger", "/home/me/app/B/__init__.py");
    assert_string_equal(model_selected(model)->name, "B");
    uint64_t before = model->revision;
    model_select(model, "C");
    assert_true(model->revision > before);
    assert_string_equal(model_selected(model)->name, "C");
}

static void test_rss(void **state)
{
    struct model *model = *state;
    model_set_rss(model, 1, 100);
    model_set_rss(model, 2, 300);
    uint64_t before = model->revision;
    model_set_rss(model, 3, 300);
    assert_int_equal(model->revision, before);
    model_set_rss(model, 4, 200);
    assert_true(model->revision > before);
    assert_int_equal(model->rss_bytes, 200);
    assert_int_equal(model->rss_peak_bytes, 300);
    int64_t bins[1];
    timeline_bins(&model->timeline, 0, 10, 1, bins);
    assert_int_equal(bins[0], 300);
}

static void test_forget_retained(void **state)
{
    struct model *model = *state;
    uint32_t index = model_add_file(model, file_new("/app/a.py", "/app", "a\n", 2));
    const struct line_stats live = {.occurrences = 1, .retained_python_bytes = 5};
    file_set_live(model->files[index], 1, &live);
    struct invocation *one = invocations_add(&model->invocations, 1, "", "F", "GET /");
    one->left_bytes = one->retained_bytes = 5;
    kept_reserve(&model->kept, 1);
    uint64_t before = model->revision;
    model_forget_retained(model);
    assert_true(model->revision > before);
    assert_int_equal(model->files[index]->lines[0].total.retained_python_bytes, 0);
    assert_int_equal(one->retained_bytes, 0);
    assert_int_equal(one->left_bytes, 5);
    assert_int_equal(model->kept.line_count, 0);
}

static void test_set_text(void **state)
{
    struct model *model = *state;
    model_set_text(&model->worker_end, "exit code 3");
    assert_string_equal(model->worker_end, "exit code 3");
    model_set_text(&model->worker_end, model->worker_end + 5); /* a part of itself */
    assert_string_equal(model->worker_end, "code 3");
    model_set_text(&model->worker_end, NULL);
    assert_null(model->worker_end);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_new),
        TEST(test_files),
        TEST(test_versions_of_a_file),
        TEST(test_old_versions_are_bounded),
        TEST(test_functions),
        TEST(test_selection),
        TEST(test_rss),
        TEST(test_forget_retained),
        TEST(test_set_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
