/*
 * A chunk is aligned to its size. Its first sixteenth has what is known of its arenas, the next
 * three have the tags, and the arenas follow: the tag of what is at an offset in the chunk is at a
 * quarter of that. All is reserved at first, and becomes memory arena by arena.
 *
 * Arenas with free pools are listed by how many these are, of 1 to 64, so that the fullest is in
 * the first list that is not empty: the lowest bit of a word.
 */
#include "config.h"
#include "worker/pools.h"

#include <sys/mman.h>

#include "worker/guard.h"
#include "worker/rss.h"
#include "worker/witness.h"

#define CHUNK_BYTES ((size_t)1 << POOLS_CHUNK_SHIFT)
enum {
    ARENAS_AT = (1 << POOLS_CHUNK_SHIFT) / 4,
    CHUNK_ARENAS = ((1 << POOLS_CHUNK_SHIFT) - ARENAS_AT) / POOLS_ARENA_BYTES,
    TAGS_BYTES = POOLS_ARENA_BYTES / 4, /* of an arena */
    PAUSES = 1000,
};
_Static_assert(POOLS_ARENA_POOLS <= 64, "the lists of arenas have a bit each in a word");
_Static_assert((sizeof(tag_entry) << 2) == 1 << TAGS_GRANULE_SHIFT, "tags are a quarter");
_Static_assert(TAGS_LEAF_ENTRIES * 16 <= POOLS_ARENA_BYTES, "an arena is made of leaves");
_Static_assert(sizeof(struct pool) == 48, "as large as pymalloc's");

struct pool_arena {
    struct pool_arena *next, *prev; /* with as many free pools; or of those without memory */
    char *start;
    char *fresh;         /* the first pool that was never in use; NULL: it has no memory */
    struct pool *free;   /* pools that were */
    uint32_t free_count; /* of both kinds */
};

struct chunk {
    struct chunk *next;
    uint32_t arena_count; /* ever made */
    struct pool_arena arenas[CHUNK_ARENAS];
};
_Static_assert(sizeof(struct chunk) <= ARENAS_AT / 4, "it ends where the tags begin");

struct pools pools;
_Atomic bool pools_chunks[(size_t)1 << (TAGS_ADDRESS_BITS - POOLS_CHUNK_SHIFT)];

static struct chunk *chunks;                          /* the newest first */
static struct pool_arena *by_free[POOLS_ARENA_POOLS]; /* with 1, 2 ... free pools */
static uint64_t any_with;                             /* a bit for each of these lists */
static struct pool_arena *idle;                       /* given back; they have their tags */
static unsigned pauses; /* requests to be turned away before the system is asked again */
static void (*tell_change)(int64_t bytes);

void pools_open(void (*changed)(int64_t bytes))
{
    tell_change = changed;
    for (int i = 0; i < POOLS_CLASSES; i++)
        pools.usable[i] = &pools.none;
}

/* ---- chunks ---- */

/* Address space, aligned; NULL where there is none. */
static char *reserve_chunk(void)
{
    char *mapped =
        mmap(NULL, 2 * CHUNK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapped == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)mapped & (CHUNK_BYTES - 1);
    if (before > 0)
        munmap(mapped, before);
    munmap(mapped + before + CHUNK_BYTES, CHUNK_BYTES - before);
    madvise(mapped + before, ARENAS_AT, MADV_NOHUGEPAGE); /* what is own is counted by pages */
    return mapped + before;
}

static struct chunk *make_chunk(void)
{
    char *start = reserve_chunk();
    if (!start)
        return NULL;
    if (!rss_make_own(start, sizeof(struct chunk))) {
        munmap(start, CHUNK_BYTES);
        return NULL;
    }
    struct chunk *chunk = (struct chunk *)start;
    chunk->next = chunks;
    chunks = chunk;
    atomic_store_explicit(&pools_chunks[(uintptr_t)start >> POOLS_CHUNK_SHIFT], true,
                          memory_order_relaxed);
    return chunk;
}

