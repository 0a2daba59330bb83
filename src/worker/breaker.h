/*
 * Breaking off expressions that do not end: those that somebody has typed when he says so, or is
 * gone; conditions of breakpoints when their time is over. KeyboardInterrupt is raised in the
 * thread that evaluates, and in no other. Code that catches it, or that does not come back to the
 * interpreter (a call in C that blocks), goes on; it is raised again and again.
 *
 * A thread of pymemtop's own watches, from the first expression on. It takes the interpreter lock
 * only to break one off.
 *
 * Thread: the functions under the interpreter lock, by the thread that evaluates.
 */
#ifndef WORKER_BREAKER_H
#define WORKER_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum { BREAKER_CONDITION_MS = 1000 };

/* An evaluation that is under way. All is the breaker's. */
struct breaker {
    struct breaker *next;
    unsigned long ident;
    uint32_t for_stop;   /* serial of the stop that it is made in; 0: a condition's */
    uint32_t breakpoint; /* whose condition it is */
    uint64_t due_ns;     /* when it is to be broken off (again); 0: when that is ordered */
    bool is_broken;
};

/* One begins: of the stop `for_stop`, or of the condition of a breakpoint. */
void breaker_begin(struct breaker *breaker, uint32_t for_stop, uint32_t breakpoint);
/* It has ended, and nothing is raised any more. Whether it was broken off. */
bool breaker_end(struct breaker *breaker);

#endif
