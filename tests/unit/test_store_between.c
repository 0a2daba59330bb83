/* store/between, and what store/replay and store/finder make of it: between two events each change
 * of RSS and each end of an invocation is a place, with the numbers that are known there; forward
 * and back are the same; and whatever a file says of such moments, it can be gone through. */
#include "config.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/between.h"
#include "store/finder.h"
#include "store/recording.h"
#include "store/replay.h"
#include "tests/unit/folder_fixture.h"
#include "tests/unit/model_fixture.h"
#include "tui/snapshot.h"

enum { ZERO_NS = 1000000, MIB = 1 << 20, EVENTS = 60, PLACES_MAX = 1000 };

static char *path;

static void require(int result, const struct error *error)
{
    if (result < 0)
        fail_msg("%s", error->text);
}

/* ---- a recording ---- */

static int64_t rss_bytes;

static void change(struct model *model, uint64_t time_ns, int64_t delta_bytes, uint32_t line,
                   uint64_t serial)
{
    rss_bytes += delta_bytes;
    samples_add(&model->samples, &(struct sample){.time_ns = time_ns,
                                                  .rss_bytes = rss_bytes,
                                                  .delta_bytes = delta_bytes,
                                                  .line = line,
                                                  .serial = serial});
    model_set_rss(model, time_ns, rss_bytes);
}

/* What a line has done, in the invocation and in all. */
static void count(struct model *model, struct invocation *one, uint32_t line, int64_t grown_bytes,
                  uint64_t times)
{
    const struct line_stats *was = invocation_line_stats(one, 0, line);
    struct line_stats part = was ? *was : (struct line_stats){0};
    struct line_stats all = model->files[0]->lines[line - 1].total;
    struct line_stats more = {.mem_usage_bytes = rss_bytes,
                              .peak_bytes = rss_bytes,
                              .increment_bytes = grown_bytes,
                              .self_increment_bytes = grown_bytes,
                              .occurrences = times,
                              .net_python_bytes = 7};
    line_stats_add(&part, &more);
    line_stats_add(&all, &more);
    invocation_set_line(one, 0, line, &part);
    file_set_live(model->files[0], line, &all);
}

static struct invocation *begin(struct model *model, uint64_t number, uint64_t time_ns)
{
    struct invocation *one = invocations_add(&model->invocations, number, "id", "F", "GET /");
    one->start_ns = time_ns;
    one->outcome = OUTCOME_RUNNING;
    one->rss_start_bytes = one->rss_end_bytes = rss_bytes;
    return one;
}

static void event(struct recording *recording, struct model *model, uint64_t time_ns)
{
    struct error error = {.text = ""};
    model_touch(model);
    require(recording_event(recording, model, time_ns, &error), &error);
}

static struct recording *create(void)
{
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "/app", 5, &error);
    if (!recording)
        fail_msg("%s", error.text);
    recording_keep_events(recording, ZERO_NS);
    rss_bytes = 50 * MIB;
    return recording;
}

static void close_all(struct recording *recording, struct model *model)
{
    struct error error = {.text = ""};
    require(recording_close(recording, 1, &error), &error);
    model_free(model);
}

static struct model *new_model(void)
{
    struct model *model = model_new("/app");
    model_add_file(model, file_new("/app/a.py", "/app", "a\nb\nc\n", 6));
    return model;
}

/* Two events, and between them: 1 begins, takes 3 and 5 MiB on two lines, and is over; 2 begins,
 * and takes 2 MiB, 1 of them before the next event. */
static void record_few(void)
{
    struct recording *recording = create();
    struct model *model = new_model();
    event(recording, model, 5);
    struct invocation *one = begin(model, 1, 10);
    change(model, 11, 3 * MIB, 1, one->serial);
    change(model, 12, 5 * MIB, 2, one->serial);
    count(model, one, 1, 3 * MIB, 4);
    count(model, one, 2, 5 * MIB, 6);
    count(model, one, 3, 0, 1);
    one->rss_end_bytes = rss_bytes;
    invocations_end(&model->invocations, one, OUTCOME_FAILED, 500, 13, "no");
    struct invocation *two = begin(model, 2, 14);
    change(model, 15, 1 * MIB, 2, two->serial);
    count(model, two, 2, 1 * MIB, 1);
    change(model, 16, -MIB, 0, 0);
    event(recording, model, 20);
    close_all(recording, model);
}

