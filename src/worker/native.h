/*
 * Native blocks: malloc and its kin, and anonymous mappings, as the program and all its libraries
 * ask for them. The worker's executable defines these functions, so that the dynamic linker binds
 * everybody's calls to it; the C library's do the work.
 *
 * A block of NATIVE_LINE_BYTES and more goes to its line (heap.h), with the size that was asked
 * for. Smaller ones are counted together, by the size that the C library has for them; so are all
 * that were made before native_open(), as at the end of a block nothing but its tag says which it
 * is. What Python's allocators take from malloc, and pymemtop for itself, is not counted (guard.h);
 * what another library asks PyMem_RawMalloc for is, as if it had asked malloc (python_heap.h).
 *
 * In a build with a sanitizer that has a malloc of its own, and with another C library than glibc,
 * nothing is defined here, and nothing counted.
 *
 * Thread: any, and safe in a signal handler, in a child made by fork and before main() as far as
 * the C library's functions are.
 */
#ifndef WORKER_NATIVE_H
#define WORKER_NATIVE_H

#include <stdbool.h>
#include <stdint.h>

enum { NATIVE_LINE_BYTES = 1024 };

/* After heap_open: from now on large blocks have lines. False where nothing is counted. */
bool native_open(void);
/* True after that. */
bool native_has_lines(void);
/* Count nothing, from now on: one branch a call is left. */
void native_turn_off(void);
/* Bytes of the blocks that have no line, allocated and not freed, of all threads. */
int64_t native_small_bytes(void);

#endif
