/*
 * The local variables of a frame, as they are now. Up to 3.12 the attribute f_locals is a
 * dictionary that the frame keeps, and with it everything that was in a variable when somebody
 * looked: `del` would free nothing any more. So the variables are read where the frame has them.
 * From 3.13 on f_locals is a view (PEP 667), and nothing is kept.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_LOCALS_H
#define WORKER_LOCALS_H

#include <Python.h>
#include <stdbool.h>

/* A new dictionary of the variables of `frame` that have a value, those of cells among them; of a
 * module or a class body a copy of its names, and of one that fills no dictionary but a mapping of
 * its own none. Runs no code of the program. NULL with an exception. */
PyObject *locals_of(PyFrameObject *frame);
/* What code in the place of `frame` has as its local variables: of a module or a class body the
 * mapping itself, of a function, `is_copy`, what locals_of() has. NULL with an exception. */
PyObject *locals_scope(PyFrameObject *frame, bool *is_copy);

#endif
