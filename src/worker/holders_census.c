/*
 * All blocks are gone through twice: first for the objects, which then claim what they point to,
 * and then for what nobody has claimed. A bit for each block says which is done.
 *
 * An object is known by its type, and a type by what it is: it lies in the data of a library or in
 * a block that is large enough for one, and its own type is one whose objects are types. So no word
 * is followed that could lead out of the program's memory.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_census.h"

#include <link.h>
#include <string.h>

#include "wire/segment.h"
#include "worker/publish.h"
#include "worker/tags.h"

/* More references than this nothing has, but what lives for ever (3.12). */
#define REFERENCES_MAX ((Py_ssize_t)1 << 40)
enum {
    WORD = sizeof(uintptr_t),
    BEFORE_MAX = 32,
    WORDS_MAX = 128,   /* of an object, that are looked at; and of a block behind it: */
    CLAIMED_FIRST = 4, /* from its start, and the last one, as of the blocks of a deque */
    CLAIMED_AT_ONCE = 64,
    FREE_BYTES_MAX = 64, /* what CPython keeps for the next object of its type is no larger */
    IMAGES = 2048,
    LARGE_ENTRIES = 2, /* that have the size of a large block */
};

/* ---- types ---- */

static struct {
    uintptr_t start, end;
    bool is_data; /* can be written to */
} images[IMAGES];
static size_t image_count;

static int add_image(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size, (void)context;
    for (size_t i = 0; i < info->dlpi_phnum && image_count < IMAGES; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_R))
            continue;
        images[image_count].start = info->dlpi_addr + part->p_vaddr;
        images[image_count].end = info->dlpi_addr + part->p_vaddr + part->p_memsz;
        images[image_count++].is_data = (part->p_flags & PF_W) != 0;
    }
    return 0;
}

void holders_census_prepare(void)
{
    image_count = 0;
    dl_iterate_phdr(add_image, NULL);
}

/* Is that in a library? */
static bool is_in_image(uintptr_t address, size_t bytes, bool wants_data)
{
    for (size_t i = 0; i < image_count; i++)
        if (address >= images[i].start && address + bytes <= images[i].end)
            return images[i].is_data || !wants_data;
    return false;
}

/* Is there memory enough for a type at that address? One that is allocated has the collector's
 * words before it. */
static bool has_room_for_type(uintptr_t address)
{
    if (!holders_is_address(address) || address % sizeof(void *))
        return false;
    for (uintptr_t before = BEFORE_MAX / 2; before <= BEFORE_MAX; before += BEFORE_MAX / 2)
        if (holders_bytes(address - before) >= before + sizeof(PyTypeObject))
            return true;
    return is_in_image(address, sizeof(PyTypeObject), true);
}

static bool makes_types(uintptr_t address)
{
    return address == (uintptr_t)&PyType_Type ||
           (has_room_for_type(address) &&
            PyType_HasFeature((PyTypeObject *)address, Py_TPFLAGS_TYPE_SUBCLASS) &&
            (uintptr_t)Py_TYPE((PyObject *)address) != address &&
            has_room_for_type((uintptr_t)Py_TYPE((PyObject *)address)));
}

static bool has_name(const PyTypeObject *type)
{
    uintptr_t name = (uintptr_t)type->tp_name;
    uint64_t bytes;
    return holders_is_address(name) &&
           (is_in_image(name, 1, false) || holders_block_of(name, &bytes));
}

/* Learn the type, if it is one. */
static bool is_type(uintptr_t address)
{
    if (holders_is_type(address))
        return true;
    if (!has_room_for_type(address))
        return false;
    PyTypeObject *type = (PyTypeObject *)address;
    return makes_types((uintptr_t)Py_TYPE((PyObject *)type)) && type->tp_flags & Py_TPFLAGS_READY &&
           type->tp_basicsize >= (Py_ssize_t)sizeof(PyObject) && has_name(type) &&
           holders_class(type);
}

