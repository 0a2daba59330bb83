#include "config.h"
#include "worker/witness.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define HUGE_PAGE_BYTES ((int64_t)2 << 20)

static int64_t fault_bytes; /* 0 before the first witness */

/* Minor and major faults: fields 10 and 12 of proc(5)'s stat. The name (field 2) may hold anything,
 * so fields are counted from its closing parenthesis, after which field 3 begins. */
static bool read_faults(int fd, uint64_t *faults)
{
    char text[512];
    ssize_t len = fd < 0 ? -1 : pread(fd, text, sizeof text - 1, 0);
    if (len <= 0)
        return false;
    text[len] = '\0';
    char *at = strrchr(text, ')');
    uint64_t minor = 0;
    for (int field = 2; at && field < 12; field++) {
        at = strchr(at + 1, ' ');
        if (at && field == 9)
            minor = strtoull(at + 1, NULL, 10);
    }
    if (!at)
        return false;
    *faults = minor + strtoull(at + 1, NULL, 10);
    return true;
}

static _Thread_local struct witness *watching; /* the calling thread */
static _Atomic uint64_t all_own_faults;        /* of all threads, also those not watched */
static _Thread_local unsigned own_depth;       /* begun and not ended */

static uint64_t count_faults(int who)
{
    struct rusage usage = {0};
    getrusage(who, &usage);
    return (uint64_t)(usage.ru_minflt + usage.ru_majflt);
}

uint64_t witness_own_begin(void)
{
    own_depth++;
    return count_faults(RUSAGE_THREAD);
}

uint64_t witness_own_end(uint64_t faults)
{
    faults = count_faults(RUSAGE_THREAD) - faults;
    if (--own_depth > 0)
        return faults; /* they are among those of the outer one */
    atomic_fetch_add_explicit(&all_own_faults, faults, memory_order_relaxed);
    if (watching)
        atomic_fetch_add_explicit(&watching->own_faults, faults, memory_order_relaxed);
    return faults;
}

/* Set *known to `faults`, and return by how many it has risen. It falls where a thread was taken
 * for the program's while it was at pymemtop's own memory: they are taken off at the end of that.
 */
static uint64_t take_risen(uint64_t *known, uint64_t faults)
{
    uint64_t before = *known;
    *known = faults;
    return faults > before ? faults - before : 0;
}

uint64_t witness_take_process_faults(uint64_t *known)
{
    uint64_t own = atomic_load_explicit(&all_own_faults, memory_order_relaxed);
    return take_risen(known, count_faults(RUSAGE_SELF) - own);
}

/* What one page fault can make resident: 2 MiB where there are transparent huge pages. Where they
 * have to be asked for they count as well, since numpy asks for its arrays. */
static int64_t read_fault_bytes(void)
{
    char text[128] = "";
    int fd = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        if (read(fd, text, sizeof text - 1) < 0)
            text[0] = '\0';
        close(fd);
    }
    return strstr(text, "[always]") || strstr(text, "[madvise]") ? HUGE_PAGE_BYTES
                                                                 : WITNESS_AROUND_BYTES;
}

void witness_open(struct witness *witness)
{
    char path[64];
    if (!fault_bytes)
        fault_bytes = read_fault_bytes();
    *witness = (struct witness){.stat_fd = -1};
    watching = witness;
    pthread_getcpuclockid(pthread_self(), &witness->clock);
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)gettid());
    witness->stat_fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    if (witness->stat_fd >= 0 && fstat(witness->stat_fd, &stat) == 0) {
        witness->stat_device = stat.st_dev;
        witness->stat_inode = stat.st_ino;
    }
    witness_look_self(witness);
}

/* Programs close "all" descriptors, children made by fork above all; the number may be another
 * file's by now. */
static bool descriptor_is_ours(const struct witness *witness)
{
    struct stat stat;
    return fstat(witness->stat_fd, &stat) == 0 && stat.st_dev == witness->stat_device &&
           stat.st_ino == witness->stat_inode;
}

void witness_close(struct witness *witness)
{
    if (witness->stat_fd >= 0 && descriptor_is_ours(witness))
        close(witness->stat_fd);
    witness->stat_fd = -1;
}

static bool clock_has_moved(struct witness *witness)
{
    struct timespec cpu, before = witness->cpu;
    if (clock_gettime(witness->clock, &cpu) != 0)
        return false;
    witness->cpu = cpu;
    return cpu.tv_sec != before.tv_sec || cpu.tv_nsec != before.tv_nsec;
}

/* New ones, of `faults` so far. */
static uint64_t take_faults(struct witness *witness, uint64_t faults)
{
    uint64_t own = atomic_load_explicit(&witness->own_faults, memory_order_relaxed);
    return take_risen(&witness->faults, faults - own);
}

struct evidence witness_look(struct witness *witness, bool may_have_faulted)
{
    struct evidence evidence = {.ran = clock_has_moved(witness), .is_known = true};
    uint64_t faults;
    if (!may_have_faulted)
        return evidence;
    evidence.is_known = read_faults(witness->stat_fd, &faults);
    if (evidence.is_known)
        evidence.faults = take_faults(witness, faults);
    evidence.ran = evidence.ran || evidence.faults > 0;
    return evidence;
}

uint64_t witness_look_self(struct witness *witness)
{
    clock_has_moved(witness);
    return take_faults(witness, count_faults(RUSAGE_THREAD));
}

int64_t witness_touched_bytes(uint64_t faults)
{
    return (int64_t)faults * fault_bytes;
}
