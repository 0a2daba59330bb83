/*
 * Blocks: which ones are of the lines that are asked about, what lies in them, and whose they are.
 *
 * That a block is an object is seen from its words: behind a preheader of the length that its type
 * wants there are a count of references and a type that other objects have, too. A block that is
 * none (a list's items, a dict's table, numpy's data) belongs to the object whose block has a word
 * that points into it; that is looked for while the object is looked at anyway.
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
enum { WORD = sizeof(uintptr_t), GRANULE = 1 << TAGS_GRANULE_SHIFT, PREFIX_GRANULES = 4 };

uint32_t holders_tag(uintptr_t block)
{
    const tag_entry *entry;
    if (block & (GRANULE - 1) || !holders_is_address(block) || !tags_top)
        return 0;
    entry = tags_find((const void *)block);
    return entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
}

uint64_t holders_bytes(uintptr_t block)
{
    uint32_t tag = holders_tag(block);
    return tag ? tags_bytes((const void *)block, tag) : 0;
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

static void add_target(struct holders_word *word, uintptr_t block, uint32_t tag)
{
    struct holders_walk *walk = &holders_walk;
    if (walk->target_count >= HOLDERS_NOBODY - 1 ||
        !holders_grow(&walk->targets, (walk->target_count + 1) * sizeof(struct holders_target)))
        return;
    if (!walk->target_count)
        walk->first_target = block;
    walk->last_target = block + tags_bytes((const void *)block, tag);
    word->target |= holders_bit(block);
    holders_targets()[walk->target_count++] = (struct holders_target){
        .block = block,
        .node = HOLDERS_NOBODY,
        .column = (uint8_t)tag_column(tag),
        .question = (uint8_t)(question_of[tag_site(tag)] - 1),
    };
}

static void look_in_leaf(struct holders_leaf *leaf, uintptr_t start)
{
    const tag_entry *tags = tags_find((const void *)start);
    for (uint32_t i = 0; tags && i < TAGS_LEAF_ENTRIES; i++) {
        struct holders_word *word = &leaf->words[i >> 6];
        uint32_t tag = atomic_load_explicit(&tags[i], memory_order_relaxed);
        if (i % 64 == 0)
            word->rank = (uint32_t)holders_walk.target_count;
        if (!tag || tag_column(tag) == KEPT_NONE)
            continue;
        holders_walk.blocks++;
        if (question_of[tag_site(tag)])
            add_target(word, start + ((uintptr_t)i << TAGS_GRANULE_SHIFT), tag);
    }
}

void holders_find_targets(void)
{
    size_t count = tags_top ? tags_leaves() : 0;
    find_sites();
    for (size_t i = 0; i < count; i++) {
        uintptr_t start;
        tags_leaf(i, &start);
        holders_make_word(start);
    }
    holders_each_leaf(look_in_leaf);
}

static uint32_t rank_of(const struct holders_word *word, uintptr_t address)
{
    return word->rank + (uint32_t)__builtin_popcountll(word->target & (holders_bit(address) - 1));
}

uint32_t holders_target_at(uintptr_t block)
{
    const struct holders_word *word = holders_word(block);
    bool is_one = word && word->target & holders_bit(block);
    return is_one ? rank_of(word, block) : HOLDERS_NOBODY;
}

/* ---- owners ---- */

/* Give the target that the word points into to `node`, unless it has got one. */
static void own(uintptr_t address, uint32_t node)
{
    const struct holders_word *word = holders_word(address);
    if (!word)
        return;
    bool is_start = word->target & holders_bit(address);
    uint32_t before = rank_of(word, address) + is_start;
    if (!before)
        return;
    struct holders_target *target = &holders_targets()[before - 1];
    if (target->node != HOLDERS_NOBODY || (!(is_start && target->block == address) &&
                                           address - target->block >= holders_bytes(target->block)))
        return;
    target->node = node;
    target->is_owned = true;
}

void holders_give_block(uintptr_t block, uint32_t node)
{
    if (holders_is_address(block))
        own(block, node);
}

static bool is_head(const struct holders_class *class, unsigned word)
{
    return word >= class->first_head && word < class->head + 2u;
}

/* A type that lies in no block is shorter than those that do, and has nothing before it. */
static bool is_static_type(const PyObject *object, const struct holders_class *class)
{
    return class->type->tp_flags & Py_TPFLAGS_TYPE_SUBCLASS &&
           !(((const PyTypeObject *)object)->tp_flags & Py_TPFLAGS_HEAPTYPE);
}

void holders_look_for_targets(const PyObject *object, const struct holders_class *class,
                              uint32_t node)
{
    const struct holders_walk *walk = &holders_walk;
    const uintptr_t *words = (const uintptr_t *)((uintptr_t)object - class->before);
    if (is_static_type(object, class))
        return;
    for (unsigned i = 0; i < class->words; i++)
        if (words[i] >= walk->first_target && words[i] < walk->last_target && !is_head(class, i))
            own(words[i], node);
}

uintptr_t holders_block_of(uintptr_t address, uint64_t *bytes)
{
    uintptr_t block = address & ~(uintptr_t)(GRANULE - 1);
    for (unsigned i = 0; i < PREFIX_GRANULES && holders_is_address(block); i++, block -= GRANULE) {
        uint32_t tag = holders_tag(block);
        if (!tag || tag_column(tag) == KEPT_NONE)
            continue;
        *bytes = tags_bytes((const void *)block, tag);
        return address - block < *bytes ? block : 0;
    }
    return 0;
}

/* Bytes of the block that the address points into, where it is nobody's yet. */
static uint64_t claim(uintptr_t address)
{
    uint64_t bytes;
    uintptr_t block = holders_is_address(address) ? holders_block_of(address, &bytes) : 0;
    struct holders_word *word = block ? holders_word(block) : NULL;
    if (!word || (word->met | word->target) & holders_bit(block) || holders_object_in(block, bytes))
        return 0;
    word->met |= holders_bit(block);
    return bytes;
}

uint64_t holders_claim(uintptr_t block)
{
    return claim(block);
}

/* The keys of many instances are in one table, which is their type's. */
static bool is_shared(const PyObject *object, const struct holders_class *class, uintptr_t word)
{
    const PyDictObject *dict = (const PyDictObject *)object;
    return class->traits & HOLDERS_DICT && dict->ma_values && word == (uintptr_t)dict->ma_keys;
}

uint64_t holders_own_bytes(const PyObject *object, const struct holders_class *class)
{
    uintptr_t block = (uintptr_t)object - class->before;
    const uintptr_t *words = (const uintptr_t *)block;
    uint64_t bytes = holders_bytes(block), sum = bytes;
    unsigned last = class->words;
    if (class->traits & HOLDERS_LEAF || !bytes)
        return sum;
    last = bytes / WORD < last ? (unsigned)(bytes / WORD) : last;
    for (unsigned i = 0; i < last; i++)
        if (!is_head(class, i) && !is_shared(object, class, words[i]))
            sum += claim(words[i]);
    return sum;
}
