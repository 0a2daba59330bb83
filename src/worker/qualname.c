#include "config.h"
#include "worker/qualname.h"

#include "worker/code.h"
#include "worker/compat.h"

#if PY_VERSION_HEX >= 0x030b0000

int qualname_open(void)
{
    return 0;
}

void qualname_pass_on(PyCodeObject *code)
{
    (void)code;
}

PyObject *qualname_of(PyCodeObject *code)
{
    return code->co_qualname;
}

#else

static Py_ssize_t extra_index = -1;

static void release_name(void *name)
{
    Py_XDECREF((PyObject *)name);
}

int qualname_open(void)
{
    extra_index = PyUnstable_Eval_RequestCodeExtraIndex(release_name);
    if (extra_index >= 0)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "no place left in code objects for their names");
    return -1;
}

PyObject *qualname_of(PyCodeObject *code)
{
    void *name = NULL;
    PyUnstable_Code_GetExtra((PyObject *)code, extra_index, &name);
    return name ? name : code->co_name;
}

/* The beginning of the names in `code`, a new reference: "" in a module, "Class.",
 * "function.<locals>.". */
static PyObject *prefix_of(PyCodeObject *code)
{
    if (PyUnicode_CompareWithASCIIString(code->co_name, "<module>") == 0)
        return PyUnicode_FromString("");
    const char *format = (code->co_flags & CO_OPTIMIZED) ? "%U.<locals>." : "%U.";
    return PyUnicode_FromFormat(format, qualname_of(code));
}

static int name_one(PyCodeObject *code, PyObject *prefix)
{
    PyObject *name = PyUnicode_Concat(prefix, code->co_name);
    if (name && code_set_extra(code, extra_index, name) == 0)
        return 0;
    Py_XDECREF(name);
    return -1;
}

void qualname_pass_on(PyCodeObject *code)
{
    void *known = NULL;
    Py_ssize_t count = PyTuple_GET_SIZE(code->co_consts);
    PyObject *prefix = NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyCodeObject *nested = (PyCodeObject *)PyTuple_GET_ITEM(code->co_consts, i);
        if (!PyCode_Check(nested))
            continue;
        PyUnstable_Code_GetExtra((PyObject *)nested, extra_index, &known);
        if (known) /* and so are all of them */
            break;
        if (!prefix && !(prefix = prefix_of(code)))
            return;
        if (name_one(nested, prefix) < 0)
            break;
        qualname_pass_on(nested);
    }
    Py_XDECREF(prefix);
}

#endif
