/*
 * What is adopted shows in /proc, in the list of each thread's children.
 */
#include "config.h"
#include "host/orphans.h"

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "host/number.h"

enum {
    DEPTH_MAX = 32,          /* of processes that start processes */
    FIELDS_BEFORE_START = 19 /* in /proc/PID/stat, after the name */
};

void orphans_adopt(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

/* A signal on its way down a tree of processes, DEPTH_MAX deep at most. */
struct descent {
    int signal;
    int depth;
};

static void signal_tree(void *context, int pid)
{
    const struct descent *descent = context;
    struct descent below = {descent->signal, descent->depth + 1};
    if (below.depth < DEPTH_MAX)
        process_visit_children(pid, signal_tree, &below);
    kill(pid, descent->signal);
}

uint64_t orphans_clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return (uint64_t)now.tv_sec * NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

/* When a process started, on that clock, no later than it did; UINT64_MAX where it is gone. */
static uint64_t started_ns(int pid)
{
    char text[1024];
    unsigned long long ticks;
    snprintf(text, sizeof text, "/proc/%d/stat", pid);
    FILE *file = fopen(text, "re");
    if (!file)
        return UINT64_MAX;
    size_t len = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[len] = '\0';
    const char *field = strrchr(text, ')'); /* of the name, which may hold anything */
    for (int i = 0; field && i <= FIELDS_BEFORE_START; i++)
        field = strchr(field + 1, ' ');
    if (!field || !number_read(field + 1, UINT64_MAX / NS_PER_SECOND, &ticks))
        return UINT64_MAX;
    return ticks * (NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
}

struct search {
    int worker;
    int signal;
    uint64_t until_ns;
    bool found;
};

static void consider(void *context, int pid)
{
    struct search *search = context;
    struct descent descent = {.signal = search->signal};
    if (pid == search->worker || getsid(pid) == getsid(0) || waitpid(pid, NULL, WNOHANG) == pid ||
        started_ns(pid) > search->until_ns)
        return;
    search->found = true;
    if (search->signal)
        signal_tree(&descent, pid);
}

bool orphans_signal(int worker, uint64_t until_ns, int signal)
{
    struct search search = {.worker = worker, .signal = signal, .until_ns = until_ns};
    process_visit_children(getpid(), consider, &search);
    return search.found;
}
