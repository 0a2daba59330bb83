/*
 * The self-check of the time gate (--verify-rss): the RSS is read at every event, and changes that
 * the gate would have missed are counted in the shared segment. It costs some microseconds an
 * event.
 *
 * Missed is what the thread whose event it is has done itself since its event before, too quickly
 * for the gate. Another thread may have changed the RSS meanwhile; that is no miss, since it is
 * still within its line, at whose end it looks itself. Which it was is told by the thread's page
 * faults, and by the processor time of the others.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_SELF_CHECK_H
#define WORKER_SELF_CHECK_H

#include <stdbool.h>
#include <stdint.h>

struct thread;

/* What was so at a thread's latest event. */
struct self_check {
    uint64_t others_ns; /* processor time of the other threads that the tracer knows */
    int64_t faults;     /* the thread's own page faults */
};

/* From now on events are checked; `rss_bytes` is the RSS now. */
void self_check_open(int64_t rss_bytes);
/* True after self_check_open. */
bool self_check_is_on(void);
/* An event of `thread`, the calling one; `is_kept` says that the gate would have kept the RSS from
 * being read. */
void self_check_event(struct thread *thread, bool is_kept);

#endif
