/*
 * The nodes' tables. They grow by mremap, which moves no bytes; the hash is made anew at twice its
 * size when it is two thirds full. System calls are made without the C library's wrappers: the
 * worker has its own mmap, which counts.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct holders_walk holders_walk;

bool holders_grow(struct holders_room *room, size_t bytes)
{
    size_t grown = room->bytes ? room->bytes : 1 << 16;
    void *at;
    if (bytes <= room->bytes)
        return true;
    while (grown < bytes)
        grown *= 2;
    if (!room->bytes)
        at = (void *)syscall(SYS_mmap, NULL, grown, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, (off_t)0);
    else
        at = (void *)syscall(SYS_mremap, room->at, room->bytes, grown, MREMAP_MAYMOVE, NULL);
    if (at == MAP_FAILED) {
        holders_walk.is_short = true;
        return false;
    }
    room->at = at;
    room->bytes = grown;
    return true;
}

static inline size_t hash(uintptr_t address)
{
    return (size_t)((address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 20);
}

/* Where the address is, or would be: slots have a node's number and one more. */
static uint32_t *slot_of(uintptr_t address)
{
    uint32_t *slots = holders_walk.slots.at;
    const uintptr_t *nodes = holders_nodes();
    size_t at = hash(address) & holders_walk.slot_mask;
    while (slots[at] && nodes[slots[at] - 1] != address)
        at = (at + 1) & holders_walk.slot_mask;
    return &slots[at];
}

static bool grow_slots(void)
{
    struct holders_walk *walk = &holders_walk;
    struct holders_room before = walk->slots, grown = {NULL, 0};
    size_t count = before.bytes ? 2 * (walk->slot_mask + 1) : 1 << 16;
    if (!holders_grow(&grown, count * sizeof(uint32_t)))
        return false;
    walk->slots = grown;
    walk->slot_mask = count - 1;
    for (uint32_t i = 0; i < walk->count; i++)
        *slot_of(holders_nodes()[i]) = i + 1;
    if (before.bytes)
        syscall(SYS_munmap, before.at, before.bytes);
    return true;
}

static bool make_room(void)
{
    struct holders_walk *walk = &holders_walk;
    size_t count = (size_t)walk->count + 1;
    if (count >= HOLDERS_NOBODY - 1 || !holders_grow(&walk->nodes, count * sizeof(uintptr_t)) ||
        !holders_grow(&walk->parents, count * sizeof(uint32_t)) ||
        !holders_grow(&walk->flags, count) ||
        !holders_grow(&walk->groups, count * sizeof(uint32_t)))
        return false;
    return 3 * count < 2 * (walk->slots.bytes ? walk->slot_mask + 1 : 0) || grow_slots();
}

uint32_t holders_find(uintptr_t address)
{
    return holders_walk.count ? *slot_of(address) - 1 : HOLDERS_NOBODY;
}

uint32_t holders_add(uintptr_t address, enum holders_kind kind, uint32_t parent)
{
    struct holders_walk *walk = &holders_walk;
    uint32_t *slot, node;
    if (!walk->count && !make_room())
        return HOLDERS_NOBODY;
    slot = slot_of(address);
    if (*slot)
        return *slot - 1;
    if (!make_room())
        return HOLDERS_NOBODY;
    node = walk->count;
    holders_nodes()[node] = address;
    holders_parents()[node] = parent;
    holders_flags()[node] = (uint8_t)kind;
    slot = slot_of(address); /* the slots may have moved */
    *slot = ++walk->count;
    return node;
}

/* ---- types ---- */

static uintptr_t *type_slot(uintptr_t address)
{
    uintptr_t *types = holders_walk.types.at;
    size_t at = hash(address) & holders_walk.type_mask;
    while (types[at] && types[at] != address)
        at = (at + 1) & holders_walk.type_mask;
    return &types[at];
}

static bool grow_types(void)
{
    struct holders_walk *walk = &holders_walk;
    struct holders_room before = walk->types, grown = {NULL, 0};
    size_t old = before.bytes ? walk->type_mask + 1 : 0, count = old ? 2 * old : 1 << 13;
    const uintptr_t *types = before.at;
    if (!holders_grow(&grown, count * sizeof(uintptr_t)))
        return false;
    walk->types = grown;
    walk->type_mask = count - 1;
    for (size_t i = 0; i < old; i++)
        if (types[i])
            *type_slot(types[i]) = types[i];
    if (before.bytes)
        syscall(SYS_munmap, before.at, before.bytes);
    return true;
}

bool holders_add_type(const PyTypeObject *type)
{
    struct holders_walk *walk = &holders_walk;
    uintptr_t *slot;
    if ((!walk->types.bytes || 2 * walk->type_count > walk->type_mask) && !grow_types())
        return false;
    slot = type_slot((uintptr_t)type);
    if (!*slot) {
        *slot = (uintptr_t)type;
        walk->type_count++;
    }
    return true;
}

bool holders_is_type(uintptr_t address)
{
    return address && *type_slot(address) == address;
}
