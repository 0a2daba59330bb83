#include "config.h"
#include "report/import_seen.h"

#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "report/import_parts.h"

enum { SLOTS_FIRST = 1024, WORD_BYTES = sizeof(uint64_t) };

/* ---- hashes, which are never 0 ---- */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * 0xBF58476D1CE4E5B9;
    return hash ^ hash >> 31;
}

static uint64_t hash_words(const uint64_t *words, size_t count)
{
    uint64_t hash = 0x9E3779B97F4A7C15;
    for (size_t i = 0; i < count; i++)
        hash = mix(hash, words[i]);
    return hash ? hash : 1;
}

static uint64_t hash_text(struct span text)
{
    uint64_t hash = text.len;
    for (size_t at = 0; at < text.len; at += WORD_BYTES) {
        uint64_t word = 0;
        size_t rest = text.len - at;
        memcpy(&word, text.at + at, rest < WORD_BYTES ? rest : WORD_BYTES);
        hash = mix(hash, word);
    }
    return hash ? hash : 1;
}

/* In ms. */
static uint64_t time_of(const struct import_row *row)
{
    return row->time_ns / NS_PER_MS;
}

/* A row of a log; of one whose record has an id it is another one. Numbers of the interns are the
 * same for the same text, so they stand for it. */
static uint64_t hash_row(const struct import_row *row, bool has_item)
{
    const uint64_t parts[] = {
        time_of(row),
        (uint64_t)row->mem_bytes,
        (uint64_t)row->increment_bytes,
        row->occurrences,
        (uint64_t)row->line << 32 | row->text,
        (uint64_t)row->key << 32 | row->instance,
        has_item,
    };
    return hash_words(parts, ARRAY_LEN(parts));
}

/* A row of a record: one may hold a table, and a query may make a record of each of its lines. */
static uint64_t hash_part(const struct import_seen *seen, const struct import_row *row)
{
    const uint64_t parts[] = {
        seen->item,
        seen->is_sure ? 0 : time_of(row),
        (uint64_t)row->mem_bytes,
        (uint64_t)row->increment_bytes,
        row->occurrences,
        (uint64_t)row->line << 32 | (row->line ? 0 : row->file),
    };
    return hash_words(parts, ARRAY_LEN(parts));
}

/* ---- the set ---- */

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

static void add(struct import_seen *seen, uint64_t hash)
{
    if (seen->count * 2 >= seen->slot_count)
        grow(seen);
    size_t at = find_slot(seen, hash);
    seen->count += !seen->slots[at];
    seen->slots[at] = hash;
}

static bool has(const struct import_seen *seen, uint64_t hash)
{
    return seen->slot_count && seen->slots[find_slot(seen, hash)];
}

/* ---- rows ---- */

void import_seen_fini(struct import_seen *seen)
{
    free(seen->slots);
}

void import_seen_begin_record(struct import_seen *seen, struct span id, bool is_sure)
{
    seen->item = id.len ? hash_text(id) : 0;
    seen->is_sure = is_sure;
}

/* Without a sure id the name of a file is taken as it comes: it only says where the next rows
 * stand.
 */
static bool has_part(const struct import_seen *seen, const struct import_row *row)
{
    return seen->item && (seen->is_sure || (row->line && row->time_ns));
}

bool import_seen_has(const struct import_seen *seen, const struct import_row *row)
{
    if (has_part(seen, row) && has(seen, hash_part(seen, row)))
        return true;
    if (!row->time_ns || !row->occurrences) /* nothing tells it from others */
        return false;
    return has(seen, hash_row(row, false)) || (!row->has_item && has(seen, hash_row(row, true)));
}

void import_seen_end_record(struct import_seen *seen, const struct import_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (has_part(seen, &rows[i]))
            add(seen, hash_part(seen, &rows[i]));
}

void import_seen_add_log(struct import_seen *seen, const struct import_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].time_ns && rows[i].occurrences)
            add(seen, hash_row(&rows[i], rows[i].has_item));
}
