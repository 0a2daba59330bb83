/*
 * Recordings: what the screen showed, over time, in a file of SQLite, which stays whole whenever
 * its writer dies and can be read with anyone's SQL, while it is written, too.
 *
 *     PRAGMA application_id = 0x70796d74, user_version = 6 (RECORDING_VERSION)
 *     meta      (key TEXT PRIMARY KEY, value)     pymemtop (its version), command, begin_ns;
 *         calls: "invocations" where those that are over are calls of functions beside those of
 *         that table; zero_ns where there are events: the time at which the clock of start_ns in
 *         the events' bytes was 0; and end_ns where the recording was closed
 *     samples   (time_ns, pid, rss_bytes)
 *         pid 0: the process that was run, or its successors
 *     functions (name, begin_ns, begin_bytes, end_ns, end_bytes, level)
 *         calls that are over
 *
 * Version 1 ends here. Version 2 adds what there was at each event (a moment at which something on
 * the screen had changed), of which store/replay.h makes the model again; version 3 has stops and
 * breakpoints in its changes, and version 4 what came between two events, one by one, lines of
 * invocations that are over apart, and packages. Events of versions before are read no more:
 *
 *     events    (event, time_ns, change)          what has changed since the event before, by
 *                                                 store/change.h; NULL where that one is gone
 *     keyframes (event, first_lines, last_lines, state)    all that there was at some events, as a
 *         change against nothing; and from which row of the next table to which it needs them
 *     ended_lines (number, lines)                 what an invocation that is over did of each line,
 *                                                 for events and keyframes, by store/change.h
 *     packages  (name, version)                   what was installed in the app's environment; in
 *                                                 names small letters, and "-" between words
 *     event_samples (event, count, time_ns, rss_bytes, samples)    the changes of RSS that came
 *         between the event before and this one, each with its line and invocation, and the
 *         beginnings and ends of invocations, as JSON: store/moments.h. time_ns is when the first
 *         one was, rss_bytes what there was before it
 *     files     (file, path, display, version, text)    sources as they were; text NULL: not known
 *     markers   (time_ns, event, serial)          when the user marked an invocation (serial NULL:
 *                                                 no one any more), and the event before that
 *     output_lines (number, time_ns, invocation, source, level, text)    numbers from 1
 *
 * and, from version 6 on, who holds what leaks, as the worker was asked some times in the run:
 *
 *     holders   (number, event)                   an answer, and the event by which it was there;
 *                                                 the latest one holds, and may be of no line
 *     holders_lines (number, file, line, place, is_answer, problem, count, ...)    the fields of
 *         struct holders; is_answer 0: there is none, and why is in `problem`
 *     holders_types (number, file, line, place, type, ...)    of struct holders_type, and
 *     holders_chains (number, file, line, place, chain, ...)    of struct holders_chain
 *
 * and, as of the latest event that is committed, totals:
 *
 *     line_totals (file, line, source, mem_usage_bytes, ...)    the fields of struct line_stats
 *     invocation_totals (serial, number, ..., lines)    the fields of struct invocation; lines is
 *         JSON: [[file, line, mem_usage, peak, increment, self_increment, occurrences, net_python,
 *         net_native, allocated, freed, high], ...]
 *
 *     invocation_sums (function, outcome, invocations, duration_ns, ...)
 *         of those invocations that were thinned, and are not in invocation_totals any more
 *
 * Views for people: lines, invocations, function_totals (of all that there were), invocation_lines,
 * rss_changes, output, leak_types and leak_holders (as of the latest answer), and
 * memory_profiler_logs, with the columns of `--format kusto`.
 *
 * Times are nanoseconds since 1970-01-01 UTC, in SQLite's integers, which have a sign. Later
 * versions add tables, columns and keys; what is here stays what it is, but for what is in changes.
 * A recording of a version from 2 on may have no events: of memory over time alone.
 *
 * A thread of its own writes (store/scribe.h), so that nobody waits for a disk. What is added is
 * given to it with a commit, and is in the file soon after that; from then on it is safe from a
 * death of this process, and a little later from one of the machine.
 *
 * Functions that return an int return 0, or -1 with `error`: no space, no permission, not a
 * recording; of a failure one is told at a commit, or a later one. A recording that has failed may
 * still be closed; what was committed stays in it. All functions are for one thread.
 */
