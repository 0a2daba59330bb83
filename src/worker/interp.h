/*
 * The embedded interpreter: libpython's own standard library, the packages of the app's
 * environment.
 *
 * Thread: the main thread only.
 */
#ifndef WORKER_INTERP_H
#define WORKER_INTERP_H

#include "base/error.h"

/* The first step, after which the allocators are chosen (PYTHONMALLOC) and may be wrapped. 0, or -1
 * with `error` filled in. */
int interp_prepare(struct error *error);
/* Start the interpreter, after interp_prepare. `executable` is the python of the app's environment
 * (its pyvenv.cfg is honoured), or NULL for those in the app's .python_packages, if any, and the
 * embedded Python's own. `app_root` becomes the last entry of sys.path. 0, or -1 with `error`
 * filled in. */
int interp_start(const char *executable, const char *app_root, struct error *error);
/* Finalise; returns -1 where flushing what the app wrote has failed. */
int interp_stop(void);
/* Fill in `error` from the pending Python exception ("Type: message") and clear it. Returns -1. */
int interp_error(struct error *error, const char *doing);

#endif
