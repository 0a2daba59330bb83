/*
 * The file's pages in use are what counts: pages that were freed are used again before the file
 * grows. What goes first is what says the least for its size: changes of the oldest events, whose
 * key frames stay; then every second of the older key frames; then output that is older than what
 * the screen shows; samples, in pairs, the higher one of which stays; and the lines of the older
 * invocations, whose sums stay. Totals of lines, invocations and calls are never touched.
 */
#include "config.h"
#include "store/thin.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/size.h"
#include "model/output.h"
#include "store/recording_open.h"

enum { KEYFRAMES_MIN = 2, SAMPLES_MIN = 2000, CELLS_MIN = 100, STEPS_MAX = 64, MARGIN = 8 };

static int64_t used_bytes(const struct thin *thin)
{
    int64_t pages = recording_db_number(thin->db, "PRAGMA page_count") -
                    recording_db_number(thin->db, "PRAGMA freelist_count");
    return pages * recording_db_number(thin->db, "PRAGMA page_size");
}

/* Returns how many rows it has changed, or -1. The statement may have one number. */
static int64_t execute(const struct thin *thin, const char *sql, uint64_t number)
{
    sqlite3_stmt *statement = NULL;
    int64_t changes = -1;
    if (sqlite3_prepare_v2(thin->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        if (sqlite3_bind_parameter_count(statement) > 0)
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
        if (sqlite3_step(statement) == SQLITE_DONE)
            changes = sqlite3_changes(thin->db);
    }
    sqlite3_finalize(statement);
    return changes;
}

/* The steps return how many rows they have changed, 0 where there is nothing to do, or -1. */

/* The changes of the oldest key frame that has any; never the newest one's, which are added to. */
static int64_t thin_changes(struct thin *thin)
{
    int64_t next = -1;
    char *query =
        mem_printf("SELECT event FROM keyframes WHERE event > %lld ORDER BY event LIMIT 1",
                   (long long)thin->thinned_event);
    next = recording_db_number(thin->db, query);
    free(query);
    if (next <= 0 || (uint64_t)next > thin->keyframe)
        return 0;
    thin->thinned_event = (uint64_t)next;
    int64_t dropped = execute(thin,
                              "DELETE FROM events WHERE event < ?1 AND event NOT IN "
                              "(SELECT event FROM keyframes)",
                              (uint64_t)next);
    int64_t emptied =
        execute(thin, "UPDATE events SET change = NULL WHERE event = ?", (uint64_t)next);
    return dropped < 0 || emptied < 0 ? -1 : dropped + emptied;
}

static int64_t thin_keyframes(struct thin *thin)
{
    if (recording_db_number(thin->db, "SELECT count(*) FROM keyframes") <= KEYFRAMES_MIN)
        return 0;
    int64_t dropped = execute(thin,
                              "DELETE FROM keyframes WHERE event IN (SELECT event FROM (SELECT "
                              "event, row_number() OVER (ORDER BY event) AS place FROM keyframes) "
                              "WHERE place % 2 = 0 AND event < ?)",
                              thin->keyframe);
    int64_t rows = execute(thin,
                           "DELETE FROM events WHERE event < ? AND event NOT IN (SELECT event FROM "
                           "keyframes)",
                           thin->keyframe);
    return dropped < 0 || rows < 0 ? -1 : dropped;
}

static int64_t thin_output(struct thin *thin)
{
    if (thin->output <= OUTPUT_LINES)
        return 0;
    return execute(thin, "DELETE FROM output_lines WHERE number <= ?", thin->output - OUTPUT_LINES);
}

static int64_t thin_samples(struct thin *thin)
{
    int64_t count = recording_db_number(thin->db, "SELECT count(*) FROM samples");
    if (count <= SAMPLES_MIN)
        return 0;
    return execute(
        thin,
        "DELETE FROM samples WHERE rowid IN (SELECT id FROM (SELECT id, row_number() "
        "OVER (PARTITION BY pid, pair ORDER BY rss_bytes DESC, id) AS place FROM "
        "(SELECT rowid AS id, pid, rss_bytes, (row_number() OVER (PARTITION BY pid ORDER "
        "BY rowid) - 1) / 2 AS pair FROM samples ORDER BY rowid LIMIT ?)) "
        "WHERE place = 2)",
        (uint64_t)count - SAMPLES_MIN / 2);
}

static int64_t thin_cells(struct thin *thin)
{
    int64_t newest = recording_db_number(thin->db, "SELECT max(serial) FROM invocation_totals");
    if (newest <= CELLS_MIN)
        return 0;
    return execute(thin,
                   "UPDATE invocation_totals SET lines = '[]' WHERE serial <= ? AND lines <> '[]'",
                   (uint64_t)newest - CELLS_MIN);
}

typedef int64_t step(struct thin *thin);

/* 1 where something could go, 0 where not, -1 for a failure. */
static int thin_step(struct thin *thin)
{
    static step *const steps[] = {thin_changes, thin_keyframes, thin_output, thin_samples,
                                  thin_cells};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int64_t changed = steps[i](thin);
        if (changed)
            return changed < 0 ? -1 : 1;
    }
    return 0;
}

int thin_keep_limit(struct thin *thin, struct error *error)
{
    char size[SIZE_TEXT];
    int64_t margin = thin->limit_bytes / MARGIN;
    int result = 1;
    if (!thin->limit_bytes || used_bytes(thin) <= thin->limit_bytes - margin ||
        used_bytes(thin) < thin->again_bytes)
        return 0;
    if (sqlite3_exec(thin->db, "BEGIN", NULL, NULL, NULL))
        return recording_db_fail(thin->db, "write", thin->path, error);
    for (int i = 0; i < STEPS_MAX && result > 0; i++) {
        result = thin_step(thin);
        if (used_bytes(thin) <= thin->limit_bytes - 2 * margin)
            break;
    }
    /* Where all that could go has gone, looking for more takes time and finds little. */
    thin->again_bytes = result ? 0 : used_bytes(thin) + margin / MARGIN;
    if (result < 0 || sqlite3_exec(thin->db, "COMMIT", NULL, NULL, NULL))
        return recording_db_fail(thin->db, "write", thin->path, error);
    if (result == 0 && used_bytes(thin) > thin->limit_bytes)
        return error_set(error, EXIT_STATUS_SYSTEM, "the recording %s has reached its limit of %s",
                         thin->path, size_format(size, thin->limit_bytes));
    return 0;
}