/* The object in a block, NULL: it is none. `is_dead`: it was one of that type. */
static PyObject *object_in(uintptr_t block, uint64_t bytes, bool *is_dead)
{
    *is_dead = false;
    for (size_t before = 0; before <= BEFORE_MAX; before += BEFORE_MAX / 2) {
        PyObject *object = (PyObject *)(block + before);
        if (bytes < before + sizeof(PyObject))
            return NULL;
        if (object->ob_refcnt < 0 || object->ob_refcnt >= REFERENCES_MAX ||
            !is_type((uintptr_t)object->ob_type) || holders_before(object->ob_type) != before)
            continue;
        *is_dead = object->ob_refcnt == 0;
        return *is_dead ? NULL : object;
    }
    return NULL;
}

/* ---- sums ---- */

static struct holders_room rows; /* a hash, open addressing; a row without bytes is free */
static size_t row_mask, row_count;

static struct holders_census_row *row_of(const PyTypeObject *type, uint32_t site)
{
    struct holders_census_row *table = rows.at;
    uint64_t key = ((uintptr_t)type >> 4) ^ (uint64_t)site << 40;
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 20) & row_mask;
    while (table[at].bytes && (table[at].type != type || table[at].site != site))
        at = (at + 1) & row_mask;
    return &table[at];
}

static bool grow_rows(void)
{
    struct holders_room before = rows, grown = {NULL, 0};
    const struct holders_census_row *table = before.at;
    size_t old = before.bytes ? row_mask + 1 : 0, count = old ? 2 * old : 1 << 13;
    if (!holders_grow(&grown, count * sizeof(struct holders_census_row)))
        return false;
    rows = grown;
    row_mask = count - 1;
    for (size_t i = 0; i < old; i++)
        if (table[i].bytes)
            *row_of(table[i].type, table[i].site) = table[i];
    return true; /* the one before stays where it is: it is a part of this at the most */
}

/* A block without bytes is no memory. */
static void add(uint32_t tag, const PyTypeObject *type, uint64_t count, uint64_t bytes)
{
    if (!bytes || ((!rows.bytes || 2 * row_count > row_mask) && !grow_rows()))
        return;
    struct holders_census_row *row = row_of(type, tag_site(tag));
    row_count += !row->bytes;
    row->type = type;
    row->site = tag_site(tag);
    row->count += count;
    row->bytes += bytes;
}

/* ---- blocks ---- */

static bool is_done(uintptr_t block)
{
    const struct holders_word *word = holders_word(block);
    return !word || word->met & holders_bit(block);
}

static void set_done(uintptr_t block)
{
    struct holders_word *word = holders_word(block);
    if (word)
        word->met |= holders_bit(block);
}

/* Give the block that the address points into to the type, where it is no object and nobody's yet.
 * Its start, or 0. */
static uintptr_t claim(uintptr_t address, const PyTypeObject *type)
{
    uint64_t bytes;
    bool is_dead;
    uintptr_t block = holders_is_address(address) ? holders_block_of(address, &bytes) : 0;
    if (!block || is_done(block) || object_in(block, bytes, &is_dead) || is_dead)
        return 0;
    set_done(block);
    add(holders_tag(block), type, 0, bytes);
    return block;
}

/* What is behind a claimed block is the same object's. */
static void claim_from(uintptr_t address, const PyTypeObject *type)
{
    uintptr_t waiting[CLAIMED_AT_ONCE];
    size_t count = 0;
    uintptr_t block = claim(address, type);
    if (block)
        waiting[count++] = block;
    while (count) {
        const uintptr_t *words = (const uintptr_t *)(block = waiting[--count]);
        size_t len = holders_bytes(block) / WORD;
        for (size_t i = 0; i < len; i++) {
            if (i == CLAIMED_FIRST)
                i = len - 1;
            uintptr_t next = count < CLAIMED_AT_ONCE ? claim(words[i], type) : 0;
            if (next)
                waiting[count++] = next;
        }
    }
}

static void claim_all(PyObject *object, uintptr_t block, uint64_t bytes)
{
    const PyTypeObject *type = Py_TYPE(object);
    const uintptr_t *words = (const uintptr_t *)block;
    size_t head = ((uintptr_t)object - block) / WORD;
    size_t links = type->tp_flags & Py_TPFLAGS_HAVE_GC ? head - 2 : head; /* the collector's */
    size_t last = head + (size_t)type->tp_basicsize / WORD;
    last = last < bytes / WORD ? last : bytes / WORD;
    last = last < WORDS_MAX ? last : WORDS_MAX;
    for (size_t i = 0; i < last; i++)
        if (i < links || i > head + 1)
            claim_from(words[i], type);
}

