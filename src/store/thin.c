/*
 * The file's pages in use are what counts: pages that were freed are used again before the file
 * grows. What goes first is what says the least for its size: what came between the oldest events,
 * while it is half of the file; changes of the oldest events, whose key frames stay; then every
 * second of the older key frames; then output that is older than what the screen shows; samples, in
 * pairs, the higher one of which stays; the lines of the older invocations, whose own numbers stay,
 * first for events and then for people; calls; and the older invocations, which go into sums by
 * function; and at last answers about who holds what leaks, but for the latest. Totals of lines are
 * never touched, and those of functions stay what they are.
 */
#include "config.h"
#include "store/thin.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/size.h"
#include "model/invocation.h"
#include "model/output.h"
#include "store/recording_open.h"

enum {
    KEYFRAMES_MIN = 2,
    SAMPLES_MIN = 2000,
    CELLS_MIN = 100,
    LINES_MIN = 2 * INVOCATIONS_KEPT,
    CALLS_MIN = 1000,
    SHOWN_OUTPUT_MIN = 200,
    MOMENT_BYTES = 24, /* that one takes, about */
    MOMENT_ROWS_MIN = 8,
    KEPT_BYTES_MAX = 1 << 20,
    STEPS_MAX = 64,
    MARGIN = 8,               /* that part of the limit is left free, */
    MARGIN_SMALL = 4,         /* and of a small one more: */
    MARGIN_BYTES = 224 << 10, /* room for a key frame, and what comes with it */
};

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

/* What lay between the older half of the events, where that is much. */
static int64_t thin_moments(struct thin *thin)
{
    int64_t count =
        recording_db_number(thin->db, "SELECT ifnull(sum(count), 0) FROM event_samples");
    int64_t rows = recording_db_number(thin->db, "SELECT count(*) FROM event_samples");
    if (count * MOMENT_BYTES <= used_bytes(thin) / 2 || rows <= MOMENT_ROWS_MIN)
        return 0;
    return execute(thin,
                   "DELETE FROM event_samples WHERE event IN (SELECT event FROM event_samples "
                   "ORDER BY event LIMIT ?)",
                   (uint64_t)rows / 2);
}

/* Lines that neither a key frame needs nor a change that is still there, all of which come after
 * the key frame `keyframe`. */
static int64_t thin_unused_lines(const struct thin *thin, uint64_t keyframe)
{
    return execute(
        thin,
        "DELETE FROM ended_lines WHERE number < (SELECT first_lines FROM keyframes WHERE "
        "event = ?) AND NOT EXISTS (SELECT 1 FROM keyframes WHERE number BETWEEN "
        "first_lines AND last_lines)",
        keyframe);
}

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
    int64_t between = execute(thin, "DELETE FROM event_samples WHERE event <= ?", (uint64_t)next);
    int64_t emptied =
        execute(thin, "UPDATE events SET change = NULL WHERE event = ?", (uint64_t)next);
    int64_t unused = thin_unused_lines(thin, (uint64_t)next);
    bool has_failed = dropped < 0 || between < 0 || emptied < 0 || unused < 0;
    return has_failed ? -1 : dropped + between + emptied + unused;
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
    int64_t unused = thin_unused_lines(thin, thin->thinned_event);
    return dropped < 0 || rows < 0 || unused < 0 ? -1 : dropped;
}

