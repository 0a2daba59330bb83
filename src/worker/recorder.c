#include "config.h"
#include "worker/recorder.h"

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "worker/compat.h"
#include "worker/heap.h"

/* Scopes that are open at the same time; a number's low bits say which of them it is. */
enum { RUNNING_BITS = 12, RUNNING_MAX = 1 << RUNNING_BITS };
/* Code objects that are found by looking at each. */
enum { FEW_CODES = 8 };

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
    PyObject_HEAD bool everything; /* functions are added when they are entered */
    struct scope *scopes;          /* borrowed; those that are open */
    struct recorded_code *codes;
    uint32_t code_count;
    uint32_t *by_info; /* a hash table of indexes + 1; for more than a few code objects */
    uint32_t by_info_size;
    struct row *rows;
    uint32_t row_count;
    uint32_t executed;   /* rows that have an order */
    uint32_t entry_row;  /* the first one of them */
    int64_t entry_bytes; /* RSS before it; 0 within another recorder's call */
    uint64_t pass;       /* the latest event that has reached it */
};

/* From a begin() to its end(): a Python object, which contexts share as the variable's value. */
struct scope {
    PyObject_HEAD uint64_t number; /* 0: it is over */
    struct recorder *recorder;     /* owned */
    struct scope *below;           /* owned; the one before it in its context */
    struct scope *next;            /* borrowed; of the recorder's open ones */
};

static struct scope *running[RUNNING_MAX]; /* borrowed */
static uint64_t serial, passes;
static PyObject *scope_var;
static PyTypeObject recorder_type, scope_type;

void recorder_expect_everything(void)
{
    code_may_be_recorded = true;
}

/* ---- the code objects of a recorder ---- */

static uint32_t *place_of(const struct recorder *recorder, const struct code_info *info)
{
    uint32_t mask = recorder->by_info_size - 1;
    uint32_t at = (uint32_t)((uintptr_t)info >> 4) * 2654435761u & mask;
    while (recorder->by_info[at] && recorder->codes[recorder->by_info[at] - 1].info != info)
        at = (at + 1) & mask;
    return &recorder->by_info[at];
}

static bool knows(const struct recorder *recorder, const struct code_info *info, uint32_t *code)
{
    if (recorder->by_info) {
        *code = *place_of(recorder, info) - 1;
        return *code != UINT32_MAX;
    }
    for (*code = 0; *code < recorder->code_count; ++*code)
        if (recorder->codes[*code].info == info)
            return true;
    return false;
}

/* Have the table be at most half full. */
static bool grow_table(struct recorder *recorder)
{
    uint32_t count = recorder->code_count;
    if (count < FEW_CODES || 2 * count < recorder->by_info_size)
        return true;
    uint32_t size = recorder->by_info_size ? 2 * recorder->by_info_size : 8 * FEW_CODES;
    uint32_t *table = PyMem_Calloc(size, sizeof *table);
    if (!table)
        return false;
    PyMem_Free(recorder->by_info);
    recorder->by_info = table;
    recorder->by_info_size = size;
    for (uint32_t i = 0; i < count; i++)
        *place_of(recorder, recorder->codes[i].info) = i + 1;
    return true;
}

static bool append_code(struct recorder *recorder, struct recorded_code code)
{
    uint32_t count = recorder->code_count;
    if ((count & (count - 1)) == 0) { /* room for a power of two */
        size_t room = count ? 2 * (size_t)count : 1;
        struct recorded_code *codes = PyMem_Realloc(recorder->codes, room * sizeof *codes);
        if (!codes)
            return false;
        recorder->codes = codes;
    }
    if (!grow_table(recorder))
        return false;
    recorder->codes[recorder->code_count++] = code;
    Py_INCREF(code.code);
    if (recorder->by_info)
        *place_of(recorder, code.info) = recorder->code_count;
    return true;
}

