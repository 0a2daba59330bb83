/*
 * The journal is a write-ahead log while the recording is written: a commit appends to it without
 * waiting for the disk, and readers are not in the way. Closing puts an ordinary file in its place,
 * which can be read where nothing may be written.
 */
#include "config.h"
#include "store/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

/* Of SQLite's file format: where the application's number is in the file, big end first. */
enum { APPLICATION_ID = 0x70796d74, APPLICATION_ID_AT = 68, HEADER_BYTES = 72 };

struct recording {
    sqlite3 *db;
    sqlite3_stmt *add_sample;
    sqlite3_stmt *add_call;
    char *path;
};

/* The log comes last, so that the file itself says what it is from the first moment on. */
static const char schema[] =
    "BEGIN;"
    "PRAGMA application_id = 1887006068;"
    "PRAGMA user_version = 1;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE samples (time_ns INTEGER NOT NULL, pid INTEGER NOT NULL,"
    "  rss_bytes INTEGER NOT NULL);"
    "CREATE TABLE functions (name TEXT NOT NULL, begin_ns INTEGER NOT NULL,"
    "  begin_bytes INTEGER NOT NULL, end_ns INTEGER NOT NULL, end_bytes INTEGER NOT NULL,"
    "  level INTEGER NOT NULL);"
    "COMMIT;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;";

_Static_assert(APPLICATION_ID == 1887006068 && RECORDING_VERSION == 1, "the schema says so");

static int fail(sqlite3 *db, const char *what, const char *path, struct error *error)
{
    const char *reason = db ? sqlite3_errmsg(db) : "no memory";
    int number = db ? sqlite3_system_errno(db) : 0;
    bool is_io = db &&
                 (sqlite3_errcode(db) == SQLITE_CANTOPEN || sqlite3_errcode(db) == SQLITE_IOERR) &&
                 number;
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot %s the recording %s: %s", what, path,
                     is_io ? strerror(number) : reason);
}

bool recording_is_magic(const char *bytes, size_t len)
{
    return len >= RECORDING_MAGIC_BYTES && memcmp(bytes, "SQLite format 3", 16) == 0;
}

/* ---- writing ---- */

/* Is the file at `path` one that recording_create() has made, or none at all? */
static int check_replaceable(const char *path, struct error *error)
{
    unsigned char head[HEADER_BYTES];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return errno == ENOENT
                   ? 0
                   : error_set(error, EXIT_STATUS_SYSTEM, "cannot write the recording %s: %s", path,
                               strerror(errno));
    bool is_recording = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                        read(fd, head, sizeof head) == HEADER_BYTES &&
                        recording_is_magic((const char *)head, sizeof head);
    close(fd);
    for (int i = 0; is_recording && i < 4; i++)
        is_recording =
            head[APPLICATION_ID_AT + i] == (unsigned char)(APPLICATION_ID >> (24 - 8 * i));
    if (is_recording)
        return 0;
    return error_set(error, EXIT_STATUS_SYSTEM,
                     "%s is there, and is no recording; it is left as it is", path);
}

/* With what SQLite has left beside it where its writer died. */
static int remove_old(const char *path, struct error *error)
{
    static const char *const ends[] = {"-journal", "-wal", "-shm", ""};
    int result = 0;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char *name = mem_printf("%s%s", path, ends[i]);
        if (unlink(name) < 0 && errno != ENOENT)
            result = error_set(error, EXIT_STATUS_SYSTEM, "cannot replace the recording %s: %s",
                               name, strerror(errno));
        free(name);
    }
    return result;
}

static int put_meta(struct recording *recording, const char *key, const char *text, uint64_t number,
                    struct error *error)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(recording->db, "INSERT OR REPLACE INTO meta VALUES (?, ?)", -1,
                                    &statement, NULL);
    if (result == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
        if (text)
            sqlite3_bind_text(statement, 2, text, -1, SQLITE_STATIC);
        else
            sqlite3_bind_int64(statement, 2, (sqlite3_int64)number);
        result = sqlite3_step(statement);
    }
    if (result != SQLITE_DONE)
        fail(recording->db, "write", recording->path, error);
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

