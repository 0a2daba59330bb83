#include "config.h"
#include "worker/recorder_parts.h"

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "worker/compat.h"
#include "worker/heap.h"
#include "worker/meters.h"

/* Code objects that are found by looking at each. */
enum { FEW_CODES = 8 };

/* Borrowed; the scopes that are open, each at its number modulo the size, which is 0 or a power of
 * two and at least twice their count. */
static struct scope **running;
static uint64_t running_size, running_count;
static uint64_t serial, passes;
static PyObject *scope_var;
static PyTypeObject scope_type;

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

bool recorder_knows(const struct recorder *recorder, const struct code_info *info, uint32_t *code)
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

bool recorder_append_code(struct recorder *recorder, struct recorded_code code)
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
    if (!recorder_knows(recorder, info, &known) && !recorder_append_code(recorder, like))
        return false;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *nested = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(nested) && !add_code(recorder, (PyCodeObject *)nested, like))
            return false;
    }
    return true;
}

bool recorder_add_rows(struct recorder *recorder, uint32_t count)
{
    struct row *rows = PyMem_Realloc(recorder->rows, (recorder->row_count + count) * sizeof *rows);
    if (!rows)
        return false;
    memset(rows + recorder->row_count, 0, count * sizeof *rows);
    recorder->rows = rows;
    recorder->row_count += count;
    return true;
}

bool recorder_add_code(struct recorder *recorder, PyCodeObject *code)
{
    heap_own_begin();
    int last = code_last_line(code);
    struct recorded_code like = {.top = recorder->code_count,
                                 .first_line = code->co_firstlineno,
                                 .first_row = recorder->row_count,
                                 .row_count = (uint32_t)(last - code->co_firstlineno + 1)};
    bool is_added = !PyErr_Occurred() && recorder_add_rows(recorder, like.row_count) &&
                    add_code(recorder, code, like);
    heap_own_end();
    return is_added;
}

/* The same of a function that is entered, where all are to be recorded. */
static bool knows_or_adds(struct recorder *recorder, const struct code_info *info, uint32_t *code)
{
    if (recorder_knows(recorder, info, code))
        return true;
    if (!recorder->everything || !info->is_function || !code_is_named(info->code))
        return false;
    if (recorder_add_code(recorder, info->code))
        return recorder_knows(recorder, info, code);
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
    struct scope *found = running_size ? running[number & (running_size - 1)] : NULL;
    return LIKELY(found && found->number == number) ? found : NULL;
}

/* Scopes that had places of their own have them in a larger table, too. */
static bool grow_running(void)
{
    enum { FIRST_SIZE = 64 };
    uint64_t size = running_size ? 2 * running_size : FIRST_SIZE;
    struct scope **table = PyMem_Calloc(size, sizeof(struct scope *));
    if (!table)
        return false;
    for (uint64_t i = 0; i < running_size; i++)
        if (running[i])
            table[running[i]->number & (size - 1)] = running[i];
    PyMem_Free(running);
    running = table;
    running_size = size;
    return true;
}

/* False where memory is short. */
static bool take_number(struct scope *scope)
{
    if (2 * (running_count + 1) > running_size && !grow_running())
        return false;
    do
        serial++;
    while (running[serial & (running_size - 1)]);
    scope->number = serial;
    running[serial & (running_size - 1)] = scope;
    running_count++;
    return true;
}

static void stop(struct scope *scope)
{
    if (scope->number == 0)
        return;
    running[scope->number & (running_size - 1)] = NULL;
    running_count--;
    scope->number = 0;
    meters_give_back(scope->recorder->meter);
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

int recorder_begin(struct recorder *recorder)
{
    struct scope *scope = make_scope(recorder);
    if (!scope)
        return -1;
    int result = set_innermost(scope);
    if (result == 0 && take_number(scope)) {
        scope->next = recorder->scopes;
        recorder->scopes = scope;
        meters_take(recorder->meter);
    }
    Py_DECREF(scope);
    return result;
}

/* The scope to end: the innermost one of the current context; else the one begun last. Borrowed. */
static struct scope *to_end(const struct recorder *recorder, struct scope *current)
{
    for (struct scope *each = current; each; each = each->below)
        if (each->number && each->recorder == recorder)
            return each;
    return recorder->scopes;
}

int recorder_end(struct recorder *recorder)
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

int recorder_open(PyObject *module)
{
    if (PyType_Ready(&scope_type) < 0)
        return -1;
    scope_var = PyContextVar_New("pymemtop_recorder", NULL);
    return scope_var ? PyModule_AddObjectRef(module, "recorder", scope_var) : -1;
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
        struct row *row = recorder_knows(*recorder, walk->info, &code)
                              ? row_at(*recorder, code, walk->line)
                              : NULL;
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

/* Within a call that another recorder measures, by the same meter. */
static bool is_within_another(const struct scope *scope, const struct recorder *recorder)
{
    for (; scope; scope = scope->below)
        if (scope->number && scope->recorder != recorder &&
            scope->recorder->meter == recorder->meter)
            return true;
    return false;
}

/* The recorder's first line is over. */
static void enter(struct recorder *recorder, const struct row *row, int64_t bytes)
{
    recorder->entry_row = (uint32_t)(row - recorder->rows);
    recorder->entry_bytes = bytes - row->increment_bytes;
}

void recorder_close_line(const struct recorded *at, int64_t rss_bytes)
{
    struct recorder *recorder;
    struct walk walk = walk_begin(at);
    for (struct row *row; (row = walk_next(&walk, &recorder));) {
        int64_t bytes = meters_bytes(recorder->meter, rss_bytes);
        if (recorder->executed == 0 && !is_within_another(walk.scope, recorder))
            enter(recorder, row, bytes);
        if (row->order == 0)
            row->order = ++recorder->executed;
        if (bytes > row->peak_bytes)
            row->peak_bytes = bytes;
    }
}

void recorder_charge(const struct recorded *at, unsigned meter, int64_t delta_bytes,
                     uint32_t charge)
{
    struct recorder *recorder;
    struct walk walk = walk_begin(at);
    for (struct row *row; (row = walk_next(&walk, &recorder));) {
        if (row->charge == charge || recorder->meter != meter)
            continue;
        row->charge = charge;
        row->increment_bytes += delta_bytes;
    }
}
