/*
 * The part of the segment by which the host stops the worker's threads before a line, and lets them
 * go on. Everything goes through memory, since the loop that serves the link may itself be stopped.
 *
 * While nothing is asked for, `armed` is 0, and that it is looked at is all that a line costs. Each
 * bit of it has one side that sets it:
 *
 *   CONTROL_BREAKPOINTS  host: there is at least one breakpoint
 *   CONTROL_INTERRUPT    host: the next line that any thread begins; cleared by who stops there
 *   CONTROL_STEP         worker: a thread is on its way to where it was told to stop next
 *   CONTROL_QUESTION     host: a question waits (wire/question.h); cleared by who takes it
 *
 * Breakpoints are written as a whole: `version` is odd meanwhile, and every change raises it; a
 * reader copies them and looks whether `version` is still the one that it began with.
 *
 * One thread is stopped at a time; another one that comes to a breakpoint meanwhile waits for its
 * turn. The one that stops fills in `stop` and raises `stop.serial` to an odd number (release), and
 * writes to the eventfd that it has in common with the host. Then it waits for `order.serial`
 * (a futex) to change: the host fills in the order and raises it. When the thread goes on it raises
 * `stop.serial` again. An order to evaluate leaves it stopped: the answer is another stop, by two.
 * The order says which stop it is for, so that one which comes too late is not taken for the next.
 *
 * A thread that waits has given up the interpreter lock. Nobody waits unless `is_attended`, which
 * the host sets while there is somebody to give orders; where it is cleared, who is stopped goes
 * on.
 */
#ifndef WIRE_CONTROL_H
#define WIRE_CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum control_armed {
    CONTROL_BREAKPOINTS = 1,
    CONTROL_INTERRUPT = 2,
    CONTROL_STEP = 4,
    CONTROL_QUESTION = 8,
};

enum control_limits {
    CONTROL_BREAKPOINTS_MAX = 64,
    CONTROL_TEXT_BYTES = 64 * 1024,    /* of all paths and expressions of breakpoints */
    CONTROL_EXPRESSION_BYTES = 4096,   /* of one to be evaluated */
    CONTROL_ACCOUNT_BYTES = 64 * 1024, /* of what is told of a stop */
};

/* Bytes of control.text. */
struct control_text {
    uint32_t offset, len;
};

/* A line to stop before, when all of its conditions hold. Bytes; 0: no such condition. */
struct control_breakpoint {
    uint32_t number;                /* the host's, told at the stop; from 1 */
    uint32_t line;                  /* from 1; of a def: the function's entry */
    struct control_text path;       /* absolute */
    struct control_text expression; /* Python, in the frame; an error counts as true, and is told */
    uint32_t hits;                  /* from that time on that the others hold; 0 and 1: always */
    uint32_t reserved;
    int64_t rss_above_bytes;
    int64_t heap_above_bytes;      /* live bytes, Python and native, above the loaded app's */
    int64_t increment_above_bytes; /* of one execution of the line: stops after it */
    int64_t live_above;            /* bytes alive of the line */
    int64_t objects_least;         /* blocks alive of it */
};

enum control_move {
    CONTROL_GO,       /* to the next breakpoint, or interrupt */
    CONTROL_INTO,     /* to the next line of the invocation */
    CONTROL_OVER,     /* the same, but not in functions that the frame calls */
    CONTROL_OUT,      /* to the next line after the frame has returned */
    CONTROL_EVALUATE, /* order.expression, and stay */
};

enum control_reason {
    CONTROL_AT_STEP,
    CONTROL_AT_BREAKPOINT,
    CONTROL_AT_INTERRUPT,
    CONTROL_AT_CALL, /* breakpoint() in the program */
    CONTROL_AT_ANSWER,
};

struct control_order {
    _Atomic uint32_t serial; /* futex; raised by the host, release */
    uint32_t for_stop;       /* stop.serial that it answers */
    uint32_t move;           /* enum control_move */
    uint32_t expression_len;
    char expression[CONTROL_EXPRESSION_BYTES];
    /* The evaluation that the stop with this serial waits for is to be broken off: */
    _Atomic uint32_t break_for; /* set first, */
    _Atomic uint32_t break_off; /* futex; raised then by the host, release */
};

struct control_stop {
    _Atomic uint32_t serial; /* odd: a thread is stopped; release/acquire */
    uint32_t reason;         /* enum control_reason */
    uint32_t breakpoint;     /* number of CONTROL_AT_BREAKPOINT, else 0 */
    uint32_t site;           /* the line that is next; an index of segment.sites */
    uint32_t is_loop;        /* the thread runs an event loop, which is held */
    uint32_t waiting;        /* others that have come to a place to stop, and wait */
    uint64_t number;         /* of the invocation */
    /* Blocks of Python's that the line that was next at the stop before has allocated less freed,
     * where that was left by a step: */
    int64_t blocks;
    uint32_t has_blocks; /* else it is not known */
    uint32_t reserved;
    /* JSON, UTF-8: {"thread": name, "stack": [{"path", "line", "name"}], innermost first, the
     * profiled frames alone; "locals": [{"name", "type", "bytes" (deep, or null where that took too
     * long), "text"}]; "tasks", "threads": [{"name", "coroutine" (or the function, "" where that is
     * not known), "state" ("paused", "runs", "waits", "ready", "pauses next"), "invocation" (null:
     * none), "path" (null: in no profiled line), "line"}], "more_tasks", "more_threads": how many
     * there are beside these; "answer": text, "failed": true where it is an exception's (of
     * CONTROL_AT_ANSWER and a failed condition, else absent)}. Cut to what fits, by whole entries;
     * "cut": true then. */
    uint32_t account_len;
    uint32_t is_off; /* the condition of `breakpoint` did not end in time, and was broken off */
    char account[CONTROL_ACCOUNT_BYTES];
};

struct control {
    _Atomic uint32_t armed;
    _Atomic uint32_t is_attended;
    _Atomic uint32_t slow_breakpoint; /* number; its condition takes too long; 0: none does */
    uint32_t reserved;
    _Atomic uint32_t version; /* of the breakpoints */
    uint32_t breakpoint_count;
    struct control_breakpoint breakpoints[CONTROL_BREAKPOINTS_MAX];
    char text[CONTROL_TEXT_BYTES];
    struct control_order order;
    struct control_stop stop;
};

/* Wait, no longer than `timeout_ms`, until *word is not `seen`. Any thread. */
void control_wait(const _Atomic uint32_t *word, uint32_t seen, unsigned timeout_ms);
/* Wake who waits for it, in whichever process. */
void control_wake(const _Atomic uint32_t *word);

#endif
