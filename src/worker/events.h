/*
 * How this Python version tells that frames are entered, begin a line, and are left. One
 * implementation for each mechanism: events_settrace.c up to 3.11, events_monitoring.c from 3.12.
 */
#ifndef WORKER_EVENTS_H
#define WORKER_EVENTS_H

#include <Python.h>
#include <stdbool.h>
#include <string.h>

/* Report the events of profiled frames to the tracer, in all threads, from now on. Needs
 * code_open and tracer_open first. 0, or -1 with an exception. */
int events_start(void);
/* Report none any more; called before the interpreter is finalised. */
void events_stop(void);
/* Code that was not profiled when it ran is profiled now. */
void events_restart(void);

/* For the implementations: true for what an asynchronous generator's own `yield` hands to whoever
 * runs it, and its `await` does not. (The type is not exported by every libpython.) */
static inline bool events_is_yielded(PyObject *value)
{
    return strcmp(Py_TYPE(value)->tp_name, "async_generator_wrapped_value") == 0;
}

#endif
