/*
 * Blocks: which ones are of the lines that are asked about, what lies in them, and whose they are.
 *
 * That a block is an object is seen from its words: behind a preheader of the length that its type
 * wants there are a count of references and a type that other objects have, too. A block that is
 * none (a list's items, a dict's table, numpy's data) belongs to the object whose block has a word
 * that points into it.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <string.h>

#include "wire/segment.h"
#include "worker/publish.h"
#include "worker/tags.h"

/* More references than this nothing has, but what lives for ever (3.12). */
#define REFERENCES_MAX ((Py_ssize_t)1 << 40)
enum { WORD = sizeof(uintptr_t), FREE_BYTES_MAX = 64 };

uint32_t holders_tag(uintptr_t block)
{
    const tag_entry *entry;
    if (block & ((1u << TAGS_GRANULE_SHIFT) - 1) || block >> TAGS_ADDRESS_BITS || !tags_top)
        return 0;
    entry = tags_find((const void *)block);
    return entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
}

uint64_t holders_bytes(uintptr_t block, uint32_t tag)
{
    return tags_bytes((const void *)block, tag);
}

uintptr_t holders_block(PyObject *object)
{
    return (uintptr_t)object - holders_before(Py_TYPE(object));
}

PyObject *holders_object_in(uintptr_t block, uint64_t bytes)
{
    for (size_t before = 0; before <= 32; before += 16) {
        PyObject *object = (PyObject *)(block + before);
        if (bytes < before + sizeof(PyObject))
            return NULL;
        if (holders_is_type((uintptr_t)object->ob_type) && object->ob_refcnt > 0 &&
            object->ob_refcnt < REFERENCES_MAX && holders_before(object->ob_type) == before)
            return object;
    }
    return NULL;
}

/* ---- targets ---- */

static uint8_t question_of[SEGMENT_SITES]; /* by site: the question's index and one more */

static void find_sites(void)
{
    const struct segment *segment = publish_shared.segment;
    uint32_t sites = PUBLISH_LOAD(segment->site_count);
    for (uint32_t i = 1; i < sites && i < SEGMENT_SITES; i++) {
        const struct segment_site *site = &segment->sites[i];
        const struct segment_file *file = &segment->files[site->file];
        for (size_t q = 0; q < holders_walk.question_count; q++) {
            const struct holders_question *asked = &holders_walk.questions[q];
            if (asked->line == site->line && asked->path_len == file->path_len &&
                memcmp(asked->path, segment->strings + file->path_offset, file->path_len) == 0)
                question_of[i] = (uint8_t)(q + 1);
        }
    }
}

static void add_target(uintptr_t block, uint32_t tag)
{
    struct holders_walk *walk = &holders_walk;
    if (!holders_grow(&walk->targets, (walk->target_count + 1) * sizeof(struct holders_target)))
        return;
    holders_targets()[walk->target_count++] = (struct holders_target){
        .block = block,
        .bytes = holders_bytes(block, tag),
        .node = HOLDERS_NOBODY,
        .owner = HOLDERS_NOBODY,
        .column = (uint8_t)tag_column(tag),
        .question = (uint8_t)(question_of[tag_site(tag)] - 1),
    };
}

static void look_in_leaf(const tag_entry *leaf, uintptr_t start)
{
    for (uint32_t i = 0; i < TAGS_LEAF_ENTRIES; i++) {
        uint32_t tag = atomic_load_explicit(&leaf[i], memory_order_relaxed);
        if (tag && tag_column(tag) != KEPT_NONE && question_of[tag_site(tag)])
            add_target(start + ((uintptr_t)i << TAGS_GRANULE_SHIFT), tag);
    }
}

