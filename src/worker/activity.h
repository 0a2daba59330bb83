/*
 * An activity: what the code in a context works for. It is a Python object in a context variable,
 * so that contexts can share and drop it: copies of a context, as tasks and callbacks of event
 * loops have them, work for the same invocation, and so does all that they start.
 *
 * A task's activity also says on which lines its coroutines are suspended, so that what an event
 * loop does for it in its context can be charged to them.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_ACTIVITY_H
#define WORKER_ACTIVITY_H

#include <Python.h>
#include <stdbool.h>
#include <stdint.h>

#include "worker/await_chain.h"

struct activity {
    PyObject_HEAD uint32_t slot;
    uint64_t number;           /* of the invocation, since a slot is used again */
    const void *context;       /* whose activity this is; only compared, never followed */
    PyObject *token;           /* owned; of the one that an invocation's begin made */
    struct await_chain parked; /* lines on which the task waits */
};

/* Make the context variable and add it to `module` as `activity`. 0, or -1 with an exception. */
int activity_add(PyObject *module);
/* True for what activity_new returned. */
bool activity_check(PyObject *object);
/* An activity in the current context, which is set to carry it: a new reference, or NULL with an
 * exception. */
struct activity *activity_new(uint32_t slot, uint64_t number);
/* The activity of the current context, its own even where it came with a copied context: a new
 * reference, or NULL where the context works for no invocation. Keeps a pending exception. */
struct activity *activity_current(void);
/* True where that is `activity`, or would be one made for its context. */
bool activity_is_current(const struct activity *activity);
/* The activity that the current context carries, as it is, though it may have come with a copied
 * one: a new reference, or NULL. Keeps a pending exception. */
struct activity *activity_carried(void);
/* The activity that `context` carries, as it is: a new reference, or NULL. */
struct activity *activity_in(PyObject *context);
/* Take the activity that activity_new made out of its context. 0, or -1 with an exception. */
int activity_reset(struct activity *activity);

#endif
