/*
 * When the worker runs its garbage collector for pymemtop: at quiet moments, so that the verdict on
 * leaks (model/leak.h) is of what is left after it. A moment is quiet where no invocation has run
 * for a while; it is used where invocations have ended since the one before, and not more often
 * than that collections take a twentieth of the time. --batch and `R`, whose requests leave no
 * moment quiet, make their own, and ask by themselves.
 *
 * With --collect off the moments are the same, and only the collector does not run.
 *
 * What it needs from the rest of the host comes in as functions, so that it can be tested without a
 * worker.
 */
#ifndef HOST_COLLECTOR_H
#define HOST_COLLECTOR_H

#include <stdbool.h>
#include <stdint.h>

struct collector_ops {
    void *context;
    /* Send COLLECT: 0 or a negative errno. */
    int (*send)(void *context, bool collect);
    /* The worker has answered: look at what is left now. */
    void (*moment)(void *context, bool is_collected);
};

/* Hears that a collection that was asked for is over, or that nobody will hear of it. */
typedef void collector_done(void *context);

struct collector {
    struct collector_ops ops;
    bool is_on;           /* the collector is to run */
    bool is_asked;        /* an answer is awaited */
    bool was_quiet;       /* at the latest tick */
    uint64_t asked_ns;    /* when it was asked */
    uint64_t quiet_ns;    /* since when it has been quiet */
    uint64_t ready_ns;    /* not before that */
    uint64_t duration_ns; /* of the latest one */
    uint64_t ended;       /* invocations that had, at the latest moment */
    collector_done *done; /* who waits for the answer, or NULL */
    void *done_context;
};

/* What there is to know at a tick. */
struct collector_state {
    bool is_quiet;        /* a worker is ready, and none of its threads works for an invocation */
    uint64_t ended;       /* invocations that have */
    uint64_t expected_ns; /* how long a collection may take, where none has told it yet */
};

/* Of a run of that many requests, `at_once` (1 or more) of them at a time: how many are answered
 * between two collections, so that some eight times a run what is left is looked at. As many as may
 * run at a time are never parted, since they may wait for each other. */
unsigned collector_wave(unsigned requests, unsigned at_once);

void collector_init(struct collector *collector, const struct collector_ops *ops, bool is_on);
/* See whether this is a moment to ask. */
void collector_tick(struct collector *collector, const struct collector_state *state,
                    uint64_t now_ns);
/* Ask now. `done` is called once, later. False where there is nobody to ask, or somebody waits
 * already: it is not called then. */
bool collector_ask(struct collector *collector, uint64_t ended, collector_done *done, void *context,
                   uint64_t now_ns);
/* COLLECTED came. */
void collector_answered(struct collector *collector, bool is_collected, uint64_t duration_ns,
                        uint64_t now_ns);
/* The worker that was asked is gone. */
void collector_worker_gone(struct collector *collector);

#endif
