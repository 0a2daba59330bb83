/*
 * Recordings are read as what they are: a file from anywhere. Tables alone are taken, since a view
 * may be any program, and rows that cannot be are counted.
 */
#include "config.h"
#include "store/recording_open.h"

#include <inttypes.h>
#include <string.h>

#include "store/recording.h"

/* ---- the database ---- */

int recording_db_fail(sqlite3 *db, const char *what, const char *path, struct error *error)
{
    const char *reason = db ? sqlite3_errmsg(db) : "no memory";
    int number = db ? sqlite3_system_errno(db) : 0;
    bool is_io = db &&
                 (sqlite3_errcode(db) == SQLITE_CANTOPEN || sqlite3_errcode(db) == SQLITE_IOERR) &&
                 number;
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot %s the recording %s: %s", what, path,
                     is_io ? strerror(number) : reason);
}

int64_t recording_db_number(sqlite3 *db, const char *query)
{
    sqlite3_stmt *row = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db, query, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return number;
}

bool recording_db_bytes(sqlite3_stmt *row, int column, size_t max, struct span *bytes)
{
    int type = sqlite3_column_type(row, column);
    const char *at =
        type == SQLITE_TEXT || type == SQLITE_BLOB ? sqlite3_column_blob(row, column) : NULL;
    int len = sqlite3_column_bytes(row, column);
    if (type != SQLITE_TEXT && type != SQLITE_BLOB)
        return false;
    *bytes = at ? (struct span){at, (size_t)len} : (struct span){"", 0};
    return bytes->len <= max;
}

/* Tables alone: a view may be any program. */
static const char count_tables[] = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
                                   "name IN ('meta', 'samples', 'functions')";

static int check(sqlite3 *db, const char *path, int64_t *version, struct error *error)
{
    *version = recording_db_number(db, "PRAGMA user_version");
    if (*version < 0 && sqlite3_extended_errcode(db) == SQLITE_READONLY_ROLLBACK)
        return error_set(error, EXIT_STATUS_APP,
                         "the recording %s has nothing in it: its writer died when it began it",
                         path);
    if (*version < 0)
        return recording_db_fail(db, "read", path, error);
    if (recording_db_number(db, "PRAGMA application_id") != RECORDING_APPLICATION_ID ||
        recording_db_number(db, count_tables) != 3)
        return error_set(error, EXIT_STATUS_APP, "%s is no recording of pymemtop", path);
    if (*version > RECORDING_VERSION)
        return error_set(error, EXIT_STATUS_APP,
                         "%s was made by a newer pymemtop (version %" PRId64
                         " of recordings, this one reads up to %d): read it with that one",
                         path, *version, RECORDING_VERSION);
    return 0;
}

int recording_db_open(const char *path, sqlite3 **db, int64_t *version, struct error *error)
{
    if (sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL))
        return recording_db_fail(*db, "read", path, error);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_db_config(*db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_busy_timeout(*db, 2000);
    return check(*db, path, version, error);
}

/* ---- memory over time ---- */

/* A row of the statement goes into the series; false where it could not be taken. */
typedef bool take_row(struct series *series, sqlite3_stmt *row);

/* An integer that is not negative. */
static bool is_natural(sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_INTEGER &&
           sqlite3_column_int64(row, column) >= 0;
}

static bool take_command(struct series *series, sqlite3_stmt *row)
{
    const char *text = (const char *)sqlite3_column_text(row, 0);
    if (text)
        series_set_command(series, text, strlen(text));
    return text != NULL;
}

static bool take_sample(struct series *series, sqlite3_stmt *row)
{
    return is_natural(row, 0) && is_natural(row, 1) &&
           series_add_sample(series, (uint64_t)sqlite3_column_int64(row, 1),
                             (uint64_t)sqlite3_column_int64(row, 0),
                             sqlite3_column_int64(row, 2)) == 0;
}

static bool take_call(struct series *series, sqlite3_stmt *row)
{
    const char *name = (const char *)sqlite3_column_text(row, 0);
    if (!name || !is_natural(row, 1) || !is_natural(row, 3) || !is_natural(row, 5))
        return false;
    const struct series_span span = {
        .begin_ns = (uint64_t)sqlite3_column_int64(row, 1),
        .begin_bytes = sqlite3_column_int64(row, 2),
        .end_ns = (uint64_t)sqlite3_column_int64(row, 3),
        .end_bytes = sqlite3_column_int64(row, 4),
        .level = (unsigned)(sqlite3_column_int64(row, 5) & UINT16_MAX),
    };
    return span.end_ns >= span.begin_ns && series_add_span(series, name, strlen(name), &span) == 0;
}

/* Rows that cannot be taken are counted by their number, as lines of a file are. */
static int read_rows(sqlite3 *db, const char *query, take_row *take, struct series *series)
{
    sqlite3_stmt *row = NULL;
    uint64_t number = 0;
    int result = sqlite3_prepare_v2(db, query, -1, &row, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(row);
        number++;
        if (result != SQLITE_ROW || take(series, row))
            continue;
        series->unread++;
        if (!series->unread_line)
            series->unread_line = number;
    }
    sqlite3_finalize(row);
    return result == SQLITE_DONE ? 0 : -1;
}

/* 2: invocations that are over are calls, and there is a table of them. */
static const char count_invocations[] =
    "SELECT (SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = "
    "'invocation_totals') + (SELECT count(*) FROM meta WHERE key = 'calls' AND value = "
    "'invocations')";
/* One that the worker had not begun took nothing. */
static const char invocations_as_calls[] =
    "SELECT function, start_ns, rss_start_bytes, start_ns + duration_ns, rss_end_bytes, 0 FROM "
    "invocation_totals WHERE number > 0 AND rss_start_bytes > 0 AND outcome NOT IN ('waiting', "
    "'running') ORDER BY serial";

static int read_all(sqlite3 *db, const char *path, struct series *series, struct error *error)
{
    if (read_rows(db, "SELECT value FROM meta WHERE key = 'command'", take_command, series) ||
        read_rows(db, "SELECT time_ns, pid, rss_bytes FROM samples", take_sample, series) ||
        read_rows(db, "SELECT name, begin_ns, begin_bytes, end_ns, end_bytes, level FROM functions",
                  take_call, series))
        return recording_db_fail(db, "read", path, error);
    if (recording_db_number(db, count_invocations) == 2 &&
        read_rows(db, invocations_as_calls, take_call, series))
        return recording_db_fail(db, "read", path, error);
    return 0;
}

int recording_read(const char *path, struct series *series, struct error *error)
{
    sqlite3 *db = NULL;
    int64_t version;
    int result = recording_db_open(path, &db, &version, error);
    if (!result)
        result = read_all(db, path, series, error);
    sqlite3_close(db);
    series_sort(series);
    return result;
}
