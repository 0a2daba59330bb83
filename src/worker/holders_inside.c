/*
 * What the standard library's C modules and numpy hold within their objects. Where a member is lies
 * in no header: words were looked up on each Python, 3.9 to 3.13, and are held against it by the
 * table of tests/worker/test_holders.py. Each is compared with what is held before it is named.
 */
#define Py_BUILD_CORE 1
#include "config.h"
#include <Python.h>
#include <internal/pycore_context.h>
#include <internal/pycore_interp.h>

#include "worker/holders_link.h"

#include <string.h>

bool holders_is_kind(const PyTypeObject *type, const char *name)
{
    for (; type; type = type->tp_base)
        if (strcmp(type->tp_name, name) == 0)
            return true;
    return false;
}

/* ---- functools.lru_cache ---- */

/* An entry of one with a limit, and the words of the wrapper, which begins as an entry does. */
enum {
    ENTRY_NEXT = 3,
    ENTRY_KEY = 5,
    ENTRY_RESULT = 6,
    LRU_DICT = 9,
    LRU_FUNCTION = 11,
    LRU_LIMIT = 12,
};

static PyObject *key_of_result(PyObject *wrapper, PyObject *dict, const PyObject *value)
{
    PyObject *key = holders_key(dict, value);
    PyObject *entry = key ? NULL : holders_member(wrapper, ENTRY_NEXT);
    for (Py_ssize_t i = 0; entry && entry != wrapper && i < PyDict_Size(dict); i++) {
        if (holders_member(entry, ENTRY_RESULT) == value)
            return holders_member(entry, ENTRY_KEY);
        entry = holders_member(entry, ENTRY_NEXT);
    }
    return key;
}

static bool is_key(PyObject *dict, const PyObject *value)
{
    PyObject *key, *found;
    Py_ssize_t at = 0;
    while (PyDict_Next(dict, &at, &key, &found))
        if (key == value)
            return true;
    return false;
}

static struct holders_limit lru_limit(PyObject *wrapper)
{
    PyObject *dict = holders_member(wrapper, LRU_DICT);
    return (struct holders_limit){
        .most = (Py_ssize_t)(intptr_t)holders_member(wrapper, LRU_LIMIT),
        .count = dict && PyDict_CheckExact(dict) ? PyDict_Size(dict) : 0,
    };
}

struct holders_limit holders_limit(PyObject *object)
{
    if (holders_is_kind(Py_TYPE(object), "functools._lru_cache_wrapper"))
        return lru_limit(object);
    if (holders_is_kind(Py_TYPE(object), "collections.deque"))
        return holders_deque_limit(object);
    return (struct holders_limit){-1, 0};
}

struct holders_limit holders_put_limit(struct holders_text *note, PyObject *object)
{
    bool is_lru = holders_is_kind(Py_TYPE(object), "functools._lru_cache_wrapper");
    struct holders_limit limit = holders_limit(object);
    if (!is_lru && !holders_is_kind(Py_TYPE(object), "collections.deque"))
        return limit;
    holders_put(note, is_lru ? "lru_cache(maxsize=" : "deque(maxlen=");
    holders_put(note, limit.most >= 0 ? "%zd), " : "None), ", limit.most);
    holders_put(note, "%zd in it", limit.count);
    return limit;
}

static enum holders_said put_lru_cache(struct holders_text *text, struct holders_link *link)
{
    PyObject *dict = holders_member(link->object, LRU_DICT);
    if (link->child == holders_member(link->object, LRU_FUNCTION)) {
        holders_put(text, ".__wrapped__");
        return HOLDERS_NAME;
    }
    if (!dict || !PyDict_CheckExact(dict))
        return HOLDERS_NOTHING;
    PyObject *key = key_of_result(link->object, dict, link->value);
    if (!key && !is_key(dict, link->value))
        return HOLDERS_NOTHING;
    if (key) {
        holders_put(text, "() cache[");
        holders_put_value(text, key);
        holders_put(text, "]");
    } else
        holders_put(text, "() cache.keys()");
    link->limit = holders_put_limit(link->note, link->object);
    return HOLDERS_ITEM;
}

/* ---- contextvars ---- */

struct next_key {
    const PyObject *value;
    PyObject *key;
    bool is_next;
};

static int find_key(PyObject *object, void *context)
{
    struct next_key *next = context;
    if (next->is_next) {
        next->key = object;
        return 1;
    }
    next->is_next = object == next->value;
    return 0;
}

