/*
 * What /proc says of processes: their memory, and their children. Nothing is allocated, so that the
 * worker can ask at any event; a kilobyte or two of stack for each generation. Any thread.
 */
#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdint.h>

enum process_memory {
    PROCESS_RSS, /* resident pages */
    PROCESS_PSS, /* the same, each divided by the number of processes that share it */
    PROCESS_USS, /* those that no other process has */
};

/* Generations below a process that are looked at. */
enum { PROCESS_DEPTH_MAX = 16 };

/* Called for each child of a process. */
typedef void process_visitor(void *context, int pid);

/* The memory of a process in bytes; 0 where it is gone, or may not be looked at. RSS takes a
 * microsecond or two, the others a hundred and more: the kernel walks the page tables. */
int64_t process_memory_bytes(int pid, enum process_memory kind);
/* Call `visit` for each child of the process `parent`, whichever of its threads started it. Nothing
 * is called where the process is gone or the kernel has no such lists. */
void process_visit_children(int parent, process_visitor *visit, void *context);
/* The memory of all that come from `pid`, at any depth up to PROCESS_DEPTH_MAX, without itself. */
int64_t process_descendants_bytes(int pid, enum process_memory kind);

#endif
