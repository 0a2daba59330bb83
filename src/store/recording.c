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
#include "store/schema.h"

/* Of SQLite's file format: where the application's number is in the file, big end first. */
enum {
    APPLICATION_ID_AT = 68,
    HEADER_BYTES = 72,
    ROWS_BYTES_MAX = 1 << 30,
    MOMENTS_BYTES_MAX = 64 << 20,
    CELLS_BYTES_MAX = 64 << 20
};

bool recording_is_magic(const char *bytes, size_t len)
{
    return len >= RECORDING_MAGIC_BYTES && memcmp(bytes, "SQLite format 3", 16) == 0;
}

/* Of a file that is not there one knows when it is: SQLite tells less of why it cannot be. It is
 * removed next, as an old one would be. */
int recording_check_place(const char *path, bool replace, struct error *error)
{
    unsigned char head[HEADER_BYTES];
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT)
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write the recording %s: %s", path,
                         strerror(errno));
    bool is_file = fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
    bool is_recording = is_file && read(fd, head, sizeof head) == HEADER_BYTES &&
                        recording_is_magic((const char *)head, sizeof head);
    close(fd);
    for (int i = 0; is_recording && i < 4; i++)
        is_recording = head[APPLICATION_ID_AT + i] ==
                       (unsigned char)(RECORDING_APPLICATION_ID >> (24 - 8 * i));
    if (is_recording && !replace)
        return error_set(error, EXIT_STATUS_USAGE, "%s is a recording already", path);
    if (is_recording || (is_file && info.st_size == 0))
        return 0;
    return error_set(error, EXIT_STATUS_SYSTEM,
                     "%s is there, and is no recording; it is left as it is", path);
}

/* The database first: killed before the rest, what is left is no recording, where a database
 * without its log (-wal) could be a broken one. What cannot be removed keeps its log. */
int recording_remove_old(const char *path, struct error *error)
{
    static const char *const ends[] = {"", "-journal", "-wal", "-shm"};
    int result = 0;
    for (size_t i = 0; i < ARRAY_LEN(ends) && !result; i++) {
        char *name = mem_printf("%s%s", path, ends[i]);
        struct stat info;
        /* Where nothing may be written that is said even of a file that is not there. */
        int failure = unlink(name) < 0 ? errno : 0;
        if (failure && lstat(name, &info) == 0)
            result = error_set(error, EXIT_STATUS_SYSTEM, "cannot replace the recording %s: %s",
                               name, strerror(failure));
        free(name);
    }
    return result;
}

static void put_key(struct recording *recording, const char *key)
{
    rows_begin(&recording->rows, ROW_SET_META);
    rows_text(&recording->rows, key, strlen(key));
}

static void put_meta_text(struct recording *recording, const char *key, const char *text)
{
    put_key(recording, key);
    rows_text(&recording->rows, text, strlen(text));
}

static void put_meta_number(struct recording *recording, const char *key, uint64_t number)
{
    put_key(recording, key);
    rows_number(&recording->rows, (int64_t)number);
}