/* The nodes of a context's tree show a value, and its key behind it. */
static enum holders_said put_variable(struct holders_text *text, struct holders_link *link)
{
    struct next_key next = {.value = link->value};
    if (link->last == link->object)
        return HOLDERS_NOTHING;
    Py_TYPE(link->last)->tp_traverse(link->last, find_key, &next);
    if (!next.key || !PyContextVar_CheckExact(next.key))
        return HOLDERS_NOTHING;
    holders_put(text, "[ContextVar(");
    holders_put_value(text, ((PyContextVar *)next.key)->var_name);
    holders_put(text, ")]");
    return HOLDERS_ITEM;
}

/* ---- asyncio ---- */

#if PY_VERSION_HEX >= 0x030a0000
enum { FUTURE_RESULT = 8 };
#else
enum { FUTURE_RESULT = 7 };
#endif

static enum holders_said put_future(struct holders_text *text, struct holders_link *link)
{
    static const struct {
        size_t word;
        const char *name;
        enum holders_said said;
    } members[] = {{2, "._loop", HOLDERS_NAME},
                   {3, "._callbacks", HOLDERS_ITEM}, /* the only one, */
                   {4, "._callbacks", HOLDERS_ITEM}, /* and its context */
                   {5, "._callbacks", HOLDERS_NAME},
                   {6, "._exception", HOLDERS_NAME},
                   {FUTURE_RESULT, "._result", HOLDERS_NAME}};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        if (holders_member(link->object, members[i].word) == link->child) {
            holders_put(text, "%s", members[i].name);
            return members[i].said;
        }
    }
    return HOLDERS_NOTHING;
}

/* ---- numpy ---- */

enum {
    ARRAY_DATA = 2,
    ARRAY_DIMENSIONS = 3,
    ARRAY_SHAPE = 4,
    ARRAY_STRIDES = 5,
    ARRAY_BASE = 6,
    ARRAY_TYPE = 7,
    TYPE_KIND = 24, /* a byte: 'O' of objects */
    DIMENSIONS = 64,
};

/* The items of an array of objects that lie without gaps and are its own; how many, else 0. */
static size_t array_items(PyObject *array, PyObject *const **items)
{
    const Py_ssize_t *shape = (Py_ssize_t *)holders_member(array, ARRAY_SHAPE);
    const Py_ssize_t *strides = (Py_ssize_t *)holders_member(array, ARRAY_STRIDES);
    const char *type = (const char *)holders_member(array, ARRAY_TYPE);
    int dimensions = (int)(intptr_t)holders_member(array, ARRAY_DIMENSIONS);
    size_t count = 1;
    if (!type || type[TYPE_KIND] != 'O' || dimensions < 1 || dimensions > DIMENSIONS ||
        holders_member(array, ARRAY_BASE))
        return 0;
    for (int i = dimensions; i-- > 0; count *= (size_t)shape[i])
        if (shape[i] < 0 ||
            (shape[i] > 1 && strides[i] != (Py_ssize_t)(count * sizeof(PyObject *))))
            return 0;
    *items = (PyObject **)holders_member(array, ARRAY_DATA);
    return *items ? count : 0;
}

static void visit_array(PyObject *array, visitproc visit, void *context)
{
    PyObject *const *items;
    size_t count = array_items(array, &items);
    for (size_t i = 0; i < count; i++)
        if (items[i])
            visit(items[i], context);
}

/* Of several dimensions the place is not told. */
static enum holders_said put_array_item(struct holders_text *text, struct holders_link *link)
{
    PyObject *const *items;
    size_t count = array_items(link->object, &items);
    for (size_t i = 0; i < count; i++) {
        if (items[i] != link->value)
            continue;
        if ((int)(intptr_t)holders_member(link->object, ARRAY_DIMENSIONS) == 1)
            holders_put(text, "[%zu]", i);
        else
            holders_put(text, "[…]");
        return HOLDERS_ITEM;
    }
    return HOLDERS_NOTHING;
}

static enum holders_said put_array(struct holders_text *text, struct holders_link *link)
{
    if (link->child != holders_member(link->object, ARRAY_BASE))
        return put_array_item(text, link);
    holders_put(text, ".base");
    return HOLDERS_NAME;
}

/* ---- atexit ---- */

struct callback {
    PyObject *func, *args, *kwargs;
};

