/*
 * The recorder as Python has it: what the stand-in for memory_profiler asks of it, and its rows as
 * tuples.
 */
#include "config.h"
#include "worker/recorder_parts.h"

#include <stdbool.h>
#include <string.h>

#include "worker/compat.h"
#include "worker/heap.h"
#include "worker/own.h"
#include "worker/meters.h"

static PyTypeObject recorder_type;

static void recorder_dealloc(PyObject *self)
{
    struct recorder *recorder = (struct recorder *)self;
    for (uint32_t i = 0; i < recorder->code_count; i++)
        Py_DECREF(recorder->codes[i].code);
    PyMem_Free(recorder->codes);
    PyMem_Free(recorder->by_info);
    PyMem_Free(recorder->rows);
    PyObject_Free(self);
}

static struct recorder *make_recorder(PyTypeObject *type)
{
    heap_own_begin();
    struct recorder *recorder = PyObject_New(struct recorder, type);
    heap_own_end();
    if (recorder)
        memset((char *)recorder + sizeof(PyObject), 0, sizeof *recorder - sizeof(PyObject));
    return recorder;
}

static PyObject *recorder_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char everything_name[] = "everything", meter_name[] = "meter";
    static char *names[] = {everything_name, meter_name, NULL};
    int everything = 0;
    unsigned meter = METERS_WORKERS;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$pI:Recorder", names, &everything, &meter))
        return NULL;
    if (!meters_is_one(meter))
        return PyErr_Format(PyExc_ValueError, "there is no meter %u", meter);
    struct recorder *recorder = make_recorder(type);
    if (!recorder)
        return NULL;
    recorder->everything = everything != 0;
    recorder->meter = meter;
    return (PyObject *)recorder;
}

PyDoc_STRVAR(add_doc,
             "add(code) -> bool\n\n"
             "Record the lines of the code object, and of those in its constants; where its file\n"
             "is not profiled, they are, alone. False: they cannot be, since it is excluded.");
static PyObject *py_add(PyObject *self, PyObject *code)
{
    struct recorder *recorder = (struct recorder *)self;
    uint32_t known;
    if (!PyCode_Check(code))
        return PyErr_Format(PyExc_TypeError, "add() takes a code object");
    heap_own_begin();
    bool is_profiled = code_profile_alone((PyCodeObject *)code);
    heap_own_end();
    if (!recorder_knows(recorder, code_info((PyCodeObject *)code), &known) &&
        !recorder_add_code(recorder, (PyCodeObject *)code))
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    return PyBool_FromLong(is_profiled);
}

PyDoc_STRVAR(fresh_doc, "fresh() -> Recorder\n\n"
                        "One of the same code objects that has recorded nothing.");
static PyObject *py_fresh(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const struct recorder *recorder = (const struct recorder *)self;
    struct recorder *fresh = make_recorder(&recorder_type);
    if (!fresh)
        return NULL;
    fresh->everything = recorder->everything;
    fresh->meter = recorder->meter;
    heap_own_begin();
    bool is_done = recorder_add_rows(fresh, recorder->row_count);
    for (uint32_t i = 0; is_done && i < recorder->code_count; i++)
        is_done = recorder_append_code(fresh, recorder->codes[i]);
    heap_own_end();
    if (is_done)
        return (PyObject *)fresh;
    Py_DECREF(fresh);
    return PyErr_NoMemory();
}

