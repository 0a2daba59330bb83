/*
 * Small blocks of Python's allocators, in place of pymalloc's: a piece of address space has its
 * tags (tags.h) beside it, so that a block and its tag are found by one computation, and what takes
 * a block, tags it and adds it up is one function.
 *
 * CPython's own is called inline where there is no hook; from a hook it is two calls further away,
 * behind its thread's state and a table by address. So hooks that did nothing cost 1.12 times the
 * time of six allocation-heavy programs on 3.12 before anything was counted. With this in its place
 * and nothing counted, the eight of tests/bench/heap_work.py take 1.04, 0.97 and 0.95 times their
 * time on 3.11, 3.12 and 3.13; heap.h has what they take counted.
 *
 * What it takes is what the program would take without it. The policy is pymalloc's: classes of 16
 * bytes up to POOLS_BLOCK_MAX; a pool is of one class, and untouched beyond the blocks that were
 * ever in use; an arena has 63 or 64; the fullest arena is used first, an empty one is given back
 * unless it is the last that has anything free. Headers are as large as pymalloc's, so that a pool
 * has as many blocks. A test compares the RSS of the same program with both: while it grows that is
 * the same to some pages; how many arenas a heap with holes gives back depends on what lies where,
 * and with pymalloc differs by up to three from run to run, by where the system puts these.
 *
 * Address space is taken in chunks of 64 MiB: where there is none left (RLIMIT_AS), CPython's own
 * allocator has the rest, which finds none either or takes less at a time. Blocks are told apart by
 * their address, so that both can be in use at once. A chunk stays where it is; an arena that is
 * given back has no memory, but the memory of its tags, which is pymemtop's own, stays.
 *
 * Thread: as PyObject_Malloc, under the lock of the main interpreter, if not said otherwise; and
 * with that it is as it should be in a child made by fork.
 */
#ifndef WORKER_POOLS_H
#define WORKER_POOLS_H

#include <Python.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "worker/tags.h"

/* 3.10 made pools and arenas four times as large. Since pymalloc's arenas begin at any page, what
 * lies before the first larger pool and behind the last one is most often too little for one. */
#if PY_VERSION_HEX >= 0x030a0000
enum { POOLS_POOL_BYTES = 16 * 1024, POOLS_ARENA_BYTES = 1024 * 1024, POOLS_ARENA_POOLS = 63 };
#else
enum { POOLS_POOL_BYTES = 4 * 1024, POOLS_ARENA_BYTES = 256 * 1024, POOLS_ARENA_POOLS = 64 };
#endif
enum {
    POOLS_BLOCK_MAX = 512, /* bytes */
    POOLS_CLASS_SHIFT = TAGS_GRANULE_SHIFT,
    POOLS_CLASSES = POOLS_BLOCK_MAX >> POOLS_CLASS_SHIFT,
    POOLS_CHUNK_SHIFT = 26,
};

/* What a class has taken, for who wants to know. */
struct pools_figures {
    size_t pools, used_blocks, free_blocks;
};

/* Once, after tags_open. `changed` is told how many bytes an arena has brought, or taken when it is
 * given back. */
void pools_open(void (*changed)(int64_t bytes));
/* How many blocks are in use. */
size_t pools_count(void);
/* By class, of blocks of 16, 32 ... bytes. Returns how many arenas there are. */
size_t pools_tell(struct pools_figures figures[POOLS_CLASSES]);

/* ---- on the way of every block, and so in the header ---- */

/* The beginning of each pool. */
struct pool {
    void *free; /* each has the next in its first bytes; never NULL in a pool of pools.usable */
    struct pool *next, *prev;
    struct pool_arena *arena;
    uint32_t used;       /* blocks */
    uint32_t size_class; /* of its blocks; POOLS_CLASSES: it never had any */
    uint32_t fresh;      /* offset of the first block that was never in use */
    uint32_t bytes;      /* of a block */
};

/* What the functions below share with pools.c. */
struct pools {
    struct pool *usable[POOLS_CLASSES]; /* the first one with a free block, or &none */
    struct pool none;                   /* has no free block, and ends all lists */
};
extern struct pools pools;
/* By address: whether that is in a chunk. Written under the lock, read by any thread, which has
 * been given a block of the chunk by then or does not care. */
extern _Atomic bool pools_chunks[(size_t)1 << (TAGS_ADDRESS_BITS - POOLS_CHUNK_SHIFT)];

/* Not to be called but from below. */
void *pools_take_first(size_t bytes);
void *pools_refill(struct pool *pool, void *block);
void pools_settle(struct pool *pool, bool was_full);

/* Is it a block of ours? NULL is not. Any thread. */
static ALWAYS_INLINE bool pools_has(const void *block)
{
    return atomic_load_explicit(&pools_chunks[(uintptr_t)block >> POOLS_CHUNK_SHIFT],
                                memory_order_relaxed);
}

/* The tag of a block of ours: that which tags_find() finds. */
static ALWAYS_INLINE tag_entry *pools_tag(const void *block)
{
    uintptr_t at = (uintptr_t)block, in_chunk = at & (((uintptr_t)1 << POOLS_CHUNK_SHIFT) - 1);
    return (tag_entry *)(at - in_chunk + (in_chunk >> TAGS_GRANULE_SHIFT) * sizeof(tag_entry));
}

static ALWAYS_INLINE struct pool *pools_of(const void *block)
{
    return (struct pool *)((uintptr_t)block & ~(uintptr_t)(POOLS_POOL_BYTES - 1));
}

/* The bytes that there is room for in a block of ours. */
static ALWAYS_INLINE size_t pools_room(const void *block)
{
    return pools_of(block)->bytes;
}

/* A block of `bytes`, 1 to POOLS_BLOCK_MAX; NULL where there is none to be had at once: then
 * pools_alloc() may have one. The pool must be told by pools_refill() where *is_last has become
 * true. */
static ALWAYS_INLINE void *pools_take(size_t bytes, struct pool **of, bool *is_last)
{
    struct pool *pool = pools.usable[(bytes - 1) >> POOLS_CLASS_SHIFT];
    void *block = pool->free;
    if (UNLIKELY(!block))
        return NULL;
    void *next = *(void **)block;
    pool->free = next;
    pool->used++;
    *of = pool;
    *is_last = !next;
    return block;
}

/* The same with all that belongs to it; NULL where memory is short. */
static inline void *pools_alloc(size_t bytes)
{
    struct pool *pool;
    bool is_last;
    void *block = pools_take(bytes, &pool, &is_last);
    if (!block)
        return pools_take_first(bytes);
    return is_last ? pools_refill(pool, block) : block;
}

/* Give back a block of ours. Its tag is the caller's. */
static ALWAYS_INLINE void pools_free(void *block)
{
    struct pool *pool = pools_of(block);
    void *before = pool->free;
    *(void **)block = before;
    pool->free = block;
    if (UNLIKELY(--pool->used == 0 || !before))
        pools_settle(pool, !before);
}

#endif
