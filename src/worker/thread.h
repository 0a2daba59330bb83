/*
 * What the tracer knows of each thread that has come to profiled code: its profiled frames, the
 * callback that an event loop runs in it, and the evidence of what it has done.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_THREAD_H
#define WORKER_THREAD_H

#include <Python.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "worker/activity.h"
#include "worker/code.h"
#include "worker/publish.h"
#include "worker/recorder.h"
#include "worker/self_check.h"
#include "worker/witness.h"

/* Steps within each other, in one thread: event loops within callbacks. */
enum { THREAD_STEPS_MAX = 16 };
/* Calls of decorated functions within each other; deeper ones are not told. */
enum { THREAD_CALLS_MAX = 64 };

/* A profiled frame that is being executed. */
struct activation {
    const void *frame; /* which one it is; only compared, never followed */
    const struct code_info *info;
    uint64_t number; /* of the invocation */
    uint64_t epoch;  /* publish_epoch() when slot and line were valid */
    uint32_t slot;
    uint32_t site; /* the line being executed */
    struct published_line line;
    struct recorded recorded; /* the line, by a recorder of the call, if any */
    /* Bytes of the heap (heap.h) since the line, and since the frame, was entered, and the most
     * that either has been. */
    int64_t heap_net, heap_high;
    int64_t call_net, call_high;
};

/* A callback that an event loop of the thread runs, or work that the thread was started for, or
 * that a pool has given to it. */
struct step {
    const void *frame;         /* of a callback; only compared, never followed */
    struct activity *activity; /* owned; of its context; NULL where that works for no invocation */
    struct activity *below;    /* owned; thread->activity of the frames below */
    uint32_t depth;            /* profiled frames below, which wait for the loop */
};

/* A frame of a decorated function. */
struct open_call {
    const void *frame; /* only compared, never followed */
    uint64_t begin_ns;
    int64_t begin_bytes;
};

struct thread {
    struct thread *next;
    atomic_bool is_gone;    /* the thread has ended; set without the interpreter lock */
    bool waits_to_stop;     /* another one is stopped at the place where it is to stop, too */
    bool was_full;          /* a frame was not put on the stack */
    bool heap_dirty;        /* the heap's ledger has something of the innermost frame's line */
    unsigned long ident;    /* Python's number of it */
    struct witness witness; /* looked at whenever the ledger is settled while others run */
    struct activation *stack;
    uint32_t depth;
    uint32_t capacity;
    struct activation *aside; /* frames that wait in C stacks which the thread has switched from */
    uint32_t aside_count, aside_capacity;
    uint64_t looked_ticks; /* gate_now() when it was last looked at */
    struct self_check self_check;
    int64_t other_net, other_high; /* bytes of its RAW and native blocks since that began */
    struct activity *activity;     /* owned; of the frames above the loop's callback, if any */
    const void *parking;           /* its latest event was a suspension by await in this activity */
    /* Suspended frames into whose innermost one something was thrown: the interpreter runs that
     * without the others, which wait for it nevertheless. They belong below stack[thrown_depth]. */
    struct await_chain thrown;
    uint32_t thrown_depth;
    uint32_t call_count;
    struct open_call calls[THREAD_CALLS_MAX];
    uint32_t step_count;
    struct step steps[THREAD_STEPS_MAX];
};

/* Once, before the others. 0, or -1 where the system has no room for a thread's data. */
int thread_open(void);
/* The record of the calling thread; NULL where there is none. */
extern _Thread_local struct thread *thread_this;
/* The first of all records, those of ended threads among them; thread->next leads on. */
struct thread *thread_first(void);

/* Not to be called but from below. */
struct thread *thread_make_current(void);
bool thread_grow(struct thread *thread);
struct activation *thread_search(const struct thread *thread, const void *frame);

/* ---- on the way of every call, and so in the header ---- */

/* thread_this, made where there is none; NULL where memory is short. */
static inline struct thread *thread_current(void)
{
    struct thread *thread = thread_this;
    return LIKELY(thread != NULL) ? thread : thread_make_current();
}

/* Room for one more activation above the top; NULL where there is none (memory, or frames). */
static inline struct activation *thread_push(struct thread *thread)
{
    if (UNLIKELY(thread->depth == thread->capacity && !thread_grow(thread)))
        return NULL;
    return &thread->stack[thread->depth++];
}

/* The activation of `frame`, looked for from the innermost one on; NULL where there is none. */
static inline struct activation *thread_find(const struct thread *thread, const void *frame)
{
    if (LIKELY(thread->depth > 0 && thread->stack[thread->depth - 1].frame == frame))
        return &thread->stack[thread->depth - 1];
    return thread_search(thread, frame);
}

/* Take the innermost one off the stack. */
static inline void thread_pop(struct thread *thread)
{
    thread->depth--;
}
/* The same for a frame that is not: one below the loop's callback that the thread runs. */
void thread_forget(struct thread *thread, const void *frame);

/* A library that switches C stacks (greenlet) lets a frame go on that is not the innermost one, or
 * a loop's callback end before its frames. Of the next two, the first puts the frames above the
 * lowest `kept` aside; of those for which memory is short nothing is known any more. The second has
 * `frame` be the innermost one again, where it is aside; NULL where it is not. */
void thread_set_aside(struct thread *thread, uint32_t kept);
struct activation *thread_bring_back(struct thread *thread, const void *frame);
/* True where frames may run that are not on the stack, because it is full. */
bool thread_is_full(const struct thread *thread);

/* For whom the loop callback that the thread runs works; NULL: for nobody, or there is none. */
static inline const struct activity *thread_step_activity(const struct thread *thread)
{
    return thread->step_count ? thread->steps[thread->step_count - 1].activity : NULL;
}

/* How many of its profiled frames wait for the event loop's callback that the thread runs. */
static inline uint32_t thread_base(const struct thread *thread)
{
    return thread->step_count ? thread->steps[thread->step_count - 1].depth : 0;
}

#endif
