/*
 * The qualified names of code objects, as "Class.method" or "outer.<locals>.inner".
 *
 * From Python 3.11 a code object has its own. Before, only the function object has one; it is made
 * when the code around runs, of a constant of that. So for 3.9 and 3.10 a name is derived as the
 * compiler does it, from the names of the code objects around it, when the outermost one is first
 * seen; it is kept in the code object's extra data. Different from the compiler's are functions and
 * classes that a `global` statement makes global: it leaves out what is around them. A code object
 * that was made by itself (CodeType.replace) has its plain name.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_QUALNAME_H
#define WORKER_QUALNAME_H

#include <Python.h>

/* Ask the interpreter for what is needed. 0, or -1 with an exception. */
int qualname_open(void);
/* Name the code objects nested in `code`, at any depth, whose own name is known or is that of a
 * module; to be called before any of them is asked for its name. An exception is left set where
 * that fails. */
void qualname_pass_on(PyCodeObject *code);
/* The name, borrowed from the code object. NULL with an exception. */
PyObject *qualname_of(PyCodeObject *code);

#endif
