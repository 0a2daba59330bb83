/*
 * The ledger: the last reading of the RSS that was accounted for, and whom the difference to the
 * next one is charged to.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_LEDGER_H
#define WORKER_LEDGER_H

#include <stdint.h>

#include "worker/thread.h"

/* Take the first reading. 0, or -1 where memory is short. */
int ledger_open(void);
/* Read the RSS, and charge what has changed. `thread` is the calling one. Returns the reading, in
 * bytes. */
int64_t ledger_settle(struct thread *thread);
/* The slot of an activation: that of its invocation while this runs, the outside afterwards. */
uint32_t ledger_slot(uint32_t slot, uint64_t number);

#endif
