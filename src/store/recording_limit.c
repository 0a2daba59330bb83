/*
 * The file's pages in use are what counts: pages that were freed are used again before the file
 * grows. What goes first is what says the least for its size: changes of the oldest events, whose
 * key frames stay; then every second of the older key frames; then output that is older than what
 * the screen shows; samples, in pairs, the higher one of which stays; and the lines of the older
 * invocations, whose sums stay. Totals of lines, invocations and calls are never touched.
 */
#include "config.h"
#include "store/recording_open.h"
#include "store/recording_parts.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/size.h"

enum { KEYFRAMES_MIN = 2, SAMPLES_MIN = 2000, CELLS_MIN = 100, STEPS_MAX = 64, MARGIN = 8 };

static int64_t used_bytes(struct recording *recording)
{
    int64_t pages = recording_db_number(recording->db, "PRAGMA page_count") -
                    recording_db_number(recording->db, "PRAGMA freelist_count");
    return pages * recording_db_number(recording->db, "PRAGMA page_size");
}

/* Returns how many rows it has changed, or -1. The statement may have one number. */
static int64_t execute(struct recording *recording, const char *sql, uint64_t number)
{
    sqlite3_stmt *statement = NULL;
    int64_t changes = -1;
    if (sqlite3_prepare_v2(recording->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        if (sqlite3_bind_parameter_count(statement) > 0)
            sqlite3_bind_int64(statement, 1, (sqlite3_int64)number);
        if (sqlite3_step(statement) == SQLITE_DONE)
            changes = sqlite3_changes(recording->db);
    }
    sqlite3_finalize(statement);
    return changes;
}

/* The steps return how many rows they have changed, 0 where there is nothing to do, or -1. */

/* The changes of the oldest key frame that has any; never the newest one's, which are added to. */
static int64_t thin_changes(struct recording *recording)
{
    int64_t next = -1;
    char *query =
        mem_printf("SELECT event FROM keyframes WHERE event > %lld ORDER BY event LIMIT 1",
                   (long long)recording->thinned_event);
    next = recording_db_number(recording->db, query);
    free(query);
    if (next <= 0 || (uint64_t)next > recording->keyframe)
        return 0;
    recording->thinned_event = (uint64_t)next;
    int64_t dropped = execute(recording,
                              "DELETE FROM events WHERE event < ?1 AND event NOT IN "
                              "(SELECT event FROM keyframes)",
                              (uint64_t)next);
    int64_t emptied =
        execute(recording, "UPDATE events SET change = NULL WHERE event = ?", (uint64_t)next);
    return dropped < 0 || emptied < 0 ? -1 : dropped + emptied;
}

static int64_t thin_keyframes(struct recording *recording)
{
    if (recording_db_number(recording->db, "SELECT count(*) FROM keyframes") <= KEYFRAMES_MIN)
        return 0;
    int64_t dropped = execute(recording,
                              "DELETE FROM keyframes WHERE event IN (SELECT event FROM (SELECT "
                              "event, row_number() OVER (ORDER BY event) AS place FROM keyframes) "
                              "WHERE place % 2 = 0 AND event < ?)",
                              recording->keyframe);
    int64_t rows = execute(recording,
                           "DELETE FROM events WHERE event < ? AND event NOT IN (SELECT event FROM "
                           "keyframes)",
                           recording->keyframe);
    return dropped < 0 || rows < 0 ? -1 : dropped;
}

static int64_t thin_output(struct recording *recording)
{
    if (recording->output_written <= OUTPUT_LINES)
        return 0;
    return execute(recording, "DELETE FROM output_lines WHERE number <= ?",
                   recording->output_written - OUTPUT_LINES);
}

static int64_t thin_samples(struct recording *recording)
{
    int64_t count = recording_db_number(recording->db, "SELECT count(*) FROM samples");
    if (count <= SAMPLES_MIN)
        return 0;
    return execute(
        recording,
        "DELETE FROM samples WHERE rowid IN (SELECT id FROM (SELECT id, row_number() "
        "OVER (PARTITION BY pid, pair ORDER BY rss_bytes DESC, id) AS place FROM "
        "(SELECT rowid AS id, pid, rss_bytes, (row_number() OVER (PARTITION BY pid ORDER "
        "BY rowid) - 1) / 2 AS pair FROM samples ORDER BY rowid LIMIT ?)) "
        "WHERE place = 2)",
        (uint64_t)count - SAMPLES_MIN / 2);
}

static int64_t thin_cells(struct recording *recording)
{
    int64_t newest =
        recording_db_number(recording->db, "SELECT max(serial) FROM invocation_totals");
    if (newest <= CELLS_MIN)
        return 0;
    return execute(recording,
                   "UPDATE invocation_totals SET lines = '[]' WHERE serial <= ? AND lines <> '[]'",
                   (uint64_t)newest - CELLS_MIN);
}

typedef int64_t thin(struct recording *recording);

/* 1 where something could go, 0 where not, -1 for a failure. */
static int thin_step(struct recording *recording)
{
    static thin *const steps[] = {thin_changes, thin_keyframes, thin_output, thin_samples,
                                  thin_cells};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int64_t changed = steps[i](recording);
        if (changed)
            return changed < 0 ? -1 : 1;
    }
    return 0;
}

bool recording_is_much(const struct recording *recording)
{
    return recording->limit_bytes &&
           recording->uncommitted_bytes > (size_t)recording->limit_bytes / MARGIN / 2;
}

int recording_keep_limit(struct recording *recording, struct error *error)
{
    char size[SIZE_TEXT];
    int64_t margin = recording->limit_bytes / MARGIN;
    int result = 1;
    if (!recording->limit_bytes || used_bytes(recording) <= recording->limit_bytes - margin ||
        used_bytes(recording) < recording->thin_again_bytes)
        return 0;
    if (sqlite3_exec(recording->db, "BEGIN", NULL, NULL, NULL))
        return recording_fail(recording, error);
    for (int i = 0; i < STEPS_MAX && result > 0; i++) {
        result = thin_step(recording);
        if (used_bytes(recording) <= recording->limit_bytes - 2 * margin)
            break;
    }
    /* Where all that could go has gone, looking for more takes time and finds little. */
    recording->thin_again_bytes = result ? 0 : used_bytes(recording) + margin / MARGIN;
    if (result < 0 || sqlite3_exec(recording->db, "COMMIT", NULL, NULL, NULL))
        return recording_fail(recording, error);
    if (result == 0 && used_bytes(recording) > recording->limit_bytes)
        return error_set(error, EXIT_STATUS_SYSTEM, "the recording %s has reached its limit of %s",
                         recording->path, size_format(size, recording->limit_bytes));
    return 0;
}
