/* A table with open addressing, at most half full, of numbers of entries. */
#include "config.h"
#include "base/intern.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SLOTS_LEAST = 64 };

void intern_fini(struct intern *intern)
{
    free(intern->bytes);
    free(intern->entries);
    free(intern->slots);
    *intern = (struct intern){0};
}

/* FNV-1a over words of eight bytes, then over the rest, and mixed at the end. */
static uint32_t hash_of(struct span text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    size_t at = 0;
    for (; at + 8 <= text.len; at += 8) {
        uint64_t word;
        memcpy(&word, text.at + at, sizeof word);
        hash = (hash ^ word) * 0x100000001b3u;
        hash ^= hash >> 29;
    }
    for (; at < text.len; at++)
        hash = (hash ^ (unsigned char)text.at[at]) * 0x100000001b3u;
    hash ^= hash >> 32;
    return (uint32_t)(hash ^ hash >> 15);
}

static void place(struct intern *intern, uint32_t number)
{
    uint32_t mask = intern->slot_count - 1;
    uint32_t at = intern->entries[number].hash & mask;
    while (intern->slots[at])
        at = (at + 1) & mask;
    intern->slots[at] = number + 1;
}

static void grow_slots(struct intern *intern)
{
    if (intern->slot_count && intern->count < intern->slot_count / 2)
        return;
    free(intern->slots);
    intern->slot_count = intern->slot_count ? intern->slot_count * 2 : SLOTS_LEAST;
    intern->slots = mem_calloc(intern->slot_count, sizeof *intern->slots);
    for (uint32_t i = 0; i < intern->count; i++)
        place(intern, i);
}

static uint32_t append(struct intern *intern, struct span text, uint32_t hash)
{
    if (intern->count == intern->entry_capacity) {
        intern->entry_capacity = intern->entry_capacity ? intern->entry_capacity * 2 : SLOTS_LEAST;
        intern->entries =
            mem_resize(intern->entries, intern->entry_capacity, sizeof *intern->entries);
    }
    if (intern->capacity - intern->len < text.len) {
        intern->capacity = intern->capacity * 2 + text.len + 4096;
        intern->bytes = mem_resize(intern->bytes, intern->capacity, 1);
    }
    if (text.len)
        memcpy(intern->bytes + intern->len, text.at, text.len);
    intern->entries[intern->count] =
        (struct intern_entry){.offset = intern->len, .len = (uint32_t)text.len, .hash = hash};
    intern->len += text.len;
    place(intern, intern->count);
    return intern->count++;
}

uint32_t intern_add(struct intern *intern, struct span text)
{
    uint32_t hash = hash_of(text);
    if (text.len >= UINT32_MAX || intern->count >= UINT32_MAX / 4)
        return UINT32_MAX;
    grow_slots(intern);
    uint32_t mask = intern->slot_count - 1;
    for (uint32_t at = hash & mask; intern->slots[at]; at = (at + 1) & mask) {
        uint32_t number = intern->slots[at] - 1;
        if (intern->entries[number].hash == hash && span_equal(intern_text(intern, number), text))
            return number;
    }
    return append(intern, text, hash);
}

struct span intern_text(const struct intern *intern, uint32_t number)
{
    const struct intern_entry *entry = &intern->entries[number];
    return (struct span){intern->bytes ? intern->bytes + entry->offset : "", entry->len};
}
