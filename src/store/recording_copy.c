/*
 * The rows that come are given to two scribes. The copy begins with what a snapshot of the first
 * file has, in the copy's thread; the snapshot is taken between two commits, so that the rows of
 * all later ones, and no others, follow it.
 */
#include "config.h"
#include "store/recording.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "store/recording_open.h"
#include "store/recording_parts.h"

enum { END_BYTES_MAX = 256 };

/* Another connection that sees the recording as it is now, whatever is written from now on. */
static sqlite3 *open_snapshot(const struct recording *recording, struct error *error)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(recording->path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
        recording_db_number(db, "SELECT count(*) FROM meta") >= 0)
        return db;
    recording_db_fail(db, "read", recording->path, error);
    sqlite3_close(db);
    return NULL;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat left, right;
    return stat(a, &left) == 0 && stat(b, &right) == 0 && left.st_dev == right.st_dev &&
           left.st_ino == right.st_ino;
}

static int start_copy(struct recording *recording, const char *path, sqlite3 *from,
                      struct error *error)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL)) {
        recording_db_fail(db, "write", path, error);
        sqlite3_close(db);
        sqlite3_close(from);
        return -1;
    }
    recording->copy = scribe_start_copy(db, path, from, error);
    return recording->copy ? 0 : -1;
}

int recording_copy(struct recording *recording, const char *path, bool replace, int64_t limit_bytes,
                   struct error *error)
{
    if (is_same_file(path, recording->path))
        return error_set(error, EXIT_STATUS_SYSTEM, "%s is what is recorded into", path);
    if (recording_check_place(path, replace, error) || recording_remove_old(path, error) ||
        recording_flush(recording, error))
        return -1;
    sqlite3 *from = open_snapshot(recording, error);
    if (!from || start_copy(recording, path, from, error))
        return -1;
    scribe_limit(recording->copy, limit_bytes);
    recording->copy_path = mem_strdup(path);
    return 0;
}

int recording_copy_check(struct recording *recording, struct error *error)
{
    return recording->copy ? scribe_check(recording->copy, error) : 0;
}

static int64_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : 0;
}

static uint64_t count_events(const char *path)
{
    sqlite3 *db = NULL;
    int64_t count = -1;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK)
        count = recording_db_number(db, "SELECT count(*) FROM events");
    sqlite3_close(db);
    return count > 0 ? (uint64_t)count : 0;
}

int recording_copy_end(struct recording *recording, uint64_t end_ns, struct recording_size *size,
                       struct error *error)
{
    struct error ignored;
    struct rows rows;
    (void)!recording_commit(recording, &ignored); /* that is told at the next one */
    rows_init(&rows, END_BYTES_MAX);
    rows_begin(&rows, ROW_SET_META);
    rows_text(&rows, "end_ns", strlen("end_ns"));
    rows_number(&rows, (int64_t)end_ns);
    int result = scribe_add(recording->copy, &rows, error);
    rows_fini(&rows);
    if (scribe_end(recording->copy, result ? &ignored : error))
        result = -1;
    if (size)
        *size = (struct recording_size){count_events(recording->copy_path),
                                        size_of(recording->copy_path)};
    recording->copy = NULL;
    free(recording->copy_path);
    recording->copy_path = NULL;
    return result;
}
