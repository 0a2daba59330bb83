#define Py_BUILD_CORE 1
#include "config.h"
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030d0000
#include <internal/pycore_code.h>
#include <internal/pycore_frame.h>
#endif

#include "worker/locals.h"

#include <stdbool.h>

/* Of a module or a class body, and from 3.13 on of all. A metaclass may have a class body fill a
 * mapping of its own, whose methods would be code of the program. */
static PyObject *copy_names(PyFrameObject *frame, bool may_be_foreign)
{
    PyObject *names = PyObject_GetAttrString((PyObject *)frame, "f_locals");
    PyObject *copy = names ? PyDict_New() : NULL;
    bool is_foreign = names && may_be_foreign && !PyDict_CheckExact(names);
    if (copy && !is_foreign && PyDict_Update(copy, names) < 0)
        Py_CLEAR(copy);
    Py_XDECREF(names);
    return copy;
}

static bool is_function(PyFrameObject *frame)
{
    PyCodeObject *code = PyFrame_GetCode(frame);
    bool is_optimized = (code->co_flags & CO_OPTIMIZED) != 0;
    Py_DECREF(code);
    return is_optimized;
}

PyObject *locals_scope(PyFrameObject *frame, bool *is_copy)
{
    *is_copy = is_function(frame);
    return *is_copy ? locals_of(frame) : PyObject_GetAttrString((PyObject *)frame, "f_locals");
}

#if PY_VERSION_HEX >= 0x030d0000

PyObject *locals_of(PyFrameObject *frame)
{
    return copy_names(frame, !is_function(frame));
}

#else

/* Nothing where the variable has no value. `value` is borrowed and may be NULL. */
static int add(PyObject *all, PyObject *name, PyObject *value, bool may_be_cell)
{
    if (value && may_be_cell && PyCell_Check(value))
        value = PyCell_GET(value);
    return value ? PyDict_SetItem(all, name, value) : 0;
}

#if PY_VERSION_HEX < 0x030b0000

static int add_all(PyObject *all, PyFrameObject *frame)
{
    PyObject *const groups[] = {frame->f_code->co_varnames, frame->f_code->co_cellvars,
                                frame->f_code->co_freevars};
    PyObject **value = frame->f_localsplus;
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++)
        for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(groups[group]); i++)
            if (add(all, PyTuple_GET_ITEM(groups[group], i), *value++, group > 0) < 0)
                return -1;
    return 0;
}

#else

static int add_all(PyObject *all, PyFrameObject *frame)
{
    const PyCodeObject *code = frame->f_frame->f_code;
    for (int i = 0; i < code->co_nlocalsplus; i++) {
        bool may_be_cell =
            (_PyLocals_GetKind(code->co_localspluskinds, i) & (CO_FAST_CELL | CO_FAST_FREE)) != 0;
        if (add(all, PyTuple_GET_ITEM(code->co_localsplusnames, i), frame->f_frame->localsplus[i],
                may_be_cell) < 0)
            return -1;
    }
    return 0;
}

#endif

PyObject *locals_of(PyFrameObject *frame)
{
    if (!is_function(frame))
        return copy_names(frame, true);
    PyObject *all = PyDict_New();
    if (all && add_all(all, frame) < 0)
        Py_CLEAR(all);
    return all;
}

#endif
