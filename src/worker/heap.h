/*
 * The heap's ledger: every byte that is allocated or freed goes to the line that did it, and stays
 * with its block, so that it can be taken from the right line and invocation when the block is
 * freed by whoever. The numbers and their terms are those of wire/segment.h.
 *
 * Blocks of Python's allocators that are called under the interpreter lock go through an account:
 * as long as one thread works at one place (a line, for an invocation), its sums are kept in a
 * handful of words, and are entered in the tables when the place changes, or has taken another
 * HEAP_ENTER_BYTES. So the cost of a block is its tag and two additions. Everybody else (RAW,
 * native blocks, threads without the lock, or under that of another interpreter) adds to the tables
 * atomically.
 *
 * The small ones of these are of pymemtop's own allocator (pools.h), so that a block is taken,
 * tagged and added up in one place: the eight programs of tests/bench/heap_work.py take 1.14, 1.11,
 * 1.13, 1.03 and 1.04 times their time on 3.9 to 3.13 (geometric means; 1.17, 1.14, 1.16, 1.16 and
 * 1.18 with the same account behind pymalloc), none more than 1.23, and a loop of integers 1.18,
 * 1.10, 1.15, 0.94 and 0.96 (1.28, 1.18, 1.22, 1.32 and 1.38). Tried before that, behind pymalloc,
 * and of little use: a table of one level in place of two (tags.h) saved nothing, nor did link-time
 * optimization, which has the end of a line inline (from 0.03 less to 0.03 more in four); -O3 took
 * 0.04 more.
 *
 * The place is that of the ledger of the RSS (ledger.h): the innermost profiled line of the calling
 * thread; for what a loop does in the context of a suspended task, the line that this waits on;
 * else the invocation alone ("elsewhere"), or nobody ("shared" by all that run, or elsewhere of the
 * only one).
 *
 * Thread: as said for each function; "locked" is under the interpreter lock.
 */
#ifndef WORKER_HEAP_H
#define WORKER_HEAP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "wire/segment.h"
#include "worker/guard.h"
#include "worker/tags.h"
#include "worker/thread.h"

/* What a place may have taken before the tables show it, though its line has not ended. */
#define HEAP_ENTER_BYTES (64 * 1024)

/* Reserve the tags; after publish_open. False where the heap cannot be counted (no address space
 * for the tags). */
bool heap_open(void);
/* True after that. */
extern bool heap_is_on;
/* From now on there may be threads that work under another lock than the one that guards the
 * account: in an interpreter that has a lock of its own (PEP 684). What Python's allocators do
 * there is added as everybody else's, to HEAP_RAW. `is_foreign`: whether the calling thread is in
 * one. Every block asks that from now on, and the quick ways below are closed: a thread can go from
 * one interpreter to the other between any two blocks. Before the first such interpreter can be
 * entered, and under the lock; at other times any thread may say it again. */
void heap_expect_foreign(bool (*is_foreign)(void));

/* ---- Python's allocators; locked ---- */

/* The calling thread's place and what was taken there. */
struct heap_account {
    const void *_Atomic owner; /* guard_thread() of who may take the quick ways; NULL: nobody */
    uint32_t tag;              /* of the place */
    uint32_t other_tag; /* of the latest block with another tag that was freed; never pymemtop's */
    /* In bytes, since they were last entered: */
    int64_t allocated;
    int64_t limit;       /* `allocated` past which there is more than ever: high + all freed */
    int64_t high;        /* and that: the maximum of what was allocated less freed */
    int64_t freed_other; /* of blocks with `other_tag`, whose line has not lost them yet, */
    int64_t freed;       /* of further ones without `tag`, whose line has */
    int64_t large;       /* since the sums were: net of the blocks outside of arenas */
    const void *thread;  /* guard_thread() of whose place it is; NULL: closed */
};
/* Written by heap.c and the functions below alone. */
extern struct heap_account heap_account;

/* Not to be called but from below. */
void *heap_enter_account(void *block);

/* The account is open for the calling thread. */
static ALWAYS_INLINE bool heap_is_owner(void)
{
    return atomic_load_explicit(&heap_account.owner, memory_order_relaxed) == guard_thread();
}

