/* report/json: the object that programs read: its keys and their order, its figures, its text. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <jansson.h>
#include <cmocka.h>

#include "base/mem.h"
#include "report/json.h"

static struct invocation *add_invocation(struct model *model, uint64_t number, const char *function,
                                         enum outcome outcome, int status)
{
    struct invocation *invocation = invocations_add(
        &model->invocations, number, number ? "00000000-0000-0000-0000-000000000001" : "", function,
        "GET /api/F");
    invocation->start_ns = 1000;
    invocation->start_realtime_ns = 1700000000000000000;
    invocations_end(&model->invocations, invocation, outcome, status, 1700, NULL);
    return invocation;
}

static struct model *sample_model(void)
{
    struct model *model = model_new("/app");
    model_set_text(&model->python, "3.11.2");
    model->baseline_bytes = 20000000;
    model->own_bytes = 4096;
    model_add_function(model, "F", "httpTrigger", "/app/F/__init__.py");
    struct file *file = file_new("/app/F/__init__.py", "/app", "import a\n\nx = 1\n", 16);
    model_add_file(model, file);
    const struct line_stats stats = {.mem_usage_bytes = 2000,
                                     .peak_bytes = 3000,
                                     .increment_bytes = -100,
                                     .self_increment_bytes = 50,
                                     .occurrences = 7};
    file_set_live(file, 3, &stats);
    add_invocation(model, 0, "load", OUTCOME_SUCCEEDED, 0);
    struct invocation *one = add_invocation(model, 1, "F", OUTCOME_FAILED, 500);
    one->rss_start_bytes = 100;
    one->rss_end_bytes = 1000;
    one->rss_peak_bytes = 1200;
    one->rss_lines_bytes = 700;
    one->rss_shared_bytes = -50;
    return model;
}

static void write_model(struct model *model, struct buf *out)
{
    struct error error = {0};
    buf_init(out, 1 << 20);
    assert_int_equal(json_write(model, out, &error), 0);
    model_free(model);
}

static const char whole_report[] = "{\n"
                                   " \"pymemtop\": \"" PACKAGE_VERSION "\",\n"
                                   " \"python\": \"3.11.2\",\n"
                                   " \"app\": \"/app\",\n"
                                   " \"limit_bytes\": null,\n"
                                   " \"baseline\": {\n"
                                   "  \"rss_bytes\": 20000000,\n"
                                   "  \"heap_bytes\": null,\n"
                                   "  \"own_bytes\": 4096\n"
                                   " },\n"
                                   " \"invocations\": [\n"
                                   "  {\n"
                                   "   \"number\": 0,\n"
                                   "   \"id\": \"\",\n"
                                   "   \"function\": \"load\",\n"
                                   "   \"trigger\": \"load\",\n"
                                   "   \"outcome\": \"succeeded\",\n"
                                   "   \"status\": 0,\n"
                                   "   \"start_ns\": 1700000000000000000,\n"
                                   "   \"duration_ns\": 700,\n"
                                   "   \"rss_start_bytes\": 0,\n"
                                   "   \"rss_end_bytes\": 0,\n"
                                   "   \"rss_peak_bytes\": 0,\n"
                                   "   \"rss_lines_bytes\": 0,\n"
                                   "   \"rss_elsewhere_bytes\": 0,\n"
                                   "   \"rss_shared_bytes\": 0,\n"
                                   "   \"heap_start_bytes\": null,\n"
                                   "   \"heap_end_bytes\": null,\n"
                                   "   \"heap_lines_bytes\": null,\n"
                                   "   \"heap_elsewhere_bytes\": null,\n"
                                   "   \"heap_shared_bytes\": null,\n"
                                   "   \"left_bytes\": null,\n"
                                   "   \"retained_bytes\": null\n"
                                   "  },\n"
                                   "  {\n"
                                   "   \"number\": 1,\n"
                                   "   \"id\": \"00000000-0000-0000-0000-000000000001\",\n"
                                   "   \"function\": \"F\",\n"
                                   "   \"trigger\": \"httpTrigger\",\n"
                                   "   \"outcome\": \"failed\",\n"
                                   "   \"status\": 500,\n"
                                   "   \"start_ns\": 1700000000000000000,\n"
                                   "   \"duration_ns\": 700,\n"
                                   "   \"rss_start_bytes\": 100,\n"
                                   "   \"rss_end_bytes\": 1000,\n"
                                   "   \"rss_peak_bytes\": 1200,\n"
                                   "   \"rss_lines_bytes\": 700,\n"
                                   "   \"rss_elsewhere_bytes\": 250,\n"
                                   "   \"rss_shared_bytes\": -50,\n"
                                   "   \"heap_start_bytes\": null,\n"
                                   "   \"heap_end_bytes\": null,\n"
                                   "   \"heap_lines_bytes\": null,\n"
                                   "   \"heap_elsewhere_bytes\": null,\n"
                                   "   \"heap_shared_bytes\": null,\n"
                                   "   \"left_bytes\": null,\n"
                                   "   \"retained_bytes\": null\n"
                                   "  }\n"
                                   " ],\n"
                                   " \"files\": [\n"
                                   "  {\n"
                                   "   \"path\": \"/app/F/__init__.py\",\n"
                                   "   \"version\": 1,\n"
                                   "   \"retired\": false,\n"
                                   "   \"lines\": [\n"
                                   "    {\n"
                                   "     \"line\": 3,\n"
                                   "     \"source\": \"x = 1\",\n"
                                   "     \"mem_usage_bytes\": 2000,\n"
                                   "     \"peak_bytes\": 3000,\n"
                                   "     \"increment_bytes\": -100,\n"
                                   "     \"self_increment_bytes\": 50,\n"
                                   "     \"occurrences\": 7,\n"
                                   "     \"net_python_bytes\": null,\n"
                                   "     \"net_native_bytes\": null,\n"
                                   "     \"allocated_bytes\": null,\n"
                                   "     \"freed_bytes\": null,\n"
                                   "     \"high_bytes\": null,\n"
                                   "     \"retained_bytes\": null,\n"
                                   "     \"retained_native_bytes\": null,\n"
                                   "     \"kept\": null,\n"
                                   "     \"leak\": null\n"
                                   "    }\n"
                                   "   ]\n"
                                   "  }\n"
                                   " ],\n"
                                   " \"leaks\": [],\n"
                                   " \"suspects\": [],\n"
                                   " \"leaks_missing\": null\n"
                                   "}\n";

static void test_whole(void **state)
{
    (void)state;
    struct buf out;
    write_model(sample_model(), &out);
    assert_string_equal(buf_text(&out), whole_report);
    buf_fini(&out);
}

static json_int_t member(json_t *object, const char *name)
{
    json_t *value = json_object_get(object, name);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static json_t *first(json_t *object, const char *list)
{
    return json_array_get(json_object_get(object, list), 0);
}

static struct model *heap_model(void)
{
    struct model *model = sample_model();
    model->heap = (struct heap){.is_on = true, .native_is_on = true, .baseline_bytes = 9000};
    const struct line_stats stats = {.occurrences = 1,
                                     .net_python_bytes = 60,
                                     .net_native_bytes = -5,
                                     .allocated_bytes = UINT64_MAX,
                                     .freed_bytes = 45,
                                     .retained_python_bytes = 50,
                                     .retained_native_bytes = 3,
                                     .high_bytes = 80};
    file_set_live(model->files[0], 3, &stats);
    struct invocation *one = invocations_find(&model->invocations, 1);
    one->heap_start_bytes = 9100;
    one->heap_end_bytes = 9500;
    one->heap_lines_bytes = 300;
    one->heap_elsewhere_bytes = 70;
    one->is_told_apart = true;
    one->left_bytes = 40;
    one->retained_bytes = 30;
    kept_reserve(&model->kept, 1);
    model->kept.lines[0].line = 3;
    for (size_t i = 0; i < 3; i++) {
        model->kept.invocations[i].number = i;
        model->kept.lines[0].left_bytes[i] = (int64_t)i * 10;
        model->kept.lines[0].alive_bytes[i] = (int64_t)i * 7;
    }
    return model;
}

static void test_heap(void **state)
{
    (void)state;
    struct buf out;
    write_model(heap_model(), &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *one = json_array_get(json_object_get(report, "invocations"), 1);
    json_t *line = first(first(report, "files"), "lines");
    assert_int_equal(member(json_object_get(report, "baseline"), "heap_bytes"), 9000);
    assert_int_equal(member(one, "heap_lines_bytes") + member(one, "heap_elsewhere_bytes") +
                         member(one, "heap_shared_bytes"),
                     member(one, "heap_end_bytes") - member(one, "heap_start_bytes"));
    assert_int_equal(member(one, "heap_shared_bytes"), 30);
    assert_true(json_is_null(json_object_get(first(report, "invocations"), "left_bytes")));
    assert_true(json_is_null(json_object_get(first(report, "invocations"), "retained_bytes")));
    assert_int_equal(member(one, "left_bytes"), 40);
    assert_int_equal(member(one, "retained_bytes"), 30);
    assert_int_equal(member(line, "net_python_bytes"), 60);
    assert_int_equal(member(line, "net_native_bytes"), -5);
    assert_int_equal(member(line, "allocated_bytes"), INT64_MAX);
    assert_int_equal(member(line, "freed_bytes"), 45);
    assert_int_equal(member(line, "high_bytes"), 80);
    assert_int_equal(member(line, "retained_bytes"), 53);
    assert_int_equal(member(line, "retained_native_bytes"), 3);
    json_t *kept = json_object_get(line, "kept");
    assert_int_equal(json_array_size(kept), 2);
    assert_int_equal(member(json_array_get(kept, 0), "number"), 2);
    assert_int_equal(member(json_array_get(kept, 0), "left_bytes"), 20);
    assert_int_equal(member(json_array_get(kept, 0), "retained_bytes"), 14);
    json_decref(report);
    buf_fini(&out);
}

/* Only what is certain is called a leak. */
static void test_leaks(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = heap_model();
    model->leaks = (struct leaks){.count = 2, .certain = 1};
    model->leaks.items[0] = (struct leak){.line = 3,
                                          .state = LEAK_CERTAIN,
                                          .is_native = true,
                                          .kept = 5,
                                          .of = 7,
                                          .bytes_per_invocation = 2048,
                                          .alive_bytes = 9000,
                                          .first_number = 4,
                                          .last_number = 11};
    model->leaks.items[1] = (struct leak){.line = 1, .kept = 1, .of = 1, .is_bounded = true};
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *leak = json_object_get(first(first(report, "files"), "lines"), "leak");
    assert_int_equal(json_object_size(leak), 3);
    assert_int_equal(member(leak, "bytes_per_invocation"), 2048);
    assert_int_equal(member(leak, "kept"), 5);
    assert_int_equal(member(leak, "of"), 7);
    assert_int_equal(json_array_size(json_object_get(report, "leaks")), 1);
    leak = first(report, "leaks");
    assert_string_equal(json_string_value(json_object_get(leak, "path")), "/app/F/__init__.py");
    assert_int_equal(member(leak, "line"), 3);
    assert_int_equal(member(leak, "bytes_per_invocation"), 2048);
    assert_int_equal(member(leak, "alive_bytes"), 9000);
    assert_int_equal(member(leak, "first"), 4);
    assert_int_equal(member(leak, "last"), 11);
    assert_true(json_is_true(json_object_get(leak, "native")));
    assert_true(json_is_false(json_object_get(leak, "outside")));
    assert_true(json_is_false(json_object_get(leak, "bounded")));
    assert_int_equal(member(report, "leaks_missing"), LEAK_ENOUGH - 2);
    assert_int_equal(json_array_size(json_object_get(report, "suspects")), 1);
    json_t *suspect = first(report, "suspects");
    assert_int_equal(member(suspect, "line"), 1);
    assert_true(json_is_true(json_object_get(suspect, "bounded")));
    assert_int_equal(json_object_size(suspect), json_object_size(leak));
    json_decref(report);
    buf_fini(&out);
}

