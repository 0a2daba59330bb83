#include "config.h"
#include "worker/meters.h"

#include <stdbool.h>
#include <string.h>

#include "base/attributes.h"
#include "worker/heap.h"
#include "worker/ledger.h"
#include "worker/rss.h"

static const char *const names[] = {[RSS_METER_RSS] = "rss",
                                    [RSS_METER_PSS] = "pss",
                                    [RSS_METER_USS] = "uss",
                                    [RSS_METER_PYTHON] = "python",
                                    [RSS_METER_HEAP] = "heap"};

/* Number 1 + 2 * meter, and one more with children. */
enum { METERS = 1 + 2 * ARRAY_LEN(names) };

unsigned meters_open;
static unsigned users[METERS]; /* recorders that measure by it */
static int64_t latest[METERS];

bool meters_is_one(unsigned meter)
{
    return meter < METERS;
}

static int64_t read_meter(unsigned meter)
{
    if (meter == METERS_WORKERS)
        return rss_read_bytes();
    return rss_meter_bytes((enum rss_meter)((meter - 1) / 2), (meter - 1) % 2 != 0);
}

void meters_take(unsigned meter)
{
    if (meter == METERS_WORKERS || users[meter]++ > 0)
        return;
    latest[meter] = read_meter(meter);
    meters_open |= 1u << meter;
}

void meters_give_back(unsigned meter)
{
    if (meter != METERS_WORKERS && --users[meter] == 0)
        meters_open &= ~(1u << meter);
}

void meters_settle(const struct thread *thread)
{
    for (unsigned meter = 1; meter < METERS; meter++) {
        if (!(meters_open & 1u << meter))
            continue;
        int64_t before_bytes = latest[meter];
        latest[meter] = read_meter(meter);
        if (latest[meter] != before_bytes)
            ledger_record(thread, meter, latest[meter] - before_bytes);
    }
}

int64_t meters_bytes(unsigned meter, int64_t rss_bytes)
{
    return meter == METERS_WORKERS ? rss_bytes : latest[meter];
}

/* ---- for Python ---- */

static bool counts_allocations(enum rss_meter which)
{
    return which == RSS_METER_PYTHON || which == RSS_METER_HEAP;
}

PyDoc_STRVAR(meter_doc,
             "meter(name, children) -> number\n\n"
             "For Recorder(meter=...): \"rss\", \"pss\", \"uss\", \"python\" (what Python's\n"
             "allocators have given out) or \"heap\" (and malloc); `children`: with the\n"
             "memory of child processes. ValueError where there is none such.");
static PyObject *py_meter(PyObject *Py_UNUSED(module), PyObject *args)
{
    const char *name;
    int children;
    size_t which = 0;
    if (!PyArg_ParseTuple(args, "sp:meter", &name, &children))
        return NULL;
    while (which < ARRAY_LEN(names) && strcmp(names[which], name) != 0)
        which++;
    if (which == ARRAY_LEN(names))
        return PyErr_Format(PyExc_ValueError, "there is no meter %s", name);
    if (counts_allocations((enum rss_meter)which) && !heap_is_on)
        return PyErr_Format(PyExc_ValueError, "--heap off counts no allocations");
    if (counts_allocations((enum rss_meter)which) && children)
        return PyErr_Format(PyExc_ValueError, "allocations are counted in one process");
    if (rss_is_chosen((enum rss_meter)which, children != 0))
        return PyLong_FromLong((long)METERS_WORKERS);
    return PyLong_FromSize_t(1 + 2 * which + (children != 0));
}

PyDoc_STRVAR(meter_bytes_doc, "meter_bytes(number) -> bytes\n\n"
                              "What it shows now, pymemtop's own share left out.");
static PyObject *py_meter_bytes(PyObject *Py_UNUSED(module), PyObject *number)
{
    unsigned long meter = PyLong_AsUnsignedLong(number);
    if (PyErr_Occurred())
        return NULL;
    if (meter >= METERS)
        return PyErr_Format(PyExc_ValueError, "there is no meter %lu", meter);
    return PyLong_FromLongLong(read_meter((unsigned)meter));
}

static PyMethodDef functions[] = {
    {"meter", py_meter, METH_VARARGS, meter_doc},
    {"meter_bytes", py_meter_bytes, METH_O, meter_bytes_doc},
    {NULL, NULL, 0, NULL},
};

int meters_add_functions(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