/* ---- arenas ---- */

static void list_arena(struct pool_arena *arena)
{
    struct pool_arena **list = &by_free[arena->free_count - 1];
    arena->prev = NULL;
    arena->next = *list;
    if (arena->next)
        arena->next->prev = arena;
    *list = arena;
    any_with |= (uint64_t)1 << (arena->free_count - 1);
}

static void unlist_arena(struct pool_arena *arena)
{
    struct pool_arena **list = &by_free[arena->free_count - 1];
    if (arena->next)
        arena->next->prev = arena->prev;
    if (arena->prev)
        arena->prev->next = arena->next;
    else
        *list = arena->next;
    if (!*list)
        any_with &= ~((uint64_t)1 << (arena->free_count - 1));
}

/* One that never had memory, with its tags; NULL where memory is short. */
static struct pool_arena *make_arena(void)
{
    struct chunk *chunk = chunks;
    if (!chunk || chunk->arena_count == CHUNK_ARENAS)
        chunk = make_chunk();
    if (!chunk)
        return NULL;
    struct pool_arena *arena = &chunk->arenas[chunk->arena_count];
    arena->start = (char *)chunk + ARENAS_AT + (size_t)chunk->arena_count * POOLS_ARENA_BYTES;
    tag_entry *tags = pools_tag(arena->start);
    if (!rss_make_own(tags, TAGS_BYTES))
        return NULL;
    if (!tags_place(arena->start, POOLS_ARENA_BYTES, tags)) {
        rss_add_own(-TAGS_BYTES); /* the next one has them */
        return NULL;
    }
    chunk->arena_count++;
    return arena;
}

/* Have one with memory, and all its pools free; NULL where memory is short. */
static struct pool_arena *open_arena(void)
{
    if (pauses > 0) {
        pauses--;
        return NULL;
    }
    bool was_inside = guard_enter();
    uint64_t faults = witness_own_begin();
    struct pool_arena *arena = idle ? idle : make_arena();
    witness_own_end(faults);
    if (arena && arena == idle)
        idle = arena->next;
    if (arena && mprotect(arena->start, POOLS_ARENA_BYTES, PROT_READ | PROT_WRITE) < 0) {
        arena->next = idle;
        idle = arena;
        arena = NULL;
    }
    guard_leave(was_inside);
    if (!arena) {
        pauses = PAUSES;
        return NULL;
    }
    arena->fresh = arena->start;
    arena->free = NULL;
    arena->free_count = POOLS_ARENA_POOLS;
    list_arena(arena);
    tell_change(POOLS_ARENA_BYTES);
    return arena;
}

/* It is in no list. Neither step can leave a hole in the address space that others might get. */
static void close_arena(struct pool_arena *arena)
{
    madvise(arena->start, POOLS_ARENA_BYTES, MADV_DONTNEED);
    mprotect(arena->start, POOLS_ARENA_BYTES, PROT_NONE);
    arena->fresh = NULL;
    arena->next = idle;
    idle = arena;
    tell_change(-(int64_t)POOLS_ARENA_BYTES);
}

/* ---- pools ---- */

static struct pool *take_pool(void)
{
    struct pool_arena *arena = any_with ? by_free[__builtin_ctzll(any_with)] : open_arena();
    if (!arena)
        return NULL;
    unlist_arena(arena);
    if (--arena->free_count > 0)
        list_arena(arena);
    struct pool *pool = arena->free;
    if (pool) {
        arena->free = pool->next;
        return pool;
    }
    pool = (struct pool *)arena->fresh;
    arena->fresh += POOLS_POOL_BYTES;
    pool->arena = arena;
    pool->size_class = POOLS_CLASSES;
    return pool;
}

/* Of all that have any, how many free pools the arena with most of them has. */
static uint32_t emptiest_count(void)
{
    return 64 - (uint32_t)__builtin_clzll(any_with);
}

