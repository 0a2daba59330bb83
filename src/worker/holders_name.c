/*
 * Chains in the words of who writes Python: app.CACHE['2f9c'] -> list[3] -> Session.history. An
 * attribute follows its object at once; behind an index the type of what is there is said.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

enum { SHOWN_LINKS = 24, KEY_CHARS = 24 };

void holders_put(struct holders_text *text, const char *format, ...)
{
    va_list arguments;
    size_t room = text->size - text->len;
    va_start(arguments, format);
    int len = vsnprintf(text->at + text->len, room, format, arguments);
    va_end(arguments);
    if (len > 0)
        text->len += (size_t)len < room ? (size_t)len : room - 1;
}

static void put_char(struct holders_text *text, Py_UCS4 c)
{
    if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0) || (c >= 0xd800 && c < 0xe000))
        holders_put(text, "\\x%02x", (unsigned)c);
    else if (c < 0x80)
        holders_put(text, "%c", (int)c);
    else if (c < 0x800)
        holders_put(text, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 63)));
    else if (c < 0x10000)
        holders_put(text, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 63)),
                    (int)(0x80 | (c & 63)));
    else
        holders_put(text, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 63)),
                    (int)(0x80 | (c >> 6 & 63)), (int)(0x80 | (c & 63)));
}

void holders_put_str(struct holders_text *text, PyObject *string, size_t limit)
{
    if (!string || !PyUnicode_Check(string) || !((PyASCIIObject *)string)->state.compact)
        return;
    size_t len = (size_t)((PyASCIIObject *)string)->length;
    for (size_t i = 0; i < len && i < limit; i++)
        put_char(text, PyUnicode_READ(((PyASCIIObject *)string)->state.kind,
                                      ((PyASCIIObject *)string)->state.ascii
                                          ? (const void *)((PyASCIIObject *)string + 1)
                                          : (const void *)((PyCompactUnicodeObject *)string + 1),
                                      (Py_ssize_t)i));
    if (len > limit)
        holders_put(text, "…");
}

void holders_put_type(struct holders_text *text, const PyTypeObject *type)
{
    const char *name = strrchr(type->tp_name, '.');
    holders_put(text, "%s", name ? name + 1 : type->tp_name);
}

static void put_bytes(struct holders_text *text, PyObject *bytes)
{
    Py_ssize_t len = PyBytes_GET_SIZE(bytes);
    holders_put(text, "b'");
    for (Py_ssize_t i = 0; i < len && i < KEY_CHARS; i++) {
        unsigned char c = (unsigned char)PyBytes_AS_STRING(bytes)[i];
        holders_put(text, c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    holders_put(text, len > KEY_CHARS ? "…'" : "'");
}

void holders_put_value(struct holders_text *text, PyObject *value)
{
    int overflow = 0;
    if (PyUnicode_CheckExact(value)) {
        holders_put(text, "'");
        holders_put_str(text, value, KEY_CHARS);
        holders_put(text, "'");
    } else if (PyBytes_CheckExact(value)) {
        put_bytes(text, value);
    } else if (value == Py_None || value == Py_True || value == Py_False) {
        holders_put(text, value == Py_None ? "None" : value == Py_True ? "True" : "False");
    } else if (PyLong_CheckExact(value)) {
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        holders_put(text, overflow ? "<int>" : "%lld", number);
    } else if (PyFloat_CheckExact(value)) {
        holders_put(text, "%g", PyFloat_AS_DOUBLE(value));
    } else {
        holders_put(text, "<");
        holders_put_type(text, Py_TYPE(value));
        holders_put(text, ">");
    }
}

/* ---- links ---- */

static PyObject *key_of(PyObject *dict, const PyObject *value)
{
    PyObject *key, *found;
    Py_ssize_t at = 0;
    while (dict && PyDict_Check(dict) && PyDict_Next(dict, &at, &key, &found))
        if (found == value)
            return key;
    return NULL;
}

static PyObject *name_at(PyObject *tuple, Py_ssize_t i)
{
    return tuple && PyTuple_Check(tuple) && i >= 0 && i < PyTuple_GET_SIZE(tuple)
               ? PyTuple_GET_ITEM(tuple, i)
               : NULL;
}

static bool put_named(struct holders_text *text, const char *before, PyObject *name)
{
    if (!name || !PyUnicode_Check(name))
        return false;
    holders_put(text, "%s", before);
    holders_put_str(text, name, 60);
    return true;
}

