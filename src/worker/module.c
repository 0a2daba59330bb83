#include "config.h"
#include <Python.h>

#include "worker/module.h"

#include <string.h>
#include <uv.h>

#include "base/attributes.h"
#include "base/process.h"
#include "wire/frame.h"
#include "worker/alive.h"
#include "worker/code.h"
#include "worker/embedded.h"
#include "worker/events.h"
#include "worker/heap.h"
#include "worker/link.h"
#include "worker/questions.h"
#include "worker/loop_step.h"
#include "worker/meters.h"
#include "worker/own.h"
#include "worker/python_heap.h"
#include "worker/recorder.h"
#include "worker/rss.h"
#include "worker/stop.h"
#include "worker/tracer.h"
#include "worker/uvselector.h"

PyDoc_STRVAR(source_doc, "source(name) -> bytes or None\n\n"
                         "The Python source that is built in under `name`: a module's name, with\n"
                         "\".__init__\" for a package.");
static PyObject *py_source(PyObject *Py_UNUSED(module), PyObject *name)
{
    const char *wanted = PyUnicode_AsUTF8(name);
    if (!wanted)
        return NULL;
    for (const struct embedded_source *source = embedded_sources(); source->name; source++)
        if (strcmp(source->name, wanted) == 0)
            return PyBytes_FromStringAndSize(source->source, (Py_ssize_t)source->len);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(after_fork_doc, "after_fork()\n\n"
                             "In a child made by fork: let go of what belongs to the parent.");
static PyObject *py_after_fork(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    /* First, since the other two stop handles, which must not reach the parent's epoll set. */
    if (uv_loop_fork(uv_default_loop()) == 0) {
        uvselector_after_fork();
        link_after_fork();
        questions_after_fork();
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(heap_bytes_doc,
             "heap_bytes() -> (python, raw, native)\n\n"
             "Bytes that are allocated and not freed, by the allocators that gave them out.");
static PyObject *py_heap_bytes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    int64_t bytes[HEAP_DOMAINS];
    heap_now(bytes);
    return Py_BuildValue("(LLL)", (long long)bytes[HEAP_PYTHON], (long long)bytes[HEAP_RAW],
                         (long long)bytes[HEAP_NATIVE]);
}

PyDoc_STRVAR(rss_bytes_doc, "rss_bytes() -> bytes\n\n"
                            "The resident set size, pymemtop's own share left out.");
static PyObject *py_rss_bytes(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    return PyLong_FromLongLong(rss_read_bytes());
}

PyDoc_STRVAR(process_bytes_doc,
             "process_bytes(pid, kind) -> bytes\n\n"
             "The memory of a process, \"rss\", \"pss\" or \"uss\"; 0 where there is no\n"
             "such process (any more).");
static PyObject *py_process_bytes(PyObject *Py_UNUSED(module), PyObject *args)
{
    int pid;
    const char *name;
    if (!PyArg_ParseTuple(args, "is:process_bytes", &pid, &name))
        return NULL;
    enum process_memory kind = strcmp(name, "pss") == 0   ? PROCESS_PSS
                               : strcmp(name, "uss") == 0 ? PROCESS_USS
                                                          : PROCESS_RSS;
    return PyLong_FromLongLong(process_memory_bytes(pid, kind));
}

static void append_pid(void *list, int pid)
{
    PyObject *number = PyLong_FromLong(pid);
    if (number)
        PyList_Append(list, number);
    Py_XDECREF(number);
}

PyDoc_STRVAR(children_doc, "children(pid) -> [pid]\n\nThe processes that a process has started.");
static PyObject *py_children(PyObject *Py_UNUSED(module), PyObject *number)
{
    long pid = PyLong_AsLong(number);
    PyObject *list = PyErr_Occurred() ? NULL : PyList_New(0);
    if (list)
        process_visit_children((int)pid, append_pid, list);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

PyDoc_STRVAR(heap_stop_doc, "heap_stop()\n\nCount no allocation any more: the interpreter ends.");
static PyObject *py_heap_stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    python_heap_remove();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(events_stop_doc, "events_stop()\n\nTrace nothing any more: the interpreter ends.");
static PyObject *py_events_stop(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    events_stop();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(decorate_doc,
             "decorate(code, by, tells)\n\n"
             "The script has decorated the function whose code this is, in a frame of `by`: the\n"
             "report is to be that of such functions alone. Its file is profiled from now on.\n"
             "tells: its tables are printed call by call, so that the text report leaves it out.");
static PyObject *py_decorate(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *code, *by;
    int tells;
    if (!PyArg_ParseTuple(args, "O!O!p:decorate", &PyCode_Type, &code, &PyCode_Type, &by, &tells))
        return NULL;
    heap_own_begin();
    code_decorate((PyCodeObject *)code, (PyCodeObject *)by, tells);
    heap_own_end();
    Py_RETURN_NONE;
}

PyDoc_STRVAR(mark_loop_step_doc, "mark_loop_step()\n\nasyncio has been imported.");
static PyObject *py_mark_loop_step(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    if (loop_step_mark() < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"mark_loop_step", py_mark_loop_step, METH_NOARGS, mark_loop_step_doc},
    {"decorate", py_decorate, METH_VARARGS, decorate_doc},
    {"events_stop", py_events_stop, METH_NOARGS, events_stop_doc},
    {"heap_stop", py_heap_stop, METH_NOARGS, heap_stop_doc},
    {"rss_bytes", py_rss_bytes, METH_NOARGS, rss_bytes_doc},
    {"process_bytes", py_process_bytes, METH_VARARGS, process_bytes_doc},
    {"children", py_children, METH_O, children_doc},
    {"heap_bytes", py_heap_bytes, METH_NOARGS, heap_bytes_doc},
    {"source", py_source, METH_O, source_doc},
    {"after_fork", py_after_fork, METH_NOARGS, after_fork_doc},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_pymemtop",
    .m_doc = "What the worker's C offers to the Python that is built into it.",
    .m_size = -1,
    .m_methods = functions,
};

static struct module_options options;

void module_set_options(const struct module_options *given)
{
    options = *given;
    if (options.log_reports)
        recorder_expect_everything();
}

static int add_options(PyObject *module)
{
    if (PyModule_AddIntConstant(module, "log_reports", options.log_reports) < 0)
        return -1;
    return PyModule_AddIntConstant(module, "real_memory_profiler", options.real_memory_profiler);
}

static int add_frame_types(PyObject *module)
{
    static const struct {
        const char *name;
        enum frame_type type;
    } types[] = {
        {"LOAD", FRAME_LOAD},   {"INVOKE", FRAME_INVOKE},   {"SHUTDOWN", FRAME_SHUTDOWN},
        {"READY", FRAME_READY}, {"LOADED", FRAME_LOADED},   {"RESPONSE", FRAME_RESPONSE},
        {"LOG", FRAME_LOG},     {"COLLECT", FRAME_COLLECT}, {"COLLECTED", FRAME_COLLECTED},
    };
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (PyModule_AddIntConstant(module, types[i].name, types[i].type) < 0)
            return -1;
    return 0;
}

PyObject *module_init(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (!module)
        return NULL;
    if (add_frame_types(module) == 0 && add_options(module) == 0 && link_add(module) == 0 &&
        uvselector_add(module, uv_default_loop()) == 0 && tracer_add_functions(module) == 0 &&
        own_add_functions(module) == 0 && stop_add_functions(module) == 0 &&
        alive_add_functions(module) == 0 && meters_add_functions(module) == 0 &&
        recorder_add(module) == 0)
        return module;
    Py_DECREF(module);
    return NULL;
}
