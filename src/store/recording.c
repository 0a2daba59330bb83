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
#include "store/recording_open.h"
#include "store/recording_parts.h"

/* Of SQLite's file format: where the application's number is in the file, big end first. */
enum { APPLICATION_ID_AT = 68, HEADER_BYTES = 72 };

/* The log comes last, so that the file itself says what it is from the first moment on. */
static const char schema[] =
    "BEGIN;"
    "PRAGMA application_id = 1887006068;"
    "PRAGMA user_version = 3;"
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
    "CREATE TABLE samples (time_ns INTEGER NOT NULL, pid INTEGER NOT NULL,"
    "  rss_bytes INTEGER NOT NULL);"
    "CREATE TABLE functions (name TEXT NOT NULL, begin_ns INTEGER NOT NULL,"
    "  begin_bytes INTEGER NOT NULL, end_ns INTEGER NOT NULL, end_bytes INTEGER NOT NULL,"
    "  level INTEGER NOT NULL);"
    "CREATE TABLE events (event INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, change BLOB);"
    "CREATE TABLE keyframes (event INTEGER PRIMARY KEY, state BLOB NOT NULL);"
    "CREATE TABLE files (file INTEGER PRIMARY KEY, path TEXT NOT NULL, display TEXT NOT NULL,"
    "  version INTEGER NOT NULL, text TEXT);"
    "CREATE TABLE output_lines (number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL,"
    "  invocation INTEGER, source INTEGER NOT NULL, level INTEGER NOT NULL, text TEXT NOT NULL);"
    "CREATE TABLE line_totals (file INTEGER NOT NULL, line INTEGER NOT NULL, source TEXT,"
    "  mem_usage_bytes INTEGER NOT NULL DEFAULT 0, peak_bytes INTEGER NOT NULL DEFAULT 0,"
    "  increment_bytes INTEGER NOT NULL DEFAULT 0,"
    "  self_increment_bytes INTEGER NOT NULL DEFAULT 0, occurrences INTEGER NOT NULL DEFAULT 0,"
    "  net_python_bytes INTEGER NOT NULL DEFAULT 0, net_native_bytes INTEGER NOT NULL DEFAULT 0,"
    "  allocated_bytes INTEGER NOT NULL DEFAULT 0, freed_bytes INTEGER NOT NULL DEFAULT 0,"
    "  retained_python_bytes INTEGER NOT NULL DEFAULT 0,"
    "  retained_native_bytes INTEGER NOT NULL DEFAULT 0, high_bytes INTEGER NOT NULL DEFAULT 0,"
    "  PRIMARY KEY (file, line)) WITHOUT ROWID;"
    "CREATE TABLE invocation_totals (serial INTEGER PRIMARY KEY, number INTEGER NOT NULL,"
    "  id TEXT NOT NULL, function TEXT NOT NULL, request TEXT NOT NULL, error TEXT,"
    "  outcome TEXT NOT NULL, status INTEGER NOT NULL, start_ns INTEGER NOT NULL,"
    "  duration_ns INTEGER NOT NULL, rss_start_bytes INTEGER NOT NULL,"
    "  rss_end_bytes INTEGER NOT NULL, rss_peak_bytes INTEGER NOT NULL,"
    "  rss_lines_bytes INTEGER NOT NULL, rss_shared_bytes INTEGER NOT NULL,"
    "  heap_start_bytes INTEGER NOT NULL, heap_end_bytes INTEGER NOT NULL,"
    "  heap_lines_bytes INTEGER NOT NULL, heap_elsewhere_bytes INTEGER NOT NULL,"
    "  left_bytes INTEGER NOT NULL, retained_bytes INTEGER NOT NULL, lines TEXT NOT NULL);"
    "CREATE VIEW lines AS SELECT display AS file, version, line, mem_usage_bytes, peak_bytes,"
    "  increment_bytes, self_increment_bytes, occurrences, net_python_bytes, net_native_bytes,"
    "  allocated_bytes, freed_bytes, retained_python_bytes + retained_native_bytes AS"
    "  retained_bytes, high_bytes, source, path FROM line_totals JOIN files USING (file);"
    "CREATE VIEW invocations AS SELECT number, id, function, request, outcome, status,"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', start_ns / 1e9, 'unixepoch') AS started,"
    "  duration_ns / 1e6 AS duration_ms, rss_start_bytes, rss_end_bytes, rss_peak_bytes,"
    "  rss_end_bytes - rss_start_bytes AS rss_growth_bytes, rss_lines_bytes, rss_shared_bytes,"
    "  heap_end_bytes - heap_start_bytes AS heap_growth_bytes, heap_lines_bytes,"
    "  heap_elsewhere_bytes, left_bytes, retained_bytes, error, serial FROM invocation_totals;"
    "CREATE VIEW invocation_lines AS SELECT number, invocation_totals.id AS id, function,"
    "  display AS file, json_extract(cell.value, '$[1]') AS line,"
    "  json_extract(cell.value, '$[2]') AS mem_usage_bytes,"
    "  json_extract(cell.value, '$[3]') AS peak_bytes,"
    "  json_extract(cell.value, '$[4]') AS increment_bytes,"
    "  json_extract(cell.value, '$[5]') AS self_increment_bytes,"
    "  json_extract(cell.value, '$[6]') AS occurrences,"
    "  json_extract(cell.value, '$[7]') AS net_python_bytes,"
    "  json_extract(cell.value, '$[8]') AS net_native_bytes,"
    "  json_extract(cell.value, '$[9]') AS allocated_bytes,"
    "  json_extract(cell.value, '$[10]') AS freed_bytes,"
    "  json_extract(cell.value, '$[11]') AS high_bytes, source, files.path AS path, version,"
    "  start_ns, duration_ns, serial FROM invocation_totals,"
    "  json_each(invocation_totals.lines) AS cell"
    "  JOIN files ON files.file = json_extract(cell.value, '$[0]')"
    "  LEFT JOIN line_totals ON line_totals.file = files.file"
    "  AND line_totals.line = json_extract(cell.value, '$[1]');"
    "CREATE VIEW memory_profiler_logs AS SELECT"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', (start_ns + duration_ns) / 1e9, 'unixepoch') AS timestamp,"
    "  line AS LineNumber, mem_usage_bytes / 1048576.0 AS TotalMem_MiB,"
    "  increment_bytes / 1048576.0 AS IncreMem_MiB, occurrences AS Occurrences,"
    "  source AS Contents, id AS InvocationId, file AS FileName, function AS operation_Name"
    "  FROM invocation_lines WHERE number > 0;"
    "CREATE VIEW output AS SELECT number,"
    "  strftime('%Y-%m-%dT%H:%M:%fZ', time_ns / 1e9, 'unixepoch') AS time, invocation,"
    "  CASE source WHEN 0 THEN 'host' WHEN 1 THEN 'stdout' WHEN 2 THEN 'stderr' ELSE 'log' END"
    "  AS source, CASE level WHEN 0 THEN 'debug' WHEN 1 THEN 'info' WHEN 2 THEN 'warning'"
    "  WHEN 3 THEN 'error' ELSE 'critical' END AS level, text FROM output_lines;"
    "COMMIT;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;";

