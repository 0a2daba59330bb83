#include "config.h"
#include <Python.h>

#include "worker/pool_figures.h"

#include <stdio.h>

#include "worker/heap.h"
#include "worker/pools.h"
#include "worker/python_heap.h"

static PyCFunction inner_count, inner_stats; /* CPython's */

static PyObject *count_blocks(PyObject *sys, PyObject *ignored)
{
    PyObject *others = inner_count(sys, ignored);
    if (!others || heap_is_foreign())
        return others;
    Py_ssize_t count = PyLong_AsSsize_t(others);
    Py_DECREF(others);
    if (count == -1 && PyErr_Occurred())
        return NULL;
    return PyLong_FromSsize_t(count + (Py_ssize_t)pools_count());
}

static void print_pools(void)
{
    struct pools_figures figures[POOLS_CLASSES];
    size_t arenas = pools_tell(figures);
    fprintf(stderr,
            "Small blocks in pymemtop's pools, which take pymalloc's place: %zu arenas of %d bytes."
            "\n\nclass   size   num pools   blocks in use  avail blocks\n"
            "-----   ----   ---------   -------------  ------------\n",
            arenas, (int)POOLS_ARENA_BYTES);
    for (int i = 0; i < POOLS_CLASSES; i++)
        if (figures[i].pools > 0)
            fprintf(stderr, "%5d %6d %11zu %15zu %13zu\n", i, (i + 1) << POOLS_CLASS_SHIFT,
                    figures[i].pools, figures[i].used_blocks, figures[i].free_blocks);
    fprintf(stderr, "\nWhat CPython has of its own:\n");
}

static PyObject *print_stats(PyObject *sys, PyObject *ignored)
{
    if (!heap_is_foreign())
        print_pools();
    return inner_stats(sys, ignored);
}

/* Have the function `name` of sys, in all interpreters, call `ours`, which may call *inner. It
 * stays as it is where it is not one that takes no arguments. */
static void replace(const char *name, PyCFunction ours, PyCFunction *inner)
{
    PyObject *function = PySys_GetObject(name); /* borrowed */
    if (!function || !PyCFunction_Check(function) || PyCFunction_GET_FLAGS(function) != METH_NOARGS)
        return;
    PyMethodDef *method = ((PyCFunctionObject *)function)->m_ml;
    *inner = method->ml_meth;
    method->ml_meth = ours;
}

void pool_figures_install(void)
{
    if (!python_heap_has_pools())
        return;
    replace("getallocatedblocks", count_blocks, &inner_count);
    replace("_debugmallocstats", print_stats, &inner_stats);
}
