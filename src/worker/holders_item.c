/*
 * Items: dict['key'], list[3], Row.body, {…} of a set. Where a container is looked through item by
 * item that is done for a chain that is told, of which there are few.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_link.h"

#include <string.h>

enum { DEQUE_MAXLEN = 8 }; /* its word */

/* ---- dicts ---- */

static enum holders_said put_key(struct holders_text *text, PyObject *dict, const PyObject *value)
{
    PyObject *key = holders_key(dict, value), *found;
    Py_ssize_t at = 0;
    if (key) {
        holders_put(text, "[");
        holders_put_value(text, key);
        holders_put(text, "]");
        return HOLDERS_ITEM;
    }
    while (PyDict_Next(dict, &at, &key, &found)) {
        if (key == value) {
            holders_put(text, ".keys()");
            return HOLDERS_ITEM;
        }
    }
    return HOLDERS_NOTHING;
}

/* ---- lists and tuples ---- */

static enum holders_said put_index(struct holders_text *text, Py_ssize_t index)
{
    if (index < 0)
        return HOLDERS_NOTHING;
    holders_put(text, "[%zd]", index);
    return HOLDERS_ITEM;
}

static Py_ssize_t index_in(PyObject *const *items, Py_ssize_t count, const PyObject *value)
{
    for (Py_ssize_t i = 0; items && i < count; i++)
        if (items[i] == value)
            return i;
    return -1;
}

/* A namedtuple's classes have the names of their items. */
static PyObject *field_name(const PyTypeObject *type, Py_ssize_t index)
{
    PyObject *fields = NULL;
    for (; type && type != &PyTuple_Type && !fields; type = type->tp_base)
        fields = holders_entry(type->tp_dict, "_fields");
    return fields && PyTuple_Check(fields) && index >= 0 && index < PyTuple_GET_SIZE(fields)
               ? PyTuple_GET_ITEM(fields, index)
               : NULL;
}

static enum holders_said put_tuple_item(struct holders_text *text, PyObject *tuple,
                                        const PyObject *value)
{
    Py_ssize_t index = index_in(&PyTuple_GET_ITEM(tuple, 0), PyTuple_GET_SIZE(tuple), value);
    if (holders_put_named(text, ".", field_name(Py_TYPE(tuple), index)))
        return HOLDERS_NAME;
    return put_index(text, index);
}

/* ---- deques ---- */

struct counted {
    const PyObject *value;
    const PyTypeObject *type; /* that is shown before the items; NULL: none is */
    Py_ssize_t count;
};

static int count_item(PyObject *object, void *context)
{
    struct counted *counted = context;
    if (counted->type == (PyTypeObject *)object) {
        counted->type = NULL;
        return 0;
    }
    counted->type = NULL;
    if (object == counted->value)
        return 1;
    counted->count++;
    return 0;
}

struct holders_limit holders_deque_limit(PyObject *deque)
{
    return (struct holders_limit){
        .most = (Py_ssize_t)(intptr_t)holders_member(deque, DEQUE_MAXLEN),
        .count = Py_SIZE(deque),
    };
}

/* Its items are shown in their order. */
static enum holders_said put_deque_item(struct holders_text *text, struct holders_link *link)
{
    const PyTypeObject *base = Py_TYPE(link->object);
    while (strcmp(base->tp_name, "collections.deque") != 0)
        base = base->tp_base;
    struct counted counted = {.value = link->child};
    if (base->tp_flags & Py_TPFLAGS_HEAPTYPE)
        counted.type = Py_TYPE(link->object);
    if (!base->tp_traverse(link->object, count_item, &counted) ||
        counted.count >= Py_SIZE(link->object))
        return HOLDERS_NOTHING;
    link->limit = holders_put_limit(link->note, link->object);
    return put_index(text, counted.count);
}

/* ---- all ---- */

enum holders_said holders_put_item(struct holders_text *text, struct holders_link *link)
{
    PyObject *object = link->object, *child = link->child;
    if (PyDict_Check(object))
        return put_key(text, object, child);
    if (PyList_Check(object))
        return put_index(text, index_in(((PyListObject *)object)->ob_item, Py_SIZE(object), child));
    if (PyTuple_Check(object))
        return put_tuple_item(text, object, child);
    if (PyAnySet_Check(object)) {
        holders_put(text, "{…}");
        return HOLDERS_ITEM;
    }
    if (holders_is_kind(Py_TYPE(object), "collections.deque"))
        return put_deque_item(text, link);
    return HOLDERS_NOTHING;
}
