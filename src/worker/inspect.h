/*
 * What is told of a thread that has been stopped: its profiled frames, and the local variables of
 * the innermost one. The words are made by the Python that is built in (stopping.py); what that
 * takes is pymemtop's own.
 *
 * Thread: under the interpreter lock, in the stopped thread, whose innermost frame of Python is the
 * profiled one. No exception is pending, and none is left.
 */
#ifndef WORKER_INSPECT_H
#define WORKER_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/thread.h"

/* Write the account of wire/control.h's stop to `out`, with the answer of the latest evaluation, or
 * the latest failure of a condition, if there is one that was not told. Its length; 0 where it
 * cannot be made. `is_loop`: set to whether the thread runs an event loop. */
size_t inspect_describe(const struct thread *thread, char *out, size_t size, bool *is_loop);
/* Evaluate an expression in the frame, for the next account. What it takes is the program's. */
/* It is broken off when the host orders that for `stop`, the serial of the stop that this is in. */
void inspect_evaluate(const char *expression, size_t len, uint32_t stop);
/* True where it is true in the frame, or fails; the failure is for the next account. It is that of
 * the breakpoint `number`, and broken off after BREAKER_CONDITION_MS. */
bool inspect_holds(const char *expression, size_t len, uint32_t number);
/* Was the failure of a condition that the next account tells that? Asked before the account is
 * made. */
bool inspect_is_off(void);

#endif
