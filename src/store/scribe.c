/*
 *     who records -- scribe_add --> waiting --> working --> BEGIN, a statement for each row, COMMIT
 *
 * The scribe takes all that waits at once. While it writes that, more is added to what waits, so
 * that nobody waits for it until that has become a great deal: then the disk is slower than what is
 * recorded, and who records waits rather than take all memory.
 */
#include "config.h"
#include "store/scribe.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/recording_open.h"
#include "store/thin.h"

enum {
    WAITING_MAX = 64 << 20, /* then who adds waits */
    BUFFER_MAX = 1 << 30,   /* one addition may be as large as a change may be */
    BUFFER_KEPT = 1 << 20,  /* memory beyond that is given back */
    LIMIT_PART = 32,        /* of the file's limit: no more than that is to wait, either */
};

struct scribe {
    char *path; /* owned */
    pthread_t thread;

    pthread_mutex_t lock;
    pthread_cond_t work, done;
    /* Under the lock. */
    struct buf waiting;
    int64_t limit_bytes;
    bool is_working; /* the thread does something, which scribe_wait() waits for */
    bool is_ending;
    bool has_failed;
    struct error error;

    /* The thread's. */
    sqlite3 *db, *from; /* from: to be copied first, or NULL */
    sqlite3_stmt *statements[ROWS];
    struct buf working;
    struct thin thin;
};

/* ---- the thread ---- */

static int fail(const struct scribe *scribe, struct error *error)
{
    return recording_db_fail(scribe->db, "write", scribe->path, error);
}

static int write_row(struct scribe *scribe, struct span *bytes)
{
    enum row row = rows_next(bytes);
    if (row == ROW_KEPT) {
        scribe->thin.kept = rows_take_blob(bytes);
        return SQLITE_OK;
    }
    sqlite3_stmt *statement = scribe->statements[row];
    int64_t first = 0;
    int result = rows_bind(bytes, statement, &first);
    if (result == SQLITE_OK)
        result = sqlite3_step(statement);
    sqlite3_reset(statement);
    if (row == ROW_ADD_KEYFRAME)
        scribe->thin.keyframe = (uint64_t)first;
    else if (row == ROW_ADD_OUTPUT)
        scribe->thin.output = (uint64_t)first;
    else if (row == ROW_ADD_OUTPUT_MANY)
        scribe->thin.output = (uint64_t)first + BATCH_ROWS - 1;
    return result == SQLITE_DONE ? SQLITE_OK : result;
}

/* What the thread has taken, as one transaction. */
static int write_all(struct scribe *scribe, struct error *error)
{
    struct span bytes = {scribe->working.data, scribe->working.len};
    int result = sqlite3_exec(scribe->db, "BEGIN", NULL, NULL, NULL);
    while (result == SQLITE_OK && bytes.len > 0)
        result = write_row(scribe, &bytes);
    if (result == SQLITE_OK)
        result = sqlite3_exec(scribe->db, "COMMIT", NULL, NULL, NULL);
    if (result != SQLITE_OK)
        return fail(scribe, error);
    result = thin_keep_limit(&scribe->thin, error);
    scribe->thin.kept = (struct span){NULL, 0};
    return result;
}

static void take_waiting(struct scribe *scribe)
{
    struct buf empty = scribe->working;
    scribe->working = scribe->waiting;
    scribe->waiting = empty;
    scribe->thin.limit_bytes = scribe->limit_bytes;
    scribe->is_working = true;
}

static void drop_working(struct scribe *scribe)
{
    if (scribe->working.capacity > BUFFER_KEPT)
        buf_fini(&scribe->working);
    else
        buf_consume(&scribe->working, scribe->working.len);
}

static int copy(struct scribe *scribe, struct error *error)
{
    sqlite3_backup *backup = sqlite3_backup_init(scribe->db, "main", scribe->from, "main");
    int result = sqlite3_backup_step(backup, -1);
    sqlite3_backup_finish(backup);
    sqlite3_close(scribe->from);
    scribe->from = NULL;
    if (result != SQLITE_DONE || schema_configure(scribe->db))
        return fail(scribe, error);
    return 0;
}

static int prepare(struct scribe *scribe, struct error *error)
{
    int result = SQLITE_OK;
    if (scribe->from && copy(scribe, error))
        return -1;
    for (size_t i = 0; i < ROWS && !result; i++)
        result = sqlite3_prepare_v2(scribe->db, schema_rows[i], -1, &scribe->statements[i], NULL);
    return result ? fail(scribe, error) : 0;
}

/* One file is made of it, where nobody reads it: else the log stays beside it. */
static int close_file(struct scribe *scribe, struct error *error)
{
    int result = 0;
    for (size_t i = 0; i < ROWS; i++)
        sqlite3_finalize(scribe->statements[i]);
    if (!scribe->has_failed &&
        sqlite3_exec(scribe->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL) &&
        sqlite3_errcode(scribe->db) != SQLITE_BUSY)
        result = fail(scribe, error);
    sqlite3_close(scribe->db);
    return result;
}

/* A piece of the thread's work is done. */
static void work_done(struct scribe *scribe, int result, const struct error *error)
{
    if (result && !scribe->has_failed) {
        scribe->has_failed = true;
        scribe->error = *error;
    }
    scribe->is_working = false;
    pthread_cond_broadcast(&scribe->done);
}

