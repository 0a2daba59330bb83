#include "config.h"
#include "worker/loop_step.h"

#include "worker/code.h"
#include "worker/tracer.h"

static PyObject *context_name; /* owned; kept, since it is asked for at every callback */

/* The module asyncio.events, where the program has it: a new reference, else NULL. */
static PyObject *find_events(void)
{
    PyObject *name = PyUnicode_FromString("asyncio.events");
    PyObject *events = name ? PyImport_GetModule(name) : NULL;
    Py_XDECREF(name);
    return events;
}

int loop_step_mark(void)
{
    if (!context_name && !(context_name = PyUnicode_InternFromString("_context")))
        return -1;
    PyObject *events = find_events();
    if (!events && !PyErr_Occurred())
        return 0;
    PyObject *handle = events ? PyObject_GetAttrString(events, "Handle") : NULL;
    PyObject *run = handle ? PyObject_GetAttrString(handle, "_run") : NULL;
    int result = run ? code_mark_loop_step(run) : -1;
    Py_XDECREF(run);
    Py_XDECREF(handle);
    Py_XDECREF(events);
    return result;
}

void loop_step_begin(const void *frame, PyObject *handle)
{
    PyObject *context = handle ? PyObject_GetAttr(handle, context_name) : NULL;
    if (context)
        tracer_step_begin(frame, context);
    else
        PyErr_Clear();
    Py_XDECREF(context);
}
