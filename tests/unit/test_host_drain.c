/* The drain, with the test as the worker: right tables first, then every kind of wrong ones. */
#include "config.h"

#include <pthread.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/drain_fixture.h"

/* ---- right tables ---- */

static void test_files_and_lines(void **state)
{
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);
    struct file *file = model->files[0];
    assert_string_equal(file->display, "One/__init__.py");
    assert_int_equal(file->line_count, 3);
    assert_null(file->problem);
    assert_string_equal(file_function_at(file, 2)->name, "main");
    assert_int_equal(file_line_at(file, 2)->total.increment_bytes, 400);
    assert_int_equal(file_line_at(file, 3)->total.increment_bytes, -7);
    assert_int_equal(file_line_at(file, 1)->total.occurrences, 0);
}

static void test_invocation_while_it_runs_and_when_it_is_over(void **state)
{
    char place[64];
    (void)state;
    publish_app();
    fill_cell(1, 1, 2, 300);
    fill_cell(2, 2, SEGMENT_NONE, -5);
    publish_slot(3, 7, 2, 1);
    const struct invocation *seven = invocations_add(&model->invocations, 7, "id", "One", "GET /");
    drain_run(drain, NOW_NS);
    assert_int_equal(seven->outcome, OUTCOME_RUNNING);
    assert_int_equal(seven->line, 3);
    assert_int_equal(seven->rss_end_bytes, 1500);
    assert_int_equal(seven->rss_peak_bytes, 1600);
    assert_int_equal(invocation_elsewhere_bytes(seven), 500 - 400 - 30);
    assert_int_equal(invocation_line_stats(seven, 0, 2)->increment_bytes, 300);
    assert_int_equal(atomic_load(&segment->slots[3].state), SLOT_RUNNING);
    assert_int_equal(file_line_at(model->files[0], 2)->trend_len, 0);
    assert_true(drain_last_line(drain, place, sizeof place));
    assert_string_equal(place, "One/__init__.py:3");

    atomic_store(&segment->cells[1].part.increment_bytes, 310);
    atomic_store(&segment->slots[3].state, SLOT_ENDED);
    drain_run(drain, NOW_NS);
    assert_int_equal(atomic_load(&segment->slots[3].state), SLOT_FREE);
    assert_int_equal(invocation_line_stats(seven, 0, 2)->increment_bytes, 310);
    assert_int_equal(invocation_line_stats(seven, 0, 3)->increment_bytes, -5);
    assert_int_equal(file_line_at(model->files[0], 2)->trend_len, 1);
    assert_int_equal(file_line_at(model->files[0], 2)->trend_bytes[0], 310);
    assert_false(drain_last_line(drain, place, sizeof place));
}

static void test_load_has_no_trend(void **state)
{
    (void)state;
    publish_app();
    fill_cell(1, 1, SEGMENT_NONE, 300);
    publish_slot(1, INVOCATION_LOAD, 1, 1);
    atomic_store(&segment->slots[1].state, SLOT_ENDED);
    const struct invocation *load =
        invocations_add(&model->invocations, INVOCATION_LOAD, "", "load", "");
    drain_run(drain, NOW_NS);
    assert_int_equal(invocation_line_stats(load, 0, 2)->increment_bytes, 300);
    assert_int_equal(file_line_at(model->files[0], 2)->trend_len, 0);
}

static void test_totals_outlive_the_worker(void **state)
{
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    atomic_store(&segment->sites[1].total.increment_bytes, 500);
    drain_detach(drain, NOW_NS);
    assert_int_equal(file_line_at(model->files[0], 2)->total.increment_bytes, 500);
    /* Another worker, which sees the same file again. */
    start_next_worker();
    publish_app();
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);
    assert_int_equal(file_line_at(model->files[0], 2)->total.increment_bytes, 900);
    assert_int_equal(file_line_at(model->files[0], 2)->total.occurrences, 2);
}

