/* Who holds what leaks, in a recording: what was asked is there again at the events from the answer
 * on, and a file from anywhere is read without harm. */
#include "config.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "store/recording.h"
#include "store/replay.h"
#include "tests/unit/folder_fixture.h"

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
    sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL);
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

/* ---- answers ---- */

static void add_types(struct holders *holders, int count)
{
    for (int i = 0; i < count; i++)
        holders->types[holders->type_count++] = (struct holders_type){
            .name = mem_printf("type %d", i),
            .count = (uint64_t)i,
            .shallow_bytes = 1000 - i,
            .retained_bytes = i % 2 ? 7 : -1,
            .example = i % 3 ? mem_printf("'%d'", i) : NULL,
            .chain = i % 3 ? NULL : mem_printf("A[%d]", i),
        };
}

static void add_chains(struct holders *holders, int count)
{
    for (int i = 0; i < count; i++)
        holders->chains[holders->chain_count++] = (struct holders_chain){
            .text = mem_printf("M.KEPT[%d] \xE2\x80\xA6", i),
            .note = i % 2 ? mem_printf("deque(maxlen=%d)", i) : NULL,
            .is_bounded = i % 2,
            .count = (uint64_t)i,
            .bytes = 5 * i,
        };
}

/* What the worker says of lines 1 and 2, and that it does not answer about line 3. */
static void answer(struct model *model, uint64_t seed)
{
    struct holders_list *list = &model->evidence;
    holders_list_clear(list);
    list->count = 3;
    list->lines[0] = (struct holders){
        .state = HOLDERS_READY,
        .percent = 100,
        .line = 1,
        .count = seed,
        .shallow_bytes = 2000,
        .retained_bytes = -1,
        .oldest_number = 3,
        .newest_number = 12,
    };
    list->lines[1] = (struct holders){
        .state = HOLDERS_READY,
        .percent = 100,
        .line = 2,
        .retained_bytes = 9,
        .problem = mem_strdup("memory is short"),
    };
    list->lines[2] = (struct holders){
        .state = HOLDERS_FAILED,
        .line = 3,
        .problem = mem_strdup("no answer"),
        .retained_bytes = -1,
    };
    add_types(&list->lines[0], HOLDERS_TYPES);
    add_chains(&list->lines[0], HOLDERS_CHAINS);
    add_types(&list->lines[1], 1);
}

static void check_text(const char *a, const char *b)
{
    assert_int_equal(!a, !b);
    if (a && b)
        assert_string_equal(a, b);
}

static void check_types(const struct holders *a, const struct holders *b)
{
    assert_int_equal(a->type_count, b->type_count);
    for (size_t i = 0; i < a->type_count; i++) {
        check_text(a->types[i].name, b->types[i].name);
        check_text(a->types[i].example, b->types[i].example);
        check_text(a->types[i].chain, b->types[i].chain);
        assert_int_equal(a->types[i].count, b->types[i].count);
        assert_int_equal(a->types[i].shallow_bytes, b->types[i].shallow_bytes);
        assert_int_equal(a->types[i].retained_bytes, b->types[i].retained_bytes);
    }
}

static void check_chains(const struct holders *a, const struct holders *b)
{
    assert_int_equal(a->chain_count, b->chain_count);
    for (size_t i = 0; i < a->chain_count; i++) {
        check_text(a->chains[i].text, b->chains[i].text);
        check_text(a->chains[i].note, b->chains[i].note);
        assert_int_equal(a->chains[i].is_bounded, b->chains[i].is_bounded);
        assert_int_equal(a->chains[i].count, b->chains[i].count);
        assert_int_equal(a->chains[i].bytes, b->chains[i].bytes);
    }
}

