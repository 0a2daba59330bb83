/*
 * The heap's ledger: every byte that is allocated or freed goes to the line that did it, and stays
 * with its block, so that it can be taken from the right line and invocation when the block is
 * freed by whoever. The numbers and their terms are those of wire/segment.h.
 *
 * Blocks of Python's allocators that are called under the interpreter lock go through an account:
 * as long as one thread works at one place (a line, for an invocation), its sums are kept in a
 * handful of words, and are entered in the tables when the place changes, or has taken another
 * HEAP_ENTER_BYTES. So the cost of a block is its tag and two additions. Everybody else (RAW,
 * native blocks, threads without the lock) adds to the tables atomically.
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

/* ---- Python's allocators; locked ---- */

/* The calling thread's place and what was taken there. */
struct heap_account {
    const void *thread; /* guard_thread() of whose place it is; NULL: closed */
    uint32_t tag;       /* of the place */
    int64_t net;        /* bytes allocated less freed since it was opened */
    int64_t high;       /* maximum of net */
    int64_t enter_at;   /* of net */
    int64_t freed;      /* bytes freed since they were last entered */
    int64_t freed_own;  /* of them, those of blocks with `tag` */
    int64_t large;      /* net of the blocks outside of arenas, likewise */
};
/* Written by heap.c and the functions below alone. */
extern struct heap_account heap_account;

/* Not to be called but from below. */
void heap_open_account(void);
void heap_enter_account(void);
void heap_add_large(const void *block, size_t bytes);
void heap_take_other(uint32_t tag, int64_t bytes);
int64_t heap_take_large(const void *block, uint32_t tag);

/* `block` has been allocated with `bytes`. */
static ALWAYS_INLINE void heap_add(const void *block, size_t bytes)
{
    struct heap_account *account = &heap_account;
    if (UNLIKELY(account->thread != guard_thread()))
        heap_open_account();
    if (UNLIKELY(bytes > TAG_BYTES_MAX)) {
        heap_add_large(block, bytes);
        return;
    }
    tag_entry *entry = tags_find(block);
    if (UNLIKELY(!entry && !(entry = tags_make(block))))
        return;
    atomic_store_explicit(entry, bytes ? account->tag | (uint32_t)bytes : 0, memory_order_relaxed);
    account->net += (int64_t)bytes;
    if (UNLIKELY(account->net > account->high)) {
        account->high = account->net;
        if (UNLIKELY(account->net >= account->enter_at))
            heap_enter_account();
    }
}

/* `block` is to be freed: before it is, since it may then be another thread's at once. Returns its
 * bytes, 0 where it is not known. */
static ALWAYS_INLINE int64_t heap_take(const void *block)
{
    struct heap_account *account = &heap_account;
    tag_entry *entry = tags_find(block);
    uint32_t tag = entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
    if (UNLIKELY(tag == 0))
        return 0;
    if (UNLIKELY(account->thread != guard_thread()))
        heap_open_account();
    atomic_store_explicit(entry, 0, memory_order_relaxed);
    int64_t bytes = tag & TAG_BYTES_MASK;
    if (UNLIKELY(bytes == 0))
        bytes = heap_take_large(block, tag);
    account->net -= bytes;
    account->freed += bytes;
    if (LIKELY((tag & ~TAG_BYTES_MASK) == account->tag))
        account->freed_own += bytes;
    else
        heap_take_other(tag, bytes);
    return bytes;
}

/* What `block` (just allocated, by the interpreter for one of its events) took is undone, and its
 * end will not be counted: the program would not have it. NULL is fine. */
void heap_disown(const void *block);

/* ---- everybody else's; any thread, not locked ---- */

/* `block` of `bytes` has been allocated. */
void heap_add_shared(enum heap_domain domain, const void *block, size_t bytes);
/* `block` is to be freed. Its bytes; -1: it was never added. */
int64_t heap_take_shared(enum heap_domain domain, const void *block);
/* ---- the tracer's events; locked ---- */

/* The thread's place is about to change, or whom it belongs to. */
void heap_pause(struct thread *thread);
/* The execution of `at`'s line ends: the innermost frame of the thread. */
void heap_end_line(struct thread *thread, struct activation *at);
/* `at` is left, and its line has ended: the frame below, if any, goes on. */
void heap_leave(struct thread *thread, struct activation *at);
/* Enter what is open, whoever's it is: before an invocation begins or ends. */
void heap_close(void);
/* An invocation that has begun in `slot`, or is about to end there. */
void heap_begin(uint32_t slot, uint64_t number);
void heap_end(uint32_t slot);
/* The app is loaded. */
void heap_baseline(void);

/* What the thread allocates is pymemtop's own until heap_own_end(). May be nested. */
void heap_own_begin(void);
void heap_own_end(void);

#endif