/* The numbers of two texts are never mixed. */
static void test_edited_file_is_a_new_version(void **state)
{
    (void)state;
    publish_app();
    fill_cell(1, 1, SEGMENT_NONE, 300);
    publish_slot(1, 7, 1, 1);
    const struct invocation *seven = invocations_add(&model->invocations, 7, "id", "One", "GET /");
    drain_run(drain, NOW_NS);
    fixture_write("One/__init__.py", "import os\ndef main(req):\n    return 2\n");
    drain_check_files(drain);
    assert_true(model->files[0]->stale);
    /* The running worker still runs the old one, whatever it does next. */
    publish_site(0, 1, 5);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);

    start_next_worker();
    publish_app();
    fill_cell(1, 1, SEGMENT_NONE, 40);
    publish_slot(1, 8, 1, 1);
    const struct invocation *eight = invocations_add(&model->invocations, 8, "id", "One", "GET /");
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 2);
    const struct file *old = model->files[0], *fresh = model->files[1];
    assert_true(old->retired);
    assert_false(old->stale);
    assert_int_equal(old->version, 1);
    assert_int_equal(old->lines[0].total.increment_bytes, 5);
    assert_int_equal(old->lines[1].total.increment_bytes, 400);
    assert_int_equal(invocation_line_stats(seven, 0, 2)->increment_bytes, 300);
    assert_false(fresh->retired);
    assert_int_equal(fresh->version, 2);
    assert_int_equal(fresh->lines[0].total.occurrences, 0);
    assert_int_equal(fresh->lines[1].total.increment_bytes, 400);
    assert_int_equal(fresh->lines[1].total.occurrences, 1);
    assert_true(fresh->saved_realtime_ns > 0);
    assert_int_equal(invocation_line_stats(eight, 1, 2)->increment_bytes, 40);
    assert_null(invocation_line_stats(eight, 0, 2));
    size_t len;
    assert_memory_equal(file_line_text(fresh, 1, &len), "import os", 9);
    assert_memory_equal(file_line_text(old, 1, &len), "def main(req):", 14);
    drain_check_files(drain);
    assert_false(fresh->stale);
    assert_false(old->stale);
}

static void test_file_that_comes_again_as_it_was(void **state)
{
    const struct timeval times[2] = {{1000, 0}, {1000, 0}};
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    assert_int_equal(utimes(fixture_path("One/__init__.py"), times), 0);
    drain_check_files(drain);
    assert_false(model->files[0]->stale);
    start_next_worker();
    publish_app();
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);
    /* Run, though it is deleted by the time that it is looked at. */
    unlink(fixture_path("One/__init__.py"));
    start_next_worker();
    publish_app();
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);
    assert_int_equal(model->files[0]->lines[1].total.increment_bytes, 3 * 400);
    drain_check_files(drain);
    assert_true(model->files[0]->deleted);
    fixture_write("One/__init__.py", "def main(req):\n    x = 1\n    return x\n");
    drain_check_files(drain);
    assert_false(model->files[0]->stale);
    assert_false(model->files[0]->deleted);
}

/* Where there is no text to compare, the stamp decides. */
static void test_versions_without_text(void **state)
{
    const struct timeval times[2] = {{1000, 0}, {1000, 0}};
    (void)state;
    fixture_write("large.py", "");
    assert_int_equal(truncate(fixture_path("large.py"), (16 << 20) + 1), 0);
    for (int worker = 0; worker < 3; worker++) {
        publish_site(publish_file(fixture_path("large.py")), 1, 1);
        publish_site(publish_file(fixture_path("gone.py")), 1, 1);
        drain_run(drain, NOW_NS);
        if (worker == 1)
            assert_int_equal(utimes(fixture_path("large.py"), times), 0);
        start_next_worker();
    }
    assert_int_equal(model->file_count, 3);
    assert_string_equal(model->files[2]->display, "large.py");
    assert_int_equal(model->files[2]->version, 2);
    assert_int_equal(model->files[0]->lines[0].total.occurrences, 2);
    assert_int_equal(model->files[1]->lines[0].total.occurrences, 3);
    assert_int_equal(model->files[2]->lines[0].total.occurrences, 1);
}

static void test_ring(void **state)
{
    (void)state;
    const struct ring_sample samples[] = {
        {.time_ns = NOW_NS - 2, .rss_bytes = 5000},
        {.time_ns = NOW_NS - 1, .rss_bytes = 4000},
        {.time_ns = NOW_NS + 1, .rss_bytes = 9000}, /* of a time to come */
        {.time_ns = NOW_NS, .rss_bytes = -1},
    };
    for (size_t i = 0; i < ARRAY_LEN(samples); i++)
        ring_push(&segment->ring, &samples[i]);
    atomic_store(&segment->ring.dropped, 3);
    atomic_store(&segment->own_bytes, 77);
    atomic_store(&segment->baseline_bytes, 88);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->rss_bytes, 4000);
    assert_int_equal(model->rss_peak_bytes, 5000);
    assert_int_equal(model->timeline.count, 2);
    assert_int_equal(model->dropped_samples, 3);
    assert_int_equal(model->own_bytes, 77);
    assert_int_equal(model->baseline_bytes, 88);
}

