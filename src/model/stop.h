/*
 * Where a thread of the worker is stopped, and what is to be known of that: the stack of profiled
 * frames, the locals, what the line before did. All texts are one harmless line each, whoever wrote
 * them. There is one stop at a time.
 */
#ifndef MODEL_STOP_H
#define MODEL_STOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/invocation.h"

#define STOP_NO_FILE   UINT32_MAX
#define STOP_NO_NUMBER UINT64_MAX

enum stop_reason {
    STOP_STEP,
    STOP_BREAKPOINT,
    STOP_INTERRUPT,
    STOP_CALL,   /* breakpoint() in the program */
    STOP_ANSWER, /* where it was, with an expression evaluated */
};

struct stop_frame {
    char *name;    /* owned; of the function */
    char *place;   /* owned; its path as it is shown */
    uint32_t file; /* an index into model.files, or STOP_NO_FILE */
    uint32_t line; /* from 1 */
};

struct stop_local {
    char *name; /* owned, as all here */
    char *type;
    char *text;    /* what it is, cut short */
    int64_t bytes; /* deep; negative: it took too long to find out */
};

/* A task of an event loop, or a thread, that there is while one is stopped. */
struct stop_other {
    char *name;      /* owned, as all here */
    char *function;  /* the coroutine's, or that of the profiled frame; "" where it is not known */
    char *state;     /* one word or two: "waits" */
    char *place;     /* path of the profiled line that it is in, as it is shown; "" for none */
    uint32_t file;   /* an index into model.files, or STOP_NO_FILE */
    uint32_t line;   /* from 1; 0 for none */
    uint64_t number; /* of the invocation; STOP_NO_NUMBER for none */
};

/* Those that are told, and how many more there are. */
struct stop_others {
    struct stop_other *items; /* owned */
    size_t count;
    uint64_t more;
};

/* What the line that the thread was stopped before last has done since. */
struct stop_step {
    bool is_known; /* there is such a line, in the same invocation */
    bool is_over;  /* it is not on the stack any more; if not, what is below is not all */
    uint32_t file;
    uint32_t line;
    uint64_t executions;
    int64_t increment_bytes; /* of RSS, callees included */
    int64_t net_python_bytes;
    int64_t net_native_bytes;
    bool has_objects;
    int64_t objects; /* Python's blocks that it has allocated, less those that it has freed */
};

struct stop {
    bool is_stopped;
    bool is_leaving;         /* it was told to go on just now, and what is shown is where it was */
    bool is_stepping;        /* nobody is stopped now, but who was is on its way to the next line */
    bool is_awaited;         /* the next line that runs is to be stopped before */
    uint64_t count;          /* stops so far, answers not counted: another number, another stop */
    uint64_t number;         /* of the invocation */
    uint32_t file;           /* STOP_NO_FILE: not known */
    uint32_t line;           /* that is next; 0: not known */
    enum stop_reason reason; /* of an answer: why it stopped there before that */
    uint32_t breakpoint;     /* its number, 0 for none */
    bool loop_held;          /* it runs the event loop: requests wait */
    uint32_t waiting;        /* other threads that wait for their turn to stop */
    char *thread;            /* owned; name; NULL: not known */
    struct stop_frame *frames; /* owned; innermost first */
    size_t frame_count;
    struct stop_local *locals; /* owned */
    size_t local_count;
    struct stop_others tasks, threads;
    bool is_evaluating; /* `expression` has no answer yet */
    bool is_breaking;   /* and it was ordered to break that off */
    bool is_cut;        /* there are more locals or frames than are told */
    char *expression;   /* owned or NULL: what was evaluated last, here */
    char *answer;       /* owned or NULL: what came of it, or what a condition failed by */
    bool has_failed;    /* the answer is an exception's */
    bool has_objects;   /* what the step before did to Python's blocks is known, */
    int64_t objects;    /* and this is it */
    struct stop_step step;
    /* The line's numbers in the invocation when it was stopped before, for the next stop. */
    struct line_stats before;
    bool has_before; /* `before` is set, and is of `number`, `file`, `line` */
};

/* All zero is no stop. */
void stop_fini(struct stop *stop);
struct stop stop_copy(const struct stop *stop);
/* Nobody is stopped: everything but `count`, `is_awaited`, `is_stepping` and what the next step is
 * told by is dropped. */
void stop_clear(struct stop *stop);
/* A thread is stopped: take `fresh` (ownership moves; `count`, `is_awaited`, `step` and `before` of
 * it are not looked at). `invocation` is the one that it runs, with its numbers of this moment, or
 * NULL. */
void stop_set(struct stop *stop, struct stop *fresh, const struct invocation *invocation);
/* The same stop has an answer: `fresh` is as above, and takes the place of all but the reason and
 * the step. */
void stop_set_answer(struct stop *stop, struct stop *fresh);
/* The worker is gone, and nothing more is to be told by what it did. */
void stop_forget(struct stop *stop);
/* Append room for one more; borrowed until the next. */
struct stop_frame *stop_add_frame(struct stop *stop);
struct stop_local *stop_add_local(struct stop *stop);
struct stop_other *stop_add_other(struct stop_others *others);

#endif