static bool is_null(json_t *object, const char *name)
{
    return json_is_null(json_object_get(object, name));
}

static bool is_text(json_t *object, const char *name, const char *wanted)
{
    json_t *value = json_object_get(object, name);
    return json_is_string(value) && strcmp(json_string_value(value), wanted) == 0;
}

static struct model *holders_model(void)
{
    struct model *model = heap_model();
    model->leaks = (struct leaks){.count = 3, .certain = 3};
    for (uint32_t i = 0; i < 3; i++)
        model->leaks.items[i] = (struct leak){.line = i + 1, .state = LEAK_CERTAIN};
    model->evidence.count = 2;
    struct holders *asked = model->evidence.lines;
    asked[0] = (struct holders){.state = HOLDERS_READY,
                                .line = 1,
                                .oldest_number = 2,
                                .newest_number = UINT64_MAX,
                                .type_count = 2,
                                .chain_count = 1};
    asked[0].types[0] = (struct holders_type){.name = mem_strdup("a\xff"),
                                              .count = 3204,
                                              .shallow_bytes = 70,
                                              .retained_bytes = 80,
                                              .example = mem_strdup("'x'")};
    asked[0].types[1] =
        (struct holders_type){.name = mem_strdup("native"), .count = 1, .retained_bytes = -1};
    asked[0].chains[0] = (struct holders_chain){.text = mem_strdup("CACHE['a']"),
                                                .note = mem_strdup("lru_cache(maxsize=1)"),
                                                .is_bounded = true,
                                                .newest_number = 9,
                                                .count = 9,
                                                .bytes = 90};
    asked[1] = (struct holders){
        .state = HOLDERS_FAILED, .line = 2, .problem = mem_strdup("no answer"), .oldest_number = 3};
    return model;
}