/* Attributes that lie in the object: slots, and members of C types. */
static bool put_member(struct holders_text *text, PyObject *object, const PyObject *value)
{
    PyObject *mro = Py_TYPE(object)->tp_mro;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        const PyMemberDef *member = ((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_members;
        for (; member && member->name; member++) {
            if ((member->type == T_OBJECT || member->type == T_OBJECT_EX) &&
                *(PyObject **)((char *)object + member->offset) == value) {
                holders_put(text, ".%s", member->name);
                return true;
            }
        }
    }
    return false;
}

static bool put_function_part(struct holders_text *text, PyObject *object, PyObject *part,
                              PyObject *value)
{
    const PyFunctionObject *function = (PyFunctionObject *)object;
    const struct {
        PyObject *names;
        PyObject *tuple;
        const char *word;
    } parts[] = {{NULL, function->func_closure, "() closure "},
                 {NULL, function->func_defaults, "() default "}};
    PyCodeObject *code = (PyCodeObject *)function->func_code;
#if PY_VERSION_HEX >= 0x030b0000
    PyObject *names = code->co_localsplusnames;
    Py_ssize_t free_at = code->co_nlocalsplus - code->co_nfreevars;
#else
    PyObject *names = code->co_varnames, *cells = code->co_freevars;
    Py_ssize_t free_at = 0;
#endif
    for (size_t p = 0; p < 2; p++) {
        PyObject *tuple = parts[p].tuple;
        if (!tuple || part != tuple)
            continue;
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(tuple); i++) {
            PyObject *item = PyTuple_GET_ITEM(tuple, i);
            if (item != value && !(PyCell_Check(item) && PyCell_GET(item) == value))
                continue;
#if PY_VERSION_HEX < 0x030b0000
            if (p == 0)
                return put_named(text, parts[p].word, name_at(cells, free_at + i));
#else
            if (p == 0)
                return put_named(text, parts[p].word, name_at(names, free_at + i));
#endif
            return put_named(text, parts[p].word,
                             name_at(names, code->co_argcount - PyTuple_GET_SIZE(tuple) + i));
        }
    }
    return put_named(text, "() default ", key_of(function->func_kwdefaults, value));
}

static bool put_index(struct holders_text *text, PyObject *object, const PyObject *value)
{
    Py_ssize_t size = PyTuple_Check(object) || PyList_Check(object) ? Py_SIZE(object) : 0;
    PyObject *const *items = PyTuple_Check(object)  ? &PyTuple_GET_ITEM(object, 0)
                             : PyList_Check(object) ? ((PyListObject *)object)->ob_item
                                                    : NULL;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (items[i] == value) {
            holders_put(text, "[%zd]", i);
            return true;
        }
    }
    return false;
}

static bool put_key(struct holders_text *text, PyObject *dict, PyObject *value)
{
    PyObject *key = key_of(dict, value), *found;
    Py_ssize_t at = 0;
    if (key) {
        holders_put(text, "[");
        holders_put_value(text, key);
        holders_put(text, "]");
        return true;
    }
    while (PyDict_Check(dict) && PyDict_Next(dict, &at, &key, &found)) {
        if (key == value) {
            holders_put(text, ".keys()");
            return true;
        }
    }
    return false;
}

/* What a link ends with: whether the next one follows at once. */
enum link { LINK_NAME, LINK_ITEM };

static enum link put_link(struct holders_text *text, PyObject *object, PyObject *part,
                          PyObject *value)
{
    const char *type = Py_TYPE(object)->tp_name;
    if (PyFunction_Check(object) && put_function_part(text, object, part, value))
        return LINK_ITEM;
    if (strcmp(type, "functools._lru_cache_wrapper") == 0) {
        holders_put(text, "() cache");
        return LINK_ITEM;
    }
    if (PyExceptionInstance_Check(object) && part && PyTraceBack_Check(part)) {
        holders_put(text, ".__traceback__");
        return LINK_NAME;
    }
    if (PyType_Check(object) &&
        put_named(text, ".", key_of(((PyTypeObject *)object)->tp_dict, value)))
        return LINK_NAME;
    if (PyModule_Check(object) && put_named(text, ".", key_of(PyModule_GetDict(object), value)))
        return LINK_NAME;
    if (put_named(text, ".", key_of(holders_dict(object), value)) ||
        put_named(text, ".", holders_inline_name(object, value)) ||
        put_member(text, object, value) ||
        (part != value && put_named(text, ".", key_of(part, value))))
        return LINK_NAME;
    if (PyAnySet_Check(object))
        holders_put(text, "{…}");
    else if (!(PyDict_Check(object) && put_key(text, object, value)) &&
             !put_index(text, object, value) && strcmp(type, "collections.deque") == 0)
        holders_put(text, "[…]");
    return LINK_ITEM;
}

