/*
 * How the tables are filled.
 *
 * Counters are plain additions with relaxed stores: a store to a line of cache that only this core
 * writes costs what any store costs. What is done at every line is in the header, so that it
 * becomes part of the tracer's few instructions. Site 0 and cell 0, which mean "none", are written
 * like any other, instead of asking at every line whether there is one.
 *
 * A line's counters exist twice: in its site, for the worker's life, and in a cell, for one
 * invocation. To find the cell of (slot, site) the last answer for each site is remembered, which
 * is right for nearly every event; where two invocations alternate on a line, and where an
 * invocation comes to a line for the first time, a hash table of the cells is asked.
 *
 * A slot that the host has released still owns its chain. It is taken apart when the slot is used
 * again, or when cells run out.
 */
#include "config.h"
#include "worker/publish.h"

#include <string.h>
#include <sys/mman.h>

#include "base/clock.h"
#include "worker/rss.h"

#define LOAD  PUBLISH_LOAD
#define STORE PUBLISH_STORE
#define ADD   PUBLISH_ADD

struct publish_shared publish_shared;

static struct segment *segment; /* publish_shared.segment */
static struct hashed {
    uint32_t buckets[SEGMENT_CELLS]; /* first cell of each; SEGMENT_NONE where it is empty */
    uint32_t next[SEGMENT_CELLS];    /* by cell: the next one of its bucket */
    uint32_t slots[SEGMENT_CELLS];   /* by cell: whose it is */
} * hashed;
static uint32_t free_cells; /* chain through next */
static uint32_t fresh_cell = SEGMENT_NONE + 1;
static uint32_t running[SEGMENT_SLOTS]; /* slots of the running invocations, unordered */
static uint32_t running_count;
static uint64_t executions_shown; /* of publish_shared.executions, told by the ring */

int publish_open(struct segment *shared, struct error *error)
{
    publish_shared.segment = segment = shared;
    rss_add_own_shared((int64_t)sizeof *segment);
    publish_shared.recent = rss_map_own(SEGMENT_SITES * sizeof *publish_shared.recent);
    hashed = rss_map_own(sizeof *hashed);
    if (!publish_shared.recent || !hashed)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the line table");
    for (uint32_t site = 0; site < SEGMENT_SITES; site++)
        publish_shared.recent[site].slot = PUBLISH_UNKNOWN;
    struct segment_slot *outside = &segment->slots[PUBLISH_OUTSIDE];
    STORE(outside->number, INVOCATION_OUTSIDE);
    atomic_store_explicit(&outside->state, SLOT_RUNNING, memory_order_release);
    STORE(segment->own_bytes, rss_own_bytes());
    return 0;
}

