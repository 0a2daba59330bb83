#include "config.h"
#include "worker/self_check.h"

#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/thread.h"

static bool is_on;
static int64_t last_bytes; /* the RSS at the event before, whichever thread's */

void self_check_open(int64_t rss_bytes)
{
    is_on = true;
    last_bytes = rss_bytes;
}

bool self_check_is_on(void)
{
    return is_on;
}

static uint64_t read_others_ns(const struct thread *thread)
{
    uint64_t sum_ns = 0;
    for (const struct thread *other = thread_first(); other; other = other->next) {
        struct timespec time = {0};
        if (other != thread && clock_gettime(other->witness.clock, &time) == 0)
            sum_ns += (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
    }
    return sum_ns;
}

static int64_t read_faults(void)
{
    struct rusage usage = {0};
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

void self_check_event(struct thread *thread, bool is_kept)
{
    struct self_check *before = &thread->self_check;
    /* Around the reading, so that who made a change in between has run by either of two events. */
    uint64_t others_ns = read_others_ns(thread);
    int64_t rss_bytes = rss_read_bytes();
    bool others_ran = read_others_ns(thread) != before->others_ns;
    bool is_own = !others_ran || read_faults() != before->faults;
    bool is_changed = rss_bytes != last_bytes;
    publish_verified(is_changed, is_changed && is_kept && is_own);
    last_bytes = rss_bytes;
    before->others_ns = others_ns;
    /* After a fork by another thread what is written above faults, and so may the stack below this
     * call: the second one has touched all before it counts. */
    read_faults();
    before->faults = read_faults();
}