/* Add `code`, and the code in its constants, as parts of the code object `like.top`. */
static bool add_code(struct recorder *recorder, PyCodeObject *code, struct recorded_code like)
{
    struct code_info *info = code_info(code);
    uint32_t known;
    info->may_be_recorded = true;
    like.info = info;
    like.code = (PyObject *)code;
    if (!knows(recorder, info, &known) && !append_code(recorder, like))
        return false;
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

/* False where memory is short, or with an exception. */
static bool add_top(struct recorder *recorder, PyCodeObject *code)
{
    heap_own_begin();
    int last = code_last_line(code);
    struct recorded_code like = {.top = recorder->code_count,
                                 .first_line = code->co_firstlineno,
                                 .first_row = recorder->row_count,
                                 .row_count = (uint32_t)(last - code->co_firstlineno + 1)};
    bool is_added =
        !PyErr_Occurred() && add_rows(recorder, like.row_count) && add_code(recorder, code, like);
    heap_own_end();
    return is_added;
}

/* The same of a function that is entered, where all are to be recorded. */
static bool knows_or_adds(struct recorder *recorder, const struct code_info *info, uint32_t *code)
{
    if (knows(recorder, info, code))
        return true;
    if (!recorder->everything || !info->is_function ||
        PyUnicode_READ_CHAR(info->code->co_name, 0) == '<') /* <lambda>, <listcomp> */
        return false;
    if (add_top(recorder, info->code))
        return knows(recorder, info, code);
    PyErr_Clear();
    return false;
}

static struct row *row_at(const struct recorder *recorder, uint32_t code, int line)
{
    const struct recorded_code *at = &recorder->codes[code];
    if (line < at->first_line || (uint32_t)(line - at->first_line) >= at->row_count)
        return NULL;
    return &recorder->rows[at->first_row + (uint32_t)(line - at->first_line)];
}

/* ---- scopes ---- */

static struct scope *running_one(uint64_t number)
{
    struct scope *found = running[number % RUNNING_MAX];
    return LIKELY(found && found->number == number) ? found : NULL;
}

static bool take_number(struct scope *scope)
{
    for (unsigned tries = 0; tries < RUNNING_MAX; tries++)
        if (!running[++serial % RUNNING_MAX]) {
            scope->number = serial;
            running[serial % RUNNING_MAX] = scope;
            return true;
        }
    return false;
}

static void stop(struct scope *scope)
{
    if (scope->number == 0)
        return;
    running[scope->number % RUNNING_MAX] = NULL;
    scope->number = 0;
    struct scope **link = &scope->recorder->scopes;
    while (*link != scope)
        link = &(*link)->next;
    *link = scope->next;
}

/* Contexts within contexts: not by recursion, of which there may be more than the stack takes. */
static void scope_dealloc(PyObject *self)
{
    struct scope *scope = (struct scope *)self;
    while (scope) {
        struct scope *below = scope->below;
        stop(scope);
        Py_DECREF(scope->recorder);
        PyObject_Free(scope);
        scope = NULL;
        if (below && Py_REFCNT(below) == 1)
            scope = below;
        else
            Py_XDECREF(below);
    }
}

static PyTypeObject scope_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymemtop.Scope",
    .tp_basicsize = sizeof(struct scope),
    .tp_dealloc = scope_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

/* The scope begun last in the current context: a new reference, or NULL. */
static struct scope *innermost(void)
{
    PyObject *found = NULL;
    if (PyContextVar_Get(scope_var, NULL, &found) < 0)
        PyErr_Clear();
    if (found && !Py_IS_TYPE(found, &scope_type))
        Py_CLEAR(found);
    return (struct scope *)found;
}

/* 0, or -1 with an exception. */
static int set_innermost(struct scope *scope)
{
    PyObject *token = PyContextVar_Set(scope_var, scope ? (PyObject *)scope : Py_None);
    Py_XDECREF(token);
    return token ? 0 : -1;
}

/* ---- what the tracer calls ---- */

struct recorded recorder_find(const struct code_info *info)
{
    struct recorded at = {0};
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    struct scope *first = innermost();
    for (const struct scope *each = first; each; each = each->below)
        if (each->number && knows_or_adds(each->recorder, info, &at.code)) {
            at.scope = each->number;
            break;
        }
    Py_XDECREF(first);
    PyErr_Restore(type, value, traceback);
    return at;
}

/* The rows of a line: one of each recorder in the chain that knows the code, the innermost first.
 */
struct walk {
    const struct scope *scope; /* whose row is next, if it has one */
    const struct code_info *info;
    int line;
};

static struct walk walk_begin(const struct recorded *at)
{
    const struct scope *scope = running_one(at->scope);
    passes++;
    return (struct walk){.scope = scope,
                         .info = scope ? scope->recorder->codes[at->code].info : NULL,
                         .line = at->line};
}

static struct row *walk_next(struct walk *walk, struct recorder **recorder)
{
    uint32_t code;
    for (const struct scope *scope; (scope = walk->scope);) {
        walk->scope = scope->below;
        *recorder = scope->recorder;
        if (scope->number == 0 || (*recorder)->pass == passes)
            continue;
        (*recorder)->pass = passes;
        struct row *row =
            knows(*recorder, walk->info, &code) ? row_at(*recorder, code, walk->line) : NULL;
        if (row)
            return row;
    }
    return NULL;
}

void recorder_open_line(struct recorded *at, int line)
{
    struct recorder *recorder;
    at->line = line;
    struct walk walk = walk_begin(at);
    for (struct row *row; (row = walk_next(&walk, &recorder));)
        row->occurrences++;
}

static bool is_within_another(const struct scope *scope, const struct recorder *recorder)
{
    for (; scope; scope = scope->below)
        if (scope->number && scope->recorder != recorder)
            return true;
    return false;
}

/* The recorder's first line is over. */
static void enter(struct recorder *recorder, const struct row *row, int64_t rss_bytes)
{
    recorder->entry_row = (uint32_t)(row - recorder->rows);
    recorder->entry_bytes = rss_bytes - row->increment_bytes;
}

void recorder_close_line(const struct recorded *at, int64_t rss_bytes)
{
    struct recorder *recorder;
    struct walk walk = walk_begin(at);
    for (struct row *row; (row = walk_next(&walk, &recorder));) {
        if (recorder->executed == 0 && !is_within_another(walk.scope, recorder))
            enter(recorder, row, rss_bytes);
        if (row->order == 0)
            row->order = ++recorder->executed;
        if (rss_bytes > row->peak_bytes)
            row->peak_bytes = rss_bytes;
    }
}

void recorder_charge(const struct recorded *at, int64_t delta_bytes, uint32_t charge)
{
    struct recorder *recorder;
    struct walk walk = walk_begin(at);
    for (struct row *row; (row = walk_next(&walk, &recorder));) {
        if (row->charge == charge)
            continue;
        row->charge = charge;
        row->increment_bytes += delta_bytes;
    }
}

/* ---- the type ---- */

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
    static char name[] = "everything";
    static char *names[] = {name, NULL};
    int everything = 0;
    if (!PyArg_ParseTupleAndKeywords(args, keywords, "|$p:Recorder", names, &everything))
        return NULL;
    struct recorder *recorder = make_recorder(type);
    if (recorder)
        recorder->everything = everything != 0;
    return (PyObject *)recorder;
}

