/*
 * How the tables are filled.
 *
 * Counters are plain additions with relaxed stores: there is one writer, so no read-modify-write
 * instruction is needed, and a store to a line of cache that only this core writes costs what any
 * store costs.
 *
 * A line's counters exist twice: in its site, for the worker's life, and in a cell, for one
 * invocation. To find the cell of (slot, site) the last answer for each site is remembered, which
 * is right for nearly every event; where two invocations alternate on a line the slot's chain of
 * cells is walked, whose length is the number of different lines the invocation has run.
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

#define LOAD(field)         atomic_load_explicit(&(field), memory_order_relaxed)
#define STORE(field, value) atomic_store_explicit(&(field), (value), memory_order_relaxed)
#define ADD(field, value)   STORE(field, LOAD(field) + (value))

/* The cell that was used last for a site. */
struct recent_cell {
    uint32_t slot;
    uint32_t cell;
};

static struct segment *segment;
static struct recent_cell *recent; /* one for each site, in own memory */
static uint32_t free_cells;        /* chain through next */
static uint32_t fresh_cell = SEGMENT_NONE + 1;
static uint32_t running[SEGMENT_SLOTS]; /* slots of the running invocations, unordered */
static uint32_t running_count;
static uint64_t executions;       /* lines begun */
static uint64_t executions_shown; /* of them, told by the ring */

int publish_open(struct segment *shared, struct error *error)
{
    segment = shared;
    rss_add_own((int64_t)sizeof *segment);
    recent = rss_map_own(SEGMENT_SITES * sizeof *recent);
    if (!recent)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the line table");
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

void publish_add_function(uint32_t file, uint32_t first_line, uint32_t last_line, const char *name,
                          size_t len)
{
    uint32_t index = LOAD(segment->function_count);
    if (index >= SEGMENT_FUNCTIONS)
        return;
    struct segment_function *function = &segment->functions[index];
    if (!add_string(name, len, &function->name_offset, &function->name_len))
        return;
    function->file = file;
    function->first_line = first_line;
    function->last_line = last_line;
    atomic_store_explicit(&segment->function_count, index + 1, memory_order_release);
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

/* Give the chain of a slot that the host has released back to the free cells. */
static void reclaim_cells(struct segment_slot *slot)
{
    uint32_t cell = LOAD(slot->first_cell);
    STORE(slot->first_cell, SEGMENT_NONE);
    while (cell != SEGMENT_NONE) {
        uint32_t next = LOAD(segment->cells[cell].next);
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
static uint32_t add_cell(struct segment_slot *slot, uint32_t site)
{
    uint32_t index = take_cell();
    if (index == SEGMENT_NONE) {
        publish_lose_line();
        return SEGMENT_NONE;
    }
    struct segment_cell *cell = &segment->cells[index];
    memset(&cell->part, 0, sizeof cell->part);
    cell->site = site;
    STORE(cell->next, LOAD(slot->first_cell));
    atomic_store_explicit(&slot->first_cell, index, memory_order_release);
    return index;
}

static struct line_counters *find_cell(uint32_t slot_index, uint32_t site)
{
    struct recent_cell *last = &recent[site];
    if (LIKELY(last->slot == slot_index && last->cell != SEGMENT_NONE))
        return &segment->cells[last->cell].part;
    struct segment_slot *slot = &segment->slots[slot_index];
    uint32_t cell = LOAD(slot->first_cell);
    while (cell != SEGMENT_NONE && segment->cells[cell].site != site)
        cell = LOAD(segment->cells[cell].next);
    if (cell == SEGMENT_NONE)
        cell = add_cell(slot, site);
    *last = (struct recent_cell){.slot = slot_index, .cell = cell};
    return cell == SEGMENT_NONE ? NULL : &segment->cells[cell].part;
}

/* Where the remembered cells of a slot are no longer its own. */
static void forget_cells(uint32_t slot_index)
{
    uint32_t sites = LOAD(segment->site_count);
    for (uint32_t site = 0; site < sites; site++)
        if (recent[site].slot == slot_index)
            recent[site].cell = SEGMENT_NONE;
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

void publish_open_line(uint32_t slot, uint32_t site, bool counts)
{
    if (UNLIKELY(site == SEGMENT_NONE))
        return;
    STORE(segment->slots[slot].site, site);
    executions++;
    if (UNLIKELY(!counts))
        return;
    ADD(segment->sites[site].total.occurrences, 1);
    struct line_counters *part = find_cell(slot, site);
    if (part)
        ADD(part->occurrences, 1);
}

void publish_resume_line(uint32_t slot, uint32_t site)
{
    STORE(segment->slots[slot].site, site);
}

static void set_usage(struct line_counters *counters, int64_t rss_bytes)
{
    STORE(counters->mem_usage_bytes, rss_bytes);
    if (rss_bytes > LOAD(counters->peak_bytes))
        STORE(counters->peak_bytes, rss_bytes);
}

void publish_close_line(uint32_t slot, uint32_t site, int64_t rss_bytes)
{
    if (UNLIKELY(site == SEGMENT_NONE))
        return;
    set_usage(&segment->sites[site].total, rss_bytes);
    struct line_counters *part = find_cell(slot, site);
    if (part)
        set_usage(part, rss_bytes);
}

static void charge(struct line_counters *counters, int64_t delta_bytes, bool self)
{
    ADD(counters->increment_bytes, delta_bytes);
    if (self)
        ADD(counters->self_increment_bytes, delta_bytes);
}

void publish_charge(uint32_t slot, uint32_t site, int64_t delta_bytes, bool self)
{
    if (site == SEGMENT_NONE)
        return;
    charge(&segment->sites[site].total, delta_bytes, self);
    struct line_counters *part = find_cell(slot, site);
    if (part)
        charge(part, delta_bytes, self);
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
    uint64_t unchanged = executions - executions_shown;
    struct ring_sample sample = {
        .time_ns = clock_monotonic_ns(),
        .rss_bytes = rss_bytes,
        .site = site,
        .slot = owner == PUBLISH_UNKNOWN ? PUBLISH_OUTSIDE : owner,
        .unchanged = unchanged > UINT32_MAX ? UINT32_MAX : (uint32_t)unchanged,
    };
    executions_shown = executions;
    STORE(segment->own_bytes, rss_own_bytes());
    ring_push(&segment->ring, &sample);
}

uint32_t publish_running(void)
{
    return running_count;
}

void publish_baseline(int64_t rss_bytes)
{
    STORE(segment->own_bytes, rss_own_bytes());
    STORE(segment->baseline_bytes, rss_bytes);
}
