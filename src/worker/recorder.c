#include "config.h"
#include "worker/recorder.h"

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "worker/compat.h"
#include "worker/heap.h"

/* Recorders that run at the same time; a number's low bits say which of them it is. */
enum { RUNNING_BITS = 12, RUNNING_MAX = 1 << RUNNING_BITS };

struct row {
    int64_t increment_bytes;
    int64_t peak_bytes;
    uint64_t occurrences;
    uint32_t order;  /* in which the lines were executed first, from 1 on; 0: not yet to its end */
    uint32_t charge; /* the latest one that has reached the row */
};

/* A code object that was added, or lies within one that was. */
struct recorded_code {
    const struct code_info *info;
    PyObject *code; /* owned, which keeps the info */
    uint32_t top;   /* index of the one that was added */
    int first_line; /* of that one */
    uint32_t first_row;
    uint32_t row_count;
};

struct recorder {
    PyObject_HEAD uint64_t number; /* 0: it does not run */
    struct recorder *below;        /* owned; begun before it in its context */
    struct recorded_code *codes;
    uint32_t code_count;
    struct row *rows;
    uint32_t row_count;
    uint32_t executed; /* rows that have an order */
};

static struct recorder *running[RUNNING_MAX]; /* borrowed */
static uint64_t serial;
static PyObject *recorder_var;
static PyTypeObject recorder_type;

static struct recorder *running_one(uint64_t number)
{
    struct recorder *found = running[number % RUNNING_MAX];
    return LIKELY(found && found->number == number) ? found : NULL;
}

static void stop(struct recorder *recorder)
{
    if (recorder->number)
        running[recorder->number % RUNNING_MAX] = NULL;
    recorder->number = 0;
}

/* ---- what the tracer calls ---- */

static bool knows(const struct recorder *recorder, const struct code_info *info, uint32_t *code)
{
    for (*code = 0; *code < recorder->code_count; ++*code)
        if (recorder->codes[*code].info == info)
            return true;
    return false;
}

/* The recorder begun last in the current context: a new reference, or NULL. */
static struct recorder *innermost(void)
{
    PyObject *found = NULL;
    if (PyContextVar_Get(recorder_var, NULL, &found) < 0)
        PyErr_Clear();
    if (found && !Py_IS_TYPE(found, &recorder_type))
        Py_CLEAR(found);
    return (struct recorder *)found;
}

struct recorded recorder_find(const struct code_info *info)
{
    struct recorded at = {.row = RECORDER_NO_ROW};
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    struct recorder *first = innermost();
    PyErr_Restore(type, value, traceback);
    for (const struct recorder *each = first; each; each = each->below)
        if (each->number && knows(each, info, &at.code)) {
            at.recorder = each->number;
            break;
        }
    Py_XDECREF(first);
    return at;
}

void recorder_wait_at(struct recorded *at, int line)
{
    struct recorder *recorder = running_one(at->recorder);
    at->row = RECORDER_NO_ROW;
    if (!recorder)
        return;
    const struct recorded_code *code = &recorder->codes[at->code];
    if (line < code->first_line || (uint32_t)(line - code->first_line) >= code->row_count)
        return;
    at->row = code->first_row + (uint32_t)(line - code->first_line);
}

void recorder_open_line(struct recorded *at, int line)
{
    recorder_wait_at(at, line);
    if (at->row != RECORDER_NO_ROW)
        running_one(at->recorder)->rows[at->row].occurrences++;
}

static struct row *row_of(const struct recorded *at)
{
    struct recorder *recorder = at->row == RECORDER_NO_ROW ? NULL : running_one(at->recorder);
    return recorder ? &recorder->rows[at->row] : NULL;
}

void recorder_close_line(const struct recorded *at, int64_t rss_bytes)
{
    struct row *row = row_of(at);
    if (!row)
        return;
    if (row->order == 0)
        row->order = ++running_one(at->recorder)->executed;
    if (rss_bytes > row->peak_bytes)
        row->peak_bytes = rss_bytes;
}

void recorder_charge(const struct recorded *at, int64_t delta_bytes, uint32_t charge)
{
    struct row *row = row_of(at);
    if (!row || row->charge == charge)
        return;
    row->charge = charge;
    row->increment_bytes += delta_bytes;
}

/* ---- the type ---- */

static void recorder_dealloc(PyObject *self)
{
    struct recorder *recorder = (struct recorder *)self;
    stop(recorder);
    for (uint32_t i = 0; i < recorder->code_count; i++)
        Py_DECREF(recorder->codes[i].code);
    PyMem_Free(recorder->codes);
    PyMem_Free(recorder->rows);
    Py_XDECREF(recorder->below);
    PyObject_Free(self);
}

static PyObject *recorder_new(PyTypeObject *type, PyObject *args, PyObject *keywords)
{
    static char *names[] = {NULL};
    if (!PyArg_ParseTupleAndKeywords(args, keywords, ":Recorder", names))
        return NULL;
    heap_own_begin();
    struct recorder *recorder = PyObject_New(struct recorder, type);
    heap_own_end();
    if (recorder)
        memset((char *)recorder + sizeof(PyObject), 0, sizeof *recorder - sizeof(PyObject));
    return (PyObject *)recorder;
}