static void *run(void *context)
{
    struct scribe *scribe = context;
    struct error error = {.text = ""};
    int result = prepare(scribe, &error);
    pthread_mutex_lock(&scribe->lock);
    work_done(scribe, result, &error);
    for (;;) {
        while (scribe->waiting.len == 0 && !scribe->is_ending)
            pthread_cond_wait(&scribe->work, &scribe->lock);
        if (scribe->waiting.len == 0)
            break;
        take_waiting(scribe);
        bool is_written = !scribe->has_failed;
        pthread_mutex_unlock(&scribe->lock);
        result = is_written ? write_all(scribe, &error) : 0;
        drop_working(scribe);
        pthread_mutex_lock(&scribe->lock);
        work_done(scribe, result, &error);
    }
    pthread_mutex_unlock(&scribe->lock);
    result = close_file(scribe, &error);
    pthread_mutex_lock(&scribe->lock);
    work_done(scribe, result, &error);
    pthread_mutex_unlock(&scribe->lock);
    return NULL;
}

/* ---- who records ---- */

static void free_scribe(struct scribe *scribe)
{
    pthread_cond_destroy(&scribe->work);
    pthread_cond_destroy(&scribe->done);
    pthread_mutex_destroy(&scribe->lock);
    buf_fini(&scribe->waiting);
    buf_fini(&scribe->working);
    free(scribe->path);
    free(scribe);
}

/* Signals are for the thread that has a loop. */
static int start_thread(struct scribe *scribe)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&scribe->thread, NULL, run, scribe);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (result == 0)
        pthread_setname_np(scribe->thread, "recording"); /* for top and gdb */
    return result;
}

struct scribe *scribe_start(sqlite3 *db, const char *path, struct error *error)
{
    return scribe_start_copy(db, path, NULL, error);
}

struct scribe *scribe_start_copy(sqlite3 *db, const char *path, sqlite3 *from, struct error *error)
{
    struct scribe *scribe = mem_calloc(1, sizeof *scribe);
    scribe->db = db;
    scribe->from = from;
    scribe->path = mem_strdup(path);
    scribe->thin = (struct thin){.db = db, .path = scribe->path};
    pthread_mutex_init(&scribe->lock, NULL);
    pthread_cond_init(&scribe->work, NULL);
    pthread_cond_init(&scribe->done, NULL);
    buf_init(&scribe->waiting, BUFFER_MAX);
    buf_init(&scribe->working, BUFFER_MAX);
    scribe->is_working = true;
    int result = start_thread(scribe);
    if (!result)
        return scribe;
    error_set(error, EXIT_STATUS_SYSTEM, "cannot write the recording %s: %s", path,
              strerror(result));
    sqlite3_close(db);
    sqlite3_close(from);
    free_scribe(scribe);
    return NULL;
}

void scribe_limit(struct scribe *scribe, int64_t bytes)
{
    pthread_mutex_lock(&scribe->lock);
    scribe->limit_bytes = bytes;
    pthread_mutex_unlock(&scribe->lock);
}

static bool is_too_much(const struct scribe *scribe, size_t more)
{
    size_t most = WAITING_MAX;
    if (scribe->limit_bytes && scribe->limit_bytes / LIMIT_PART < WAITING_MAX)
        most = (size_t)scribe->limit_bytes / LIMIT_PART;
    return scribe->is_working && scribe->waiting.len + more > most;
}

/* Under the lock. */
static int tell_failure(const struct scribe *scribe, struct error *error)
{
    if (scribe->has_failed && error)
        *error = scribe->error;
    return scribe->has_failed ? -1 : 0;
}

int scribe_add(struct scribe *scribe, const struct rows *rows, struct error *error)
{
    bool is_full = rows->is_full;
    pthread_mutex_lock(&scribe->lock);
    while (is_too_much(scribe, rows->bytes.len))
        pthread_cond_wait(&scribe->done, &scribe->lock);
    if (!is_full && buf_append(&scribe->waiting, buf_text(&rows->bytes), rows->bytes.len))
        is_full = true;
    if (is_full && !scribe->has_failed) {
        scribe->has_failed = true;
        error_set(&scribe->error, EXIT_STATUS_SYSTEM,
                  "cannot write the recording %s: what has changed takes more than %d MiB",
                  scribe->path, BUFFER_MAX >> 20);
    }
    int result = tell_failure(scribe, error);
    pthread_cond_signal(&scribe->work);
    pthread_mutex_unlock(&scribe->lock);
    return result;
}

int scribe_check(struct scribe *scribe, struct error *error)
{
    pthread_mutex_lock(&scribe->lock);
    int result = tell_failure(scribe, error);
    pthread_mutex_unlock(&scribe->lock);
    return result;
}

int scribe_wait(struct scribe *scribe, struct error *error)
{
    pthread_mutex_lock(&scribe->lock);
    while (scribe->waiting.len > 0 || scribe->is_working)
        pthread_cond_wait(&scribe->done, &scribe->lock);
    int result = tell_failure(scribe, error);
    pthread_mutex_unlock(&scribe->lock);
    return result;
}

int scribe_end(struct scribe *scribe, struct error *error)
{
    pthread_mutex_lock(&scribe->lock);
    scribe->is_ending = true;
    pthread_cond_signal(&scribe->work);
    pthread_mutex_unlock(&scribe->lock);
    pthread_join(scribe->thread, NULL);
    int result = tell_failure(scribe, error);
    free_scribe(scribe);
    return result;
}
