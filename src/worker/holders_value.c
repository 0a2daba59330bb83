/*
 * Values and types as a programmer would write them. Whatever the program has named or keyed with
 * is made one line of UTF-8 without controls; no repr() runs, so a value of a class of the
 * program's is its class alone.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_CHARS = 24, NAME_CHARS = 60, TUPLE_ITEMS = 4, DEPTH = 3 };

/* ---- characters ---- */

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

/* A character whole or not at all. */
static void put_utf8(struct holders_text *text, Py_UCS4 c)
{
    unsigned char bytes[4];
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xc0, 0xe0, 0xf0};
    if (text->size - text->len <= len)
        return;
    for (size_t i = len; i-- > 1; c >>= 6)
        bytes[i] = (unsigned char)(0x80 | (c & 63));
    bytes[0] = (unsigned char)(first[len < 2 ? 0 : len] | c);
    memcpy(text->at + text->len, bytes, len);
    text->len += len;
    text->at[text->len] = '\0';
}

/* `quote`: what is escaped with the backslash; 0: nothing, as of a name. */
static void put_char(struct holders_text *text, Py_UCS4 c, char quote)
{
    static const char controls[] = "\t\n\r", letters[] = "tnr";
    const char *control = c && c < 0x80 ? strchr(controls, (int)c) : NULL;
    if (control)
        holders_put(text, "\\%c", letters[control - controls]);
    else if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xa0))
        holders_put(text, "\\x%02x", (unsigned)c);
    else if ((c >= 0xd800 && c < 0xe000) || c == 0x2028 || c == 0x2029)
        holders_put(text, "\\u%04x", (unsigned)c);
    else {
        if (quote && (c == (Py_UCS4)quote || c == '\\'))
            holders_put(text, "\\");
        put_utf8(text, c);
    }
}

static void put_chars(struct holders_text *text, PyObject *string, size_t limit, char quote)
{
    if (!string || !PyUnicode_Check(string))
        return;
    const PyASCIIObject *head = (PyASCIIObject *)string;
    const void *data = head + 1;
    size_t len = (size_t)head->length;
    if (!head->state.compact) /* of a class that inherits from str */
        data = ((PyUnicodeObject *)string)->data.any;
    else if (!head->state.ascii)
        data = (PyCompactUnicodeObject *)string + 1;
    for (size_t i = 0; data && i < len && i < limit; i++)
        put_char(text, PyUnicode_READ(head->state.kind, data, (Py_ssize_t)i), quote);
    if (len > limit)
        holders_put(text, "…");
}

void holders_put_str(struct holders_text *text, PyObject *string, size_t limit)
{
    put_chars(text, string, limit, 0);
}

bool holders_put_named(struct holders_text *text, const char *before, PyObject *name)
{
    if (!name || !PyUnicode_Check(name))
        return false;
    holders_put(text, "%s", before);
    holders_put_str(text, name, NAME_CHARS);
    return true;
}

/* ---- types ---- */

/* The type that the program knows, where pymemtop has put one of its own into its place. */
static const PyTypeObject *known(const PyTypeObject *type)
{
    PyObject *module = NULL;
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        module = holders_entry(type->tp_dict, "__module__");
    bool is_glue = module && PyUnicode_Check(module) && PyUnicode_IS_COMPACT_ASCII(module) &&
                   strncmp((const char *)PyUnicode_1BYTE_DATA(module), "_pymemtop", 9) == 0;
    return is_glue && type->tp_base && type->tp_base != &PyBaseObject_Type ? type->tp_base : type;
}

/* A name that is the same on every Python. */
static const char *name_of(const PyTypeObject *type)
{
    const struct {
        const PyTypeObject *type;
        const char *name;
    } names[] = {{&_PyWeakref_RefType, "weakref.ref"},
                 {&_PyWeakref_ProxyType, "weakref.ProxyType"},
                 {&_PyWeakref_CallableProxyType, "weakref.CallableProxyType"},
                 {&PyContext_Type, "contextvars.Context"},
                 {&PyContextVar_Type, "contextvars.ContextVar"},
                 {&PyContextToken_Type, "contextvars.Token"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].type == type)
            return names[i].name;
    return type->tp_name;
}

void holders_put_type(struct holders_text *text, const PyTypeObject *type)
{
    type = known(type);
    const char *name = name_of(type), *dot = strrchr(name, '.');
    if (type->tp_flags & Py_TPFLAGS_HEAPTYPE)
        holders_put_str(text, ((const PyHeapTypeObject *)type)->ht_name, NAME_CHARS);
    else
        holders_put(text, "%s", dot ? dot + 1 : name);
}

void holders_put_module(struct holders_text *text, PyObject *name)
{
    struct holders_text whole = {.at = text->at + text->len, .size = text->size - text->len};
    holders_put_str(&whole, name, 2 * (size_t)NAME_CHARS);
    /* The package that the functions host makes for folders without one. */
    size_t skip = strncmp(whole.at, "__app__.", 8) == 0 ? 8 : 0;
    memmove(whole.at, whole.at + skip, whole.len - skip + 1);
    text->len += whole.len - skip;
}

