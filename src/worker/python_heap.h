/*
 * Python's allocators, with the heap's ledger (heap.h) behind each call. The interpreter's own go
 * on doing the work: sizes, classes, alignment and addresses are what they would be.
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
