/*
 * Processes that the app started and that have left the worker's process group, as daemons do: a
 * session of their own, a parent that is gone. This process adopts them when their parent ends
 * (PR_SET_CHILD_SUBREAPER), so that they can be ended with the worker. Its own children are never
 * taken for such: they are in its session, or in that of the worker. Main thread only.
 */
#ifndef HOST_ORPHANS_H
#define HOST_ORPHANS_H

#include <stdbool.h>
#include <stdint.h>

/* Adopt from now on. Where the kernel will not, such processes live on. */
void orphans_adopt(void);
/* Now, for `until_ns` below: nanoseconds of CLOCK_BOOTTIME. */
uint64_t orphans_clock_ns(void);
/* Send `signal` to all of them that had started by `until_ns`, and to what they have started; not
 * to the process `worker` (0 for none), which is this process's own. Those that have ended already
 * are waited for. Returns whether there were any that had not. With `signal` 0 they are only looked
 * for. */
bool orphans_signal(int worker, uint64_t until_ns, int signal);

#endif
