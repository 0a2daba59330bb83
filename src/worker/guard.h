/*
 * Whether the calling thread is inside an allocator already: what Python's allocators take from
 * malloc, and what pymemtop takes for itself, is not to be counted a second time.
 *
 * Thread: of each its own. Safe in a signal handler and in a child made by fork.
 */
#ifndef WORKER_GUARD_H
#define WORKER_GUARD_H

#include <stdbool.h>

/* Of the program and not of a library, so that it is one load from the thread's base. */
extern _Thread_local bool guard_inside __attribute__((tls_model("local-exec")));

/* From now on inside; what guard_leave is to be given. */
static inline bool guard_enter(void)
{
    bool was_inside = guard_inside;
    guard_inside = true;
    return was_inside;
}

static inline void guard_leave(bool was_inside)
{
    guard_inside = was_inside;
}

/* An address that is the calling thread's alone while it lives, and never NULL. */
static inline const void *guard_thread(void)
{
#if defined __x86_64__ || defined __aarch64__
    return __builtin_thread_pointer();
#else
    return &guard_inside;
#endif
}

#endif
