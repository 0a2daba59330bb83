/*
 * A recorder: the lines of a few functions while one call of them runs, as memory_profiler's table
 * has them. What the tracer sees of a frame whose code was added is counted here as well, beside
 * the totals that all calls share. It is a Python object, `_pymemtop.Recorder`.
 *
 * Which recorder a frame belongs to is found when it is entered, and when it goes on: the innermost
 * one, among those that were begun in the current context, that knows the frame's code. So a task,
 * or a thread that was given a copy of the context, records for the call that started it, and two
 * calls of a function that overlap do not mix.
 *
 * Frames and the lines of suspended coroutines name their recorder by a number, which is nobody's
 * once the recorder has ended: no frame has to be told.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_RECORDER_H
#define WORKER_RECORDER_H

#include <Python.h>
#include <stdint.h>

#include "worker/code.h"

#define RECORDER_NO_ROW UINT32_MAX

/* Where the line that a frame executes is recorded. */
struct recorded {
    uint64_t recorder; /* its number; 0: nowhere */
    uint32_t code;     /* which of the recorder's code objects the frame's is */
    uint32_t row;      /* of the line; RECORDER_NO_ROW: none yet */
};

/* Add the type to `module`, and the context variable. 0, or -1 with an exception. */
int recorder_add(PyObject *module);

/* For a frame of code whose info says `may_be_recorded`. Keeps a pending exception. */
struct recorded recorder_find(const struct code_info *info);

/* The frame is at `line`, which it waits on. */
void recorder_wait_at(struct recorded *at, int line);

/* The next three are for where `recorder` is not 0. */

/* An execution of `line` begins. */
void recorder_open_line(struct recorded *at, int line);
/* It ends, at an RSS of `rss_bytes`. */
void recorder_close_line(const struct recorded *at, int64_t rss_bytes);
/* The line is charged with `delta_bytes`; at most once for each `charge` (> 0). */
void recorder_charge(const struct recorded *at, int64_t delta_bytes, uint32_t charge);

#endif