static int begin(struct recording *recording, const char *command, uint64_t begin_ns,
                 struct error *error)
{
    sqlite3 *db;
    int result = sqlite3_open_v2(recording->path, &recording->db,
                                 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    db = recording->db;
    if (result || sqlite3_exec(db, schema, NULL, NULL, NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO samples VALUES (?, ?, ?)", -1, &recording->add_sample,
                           NULL) ||
        sqlite3_prepare_v2(db, "INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?)", -1,
                           &recording->add_call, NULL))
        return fail(db, "write", recording->path, error);
    if (put_meta(recording, "pymemtop", PACKAGE_VERSION, 0, error) ||
        put_meta(recording, "command", command, 0, error))
        return -1;
    return put_meta(recording, "begin_ns", NULL, begin_ns, error);
}

static void free_recording(struct recording *recording)
{
    sqlite3_finalize(recording->add_sample);
    sqlite3_finalize(recording->add_call);
    sqlite3_close(recording->db);
    free(recording->path);
    free(recording);
}

struct recording *recording_create(const char *path, const char *command, uint64_t begin_ns,
                                   struct error *error)
{
    if (check_replaceable(path, error) || remove_old(path, error))
        return NULL;
    struct recording *recording = mem_calloc(1, sizeof *recording);
    recording->path = mem_strdup(path);
    if (begin(recording, command, begin_ns, error) == 0)
        return recording;
    free_recording(recording);
    return NULL;
}

/* Run an insertion whose values are bound, within a transaction. */
static int insert(struct recording *recording, sqlite3_stmt *statement, struct error *error)
{
    int result = SQLITE_OK;
    if (sqlite3_get_autocommit(recording->db))
        result = sqlite3_exec(recording->db, "BEGIN", NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result != SQLITE_DONE)
        fail(recording->db, "write", recording->path, error);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

int recording_sample(struct recording *recording, uint64_t pid, uint64_t time_ns, int64_t bytes,
                     struct error *error)
{
    sqlite3_bind_int64(recording->add_sample, 1, (sqlite3_int64)time_ns);
    sqlite3_bind_int64(recording->add_sample, 2, (sqlite3_int64)pid);
    sqlite3_bind_int64(recording->add_sample, 3, bytes);
    return insert(recording, recording->add_sample, error);
}

int recording_call(struct recording *recording, const char *name, const struct series_span *span,
                   struct error *error)
{
    sqlite3_stmt *statement = recording->add_call;
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)span->begin_ns);
    sqlite3_bind_int64(statement, 3, span->begin_bytes);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)span->end_ns);
    sqlite3_bind_int64(statement, 5, span->end_bytes);
    sqlite3_bind_int64(statement, 6, span->level);
    return insert(recording, statement, error);
}

int recording_commit(struct recording *recording, struct error *error)
{
    if (sqlite3_get_autocommit(recording->db))
        return 0;
    if (sqlite3_exec(recording->db, "COMMIT", NULL, NULL, NULL))
        return fail(recording->db, "write", recording->path, error);
    return 0;
}

int recording_close(struct recording *recording, uint64_t end_ns, struct error *error)
{
    int result = recording_commit(recording, error);
    if (!result)
        result = put_meta(recording, "end_ns", NULL, end_ns, error);
    if (!result && sqlite3_exec(recording->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) &&
        sqlite3_errcode(recording->db) != SQLITE_BUSY) /* somebody reads it: the log stays */
        result = fail(recording->db, "write", recording->path, error);
    free_recording(recording);
    return result;
}

/* ---- reading ---- */

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

/* The number that a query gives, or -1. */
static int64_t read_number(sqlite3 *db, const char *query)
{
    sqlite3_stmt *row = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db, query, -1, &row, NULL) == SQLITE_OK &&
        sqlite3_step(row) == SQLITE_ROW)
        number = sqlite3_column_int64(row, 0);
    sqlite3_finalize(row);
    return number;
}

/* Tables alone: a view may be any program. */
static const char count_tables[] = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND "
                                   "name IN ('meta', 'samples', 'functions')";

static int read_all(sqlite3 *db, const char *path, struct series *series, struct error *error)
{
    int64_t version = read_number(db, "PRAGMA user_version");
    if (version < 0)
        return fail(db, "read", path, error);
    if (read_number(db, "PRAGMA application_id") != APPLICATION_ID ||
        read_number(db, count_tables) != 3)
        return error_set(error, EXIT_STATUS_APP, "%s is no recording of pymemtop", path);
    if (version > RECORDING_VERSION)
        return error_set(error, EXIT_STATUS_APP,
                         "%s was made by a newer pymemtop (version %" PRId64 " of recordings)",
                         path, version);
    if (read_rows(db, "SELECT value FROM meta WHERE key = 'command'", take_command, series) ||
        read_rows(db, "SELECT time_ns, pid, rss_bytes FROM samples", take_sample, series) ||
        read_rows(db, "SELECT name, begin_ns, begin_bytes, end_ns, end_bytes, level FROM functions",
                  take_call, series))
        return fail(db, "read", path, error);
    return 0;
}

int recording_read(const char *path, struct series *series, struct error *error)
{
    sqlite3 *db = NULL;
    int result = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL);
    if (result) {
        result = fail(db, "read", path, error);
    } else {
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        sqlite3_busy_timeout(db, 2000);
        result = read_all(db, path, series, error);
    }
    sqlite3_close(db);
    series_sort(series);
    return result;
}
