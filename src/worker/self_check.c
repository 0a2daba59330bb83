#include "config.h"
#include "worker/self_check.h"

#include <dirent.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/thread.h"

static DIR *tasks;         /* NULL: off */
static int64_t last_bytes; /* the RSS at the event before, whichever thread's */

void self_check_open(int64_t rss_bytes)
{
    tasks = opendir("/proc/self/task");
    last_bytes = rss_bytes;
}

bool self_check_is_on(void)
{
    return tasks != NULL;
}

/* The processor's clock of a thread of this process, from its kernel id: the encoding of
 * pthread_getcpuclockid, which cannot name a thread that has ended for the C library already. */
static clockid_t clock_of_task(int tid)
{
    enum { PER_THREAD = 4, SCHEDULED = 2 };
    return (clockid_t)(~(unsigned)tid << 3) | PER_THREAD | SCHEDULED;
}

static int64_t read_faults(int who)
{
    struct rusage usage = {0};
    getrusage(who, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

/* Spreads kernel ids, so that sets of them have different sums (the multiplier of Knuth's
 * multiplicative hashing, 2^64 divided by the golden ratio). */
static uint64_t mixed(int tid)
{
    uint64_t bits = (uint64_t)tid * 0x9e3779b97f4a7c15u;
    return bits ^ bits >> 32;
}

static struct others read_others(void)
{
    struct others others = {.faults = read_faults(RUSAGE_SELF) - read_faults(RUSAGE_THREAD)};
    int own = (int)gettid();
    rewinddir(tasks);
    for (const struct dirent *entry; (entry = readdir(tasks));) {
        struct timespec time = {0};
        int tid = (int)strtol(entry->d_name, NULL, 10); /* "." and "..": 0 */
        if (tid > 0 && tid != own && clock_gettime(clock_of_task(tid), &time) == 0) {
            others.cpu_ns += (uint64_t)time.tv_sec * NS_PER_SECOND + (uint64_t)time.tv_nsec;
            others.tasks += mixed(tid);
        }
    }
    return others;
}

static bool acted(const struct others *since, const struct others *until)
{
    return since->cpu_ns != until->cpu_ns || since->faults != until->faults ||
           since->tasks != until->tasks;
}

int64_t self_check_faults(void)
{
    return read_faults(RUSAGE_THREAD);
}

/* Whether one of them runs: the clock of one that does moves soon, if not at once. Those that wait
 * for the interpreter lock, which the caller has, do not. */
static bool others_run(const struct others *since)
{
    enum { LOOKS = 20, PAUSE_NS = 50 * 1000 };
    const struct timespec pause = {.tv_nsec = PAUSE_NS};
    for (int i = 0; i < LOOKS; i++) {
        nanosleep(&pause, NULL);
        struct others now = read_others();
        if (acted(since, &now))
            return true;
    }
    return false;
}

void self_check_event(struct thread *thread, bool is_kept, int64_t faults)
{
    struct self_check *before = &thread->self_check;
    /* Around the reading, so that who made a change in between has acted by either of two events.
     */
    struct others others = read_others();
    int64_t rss_bytes = rss_read_bytes();
    struct others after = read_others();
    bool is_changed = rss_bytes != last_bytes;
    bool is_missed = is_changed && is_kept;
    if (is_missed && faults == before->own_faults)
        is_missed =
            rss_bytes < last_bytes && !acted(&before->others, &after) && !others_run(&after);
    publish_verified(is_changed, is_missed);
    last_bytes = rss_bytes;
    before->others = others;
}

void self_check_done(struct thread *thread)
{
    /* After a fork by another thread what is written here faults, and so may the stack below this
     * call: the first two touch all of it before the last one counts. */
    read_faults(RUSAGE_THREAD);
    thread->self_check.own_faults = read_faults(RUSAGE_THREAD);
    thread->self_check.own_faults = read_faults(RUSAGE_THREAD);
}