void holders_find_targets(void)
{
    struct holders_room order = {NULL, 0};
    size_t count = tags_top ? tags_leaves() : 0, *sorted;
    find_sites();
    if (!holders_grow(&order, (count + 1) * sizeof(size_t)))
        return;
    sorted = order.at;
    for (size_t i = 0; i < count; i++) { /* leaves are made in nearly this order */
        uintptr_t start, other;
        size_t at = i;
        tags_leaf(i, &start);
        for (; at > 0 && (tags_leaf(sorted[at - 1], &other), other > start); at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = i;
    }
    for (size_t i = 0; i < count; i++) {
        uintptr_t start;
        const tag_entry *leaf = tags_leaf(sorted[i], &start);
        look_in_leaf(leaf, start);
    }
}

/* The last target that begins at the address or before. */
static struct holders_target *last_before(uintptr_t address)
{
    struct holders_target *targets = holders_targets();
    size_t low = 0, high = holders_walk.target_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (targets[middle].block <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low ? &targets[low - 1] : NULL;
}

struct holders_target *holders_target_at(uintptr_t block)
{
    struct holders_target *target = last_before(block);
    return target && target->block == block ? target : NULL;
}

struct holders_target *holders_target_of(uint32_t node)
{
    struct holders_target *target = NULL;
    if (holders_kind(node) == HOLDERS_OBJECT)
        target = holders_target_at(holders_block(holders_object(node)));
    return target && target->node == node ? target : NULL;
}

/* ---- owners ---- */

static uint32_t scanned;

/* Give the block that the word points into to `owner`. */
static void own(uintptr_t word, uint32_t owner)
{
    struct holders_target *target = last_before(word);
    if (target && target->node == HOLDERS_NOBODY && target->owner == HOLDERS_NOBODY &&
        !target->is_free && word - target->block < target->bytes)
        target->owner = owner;
}

static bool scan_next(void)
{
    uint32_t node = scanned;
    const uintptr_t *words;
    uintptr_t block;
    uint32_t tag;
    if (node >= holders_walk.count)
        return false;
    scanned++;
    if (holders_kind(node) == HOLDERS_FRAME)
        return true;
    block = holders_kind(node) == HOLDERS_BLOCK ? holders_nodes()[node]
                                                : holders_block(holders_object(node));
    tag = holders_tag(block);
    words = (const uintptr_t *)block;
    const struct holders_target *first = holders_targets();
    const struct holders_target *last = first + holders_walk.target_count - 1;
    for (uint64_t i = 0, count = tag ? holders_bytes(block, tag) / WORD : 0; i < count; i++)
        if (words[i] >= first->block && words[i] < last->block + last->bytes)
            own(words[i], node);
    return true;
}

static bool has_free_start(const struct holders_target *target)
{
    return target->bytes <= FREE_BYTES_MAX && target->bytes >= WORD &&
           *(const uintptr_t *)target->block == 0;
}

void holders_find_owners(void)
{
    bool any = false;
    for (size_t i = 0; i < holders_walk.target_count; i++) {
        struct holders_target *target = &holders_targets()[i];
        PyObject *object = holders_object_in(target->block, target->bytes);
        if (object)
            target->node = holders_find((uintptr_t)object);
        if (target->node != HOLDERS_NOBODY)
            holders_flags()[target->node] |= HOLDERS_TARGET;
        any = any || target->node == HOLDERS_NOBODY;
    }
    scanned = 0;
    if (any)
        holders_each(scan_next);
    for (size_t i = 0; i < holders_walk.target_count; i++) {
        struct holders_target *target = &holders_targets()[i];
        target->is_free = target->node == HOLDERS_NOBODY && target->owner == HOLDERS_NOBODY &&
                          has_free_start(target);
    }
}

uint64_t holders_deep_bytes(uint32_t node)
{
    uintptr_t block;
    uint32_t tag;
    if (holders_kind(node) == HOLDERS_FRAME)
        return 0;
    block = holders_kind(node) == HOLDERS_BLOCK ? holders_nodes()[node]
                                                : holders_block(holders_object(node));
    tag = holders_tag(block);
    if (!tag)
        return 0;
    uint64_t bytes = holders_bytes(block, tag), sum = bytes;
    const uintptr_t *words = (const uintptr_t *)block;
    for (uint64_t i = 2; holders_kind(node) == HOLDERS_OBJECT && i < bytes / WORD && i < 64; i++) {
        uint32_t other = holders_tag(words[i]);
        /* A node of its own is counted there. */
        if (other && words[i] != block &&
            !holders_object_in(words[i], holders_bytes(words[i], other)) &&
            holders_find(words[i]) == HOLDERS_NOBODY)
            sum += holders_bytes(words[i], other);
    }
    return sum;
}