static const char *const inserts[STATEMENTS] = {
    [ADD_SAMPLE] = "INSERT INTO samples VALUES (?, ?, ?)",
    [ADD_CALL] = "INSERT INTO functions VALUES (?, ?, ?, ?, ?, ?)",
    [ADD_EVENT] = "INSERT INTO events VALUES (?, ?, ?)",
    [ADD_KEYFRAME] = "INSERT INTO keyframes VALUES (?, ?)",
    [ADD_FILE] = "INSERT INTO files VALUES (?, ?, ?, ?, ?)",
    [ADD_LINE] = "INSERT INTO line_totals (file, line, source) VALUES (?, ?, ?)",
    [SET_LINE] = "UPDATE line_totals SET mem_usage_bytes = ?, peak_bytes = ?, increment_bytes = ?,"
                 " self_increment_bytes = ?, occurrences = ?, net_python_bytes = ?,"
                 " net_native_bytes = ?, allocated_bytes = ?, freed_bytes = ?,"
                 " retained_python_bytes = ?, retained_native_bytes = ?, high_bytes = ?"
                 " WHERE file = ? AND line = ?",
    [SET_INVOCATION] = "INSERT OR REPLACE INTO invocation_totals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?,"
                       " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [ADD_OUTPUT] = "INSERT INTO output_lines VALUES (?, ?, ?, ?, ?, ?)",
};

_Static_assert(RECORDING_APPLICATION_ID == 1887006068 && RECORDING_VERSION == 3,
               "the schema says so");

int recording_fail(const struct recording *recording, struct error *error)
{
    return recording_db_fail(recording->db, "write", recording->path, error);
}

