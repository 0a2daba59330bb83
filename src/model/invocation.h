/*
 * Invocations: requests from their arrival to their answer, each with the numbers of its own lines.
 * The newest INVOCATIONS_KEPT are kept whole; older ones are dropped but stay counted. One that is
 * not over is never dropped, nor is the newest load, so there may be a few more.
 *
 * Invocation 0 is "load": the module level of the functions' files, run at import. It is made again
 * for each worker. Work outside every invocation is not one.
 */
#ifndef MODEL_INVOCATION_H
#define MODEL_INVOCATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/line.h"

#define INVOCATIONS_KEPT   1000u
#define INVOCATION_ID_SIZE 37u /* a UUID as text and a NUL */

enum outcome {
    OUTCOME_WAITING, /* the worker has not begun it */
    OUTCOME_RUNNING,
    OUTCOME_SUCCEEDED,
    OUTCOME_FAILED,
    OUTCOME_KILLED, /* the worker died under it */
    OUTCOME_TIMED_OUT,
};

struct invocation_line {
    uint32_t file; /* index into model.files */
    uint32_t line;
    struct line_stats stats;
};

struct invocation {
    uint64_t number; /* from 1 in the order of arrival; 0 is load */
    uint64_t serial; /* from 1 in the order of being added, loads, too: no two have the same */
    char id[INVOCATION_ID_SIZE];
    char *function; /* owned */
    char *request;  /* owned; as "GET /api/X?a=b" */
    char *error;    /* owned or NULL; one line */
    /* From here to `lines` is what may change but for `error`: store/change.c compares it at once.
     */
    enum outcome outcome;
    int status;           /* of the HTTP response; 0 before it */
    uint64_t start_ns;    /* CLOCK_MONOTONIC */
    uint64_t duration_ns; /* 0 while it runs */
    uint64_t start_realtime_ns;
    int64_t rss_start_bytes;
    int64_t rss_end_bytes; /* while it runs: the latest reading */
    int64_t rss_peak_bytes;
    int64_t rss_lines_bytes;
    int64_t rss_shared_bytes;     /* elsewhere = end - start - lines - shared */
    int64_t heap_start_bytes;     /* of the whole heap, Python and native */
    int64_t heap_end_bytes;       /* while it runs: as it is now */
    int64_t heap_lines_bytes;     /* sum of its lines' Net */
    int64_t heap_elsewhere_bytes; /* its own, on no line; shared = end - start - both */
    bool is_told_apart;     /* what it leaves is known; if not (of a load), the two below are 0 */
    int64_t left_bytes;     /* what it allocated and was not freed when it ended; 0 before */
    int64_t retained_bytes; /* of what its lines allocated, alive: now, while it is among the latest
                               KEPT_WINDOW; then what it was last; 0 once another worker runs */
    uint32_t file;          /* where it runs or waits; line 0 where that is not known */
    uint32_t line;
    struct invocation_line *lines; /* owned; by file and line, ascending */
    size_t line_count;
    size_t line_capacity;
    uint64_t line_revision; /* rises with every change of a line */
    uint64_t lines_number;  /* for who brings back what was recorded: under which number they are
                               kept apart; 0: they are not */
};

/* What is counted of one function, ever. */
struct function_count {
    char *function; /* owned; name */
    uint64_t total; /* those that wait or run too */
    uint64_t running;
    uint64_t failed;           /* failed, killed or timed out */
    uint64_t last_duration_ns; /* of the one that was over last; 0 before */
};

struct invocations {
    struct invocation **kept; /* owned; oldest first */
    size_t count;             /* of kept */
    size_t capacity;
    uint64_t added;                   /* ever, loads, too: the newest one's serial */
    uint64_t total;                   /* ever, without load */
    uint64_t running;                 /* waiting or running now, without load */
    uint64_t failed;                  /* ever: failed, killed or timed out, without load */
    struct function_count *functions; /* owned; in the order of their first invocations */
    size_t function_count;
};

void invocations_init(struct invocations *set);
void invocations_fini(struct invocations *set);
/* Append invocation `number`, WAITING; strings are copied, an `id` that is too long is cut. The
 * caller sets its start. The result stays valid until it is dropped, so at least until it is over.
 */
struct invocation *invocations_add(struct invocations *set, uint64_t number, const char *id,
                                   const char *function, const char *request);
/* For who brings back what was recorded: append a record of zeros, which nothing counts. */
struct invocation *invocations_append(struct invocations *set);
/* The same: drop the `count` of them at these places, which rise; nothing counts that, either. */
void invocations_remove(struct invocations *set, const size_t *places, size_t count);
/* NULL where `number` was never added or is no longer kept. The newest load for 0. */
struct invocation *invocations_find(const struct invocations *set, uint64_t number);
/* The place of the first one in `kept` whose serial is not before that one; count where all are. */
size_t invocations_place(const struct invocations *set, uint64_t serial);
/* The one of that serial, or NULL. */
struct invocation *invocations_of_serial(const struct invocations *set, uint64_t serial);
/* The newest one that runs (load included), or NULL. */
const struct invocation *invocations_newest_running(const struct invocations *set);
/* The one that was over last, or NULL. */
const struct invocation *invocations_latest_ended(const struct invocations *set);
/* The counts of a function, or NULL where it was never invoked. Borrowed until the next
 * invocations_add. */
const struct function_count *invocations_of_function(const struct invocations *set,
                                                     const char *function);
/* Set the end; counts are kept true. `error` is copied as one line, without controls, and may be
 * NULL. What is over already stays as it is. */
void invocations_end(struct invocations *set, struct invocation *invocation, enum outcome outcome,
                     int status, uint64_t now_ns, const char *error);
/* Replace the numbers of one line of the invocation. */
void invocation_set_line(struct invocation *invocation, uint32_t file, uint32_t line,
                         const struct line_stats *stats);
/* The numbers of one line, or NULL where it has not run in this invocation. */
const struct line_stats *invocation_line_stats(const struct invocation *invocation, uint32_t file,
                                               uint32_t line);
int64_t invocation_elsewhere_bytes(const struct invocation *invocation);
/* What the heap grew by while others ran, too, and cannot be told apart. */
int64_t invocation_heap_shared_bytes(const struct invocation *invocation);
bool invocation_is_over(const struct invocation *invocation);
/* "running", "succeeded", ... as the JSON report spells them. */
const char *outcome_name(enum outcome outcome);

#endif
