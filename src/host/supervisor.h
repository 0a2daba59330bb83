/*
 * The worker's supervisor: spawns it, listens to its link and its output, notices its end however
 * it came, and starts it again with back-off (0.25 s, doubling to 8 s, from the start again after a
 * minute of life).
 *
 * A worker can run a program in place of an app. It has no link then, and no process that it has
 * started is touched when it ends, which is as `python` leaves them.
 */
#ifndef HOST_SUPERVISOR_H
#define HOST_SUPERVISOR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "host/body.h"
#include "model/output.h"
#include "wire/frame.h"
#include "wire/question.h"
#include "wire/segment.h"

struct supervisor;

/* What a worker runs in place of an app. */
struct supervisor_program {
    const char *script;     /* one of these two is set */
    const char *module;     /* as `python -m` takes it */
    char *const *arguments; /* NULL-terminated */
    /* Its standard streams and process group are the host's: who types Ctrl-C stops it. Otherwise
     * its output is heard, its input is empty, and it is a session of its own. */
    bool inherits;
    const char *meter; /* of the worker's --meter; NULL: RSS */
    bool include_children;
    const int *ignored; /* signals that it is to ignore; 0 ends them */
};

/* How to run the worker. All strings are borrowed until supervisor_close. */
struct supervisor_setup {
    const char *program;
    const struct supervisor_program *run; /* borrowed likewise; NULL: an app */
    const char *app_root;                 /* its current folder, too; of no use to a program */
    const char *executable;               /* the environment's interpreter, or NULL */
    char *const *environment;             /* NULL-terminated */
    const char *const *include;
    size_t include_count;
    const char *const *exclude;
    size_t exclude_count;
    bool heap; /* count allocations */
    bool log_reports;
    bool real_memory_profiler;
    bool verify_rss;
    struct body_store *bodies; /* for what it sends; borrowed likewise */
    bool once;                 /* do not start it again after its end */
};

struct supervisor_end {
    int exit_status; /* the exit code, or 128 + signal */
    int signal;      /* 0 where it exited by itself */
    bool replaced;   /* it was told to, by supervisor_replace; the next one is started at once */
};

struct supervisor_events {
    void *context;
    /* A worker was spawned; it writes to `segment`, which is mapped until after `died`. */
    void (*started)(void *context, struct segment *segment);
    /* It has written to its eventfd: control.stop has changed. May be NULL. */
    void (*stopped)(void *context);
    /* A frame, as a link's `heard` has it. */
    void (*frame)(void *context, enum frame_type type, json_t *json, struct body *body);
    /* A line of its stdout or stderr. */
    void (*text)(void *context, enum output_source source, const char *line, size_t len);
    /* The supervisor has something to say. One line. */
    void (*notice)(void *context, const char *text);
    /* The worker is gone, and everything that it had sent was heard. delay_ms: when it is started
     * again, 0 where it is not. */
    void (*died)(void *context, const struct supervisor_end *end, unsigned delay_ms);
};

/* A supervisor without a worker yet. setup and events are copied. End it with supervisor_close. */
struct supervisor *supervisor_new(uv_loop_t *loop, const struct supervisor_setup *setup,
                                  const struct supervisor_events *events);
/* Spawn the first worker: 0, or -1 with `error` (EXIT_STATUS_SYSTEM). */
int supervisor_start(struct supervisor *supervisor, struct error *error);
/* Send a frame to the worker, as link_send does. 0, -ENOTCONN without a worker, or another negative
 * errno. */
int supervisor_send(struct supervisor *supervisor, enum frame_type type, const json_t *json,
                    struct body *body);
/* Ask the worker something, as question_send does, and wake whoever can take it. 0, -ENOTCONN
 * without a worker, or another negative errno. */
int supervisor_ask(struct supervisor *supervisor, const struct question *question);
/* End the worker as supervisor_close does, and start another one with `setup` (copied) as soon as
 * it is gone; at once where none runs. */
void supervisor_replace(struct supervisor *supervisor, const struct supervisor_setup *setup);
/* Send the worker a signal, as one that was sent to the host. */
void supervisor_signal(struct supervisor *supervisor, int signal);
/* SIGKILL; `died` follows, and then the next worker. */
void supervisor_kill(struct supervisor *supervisor);
/* Hear at once what the worker has printed by now: it flushes its streams before it says that an
 * invocation is over. With `cut` a line that has no end yet is heard, too. */
void supervisor_catch_up(struct supervisor *supervisor, bool cut);
/* 0 while there is none. */
int supervisor_pid(const struct supervisor *supervisor);
/* The worker's resident set as /proc says it, in bytes; 0 while there is none. */
int64_t supervisor_rss_bytes(const struct supervisor *supervisor);
/* End the worker for good (SHUTDOWN, or where it runs a program SIGINT, after a second SIGTERM,
 * after another one and a half SIGKILL) and free the supervisor; `closed` is called when the loop
 * has let go of it. `died` comes before, if a worker runs. */
void supervisor_close(struct supervisor *supervisor, void (*closed)(void *context), void *context);

#endif
