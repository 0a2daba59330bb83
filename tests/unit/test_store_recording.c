/* store/recording: what is written is read again, also after the writer's death, and what is no
 * recording is neither read nor replaced. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "store/recording.h"
#include "tests/unit/folder_fixture.h"

static char *path_of(const char *name)
{
    return mem_printf("%s/%s", folder, name);
}

static struct recording *create(const char *path)
{
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "python x.py", 5, &error);
    if (!recording)
        fail_msg("%s", error.text);
    return recording;
}

static void add(struct recording *recording, uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++)
        recording_sample(recording, i % 3, i * 100, (int64_t)i << 20);
}

static struct series read_file(const char *path)
{
    struct series series;
    struct error error = {.text = ""};
    series_init(&series);
    if (recording_read(path, &series, &error))
        fail_msg("%s", error.text);
    return series;
}

static void check_refused(const char *path, enum exit_status status, const char *words)
{
    struct series series;
    struct error error = {.text = ""};
    series_init(&series);
    assert_int_equal(recording_read(path, &series, &error), -1);
    assert_int_equal(error.status, status);
    if (!strstr(error.text, words) || !strstr(error.text, path))
        fail_msg("no '%s' in '%s'", words, error.text);
    series_fini(&series);
}

static void execute(const char *path, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void test_round_trip(void **state)
{
    (void)state;
    char *path = path_of("round");
    const struct series_span span = {
        .begin_ns = 100, .end_ns = 300, .begin_bytes = 7, .end_bytes = -8, .level = 2};
    struct recording *recording = create(path);
    add(recording, 0, 10);
    recording_call(recording, "m.f \xc3\xa9", &span);
    assert_int_equal(recording_close(recording, 1000, NULL), 0);
    struct series series = read_file(path);
    assert_string_equal(series.command, "python x.py");
    assert_int_equal(series.sample_count, 10);
    assert_int_equal(series.track_count, 3);
    assert_int_equal(series.tracks[0].samples[3].time_ns, 900);
    assert_int_equal(series.tracks[0].samples[3].bytes, 9 << 20);
    assert_string_equal(series.functions[0].name, "m.f \xc3\xa9");
    assert_int_equal(series.spans[0].begin_ns, 100);
    assert_int_equal(series.spans[0].end_bytes, -8);
    assert_int_equal(series.spans[0].level, 2);
    assert_int_equal(series.unread, 0);
    series_fini(&series);
    /* A closed one is one file. */
    char *log = mem_printf("%s-wal", path);
    assert_int_equal(access(log, F_OK), -1);
    free(log);
    free(path);
}

static void test_read_while_written(void **state)
{
    (void)state;
    char *path = path_of("live");
    struct recording *recording = create(path);
    add(recording, 0, 6);
    assert_int_equal(recording_flush(recording, NULL), 0);
    assert_int_equal(recording_flush(recording, NULL), 0); /* nothing to do */
    add(recording, 6, 9);
    struct series series = read_file(path);
    assert_int_equal(series.sample_count, 6);
    series_fini(&series);
    assert_int_equal(recording_close(recording, 1000, NULL), 0);
    series = read_file(path);
    assert_int_equal(series.sample_count, 9);
    series_fini(&series);
    free(path);
}

