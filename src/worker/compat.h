/*
 * What the supported Pythons, 3.9 to 3.13, spell differently. The worker's sources use the newest
 * spelling; here it is made of what an older Python has. What needs more than a spelling has a file
 * of its own: events_*.c, qualname.c.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_COMPAT_H
#define WORKER_COMPAT_H

#include <Python.h>

/* 3.12 gave these names without an underscore, and deprecates the old ones. */
#if PY_VERSION_HEX < 0x030c0000
#define PyUnstable_Eval_RequestCodeExtraIndex _PyEval_RequestCodeExtraIndex
#define PyUnstable_Code_GetExtra              _PyCode_GetExtra
#define PyUnstable_Code_SetExtra              _PyCode_SetExtra
#endif

/* 3.10 added it: PyModule_AddObject steals the reference, but only where it succeeds. */
#if PY_VERSION_HEX < 0x030a0000
static inline int PyModule_AddObjectRef(PyObject *module, const char *name, PyObject *value)
{
    Py_INCREF(value);
    int result = PyModule_AddObject(module, name, value);
    if (result < 0)
        Py_DECREF(value);
    return result;
}
#endif

/* code.co_lines(), an iterable of (start, end, line or None), which came with 3.10. In 3.9 the
 * lines are those of co_lnotab: pairs of bytes, how far the code goes on (unsigned) and by how many
 * lines (signed). A new reference, or NULL with an exception. */
static inline PyObject *compat_lines(PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030a0000
    return PyObject_CallMethod((PyObject *)code, "co_lines", NULL);
#else
    char *table;
    Py_ssize_t len;
    if (PyBytes_AsStringAndSize(code->co_lnotab, &table, &len) < 0)
        return NULL;
    PyObject *lines = PyList_New(0);
    int start = 0, line = code->co_firstlineno;
    for (Py_ssize_t i = 0; lines && i <= len; i += 2) {
        int end = i < len ? start + (unsigned char)table[i] : (int)PyBytes_Size(code->co_code);
        PyObject *entry = end == start ? NULL : Py_BuildValue("(iii)", start, end, line);
        if (end != start && (!entry || PyList_Append(lines, entry) < 0))
            Py_CLEAR(lines);
        Py_XDECREF(entry);
        start = end;
        line += i < len ? (signed char)table[i + 1] : 0;
    }
    return lines;
#endif
}

/* The lines on which parts of the code end: an iterable of tuples, whose item COMPAT_END is such a
 * line or None. From 3.11 it is co_positions(). Before, a Python kept only the lines on which
 * things begin; so lines that hold nothing but the end of a last statement (a closing bracket, the
 * rest of a string in triple quotes) are missed. A new reference, or NULL with an exception. */
#if PY_VERSION_HEX >= 0x030b0000
enum { COMPAT_END = 1 }; /* of (line, end line, column, end column) */
#else
enum { COMPAT_END = 2 }; /* of (start, end, line) */
#endif
static inline PyObject *compat_ends(PyCodeObject *code)
{
#if PY_VERSION_HEX >= 0x030b0000
    return PyObject_CallMethod((PyObject *)code, "co_positions", NULL);
#else
    return compat_lines(code);
#endif
}

#endif