#ifndef STORE_RECORDING_H
#define STORE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/model.h"
#include "model/series.h"

/* What is of RECORDING_REPLAYED or a later version can be replayed; 4 has no verdict on leaks, and
 * 5 none on who holds what leaks. */
enum { RECORDING_VERSION = 6, RECORDING_REPLAYED = 4, RECORDING_MAGIC_BYTES = 16 };

struct recording;

/* Begin a recording in a new file. A recording that is there already is replaced, and so is an
 * empty file, which a writer leaves that dies at once; any other file is left alone, and an error.
 * NULL with `error`. */
struct recording *recording_create(const char *path, const char *command, uint64_t begin_ns,
                                   struct error *error);
/* Keep events. `zero_ns` is the real time at 0 of the clock that the model has in start_ns. */
void recording_keep_events(struct recording *recording, uint64_t zero_ns);
/* What was installed where it runs. */
void recording_add_packages(struct recording *recording, const struct packages *packages);
/* Keep the file below `bytes` by thinning what is oldest, at each commit: changes of events first,
 * totals never. What is written between two commits may pass it for that long; the log beside the
 * file is not counted. 0: without end. */
void recording_limit(struct recording *recording, int64_t bytes);
/* Where events are kept: the model as it is now is one, unless it is what it was at the last one.
 * `now_ns` is of the model's clock. */
int recording_event(struct recording *recording, const struct model *model, uint64_t now_ns,
                    struct error *error) ATTR_CHECKED;
void recording_sample(struct recording *recording, uint64_t pid, uint64_t time_ns, int64_t bytes);
/* The invocations that are over are calls, too, for who draws memory over time. */
void recording_keep_invocations(struct recording *recording);
/* A call that is over; span->function is not looked at. */
void recording_call(struct recording *recording, const char *name, const struct series_span *span);
/* The user has marked that invocation (serial), or 0: none any more. */
void recording_mark(struct recording *recording, uint64_t now_ns, uint64_t serial);
/* All that was added is to be written, as a whole. */
int recording_commit(struct recording *recording, struct error *error) ATTR_CHECKED;
/* Commit, and wait until it is in the file. */
int recording_flush(struct recording *recording, struct error *error) ATTR_CHECKED;

/* Write into another file, too, one at a time: all that is in this one until now, and what comes
 * from now on. Another recording is replaced where `replace` says so, else that is
 * EXIT_STATUS_USAGE; any other file is an error. */
int recording_copy(struct recording *recording, const char *path, bool replace, int64_t limit_bytes,
                   struct error *error) ATTR_CHECKED;
/* 0, or -1 with `error`: the copy has failed, and is to be ended. Not of a recording without one.
 */
int recording_copy_check(struct recording *recording, struct error *error) ATTR_CHECKED;
/* What has become of it. */
struct recording_size {
    uint64_t events;
    int64_t bytes;
};
/* Write what is left into the copy, say when it ended, and close it in any case. `size` may be
 * NULL. */
int recording_copy_end(struct recording *recording, uint64_t end_ns, struct recording_size *size,
                       struct error *error);

/* Commit, say when it ended, and free it in any case. The file then needs no other one beside it.
 */
int recording_close(struct recording *recording, uint64_t end_ns, struct error *error);

/* Do these bytes, the first ones of a file, begin a file of SQLite? */
bool recording_is_magic(const char *bytes, size_t len);
/* Read a file into the series, which was initialised, and sort it. */
int recording_read(const char *path, struct series *series, struct error *error) ATTR_CHECKED;

#endif