static struct replay *open_replay(void)
{
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    if (!replay)
        fail_msg("%s", error.text);
    return replay;
}

static void check_line(const struct model *model, uint32_t line, int64_t grown_mib, uint64_t times)
{
    const struct line_stats *total = &model->files[0]->lines[line - 1].total;
    assert_int_equal(total->increment_bytes, grown_mib * MIB);
    assert_int_equal(total->self_increment_bytes, grown_mib * MIB);
    assert_int_equal(total->occurrences, times);
}

static void check_counts(const struct model *model, uint64_t total, uint64_t running)
{
    assert_int_equal(model->invocations.total, total);
    assert_int_equal(model->invocations.added, total);
    assert_int_equal(model->invocations.running, running);
    assert_int_equal(model->invocations.count, total);
    const struct function_count *counts = invocations_of_function(&model->invocations, "F");
    assert_int_equal(counts ? counts->total : 0, total);
    assert_int_equal(counts ? counts->running : 0, running);
}

static const struct model *go(struct replay *replay, uint64_t moment, int64_t mib)
{
    struct error error = {.text = ""};
    require(replay_go(replay, (struct replay_place){1, moment}, &error), &error);
    assert_int_equal(replay_place(replay).event, 1);
    assert_int_equal(replay_place(replay).moment, moment);
    assert_int_equal(replay_moment_count(replay), moment ? 7 : 0);
    const struct model *model = replay_model(replay);
    assert_int_equal(model->rss_bytes, mib * MIB);
    return model;
}

static void test_numbers(void **state)
{
    struct error error = {.text = ""};
    (void)state;
    record_few();
    struct replay *replay = open_replay();
    const struct model *model = go(replay, 0, 0);
    check_counts(model, 0, 0);
    model = go(replay, 1, 0);
    check_counts(model, 1, 1);
    assert_int_equal(replay_moment(replay)->kind, MOMENT_BEGIN);
    assert_int_equal(replay_monotonic_ns(replay), 10);
    model = go(replay, 2, 53);
    check_line(model, 1, 3, 1); /* it has run, that much is known */
    check_line(model, 2, 0, 0);
    assert_int_equal(model->invocations.kept[0]->line, 1);
    assert_int_equal(model->invocations.kept[0]->rss_lines_bytes, 3 * MIB);
    model = go(replay, 3, 58);
    check_line(model, 1, 3, 1);
    check_line(model, 2, 5, 1);
    assert_int_equal(model->invocations.kept[0]->outcome, OUTCOME_RUNNING);
    assert_int_equal(model->rss_peak_bytes, 58 * MIB);
    model = go(replay, 4, 58);
    check_counts(model, 1, 0);
    check_line(model, 1, 3, 4);
    check_line(model, 2, 5, 6);
    check_line(model, 3, 0, 1);
    assert_int_equal(model->invocations.failed, 1);
    assert_string_equal(model->invocations.kept[0]->error, "no");
    assert_int_equal(invocation_line_stats(model->invocations.kept[0], 0, 2)->occurrences, 6);
    assert_int_equal(model->files[0]->lines[1].trend_bytes[0], 5 * MIB);
    model = go(replay, 6, 59);
    check_counts(model, 2, 1);
    check_line(model, 2, 6, 6);
    assert_int_equal(replay_moment(replay)->serial, 2);
    /* The last one is the next event, which has all. */
    assert_int_equal(replay_step_moment(replay, true, &error), 1);
    assert_int_equal(replay_place(replay).event, 2);
    assert_int_equal(replay_place(replay).moment, 0);
    assert_int_equal(replay_moment(replay)->delta_bytes, -MIB);
    model = replay_model(replay);
    check_line(model, 2, 6, 7);
    assert_int_equal(model->rss_bytes, 58 * MIB);
    assert_int_equal(replay_step_moment(replay, true, &error), 0);
    replay_close(replay);
}

