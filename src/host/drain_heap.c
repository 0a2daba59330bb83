/*
 * The heap's part of the segment. The counters of sites, cells and slots are read beside the others
 * of the same entry. What invocations left behind is a table of its own, of up to 3 MiB: it is
 * copied a few times a second and not at every drain, only as far as it has rows, and the places of
 * the model's table (model/kept.h) are the columns of the worker's, so that it is a copy and
 * nothing more.
 *
 * A worker that is told to end takes its interpreter down, which frees nearly everything. That is
 * no answer to what the app kept: from drain_hold() on, what is alive stays what it was.
 */
#include "config.h"

#include "base/clock.h"
#include "host/drain_parts.h"

enum { KEPT_COPY_MS = 250 };

_Static_assert((int)KEPT_WINDOW == (int)SEGMENT_KEPT - (int)KEPT_FIRST, "a place for each column");
_Static_assert((int)KEPT_LINES == (int)SEGMENT_KEPT_ROWS, "a line for each row");

/* ---- the whole ---- */

static struct heap load_heap(const struct segment *segment)
{
    return (struct heap){
        .is_on = load_count(&segment->heap_is_on) != 0,
        .native_is_on = load_count(&segment->native_is_on) != 0,
        .python_bytes = line_bytes_add(load_bytes(&segment->heap_bytes[HEAP_PYTHON]),
                                       load_bytes(&segment->heap_bytes[HEAP_RAW])),
        .native_bytes = load_bytes(&segment->heap_bytes[HEAP_NATIVE]),
        .small_bytes = load_bytes(&segment->small_bytes),
        .arena_bytes = load_bytes(&segment->arena_bytes),
        .baseline_bytes = load_bytes(&segment->heap_baseline_bytes),
    };
}

static bool heaps_equal(const struct heap *a, const struct heap *b)
{
    return a->is_on == b->is_on && a->native_is_on == b->native_is_on &&
           a->python_bytes == b->python_bytes && a->native_bytes == b->native_bytes &&
           a->small_bytes == b->small_bytes && a->arena_bytes == b->arena_bytes &&
           a->baseline_bytes == b->baseline_bytes;
}

void drain_heap_header(struct drain *drain)
{
    struct model *model = drain->model;
    struct heap heap = load_heap(drain->segment);
    /* A worker that has only just been spawned has not said yet what it counts. */
    if (drain->held || (!heap.is_on && model->worker == WORKER_STARTING))
        return;
    if (heaps_equal(&heap, &model->heap))
        return;
    model->heap = heap;
    model_touch(model);
}

/* ---- lines and invocations ---- */

static void load_flows(const struct heap_flow flows[HEAP_DOMAINS], struct line_stats *stats)
{
    for (int domain = 0; domain < HEAP_DOMAINS; domain++) {
        uint64_t allocated = load_total(&flows[domain].allocated_bytes);
        uint64_t freed = load_total(&flows[domain].freed_bytes);
        int64_t *net = domain == HEAP_NATIVE ? &stats->net_native_bytes : &stats->net_python_bytes;
        *net = line_bytes_add(*net, (int64_t)(allocated - freed));
        stats->allocated_bytes += allocated;
        stats->freed_bytes += freed;
    }
}

void drain_heap_site(const struct drain *drain, uint32_t site, uint32_t file, uint32_t line,
                     struct line_stats *stats)
{
    const struct segment_site_heap *heap = &drain->segment->site_heap[site];
    load_flows(heap->flow, stats);
    stats->high_bytes = load_bytes(&heap->high_bytes);
    if (drain->held) {
        const struct file_line *held = file_line_at(drain->model->files[file], line);
        stats->retained_python_bytes = held ? held->total.retained_python_bytes : 0;
        stats->retained_native_bytes = held ? held->total.retained_native_bytes : 0;
        return;
    }
    stats->retained_python_bytes = line_bytes_add(load_bytes(&heap->retained_bytes[HEAP_PYTHON]),
                                                  load_bytes(&heap->retained_bytes[HEAP_RAW]));
    stats->retained_native_bytes = load_bytes(&heap->retained_bytes[HEAP_NATIVE]);
}

void drain_heap_cell(const struct drain *drain, uint32_t cell, struct line_stats *stats)
{
    const struct segment_cell_heap *heap = &drain->segment->cell_heap[cell];
    load_flows(heap->flow, stats);
    stats->high_bytes = load_bytes(&heap->high_bytes);
}

void drain_heap_slot(const struct drain *drain, uint32_t slot, struct invocation *invocation,
                     bool over)
{
    const struct segment_slot_heap *heap = &drain->segment->slot_heap[slot];
    invocation->heap_start_bytes = load_bytes(&heap->start_bytes);
    invocation->heap_end_bytes = load_bytes(&heap->end_bytes);
    invocation->heap_lines_bytes = load_bytes(&heap->lines_bytes);
    invocation->heap_elsewhere_bytes = load_bytes(&heap->elsewhere_bytes);
    invocation->is_told_apart = load_count(&heap->kept) >= KEPT_FIRST;
    if (!over)
        return;
    /* Where its column is taken again before that is copied, this is the last that is known. */
    invocation->left_bytes = load_bytes(&heap->left_bytes);
    invocation->retained_bytes = invocation->left_bytes;
}

