/*
 * Memory of the walk's own, the nodes' tables, and what is known of types. Tables are reserved as
 * long as they can become, which is known from the number of blocks, and take memory as they are
 * used; where there is no address space for that, they grow by mremap. System calls are made
 * without the C library's wrappers: the worker has its own mmap, which counts.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define HUGE_BYTES ((size_t)8 << 20) /* so large a table is going to fill large pages */

struct holders_walk holders_walk;

static void *map(size_t bytes)
{
    void *at = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, (off_t)0);
    if (at == MAP_FAILED)
        return NULL;
#ifdef MADV_HUGEPAGE
    if (bytes >= HUGE_BYTES)
        syscall(SYS_madvise, at, bytes, MADV_HUGEPAGE);
#endif
    return at;
}

bool holders_grow(struct holders_room *room, size_t bytes)
{
    size_t grown = room->bytes ? room->bytes : 1 << 16;
    void *at;
    if (LIKELY(bytes <= room->bytes))
        return true;
    while (grown < bytes)
        grown *= 2;
    if (!room->bytes)
        at = map(grown);
    else
        at = (void *)syscall(SYS_mremap, room->at, room->bytes, grown, MREMAP_MAYMOVE, NULL);
    if (!at || at == MAP_FAILED) {
        holders_walk.is_short = true;
        return false;
    }
    room->at = at;
    room->bytes = grown;
    return true;
}

void holders_reserve(struct holders_room *room, size_t bytes)
{
    if (room->bytes || bytes < 1 << 16)
        return;
    room->at = map(bytes);
    room->bytes = room->at ? bytes : 0;
}

void *holders_take(size_t bytes)
{
    static char *at;
    static size_t left;
    size_t piece = holders_walk.blocks > 1000 * 1000 ? HUGE_BYTES : (size_t)256 << 10;
    if (bytes > left) {
        char *taken = map(piece);
        if (!taken && bytes <= (64 << 10))
            taken = map(piece = 64 << 10);
        if (!taken) {
            holders_walk.is_short = true;
            return NULL;
        }
        at = taken;
        left = piece;
    }
    void *result = at;
    at += bytes;
    left -= bytes;
    return result;
}

uint32_t holders_add(uintptr_t address, unsigned flags, uint32_t parent)
{
    struct holders_walk *walk = &holders_walk;
    size_t count = (size_t)walk->count + 1;
    if (count >= HOLDERS_NOBODY - 1 || !holders_grow(&walk->nodes, count * sizeof(uintptr_t)) ||
        !holders_grow(&walk->parents, count * sizeof(uint32_t)) ||
        !holders_grow(&walk->flags, count))
        return HOLDERS_NOBODY;
    holders_nodes()[walk->count] = address;
    holders_parents()[walk->count] = parent;
    holders_flags()[walk->count] = (uint8_t)flags;
    return walk->count++;
}

/* ---- types ---- */

static struct holders_room classes; /* a hash, open addressing */
static size_t class_mask, class_count;

static size_t place(const PyTypeObject *type)
{
    const struct holders_class *table = classes.at;
    size_t at = (size_t)(((uintptr_t)type >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & class_mask;
    while (table[at].type && table[at].type != type)
        at = (at + 1) & class_mask;
    return at;
}

static bool grow_classes(void)
{
    struct holders_room before = classes;
    const struct holders_class *table = before.at;
    size_t old = before.bytes ? class_mask + 1 : 0, count = old ? 2 * old : 1 << 13;
    struct holders_room grown = {NULL, 0};
    if (!holders_grow(&grown, count * sizeof(struct holders_class)) || !grown.at)
        return false;
    classes = grown;
    class_mask = count - 1;
    for (size_t i = 0; i < old; i++)
        if (table[i].type)
            ((struct holders_class *)grown.at)[place(table[i].type)] = table[i];
    if (before.bytes)
        syscall(SYS_munmap, before.at, before.bytes);
    return true;
}

static unsigned traits_of(const PyTypeObject *type)
{
    if (type == &PyUnicode_Type)
        return HOLDERS_TEXT;
    if (type == &PyBytes_Type || type == &PyLong_Type || type == &PyFloat_Type ||
        type == &PyBool_Type || type == &PyComplex_Type || type == Py_TYPE(Py_None) ||
        type == Py_TYPE(Py_NotImplemented) || type == Py_TYPE(Py_Ellipsis))
        return HOLDERS_LEAF;
    if (type == &PyByteArray_Type)
        return HOLDERS_BARE;
    if (type == &PyDict_Type)
        return HOLDERS_DICT | holders_part_traits(type);
    if (type == &PyList_Type)
        return HOLDERS_LIST | holders_part_traits(type);
    return holders_is_own(type) ? HOLDERS_LEAF : holders_part_traits(type);
}

static void set_words(struct holders_class *class)
{
    const PyTypeObject *type = class->type;
    unsigned head = class->before / sizeof(uintptr_t);
    Py_ssize_t bytes =
        type == &PyUnicode_Type ? (Py_ssize_t)sizeof(PyCompactUnicodeObject) : type->tp_basicsize;
    Py_ssize_t words = (bytes + class->before) / (Py_ssize_t)sizeof(uintptr_t);
    class->head = (uint8_t)head;
    class->first_head = (uint8_t)(type->tp_flags & Py_TPFLAGS_HAVE_GC ? head - 2 : head);
    class->words = (uint8_t)(words < 0 ? 0 : words > 128 ? 128 : words);
}

/* A type's own type says that it is one. */
static bool is_type(const PyTypeObject *type)
{
    if (!holders_is_address((uintptr_t)type) || (uintptr_t)type % sizeof(void *))
        return false;
    const PyTypeObject *own = ((const PyObject *)type)->ob_type;
    return holders_is_address((uintptr_t)own) && own->tp_flags & Py_TPFLAGS_TYPE_SUBCLASS;
}

const struct holders_class *holders_class(const PyTypeObject *type)
{
    struct holders_class *class;
    if (UNLIKELY(!classes.at || 2 * class_count > class_mask) && !grow_classes())
        return NULL;
    class = &((struct holders_class *)classes.at)[place(type)];
    if (LIKELY(class->type != NULL))
        return class;
    if (!is_type(type))
        return NULL;
    struct holders_class made = {.type = type,
                                 .traits = (uint16_t)traits_of(type),
                                 .before = (uint8_t)holders_before(type),
                                 .blocks = type == &PyDict_Type || type == &PyList_Type ? 2 : 1};
    set_words(&made);
#if PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x030d0000
    made.blocks = (uint8_t)(made.blocks + ((type->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0));
#endif
    *class = made; /* what could fail has not */
    class_count++;
    return class;
}

bool holders_is_type(uintptr_t address)
{
    const struct holders_class *table = classes.at;
    const PyTypeObject *type = (const PyTypeObject *)address;
    return address && table && table[place(type)].type == type;
}