/* ---- many places ---- */

/* At random, by what the fixture does, with invocations and samples between the events. */
static void record_many(void)
{
    struct changer changer = {.seed = 20261129, .now_ns = 1000};
    struct recording *recording = create();
    struct model *model = new_model();
    for (uint64_t i = 0; i < EVENTS; i++) {
        for (uint64_t k = changer_below(&changer, 6); k > 0; k--) {
            change_model(&changer, model);
            uint64_t serial = changer_below(&changer, model->invocations.added + 2);
            change(model, changer.now_ns++, (int64_t)changer_below(&changer, MIB),
                   (uint32_t)changer_below(&changer, 5), serial);
        }
        model->lost_lines = i + 1; /* so that each is one */
        event(recording, model, ++changer.now_ns);
    }
    close_all(recording, model);
}

struct way {
    struct replay_place places[PLACES_MAX];
    struct model *models[PLACES_MAX];
    bool is_end[PLACES_MAX];
    size_t count;
};

static bool is_end(void *context, const struct model *model, const struct moment *moment)
{
    (void)context;
    (void)model;
    return moment->kind == MOMENT_END;
}

static bool no_event(void *context, const struct model *model, bool is_first)
{
    (void)context;
    (void)model;
    (void)is_first;
    return false;
}

/* The names are the replay's, and go with it. */
static struct model *copy(const struct model *model)
{
    struct model *copied = snapshot_model(model);
    copied->meter = model->meter ? mem_strdup(model->meter) : NULL;
    copied->limit_name = model->limit_name ? mem_strdup(model->limit_name) : NULL;
    return copied;
}

static void drop(struct model *copied)
{
    free((char *)(uintptr_t)copied->meter);
    free((char *)(uintptr_t)copied->limit_name);
    model_free(copied);
}

static void walk(struct replay *replay, struct way *way)
{
    struct error error = {.text = ""};
    int result = 1;
    for (; result > 0; way->count++) {
        const struct moment *moment = replay_moment(replay);
        assert_true(way->count < PLACES_MAX);
        way->places[way->count] = replay_place(replay);
        way->models[way->count] = copy(replay_model(replay));
        way->is_end[way->count] = moment && moment->kind == MOMENT_END;
        result = replay_step_moment(replay, true, &error);
    }
    require(result, &error);
}

static void check_at(const struct replay *replay, const struct way *way, size_t at)
{
    const char *where = compare_models(way->models[at], replay_model(replay));
    assert_int_equal(replay_place(replay).event, way->places[at].event);
    assert_int_equal(replay_place(replay).moment, way->places[at].moment);
    if (where)
        fail_msg("place %zu: %s", at, where);
}

static void check_search(struct finder *finder, const struct way *way, size_t from, bool forward)
{
    struct error error = {.text = ""};
    size_t at = from;
    do
        at += forward ? 1 : (size_t)-1;
    while (at < way->count && !way->is_end[at]);
    finder_begin(finder, way->places[from], forward, no_event, is_end, NULL);
    enum finder_state state;
    do
        state = finder_go(finder, 1, &error);
    while (state == FINDER_SEARCHES);
    assert_int_equal(state, at < way->count ? FINDER_FOUND : FINDER_ENDED);
    if (state == FINDER_ENDED)
        return;
    assert_int_equal(finder_place(finder).event, way->places[at].event);
    assert_int_equal(finder_place(finder).moment, way->places[at].moment);
}

