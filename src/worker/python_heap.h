/*
 * Python's allocators, with the heap's ledger (heap.h) behind each call. The interpreter's own go
 * on doing the work: sizes, classes, alignment and addresses are what they would be, whichever
 * allocators those are (PYTHONMALLOC).
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

/* After heap_open. */
void python_heap_install(void);
/* Count no more: the interpreter's own allocators are in place again. Under the interpreter lock,
 * in any thread; once, or where they were never wrapped. */
void python_heap_remove(void);

#endif