static void push(int64_t rss_bytes, int32_t delta_kib, uint32_t site, uint32_t number)
{
    static uint64_t unchanged;
    ring_push(&segment->ring, &(struct ring_sample){.time_ns = NOW_NS,
                                                    .rss_bytes = rss_bytes,
                                                    .delta_kib = delta_kib,
                                                    .site = site,
                                                    .number = number,
                                                    .unchanged = (uint32_t)unchanged++});
}

static void check_sample(uint64_t n, int64_t rss_bytes, int64_t delta_bytes, uint32_t line,
                         uint64_t serial)
{
    const struct sample *sample = samples_at(&model->samples, n);
    assert_int_equal(sample->rss_bytes, rss_bytes);
    assert_int_equal(sample->delta_bytes, delta_bytes);
    assert_int_equal(sample->line, line);
    assert_int_equal(sample->serial, serial);
}

/* Each with its line and invocation; where some were lost, or another worker runs, the difference
 * is nobody's. */
static void test_samples(void **state)
{
    (void)state;
    uint32_t file = publish_file(fixture_path("app.py"));
    publish_site(file, 3, 1);
    publish_site(file, 5, 1);
    invocations_add(&model->invocations, 0, "load", "", "");
    invocations_add(&model->invocations, 1, "a", "F", "GET /");
    invocations_add(&model->invocations, 2, "b", "F", "GET /");
    push(100 << 10, 4, 1, 0);
    push(108 << 10, 8, 2, 2);
    push(104 << 10, -4, 1, 1);
    push(200 << 10, 6, 2, 2);          /* after a gap */
    push(201 << 10, 1, 0, UINT32_MAX); /* nobody's */
    push(202 << 10, 1, 99, 7);         /* of a line and an invocation that there are none */
    drain_run(drain, NOW_NS);
    assert_int_equal(model->samples.total, 7);
    check_sample(0, 100 << 10, 4 << 10, 3, 1);
    check_sample(1, 108 << 10, 8 << 10, 5, 3);
    check_sample(2, 104 << 10, -4 * 1024, 3, 2);
    check_sample(3, 194 << 10, 90 << 10, 0, 0);
    check_sample(4, 200 << 10, 6 << 10, 5, 3);
    check_sample(5, 201 << 10, 1 << 10, 0, 0);
    check_sample(6, 202 << 10, 1 << 10, 0, 0);
    assert_int_equal(samples_at(&model->samples, 4)->unchanged, 3);
    start_next_worker();
    push(50 << 10, 2, 0, UINT32_MAX);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->samples.total, 9);
    check_sample(7, 48 << 10, -(202 - 48) * 1024, 0, 0);
    check_sample(8, 50 << 10, 2 << 10, 0, 0);
}

static void test_decorated_functions(void **state)
{
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    const struct file *file = model->files[0];
    assert_int_equal(model->decorated_count, 0);
    assert_true(model_reports_line(model, file, 3));
    /* After it was published, and seen. */
    atomic_store(&segment->functions[0].decorated, 1);
    atomic_store(&segment->decorated_count, 1);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->decorated_count, 1);
    assert_int_equal(file_function_at(file, 2)->decorated, 1);
    assert_false(file_function_at(file, 2)->tells);
    assert_true(file_is_decorated_at(file, 1));
    assert_false(file_is_decorated_at(file, 4));
    assert_false(model_reports_line(model, file, 4));
    atomic_store(&segment->functions[0].decorated, 2 | DECORATED_TELLS);
    atomic_store(&segment->decorated_count, 2);
    drain_run(drain, NOW_NS);
    assert_int_equal(file_function_at(file, 2)->decorated, 2);
    assert_true(file_function_at(file, 2)->tells);
    /* More than there are functions. */
    atomic_store(&segment->decorated_count, UINT32_MAX);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->decorated_count, SEGMENT_FUNCTIONS);
}

/* The worker, as it publishes functions, decorates them and has them called. */
static void *decorate_many(void *context)
{
    (void)context;
    for (uint32_t i = 0; i < SEGMENT_FUNCTIONS; i++) {
        publish_function(0, "f", i + 1, i + 1);
        atomic_store(&segment->functions[i].decorated, i + 1);
        atomic_store(&segment->decorated_count, i + 1);
        segment->calls[i] = (struct segment_call){.function = i, .begin_bytes = 3000};
        atomic_store(&segment->calls_written, i + 1);
        usleep(i % 2);
    }
    return NULL;
}

