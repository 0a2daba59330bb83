/*
 * What alive.py (the tasks and threads that there are while a thread is stopped) asks of the
 * tracer: which threads are where, for which invocation a context works, and whose code is
 * profiled. Runs no code of the program.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_ALIVE_H
#define WORKER_ALIVE_H

#include <Python.h>

/* Add threads(), number_in() and profiled_path() to `module`. 0 or -1. */
int alive_add_functions(PyObject *module);

#endif
