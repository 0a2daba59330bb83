#include "config.h"
#include <Python.h>

#include "worker/alive.h"

#include <stdbool.h>
#include <stdint.h>

#include "worker/activity.h"
#include "worker/code.h"
#include "worker/ledger.h"
#include "worker/publish.h"
#include "worker/qualname.h"
#include "worker/thread.h"

/* None where that is nobody's. A new reference. */
static PyObject *number_object(uint64_t number)
{
    if (number == INVOCATION_OUTSIDE)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(number);
}

static const struct thread *find_thread(unsigned long ident)
{
    for (const struct thread *thread = thread_first(); thread; thread = thread->next)
        if (thread->ident == ident && !atomic_load_explicit(&thread->is_gone, memory_order_acquire))
            return thread;
    return NULL;
}

static uint64_t number_of(const struct thread *thread)
{
    const struct activity *step = thread ? thread_step_activity(thread) : NULL;
    if (thread && thread->depth > thread_base(thread))
        return thread->stack[thread->depth - 1].number;
    return step ? step->number : INVOCATION_OUTSIDE;
}

/* A thread that stops runs this itself. */
static const char *state_of(const struct thread *thread)
{
    if (thread && thread == thread_this)
        return "paused";
    return thread && thread->waits_to_stop ? "pauses next" : "runs";
}

/* (path, line, function) of a frame; a new reference. */
static PyObject *describe_place(const struct activation *at)
{
    PyObject *name = qualname_of(at->info->code);
    PyObject *path = name ? PyUnicode_DecodeFSDefault(at->info->file->path) : NULL;
    unsigned line = publish_shared.segment->sites[at->site].line;
    return path ? Py_BuildValue("(NIO)", path, line, name) : NULL;
}

/* (ident, state, number, place); the place is None for what is in no profiled code. */
static PyObject *describe(unsigned long ident)
{
    const struct thread *thread = find_thread(ident);
    PyObject *number = number_object(number_of(thread)), *place = Py_None;
    if (thread && thread->depth > 0)
        place = describe_place(&thread->stack[thread->depth - 1]);
    else
        Py_INCREF(place);
    if (number && place)
        return Py_BuildValue("(ksNN)", ident, state_of(thread), number, place);
    Py_XDECREF(number);
    Py_XDECREF(place);
    return NULL;
}

PyDoc_STRVAR(threads_doc, "threads() -> [(ident, state, invocation, (path, line, function))]\n\n"
                          "All threads of the interpreter; the last is None for what is in no\n"
                          "profiled code.");
/* A thread is added to the list without the lock, but at its beginning, and taken out under it. */
static PyObject *py_threads(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    PyObject *list = PyList_New(0);
    PyThreadState *state = PyInterpreterState_ThreadHead(PyThreadState_Get()->interp);
    for (; list && state; state = PyThreadState_Next(state)) {
        PyObject *entry = state->thread_id ? describe(state->thread_id) : NULL;
        if (state->thread_id && (!entry || PyList_Append(list, entry) < 0))
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

PyDoc_STRVAR(number_doc, "number_in(context) -> number or None\n\n"
                         "The invocation that the code in a contextvars.Context works for.");
static PyObject *py_number(PyObject *Py_UNUSED(module), PyObject *context)
{
    struct activity *activity = activity_in(context);
    uint64_t number = activity ? activity->number : INVOCATION_OUTSIDE;
    Py_XDECREF((PyObject *)activity);
    return number_object(number);
}

PyDoc_STRVAR(path_doc, "profiled_path(code) -> path or None\n\n"
                       "The file of profiled code; None of other code.");
static PyObject *py_path(PyObject *Py_UNUSED(module), PyObject *code)
{
    const struct code_info *info = PyCode_Check(code) ? code_info((PyCodeObject *)code) : NULL;
    if (!info || info->kind != CODE_PROFILED)
        Py_RETURN_NONE;
    return PyUnicode_DecodeFSDefault(info->file->path);
}

static PyMethodDef functions[] = {
    {"threads", py_threads, METH_NOARGS, threads_doc},
    {"number_in", py_number, METH_O, number_doc},
    {"profiled_path", py_path, METH_O, path_doc},
    {NULL, NULL, 0, NULL},
};

int alive_add_functions(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
