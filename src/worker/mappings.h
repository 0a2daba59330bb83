/*
 * Anonymous mappings, as native blocks of the heap (heap.h): which ranges there are, so that an end
 * of a part of one, or of several at once, is counted right. What a range loses goes to the line
 * that takes it away; what is left of it counts as allocated by that line anew, as with realloc.
 *
 * Sizes are whole pages, as the kernel has them.
 *
 * Thread: any. A signal handler that maps memory while its thread is in here is not counted.
 */
#ifndef WORKER_MAPPINGS_H
#define WORKER_MAPPINGS_H

#include <stddef.h>

/* 0, or -1 where there is no memory for the table. */
int mappings_open(void);
/* A range was mapped. Where the table is full (MAPPINGS_MAX) it is not counted. */
void mappings_add(void *start, size_t bytes);
/* Whatever is known within that range is gone. */
void mappings_remove(void *start, size_t bytes);
/* munmap(2) and mremap(2) by the system's calls, with their results and errno. What is known
 * changes where they succeed, and to other threads at once with them. */
int mappings_unmap(void *start, size_t bytes);
void *mappings_remap(void *start, size_t old_bytes, size_t bytes, int flags, void *wanted);

enum { MAPPINGS_MAX = 16384 };

#endif
