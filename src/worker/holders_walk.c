/*
 * The walk. Breadth first, so that what led to an object first is the shortest chain to it; what is
 * a part of an object to who writes Python (its __dict__, a function's cells) is looked at together
 * with it, so that it makes no chain longer, and a chain is the same on every Python.
 *
 * A type's tp_traverse is code of the program's extensions, and memory may be gone: where reading
 * fails the object is left out, and the walk goes on behind it.
 */
#include "config.h"
#include <Python.h>
#include <frameobject.h>

#include "worker/holders_parts.h"

#include <setjmp.h>
#include <signal.h>
#include <string.h>

#include "worker/tags.h"

enum { PROGRESS_EVERY = 1 << 16, WORD = sizeof(uintptr_t) };

static sigjmp_buf bad_memory;

static void on_fault(int number)
{
    siglongjmp(bad_memory, number);
}

void holders_each(bool (*step)(void))
{
    volatile uint32_t faults = 0;
    signal(SIGSEGV, on_fault);
    signal(SIGBUS, on_fault);
    if (sigsetjmp(bad_memory, 1))
        holders_walk.faults = ++faults;
    while (step())
        if (++holders_walk.done % PROGRESS_EVERY == 0)
            holders_progress((unsigned)(holders_walk.done * 95 / (holders_walk.expected + 1)));
}

/* ---- what an object holds ---- */

/* Types whose objects hold none, and have no tp_traverse. */
static bool is_leaf(const PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyBytes_Type || type == &PyLong_Type ||
           type == &PyFloat_Type || type == &PyBool_Type || type == &PyComplex_Type ||
           type == &PyByteArray_Type;
}

/* Words of a block that point to objects; of those that point to other blocks, these. */
static void scan(uintptr_t block, visitproc visit, void *context, uint32_t node)
{
    uint32_t tag = holders_tag(block);
    const uintptr_t *words = (const uintptr_t *)block;
    for (uint64_t i = 0, count = tag ? holders_bytes(block, tag) / WORD : 0; i < count; i++) {
        uintptr_t word = words[i];
        for (uintptr_t before = 0; before <= 32 && word > before; before += 16) {
            uint32_t other = holders_tag(word - before);
            uint64_t bytes = other ? holders_bytes(word - before, other) : 0;
            PyObject *object = other ? holders_object_in(word - before, bytes) : NULL;
            if (object == (PyObject *)word && word - before != block)
                visit(object, context);
            else if (other && !object && before == 0 && word != block && tag_column(other) != 0 &&
                     node != HOLDERS_NOBODY) {
                holders_add(word, HOLDERS_BLOCK, node);
                visit((PyObject *)word, context);
            }
        }
    }
}

static void visit_static_type(const PyTypeObject *type, visitproc visit, void *context)
{
    if (type->tp_dict)
        visit(type->tp_dict, context);
}

/* A dict whose keys are all str shows only its values to the collector. */
static void visit_keys(PyObject *dict, visitproc visit, void *context)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &value))
        visit(key, context);
}

void holders_expand(uint32_t node, visitproc visit, void *context)
{
    PyObject *object = holders_object(node);
    if (holders_kind(node) == HOLDERS_FRAME) {
        holders_visit_frame((const struct holders_frame *)object, visit, context);
        return;
    }
    if (holders_kind(node) == HOLDERS_BLOCK) {
        scan((uintptr_t)object, visit, context, HOLDERS_NOBODY);
        return;
    }
    PyTypeObject *type = Py_TYPE(object);
    holders_add_type(type);
    if (PyDict_Check(object))
        visit_keys(object, visit, context);
    if (PyObject_IS_GC(object) && type->tp_traverse)
        type->tp_traverse(object, visit, context);
    else if (PyType_Check(object))
        visit_static_type((PyTypeObject *)object, visit, context);
    else if (!is_leaf(type))
        scan(holders_block(object), visit, context, node);
}

static bool is_named(PyObject *object, const char *name)
{
    return strcmp(Py_TYPE(object)->tp_name, name) == 0;
}

bool holders_is_part(PyObject *parent, PyObject *child)
{
    if (PyDict_Check(child) && PyType_Check(parent))
        return ((PyTypeObject *)parent)->tp_dict == child;
    if (PyDict_CheckExact(child) && is_named(parent, "_thread._local"))
        return true;
    if (PyDict_CheckExact(child) && holders_dict(parent) == child)
        return true;
    if (PyModule_Check(parent))
        return PyDict_CheckExact(child) && PyModule_GetDict(parent) == child;
    if (PyFunction_Check(parent)) {
        const PyFunctionObject *function = (PyFunctionObject *)parent;
        return child == function->func_closure || child == function->func_defaults ||
               child == function->func_kwdefaults;
    }
    if (PyCell_Check(child) || PyFrame_Check(child) || PyTraceBack_Check(child))
        return true;
    return strncmp(Py_TYPE(child)->tp_name, "hamt", 4) == 0 || is_named(child, "Context") ||
           is_named(child, "functools._lru_list_elem");
}

/* ---- breadth first ---- */

static int visit_first(PyObject *object, void *context)
{
    (void)context;
    if (object)
        holders_add((uintptr_t)object, HOLDERS_OBJECT, holders_walk.current);
    return 0;
}