/* ---- chains ---- */

static void put_frame(struct holders_text *text, const struct holders_frame *frame, PyObject *value)
{
    PyCodeObject *code = holders_code(frame);
    PyObject *name = code ? holders_local(frame, value) : NULL;
    if (code)
        holders_put_str(text, code->co_name, 60);
    holders_put(text, "()");
    put_named(text, " local ", name);
}

/* The node is a part of its parent. */
static bool is_part(uint32_t node)
{
    uint32_t parent = holders_parents()[node];
    if (parent == HOLDERS_NOBODY || holders_kind(node) != HOLDERS_OBJECT ||
        holders_kind(parent) != HOLDERS_OBJECT)
        return false;
    const struct holders_frame *frame = holders_frame_in(holders_object(node));
    if (frame) /* up to 3.10 a generator has an object for its frame */
        return holders_frame_in(holders_object(parent)) == frame;
    return holders_is_part(holders_object(parent), holders_object(node));
}

static void put_root(struct holders_text *text, PyObject *root)
{
    PyObject *name = key_of(holders_walk.modules, root);
    if (!name) {
        holders_put_type(text, Py_TYPE(root));
        return;
    }
    struct holders_text whole = {.at = text->at + text->len, .size = text->size - text->len};
    holders_put_str(&whole, name, 80);
    /* The package that the functions host makes for folders without one. */
    size_t skip = strncmp(whole.at, "__app__.", 8) == 0 ? 8 : 0;
    memmove(whole.at, whole.at + skip, whole.len - skip + 1);
    text->len += whole.len - skip;
}

bool holders_put_chain(struct holders_text *text, struct holders_text *note, uint32_t node)
{
    uint32_t path[SHOWN_LINKS], count = 0, at = node;
    size_t length = 0;
    enum link last = LINK_ITEM;
    for (; at != HOLDERS_NOBODY; at = holders_parents()[at], length++) {
        if (is_part(at) && at != node)
            continue;
        if (count < SHOWN_LINKS)
            path[count++] = at;
        else
            path[SHOWN_LINKS - 1] = at; /* the root */
    }
    for (uint32_t i = count; i-- > 0;) {
        uint32_t here = path[i], next = i ? path[i - 1] : HOLDERS_NOBODY, part = next;
        PyObject *object = holders_object(here);
        while (part != HOLDERS_NOBODY && holders_parents()[part] != here &&
               holders_parents()[part] != HOLDERS_NOBODY)
            part = holders_parents()[part];
        if (i == 0 && count > 1)
            break; /* the object itself: its chain says where it is */
        const struct holders_frame *frame =
            holders_kind(here) == HOLDERS_OBJECT ? holders_frame_in(object) : NULL;
        if (holders_kind(here) == HOLDERS_FRAME || frame) {
            if (i != count - 1)
                holders_put(text, " -> ");
            put_frame(text, frame ? frame : (const struct holders_frame *)object,
                      next == HOLDERS_NOBODY ? NULL : holders_object(next));
            last = LINK_ITEM;
            continue;
        }
        if (i == count - 1)
            put_root(text, object);
        else if (last == LINK_ITEM) {
            holders_put(text, " -> ");
            if (holders_kind(here) == HOLDERS_BLOCK)
                holders_put(text, "data");
            else if (PyFunction_Check(object))
                holders_put_str(text, ((PyFunctionObject *)object)->func_qualname, 60);
            else
                holders_put_type(text,
                                 PyType_Check(object) ? (PyTypeObject *)object : Py_TYPE(object));
        }
        if (holders_kind(here) != HOLDERS_OBJECT || next == HOLDERS_NOBODY)
            continue;
        last = put_link(text, object, part == HOLDERS_NOBODY ? NULL : holders_object(part),
                        holders_object(next));
    }
    (void)note;
    return false;
}
