/*
 * The tracer: turns "this frame was entered, began a line, was left" into the numbers of the shared
 * tables. It knows nothing of how a Python version reports those events; that is events.h.
 *
 * Where a library switches C stacks (greenlet; gevent and SQLAlchemy's asyncio use it) a frame may
 * go on, or end, that is not the innermost one. That is seen at its next event, and from then on
 * the frames of the other stacks are set aside until an event of theirs: they are no callers, and
 * nothing is charged to them. What is done between a switch and the next event of a profiled frame
 * goes to the line that was executed before; and a frame that is entered is taken to be called by
 * the innermost one, as the first frame of a greenlet is.
 *
 * Thread: every function is called under the interpreter lock.
 */
#ifndef WORKER_TRACER_H
#define WORKER_TRACER_H

#include <Python.h>
#include <stdbool.h>

#include "worker/code.h"

/* Add begin, end, work_begin, work_end, load_begin and load_end to `module`, whose doc strings
 * describe them; and `activity`, the context variable that says to what the code in a context
 * belongs. 0 or -1. */
int tracer_add_functions(PyObject *module);
/* Take the first reading, after tracer_add_functions and gate_open; `verify_rss` as ledger_open()
 * has it. 0, or -1 with an exception. */
int tracer_open(bool verify_rss);

/* A frame of profiled code begins or resumes at `line`. `frame` tells it from others until its
 * leave, and is never followed. Every enter has its leave, in the same thread, as a rule innermost
 * first. `thrown`: it resumes because an exception is thrown into it. Keeps a pending exception as
 * it is. */
void tracer_enter(const void *frame, const struct code_info *info, int line, bool thrown);
/* The innermost frame of the calling thread that was entered; NULL where there is none. */
const void *tracer_frame(void);
/* After the tracer_enter of a frame into which something was thrown: `frame`, suspended at `line`,
 * delegates to it by `yield from` or `await`. From the innermost one on. */
void tracer_delegates(const void *frame, const struct code_info *info, int line);
/* The frame begins `line`; ignored where it was not entered. */
void tracer_line(const void *frame, int line);
/* True where `frame` is the innermost one that was entered in the calling thread and not left. */
bool tracer_is_innermost(const void *frame);
/* The frame returns, raises, or (`awaits`) is that of a coroutine that is suspended. */
void tracer_leave(const void *frame, bool awaits);

/* An event loop runs one callback, in `context` (borrowed), between these two. `frame` tells the
 * callback from others, as above; what was not begun is not ended. */
void tracer_step_begin(const void *frame, PyObject *context);
void tracer_step_end(const void *frame);

#endif