static bool expand_next(void)
{
    struct holders_walk *walk = &holders_walk;
    uint32_t first = walk->count, node = walk->expanded;
    if (node >= walk->count)
        return false;
    walk->expanded++;
    if (holders_flags()[node] & HOLDERS_EXPANDED)
        return true;
    holders_flags()[node] |= HOLDERS_EXPANDED;
    walk->current = node;
    holders_expand(node, visit_first, NULL);
    for (uint32_t part = first; part < walk->count; part++) {
        uint32_t parent = holders_parents()[part];
        if (holders_kind(part) != HOLDERS_OBJECT || holders_kind(parent) == HOLDERS_BLOCK)
            continue;
        bool is_frame = holders_kind(parent) == HOLDERS_FRAME;
        if (is_frame ? !PyCell_Check(holders_object(part))
                     : !holders_is_part(holders_object(parent), holders_object(part)))
            continue;
        holders_flags()[part] |= HOLDERS_EXPANDED;
        walk->current = part;
        holders_expand(part, visit_first, NULL);
    }
    return true;
}

static void add_root(PyObject *object, enum holders_kind kind)
{
    if (object)
        holders_add((uintptr_t)object, kind, HOLDERS_NOBODY);
}

/* The file of a module; "" where it says none. */
static const char *file_of(PyObject *module)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    PyObject *names = PyModule_Check(module) ? PyModule_GetDict(module) : NULL;
    while (names && PyDict_Next(names, &at, &key, &value))
        if (PyUnicode_Check(key) && PyUnicode_IS_COMPACT_ASCII(key) && PyUnicode_Check(value) &&
            PyUnicode_IS_COMPACT_ASCII(value) &&
            strcmp((const char *)PyUnicode_1BYTE_DATA(key), "__file__") == 0)
            return (const char *)PyUnicode_1BYTE_DATA(value);
    return "";
}

/* 0: it is a file that is asked about; 1: one of the program's; 2: one of a package. */
static int rank_of(PyObject *module)
{
    const char *file = file_of(module);
    for (size_t i = 0; i < holders_walk.question_count; i++) {
        const struct holders_question *asked = &holders_walk.questions[i];
        if (strlen(file) == asked->path_len && memcmp(file, asked->path, asked->path_len) == 0)
            return 0;
    }
    return !*file || strstr(file, "/site-packages/") || strstr(file, "/lib/python") ? 2 : 1;
}

static void add_roots(void)
{
    struct holders_walk *walk = &holders_walk;
    for (int rank = 0; rank <= 2; rank++) {
        PyObject *key, *module;
        Py_ssize_t at = 0;
        while (PyDict_Next(walk->modules, &at, &key, &module))
            if (rank_of(module) == rank)
                add_root(module, HOLDERS_OBJECT);
    }
    for (size_t i = 0; i < walk->thread_count; i++) {
        const struct holders_frame *frame = holders_top(walk->threads[i].state);
        for (; frame; frame = holders_outer(frame)) {
            union {
                const struct holders_frame *in;
                PyObject *out;
            } same = {.in = frame};
            if (holders_code(frame))
                add_root(same.out, HOLDERS_FRAME);
        }
    }
    for (size_t i = 0; i < walk->thread_count; i++) {
        const PyThreadState *state = walk->threads[i].state;
        add_root(state->dict, HOLDERS_OBJECT);
        add_root(state->context, HOLDERS_OBJECT);
    }
    add_root(walk->builtins, HOLDERS_OBJECT);
    walk->roots = walk->count;
}

/* ---- what would be freed ---- */

static struct holders_room queue;
static uint32_t queued, taken, group;
static uint8_t mark;

static bool push(uint32_t node)
{
    if (!holders_grow(&queue, ((size_t)queued + 1) * sizeof(uint32_t)))
        return false;
    ((uint32_t *)queue.at)[queued++] = node;
    return true;
}

static int visit_again(PyObject *object, void *context)
{
    uint32_t node = object ? holders_find((uintptr_t)object) : HOLDERS_NOBODY;
    (void)context;
    if (node == HOLDERS_NOBODY || holders_flags()[node] & (HOLDERS_SEEN | HOLDERS_FREED))
        return 0;
    if (mark == HOLDERS_SEEN && holders_flags()[node] & HOLDERS_TARGET)
        return 0;
    holders_flags()[node] |= mark;
    holders_groups()[node] = group;
    push(node);
    return 0;
}

static bool again_next(void)
{
    if (taken >= queued)
        return false;
    uint32_t node = ((uint32_t *)queue.at)[taken++];
    group = holders_groups()[node];
    holders_expand(node, visit_again, NULL);
    return true;
}

/* Which nodes can be reached without passing a target, and then which from targets alone: those
 * would be freed with them. */
static void find_freed(void)
{
    mark = HOLDERS_SEEN;
    group = HOLDERS_NOBODY;
    for (uint32_t i = 0; i < holders_walk.roots; i++) {
        if (!(holders_flags()[i] & HOLDERS_TARGET)) {
            holders_flags()[i] |= HOLDERS_SEEN;
            push(i);
        }
    }
    holders_each(again_next);
    mark = HOLDERS_FREED;
    for (size_t i = 0; i < holders_walk.target_count; i++) {
        uint32_t node = holders_targets()[i].node;
        if (node == HOLDERS_NOBODY || holders_flags()[node] & HOLDERS_FREED)
            continue;
        holders_flags()[node] |= HOLDERS_FREED;
        holders_groups()[node] = (uint32_t)i;
        push(node);
    }
    holders_each(again_next);
}

void holders_run(void)
{
    add_roots();
    holders_each(expand_next);
    holders_find_targets();
    holders_find_owners();
    if (holders_walk.question_count == 1)
        find_freed();
}
