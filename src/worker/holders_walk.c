/*
 * The walk. Breadth first, so that what led to an object first is the shortest chain to it; what is
 * a part of an object to who writes Python (its __dict__, a function's cells) is looked at together
 * with it, so that it makes no chain longer, and a chain is the same on every Python.
 *
 * Before a new level begins all that was met gets its node, so that the order by levels is strict.
 *
 * A type's tp_traverse is code of the program's extensions, and memory may be gone: where reading
 * fails the object is left out, and the walk goes on behind it.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_meet.h"

#include <string.h>

enum { AHEAD = 8, SPARE = 1 << 16, FREE_BYTES_MAX = 64 };

/* ---- breadth first ---- */

static void fetch_ahead(void)
{
    uint32_t soon = holders_front.expanded + AHEAD / 2;
    if (holders_front.expanded + AHEAD < holders_front.level_end)
        __builtin_prefetch((const void *)holders_nodes()[holders_front.expanded + AHEAD]);
    if (soon >= holders_front.level_end ||
        holders_flags()[soon] & (HOLDERS_EXPANDED | HOLDERS_KIND_BITS))
        return;
    const PyObject *object = holders_object(soon);
    if (object->ob_type == &PyDict_Type)
        __builtin_prefetch(((const PyDictObject *)object)->ma_keys);
    else if (object->ob_type == &PyList_Type)
        __builtin_prefetch(((const PyListObject *)object)->ob_item);
}

/* What a store with a limit holds is asked for at last: where something else holds it as well, that
 * is what keeps it. In the first part alone, which finds the ways. */
static bool put_off(uint32_t node)
{
    if (holders_front.is_behind || holders_kind(node) != HOLDERS_OBJECT)
        return false;
    const struct holders_class *class = holders_class(Py_TYPE(holders_object(node)));
    if (!class || !(class->traits & HOLDERS_STORE) || holders_limit(holders_object(node)).most < 0)
        return false;
    size_t bytes = ((size_t)holders_front.store_count + 1) * sizeof(uint32_t);
    if (!holders_grow(&holders_front.stores, bytes))
        return false;
    ((uint32_t *)holders_front.stores.at)[holders_front.store_count++] = node;
    return true;
}

static bool expand_store(void)
{
    if (holders_front.is_behind || holders_front.stores_taken == holders_front.store_count)
        return false;
    holders_expand(((uint32_t *)holders_front.stores.at)[holders_front.stores_taken++]);
    return true;
}

static bool expand_next(void)
{
    struct holders_walk *walk = &holders_walk;
    if (walk->is_late)
        return false;
    if (holders_front.parts_taken < holders_front.part_count) {
        uint32_t node = ((uint32_t *)holders_front.parts.at)[holders_front.parts_taken++];
        if (holders_front.parts_taken == holders_front.part_count)
            holders_front.parts_taken = holders_front.part_count = 0;
        holders_expand(node);
        return true;
    }
    if (holders_front.expanded < holders_front.level_end) {
        uint32_t node = holders_front.expanded++;
        if (holders_flags()[node] & HOLDERS_EXPANDED)
            return true;
        holders_flags()[node] |= HOLDERS_EXPANDED;
        fetch_ahead();
        if (!put_off(node))
            holders_expand(node);
        return true;
    }
    if (holders_front.count) {
        holders_settle(holders_front.count);
        return true;
    }
    holders_front.level_end = walk->count;
    return holders_front.expanded < holders_front.level_end || expand_store();
}

static void add_root(PyObject *object, enum holders_kind kind)
{
    uintptr_t address = (uintptr_t)object;
    holders_front.current = HOLDERS_NOBODY;
    if (!object)
        return;
    holders_meet(address, kind);
    holders_settle(holders_front.count);
}