static void check_same(const struct holders_list *a, const struct holders_list *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        const struct holders *x = &a->lines[i], *y = &b->lines[i];
        assert_int_equal(x->state, y->state);
        assert_int_equal(x->percent, y->percent);
        check_text(x->problem, y->problem);
        assert_int_equal(x->file, y->file);
        assert_int_equal(x->line, y->line);
        assert_int_equal(x->count, y->count);
        assert_int_equal(x->shallow_bytes, y->shallow_bytes);
        assert_int_equal(x->retained_bytes, y->retained_bytes);
        assert_int_equal(x->oldest_number, y->oldest_number);
        assert_int_equal(x->newest_number, y->newest_number);
        check_types(x, y);
        check_chains(x, y);
    }
}

/* ---- recordings ---- */

static struct model *new_model(void)
{
    struct model *model = model_new("/app");
    model_add_file(model, file_new("/app/a.py", "/app", "a\nb\nc\n", 6));
    return model;
}

static void add_event(struct recording *recording, struct model *model)
{
    struct error error = {.text = ""};
    model->lost_lines++;
    require(recording_event(recording, model, model->lost_lines, &error), &error);
}

/* Events 1 and 2 know nothing; 3 and 4 have the first answer; the second one, which came when
 * nothing else had changed, is of event 4; 6 and 7 know again that there is nothing. Closed. */
static struct model *record_answers(const char *path)
{
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "/app", 5, &error);
    struct model *model = new_model();
    assert_non_null(recording);
    recording_keep_events(recording, 0);
    answer(model, 0);
    holders_list_clear(&model->evidence);
    for (int event = 1; event <= 7; event++) {
        if (event == 3)
            answer(model, 1);
        if (event == 6)
            holders_list_clear(&model->evidence);
        add_event(recording, model);
        if (event == 4) {
            answer(model, 2);
            require(recording_event(recording, model, 4, &error), &error);
            require(recording_event(recording, model, 4, &error), &error);
        }
    }
    require(recording_close(recording, 1, &error), &error);
    return model;
}

static struct replay *open_replay(const char *path)
{
    struct error error = {.text = ""};
    struct replay *replay = replay_open(path, &error);
    if (!replay)
        fail_msg("%s", error.text);
    return replay;
}

/* Which answer is there at an event: its line 1 counts that much; 0: none. */
static uint64_t answer_at(struct replay *replay, uint64_t event)
{
    struct error error = {.text = ""};
    require(replay_seek(replay, event, &error), &error);
    const struct holders *known = model_holders(replay_model(replay), 0, 1);
    assert_int_equal(replay_model(replay)->evidence.count, known ? 3 : 0);
    return known ? known->count : 0;
}

static void test_answers(void **state)
{
    static const uint64_t wanted[] = {0, 0, 0, 1, 2, 2, 0, 0}; /* by event */
    char *path = path_of("answers");
    struct model *model = record_answers(path);
    struct replay *replay = open_replay(path);
    struct error error = {.text = ""};
    (void)state;
    for (uint64_t event = 1; event <= 7; event++)
        assert_int_equal(answer_at(replay, event), wanted[event]);
    for (uint64_t event = 7; event > 0; event--)
        assert_int_equal(answer_at(replay, event), wanted[event]);
    for (uint64_t i = 0; i < 40; i++) {
        uint64_t event = i * 5 % 7 + 1;
        assert_int_equal(answer_at(replay, event), wanted[event]);
    }
    require(replay_seek(replay, 2, &error), &error);
    assert_int_equal(replay_step(replay, true, &error), 1);
    assert_int_equal(replay_model(replay)->evidence.count, 3);
    answer(model, 1);
    check_same(&replay_model(replay)->evidence, &model->evidence);
    replay_close(replay);
    /* Written once each, though many events have them. */
    assert_int_equal(number_of(path, "SELECT count(*) FROM holders"), 4);
    assert_int_equal(number_of(path, "SELECT count(*) FROM holders_lines"), 6);
    assert_int_equal(number_of(path, "SELECT count(*) FROM holders_types"), 66);
    model_free(model);
    free(path);
}