void publish_detach(void)
{
    if (segment)
        (void)mmap(segment, sizeof *segment, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* Append bytes to the strings; false where they are full. */
static bool add_string(const char *text, size_t len, uint32_t *offset, uint32_t *string_len)
{
    uint32_t used = LOAD(segment->string_bytes);
    if (len > SEGMENT_STRING_BYTES - used)
        return false;
    memcpy(segment->strings + used, text, len);
    *offset = used;
    *string_len = (uint32_t)len;
    atomic_store_explicit(&segment->string_bytes, used + (uint32_t)len, memory_order_release);
    return true;
}

void publish_lose_line(void)
{
    ADD(segment->lines_lost, 1);
}

uint32_t publish_add_file(const char *path, size_t len)
{
    uint32_t index = LOAD(segment->file_count);
    struct segment_file *file = &segment->files[index];
    if (index >= SEGMENT_FILES || !add_string(path, len, &file->path_offset, &file->path_len)) {
        publish_lose_line();
        return PUBLISH_NO_FILE;
    }
    atomic_store_explicit(&segment->file_count, index + 1, memory_order_release);
    return index;
}

static uint32_t find_function(uint32_t file, uint32_t first_line, uint32_t last_line,
                              const char *name, size_t len)
{
    uint32_t count = LOAD(segment->function_count);
    for (uint32_t i = 0; i < count; i++) {
        const struct segment_function *each = &segment->functions[i];
        if (each->file == file && each->first_line == first_line && each->last_line == last_line &&
            each->name_len == len && memcmp(segment->strings + each->name_offset, name, len) == 0)
            return i;
    }
    return PUBLISH_NO_FUNCTION;
}

uint32_t publish_add_function(uint32_t file, uint32_t first_line, uint32_t last_line,
                              const char *name, size_t len)
{
    uint32_t known = find_function(file, first_line, last_line, name, len);
    uint32_t index = LOAD(segment->function_count);
    if (known != PUBLISH_NO_FUNCTION)
        return known;
    if (index >= SEGMENT_FUNCTIONS)
        return PUBLISH_NO_FUNCTION;
    struct segment_function *function = &segment->functions[index];
    if (!add_string(name, len, &function->name_offset, &function->name_len))
        return PUBLISH_NO_FUNCTION;
    function->file = file;
    function->first_line = first_line;
    function->last_line = last_line;
    atomic_store_explicit(&segment->function_count, index + 1, memory_order_release);
    return index;
}

bool publish_decorate(uint32_t function, bool tells)
{
    uint32_t count = LOAD(segment->decorated_count) + 1;
    if (LOAD(segment->functions[function].decorated))
        return false;
    STORE(segment->functions[function].decorated, tells ? count | DECORATED_TELLS : count);
    atomic_store_explicit(&segment->decorated_count, count, memory_order_release);
    return true;
}

void publish_call(const struct segment_call *call)
{
    uint64_t written = LOAD(segment->calls_written);
    uint64_t read = atomic_load_explicit(&segment->calls_read, memory_order_acquire);
    if (written - read >= SEGMENT_CALLS) {
        ADD(segment->calls_lost, 1);
        return;
    }
    segment->calls[written % SEGMENT_CALLS] = *call;
    atomic_store_explicit(&segment->calls_written, written + 1, memory_order_release);
}

void publish_forget_executions(uint32_t site)
{
    STORE(segment->sites[site].total.occurrences, 0);
    STORE(segment->cells[publish_shared.recent[site].cell].part.occurrences, 0);
}

uint32_t publish_add_site(uint32_t file, uint32_t line)
{
    uint32_t index = LOAD(segment->site_count);
    if (index >= SEGMENT_SITES) {
        publish_lose_line();
        return SEGMENT_NONE;
    }
    segment->sites[index].file = file;
    segment->sites[index].line = line;
    atomic_store_explicit(&segment->site_count, index + 1, memory_order_release);
    return index;
}

static uint32_t *bucket_of(uint32_t slot, uint32_t site)
{
    return &hashed->buckets[(site * 2654435761u + slot * 40503u) % SEGMENT_CELLS];
}

static void hash_add(uint32_t cell, uint32_t slot, uint32_t site)
{
    uint32_t *bucket = bucket_of(slot, site);
    hashed->slots[cell] = slot;
    hashed->next[cell] = *bucket;
    *bucket = cell;
}

static void hash_remove(uint32_t cell)
{
    uint32_t *at = bucket_of(hashed->slots[cell], segment->cells[cell].site);
    while (*at != SEGMENT_NONE && *at != cell)
        at = &hashed->next[*at];
    if (*at == cell)
        *at = hashed->next[cell];
}

/* Give the chain of a slot that the host has released back to the free cells. */
static void reclaim_cells(struct segment_slot *slot)
{
    uint32_t cell = LOAD(slot->first_cell);
    STORE(slot->first_cell, SEGMENT_NONE);
    while (cell != SEGMENT_NONE) {
        uint32_t next = LOAD(segment->cells[cell].next);
        hash_remove(cell);
        STORE(segment->cells[cell].next, free_cells);
        free_cells = cell;
        cell = next;
    }
}

static uint32_t take_cell(void)
{
    if (free_cells == SEGMENT_NONE && fresh_cell >= SEGMENT_CELLS) {
        for (uint32_t i = PUBLISH_OUTSIDE + 1; i < SEGMENT_SLOTS; i++)
            if (atomic_load_explicit(&segment->slots[i].state, memory_order_acquire) == SLOT_FREE)
                reclaim_cells(&segment->slots[i]);
    }
    if (free_cells != SEGMENT_NONE) {
        uint32_t cell = free_cells;
        free_cells = LOAD(segment->cells[cell].next);
        return cell;
    }
    return fresh_cell < SEGMENT_CELLS ? fresh_cell++ : SEGMENT_NONE;
}

/* Link a zeroed cell for `site` at the head of the slot's chain. */
static uint32_t add_cell(uint32_t slot_index, uint32_t site)
{
    struct segment_slot *slot = &segment->slots[slot_index];
    uint32_t index = take_cell();
    if (index == SEGMENT_NONE) {
        publish_lose_line();
        return SEGMENT_NONE;
    }
    struct segment_cell *cell = &segment->cells[index];
    memset(&cell->part, 0, sizeof cell->part);
    memset(&segment->cell_heap[index], 0, sizeof segment->cell_heap[index]);
    cell->site = site;
    STORE(cell->next, LOAD(slot->first_cell));
    atomic_store_explicit(&slot->first_cell, index, memory_order_release);
    hash_add(index, slot_index, site);
    return index;
}

/* The cell of `site` in the slot, SEGMENT_NONE where there is no room for one. */
static uint32_t find_cell(uint32_t slot, uint32_t site)
{
    uint32_t cell = *bucket_of(slot, site);
    while (cell != SEGMENT_NONE &&
           (segment->cells[cell].site != site || hashed->slots[cell] != slot))
        cell = hashed->next[cell];
    return cell == SEGMENT_NONE ? add_cell(slot, site) : cell;
}

struct published_line publish_find_line(uint32_t slot, uint32_t site)
{
    uint32_t cell = SEGMENT_NONE;
    if (site != SEGMENT_NONE)
        cell = find_cell(slot, site);
    publish_shared.recent[site] = (struct published_cell){.slot = slot, .cell = cell};
    return (struct published_line){
        .total = &segment->sites[site].total, .part = &segment->cells[cell].part, .cell = cell};
}

/* Where the remembered cells of a slot are no longer its own. */
static void forget_cells(uint32_t slot_index)
{
    uint32_t sites = LOAD(segment->site_count);
    for (uint32_t site = 0; site < sites; site++)
        if (publish_shared.recent[site].slot == slot_index)
            publish_shared.recent[site].slot = PUBLISH_UNKNOWN;
}

uint32_t publish_begin(uint64_t number, int64_t rss_bytes)
{
    uint32_t index = PUBLISH_OUTSIDE + 1;
    while (index < SEGMENT_SLOTS &&
           atomic_load_explicit(&segment->slots[index].state, memory_order_acquire) != SLOT_FREE)
        index++;
    if (index == SEGMENT_SLOTS)
        return PUBLISH_OUTSIDE;
    struct segment_slot *slot = &segment->slots[index];
    forget_cells(index);
    reclaim_cells(slot);
    publish_shared.epoch++;
    STORE(slot->number, number);
    STORE(slot->site, SEGMENT_NONE);
    STORE(slot->rss_start_bytes, rss_bytes);
    STORE(slot->rss_end_bytes, rss_bytes);
    STORE(slot->rss_peak_bytes, rss_bytes);
    STORE(slot->rss_lines_bytes, 0);
    STORE(slot->rss_shared_bytes, 0);
    atomic_store_explicit(&slot->state, SLOT_RUNNING, memory_order_release);
    running[running_count++] = index;
    return index;
}

void publish_end(uint32_t index, int64_t rss_bytes)
{
    for (uint32_t i = 0; i < running_count; i++) {
        if (running[i] != index)
            continue;
        running[i] = running[--running_count];
        publish_shared.epoch++;
        STORE(segment->slots[index].rss_end_bytes, rss_bytes);
        atomic_store_explicit(&segment->slots[index].state, SLOT_ENDED, memory_order_release);
        return;
    }
}

bool publish_is_running(uint32_t index, uint64_t number)
{
    return index != PUBLISH_OUTSIDE && LOAD(segment->slots[index].number) == number &&
           LOAD(segment->slots[index].state) == SLOT_RUNNING;
}

static void charge(struct line_counters *counters, int64_t delta_bytes, bool self)
{
    ADD(counters->increment_bytes, delta_bytes);
    if (self)
        ADD(counters->self_increment_bytes, delta_bytes);
}

void publish_charge(uint32_t slot, uint32_t site, int64_t delta_bytes, bool self)
{
    struct published_line line = publish_line(slot, site);
    charge(line.total, delta_bytes, self);
    charge(line.part, delta_bytes, self);
}

void publish_change(uint32_t owner, bool by_line, uint32_t site, int64_t delta_bytes,
                    int64_t rss_bytes)
{
    if (by_line && owner != PUBLISH_UNKNOWN)
        ADD(segment->slots[owner].rss_lines_bytes, delta_bytes);
    for (uint32_t i = 0; i < running_count; i++) {
        struct segment_slot *slot = &segment->slots[running[i]];
        STORE(slot->rss_end_bytes, rss_bytes);
        if (rss_bytes > LOAD(slot->rss_peak_bytes))
            STORE(slot->rss_peak_bytes, rss_bytes);
        /* With no one else running, what has no line is this invocation's "elsewhere". */
        if (running[i] != owner && (owner != PUBLISH_UNKNOWN || running_count > 1))
            ADD(slot->rss_shared_bytes, delta_bytes);
    }
    uint64_t unchanged = publish_shared.executions - executions_shown;
    uint64_t number =
        owner == PUBLISH_UNKNOWN ? INVOCATION_OUTSIDE : LOAD(segment->slots[owner].number);
    int64_t delta_kib = delta_bytes / 1024;
    struct ring_sample sample = {
        .time_ns = clock_monotonic_ns(),
        .rss_bytes = rss_bytes,
        .site = site,
        .number = (uint32_t)number,
        .unchanged = unchanged > UINT32_MAX ? UINT32_MAX : (uint32_t)unchanged,
        .delta_kib = (int32_t)(delta_kib > INT32_MAX   ? INT32_MAX
                               : delta_kib < INT32_MIN ? INT32_MIN
                                                       : delta_kib),
    };
    executions_shown = publish_shared.executions;
    STORE(segment->own_bytes, rss_own_bytes());
    ring_push(&segment->ring, &sample);
}

uint32_t publish_running(void)
{
    return running_count;
}

uint32_t publish_only_running(void)
{
    return running_count == 1 ? running[0] : PUBLISH_UNKNOWN;
}

void publish_meter(bool is_polled, bool is_approximate)
{
    STORE(segment->rss_is_polled, is_polled);
    STORE(segment->rss_is_approximate, is_approximate);
}

void publish_verified(bool is_changed, bool is_missed)
{
    ADD(segment->verified_events, 1);
    ADD(segment->verified_changes, is_changed);
    ADD(segment->verified_misses, is_missed);
}

void publish_baseline(int64_t rss_bytes)
{
    STORE(segment->own_bytes, rss_own_bytes());
    STORE(segment->baseline_bytes, rss_bytes);
}