static void give_pool(struct pool *pool)
{
    struct pool_arena *arena = pool->arena;
    bool is_emptiest = true; /* of those that have free pools */
    if (arena->free_count > 0) {
        is_emptiest = !arena->next && arena->free_count == emptiest_count();
        unlist_arena(arena);
    }
    pool->next = arena->free;
    arena->free = pool;
    if (++arena->free_count == POOLS_ARENA_POOLS && !is_emptiest)
        close_arena(arena);
    else
        list_arena(arena);
}

static void list_pool(struct pool *pool)
{
    struct pool **list = &pools.usable[pool->size_class];
    pool->prev = NULL;
    pool->next = *list;
    pool->next->prev = pool;
    *list = pool;
}

static void unlist_pool(struct pool *pool)
{
    pool->next->prev = pool->prev;
    if (pool->prev)
        pool->prev->next = pool->next;
    else
        pools.usable[pool->size_class] = pool->next;
}

/* Have a block be free that was never in use; false where there is none. */
static bool cut_block(struct pool *pool)
{
    if (pool->fresh + pool->bytes > POOLS_POOL_BYTES)
        return false;
    pool->free = (char *)pool + pool->fresh;
    *(void **)pool->free = NULL;
    pool->fresh += pool->bytes;
    return true;
}

/* A pool that had another class before, or none. */
static void begin_pool(struct pool *pool, uint32_t size_class)
{
    pool->size_class = size_class;
    pool->bytes = (size_class + 1) << POOLS_CLASS_SHIFT;
    pool->fresh = sizeof *pool;
    pool->used = 0;
    cut_block(pool);
}

NOINLINE void *pools_take_first(size_t bytes)
{
    struct pool *pool = take_pool();
    if (!pool)
        return NULL;
    uint32_t size_class = (uint32_t)(bytes - 1) >> POOLS_CLASS_SHIFT;
    if (pool->size_class != size_class)
        begin_pool(pool, size_class);
    list_pool(pool);
    return pools_alloc(bytes);
}

/* `block` was the last that is free in its pool: cut another, or have the pool be full. */
NOINLINE void *pools_refill(struct pool *pool, void *block)
{
    if (UNLIKELY(!cut_block(pool)))
        unlist_pool(pool);
    return block;
}

/* A block was given back: the first that is free, or the last that was in use. */
NOINLINE void pools_settle(struct pool *pool, bool was_full)
{
    if (was_full)
        list_pool(pool);
    if (pool->used > 0)
        return;
    unlist_pool(pool);
    give_pool(pool);
}

/* ---- what there is ---- */

static void tell_arena(const struct pool_arena *arena, struct pools_figures *figures)
{
    for (char *at = arena->start; at < arena->fresh; at += POOLS_POOL_BYTES) {
        const struct pool *pool = (const struct pool *)at;
        if (pool->used == 0)
            continue;
        struct pools_figures *sum = &figures[pool->size_class];
        sum->pools++;
        sum->used_blocks += pool->used;
        sum->free_blocks += (POOLS_POOL_BYTES - sizeof *pool) / pool->bytes - pool->used;
    }
}

size_t pools_tell(struct pools_figures figures[POOLS_CLASSES])
{
    size_t arenas = 0;
    for (int i = 0; i < POOLS_CLASSES; i++)
        figures[i] = (struct pools_figures){0};
    for (const struct chunk *chunk = chunks; chunk; chunk = chunk->next)
        for (uint32_t i = 0; i < chunk->arena_count; i++) {
            if (!chunk->arenas[i].fresh)
                continue;
            arenas++;
            tell_arena(&chunk->arenas[i], figures);
        }
    return arenas;
}

size_t pools_count(void)
{
    struct pools_figures figures[POOLS_CLASSES];
    size_t count = 0;
    pools_tell(figures);
    for (int i = 0; i < POOLS_CLASSES; i++)
        count += figures[i].used_blocks;
    return count;
}