static PyObject *none_or_error(int result)
{
    if (result < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(begin_doc,
             "begin()\n\n"
             "What runs in the current context from now on is recorded. May be called in\n"
             "several contexts, and again. Where memory is short, nothing is recorded.");
static PyObject *py_begin(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    /* A scope may begin a page. */
    own_begin();
    int result = recorder_begin((struct recorder *)self);
    own_end();
    return none_or_error(result);
}

PyDoc_STRVAR(end_doc,
             "end()\n\n"
             "Nothing is recorded any more since the latest begin() in the current context;\n"
             "where there is none, since the latest one in any.");
static PyObject *py_end(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    heap_own_begin();
    int result = recorder_end((struct recorder *)self);
    heap_own_end();
    return none_or_error(result);
}

/* (line, increment, max RSS, occurrences) of a row; a new reference. */
static PyObject *row_tuple(const struct recorded_code *code, uint32_t at, const struct row *row)
{
    return Py_BuildValue("(iLLK)", code->first_line + (int)at, (long long)row->increment_bytes,
                         (long long)row->peak_bytes, (unsigned long long)row->occurrences);
}

/* The rows of a code object that were executed, in that order; NULL with an exception. */
static PyObject *code_rows(const struct recorder *recorder, const struct recorded_code *code)
{
    const struct row *rows = recorder->rows + code->first_row;
    uint32_t *by_order = PyMem_New(uint32_t, recorder->executed + 1);
    PyObject *list = by_order ? PyList_New(0) : PyErr_NoMemory();
    for (uint32_t i = 0; list && i <= recorder->executed; i++)
        by_order[i] = UINT32_MAX;
    for (uint32_t i = 0; list && i < code->row_count; i++)
        by_order[rows[i].order] = rows[i].order ? i : UINT32_MAX;
    for (uint32_t i = 1; list && i <= recorder->executed; i++) {
        if (by_order[i] == UINT32_MAX) /* of another code object */
            continue;
        PyObject *tuple = row_tuple(code, by_order[i], &rows[by_order[i]]);
        if (!tuple || PyList_Append(list, tuple) < 0)
            Py_CLEAR(list);
        Py_XDECREF(tuple);
    }
    PyMem_Free(by_order);
    return list;
}

PyDoc_STRVAR(rows_doc,
             "rows() -> [(code, [(line, increment, max RSS, occurrences)])]\n\n"
             "Of every code object that was added the lines that have run, in the order in which\n"
             "they first did; bytes.");
static PyObject *py_rows(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const struct recorder *recorder = (const struct recorder *)self;
    PyObject *list = PyList_New(0);
    for (uint32_t i = 0; list && i < recorder->code_count; i++) {
        const struct recorded_code *code = &recorder->codes[i];
        if (code->top != i)
            continue;
        PyObject *rows = code_rows(recorder, code);
        PyObject *pair = rows ? PyTuple_Pack(2, code->code, rows) : NULL;
        Py_XDECREF(rows);
        if (!pair || PyList_Append(list, pair) < 0)
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

PyDoc_STRVAR(entry_doc,
             "entry() -> (line, bytes)\n\n"
             "The first line that was recorded, and the RSS before it; zeros where it was\n"
             "within another recorder's call, or there is none.");
static PyObject *py_entry(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const struct recorder *recorder = (const struct recorder *)self;
    int line = 0;
    for (uint32_t i = 0; recorder->entry_bytes && i < recorder->code_count; i++) {
        const struct recorded_code *code = &recorder->codes[i];
        if (code->top == i && recorder->entry_row - code->first_row < code->row_count)
            line = code->first_line + (int)(recorder->entry_row - code->first_row);
    }
    return Py_BuildValue("(iL)", line, (long long)recorder->entry_bytes);
}

static PyMethodDef methods[] = {
    {"add", py_add, METH_O, add_doc},
    {"fresh", py_fresh, METH_NOARGS, fresh_doc},
    {"begin", py_begin, METH_NOARGS, begin_doc},
    {"end", py_end, METH_NOARGS, end_doc},
    {"rows", py_rows, METH_NOARGS, rows_doc},
    {"entry", py_entry, METH_NOARGS, entry_doc},
    {NULL, NULL, 0, NULL},
};

static PyTypeObject recorder_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymemtop.Recorder",
    .tp_doc = "The lines of functions while one call of them runs.",
    .tp_basicsize = sizeof(struct recorder),
    .tp_dealloc = recorder_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = methods,
    .tp_new = recorder_new,
};

int recorder_add(PyObject *module)
{
    if (PyType_Ready(&recorder_type) < 0 || recorder_open(module) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Recorder", (PyObject *)&recorder_type);
}
