/*
 * Work of pymemtop's own within the program's: what a thread takes between _pymemtop.own_begin()
 * and own_end() is left out of all figures, of the heap as of the RSS. For the tables of the
 * stand-in for memory_profiler, and for what is told of a stopped thread.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_OWN_H
#define WORKER_OWN_H

#include <Python.h>

/* The same for C. May be nested; every begin has its end, in the same thread. */
void own_begin(void);
void own_end(void);
/* Add the two functions to `module`. 0, or -1 with an exception. */
int own_add_functions(PyObject *module);

#endif