static void test_decorated_meanwhile(void **state)
{
    (void)state;
    pthread_t thread;
    publish_file(fixture_path("One/__init__.py"));
    assert_int_equal(pthread_create(&thread, NULL, decorate_many, NULL), 0);
    while (model->decorated_count < SEGMENT_FUNCTIONS)
        drain_run(drain, NOW_NS);
    pthread_join(thread, NULL);
    drain_run(drain, NOW_NS);
    for (uint32_t line = 1; line <= SEGMENT_FUNCTIONS; line++) {
        assert_true(file_is_decorated_at(model->files[0], line));
        assert_int_equal(file_function_at(model->files[0], line)->entry_bytes, 3000);
    }
}

static unsigned heard;

static void on_call(void *context, const char *name, const struct file *file,
                    const struct series_span *span)
{
    assert_ptr_equal(context, model);
    assert_string_equal(name, "main");
    assert_string_equal(file->display, "One/__init__.py");
    assert_int_equal(span->end_ns - span->begin_ns, 5);
    assert_int_equal(span->end_bytes - span->begin_bytes, 7);
    assert_int_equal(span->level, 2);
    heard++;
}

static void publish_call(uint32_t function, uint64_t end_ns)
{
    uint64_t number = atomic_load(&segment->calls_written);
    segment->calls[number % SEGMENT_CALLS] = (struct segment_call){
        .function = function,
        .level = 2,
        .begin_ns = 10,
        .end_ns = end_ns,
        .begin_bytes = 1,
        .end_bytes = 8,
    };
    atomic_store(&segment->calls_written, number + 1);
}

static void test_calls(void **state)
{
    (void)state;
    publish_app();
    drain_listen(drain, on_call, model);
    heard = 0;
    publish_call(0, 15);
    publish_call(0, 9);                  /* before its beginning */
    publish_call(SEGMENT_FUNCTIONS, 15); /* of no function */
    atomic_store(&segment->calls_lost, 4);
    drain_run(drain, NOW_NS);
    assert_int_equal(heard, 1);
    assert_int_equal(file_function_at(model->files[0], 2)->entry_bytes, 0); /* within others */
    assert_int_equal(model->lost_calls, 4);
    assert_int_equal(atomic_load(&segment->calls_read), 3);
    /* All that there is room for, once around; and no more than that, whatever is said. */
    for (unsigned i = 0; i < SEGMENT_CALLS; i++)
        publish_call(0, 15);
    drain_run(drain, NOW_NS);
    assert_int_equal(heard, 1 + SEGMENT_CALLS);
    atomic_store(&segment->calls_written, UINT64_MAX);
    drain_run(drain, NOW_NS);
    assert_int_equal(heard, 1 + 2 * SEGMENT_CALLS);
}

static void test_first_call(void **state)
{
    (void)state;
    publish_app();
    atomic_store(&segment->functions[0].decorated, 1 | DECORATED_TELLS);
    atomic_store(&segment->decorated_count, 1);
    for (int64_t bytes = 3000; bytes < 3002; bytes++) {
        uint64_t number = atomic_load(&segment->calls_written);
        segment->calls[number] = (struct segment_call){.begin_bytes = bytes};
        atomic_store(&segment->calls_written, number + 1);
    }
    drain_run(drain, NOW_NS);
    assert_int_equal(file_function_at(model->files[0], 2)->entry_bytes, 3000);
}

static void test_sources_that_are_odd(void **state)
{
    (void)state;
    fixture_write("latin.py", "x = '\xE9'\n");
    publish_file(fixture_path("latin.py"));
    publish_file(fixture_path("gone.py"));
    publish_file("<string>");
    publish_file("/dev/zero");
    publish_site(1, 5, 10);
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 4);
    assert_string_equal(model->files[0]->problem, "not UTF-8");
    assert_non_null(model->files[0]->text);
    assert_string_equal(model->files[1]->problem, "No such file or directory");
    assert_null(model->files[1]->text);
    assert_int_equal(file_line_at(model->files[1], 5)->total.increment_bytes, 10);
    assert_holds(model->files[3]->problem, "not a regular file");
}

