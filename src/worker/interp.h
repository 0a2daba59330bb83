/*
 * The embedded interpreter: libpython's own standard library, the packages of the app's
 * environment.
 *
 * Thread: the main thread only.
 */
#ifndef WORKER_INTERP_H
#define WORKER_INTERP_H

#include "base/error.h"

/* What the interpreter is to run by itself, as its own command line has it: one of the two names is
 * set. All borrowed. */
struct interp_program {
    const char *script; /* "-": what standard input holds */
    const char *module;
    char *const *arguments; /* NULL-terminated; sys.argv[1:] */
};

/* The first step, after which the allocators are chosen (PYTHONMALLOC) and may be wrapped. 0, or -1
 * with `error` filled in. */
int interp_prepare(struct error *error);
/* Start the interpreter, after interp_prepare. `executable` is the python of the app's environment
 * (its pyvenv.cfg is honoured), or NULL for those in the app's .python_packages, if any, and the
 * embedded Python's own. `app_root` becomes the last entry of sys.path. Where there is a `program`,
 * for interp_run, sys.path, sys.argv and the buffering of the streams are as `python` has them for
 * it instead. 0, or -1 with `error` filled in. */
int interp_start(const char *executable, const char *app_root, const struct interp_program *program,
                 struct error *error);
/* Run the program that interp_start was given to its end, and finalise: CPython's own main program,
 * so that __main__, sys.path[0], uncaught exceptions and an end by Ctrl-C are what they are with
 * `python`. Returns the exit status, or does not return where the program ends by SystemExit. */
int interp_run(void);
/* Finalise; returns -1 where flushing what the app wrote has failed. */
int interp_stop(void);
/* Fill in `error` from the pending Python exception ("Type: message") and clear it. Returns -1. */
int interp_error(struct error *error, const char *doing);

#endif
