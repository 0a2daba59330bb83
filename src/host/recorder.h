/*
 * Writes what a model tells, while it runs, into a recording (store/recording.h): an event whenever
 * it has changed, thirty a second at the most, or ten where figures alone have; the worker's RSS as
 * the model's timeline has it; that of the processes below the worker by their pids, ten times a
 * second; and the calls that are over. Committed twice a second.
 *
 * Where there is a screen and no file was named, what was shown last is held all the same, so that
 * it can be replayed: in a file of HELD_BYTES_MAX at the most, whose oldest events are thinned, in
 * a private folder (host/temporary.h) that goes with this process.
 *
 * A recording that cannot be begun or go on is said in one line on standard error, and all else
 * goes on without it. The loop's thread.
 */
#ifndef HOST_RECORDER_H
#define HOST_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/model.h"
#include "model/series.h"

enum recorder_limits { HELD_BYTES_MAX = 64 << 20 };

struct recorder;
struct recording_size; /* store/recording.h */

struct recorder_setup {
    uv_loop_t *loop;
    const struct model *model; /* borrowed until recorder_stop */
    const char *path;    /* "" for pymemtop_<YYYYMMDDhhmmss>.pymemtop in this folder; NULL: none
                            was named */
    const char *command; /* what is run, for titles */
    int64_t limit_bytes; /* of the file; 0: without end */
    bool memory_alone;   /* no events */
    bool has_screen;     /* what there is to say waits for recorder_stop, and what is shown is
                            held where path is NULL */
    void *context;       /* for what is called: */
    void (*failed)(void *context, const char *text); /* the file of recorder_begin_file has failed,
                                                        and is closed; NULL is fine */
    bool quiet; /* do not say at the end where the recording is */
};

/* Begin to record. NULL where nothing is: path is NULL, and there is no screen; every other
 * function takes NULL for a recorder, and does nothing then. */
struct recorder *recorder_start(const struct recorder_setup *setup);
/* A call of a function is over: its name and its span (span->function is not looked at), in
 * nanoseconds of CLOCK_MONOTONIC. */
void recorder_call(struct recorder *recorder, const char *name, const struct series_span *span);
/* The same of an invocation of the model's. */
void recorder_invocation(struct recorder *recorder, const struct invocation *invocation);
/* The file that replay_open() of store/replay.h reads, while it is written, too; borrowed until the
 * loop goes on. NULL where there is none: recorder_flush() says why. */
const char *recorder_path(const struct recorder *recorder);
/* Everything up to now is in the file when it returns, with the model as it is as its latest event.
 * 0, or -1 with `error`: nothing is recorded (any more), and why. */
int recorder_flush(struct recorder *recorder, struct error *error) ATTR_CHECKED;
/* What the model is now is an event, if it has changed, however short ago the latest one was: it is
 * about to become something else, as when its worker is ended. */
void recorder_add_event(struct recorder *recorder);

/* ---- a file that the user asks for while it runs ---- */

/* A name by the time, which must be freed. */
char *recorder_default_path(void);
/* Record into that file, too: all that there is in recorder_path()'s until now, and what comes. 0,
 * or -1 with `error`: a recording is there and `replace` does not say that it may go
 * (EXIT_STATUS_USAGE), it is another file, it cannot be written, nothing is recorded. */
int recorder_begin_file(struct recorder *recorder, const char *path, bool replace,
                        struct error *error) ATTR_CHECKED;
/* Which file it is; NULL without one. */
const char *recorder_file(const struct recorder *recorder);
/* End that; *size is what was written. 0, or -1 with `error`. */
int recorder_end_file(struct recorder *recorder, struct recording_size *size, struct error *error);
/* The user has marked that invocation. */
void recorder_mark(struct recorder *recorder, const struct invocation *invocation);

/* ---- the end ---- */

/* Write what is left, close the recording, and say where it is; or remove what was held. While the
 * model is there. The recorder frees itself when the loop has run on. */
void recorder_stop(struct recorder *recorder);

#endif
