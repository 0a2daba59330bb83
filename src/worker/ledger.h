/*
 * The ledger: the last reading of the RSS that was accounted for, and whom the difference to the
 * next one is charged to.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_LEDGER_H
#define WORKER_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "worker/gate.h"
#include "worker/thread.h"

/* Take the first reading, after gate_open; `verify`: with the self-check (self_check.h). 0, or -1
 * where memory is short. */
int ledger_open(bool verify);

struct ledger {
    int64_t rss_bytes; /* the latest reading */
    uint64_t ticks;    /* gate_now() after it */
};
/* Written by ledger.c alone. */
extern struct ledger ledger;

/* Read the RSS, and charge what has changed. `thread` is the calling one. Returns the reading, in
 * bytes. */
int64_t ledger_read(struct thread *thread);
/* The same, but under the self-check only where the gate says so. */
int64_t ledger_look(struct thread *thread, uint64_t now);
/* The same where `thread`, which is looked at now, may have changed the RSS, or the last reading is
 * old. The RSS, in bytes. */
static inline int64_t ledger_settle(struct thread *thread)
{
    uint64_t now = gate_now(), passed = now - thread->looked_ticks;
    if (UNLIKELY(passed >= gate.ticks || now - ledger.ticks >= gate.forced_ticks))
        return ledger_look(thread, now);
    thread->looked_ticks = now;
    return ledger.rss_bytes;
}
/* By another meter (meters.h) there are `delta_bytes` more than before: the lines of the thread,
 * as recorders of that meter have them, are charged. */
void ledger_record(const struct thread *thread, unsigned meter, int64_t delta_bytes);
/* What a thread works for: a line that it executes or that waits for it (SEGMENT_NONE: none is
 * known) of the invocation in the slot. */
struct ledger_place {
    uint32_t slot;
    uint32_t site;
    bool is_frame; /* the line is that of the thread's innermost frame */
};
/* True where the thread works for nobody that is known. */
bool ledger_is_idle(const struct thread *thread);
/* Of a thread that is not idle. Of the calling thread also without the interpreter lock: the
 * invocation may then just have ended. */
struct ledger_place ledger_place(const struct thread *thread);
/* The slot of an activation: that of its invocation while this runs, the outside afterwards. */
uint32_t ledger_slot(uint32_t slot, uint64_t number);

#endif