/* Killed within a transaction: what was committed is there. And such a file is replaced whole. */
static void test_death(void **state)
{
    (void)state;
    char *path = path_of("death");
    pid_t child = fork();
    if (child == 0) {
        struct recording *recording = create(path);
        add(recording, 0, 5000);
        if (recording_flush(recording, NULL))
            _exit(1);
        add(recording, 5000, 9000);
        raise(SIGKILL);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct series series = read_file(path);
    assert_int_equal(series.sample_count, 5000);
    series_fini(&series);
    struct recording *recording = create(path);
    add(recording, 0, 2);
    assert_int_equal(recording_close(recording, 1000, NULL), 0);
    series = read_file(path);
    assert_int_equal(series.sample_count, 2);
    series_fini(&series);
    free(path);
}

/* What is left of one whose writer died before it had written anything. */
static void test_empty_file_is_replaced(void **state)
{
    (void)state;
    char *path = path_of("death");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(recording_close(create(path), 1000, NULL), 0);
    free(path);
}

static void check_not_created(const char *path, const char *words)
{
    struct error error = {.text = ""};
    assert_null(recording_create(path, "x", 1, &error));
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    if (!strstr(error.text, words))
        fail_msg("no '%s' in '%s'", words, error.text);
}

static void test_other_files_are_left_alone(void **state)
{
    (void)state;
    char *text = path_of("text"), *base = path_of("base"), *none = path_of("none/x");
    FILE *file = fopen(text, "w");
    assert_non_null(file);
    fputs("precious", file);
    fclose(file);
    execute(base, "CREATE TABLE samples (a); INSERT INTO samples VALUES (1)");
    check_not_created(text, "is no recording");
    check_not_created(base, "is no recording");
    check_not_created(folder, "is no recording");
    check_not_created("/dev/null", "is no recording");
    check_not_created(none, "No such file or directory");
    check_refused(base, EXIT_STATUS_APP, "no recording of pymemtop");
    check_refused(text, EXIT_STATUS_SYSTEM, "not a database");
    check_refused(none, EXIT_STATUS_SYSTEM, "No such file or directory");
    free(text);
    free(base);
    free(none);
}

static void test_other_versions(void **state)
{
    (void)state;
    char *path = path_of("version");
    assert_int_equal(recording_close(create(path), 1, NULL), 0);
    execute(path, "CREATE TABLE later (a); ALTER TABLE samples ADD COLUMN heap_bytes INTEGER");
    struct series series = read_file(path);
    series_fini(&series);
    execute(path, "PRAGMA user_version = 1");
    series = read_file(path);
    series_fini(&series);
    execute(path, "PRAGMA user_version = 7");
    check_refused(path, EXIT_STATUS_APP, "newer pymemtop");
    execute(path, "PRAGMA user_version = 5; DROP TABLE samples;"
                  "CREATE VIEW samples AS SELECT 1 AS time_ns, 0 AS pid, 1 AS rss_bytes");
    check_refused(path, EXIT_STATUS_APP, "no recording of pymemtop");
    free(path);
}

static void test_broken_rows_are_counted(void **state)
{
    (void)state;
    char *path = path_of("rows");
    assert_int_equal(recording_close(create(path), 1, NULL), 0);
    execute(path, "INSERT INTO samples VALUES (1, 0, 5), (-1, 0, 5), (2, -3, 5), ('x', 0, 5),"
                  " (3, 0, 6);"
                  "INSERT INTO functions VALUES ('f', 1, 1, 2, 2, 0), ('f', 3, 1, 2, 2, 0),"
                  " ('f', 1, 1, 'y', 2, 0), ('f', 1, 1, 2, 2, -1)");
    struct series series = read_file(path);
    assert_int_equal(series.sample_count, 2);
    assert_int_equal(series.span_count, 1);
    assert_int_equal(series.unread, 6);
    assert_int_equal(series.unread_line, 2);
    series_fini(&series);
    free(path);
}

/* No more room: an error, and what was committed before can be read. */
static void test_full(void **state)
{
    (void)state;
    char *path = path_of("full");
    pid_t child = fork();
    if (child == 0) {
        const struct rlimit limit = {.rlim_cur = 200000, .rlim_max = 200000};
        struct error error = {.text = ""};
        signal(SIGXFSZ, SIG_IGN);
        struct recording *recording = create(path);
        setrlimit(RLIMIT_FSIZE, &limit);
        int result = 0;
        for (uint64_t i = 0; !result && i < 1000000; i++) {
            recording_sample(recording, 0, i, 1);
            if (i == 1000)
                result = recording_flush(recording, &error);
            else if (i % 1000 == 0)
                result = recording_commit(recording, &error);
        }
        if (recording_close(recording, 1, &error))
            result = -1;
        _exit(result && strstr(error.text, "cannot write the recording") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    struct series series = read_file(path);
    assert_true(series.sample_count >= 1000);
    series_fini(&series);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),     cmocka_unit_test(test_read_while_written),
        cmocka_unit_test(test_death),          cmocka_unit_test(test_other_files_are_left_alone),
        cmocka_unit_test(test_other_versions), cmocka_unit_test(test_broken_rows_are_counted),
        cmocka_unit_test(test_full),           cmocka_unit_test(test_empty_file_is_replaced),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
