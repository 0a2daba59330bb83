/* A trace function that does nothing, set by PyEval_SetTrace: the least that line events can cost
 * on a Python. An extension module, so that it runs in the same interpreter as the other cases. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <frameobject.h>

static volatile int seen;

static int noop(PyObject *self, PyFrameObject *frame, int what, PyObject *argument)
{
    (void)self, (void)frame, (void)argument;
    seen = what;
    return 0;
}

static PyObject *start(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    PyEval_SetTrace(noop, NULL);
    Py_RETURN_NONE;
}

static PyObject *stop(PyObject *module, PyObject *ignored)
{
    (void)module, (void)ignored;
    PyEval_SetTrace(NULL, NULL);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"start", start, METH_NOARGS, NULL},
    {"stop", stop, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "noop_trace", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit_noop_trace(void);
PyMODINIT_FUNC PyInit_noop_trace(void)
{
    return PyModule_Create(&definition);
}
