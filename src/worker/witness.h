/*
 * Evidence of what a thread has done since it was last looked at: whether it ran at all (its CPU
 * clock), and whether it touched fresh pages (its page-fault counters, without which RSS cannot
 * grow). Read from another thread, so that a change of RSS can be told to be its or not.
 *
 * Cost: a clock 0.2 us; the counters, read only for a thread that ran, 1.2 us.
 * Thread: watched from any thread, under the interpreter lock; opened in the watched thread.
 */
#ifndef WORKER_WITNESS_H
#define WORKER_WITNESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

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
    /* At the most this much was touched afresh: a page for each fault, a huge one where the kernel
     * has those. INT64_MAX where the counters cannot be read. */
    int64_t touched_bytes;
};

/* Watch the calling thread from now on. */
void witness_open(struct witness *witness);
/* Stop watching; the record may be opened again, by another thread. A descriptor that the program
 * has closed, and has got again for a file of its own, is left open. */
void witness_close(struct witness *witness);
/* What the calling thread faults from here to witness_own_end() is for pymemtop's own memory, and
 * no evidence; nothing where it is not watched. witness_own_begin() returns what the other is to
 * get. */
uint64_t witness_own_begin(void);
void witness_own_end(uint64_t faults);
/* What the thread has done since the last look. */
struct evidence witness_look(struct witness *witness);

#endif