PyDoc_STRVAR(add_doc, "add(code)\n\n"
                      "Record the lines of the code object, and of those in its constants.");
static PyObject *py_add(PyObject *self, PyObject *code)
{
    struct recorder *recorder = (struct recorder *)self;
    uint32_t known;
    if (!PyCode_Check(code))
        return PyErr_Format(PyExc_TypeError, "add() takes a code object");
    if (!knows(recorder, code_info((PyCodeObject *)code), &known) &&
        !add_top(recorder, (PyCodeObject *)code))
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    Py_RETURN_NONE;
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
    heap_own_begin();
    bool is_done = add_rows(fresh, recorder->row_count);
    for (uint32_t i = 0; is_done && i < recorder->code_count; i++)
        is_done = append_code(fresh, recorder->codes[i]);
    heap_own_end();
    if (is_done)
        return (PyObject *)fresh;
    Py_DECREF(fresh);
    return PyErr_NoMemory();
}

/* A scope of the recorder, not yet open: a new reference, or NULL with an exception. */
static struct scope *make_scope(struct recorder *recorder)
{
    struct scope *scope = PyObject_New(struct scope, &scope_type);
    if (!scope)
        return NULL;
    Py_INCREF(recorder);
    scope->number = 0;
    scope->recorder = recorder;
    scope->next = NULL;
    scope->below = innermost();
    while (scope->below && scope->below->number == 0) { /* its call is over */
        struct scope *over = scope->below;
        scope->below = over->below;
        Py_XINCREF(scope->below);
        Py_DECREF(over);
    }
    return scope;
}

static int begin(struct recorder *recorder)
{
    struct scope *scope = make_scope(recorder);
    if (!scope)
        return -1;
    int result = set_innermost(scope);
    if (result == 0 && take_number(scope)) {
        scope->next = recorder->scopes;
        recorder->scopes = scope;
    }
    Py_DECREF(scope);
    return result;
}

PyDoc_STRVAR(begin_doc,
             "begin()\n\n"
             "What runs in the current context from now on is recorded. May be called in\n"
             "several contexts, and again. Where too many others run, nothing is.");
static PyObject *py_begin(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    heap_own_begin();
    int result = begin((struct recorder *)self);
    heap_own_end();
    if (result < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* The scope to end: the innermost one of the current context; else the one begun last. Borrowed. */
static struct scope *to_end(const struct recorder *recorder, struct scope *current)
{
    for (struct scope *each = current; each; each = each->below)
        if (each->number && each->recorder == recorder)
            return each;
    return recorder->scopes;
}

static int end(struct recorder *recorder)
{
    int result = 0;
    struct scope *current = innermost();
    struct scope *scope = to_end(recorder, current);
    if (scope)
        stop(scope);
    if (scope && scope == current)
        result = set_innermost(scope->below);
    Py_XDECREF(current);
    return result;
}

PyDoc_STRVAR(end_doc,
             "end()\n\n"
             "Nothing is recorded any more since the latest begin() in the current context;\n"
             "where there is none, since the latest one in any.");
static PyObject *py_end(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    heap_own_begin();
    int result = end((struct recorder *)self);
    heap_own_end();
    if (result < 0)
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
    if (PyType_Ready(&recorder_type) < 0 || PyType_Ready(&scope_type) < 0)
        return -1;
    scope_var = PyContextVar_New("pymemtop_recorder", NULL);
    if (!scope_var || PyModule_AddObjectRef(module, "recorder", scope_var) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Recorder", (PyObject *)&recorder_type);
}
