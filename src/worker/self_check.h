/*
 * The self-check of the time gate (--verify-rss): the RSS is read at every event, and changes that
 * the gate would have missed are counted in the shared segment. It costs some microseconds an
 * event.
 *
 * Missed is what the thread whose event it is has done itself since its event before, too quickly
 * for the gate. Another thread may have changed the RSS meanwhile; that is no miss, since it is
 * still within its line, at whose end it looks itself. Which it was is told by what either left:
 *   - Page faults of the thread in its line: it may have been it, and counts as missed.
 *   - Growth without such: it was not, since memory gets resident by faults only, those of system
 *     calls included.
 *   - What was given back leaves no trace. It was another thread where any has faulted, got
 *     processor time, come or gone, or does so within the next millisecond, in which it goes on:
 *     of all threads that /proc lists, also of those that the interpreter does not know, or knows
 *     no more while they give their stack back.
 * No single one of these is enough. The clock of a thread that begins can stand still for its
 * first faults, as can that of one whose virtual processor was taken away for a while (time that
 * is stolen is taken off the clock, later): a thread was seen to give back a MiB meanwhile. And
 * the sum of the clocks stays when a thread comes and goes within two looks.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_SELF_CHECK_H
#define WORKER_SELF_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* What the process's other threads have done so far. */
struct others {
    uint64_t cpu_ns;
    uint64_t tasks; /* which there are: differs where one has come or gone */
    int64_t faults;
};

/* What was so at a thread's latest event. */
struct self_check {
    struct others others;
    int64_t own_faults;
};

/* From now on events are checked; `rss_bytes` is the RSS now. Does nothing where
 * the threads cannot be listed. */
void self_check_open(int64_t rss_bytes);
/* True once that has been done. */
bool self_check_is_on(void);
/* Page faults of the calling thread so far. */
int64_t self_check_faults(void);
/* An event of `thread`, the calling one; `is_kept` says that the gate would have kept the RSS from
 * being read. `faults`: self_check_faults() before the call. */
void self_check_event(struct thread *thread, bool is_kept, int64_t faults);
/* The last thing at an event: what `thread` faults from here to the next one is its line's. What
 * the event itself touches is not (the gate measures itself again on a page; after a fork by
 * another thread each page that is written faults). */
void self_check_done(struct thread *thread);

#endif