static bool grow_codes(struct recorder *recorder)
{
    struct recorded_code *codes =
        PyMem_Realloc(recorder->codes, (recorder->code_count + 1) * sizeof *codes);
    if (codes)
        recorder->codes = codes;
    return codes != NULL;
}

/* Add `code`, and the code in its constants, as parts of the code object `like.top`. */
static bool add_code(struct recorder *recorder, PyCodeObject *code, struct recorded_code like)
{
    struct code_info *info = code_info(code);
    if (!grow_codes(recorder))
        return false;
    info->may_be_recorded = true;
    like.info = info;
    like.code = (PyObject *)code;
    Py_INCREF(code);
    recorder->codes[recorder->code_count++] = like;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *nested = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(nested) && !add_code(recorder, (PyCodeObject *)nested, like))
            return false;
    }
    return true;
}

static bool add_rows(struct recorder *recorder, uint32_t count)
{
    struct row *rows = PyMem_Realloc(recorder->rows, (recorder->row_count + count) * sizeof *rows);
    if (!rows)
        return false;
    memset(rows + recorder->row_count, 0, count * sizeof *rows);
    recorder->rows = rows;
    recorder->row_count += count;
    return true;
}

static bool add_top(struct recorder *recorder, PyCodeObject *code)
{
    int last = code_last_line(code);
    if (PyErr_Occurred())
        return false;
    struct recorded_code like = {.top = recorder->code_count,
                                 .first_line = code->co_firstlineno,
                                 .first_row = recorder->row_count,
                                 .row_count = (uint32_t)(last - code->co_firstlineno + 1)};
    return add_rows(recorder, like.row_count) && add_code(recorder, code, like);
}

PyDoc_STRVAR(add_doc, "add(code)\n\n"
                      "Record the lines of the code object, and of those in its constants.");
static PyObject *py_add(PyObject *self, PyObject *code)
{
    struct recorder *recorder = (struct recorder *)self;
    uint32_t known;
    if (!PyCode_Check(code))
        return PyErr_Format(PyExc_TypeError, "add() takes a code object");
    if (knows(recorder, code_info((PyCodeObject *)code), &known))
        Py_RETURN_NONE;
    heap_own_begin();
    bool is_added = add_top(recorder, (PyCodeObject *)code);
    heap_own_end();
    if (!is_added)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    Py_RETURN_NONE;
}

static bool take_number(struct recorder *recorder)
{
    for (unsigned tries = 0; tries < RUNNING_MAX; tries++)
        if (!running[++serial % RUNNING_MAX]) {
            recorder->number = serial;
            running[serial % RUNNING_MAX] = recorder;
            return true;
        }
    return false;
}

static struct recorder *new_ref(struct recorder *recorder)
{
    Py_XINCREF(recorder);
    return recorder;
}

PyDoc_STRVAR(begin_doc, "begin()\n\n"
                        "What runs in the current context from now on is recorded. Where too many\n"
                        "others run, nothing is.");
static PyObject *py_begin(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    struct recorder *recorder = (struct recorder *)self;
    if (recorder->number || recorder->below)
        return PyErr_Format(PyExc_RuntimeError, "the recorder runs");
    if (!take_number(recorder))
        Py_RETURN_NONE;
    heap_own_begin();
    recorder->below = innermost();
    while (recorder->below && recorder->below->number == 0) /* its call is over */
        Py_XSETREF(recorder->below, new_ref(recorder->below->below));
    PyObject *token = PyContextVar_Set(recorder_var, self);
    heap_own_end();
    if (!token) {
        stop(recorder);
        Py_CLEAR(recorder->below);
        return NULL;
    }
    Py_DECREF(token);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(end_doc, "end()\n\nNothing is recorded any more. From whatever context.");
static PyObject *py_end(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    struct recorder *recorder = (struct recorder *)self;
    struct recorder *current = innermost();
    PyObject *token = Py_None;
    stop(recorder);
    heap_own_begin();
    if (current == recorder) {
        PyObject *below = recorder->below ? (PyObject *)recorder->below : Py_None;
        token = PyContextVar_Set(recorder_var, below);
        if (token)
            Py_DECREF(token);
    }
    heap_own_end();
    Py_XDECREF(current);
    Py_CLEAR(recorder->below);
    if (!token)
        return NULL;
    Py_RETURN_NONE;
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
        by_order[i] = RECORDER_NO_ROW;
    for (uint32_t i = 0; list && i < code->row_count; i++)
        by_order[rows[i].order] = rows[i].order ? i : RECORDER_NO_ROW;
    for (uint32_t i = 1; list && i <= recorder->executed; i++) {
        if (by_order[i] == RECORDER_NO_ROW) /* of another code object */
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

static PyMethodDef methods[] = {
    {"add", py_add, METH_O, add_doc},
    {"begin", py_begin, METH_NOARGS, begin_doc},
    {"end", py_end, METH_NOARGS, end_doc},
    {"rows", py_rows, METH_NOARGS, rows_doc},
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
    if (PyType_Ready(&recorder_type) < 0)
        return -1;
    recorder_var = PyContextVar_New("pymemtop_recorder", NULL);
    return recorder_var ? PyModule_AddObjectRef(module, "Recorder", (PyObject *)&recorder_type)
                        : -1;
}
