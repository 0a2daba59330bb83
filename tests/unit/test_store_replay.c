/* store/replay: a model that is recorded while it changes is the same again at every event, from
 * wherever one comes; what is thinned, damaged or made up is told apart from that. */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/recording.h"
#include "store/replay.h"
#include "tests/unit/folder_fixture.h"
#include "tests/unit/model_fixture.h"
#include "tui/snapshot.h"

enum { EVENTS = 2000, ZERO_NS = 1000000 };

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

static void require(int result, const struct error *error)
{
    if (result < 0)
        fail_msg("%s", error->text);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static int64_t number_of(const char *path, const char *query)
{
    sqlite3 *db;
    sqlite3_stmt *row;
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    if (sqlite3_prepare_v2(db, query, -1, &row, NULL))
        fail_msg("%s: %s", query, sqlite3_errmsg(db));
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    sqlite3_close(db);
    return number;
}

static struct recording *create(const char *path)
{
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "/app", 5, &error);
    if (!recording)
        fail_msg("%s", error.text);
    recording_keep_events(recording, ZERO_NS);
    return recording;
}

static void check_same(const struct replay *replay, const struct model *model, uint64_t event)
{
    const char *where = compare_models(model, replay_model(replay));
    if (replay_event(replay) != event)
        fail_msg("event %" PRIu64 " is current, not %" PRIu64, replay_event(replay), event);
    if (where)
        fail_msg("event %" PRIu64 ": %s", event, where);
}

/* What was recorded, and copies of the model at some of the events. */
struct run {
    struct model *copies[EVENTS + 1]; /* by event; NULL: not copied */
    uint64_t times[EVENTS + 1];       /* of the model's clock */
    uint64_t last;
};

static void record_run(const char *path, uint64_t seed, bool is_wide, struct run *run)
{
    struct changer changer = {.seed = seed, .now_ns = 1000, .is_wide = is_wide};
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    uint64_t before = 0;
    for (run->last = 0; run->last < EVENTS; run->last++) {
        change_model(&changer, model);
        require(recording_event(recording, model, changer.now_ns, &error), &error);
        run->times[run->last + 1] = changer.now_ns;
        /* A copy for one in seven is enough, and takes less memory. */
        if (run->last % 7 == 0 || run->last + 1 == EVENTS)
            run->copies[run->last + 1] = snapshot_model(model);
        if (run->last % 20 == 0)
            require(recording_commit(recording, &error), &error);
        /* Where nothing was changed there is no event; make it one. */
        model->lost_lines = ++before;
    }
    require(recording_close(recording, 1, &error), &error);
    model_free(model);
}

static void free_run(struct run *run)
{
    for (size_t i = 0; i <= EVENTS; i++)
        model_free(run->copies[i]);
}

static struct replay *open_replay(const char *path)
{
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    if (!replay)
        fail_msg("%s", error.text);
    return replay;
}

static void check_run(const char *path, const struct run *run)
{
    struct error error = {.text = ""};
    struct changer random = {.seed = 77};
    struct replay *replay = open_replay(path);
    assert_string_equal(replay_command(replay), "/app");
    assert_int_equal(replay_first(replay), 1);
    assert_int_equal(replay_last(replay), EVENTS);
    for (uint64_t event = 1; event <= EVENTS; event++) {
        if (run->copies[event])
            check_same(replay, run->copies[event], event);
        assert_int_equal(replay_monotonic_ns(replay), run->times[event]);
        assert_int_equal(replay_realtime_ns(replay), run->times[event] + ZERO_NS);
        assert_int_equal(replay_step(replay, true, &error), event < EVENTS);
    }
    for (uint64_t event = EVENTS; event > EVENTS - 300; event--) {
        if (run->copies[event])
            check_same(replay, run->copies[event], event);
        assert_int_equal(replay_step(replay, false, &error), 1);
    }
    for (int i = 0; i < 300; i++) {
        uint64_t event = 1 + 7 * changer_below(&random, EVENTS / 7);
        require(replay_seek(replay, event, &error), &error);
        check_same(replay, run->copies[event], event);
        assert_int_equal(replay_event_at(replay, run->times[event] + ZERO_NS), event);
        assert_int_equal(replay_event_at(replay, run->times[event] + ZERO_NS - 1),
                         event > 1 ? event - 1 : 1);
    }
    require(replay_seek(replay, 1, &error), &error);
    assert_int_equal(replay_step(replay, false, &error), 0);
    require(replay_seek(replay, UINT64_MAX, &error), &error);
    check_same(replay, run->copies[EVENTS], EVENTS);
    replay_close(replay);
}

