#include "config.h"
#include "report/import_seen.h"

#include <stdlib.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "report/import_parts.h"

enum { SLOTS_FIRST = 1024 };

/* Numbers of the interns are the same for the same text, so they stand for it. Never 0. */
static uint64_t hash_row(const struct import_row *row)
{
    const uint64_t parts[] = {
        row->time_ns,
        (uint64_t)row->mem_bytes,
        (uint64_t)row->increment_bytes,
        row->occurrences,
        (uint64_t)row->line << 32 | row->text,
        (uint64_t)row->key << 32 | row->instance,
    };
    uint64_t hash = 0x9E3779B97F4A7C15;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        hash = (hash ^ parts[i]) * 0xBF58476D1CE4E5B9;
        hash ^= hash >> 31;
    }
    return hash ? hash : 1;
}

/* Where the hash is, or would be. */
static size_t find_slot(const struct import_seen *seen, uint64_t hash)
{
    size_t at = hash & (seen->slot_count - 1);
    while (seen->slots[at] && seen->slots[at] != hash)
        at = (at + 1) & (seen->slot_count - 1);
    return at;
}

static void grow(struct import_seen *seen)
{
    const struct import_seen old = *seen;
    seen->slot_count = old.slot_count ? old.slot_count * 2 : SLOTS_FIRST;
    seen->slots = mem_calloc(seen->slot_count, sizeof *seen->slots);
    for (size_t i = 0; i < old.slot_count; i++)
        if (old.slots[i])
            seen->slots[find_slot(seen, old.slots[i])] = old.slots[i];
    free(old.slots);
}

void import_seen_fini(struct import_seen *seen)
{
    free(seen->slots);
}

void import_seen_add(struct import_seen *seen, const struct import_row *row)
{
    if (!row->time_ns)
        return;
    if (seen->count * 2 >= seen->slot_count)
        grow(seen);
    uint64_t hash = hash_row(row);
    size_t at = find_slot(seen, hash);
    seen->count += !seen->slots[at];
    seen->slots[at] = hash;
}

bool import_seen_has(const struct import_seen *seen, const struct import_row *row)
{
    if (!row->time_ns || !seen->slot_count)
        return false;
    return seen->slots[find_slot(seen, hash_row(row))] != 0;
}