/* Lines that the latest events do not show: older ones are then without them. */
static int64_t thin_lines(struct thin *thin)
{
    int64_t newest = recording_db_number(thin->db, "SELECT max(number) FROM ended_lines");
    if (newest <= LINES_MIN)
        return 0;
    return execute(thin, "DELETE FROM ended_lines WHERE number <= ?", (uint64_t)newest - LINES_MIN);
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

static int64_t thin_calls(struct thin *thin)
{
    int64_t count = recording_db_number(thin->db, "SELECT count(*) FROM functions");
    if (count <= CALLS_MIN)
        return 0;
    return execute(thin,
                   "DELETE FROM functions WHERE rowid IN (SELECT rowid FROM functions ORDER BY "
                   "rowid LIMIT ?)",
                   (uint64_t)(count - CALLS_MIN + 1) / 2);
}

/* ---- invocations ---- */

/* Those that change no more are all but those that are kept by the model. */
#define SETTLED                                                                                    \
    " FROM invocation_totals WHERE number > 0 AND outcome NOT IN ('waiting', 'running')"           \
    " AND serial NOT IN (SELECT value FROM json_each(?1))"

static const char count_settled[] = "SELECT count(*)" SETTLED;
static const char find_settled[] = "SELECT serial" SETTLED " ORDER BY serial LIMIT 1 OFFSET ?2";
static const char sum_settled[] =
    "INSERT INTO invocation_sums SELECT function, outcome, count(*), sum(duration_ns),"
    " sum(rss_end_bytes - rss_start_bytes), max(rss_peak_bytes), sum(rss_lines_bytes),"
    " sum(rss_shared_bytes), sum(heap_end_bytes - heap_start_bytes), sum(heap_lines_bytes),"
    " sum(heap_elsewhere_bytes), sum(left_bytes)" SETTLED " AND serial <= ?2"
    " GROUP BY function, outcome ON CONFLICT (function, outcome) DO UPDATE SET"
    " invocations = invocations + excluded.invocations,"
    " duration_ns = duration_ns + excluded.duration_ns,"
    " rss_growth_bytes = rss_growth_bytes + excluded.rss_growth_bytes,"
    " rss_peak_bytes = max(rss_peak_bytes, excluded.rss_peak_bytes),"
    " rss_lines_bytes = rss_lines_bytes + excluded.rss_lines_bytes,"
    " rss_shared_bytes = rss_shared_bytes + excluded.rss_shared_bytes,"
    " heap_growth_bytes = heap_growth_bytes + excluded.heap_growth_bytes,"
    " heap_lines_bytes = heap_lines_bytes + excluded.heap_lines_bytes,"
    " heap_elsewhere_bytes = heap_elsewhere_bytes + excluded.heap_elsewhere_bytes,"
    " left_bytes = left_bytes + excluded.left_bytes";
static const char drop_settled[] = "DELETE" SETTLED " AND serial <= ?2";

/* "[1,2,...]" */
static char *kept_as_json(const struct thin *thin)
{
    struct buf out;
    buf_init(&out, KEPT_BYTES_MAX);
    buf_printf(&out, "[");
    for (size_t at = 0; at + sizeof(uint64_t) <= thin->kept.len; at += sizeof(uint64_t)) {
        uint64_t serial;
        memcpy(&serial, thin->kept.at + at, sizeof serial);
        buf_printf(&out, "%s%" PRIu64, at ? "," : "", serial);
    }
    buf_printf(&out, "]");
    return buf_take(&out);
}

/* The number that the statement gives, or how many rows it has changed; -1 where it fails. */
static int64_t with_kept(const struct thin *thin, const char *sql, const char *kept, int64_t number)
{
    sqlite3_stmt *statement = NULL;
    int64_t result = -1;
    if (sqlite3_prepare_v2(thin->db, sql, -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, kept, -1, SQLITE_STATIC);
        if (sqlite3_bind_parameter_count(statement) > 1)
            sqlite3_bind_int64(statement, 2, number);
        int got = sqlite3_step(statement);
        if (got == SQLITE_ROW)
            result = sqlite3_column_int64(statement, 0);
        else if (got == SQLITE_DONE)
            result = sqlite3_changes(thin->db);
    }
    sqlite3_finalize(statement);
    return result;
}

/* The older half of those that change no more becomes a part of sums by function and outcome. */
static int64_t thin_invocations(struct thin *thin)
{
    char *kept = kept_as_json(thin);
    int64_t result = with_kept(thin, count_settled, kept, 0);
    if (result > 0) {
        int64_t last = with_kept(thin, find_settled, kept, (result - 1) / 2);
        result = last < 0 || with_kept(thin, sum_settled, kept, last) < 0
                     ? -1
                     : with_kept(thin, drop_settled, kept, last);
    }
    free(kept);
    return result;
}

/* ---- the whole ---- */

/* Where all else has gone the screen's own lines go, too, but for the latest. */
static int64_t thin_shown_output(struct thin *thin)
{
    int64_t count = recording_db_number(thin->db, "SELECT count(*) FROM output_lines");
    if (count <= SHOWN_OUTPUT_MIN)
        return 0;
    return execute(thin, "DELETE FROM output_lines WHERE number <= ?",
                   thin->output - (uint64_t)count / 2);
}

/* Who holds what leaks, but for the latest answer. */
static int64_t thin_holders(struct thin *thin)
{
    static const char *const drops[] = {
        "DELETE FROM holders_types WHERE number < (SELECT max(number) FROM holders)",
        "DELETE FROM holders_chains WHERE number < (SELECT max(number) FROM holders)",
        "DELETE FROM holders_lines WHERE number < (SELECT max(number) FROM holders)",
        "DELETE FROM holders WHERE number < (SELECT max(number) FROM holders)",
    };
    int64_t sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(drops); i++) {
        int64_t dropped = execute(thin, drops[i], 0);
        if (dropped < 0)
            return -1;
        sum += dropped;
    }
    return sum;
}

typedef int64_t step(struct thin *thin);

/* 1 where something could go, 0 where not, -1 for a failure. */
static int thin_step(struct thin *thin)
{
    static step *const steps[] = {thin_moments,     thin_changes,      thin_keyframes, thin_output,
                                  thin_samples,     thin_lines,        thin_cells,     thin_calls,
                                  thin_invocations, thin_shown_output, thin_holders};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        int64_t changed = steps[i](thin);
        if (changed)
            return changed < 0 ? -1 : 1;
    }
    return 0;
}

static int64_t margin_of(int64_t limit_bytes)
{
    int64_t margin = limit_bytes / MARGIN, most = limit_bytes / MARGIN_SMALL;
    if (margin >= MARGIN_BYTES)
        return margin;
    return most < MARGIN_BYTES ? most : MARGIN_BYTES;
}

int thin_keep_limit(struct thin *thin, struct error *error)
{
    char size[SIZE_TEXT];
    int64_t margin = margin_of(thin->limit_bytes);
    int result = 1;
    if (!thin->limit_bytes || used_bytes(thin) <= thin->limit_bytes - margin ||
        used_bytes(thin) < thin->again_bytes)
        return 0;
    if (sqlite3_exec(thin->db, "BEGIN", NULL, NULL, NULL))
        return recording_db_fail(thin->db, "write", thin->path, error);
    for (int i = 0; i < STEPS_MAX && result > 0; i++) {
        result = thin_step(thin);
        if (used_bytes(thin) <= thin->limit_bytes - margin - thin->limit_bytes / MARGIN)
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