static int begin(struct recording *recording, const char *command, uint64_t begin_ns,
                 struct error *error)
{
    sqlite3 *db = NULL;
    /* Counting what it allocates takes a lock each time; of no use once it has begun. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (sqlite3_open_v2(recording->path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ||
        schema_create(db)) {
        recording_db_fail(db, "write", recording->path, error);
        sqlite3_close(db);
        return -1;
    }
    recording->scribe = scribe_start(db, recording->path, error);
    if (!recording->scribe)
        return -1;
    put_meta_text(recording, "pymemtop", PACKAGE_VERSION);
    put_meta_text(recording, "command", command);
    put_meta_number(recording, "begin_ns", begin_ns);
    return recording_flush(recording, error);
}

static int free_recording(struct recording *recording, struct error *error)
{
    int result = recording->scribe ? scribe_end(recording->scribe, error) : 0;
    change_state_fini(&recording->state);
    change_state_fini(&recording->nothing);
    writer_fini(&recording->change);
    writer_fini(&recording->lines);
    moments_fini(&recording->turns);
    buf_fini(&recording->moments);
    buf_fini(&recording->cells);
    batch_fini(&recording->ended_lines);
    batch_fini(&recording->invocations);
    batch_fini(&recording->output);
    rows_fini(&recording->rows);
    for (size_t i = 0; i < recording->mark_count; i++)
        free(recording->marks[i].lines);
    free(recording->marks);
    free(recording->dirty);
    free(recording->path);
    free(recording);
    return result;
}

struct recording *recording_create(const char *path, const char *command, uint64_t begin_ns,
                                   struct error *error)
{
    struct error ignored;
    if (recording_check_place(path, true, error) || recording_remove_old(path, error))
        return NULL;
    struct recording *recording = mem_calloc(1, sizeof *recording);
    recording->path = mem_strdup(path);
    change_state_init(&recording->state);
    change_state_init(&recording->nothing);
    writer_init(&recording->change, CHANGE_BYTES_MAX);
    writer_init(&recording->lines, CHANGE_BYTES_MAX);
    buf_init(&recording->moments, MOMENTS_BYTES_MAX);
    buf_init(&recording->cells, CELLS_BYTES_MAX);
    rows_init(&recording->rows, ROWS_BYTES_MAX);
    batch_init(&recording->ended_lines, ROW_ADD_LINES, ROW_ADD_LINES_MANY, ROWS_BYTES_MAX);
    batch_init(&recording->invocations, ROW_SET_INVOCATION, ROW_SET_INVOCATION_MANY,
               ROWS_BYTES_MAX);
    batch_init(&recording->output, ROW_ADD_OUTPUT, ROW_ADD_OUTPUT_MANY, ROWS_BYTES_MAX);
    if (begin(recording, command, begin_ns, error) == 0)
        return recording;
    free_recording(recording, &ignored);
    return NULL;
}

void recording_keep_events(struct recording *recording, uint64_t zero_ns)
{
    recording->has_events = true;
    recording->zero_ns = zero_ns;
    put_meta_number(recording, "zero_ns", zero_ns);
}

void recording_limit(struct recording *recording, int64_t bytes)
{
    recording->limit_bytes = bytes;
    scribe_limit(recording->scribe, bytes);
}

void recording_sample(struct recording *recording, uint64_t pid, uint64_t time_ns, int64_t bytes)
{
    struct rows *rows = &recording->rows;
    rows_begin(rows, ROW_ADD_SAMPLE);
    rows_number(rows, (int64_t)time_ns);
    rows_number(rows, (int64_t)pid);
    rows_number(rows, bytes);
}

void recording_keep_invocations(struct recording *recording)
{
    if (!recording->has_invocations)
        put_meta_text(recording, "calls", "invocations");
    recording->has_invocations = true;
}

void recording_call(struct recording *recording, const char *name, const struct series_span *span)
{
    struct rows *rows = &recording->rows;
    rows_begin(rows, ROW_ADD_CALL);
    rows_text(rows, name, strlen(name));
    rows_number(rows, (int64_t)span->begin_ns);
    rows_number(rows, span->begin_bytes);
    rows_number(rows, (int64_t)span->end_ns);
    rows_number(rows, span->end_bytes);
    rows_number(rows, span->level);
}

void recording_add_packages(struct recording *recording, const struct packages *packages)
{
    for (size_t i = 0; i < packages->count; i++) {
        const struct package *package = &packages->items[i];
        rows_begin(&recording->rows, ROW_ADD_PACKAGE);
        rows_text(&recording->rows, package->name, strlen(package->name));
        rows_text(&recording->rows, package->version, strlen(package->version));
    }
}

void recording_mark(struct recording *recording, uint64_t now_ns, uint64_t serial)
{
    struct rows *rows = &recording->rows;
    rows_begin(rows, ROW_ADD_MARKER);
    rows_number(rows, (int64_t)(recording->zero_ns + now_ns));
    rows_number(rows, (int64_t)recording->event);
    if (serial)
        rows_number(rows, (int64_t)serial);
    else
        rows_null(rows);
}

/* What an invocation was goes before what it has become since. */
static void put_rest(struct recording *recording)
{
    batch_flush(&recording->ended_lines, &recording->rows);
    batch_flush(&recording->output, &recording->rows);
    batch_flush(&recording->invocations, &recording->rows);
    recording_put_totals(recording);
    batch_flush(&recording->invocations, &recording->rows);
}

/* What the copy has failed by is told by recording_copy_check(). */
int recording_commit(struct recording *recording, struct error *error)
{
    struct error ignored;
    if (recording->rows.bytes.len > 0)
        put_rest(recording);
    int result = scribe_add(recording->scribe, &recording->rows, error);
    if (recording->copy)
        (void)!scribe_add(recording->copy, &recording->rows, &ignored);
    rows_clear(&recording->rows);
    return result;
}

int recording_flush(struct recording *recording, struct error *error)
{
    int result = recording_commit(recording, error);
    return result ? result : scribe_wait(recording->scribe, error);
}

int recording_close(struct recording *recording, uint64_t end_ns, struct error *error)
{
    struct error ignored;
    int copied = recording->copy ? recording_copy_end(recording, end_ns, NULL, error) : 0;
    put_meta_number(recording, "end_ns", end_ns);
    int result = recording_commit(recording, error);
    if (free_recording(recording, result ? &ignored : error))
        result = -1;
    return result ? result : copied;
}
