/*
 * The host's breakpoints (wire/control.h), as the worker has copied them, and whether the line that
 * a frame begins, or has just ended, is one at which to stop. It is asked only while there are any.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_BREAKPOINTS_H
#define WORKER_BREAKPOINTS_H

#include <stdint.h>

#include "worker/thread.h"

/* The innermost frame of `thread`, the calling one, has begun its line; `before` is the site of the
 * line before in the same frame. The number of the breakpoint to stop at, 0 for none. Both may run
 * an expression of the user's, and with it move thread->stack and let other threads run; no
 * exception is pending. */
uint32_t breakpoints_at_line(const struct thread *thread, uint32_t before);
/* The innermost frame is about to be left, its line is over: the number of a breakpoint that asks
 * for what that has taken, 0 for none. */
uint32_t breakpoints_at_leave(const struct thread *thread);

#endif