static void test_every_event(void **state)
{
    (void)state;
    static const bool is_wide[] = {false, true};
    char *path = path_of("events");
    for (size_t i = 0; i < ARRAY_LEN(is_wide); i++) {
        struct run *run = mem_calloc(1, sizeof *run);
        record_run(path, 20261129 + i, is_wide[i], run);
        check_run(path, run);
        free_run(run);
        free(run);
    }
    free(path);
}

/* The sums of lines and of invocations in the file are those of the model of its last event. */
static void check_totals(const char *path, const struct model *model)
{
    static const char *const columns[] = {"occurrences", "increment_bytes", "peak_bytes",
                                          "retained_python_bytes"};
    for (size_t i = 0; i < model->file_count; i++) {
        int64_t sums[ARRAY_LEN(columns)] = {0};
        if (model->files[i]->line_count == 0)
            continue; /* forgotten, perhaps; its totals are not */
        for (uint32_t k = 0; k < model->files[i]->line_count; k++) {
            const struct line_stats *total = &model->files[i]->lines[k].total;
            sums[0] += (int64_t)total->occurrences;
            sums[1] += total->increment_bytes;
            sums[2] += total->peak_bytes;
            sums[3] += total->retained_python_bytes;
        }
        for (size_t k = 0; k < ARRAY_LEN(columns); k++) {
            char *query = mem_printf("SELECT ifnull(sum(%s), 0) FROM line_totals WHERE file = %zu",
                                     columns[k], i);
            assert_int_equal(number_of(path, query), sums[k]);
            free(query);
        }
    }
    assert_int_equal(number_of(path, "SELECT count(*) FROM invocation_totals"),
                     model->invocations.added);
    for (size_t i = 0; i < model->invocations.count; i++) {
        const struct invocation *invocation = model->invocations.kept[i];
        char *query = mem_printf(
            "SELECT rss_end_bytes FROM invocation_totals WHERE serial = %" PRIu64
            " AND outcome = '%s' AND json_array_length(lines) = %zu",
            invocation->serial, outcome_name(invocation->outcome), invocation->line_count);
        assert_int_equal(number_of(path, query), invocation->rss_end_bytes);
        free(query);
    }
}