void holders_put_whole_type(struct holders_text *text, const PyTypeObject *type)
{
    type = known(type);
    if (!(type->tp_flags & Py_TPFLAGS_HEAPTYPE)) {
        holders_put(text, "%s", name_of(type));
        return;
    }
    PyObject *module = holders_entry(type->tp_dict, "__module__");
    if (module && PyUnicode_Check(module) && !holders_is_ascii(module, "builtins")) {
        holders_put_module(text, module);
        holders_put(text, ".");
    }
    holders_put_str(text, ((const PyHeapTypeObject *)type)->ht_qualname, NAME_CHARS);
}

/* ---- values ---- */

static void put_bytes(struct holders_text *text, PyObject *bytes)
{
    Py_ssize_t len = PyBytes_GET_SIZE(bytes);
    holders_put(text, "b'");
    for (Py_ssize_t i = 0; i < len && i < KEY_CHARS; i++) {
        unsigned char c = (unsigned char)PyBytes_AS_STRING(bytes)[i];
        if (c < 0x80)
            put_char(text, c, '\'');
        else
            holders_put(text, "\\x%02x", c);
    }
    holders_put(text, len > KEY_CHARS ? "…'" : "'");
}

/* With as few digits as say which number it is. */
static void put_float(struct holders_text *text, double number)
{
    char digits[40];
    for (int precision = 1; precision <= 17; precision++) {
        snprintf(digits, sizeof digits, "%.*g", precision, number);
        if (strtod(digits, NULL) == number)
            break;
    }
    holders_put(text, "%s%s", digits, strspn(digits, "-0123456789") == strlen(digits) ? ".0" : "");
}

/* Color.RED */
static bool put_enum_member(struct holders_text *text, PyObject *value)
{
    const char *kind = Py_TYPE(Py_TYPE(value))->tp_name;
    bool is_member = strcmp(kind, "EnumMeta") == 0 || strcmp(kind, "EnumType") == 0;
    PyObject *name = is_member ? holders_attribute(value, "_name_") : NULL;
    if (!name)
        return false;
    holders_put_type(text, Py_TYPE(value));
    return holders_put_named(text, ".", name);
}

static void put_value(struct holders_text *text, PyObject *value, unsigned depth);

static void put_tuple(struct holders_text *text, PyObject *tuple, unsigned depth)
{
    Py_ssize_t size = PyTuple_GET_SIZE(tuple);
    holders_put(text, "(");
    for (Py_ssize_t i = 0; i < size && i < TUPLE_ITEMS; i++) {
        holders_put(text, i ? ", " : "");
        put_value(text, PyTuple_GET_ITEM(tuple, i), depth + 1);
    }
    holders_put(text, size > TUPLE_ITEMS ? ", …)" : size == 1 ? ",)" : ")");
}

static void put_quoted(struct holders_text *text, PyObject *string)
{
    holders_put(text, "'");
    put_chars(text, string, KEY_CHARS, '\'');
    holders_put(text, "'");
}

/* By its type; of what has a value that says more, with that: Name('x'), ref(<Session>). */
static void put_other(struct holders_text *text, PyObject *value)
{
    bool is_ref = PyWeakref_CheckRef(value);
    if (put_enum_member(text, value))
        return;
    if (!is_ref && !PyUnicode_Check(value)) {
        holders_put(text, "<");
        holders_put_type(text, Py_TYPE(value));
        holders_put(text, ">");
        return;
    }
    holders_put_type(text, Py_TYPE(value));
    holders_put(text, "(");
    if (!is_ref)
        put_quoted(text, value);
    else
        put_value(text, ((PyWeakReference *)value)->wr_object, DEPTH);
    holders_put(text, ")");
}

static void put_value(struct holders_text *text, PyObject *value, unsigned depth)
{
    int overflow = 0;
    if (PyUnicode_CheckExact(value)) {
        put_quoted(text, value);
    } else if (PyBytes_CheckExact(value)) {
        put_bytes(text, value);
    } else if (value == Py_None || value == Py_True || value == Py_False) {
        holders_put(text, value == Py_None ? "None" : value == Py_True ? "True" : "False");
    } else if (PyLong_CheckExact(value)) {
        long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
        holders_put(text, overflow ? "<int>" : "%lld", number);
    } else if (PyFloat_CheckExact(value)) {
        put_float(text, PyFloat_AS_DOUBLE(value));
    } else if (PyTuple_CheckExact(value) && depth < DEPTH) {
        put_tuple(text, value, depth);
    } else if (PyType_Check(value)) {
        holders_put_type(text, (PyTypeObject *)value);
    } else {
        put_other(text, value);
    }
}

void holders_put_value(struct holders_text *text, PyObject *value)
{
    put_value(text, value, 0);
}