static void test_stale_files(void **state)
{
    (void)state;
    publish_app();
    drain_run(drain, NOW_NS);
    drain_check_files(drain);
    assert_false(model->files[0]->stale);
    fixture_write("One/__init__.py", "# another text\n");
    drain_check_files(drain);
    assert_true(model->files[0]->stale);
    assert_false(model->files[0]->deleted);
    assert_int_equal(model->files[0]->line_count, 3);
    unlink(fixture_path("One/__init__.py"));
    drain_check_files(drain);
    assert_true(model->files[0]->stale);
    assert_true(model->files[0]->deleted);
}

/* ---- wrong tables ---- */

static void test_counts_past_the_tables(void **state)
{
    (void)state;
    publish_app();
    atomic_store(&segment->file_count, UINT32_MAX);
    atomic_store(&segment->function_count, UINT32_MAX);
    atomic_store(&segment->site_count, UINT32_MAX);
    atomic_store(&segment->string_bytes, UINT32_MAX);
    atomic_store(&segment->ring.head, UINT64_MAX);
    drain_run(drain, NOW_NS);
    /* The empty entries name the empty string, which is no file. */
    assert_int_equal(model->file_count, 1);
}

static void test_indices_past_the_tables(void **state)
{
    char place[64];
    (void)state;
    publish_app();
    publish_function(99, "lost", 1, 2);
    publish_function(0, "backwards", 3, 2);
    publish_function(0, "zero", 0, 2);
    publish_function(0, "long", 1, UINT32_MAX);
    publish_site(SEGMENT_FILES + 1, 1, 1);
    publish_site(0, 0, 1);
    publish_site(0, UINT32_MAX, 1);
    segment->files[1] = (struct segment_file){.path_offset = UINT32_MAX, .path_len = 2};
    segment->files[2] = (struct segment_file){.path_offset = 0, .path_len = UINT32_MAX};
    atomic_store(&segment->file_count, 3);
    fill_cell(1, SEGMENT_SITES + 5, 2, 1);
    fill_cell(2, 1, SEGMENT_CELLS + 9, 1);
    publish_slot(1, 7, SEGMENT_SITES, 1);
    publish_slot(2, 8, 1, SEGMENT_CELLS);
    publish_slot(3, 9, 1, SEGMENT_NONE);
    atomic_store(&segment->slots[3].state, 99);
    struct invocation *seven = invocations_add(&model->invocations, 7, "id", "One", "GET /");
    struct invocation *eight = invocations_add(&model->invocations, 8, "id", "One", "GET /");
    drain_run(drain, NOW_NS);
    assert_int_equal(model->file_count, 1);
    assert_int_equal(model->files[0]->function_count, 1);
    assert_int_equal(seven->line, 0);
    assert_int_equal(seven->line_count, 1);
    assert_int_equal(eight->line_count, 0);
    assert_true(drain_last_line(drain, place, sizeof place));
    assert_string_equal(place, "One/__init__.py:2");
}

static void test_chain_with_a_loop(void **state)
{
    (void)state;
    publish_app();
    fill_cell(1, 1, 2, 1);
    fill_cell(2, 2, 1, 1);
    publish_slot(1, 7, 1, 1);
    const struct invocation *seven = invocations_add(&model->invocations, 7, "id", "One", "GET /");
    drain_run(drain, NOW_NS);
    assert_int_equal(seven->line_count, 2);
}

static void test_slot_of_no_invocation(void **state)
{
    (void)state;
    publish_app();
    publish_slot(1, INVOCATION_OUTSIDE, 1, SEGMENT_NONE);
    atomic_store(&segment->slots[1].state, SLOT_ENDED);
    drain_run(drain, NOW_NS);
    assert_int_equal(atomic_load(&segment->slots[1].state), SLOT_FREE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_drain, close_drain)
    const struct CMUnitTest tests[] = {
        TEST(test_files_and_lines),
        TEST(test_invocation_while_it_runs_and_when_it_is_over),
        TEST(test_load_has_no_trend),
        TEST(test_totals_outlive_the_worker),
        TEST(test_edited_file_is_a_new_version),
        TEST(test_file_that_comes_again_as_it_was),
        TEST(test_versions_without_text),
        TEST(test_ring),
        TEST(test_samples),
        TEST(test_decorated_functions),
        TEST(test_decorated_meanwhile),
        TEST(test_calls),
        TEST(test_first_call),
        TEST(test_sources_that_are_odd),
        TEST(test_stale_files),
        TEST(test_counts_past_the_tables),
        TEST(test_indices_past_the_tables),
        TEST(test_chain_with_a_loop),
        TEST(test_slot_of_no_invocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