static int visit_root(PyObject *object, void *context)
{
    (void)context;
    add_root(object, HOLDERS_OBJECT);
    return 0;
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

/* Where to go on when a root could not be read. */
static struct {
    int rank;            /* of modules */
    Py_ssize_t position; /* in sys.modules */
    size_t thread, state;
    const struct holders_frame *frame;
    bool has_frame; /* the thread's are being looked at */
} next;

static bool add_next_module(void)
{
    PyObject *key, *module;
    if (next.rank > 2)
        return false;
    if (!PyDict_Next(holders_walk.modules, &next.position, &key, &module)) {
        next.position = 0;
        next.rank++;
    } else if (rank_of(module) == next.rank) {
        add_root(module, HOLDERS_OBJECT);
    }
    return true;
}

static bool add_next_frame(void)
{
    const struct holders_walk *walk = &holders_walk;
    if (!next.has_frame && next.thread == walk->thread_count)
        return false;
    if (!next.has_frame)
        next.frame = holders_top(walk->threads[next.thread++].state);
    union {
        const struct holders_frame *in;
        PyObject *out;
    } frame = {.in = next.frame};
    next.has_frame = false; /* of those behind one that cannot be read nothing is known */
    if (!frame.in)
        return true;
    next.frame = holders_outer(frame.in);
    next.has_frame = true;
    if (holders_code(frame.in))
        add_root(frame.out, HOLDERS_FRAME);
    return true;
}

static bool add_next_state(void)
{
    const struct holders_walk *walk = &holders_walk;
    if (next.state == walk->thread_count)
        return false;
    holders_visit_thread(walk->threads[next.state++].state, visit_root, NULL);
    return true;
}

static bool add_builtins(void)
{
    add_root(holders_walk.builtins, HOLDERS_OBJECT);
    return false;
}

/* ---- the second part ---- */

enum { SOURCE = HOLDERS_SOURCE | HOLDERS_EXPANDED }; /* not looked at, until it has settled */

static void begin_behind(void)
{
    struct holders_walk *walk = &holders_walk;
    const struct holders_met *reached = holders_front.reached.at;
    holders_front.count = holders_front.part_count = holders_front.parts_taken = 0;
    holders_front.is_behind = true;
    holders_front.expanded = walk->behind = walk->count;
    for (uint32_t i = 0; i < holders_front.reached_count; i++) {
        uint32_t node =
            holders_add_behind(reached[i].address, reached[i].kind | SOURCE, reached[i].parent);
        if (node != HOLDERS_NOBODY)
            holders_wait(reached[i].address, node, reached[i].kind);
    }
    holders_settle(holders_front.count);
}

static size_t looked_at; /* targets */

/* Targets that nothing has led to and that are objects all the same: what holds them is no Python's
 * object, or does not show them to the collector. */
static bool add_rest(void)
{
    if (looked_at == holders_walk.target_count)
        return false;
    const struct holders_target *target = &holders_targets()[looked_at++];
    if (target->node != HOLDERS_NOBODY && !target->is_owned)
        return true;
    PyObject *object = holders_object_in(target->block, holders_bytes(target->block));
    struct holders_word *word = object ? holders_word((uintptr_t)object) : NULL;
    if (!word || word->met & holders_bit((uintptr_t)object))
        return true;
    word->met |= holders_bit((uintptr_t)object);
    unsigned flags = HOLDERS_OBJECT | SOURCE | (target->is_owned ? 0 : HOLDERS_LOST);
    uint32_t node = holders_add_behind((uintptr_t)object, flags, target->node);
    if (node != HOLDERS_NOBODY)
        holders_wait((uintptr_t)object, node, HOLDERS_OBJECT);
    return true;
}

static bool find_free(void)
{
    if (looked_at == holders_walk.target_count)
        return false;
    struct holders_target *target = &holders_targets()[looked_at++];
    uint64_t bytes = holders_bytes(target->block);
    target->is_free = target->node == HOLDERS_NOBODY && bytes <= FREE_BYTES_MAX &&
                      bytes >= sizeof(uintptr_t) && *(const uintptr_t *)target->block == 0;
    return true;
}

void holders_run(void)
{
    struct holders_walk *walk = &holders_walk;
    holders_find_targets();
    if (!walk->target_count)
        return;
    holders_reserve(&walk->nodes, (walk->blocks + SPARE) * sizeof(uintptr_t));
    holders_reserve(&walk->parents, (walk->blocks + SPARE) * sizeof(uint32_t));
    holders_reserve(&walk->flags, walk->blocks + SPARE);
    holders_each(add_next_module);
    holders_each(add_next_frame);
    holders_each(add_next_state);
    holders_each(add_builtins);
    holders_each(expand_next);
    begin_behind();
    holders_each(expand_next);
    if (!walk->is_late)
        holders_each(add_rest);
    holders_front.level_end = walk->count;
    holders_each(expand_next);
    looked_at = 0;
    holders_each(find_free);
}
