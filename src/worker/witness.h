/*
 * Evidence of what a thread has done since it was last looked at: whether it ran at all (its CPU
 * clock), and whether it touched fresh pages (its page faults, without which RSS cannot grow). Read
 * from another thread, so that a change of RSS can be told to be its or not.
 *
 * A clock that stands still is no proof that its thread has not run: threads in a virtual machine
 * were seen to make their first faults before it moved. So a thread ran where either moved.
 *
 * Cost: a clock 0.2 us; the process's faults 0.25 us; those of another thread, read only where the
 * process has some that the looking thread has not, 1.2 us.
 * Thread: watched from any thread, under the interpreter lock; opened in the watched thread.
 */
#ifndef WORKER_WITNESS_H
#define WORKER_WITNESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What the kernel maps of a file around the page that is touched (its fault_around_bytes). */
#define WITNESS_AROUND_BYTES ((int64_t)64 << 10)

struct witness {
    clockid_t clock;
    int stat_fd; /* /proc/self/task/TID/stat, or -1 */
    dev_t stat_device;
    ino_t stat_inode; /* these two tell whether stat_fd is still that */
    struct timespec cpu;
    uint64_t faults;
    _Atomic uint64_t own_faults; /* of all faults, those for pymemtop's own memory */
};

struct evidence {
    bool ran;
    bool is_known;   /* the faults could be read; otherwise they may be any number */
    uint64_t faults; /* page faults; each has touched a page, or more (witness_touched_bytes) */
};

/* Watch the calling thread from now on. */
void witness_open(struct witness *witness);
/* Stop watching; the record may be opened again, by another thread. A descriptor that the program
 * has closed, and has got again for a file of its own, is left open. */
void witness_close(struct witness *witness);
/* What the calling thread faults from here to witness_own_end() is for pymemtop's own memory, and
 * no evidence, whether it is watched or not. witness_own_begin() returns what the other is to get,
 * and that returns how many they were. */
uint64_t witness_own_begin(void);
uint64_t witness_own_end(uint64_t faults);
/* Page faults of the process since there were *known, which is set to those that there are; of
 * threads that nobody watches and of ended ones, too. Those of a thread that is between
 * witness_own_begin() and witness_own_end() are among them, and then less are new the next time. */
uint64_t witness_take_process_faults(uint64_t *known);
/* What the thread has done since the last look. `may_have_faulted`: false where it is known
 * (from the process's faults) that it has no new ones. */
struct evidence witness_look(struct witness *witness, bool may_have_faulted);
/* The same of the calling thread, whose witness it is: its new page faults. */
uint64_t witness_look_self(struct witness *witness);
/* What so many faults can have made resident, at the most. */
int64_t witness_touched_bytes(uint64_t faults);

#endif