/* True where the calling thread is in an interpreter that may have a lock of its own. */
bool heap_is_foreign(void);

/* `block` has been allocated with `bytes`. Returns it; it may be NULL. */
void *heap_add(void *block, size_t bytes);

/* The same where the calling thread is the owner, of a block of at most TAG_BYTES_MAX with this
 * entry. */
static ALWAYS_INLINE void *heap_add_owned(tag_entry *entry, void *block, size_t bytes)
{
    struct heap_account *account = &heap_account;
    atomic_store_explicit(entry, account->tag | (uint32_t)bytes, memory_order_relaxed);
    int64_t allocated = account->allocated + (int64_t)bytes;
    account->allocated = allocated;
    int64_t above = allocated - account->limit;
    if (above > 0) {
        account->limit = allocated;
        account->high += above;
        if (UNLIKELY(account->high >= HEAP_ENTER_BYTES))
            return heap_enter_account(block);
    }
    return block;
}

/* `block` is to be freed: before it is, since it may then be another thread's at once. Returns its
 * bytes, 0 where it is not known. */
int64_t heap_take(const void *block);

/* The same where the calling thread is the owner, of a block with this entry: 0 also where it is
 * not a small one with a tag that the account knows, and nothing has been done. */
static ALWAYS_INLINE uint32_t heap_take_owned(tag_entry *entry)
{
    struct heap_account *account = &heap_account;
    uint32_t tag = atomic_load_explicit(entry, memory_order_relaxed);
    uint32_t bytes = tag ^ account->tag;
    if (UNLIKELY(bytes - 1 >= TAG_BYTES_MAX)) {
        bytes = tag ^ account->other_tag;
        if (UNLIKELY(bytes - 1 >= TAG_BYTES_MAX || account->freed_other >= HEAP_ENTER_BYTES))
            return 0;
        account->freed_other += bytes;
    }
    atomic_store_explicit(entry, 0, memory_order_relaxed);
    account->limit += bytes;
    return bytes;
}

/* What `block` took, which the interpreter has just allocated for one of its events, is undone, and
 * its end will not be counted: the program would not have it. Nothing where that is not known of
 * it. After heap_open. */
void heap_disown(const void *block);

/* ---- everybody else's; any thread, not locked ---- */

/* `block` of `bytes` has been allocated. False where that is not counted: no memory for the tag. */
bool heap_add_shared(enum heap_domain domain, const void *block, size_t bytes);
/* `block` is to be freed. Its bytes; -1: it was never added. Where it was added to HEAP_NATIVE that
 * is remembered, and `domain` does not matter. */
int64_t heap_take_shared(enum heap_domain domain, const void *block);

/* ---- the tracer's events; locked ---- */

/* The calling thread's place is about to change in another way than by the functions below: enter
 * what it has taken. */
void heap_pause(void);
/* The same where a step of a loop begins or ends in `thread`, the calling one, or another frame
 * becomes the innermost one. */
void heap_step(struct thread *thread);
/* Of the next three the first two need not be called where thread->heap_dirty is false.
 * An execution of `site`, counted in `cell`, has ended, and the next line of `at` has begun, the
 * innermost frame of the thread. */
void heap_next_line(struct thread *thread, struct activation *at, uint32_t site, uint32_t cell);
/* A frame was entered and has become the innermost one, with its first line open. */
void heap_enter(struct thread *thread);
/* `at`, the innermost frame, whose line is over, is about to be left. */
void heap_leave(struct thread *thread, struct activation *at);
/* Enter what is open, whoever's it is: before an invocation begins or ends. */
void heap_close(void);
/* An invocation that has begun in `slot`, or is about to end there. */
void heap_begin(uint32_t slot, uint64_t number);
void heap_end(uint32_t slot);
/* What is allocated now, by domain. */
void heap_now(int64_t bytes[HEAP_DOMAINS]);
/* The app is loaded. */
void heap_baseline(void);

/* What the thread allocates is pymemtop's own until heap_own_end(). May be nested. */
void heap_own_begin(void);
void heap_own_end(void);

#endif