/* The views are of the latest answer. */
static void test_views(void **state)
{
    char *path = path_of("views");
    struct model *model = record_answers(path);
    (void)state;
    assert_int_equal(number_of(path, "SELECT count(*) FROM leak_types"), 0);
    execute(path, "DELETE FROM holders WHERE number = (SELECT max(number) FROM holders)");
    assert_int_equal(number_of(path, "SELECT count(*) FROM leak_types WHERE file = 'a.py'"), 33);
    assert_int_equal(number_of(path, "SELECT count(*) FROM leak_holders WHERE path = '/app/a.py'"),
                     16);
    assert_int_equal(number_of(path, "SELECT line FROM leak_holders WHERE chain LIKE 'M.KEPT[9]%' "
                                     "AND note = 'deque(maxlen=9)' AND is_bounded AND bytes = 45"),
                     1);
    model_free(model);
    free(path);
}

/* ---- files from anywhere ---- */

/* All of it is one line of clean text, and within its limits. */
static void check_clean(const char *text)
{
    assert_true(strlen(text) < 4096 && text_is_utf8(text, strlen(text)));
    for (const char *at = text; *at; at++)
        assert_true((unsigned char)*at >= ' ');
}

static void check_sane(const struct model *model)
{
    assert_true(model->evidence.count <= HOLDERS_LINES);
    for (size_t i = 0; i < model->evidence.count; i++) {
        const struct holders *one = &model->evidence.lines[i];
        assert_true(one->file < model->file_count && one->line > 0);
        assert_true(one->type_count <= HOLDERS_TYPES && one->chain_count <= HOLDERS_CHAINS);
        assert_true(one->shallow_bytes >= 0 && one->retained_bytes >= -1);
        if (one->problem)
            check_clean(one->problem);
        for (size_t k = 0; k < one->type_count; k++) {
            check_clean(one->types[k].name);
            check_clean(one->types[k].example ? one->types[k].example : "");
            check_clean(one->types[k].chain ? one->types[k].chain : "");
            assert_true(one->types[k].shallow_bytes >= 0 && one->types[k].retained_bytes >= -1);
        }
        for (size_t k = 0; k < one->chain_count; k++) {
            check_clean(one->chains[k].text);
            check_clean(one->chains[k].note ? one->chains[k].note : "");
            assert_true(one->chains[k].bytes >= 0);
        }
    }
}

/* Do that to a recording, and go through it. Returns the lines that are known at event 3. */
static size_t lines_after(const char *path, const char *sql)
{
    struct error error = {.text = ""};
    execute(path, sql);
    struct replay *replay = open_replay(path);
    for (uint64_t event = 7; event > 0; event--) {
        require(replay_seek(replay, event, &error), &error);
        check_sane(replay_model(replay));
    }
    require(replay_seek(replay, 3, &error), &error);
    size_t count = replay_model(replay)->evidence.count;
    replay_close(replay);
    return count;
}

static void test_any_values(void **state)
{
    static const char *const tables[][8] = {
        {"holders_types", "type", "count", "shallow_bytes", "retained_bytes", "example", "chain"},
        {"holders_chains", "chain", "note", "is_bounded", "count", "bytes"},
        {"holders_lines", "problem", "is_answer", "count", "shallow_bytes", "retained_bytes",
         "oldest_invocation", "newest_invocation"},
    };
    static const char *const values[] = {
        "-1",
        "9223372036854775807",
        "-9223372036854775807 - 1",
        "1e300",
        "x'00ff1b5b'",
        "char(27, 0, 10, 8238, 65534)",
        "''",
        "printf('%.*c', 5000, 'x')",
        "printf('%.*c', 4090, char(27))",
        "printf('%.*c', 4095, char(27))",
        "zeroblob(4000)",
        "zeroblob(200000)",
    };
    char *path = path_of("any");
    (void)state;
    model_free(record_answers(path));
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (size_t k = 1; k < 8 && tables[i][k]; k++)
            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
                char *sql = mem_printf("UPDATE %s SET %s = %s WHERE place < 2", tables[i][0],
                                       tables[i][k], values[v]);
                assert_int_equal(lines_after(path, sql), 3);
                free(sql);
            }
    free(path);
}