static void test_every_place(void **state)
{
    struct error error = {.text = ""};
    struct way *way = mem_calloc(1, sizeof *way);
    (void)state;
    record_many();
    struct replay *replay = open_replay();
    struct finder *finder = finder_new(path, &error);
    assert_non_null(finder);
    walk(replay, way);
    assert_true(way->count > 2 * EVENTS);
    for (size_t i = way->count; i-- > 0;) {
        check_at(replay, way, i);
        assert_int_equal(replay_step_moment(replay, false, &error), i > 0);
    }
    for (size_t i = 0; i < way->count; i++) {
        size_t at = i * 7919 % way->count;
        require(replay_go(replay, way->places[at], &error), &error);
        check_at(replay, way, at);
        check_search(finder, way, at, true);
        check_search(finder, way, at, false);
    }
    finder_free(finder);
    replay_close(replay);
    for (size_t i = 0; i < way->count; i++)
        drop(way->models[i]);
    free(way);
}

/* ---- files from anywhere ---- */

static void execute(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void test_made_up(void **state)
{
    struct error error = {.text = ""};
    (void)state;
    record_many();
    execute("UPDATE event_samples SET samples = '[[0,1,2],[0,1,1],[0,1,2],[0,1,2],[0,9999,1],"
            "[0,5,9,9,9,9],[0,5,0,1,9,9],[0,5,0,4000000,1,9],[0,2,1],[0,3,1],[0,4,1],[0,2,2],"
            "[9223372036854775807,9223372036854775807,0,1,2,0],[1,9223372036854775807,0,1,2,0],"
            "[0,1,2]]', rss_bytes = 9223372036854775807");
    struct replay *replay = open_replay();
    int result;
    size_t places = 1;
    while ((result = replay_step_moment(replay, true, &error)) > 0)
        places++;
    require(result, &error);
    assert_true(places > 10 * EVENTS / 2);
    while ((result = replay_step_moment(replay, false, &error)) > 0)
        places--;
    require(result, &error);
    assert_int_equal(places, 1);
    replay_close(replay);
    execute("UPDATE event_samples SET samples = '[[0,1' WHERE event > 9");
    replay = open_replay();
    while ((result = replay_step_moment(replay, true, &error)) > 0)
        continue;
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, "is damaged at event"));
    replay_close(replay);
}

static int open_folder(void **state)
{
    int result = folder_make(state);
    path = mem_printf("%s/between", folder);
    return result;
}

static int close_folder(void **state)
{
    free(path);
    return folder_remove(state);
}

/* A file whose first line ran since the event before is there, with what ran by then alone. */
static void test_new_file(void **state)
{
    struct model *before = model_new("/app"), *after = new_model();
    struct moments moments = {0};
    (void)state;
    rss_bytes = 50 * MIB;
    struct invocation *one = begin(after, 1, 10);
    rss_bytes += 3 * MIB;
    count(after, one, 2, 3 * MIB, 4);
    one->outcome = OUTCOME_SUCCEEDED;
    moments_add(&moments, &(struct moment){.time_ns = 10,
                                           .rss_bytes = 50 * MIB,
                                           .serial = one->serial,
                                           .kind = MOMENT_BEGIN});
    moments_add(&moments, &(struct moment){.time_ns = 11,
                                           .rss_bytes = 53 * MIB,
                                           .delta_bytes = 3 * MIB,
                                           .line = 2,
                                           .serial = one->serial,
                                           .kind = MOMENT_SAMPLE});
    moments_add(&moments, &(struct moment){.time_ns = 12,
                                           .rss_bytes = 53 * MIB,
                                           .serial = one->serial,
                                           .kind = MOMENT_END});
    for (size_t places = 1; places <= 3; places++) {
        struct between *between = between_new(before, after, &moments, places);
        const struct model *model = between_model(between);
        assert_int_equal(model->file_count, 1);
        assert_string_equal(model->files[0]->text, "a\nb\nc\n");
        check_line(model, 1, 0, 0);
        check_line(model, 2, places > 1 ? 3 : 0, places == 1 ? 0 : places == 2 ? 1 : 4);
        between_free(between);
    }
    assert_int_equal(before->file_count, 0);
    moments_fini(&moments);
    model_free(before);
    model_free(after);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_new_file),
        cmocka_unit_test(test_every_place),
        cmocka_unit_test(test_made_up),
    };
    return cmocka_run_group_tests(tests, open_folder, close_folder);
}
