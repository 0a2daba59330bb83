/*
 * A recorder: the lines of a few functions while one call of them runs, as memory_profiler's table
 * has them. What the tracer sees of a frame whose code was added is counted here as well, beside
 * the totals that all calls share. It is a Python object, `_pymemtop.Recorder`.
 *
 * A recorder is begun in a context, and may be in several. The recorders of a frame are found when
 * it is entered, and when it goes on: those that were begun in the current context, or in one that
 * this is a copy of, and know the frame's code. So a task, or a thread that was given a copy of the
 * context, records for the call that started it, and two calls of a function that overlap do not
 * mix; calls within each other (recursion) are recorded by all of them.
 *
 * Frames and the lines of suspended coroutines name the innermost one by a number, which is
 * nobody's once that has ended: no frame has to be told.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_RECORDER_H
#define WORKER_RECORDER_H

#include <Python.h>
#include <stdint.h>

#include "worker/code.h"

/* Where the line that a frame executes is recorded. */
struct recorded {
    uint64_t scope; /* number of the innermost begin() that its recorder is known by; 0: nowhere */
    uint32_t code;  /* which of that recorder's code objects the frame's is */
    int line;       /* 0: none yet */
};

/* Add the type to `module`, and the context variable as `recorder`. 0, or -1 with an exception. */
int recorder_add(PyObject *module);
/* From now on all profiled code may be recorded: for Recorder(everything=True). To be called before
 * the program's code is. */
void recorder_expect_everything(void);

/* For a frame of code whose info says `may_be_recorded`. Keeps a pending exception. */
struct recorded recorder_find(const struct code_info *info);

/* The next three are for where `scope` is not 0. */

/* An execution of `line` begins. */
void recorder_open_line(struct recorded *at, int line);
/* It ends, at an RSS of `rss_bytes`, or at what the recorder's own meter was at last. */
void recorder_close_line(const struct recorded *at, int64_t rss_bytes);
/* The line is charged with `delta_bytes` by recorders of that meter (meters.h); at most once for
 * each `charge` (> 0). */
void recorder_charge(const struct recorded *at, unsigned meter, int64_t delta_bytes,
                     uint32_t charge);

#endif
