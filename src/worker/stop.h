/*
 * Stopping a thread before a line, and what it is told to do next: the worker's side of
 * wire/control.h. The tracer asks stop_is_armed() at every line, and calls the functions below only
 * where that is true.
 *
 * Stepping follows an invocation, or where the thread works for none the thread, and in it a frame:
 * "over" goes to the next line of that frame, which for a coroutine may be in another turn of the
 * loop; "out" to the next line of the invocation after it has returned. A frame that is suspended
 * by an await has not returned; one that yields has, to who asked it for the value.
 *
 * Thread: under the interpreter lock, which is given up while a thread waits.
 */
#ifndef WORKER_STOP_H
#define WORKER_STOP_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "worker/publish.h"
#include "worker/thread.h"

/* Tell the host of stops by this eventfd, -1: there is none, and nobody stops. Before
 * stop_add_functions. */
void stop_open(int event_fd);
/* Have `take` called by threads that begin a line or are stopped, under the interpreter lock, where
 * the host has set CONTROL_QUESTION. */
void stop_for_questions(void (*take)(void));
/* Add stop_next() to `module`, and can_stop, 1 where there is such an eventfd. 0 or -1. */
int stop_add_functions(PyObject *module);

static ALWAYS_INLINE bool stop_is_armed(void)
{
    return UNLIKELY(
        atomic_load_explicit(&publish_shared.segment->control.armed, memory_order_relaxed) != 0);
}

/* The innermost frame of `thread`, the calling one, has begun a line; `before` is the site of its
 * line before. May not return for as long as the host wants, and may run code that moves
 * thread->stack. */
void stop_at_line(struct thread *thread, uint32_t before);
/* The innermost frame of `thread` is about to be left; `awaits`: it is suspended by an await. The
 * same holds for thread->stack. An exception that is pending still is. */
void stop_at_leave(const struct thread *thread, bool awaits);
/* The invocation is over. */
void stop_at_end(uint64_t number);

#endif