static void test_wrong_places(void **state)
{
    char *path = path_of("places");
    (void)state;
    model_free(record_answers(path));
    assert_int_equal(lines_after(path, "UPDATE holders_lines SET file = 1 WHERE line = 1"), 2);
    assert_int_equal(lines_after(path, "UPDATE holders_lines SET file = -1 WHERE line = 2"), 1);
    assert_int_equal(lines_after(path, "UPDATE holders_lines SET line = 0 WHERE line = 3"), 0);
    assert_int_equal(lines_after(path, "UPDATE holders_lines SET line = 4294967297"), 0);
    assert_int_equal(lines_after(path, "DELETE FROM holders_lines"), 0);
    assert_int_equal(
        lines_after(path, "INSERT INTO holders_lines WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                          "SELECT i + 1 FROM n LIMIT 500) SELECT 2, 0, i, i, 1, NULL, 0, 0, 0, 0, "
                          "0 FROM n"),
        HOLDERS_LINES);
    assert_int_equal(
        lines_after(path, "INSERT OR REPLACE INTO holders_types WITH RECURSIVE n (i) AS (SELECT 1 "
                          "UNION ALL SELECT i + 1 FROM n LIMIT 500) SELECT 2, 0, 1, i, 't', 0, 0, "
                          "0, NULL, NULL FROM n"),
        HOLDERS_LINES);
    free(path);
}

/* Without the tables, as before version 6, and with what is none. */
static void test_other_tables(void **state)
{
    char *path = path_of("tables");
    (void)state;
    model_free(record_answers(path));
    assert_int_equal(lines_after(path, "ALTER TABLE holders_chains RENAME COLUMN note TO other"),
                     0);
    execute(path, "ALTER TABLE holders_chains RENAME COLUMN other TO note");
    assert_int_equal(lines_after(path, "SELECT 1"), 3);
    assert_int_equal(lines_after(path, "UPDATE holders SET number = -number"), 0);
    assert_int_equal(lines_after(path, "DROP VIEW leak_types; DROP VIEW leak_holders; DROP TABLE "
                                       "holders; CREATE VIEW holders AS SELECT 2 AS number, 1 AS "
                                       "event"),
                     0);
    assert_int_equal(lines_after(path, "DROP VIEW holders; DROP TABLE holders_lines; DROP TABLE "
                                       "holders_types; DROP TABLE holders_chains; PRAGMA "
                                       "user_version = 5"),
                     0);
    assert_int_equal(lines_after(path, "PRAGMA user_version = 4"), 0);
    free(path);
}

/* In a file that is full older answers go, and the latest one stays. */
static void test_limit(void **state)
{
    enum { LIMIT = 1 << 20, ANSWERS = 1000 };
    char *path = path_of("limit");
    struct error error = {.text = ""};
    struct recording *recording = recording_create(path, "/app", 5, &error);
    struct model *model = new_model();
    (void)state;
    recording_keep_events(recording, 0);
    recording_limit(recording, LIMIT);
    for (uint64_t i = 1; i <= ANSWERS; i++) {
        answer(model, i);
        add_event(recording, model);
        if (i % 10 == 0)
            require(recording_flush(recording, &error), &error);
    }
    require(recording_close(recording, 1, &error), &error);
    struct replay *replay = open_replay(path);
    assert_int_equal(answer_at(replay, UINT64_MAX), ANSWERS);
    replay_close(replay);
    assert_true(number_of(path, "SELECT count(*) FROM holders") < ANSWERS);
    assert_true(number_of(path, "SELECT page_count * page_size FROM pragma_page_count, "
                                "pragma_page_size") <= LIMIT);
    model_free(model);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),      cmocka_unit_test(test_views),
        cmocka_unit_test(test_any_values),   cmocka_unit_test(test_wrong_places),
        cmocka_unit_test(test_other_tables), cmocka_unit_test(test_limit),
    };
    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
