/*
 * The tags of live blocks: for the address of a block, who allocated it, and how large it is.
 *
 * A block has no header of ours: that would change size classes and alignment, and with them the
 * memory that is to be measured. Instead there is a table by address with 4 bytes for each 16 of
 * address space, in two levels: a page of pointers is touched for each 128 MiB in use, and a leaf
 * of 64 KiB for each 256 KiB. Of json, dicts, strings, objects and an integer loop, throwaway
 * programs took 1.06 to 1.29 times the time with such a table on 3.11, 1.07 to 1.27 with a header
 * of 16 bytes (and 1.28 times the RSS, which is the program's own then), 1.21 to 2.21 with a hash
 * table; tests/bench has the figures of this one. Its size follows from the addresses in use and
 * not from the number of blocks. Leaves are made resident when they are made, and stay: they are
 * pymemtop's own bytes, and left out of what is shown. Where they lie does not matter: those of
 * small blocks lie beside these (pools.h), where they are found without the table.
 *
 * A tag is `site | column | bytes`, of 15, 7 and 10 bits. A block of more than TAG_BYTES_MAX has 0
 * for its bytes, and its size in the two entries that follow, which are its own as well, since it
 * is longer than 48 bytes. Such a size may carry a mark, TAG_SIZE_NATIVE. A tag is never 0: that is
 * an address at which no block that we know begins. Column 0 (KEPT_NONE) is pymemtop's own blocks,
 * and those sizes.
 *
 * Thread: any. Entries of a block are written by who allocates or frees it, and by tags_replace();
 * the functions are safe against each other.
 */
#ifndef WORKER_TAGS_H
#define WORKER_TAGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum {
    TAG_SITE_BITS = 15,
    TAG_COLUMN_BITS = 7,
    TAG_BYTES_BITS = 10,
    TAG_BYTES_MAX = 512, /* pymalloc's largest small block; it would fit up to 1023 */
    TAGS_LEAF_SHIFT = 18,
    TAGS_GRANULE_SHIFT = 4,
    TAGS_LEAF_ENTRIES = 1 << (TAGS_LEAF_SHIFT - TAGS_GRANULE_SHIFT),
#ifdef __x86_64__
    TAGS_ADDRESS_BITS = 47, /* of user space, unless more is asked for by a hint to mmap */
#else
    TAGS_ADDRESS_BITS = 48,
#endif
};
#define TAG_BYTES_MASK  ((1u << TAG_BYTES_BITS) - 1)
#define TAG_SIZE_NATIVE ((size_t)1 << 49) /* more than any block has, and the last bit there is */

typedef _Atomic uint32_t tag_entry;

/* By TAGS_LEAF_SHIFT-fold address: the leaves, NULL where there is none. NULL before tags_open. */
extern tag_entry *_Atomic *tags_top;

/* Reserve the first level. 0, or -1 where there is no address space for it. */
int tags_open(void);

static inline uint32_t tag_of(uint32_t site, uint32_t column)
{
    return site << (TAG_COLUMN_BITS + TAG_BYTES_BITS) | column << TAG_BYTES_BITS;
}

static inline uint32_t tag_site(uint32_t tag)
{
    return tag >> (TAG_COLUMN_BITS + TAG_BYTES_BITS);
}

static inline uint32_t tag_column(uint32_t tag)
{
    return tag >> TAG_BYTES_BITS & ((1u << TAG_COLUMN_BITS) - 1);
}

/* The entry for a block; NULL where its leaf is missing. */
static inline tag_entry *tags_find(const void *block)
{
    uintptr_t at = (uintptr_t)block;
    tag_entry *leaf = atomic_load_explicit(&tags_top[at >> TAGS_LEAF_SHIFT], memory_order_acquire);
    if (UNLIKELY(!leaf))
        return NULL;
    return &leaf[at >> TAGS_GRANULE_SHIFT & (TAGS_LEAF_ENTRIES - 1)];
}

/* The same, with its leaf made where it is missing; NULL where memory is short: the block is then
 * not counted. */
tag_entry *tags_make(const void *block);

/* From now on the entries for `bytes` from `start` on, at the borders of leaves, lie at `leaves`,
 * zeroed, resident, and own already. Nothing in there has a tag. False where memory is short. */
bool tags_place(const void *start, size_t bytes, tag_entry *leaves);

/* Tag a block of more than TAG_BYTES_MAX. False where memory is short. */
bool tags_set_large(const void *block, uint32_t tag, size_t bytes);
/* The size that was given there, with its mark, which is forgotten by this; the tag itself is the
 * caller's. */
size_t tags_take_large(const void *block);

/* How many blocks with a tag there are of `site`, pymemtop's own left out. They are as many as its
 * objects where each has one block that it was given for itself. CPython keeps the blocks of some
 * objects that are gone (lists, dicts, tuples, floats, frames) in free lists: no allocator sees
 * such a block change hands, and so it is of the site that allocated it, also while nobody has it.
 * Goes through all leaves, 5.8 ms for 1,638,400 of 64 bytes, 100 MiB. */
size_t tags_count(uint32_t site);

/* How many leaves there are, and the one of that index: where its entries are, and the address that
 * the first one is for. For who goes through all blocks in a child that was forked for it. */
size_t tags_leaves(void);
const tag_entry *tags_leaf(size_t index, uintptr_t *start);
/* Bytes of the block at that address, which has this tag. */
size_t tags_bytes(const void *block, uint32_t tag);

/* Give blocks of the columns that `retired` (by column) names to `column`. The caller sees to the
 * counters. Goes through all leaves. */
void tags_replace(const bool *retired, uint32_t column);

#endif
