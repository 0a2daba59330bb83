/*
 * Native blocks: malloc and its kin, as the program and all its libraries call them.
 *
 * Thread: any.
 */
#ifndef WORKER_NATIVE_H
#define WORKER_NATIVE_H

#include <stdint.h>

/* Bytes of the blocks that have no line of their own, allocated and not freed, of all threads. */
int64_t native_small_bytes(void);

#endif