/* By type and by holder; null, and not nothing, where nobody has asked, or got no answer. */
static void test_holders(void **state)
{
    (void)state;
    struct buf out;
    write_model(holders_model(), &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *leaks = json_object_get(report, "leaks"), *known = json_array_get(leaks, 0);
    json_t *type = first(known, "types"), *chain = first(known, "holders");
    assert_int_equal(json_array_size(json_object_get(known, "types")), 2);
    assert_int_equal(json_object_size(type), 5);
    assert_true(is_text(type, "type", "a\xEF\xBF\xBD"));
    assert_int_equal(member(type, "count"), 3204);
    assert_int_equal(member(type, "shallow_bytes"), 70);
    assert_int_equal(member(type, "retained_bytes"), 80);
    assert_true(is_text(type, "example", "'x'"));
    type = json_array_get(json_object_get(known, "types"), 1);
    assert_true(is_null(type, "retained_bytes") && is_null(type, "example"));
    assert_int_equal(json_object_size(chain), 6);
    assert_true(is_text(chain, "chain", "CACHE['a']"));
    assert_true(is_text(chain, "note", "lru_cache(maxsize=1)"));
    assert_int_equal(json_integer_value(json_object_get(chain, "newest_invocation")), 9);
    assert_true(json_is_true(json_object_get(chain, "bounded")));
    assert_int_equal(member(chain, "count"), 9);
    assert_int_equal(member(chain, "bytes"), 90);
    assert_int_equal(member(known, "oldest_invocation"), 2);
    assert_int_equal(member(known, "newest_invocation"), INT64_MAX);
    assert_true(is_null(known, "problem"));
    for (size_t i = 1; i < 3; i++) {
        json_t *unknown = json_array_get(leaks, i);
        assert_true(is_null(unknown, "types") && is_null(unknown, "holders"));
        assert_true(is_null(unknown, "oldest_invocation") && is_null(unknown, "newest_invocation"));
        assert_true(i == 1 ? is_text(unknown, "problem", "no answer")
                           : is_null(unknown, "problem"));
    }
    json_decref(report);
    buf_fini(&out);
}

/* Where native blocks are not counted, they are not said to be none. */
static void test_heap_without_native(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = heap_model();
    model->heap.native_is_on = false;
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *line = first(first(report, "files"), "lines");
    assert_int_equal(member(line, "net_python_bytes"), 60);
    assert_true(json_is_null(json_object_get(line, "net_native_bytes")));
    assert_true(json_is_null(json_object_get(line, "retained_native_bytes")));
    json_decref(report);
    buf_fini(&out);
}

static void test_empty(void **state)
{
    (void)state;
    struct buf out;
    write_model(model_new("/app"), &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(report);
    assert_int_equal(json_array_size(json_object_get(report, "invocations")), 0);
    assert_int_equal(json_array_size(json_object_get(report, "files")), 0);
    assert_string_equal(json_string_value(json_object_get(report, "python")), "");
    json_decref(report);
    buf_fini(&out);
}

static void test_limit(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    model->limit_bytes = 1610612736;
    struct buf out;
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_integer_value(json_object_get(report, "limit_bytes")), 1610612736);
    json_decref(report);
    buf_fini(&out);
}

static json_t *first_line(json_t *report)
{
    json_t *file = json_array_get(json_object_get(report, "files"), 0);
    return json_array_get(json_object_get(file, "lines"), 0);
}

/* Bytes of any kind in paths and source: the report is JSON in ASCII, and says what it can. */
static void test_odd_text(void **state)
{
    (void)state;
    struct model *model = model_new("/\xff/app");
    static const char text[] = "s = '\x1b[1m\xC3\xA9\xff\"\\\0\x7f\xF0\x9F\x98\x80'\n";
    struct file *file = file_new("/\xff/app/a.py", NULL, text, sizeof text - 1);
    model_add_file(model, file);
    const struct line_stats stats = {.occurrences = UINT64_MAX};
    file_set_live(file, 1, &stats);
    struct buf out;
    write_model(model, &out);
    for (size_t i = 0; i < out.len; i++)
        assert_true((unsigned char)out.data[i] <= 0x7F &&
                    (out.data[i] >= ' ' || out.data[i] == '\n'));
    json_t *report = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
    assert_non_null(report);
    assert_string_equal(json_string_value(json_object_get(report, "app")), "/\xEF\xBF\xBD/app");
    json_t *line = first_line(report);
    static const char expected[] = "s = '\x1b[1m\xC3\xA9\xEF\xBF\xBD\"\\\0\x7f\xF0\x9F\x98\x80'";
    json_t *written = json_object_get(line, "source");
    assert_int_equal(json_string_length(written), sizeof expected - 1);
    assert_memory_equal(json_string_value(written), expected, sizeof expected);
    assert_true(json_integer_value(json_object_get(line, "occurrences")) == INT64_MAX);
    json_decref(report);
    buf_fini(&out);
}

/* What a line took is told though it does not count as run: the sums hold. */
static void test_line_that_only_took(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *file = file_new("/app/a.py", "/app", "def f():\n    pass\n", 18);
    model_add_file(model, file);
    const struct line_stats stats = {.increment_bytes = 4096, .self_increment_bytes = 4096};
    file_set_live(file, 1, &stats);
    struct buf out;
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(report);
    json_t *line = first_line(report);
    assert_int_equal(json_integer_value(json_object_get(line, "line")), 1);
    assert_int_equal(json_integer_value(json_object_get(line, "self_increment_bytes")), 4096);
    assert_int_equal(json_integer_value(json_object_get(line, "occurrences")), 0);
    json_decref(report);
    buf_fini(&out);
}

/* No file, only numbers; and a function that the app does not have (any more). */
static void test_missing_things(void **state)
{
    (void)state;
    struct model *model = model_new("/app");
    struct file *file = file_new("/app/gone.py", "/app", NULL, 0);
    model_add_file(model, file);
    const struct line_stats stats = {.occurrences = 2};
    file_set_live(file, 9, &stats);
    add_invocation(model, 1, "gone", OUTCOME_KILLED, 502);
    invocations_add(&model->invocations, 2, "x", "gone", "GET /");
    struct buf out;
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(report);
    json_t *line = first_line(report);
    assert_int_equal(json_integer_value(json_object_get(line, "line")), 9);
    assert_string_equal(json_string_value(json_object_get(line, "source")), "");
    json_t *list = json_object_get(report, "invocations");
    json_t *killed = json_array_get(list, 0), *waiting = json_array_get(list, 1);
    assert_string_equal(json_string_value(json_object_get(killed, "trigger")), "");
    assert_string_equal(json_string_value(json_object_get(killed, "outcome")), "killed");
    assert_string_equal(json_string_value(json_object_get(waiting, "outcome")), "waiting");
    json_decref(report);
    buf_fini(&out);
}

static void test_versions(void **state)
{
    (void)state;
    struct model *model = sample_model();
    struct file *file = file_new("/app/F/__init__.py", "/app", "y = 2\n", 6);
    model_replace_file(model, 0, file);
    const struct line_stats stats = {.occurrences = 1};
    file_set_live(file, 1, &stats);
    struct buf out;
    write_model(model, &out);
    json_t *report = json_loadb(out.data, out.len, 0, NULL);
    assert_non_null(report);
    json_t *files = json_object_get(report, "files");
    assert_int_equal(json_array_size(files), 2);
    for (size_t i = 0; i < 2; i++) {
        json_t *each = json_array_get(files, i);
        json_t *line = json_array_get(json_object_get(each, "lines"), 0);
        assert_string_equal(json_string_value(json_object_get(each, "path")), "/app/F/__init__.py");
        assert_int_equal(json_integer_value(json_object_get(each, "version")), i + 1);
        assert_int_equal(json_is_true(json_object_get(each, "retired")), i == 0);
        assert_string_equal(json_string_value(json_object_get(line, "source")),
                            i == 0 ? "x = 1" : "y = 2");
    }
    json_decref(report);
    buf_fini(&out);
}

static void test_full_buffer(void **state)
{
    (void)state;
    size_t len = sizeof whole_report - 1;
    struct model *model = sample_model();
    for (size_t max = 0; max <= len; max++) {
        struct buf out;
        struct error error = {0};
        buf_init(&out, max);
        assert_int_equal(json_write(model, &out, &error), max == len ? 0 : -1);
        if (max < len)
            assert_non_null(strstr(error.text, "--exclude"));
        buf_fini(&out);
    }
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_heap),
        cmocka_unit_test(test_leaks),
        cmocka_unit_test(test_holders),
        cmocka_unit_test(test_heap_without_native),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_odd_text),
        cmocka_unit_test(test_missing_things),
        cmocka_unit_test(test_line_that_only_took),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
