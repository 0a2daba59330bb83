/*
 * What the walk of holders.h has to know of the insides of each Python, 3.9 to 3.13: where the
 * block of an object begins, where its attributes are, and what frames are made of. Reads alone:
 * nothing here allocates, counts a reference or runs code of the program, so that it may be called
 * in a child that was forked at any moment under the interpreter lock.
 */
#ifndef WORKER_HOLDERS_PYTHON_H
#define WORKER_HOLDERS_PYTHON_H

#include <Python.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes that an object of that type has before its address, in the same block. */
size_t holders_before(const PyTypeObject *type);
/* The object's __dict__, where it has one already (borrowed), else NULL. */
PyObject *holders_dict(PyObject *object);
/* The name of the attribute that has `value`, of an object that has its attributes within itself
 * (3.11 and later); NULL: none. */
PyObject *holders_inline_name(PyObject *object, const PyObject *value);
/* The value of the attribute with that ASCII name, wherever the object has it but in slots and in
 * its class (borrowed); NULL: none. */
PyObject *holders_attribute(PyObject *object, const char *name);
/* Of a dict, which may be NULL or none: the value of the key with that ASCII name, and the key that
 * has `value` (borrowed); NULL: none. */
PyObject *holders_entry(PyObject *dict, const char *name);
PyObject *holders_key(PyObject *dict, const PyObject *value);
/* Is it a str with that ASCII text? It may be NULL. */
bool holders_is_ascii(PyObject *string, const char *same);

/* Show `visit` what the thread holds beside its frames. */
void holders_visit_thread(const PyThreadState *state, visitproc visit, void *context);

/* A frame that a thread executes, or a generator's: opaque. */
struct holders_frame;
/* The innermost frame of the thread, NULL where it executes none. */
const struct holders_frame *holders_top(const PyThreadState *state);
/* The next outer one of the thread; NULL: none. */
const struct holders_frame *holders_outer(const struct holders_frame *frame);
/* The frame of a generator, a coroutine or an asynchronous generator that is not over; of a frame
 * object; NULL: it is none of these. */
const struct holders_frame *holders_frame_in(PyObject *object);
/* The first argument of the method that runs in there (borrowed); NULL: it is none of the class of
 * that argument. */
PyObject *holders_self(const struct holders_frame *frame);
/* The globals of what runs in there (borrowed), NULL: none. */
PyObject *holders_globals(const struct holders_frame *frame);
/* Of what runs in there; NULL where that is no Python function. */
PyCodeObject *holders_code(const struct holders_frame *frame);
/* Show `visit` what the frame holds. */
void holders_visit_frame(const struct holders_frame *frame, visitproc visit, void *context);
/* The name of the local variable with `value`, which may be in a cell; NULL: none. */
PyObject *holders_local(const struct holders_frame *frame, const PyObject *value);

#endif
