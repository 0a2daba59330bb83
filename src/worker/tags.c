#include "config.h"
#include "worker/tags.h"

#include <sys/mman.h>

#include "wire/segment.h"
#include "worker/grow_lock.h"
#include "worker/guard.h"
#include "worker/rss.h"
#include "worker/witness.h"

#define TOP_ENTRIES ((size_t)1 << (TAGS_ADDRESS_BITS - TAGS_LEAF_SHIFT))
#define TOP_BYTES   (TOP_ENTRIES * sizeof(tag_entry *))
enum {
    PAGE_SHIFT = 12, /* of the first level's bookkeeping; a larger real page is counted too small */
    TOP_PAGES = (int)(TOP_BYTES >> PAGE_SHIFT),
};
_Static_assert(TAG_SITE_BITS + TAG_COLUMN_BITS + TAG_BYTES_BITS == 32, "a tag has 32 bits");

tag_entry *_Atomic *tags_top;

/* All below under the grow_lock. A child may have been forked between any two of the steps that
 * change it, by another thread (grow_lock.h). */
static uint64_t top_touched[TOP_PAGES / 64]; /* by page of the first level */
static uint32_t *leaf_places; /* by leaf: its index in the first level; in the order of making */
static size_t leaf_count, leaf_capacity;

int tags_open(void)
{
    void *top = mmap(NULL, TOP_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (top == MAP_FAILED)
        return -1;
    madvise(top, TOP_BYTES, MADV_NOHUGEPAGE); /* a touch is to take one page */
    grow_lock_open();
    tags_top = top;
    return 0;
}

/* The first level's page with entry `at` is about to be touched. */
static void count_top_page(size_t at)
{
    size_t page = at * sizeof *tags_top >> PAGE_SHIFT;
    if (top_touched[page / 64] & (uint64_t)1 << page % 64)
        return;
    top_touched[page / 64] |= (uint64_t)1 << page % 64;
    rss_add_own(1 << PAGE_SHIFT);
}

/* Room for one more leaf_places. Doubled by mapping, since malloc may be what brought us here. */
static bool reserve_place(void)
{
    if (leaf_count < leaf_capacity)
        return true;
    size_t capacity = leaf_capacity ? 2 * leaf_capacity : 1024;
    uint32_t *grown = rss_map_own(capacity * sizeof *grown);
    if (!grown)
        return false;
    for (size_t i = 0; i < leaf_count; i++)
        grown[i] = leaf_places[i];
    leaf_places = grown; /* the old one stays: half as much, and never again */
    atomic_signal_fence(memory_order_release); /* there is never less room than that says */
    leaf_capacity = capacity;
    return true;
}

/* There is room for its place, where there is no leaf yet. */
static void set_leaf(size_t at, tag_entry *leaf)
{
    bool is_new = !atomic_load_explicit(&tags_top[at], memory_order_relaxed);
    count_top_page(at);
    atomic_store_explicit(&tags_top[at], leaf, memory_order_release);
    if (!is_new)
        return;
    leaf_places[leaf_count] = (uint32_t)at;
    atomic_signal_fence(memory_order_release); /* all that are counted have their leaves */
    leaf_count++;
}

static tag_entry *make_leaf(size_t at)
{
    tag_entry *leaf = atomic_load_explicit(&tags_top[at], memory_order_acquire);
    if (leaf)
        return leaf; /* another thread was first */
    if (!reserve_place())
        return NULL;
    leaf = rss_map_own(TAGS_LEAF_ENTRIES * sizeof *leaf);
    if (leaf)
        set_leaf(at, leaf);
    return leaf;
}

/* Where other things lay before, there may be leaves already: those are left alone from now on. */
bool tags_place(const void *start, size_t bytes, tag_entry *leaves)
{
    size_t first = (uintptr_t)start >> TAGS_LEAF_SHIFT, count = bytes >> TAGS_LEAF_SHIFT, i = 0;
    bool was_inside = guard_enter();
    grow_lock();
    for (; i < count && reserve_place(); i++)
        set_leaf(first + i, leaves + i * TAGS_LEAF_ENTRIES);
    grow_unlock();
    guard_leave(was_inside);
    return i == count;
}

tag_entry *tags_make(const void *block)
{
    tag_entry *entry = tags_find(block);
    if (LIKELY(entry != NULL))
        return entry;
    bool was_inside = guard_enter();
    uint64_t faults = witness_own_begin();
    grow_lock();
    const tag_entry *leaf = make_leaf((uintptr_t)block >> TAGS_LEAF_SHIFT);
    grow_unlock();
    witness_own_end(faults);
    guard_leave(was_inside);
    return leaf ? tags_find(block) : NULL;
}

/* The `i`-th entry of a block, whose first one is `entry`; its leaf made where it is a missing next
 * one, NULL where memory is short. */
static tag_entry *further_entry(const void *block, tag_entry *entry, unsigned i)
{
    size_t index = (uintptr_t)block >> TAGS_GRANULE_SHIFT & (TAGS_LEAF_ENTRIES - 1);
    if (LIKELY(index + i < TAGS_LEAF_ENTRIES))
        return entry + i;
    return tags_make((const char *)block + ((size_t)i << TAGS_GRANULE_SHIFT));
}

/* Half a size, where a tag has its site and its bytes; column 0, so that tags_replace leaves it. */
enum { HALF_BITS = TAG_SITE_BITS + TAG_BYTES_BITS };

static uint32_t half_pack(uint64_t half)
{
    uint32_t bits = (uint32_t)half & ((1u << HALF_BITS) - 1);
    return tag_of(bits >> TAG_BYTES_BITS, 0) | (bits & TAG_BYTES_MASK);
}

static uint64_t half_unpack(uint32_t packed)
{
    return (uint64_t)tag_site(packed) << TAG_BYTES_BITS | (packed & TAG_BYTES_MASK);
}

bool tags_set_large(const void *block, uint32_t tag, size_t bytes)
{
    tag_entry *entry = tags_make(block);
    if (!entry)
        return false;
    tag_entry *low = further_entry(block, entry, 1), *high = further_entry(block, entry, 2);
    if (!low || !high)
        return false;
    atomic_store_explicit(low, half_pack(bytes), memory_order_relaxed);
    atomic_store_explicit(high, half_pack((uint64_t)bytes >> HALF_BITS), memory_order_relaxed);
    atomic_store_explicit(entry, tag, memory_order_release);
    return true;
}

size_t tags_take_large(const void *block)
{
    tag_entry *entry = tags_find(block);
    tag_entry *low = further_entry(block, entry, 1), *high = further_entry(block, entry, 2);
    uint64_t bytes = half_unpack(atomic_load_explicit(low, memory_order_relaxed)) |
                     half_unpack(atomic_load_explicit(high, memory_order_relaxed)) << HALF_BITS;
    /* Other blocks can begin there next, that nobody tags. */
    atomic_store_explicit(low, 0, memory_order_relaxed);
    atomic_store_explicit(high, 0, memory_order_relaxed);
    return (size_t)bytes;
}

/* That entry's half; 0 where it is missing. */
static uint64_t half_at(const void *block, unsigned i)
{
    const tag_entry *entry = tags_find((const char *)block + ((size_t)i << TAGS_GRANULE_SHIFT));
    return entry ? half_unpack(atomic_load_explicit(entry, memory_order_relaxed)) : 0;
}

size_t tags_bytes(const void *block, uint32_t tag)
{
    if (tag & TAG_BYTES_MASK)
        return tag & TAG_BYTES_MASK;
    return (size_t)(half_at(block, 1) | half_at(block, 2) << HALF_BITS) & (TAG_SIZE_NATIVE - 1);
}

size_t tags_leaves(void)
{
    return leaf_count;
}

const tag_entry *tags_leaf(size_t index, uintptr_t *start)
{
    *start = (uintptr_t)leaf_places[index] << TAGS_LEAF_SHIFT;
    return atomic_load_explicit(&tags_top[leaf_places[index]], memory_order_relaxed);
}

static void replace_in_leaf(tag_entry *leaf, const bool *retired, uint32_t column)
{
    for (size_t i = 0; i < TAGS_LEAF_ENTRIES; i++) {
        uint32_t tag = atomic_load_explicit(&leaf[i], memory_order_relaxed);
        while (tag && retired[tag_column(tag)] &&
               !atomic_compare_exchange_weak_explicit(
                   &leaf[i], &tag, tag_of(tag_site(tag), column) | (tag & TAG_BYTES_MASK),
                   memory_order_relaxed, memory_order_relaxed))
            continue;
    }
}

void tags_replace(const bool *retired, uint32_t column)
{
    bool was_inside = guard_enter();
    grow_lock();
    for (size_t i = 0; i < leaf_count; i++)
        replace_in_leaf(atomic_load_explicit(&tags_top[leaf_places[i]], memory_order_relaxed),
                        retired, column);
    grow_unlock();
    guard_leave(was_inside);
}

static size_t count_in_leaf(const tag_entry *leaf, uint32_t site)
{
    size_t count = 0;
    for (size_t i = 0; i < TAGS_LEAF_ENTRIES; i++) {
        uint32_t tag = atomic_load_explicit(&leaf[i], memory_order_relaxed);
        count += tag_site(tag) == site && tag_column(tag) != KEPT_NONE;
    }
    return count;
}

/* Leaves stay, and so does the array of their places where a larger one takes over: the lock is not
 * kept. */
size_t tags_count(uint32_t site)
{
    bool was_inside = guard_enter();
    grow_lock();
    const uint32_t *places = leaf_places;
    size_t leaves = leaf_count, count = 0;
    grow_unlock();
    guard_leave(was_inside);
    for (size_t i = 0; i < leaves; i++)
        count +=
            count_in_leaf(atomic_load_explicit(&tags_top[places[i]], memory_order_acquire), site);
    return count;
}
