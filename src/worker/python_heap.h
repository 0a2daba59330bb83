/*
 * Python's allocators, with the heap's ledger (heap.h) behind each call. Sizes, classes and
 * alignment are what they would be, whichever allocators those are (PYTHONMALLOC). In place of
 * pymalloc the small blocks are of our own, by the same policy (pools.h); all others are the
 * interpreter's, as are those of other interpreters, and all of them where PYTHONMALLOCSTATS asks
 * for pymalloc's own account.
 *
 * Blocks of PyMem_RawMalloc are Python's where the interpreter asks for them. Those of at least
 * NATIVE_LINE_BYTES that another library asks for are native ones (native.h): numpy's arrays are,
 * whether it asks malloc, as version 1 did, or this. Who asks is seen from the return address,
 * which is the caller's since PyMem_RawMalloc jumps to the hook; in a build of Python where it
 * calls it (without optimization), and while tracemalloc is between, all are Python's.
 *
 * Thread: the main thread; after Py_PreInitialize, which chooses the allocators (PYTHONMALLOC), and
 * before the interpreter is initialised. What was allocated before is not counted, nor its end.
 */
#ifndef WORKER_PYTHON_HEAP_H
#define WORKER_PYTHON_HEAP_H

#include <stdbool.h>

/* After heap_open. */
void python_heap_install(void);
/* Whether small blocks are of our own. */
bool python_heap_has_pools(void);
/* Count no more. Under the interpreter lock, in any thread; once, or where they were never
 * wrapped. */
void python_heap_remove(void);

#endif