/* Of the module, which has been seen to be it; how many, some of which may be NULL. */
static size_t callbacks_of(PyObject *module, struct callback ***callbacks)
{
#if PY_VERSION_HEX >= 0x030a0000
    const struct atexit_state *state = &PyInterpreterState_Main()->atexit;
    (void)module;
    *callbacks = (struct callback **)state->callbacks;
    return state->callbacks && state->ncallbacks > 0 ? (size_t)state->ncallbacks : 0;
#else
    const struct {
        struct callback **callbacks;
        int count;
    } *state = PyModule_GetState(module);
    *callbacks = state ? state->callbacks : NULL;
    return *callbacks && state->count > 0 ? (size_t)state->count : 0;
#endif
}

static bool is_atexit(PyObject *object)
{
    const PyModuleDef *def = PyModule_Check(object) ? PyModule_GetDef(object) : NULL;
    return def && strcmp(def->m_name, "atexit") == 0;
}

bool holders_is_view(PyObject *object)
{
    const PyTypeObject *type = Py_TYPE(object);
    return type == &PyMemoryView_Type || strcmp(type->tp_name, "managedbuffer") == 0 ||
           (holders_is_array(type) && holders_member(object, ARRAY_BASE));
}

enum { DEQUE_FIRST = 3, DEQUE_LAST = 4, NEXT_BLOCK = 65 };

uintptr_t holders_next_block(PyObject *object, uintptr_t block)
{
    if (!holders_is_kind(Py_TYPE(object), "collections.deque"))
        return 0;
    if (!block)
        return (uintptr_t)holders_member(object, DEQUE_FIRST);
    bool is_last = block == (uintptr_t)holders_member(object, DEQUE_LAST);
    return is_last ? 0 : ((const uintptr_t *)block)[NEXT_BLOCK];
}

void holders_visit_inside(PyObject *object, visitproc visit, void *context)
{
    struct callback **callbacks;
    size_t count = is_atexit(object) ? callbacks_of(object, &callbacks) : 0;
    if (holders_is_array(Py_TYPE(object)))
        visit_array(object, visit, context);
    for (size_t i = 0; i < count; i++) {
        PyObject *const held[] = {callbacks[i] ? callbacks[i]->func : NULL,
                                  callbacks[i] ? callbacks[i]->args : NULL,
                                  callbacks[i] ? callbacks[i]->kwargs : NULL};
        for (size_t part = 0; part < sizeof held / sizeof held[0]; part++)
            if (held[part])
                visit(held[part], context);
    }
}

static enum holders_said put_callback(struct holders_text *text, struct holders_link *link)
{
    struct callback **callbacks;
    size_t count = callbacks_of(link->object, &callbacks);
    for (size_t i = 0; i < count; i++) {
        const struct callback *callback = callbacks[i];
        if (!callback || (link->child != callback->func && link->child != callback->args &&
                          link->child != callback->kwargs))
            continue;
        holders_put(text, " callback");
        if (link->child == callback->func)
            return HOLDERS_ITEM;
        holders_put(text, " ");
        holders_put_object(text, callback->func);
        holders_put(text, link->child == callback->args ? "() args" : "() kwargs");
        return HOLDERS_NAME;
    }
    return HOLDERS_NOTHING;
}

/* ---- all ---- */

static enum holders_said put_proxied(struct holders_text *text, struct holders_link *link)
{
    struct holders_link proxied = *link;
    if (!link->under || !PyDict_CheckExact(link->child))
        return HOLDERS_NOTHING;
    proxied.object = link->child;
    proxied.child = link->under;
    return holders_put_item(text, &proxied);
}

static enum holders_said put_buffer_owner(struct holders_text *text)
{
    holders_put(text, ".obj");
    return HOLDERS_NAME;
}

enum holders_said holders_put_inside(struct holders_text *text, struct holders_link *link)
{
    const PyTypeObject *type = Py_TYPE(link->object);
    if (type == &PyContext_Type)
        return put_variable(text, link);
    if (type == &PyDictProxy_Type)
        return put_proxied(text, link);
    if (type == &PyMemoryView_Type && link->under)
        return put_buffer_owner(text);
    if (is_atexit(link->object))
        return put_callback(text, link);
    if (holders_is_kind(type, "functools._lru_cache_wrapper"))
        return put_lru_cache(text, link);
    if (holders_is_kind(type, "_thread._local") &&
        holders_put_named(text, ".", holders_key(link->last, link->value)))
        return HOLDERS_NAME;
    if (holders_is_kind(type, "_asyncio.Future") || holders_is_kind(type, "_asyncio.Task"))
        return put_future(text, link);
    if (holders_is_array(type))
        return put_array(text, link);
    return HOLDERS_NOTHING;
}
