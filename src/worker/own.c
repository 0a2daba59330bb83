#include "config.h"
#include "worker/own.h"

#include <stdint.h>
#include <unistd.h>

#include "worker/heap.h"
#include "worker/ledger.h"
#include "worker/rss.h"
#include "worker/witness.h"

static _Thread_local unsigned depth; /* begun and not ended */
static _Thread_local uint64_t witnessed;

void own_begin(void)
{
    struct thread *thread = thread_current();
    if (depth++ == 0) {
        if (thread)
            ledger_read(thread);
        witnessed = witness_own_begin();
    }
    heap_own_begin();
}

PyDoc_STRVAR(begin_doc, "own_begin()\n\n"
                        "What the thread takes from now on is pymemtop's own. May be nested.");
static PyObject *py_begin(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    own_begin();
    Py_RETURN_NONE;
}

/* Of what has come to the RSS since it was read last, no more than the thread's page faults have
 * brought: others may have run meanwhile. */
static void leave_out(uint64_t faults)
{
    int64_t most = (int64_t)faults * sysconf(_SC_PAGESIZE);
    int64_t grown = rss_read_bytes() - ledger.rss_bytes;
    int64_t own = grown < most ? grown : most;
    if (own > 0)
        rss_add_own(own);
}

void own_end(void)
{
    heap_own_end();
    if (--depth == 0)
        leave_out(witness_own_end(witnessed));
}

PyDoc_STRVAR(end_doc, "own_end()\n\nThe end of the latest own_begin() in the thread.");
static PyObject *py_end(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    if (depth == 0)
        return PyErr_Format(PyExc_RuntimeError, "own_end() without own_begin()");
    own_end();
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"own_begin", py_begin, METH_NOARGS, begin_doc},
    {"own_end", py_end, METH_NOARGS, end_doc},
    {NULL, NULL, 0, NULL},
};

int own_add_functions(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