/* ---- what invocations left behind ---- */

static bool set_number(int64_t *field, int64_t value)
{
    bool changed = *field != value;
    *field = value;
    return changed;
}

/* These functions return true where something has changed. */

static bool copy_columns(const struct segment *segment, struct kept *kept)
{
    bool changed = false;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        const struct segment_kept_column *column = &segment->kept_columns[KEPT_FIRST + i];
        struct kept_invocation *invocation = &kept->invocations[i];
        uint64_t number = atomic_load_explicit(&column->number, memory_order_acquire);
        bool is_running = load_count(&column->is_running) != 0;
        bool is_same = number == invocation->number && is_running == invocation->is_running;
        changed = changed || !is_same;
        if (!is_same)
            *invocation = (struct kept_invocation){.number = number, .is_running = is_running};
        if (number < kept->first_number)
            kept->first_number = number;
    }
    return changed;
}

/* Read before the columns are looked at again: see drop_changed_columns. */
static int64_t load_kept(const _Atomic int64_t *bytes)
{
    return atomic_load_explicit(bytes, memory_order_acquire);
}

static bool copy_row(const struct segment_kept_row *row, const struct kept *kept,
                     struct kept_line *line)
{
    bool changed = false;
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        const struct kept_invocation *invocation = &kept->invocations[i];
        size_t column = KEPT_FIRST + i;
        int64_t alive = 0, other = 0, left = 0;
        if (invocation->number != KEPT_NOBODY) {
            other = load_kept(&row->alive_other_bytes[column]);
            alive = line_bytes_add(load_kept(&row->alive_bytes[column]), other);
        }
        if (invocation->number != KEPT_NOBODY && !invocation->is_running)
            left = load_kept(&row->left_bytes[column]);
        changed |= set_number(&line->alive_bytes[i], alive);
        changed |= set_number(&line->alive_other_bytes[i], other);
        changed |= set_number(&line->left_bytes[i], left);
    }
    line->earlier_other_bytes = load_kept(&row->alive_other_bytes[KEPT_EARLIER]);
    line->earlier_bytes =
        line_bytes_add(load_kept(&row->alive_bytes[KEPT_EARLIER]), line->earlier_other_bytes);
    return changed;
}

/* A column that another invocation has taken while it was copied is a mixture of two: it is left
 * out until the next time. */
static void drop_changed_columns(const struct segment *segment, struct kept *kept)
{
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        uint64_t number = load_total(&segment->kept_columns[KEPT_FIRST + i].number);
        if (number != kept->invocations[i].number)
            kept->invocations[i].number = KEPT_NOBODY;
    }
}

static void set_retained(struct model *model)
{
    for (size_t i = 0; i < KEPT_WINDOW; i++) {
        uint64_t number = model->kept.invocations[i].number;
        struct invocation *invocation =
            number == KEPT_NOBODY ? NULL : invocations_find(&model->invocations, number);
        if (invocation)
            invocation->retained_bytes = kept_alive_bytes(&model->kept, i);
    }
}

void drain_kept(struct drain *drain, uint64_t now_ns)
{
    const struct segment *segment = drain->segment;
    struct kept *kept = &drain->model->kept;
    if (drain->held || (drain->kept_ns && now_ns - drain->kept_ns < KEPT_COPY_MS * NS_PER_MS))
        return;
    drain->kept_ns = now_ns;
    uint32_t rows = load_clamped(&segment->kept_row_count, SEGMENT_KEPT_ROWS);
    if (rows == 0)
        return;
    bool changed = copy_columns(segment, kept) || rows != kept->line_count;
    kept_reserve(kept, rows);
    for (uint32_t i = 0; i < rows; i++) {
        const struct segment_kept_row *row = &segment->kept_rows[i];
        struct kept_line *line = &kept->lines[i];
        if (!drain_find_site(drain, load_once(&row->site), &line->file, &line->line))
            line->file = line->line = 0;
        changed |= copy_row(row, kept, line);
    }
    drop_changed_columns(segment, kept);
    if (!changed)
        return;
    set_retained(drain->model);
    leaks_judge(drain->model, &drain->model->leaks);
    model_touch(drain->model);
}

void drain_moment(struct drain *drain, bool is_collected, uint64_t now_ns)
{
    const struct invocations *set = &drain->model->invocations;
    if (!drain->segment || drain->held)
        return;
    drain->kept_ns = 0;
    drain_run(drain, now_ns);
    kept_add_moment(&drain->model->kept, set->total - set->running - drain->ended_before,
                    is_collected);
    leaks_judge(drain->model, &drain->model->leaks);
    model_touch(drain->model);
}