bool recording_is_magic(const char *bytes, size_t len)
{
    return len >= RECORDING_MAGIC_BYTES && memcmp(bytes, "SQLite format 3", 16) == 0;
}

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
    bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    bool is_recording = is_file && read(fd, head, sizeof head) == HEADER_BYTES &&
                        recording_is_magic((const char *)head, sizeof head);
    close(fd);
    for (int i = 0; is_recording && i < 4; i++)
        is_recording = head[APPLICATION_ID_AT + i] ==
                       (unsigned char)(RECORDING_APPLICATION_ID >> (24 - 8 * i));
    if (is_recording || (is_file && info.st_size == 0))
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
        recording_fail(recording, error);
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

static int prepare(struct recording *recording)
{
    int result = SQLITE_OK;
    for (size_t i = 0; i < STATEMENTS && !result; i++)
        result = sqlite3_prepare_v2(recording->db, inserts[i], -1, &recording->statements[i], NULL);
    return result;
}

static int begin(struct recording *recording, const char *command, uint64_t begin_ns,
                 struct error *error)
{
    if (sqlite3_open_v2(recording->path, &recording->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        NULL) ||
        sqlite3_exec(recording->db, schema, NULL, NULL, NULL) || prepare(recording))
        return recording_fail(recording, error);
    if (put_meta(recording, "pymemtop", PACKAGE_VERSION, 0, error) ||
        put_meta(recording, "command", command, 0, error))
        return -1;
    return put_meta(recording, "begin_ns", NULL, begin_ns, error);
}

static void free_recording(struct recording *recording)
{
    for (size_t i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(recording->statements[i]);
    sqlite3_close(recording->db);
    change_state_fini(&recording->state);
    change_state_fini(&recording->nothing);
    writer_fini(&recording->change);
    for (size_t i = 0; i < recording->mark_count; i++)
        free(recording->marks[i].lines);
    free(recording->marks);
    free(recording->dirty);
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
    change_state_init(&recording->state);
    change_state_init(&recording->nothing);
    writer_init(&recording->change, CHANGE_BYTES_MAX);
    if (begin(recording, command, begin_ns, error) == 0)
        return recording;
    free_recording(recording);
    return NULL;
}

int recording_keep_events(struct recording *recording, uint64_t zero_ns, struct error *error)
{
    recording->has_events = true;
    recording->zero_ns = zero_ns;
    return put_meta(recording, "zero_ns", NULL, zero_ns, error);
}

void recording_limit(struct recording *recording, int64_t bytes)
{
    recording->limit_bytes = bytes;
}

int recording_insert(struct recording *recording, enum statement number, struct error *error)
{
    sqlite3_stmt *statement = recording->statements[number];
    int result = SQLITE_OK;
    if (sqlite3_get_autocommit(recording->db))
        result = sqlite3_exec(recording->db, "BEGIN", NULL, NULL, NULL);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    if (result != SQLITE_DONE)
        recording_fail(recording, error);
    sqlite3_reset(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

int recording_sample(struct recording *recording, uint64_t pid, uint64_t time_ns, int64_t bytes,
                     struct error *error)
{
    sqlite3_stmt *statement = recording->statements[ADD_SAMPLE];
    sqlite3_bind_int64(statement, 1, (sqlite3_int64)time_ns);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)pid);
    sqlite3_bind_int64(statement, 3, bytes);
    return recording_insert(recording, ADD_SAMPLE, error);
}

int recording_call(struct recording *recording, const char *name, const struct series_span *span,
                   struct error *error)
{
    sqlite3_stmt *statement = recording->statements[ADD_CALL];
    sqlite3_bind_text(statement, 1, name, -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(statement, 2, (sqlite3_int64)span->begin_ns);
    sqlite3_bind_int64(statement, 3, span->begin_bytes);
    sqlite3_bind_int64(statement, 4, (sqlite3_int64)span->end_ns);
    sqlite3_bind_int64(statement, 5, span->end_bytes);
    sqlite3_bind_int64(statement, 6, span->level);
    return recording_insert(recording, ADD_CALL, error);
}

int recording_commit(struct recording *recording, struct error *error)
{
    if (sqlite3_get_autocommit(recording->db))
        return 0;
    recording->uncommitted_bytes = 0;
    if (recording_put_totals(recording, error))
        return -1;
    if (sqlite3_exec(recording->db, "COMMIT", NULL, NULL, NULL))
        return recording_fail(recording, error);
    return recording_keep_limit(recording, error);
}

int recording_close(struct recording *recording, uint64_t end_ns, struct error *error)
{
    int result = recording_commit(recording, error);
    if (!result)
        result = put_meta(recording, "end_ns", NULL, end_ns, error);
    if (!result && sqlite3_exec(recording->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) &&
        sqlite3_errcode(recording->db) != SQLITE_BUSY) /* somebody reads it: the log stays */
        result = recording_fail(recording, error);
    free_recording(recording);
    return result;
}