/* pymemtop's own are not counted. What is behind them may be the program's: a dict that is made of
 * the block of one of theirs, which CPython has kept, is the program's, though no allocator has
 * seen that. */
static void count_object(uintptr_t block, uint32_t tag)
{
    uint64_t bytes = tags_bytes((const void *)block, tag);
    bool is_dead;
    PyObject *object = object_in(block, bytes, &is_dead);
    if (object || is_dead)
        set_done(block);
    if (!object)
        return;
    if (tag_column(tag) != KEPT_NONE)
        add(tag, Py_TYPE(object), 1, bytes);
    claim_all(object, block, bytes);
}

static void count_rest(uintptr_t block, uint32_t tag)
{
    uint64_t bytes = tags_bytes((const void *)block, tag);
    bool is_free = bytes >= WORD && bytes <= FREE_BYTES_MAX && *(const uintptr_t *)block == 0;
    if (tag_column(tag) != KEPT_NONE && !is_done(block) && !is_free)
        add(tag, NULL, 1, bytes);
}

/* ---- going through all ---- */

static struct {
    void (*count)(uintptr_t block, uint32_t tag);
    size_t leaf;
    /* The next one in there; moved on before it is looked at, as that may fail. What of a size is
     * in the next leaf is taken for a block of pymemtop's own, whose words are no object's. */
    uint32_t entry;
    unsigned percent;
} scan;

static bool scan_leaf(void)
{
    uintptr_t start;
    if (scan.leaf >= tags_leaves() || holders_walk.is_late)
        return false;
    const tag_entry *tags = tags_leaf(scan.leaf, &start);
    while (scan.entry < TAGS_LEAF_ENTRIES) {
        uintptr_t block = start + ((uintptr_t)scan.entry << TAGS_GRANULE_SHIFT);
        uint32_t tag = atomic_load_explicit(&tags[scan.entry++], memory_order_relaxed);
        if (!tag)
            continue;
        if (!(tag & TAG_BYTES_MASK))
            scan.entry += LARGE_ENTRIES;
        scan.count(block, tag);
    }
    scan.entry = 0;
    scan.leaf++;
    holders_walk.is_late = holders_is_over();
    holders_progress(scan.percent + (unsigned)(50 * scan.leaf / tags_leaves()));
    return true;
}

static void scan_all(void (*count)(uintptr_t block, uint32_t tag), unsigned percent)
{
    scan.count = count;
    scan.leaf = scan.entry = 0;
    scan.percent = percent;
    holders_each(scan_leaf);
}

/* ---- falling by bytes: a heap sort, which needs no memory ---- */

static void sift(struct holders_census_row *heap, size_t at, size_t count)
{
    struct holders_census_row row = heap[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && heap[child + 1].bytes < heap[child].bytes)
            child++;
        if (heap[child].bytes >= row.bytes)
            break;
        heap[at] = heap[child];
    }
    heap[at] = row;
}

static void sort(struct holders_census_row *table, size_t count)
{
    for (size_t i = count / 2; i > 0; i--)
        sift(table, i - 1, count);
    for (size_t i = count; i > 1; i--) {
        struct holders_census_row least = table[0];
        table[0] = table[i - 1];
        table[i - 1] = least;
        sift(table, 0, i - 1);
    }
}

static size_t close_up(struct holders_census_row *table)
{
    size_t count = 0;
    for (size_t i = 0; rows.bytes && i <= row_mask; i++)
        if (table[i].bytes)
            table[count++] = table[i];
    return count;
}

void holders_census(struct holders_text *out)
{
    size_t leaves = tags_top ? tags_leaves() : 0;
    for (size_t i = 0; i < leaves; i++) {
        uintptr_t start;
        tags_leaf(i, &start);
        holders_make_word(start);
    }
    holders_class(&PyType_Type);
    if (leaves) {
        scan_all(count_object, 0);
        scan_all(count_rest, 50);
    }
    size_t count = close_up(rows.at);
    sort(rows.at, count);
    holders_census_tell(out, rows.at, count);
}