static void test_totals(void **state)
{
    (void)state;
    char *path = path_of("totals");
    struct error error = {.text = ""};
    struct changer changer = {.seed = 5, .now_ns = 1000};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    for (int i = 0; i < 400; i++) {
        for (int k = 0; k < 5; k++)
            change_model(&changer, model);
        require(recording_event(recording, model, changer.now_ns, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    check_totals(path, model);
    int64_t cells = 0;
    for (size_t i = 0; i < model->invocations.count; i++)
        cells += (int64_t)model->invocations.kept[i]->line_count;
    assert_true(cells > 0);
    assert_int_equal(number_of(path, "SELECT count(*) FROM invocation_lines"), cells);
    /* Of what came between two events the latest is there. */
    assert_true(number_of(path, "SELECT count(*) FROM output") >= (int64_t)model->output.count);
    assert_int_equal(number_of(path, "SELECT max(number) FROM output"), model->output.total);
    assert_int_equal(number_of(path, "SELECT count(*) FROM invocations WHERE number > 0"),
                     model->invocations.total);
    assert_true(number_of(path, "SELECT count(*) FROM memory_profiler_logs") > 0);
    model_free(model);
    free(path);
}

/* At event N, from 1, N lines are suspected, up to 5; then fewer again. The first two are leaks. */
static size_t verdict_at(uint64_t event)
{
    return event <= 5 ? (size_t)event : 10 - (size_t)event;
}

static void test_verdict(void **state)
{
    enum { CHANGES = 9 };
    char *path = path_of("verdict");
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    (void)state;
    model_add_file(model, file_new("/app/a.py", "/app", "a\nb\nc\nd\ne\n", 10));
    for (uint64_t event = 1; event <= CHANGES; event++) {
        size_t count = verdict_at(event);
        model->leaks = (struct leaks){.count = count, .certain = count < 2 ? count : 2};
        for (uint32_t i = 0; i < count; i++)
            model->leaks.items[i] = (struct leak){
                .line = i + 1,
                .state = i < 2 ? LEAK_CERTAIN : LEAK_SUSPECT,
                .is_native = i == 1,
                .is_outside = i == 3,
                .is_bounded = i == 4,
                .kept = i,
                .of = 7,
                .bytes_per_invocation = 100 * (int64_t)event,
                .alive_bytes = 1 << 20,
                .first_number = event,
                .last_number = event + i,
            };
        require(recording_event(recording, model, event, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    struct replay *replay = open_replay(path);
    for (uint64_t event = CHANGES; event > 0; event--) {
        require(replay_seek(replay, event, &error), &error);
        const struct leaks *leaks = &replay_model(replay)->leaks;
        size_t count = verdict_at(event);
        assert_int_equal(leaks->count, count);
        assert_int_equal(leaks->certain, count < 2 ? count : 2);
        const struct leak *last = leaks_find(leaks, 0, (uint32_t)count);
        assert_non_null(last);
        assert_int_equal(last->state, count <= 2 ? LEAK_CERTAIN : LEAK_SUSPECT);
        assert_int_equal(last->is_native, count == 2);
        assert_int_equal(last->is_outside, count == 4);
        assert_int_equal(last->is_bounded, count == 5);
        assert_int_equal(last->kept, count - 1);
        assert_int_equal(last->bytes_per_invocation, 100 * event);
        assert_int_equal(last->first_number, event);
        assert_int_equal(last->last_number, event + count - 1);
    }
    replay_close(replay);
    model_free(model);
    free(path);
}

/* Lines of an invocation that is over are written once, though many key frames have it; and again
 * where it goes on nevertheless, so that each event has those of its time. */
static void test_lines_apart(void **state)
{
    enum { INVOCATIONS = 300, LINES = 60, CHANGES = 300 };
    char *path = path_of("apart");
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    (void)state;
    model_add_file(model, file_new("/app/a.py", "/app", "a\n", 2));
    for (uint64_t i = 1; i <= INVOCATIONS; i++) {
        struct invocation *one = invocations_add(&model->invocations, i, "id", "F", "GET /");
        for (uint32_t line = 1; line <= LINES; line++)
            invocation_set_line(one, 0, line, &(struct line_stats){.occurrences = i + line});
        invocations_end(&model->invocations, one, OUTCOME_TIMED_OUT, 200, i, NULL);
    }
    for (uint64_t i = 1; i <= CHANGES; i++) {
        for (size_t k = 0; k < INVOCATIONS; k++)
            model->invocations.kept[k]->retained_bytes = (int64_t)(i * k * 1000);
        if (i == CHANGES / 2)
            invocation_set_line(model->invocations.kept[7], 0, 5,
                                &(struct line_stats){.occurrences = 4711});
        require(recording_event(recording, model, i, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    assert_int_equal(number_of(path, "SELECT count(*) FROM ended_lines"), INVOCATIONS + 1);
    assert_true(number_of(path, "SELECT count(*) FROM keyframes") > 2);
    check_totals(path, model);
    struct replay *replay = open_replay(path);
    for (uint64_t event = CHANGES; event > 0; event -= 3) {
        require(replay_seek(replay, event, &error), &error);
        const struct invocation *one = replay_model(replay)->invocations.kept[7];
        assert_int_equal(one->line_count, LINES);
        assert_int_equal(one->lines[4].stats.occurrences,
                         event >= CHANGES / 2 ? 4711 : one->number + 5);
        assert_int_equal(replay_model(replay)->invocations.kept[99]->lines[9].stats.occurrences,
                         100 + 10);
    }
    replay_close(replay);
    /* Where they are gone, as in one that was thinned, the rest is there. */
    execute(path, "DELETE FROM ended_lines WHERE number < 100");
    replay = open_replay(path);
    require(replay_seek(replay, CHANGES, &error), &error);
    assert_int_equal(replay_model(replay)->invocations.kept[5]->line_count, 0);
    assert_int_equal(replay_model(replay)->invocations.kept[5]->retained_bytes, CHANGES * 5000);
    assert_int_equal(replay_model(replay)->invocations.kept[200]->line_count, LINES);
    replay_close(replay);
    model_free(model);
    free(path);
}

/* ---- copies ---- */

static void change_some(struct changer *changer, struct recording *recording, struct model *model)
{
    struct error error = {.text = ""};
    for (int i = 0; i < 300; i++) {
        change_model(changer, model);
        require(recording_event(recording, model, changer->now_ns, &error), &error);
        if (i % 20 == 0)
            require(recording_commit(recording, &error), &error);
    }
}

/* A copy that is begun on the way has what was before it, too, and ends where it is ended; what it
 * is a copy of goes on. */
static void test_copy(void **state)
{
    (void)state;
    char *path = path_of("copied"), *copy = path_of("copy");
    struct error error = {.text = ""};
    struct changer changer = {.seed = 8, .now_ns = 1000};
    struct recording *recording = create(path);
    struct recording_size size;
    struct model *model = model_new("/app");
    change_some(&changer, recording, model);
    assert_int_equal(recording_copy(recording, path, true, 0, &error), -1);
    assert_non_null(strstr(error.text, "is what is recorded into"));
    require(recording_copy(recording, copy, false, 0, &error), &error);
    recording_mark(recording, changer.now_ns, 7);
    change_some(&changer, recording, model);
    require(recording_copy_check(recording, &error), &error);
    require(recording_copy_end(recording, 77, &size, &error), &error);
    assert_int_equal(size.events, number_of(copy, "SELECT max(event) FROM events"));
    assert_int_equal(size.events, number_of(copy, "SELECT count(*) FROM events"));
    struct stat info;
    assert_int_equal(stat(copy, &info), 0);
    assert_int_equal(size.bytes, info.st_size);
    struct replay *replay = open_replay(copy);
    require(replay_seek(replay, UINT64_MAX, &error), &error);
    check_same(replay, model, size.events);
    check_totals(copy, model);
    assert_int_equal(number_of(copy, "SELECT value FROM meta WHERE key = 'end_ns'"), 77);
    assert_int_equal(number_of(copy, "SELECT serial FROM markers"), 7);
    replay_close(replay);
    change_some(&changer, recording, model);
    /* Another recording is not written over unless one says so. */
    assert_int_equal(recording_copy(recording, copy, false, 0, &error), -1);
    assert_non_null(strstr(error.text, "is a recording already"));
    assert_int_equal(number_of(copy, "SELECT max(event) FROM events"), size.events);
    require(recording_copy(recording, copy, true, 0, &error), &error);
    require(recording_close(recording, 99, &error), &error);
    for (int i = 0; i < 2; i++) {
        const char *file = i ? copy : path;
        replay = open_replay(file);
        require(replay_seek(replay, UINT64_MAX, &error), &error);
        check_same(replay, model, replay_last(replay));
        check_totals(file, model);
        assert_int_equal(number_of(file, "SELECT value FROM meta WHERE key = 'end_ns'"), 99);
        replay_close(replay);
    }
    model_free(model);
    free(copy);
    free(path);
}

/* ---- deaths ---- */

static void record_without_end(const char *path, uint64_t seed)
{
    struct changer changer = {.seed = seed, .now_ns = 1000};
    struct recording *recording = recording_create(path, "/app", 5, NULL);
    struct model *model = model_new("/app");
    if (!recording)
        _exit(1);
    recording_keep_events(recording, ZERO_NS);
    for (uint64_t i = 0;; i++) {
        change_model(&changer, model);
        if (recording_event(recording, model, changer.now_ns, NULL) ||
            (i % 9 == 0 && recording_commit(recording, NULL)))
            _exit(1);
    }
}

/* 0 where the child was killed before it had made a whole file. */
static int check_remains(const char *path)
{
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    if (!replay) {
        /* Before the first commit there are no events, or there is no file yet. */
        if (!strstr(error.text, "no events") && !strstr(error.text, "no recording") &&
            !strstr(error.text, "has nothing in it") && !strstr(error.text, "No such file"))
            fail_msg("%s", error.text);
        return 0;
    }
    require(replay_seek(replay, UINT64_MAX, &error), &error);
    check_totals(path, replay_model(replay));
    replay_close(replay);
    return 1;
}

/* Killed at any moment, what was committed is whole, and totals and events are of the same one. */
static void test_kill(void **state)
{
    (void)state;
    char *path = path_of("kill");
    struct changer random = {.seed = 99};
    int opened = 0;
#ifdef __SANITIZE_THREAD__
    enum { KILLS = 50 }; /* a child takes it seconds to begin */
#else
    enum { KILLS = 100 };
#endif
    for (uint64_t i = 0; i < KILLS; i++) {
        pid_t child = fork();
        if (child == 0)
            record_without_end(path, 1000 + i);
        /* While it writes, or while it removes the recording that is there. A busy machine is given
         * longer, until one has come to writing. */
        uint64_t most_ns = UINT64_C(60000000) * (opened ? 1 : 1 + i / 7);
        const struct timespec pause = {.tv_nsec =
                                           (long)changer_below(&random, i % 2 ? 1000000 : most_ns)};
        int status;
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        opened += check_remains(path);
    }
    assert_true(opened > 0);
    free(path);
}

/* ---- limits ---- */

static void test_limit(void **state)
{
    (void)state;
    enum { LIMIT = 6 << 20, CHANGES = 4000 };
    char *path = path_of("limit");
    struct error error = {.text = ""};
    struct changer changer = {.seed = 6, .now_ns = 1000};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    struct stat info;
    recording_limit(recording, LIMIT);
    for (int i = 0; i < CHANGES; i++) {
        change_model(&changer, model);
        require(recording_event(recording, model, changer.now_ns, &error), &error);
        recording_sample(recording, 0, (uint64_t)i * 100, i == 77 ? 1 << 30 : i);
        if (i % 20 == 0)
            require(recording_commit(recording, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    assert_int_equal(stat(path, &info), 0);
    assert_true(info.st_size <= LIMIT);
    check_totals(path, model);
    assert_int_equal(number_of(path, "SELECT max(rss_bytes) FROM samples"), 1 << 30);
    /* What is left can be gone through, and ends at the model. */
    struct replay *replay = open_replay(path);
    uint64_t seen = 1;
    int result;
    while ((result = replay_step(replay, true, &error)) > 0)
        seen++;
    require(result, &error);
    assert_true(seen > 10 && seen < replay_last(replay));
    check_same(replay, model, replay_last(replay));
    while ((result = replay_step(replay, false, &error)) > 0)
        seen--;
    require(result, &error);
    assert_int_equal(seen, 1);
    replay_close(replay);
    model_free(model);
    free(path);
}

/* As at a pause: readings of memory that is what it was are no events, and are not lost. */
static void test_still(void **state)
{
    char *path = path_of("still");
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    (void)state;
    for (uint64_t i = 1; i <= 100; i++) {
        model_set_rss(model, i * 1000, i <= 50 ? 4096 : 8192);
        if (i == 80)
            model->lost_lines = 1;
        require(recording_event(recording, model, i * 1000, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    /* Each value's first two readings, and what is no reading. */
    assert_int_equal(number_of(path, "SELECT group_concat(time_ns / 1000 - 1000, '') FROM events"),
                     12515280);
    struct replay *replay = replay_open(path, &error);
    assert_non_null(replay);
    require(replay_seek(replay, 5, &error), &error);
    const struct timeline *timeline = &replay_model(replay)->timeline;
    assert_int_equal(timeline->points[timeline->count - 1].time_ns, 80000);
    replay_close(replay);
    model_free(model);
    free(path);
}

/* A collection that frees nothing: what was alive at it is the model's alone. */
static void test_collection(void **state)
{
    char *path = path_of("collection");
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    struct changer changer = {.seed = 3, .now_ns = 1000};
    (void)state;
    model_add_file(model, changer_file(&changer, "/app/f.py"));
    kept_reserve(&model->kept, 1);
    model->kept.line_count = 1;
    model->kept.lines[0].line = 1;
    model->kept.lines[0].alive_bytes[0] = 100;
    model->kept.invocations[0] = (struct kept_invocation){.number = 1};
    require(recording_event(recording, model, 1000, &error), &error);
    model->kept.moments[model->kept.moment_count++] = (struct kept_moment){.serial = 1, .ended = 1};
    model->kept.moment_serial = 1;
    model->kept.invocations[0].moment = 1;
    model->kept.lines[0].then[0].all_bytes = 100;
    require(recording_event(recording, model, 2000, &error), &error);
    model->kept.lines[0].alive_bytes[0] = 90;
    require(recording_event(recording, model, 3000, &error), &error);
    require(recording_close(recording, 1, &error), &error);
    assert_int_equal(number_of(path, "SELECT count(*) FROM events"), 2);
    model_free(model);
    free(path);
}

/* One invocation after another, each with a line of output: many times what fits. */
static void test_many_invocations(void **state)
{
    (void)state;
    enum { LIMIT = 1 << 20, INVOCATIONS = 20000 };
    char *path = path_of("limit");
    struct error error = {.text = ""};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    struct stat info;
    int64_t duration_ns = 0, growth_bytes = 0, largest = 0;
    recording_limit(recording, LIMIT);
    for (uint64_t i = 1; i <= INVOCATIONS; i++) {
        struct invocation *one =
            invocations_add(&model->invocations, i, "id", i % 3 ? "Hello" : "Other", "GET /");
        one->start_ns = i * 1000000;
        one->rss_start_bytes = 50 << 20;
        one->rss_end_bytes = one->rss_start_bytes + (int64_t)(i % 7);
        invocations_end(&model->invocations, one, i % 5 ? OUTCOME_SUCCEEDED : OUTCOME_FAILED, 200,
                        one->start_ns + i, NULL);
        output_add(&model->output, i, OUTPUT_STDOUT, LEVEL_INFO, i, "a line", 6);
        duration_ns += (int64_t)i;
        growth_bytes += (int64_t)(i % 7);
        recording_call(recording, "Hello", &(struct series_span){.begin_ns = i, .end_ns = i + 1});
        if (i % 50 == 0)
            require(recording_event(recording, model, one->start_ns, &error), &error);
        if (i % 500 == 0) {
            require(recording_flush(recording, &error), &error);
            assert_int_equal(stat(path, &info), 0);
            largest = info.st_size > largest ? info.st_size : largest;
        }
    }
    require(recording_close(recording, 1, &error), &error);
    assert_true(largest <= LIMIT);
    assert_int_equal(number_of(path, "SELECT sum(invocations) FROM function_totals"), INVOCATIONS);
    assert_int_equal(
        number_of(path, "SELECT sum(invocations) FROM function_totals WHERE outcome = 'failed'"),
        INVOCATIONS / 5);
    assert_int_equal(number_of(path, "SELECT sum(invocations) FROM function_totals"
                                     " WHERE function = 'Other'"),
                     INVOCATIONS / 3);
    assert_int_equal(number_of(path, "SELECT round(sum(duration_ms) * 1e6) FROM function_totals"),
                     duration_ns);
    assert_int_equal(number_of(path, "SELECT sum(rss_growth_bytes) FROM function_totals"),
                     growth_bytes);
    assert_true(number_of(path, "SELECT count(*) FROM invocation_totals") < INVOCATIONS / 2);
    struct replay *replay = open_replay(path);
    require(replay_seek(replay, UINT64_MAX, &error), &error);
    check_same(replay, model, INVOCATIONS / 50);
    replay_close(replay);
    model_free(model);
    free(path);
}

/* Where nothing is left that could go, it ends with a word, and what is there stays. */
static void test_too_small(void **state)
{
    (void)state;
    char *path = path_of("limit");
    struct error error = {.text = ""};
    struct changer changer = {.seed = 7, .now_ns = 1000};
    struct recording *recording = create(path);
    struct model *model = model_new("/app");
    int result = 0;
    recording_limit(recording, 300000);
    for (int i = 0; i < 100000 && !result; i++) {
        change_model(&changer, model);
        result = recording_event(recording, model, changer.now_ns, &error);
        if (!result)
            result = recording_commit(recording, &error);
    }
    assert_int_equal(result, -1);
    assert_non_null(strstr(error.text, "has reached its limit of"));
    recording_close(recording, 1, &error);
    struct replay *replay = open_replay(path);
    require(replay_seek(replay, UINT64_MAX, &error), &error);
    replay_close(replay);
    model_free(model);
    free(path);
}

/* ---- files from anywhere ---- */

static void check_refused(const char *path, const char *words)
{
    struct error error = {.text = ""};
    assert_null(replay_open(path, &error));
    if (!strstr(error.text, words) || !strstr(error.text, path))
        fail_msg("no '%s' in '%s'", words, error.text);
}

static void test_damage(void **state)
{
    (void)state;
    char *path = path_of("damage");
    struct error error = {.text = ""};
    struct run *run = mem_calloc(1, sizeof *run);
    record_run(path, 3, false, run);
    execute(path, "UPDATE events SET change = substr(change, 1, length(change) / 2)"
                  " WHERE event = 1989");
    struct replay *replay = open_replay(path);
    require(replay_seek(replay, 1988, &error), &error);
    assert_int_equal(replay_step(replay, true, &error), -1);
    assert_non_null(strstr(error.text, "damaged at event 1989"));
    assert_int_equal(replay_event(replay), 1988);
    assert_int_equal(replay_seek(replay, 1500, &error), 0);
    replay_close(replay);
    /* A gap, a change that is none, and none at all. */
    execute(path, "DELETE FROM events WHERE event = 1700");
    replay = open_replay(path);
    assert_int_equal(replay_seek(replay, 1700, &error), 0);
    assert_int_equal(replay_event(replay), 1699);
    assert_int_equal(replay_step(replay, true, &error), -1);
    replay_close(replay);
    execute(path, "UPDATE keyframes SET state = x'0100'");
    check_refused(path, "damaged at event 1");
    execute(path, "DELETE FROM keyframes");
    check_refused(path, "damaged at event 1");
    execute(path, "DELETE FROM events");
    check_refused(path, "has no events");
    execute(path,
            "DROP TABLE events; CREATE VIEW events AS SELECT 1 AS event, 1 AS time_ns, NULL AS "
            "change");
    check_refused(path, "no recording");
    free_run(run);
    free(run);
    free(path);
}

/* A recording of memory over time alone has no events, nor has one of version 1. */
static void test_old(void **state)
{
    (void)state;
    char *path = path_of("old");
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "/app", 5, &error);
    assert_non_null(recording);
    struct model *model = model_new("/app");
    require(recording_event(recording, model, 1, &error), &error);
    require(recording_close(recording, 1, &error), &error);
    check_refused(path, "has no events");
    execute(path, "PRAGMA user_version = 1");
    check_refused(path, "is of version 1 of recordings");
    execute(path, "PRAGMA user_version = 2");
    check_refused(path, "is of version 2 of recordings, and version 4 or later is replayed: record "
                        "it anew");
    execute(path, "PRAGMA user_version = 3");
    check_refused(path, "is of version 3 of recordings, and version 4 or later is replayed: record "
                        "it anew");
    execute(path, "PRAGMA user_version = 7");
    check_refused(path, "was made by a newer pymemtop (version 7");
    model_free(model);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_still),       cmocka_unit_test(test_collection),
        cmocka_unit_test(test_every_event), cmocka_unit_test(test_totals),
        cmocka_unit_test(test_kill),        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_too_small),   cmocka_unit_test(test_many_invocations),
        cmocka_unit_test(test_damage),      cmocka_unit_test(test_old),
        cmocka_unit_test(test_copy),        cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_lines_apart),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
