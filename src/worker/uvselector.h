/*
 * `_pymemtop.Selector`: what lets asyncio wait on the worker's libuv loop. The Python class around
 * it, which keeps the keys, is UVSelector in python/_pymemtop_glue/loop.py.
 *
 * Thread: called under the interpreter lock. There may be several selectors, but one waits at a
 * time, since a libuv loop cannot be run twice at once: select() and close() raise RuntimeError
 * then.
 */
#ifndef WORKER_UVSELECTOR_H
#define WORKER_UVSELECTOR_H

#include <Python.h>
#include <uv.h>

/* Add the type `Selector` to `module`; its instances run `loop` (borrowed until the process ends).
 * 0, or -1 with an exception. */
int uvselector_add(PyObject *module, uv_loop_t *loop);
/* In a child made by fork, after uv_loop_fork: give up what is shared with the parent, so that
 * nothing the child does with its copy of the event loop reaches the parent's. */
void uvselector_after_fork(void);

#endif
