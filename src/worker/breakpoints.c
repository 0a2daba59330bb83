/*
 * A breakpoint belongs to a path, and a frame's file is asked for its path no more than once for
 * each: the answer is kept by the file's index in the segment. Most lines are none's, which a bit
 * for each line number, modulo 64, says at once.
 *
 * Functions are entered on their first line, that of the first decorator; a breakpoint on any line
 * of the head holds for the first line of the body that is begun, and not for the definition.
 */
#include "config.h"
#include <Python.h>

#include "worker/breakpoints.h"

#include <string.h>

#include "worker/heap.h"
#include "worker/inspect.h"
#include "worker/ledger.h"
#include "worker/own.h"
#include "worker/publish.h"
#include "worker/tags.h"

enum { LINE_BITS = 64, NO_FILE = SEGMENT_FILES };

struct breakpoint {
    struct control_breakpoint is;
    uint32_t file; /* that it is known to be of; NO_FILE: none yet */
    uint32_t times;
    /* The execution of its line that began last: */
    const void *frame;
    int64_t increment_bytes; /* of the line before it */
    /* Of the blocks alive of its line, when they were counted last: */
    int64_t objects;
    int64_t allocated_bytes; /* by the line until then */
    uint32_t site;           /* which that is */
};

static struct {
    uint32_t version;
    size_t count;
    uint64_t lines; /* bits */
    struct breakpoint all[CONTROL_BREAKPOINTS_MAX];
    char text[CONTROL_TEXT_BYTES];
} copy;

/* ---- the copy ---- */

static bool is_within(struct control_text text)
{
    return text.offset <= CONTROL_TEXT_BYTES && text.len <= CONTROL_TEXT_BYTES - text.offset;
}

static bool same_place(const struct control_breakpoint *one, const struct control_breakpoint *other)
{
    return one->number == other->number && one->line == other->line;
}

/* What was counted of a breakpoint that is still there goes on. */
static uint32_t times_before(const struct control_breakpoint *is)
{
    for (size_t i = 0; i < copy.count; i++)
        if (same_place(&copy.all[i].is, is))
            return copy.all[i].times;
    return 0;
}

/* False where the host has changed them meanwhile; then they stay as they were. */
static bool copy_all(struct control *control, uint32_t version)
{
    static struct breakpoint fresh[CONTROL_BREAKPOINTS_MAX];
    static char text[CONTROL_TEXT_BYTES];
    size_t count = control->breakpoint_count, kept = 0;
    uint64_t lines = 0;
    if (count > CONTROL_BREAKPOINTS_MAX)
        count = CONTROL_BREAKPOINTS_MAX;
    for (size_t i = 0; i < count; i++) {
        struct control_breakpoint is = control->breakpoints[i];
        if (!is_within(is.path) || !is_within(is.expression))
            continue;
        fresh[kept++] = (struct breakpoint){.is = is, .file = NO_FILE, .times = times_before(&is)};
        lines |= UINT64_C(1) << is.line % LINE_BITS;
    }
    memcpy(text, control->text, sizeof text);
    /* Adding nothing is a load that nothing above may come after. (ThreadSanitizer knows no
     * fences.)
     */
    if (atomic_fetch_add_explicit(&control->version, 0, memory_order_acq_rel) != version)
        return false;
    memcpy(copy.all, fresh, kept * sizeof fresh[0]);
    memcpy(copy.text, text, sizeof text);
    copy.count = kept;
    copy.lines = lines;
    copy.version = version;
    return true;
}

/* Those that the host has written last, or where it is about to write others the ones before. */
static void refresh(void)
{
    struct control *control = &publish_shared.segment->control;
    uint32_t version = atomic_load_explicit(&control->version, memory_order_acquire);
    if (version == copy.version || version % 2 != 0)
        return;
    own_begin();
    copy_all(control, version);
    own_end();
}

/* ---- where ---- */

static bool is_of_file(struct breakpoint *breakpoint, const struct traced_file *file)
{
    if (breakpoint->file == file->index)
        return true;
    const struct control_text *path = &breakpoint->is.path;
    if (breakpoint->file != NO_FILE || strlen(file->path) != path->len ||
        memcmp(file->path, copy.text + path->offset, path->len) != 0)
        return false;
    breakpoint->file = file->index;
    return true;
}

static uint32_t line_of(uint32_t site)
{
    return site == SEGMENT_NONE ? 0 : publish_shared.segment->sites[site].line;
}

/* The lines that are begun with this one: itself, and before the first line of a function's body
 * those of its head. */
struct range {
    uint32_t first, last;
};

static struct range range_of(const struct activation *at, uint32_t before)
{
    uint32_t line = line_of(at->site), entry = (uint32_t)at->info->code->co_firstlineno;
    bool is_first = at->info->is_in_function && line_of(before) == entry && line > entry;
    return (struct range){is_first ? entry : line, line};
}

static bool may_be_in(struct range range)
{
    if (range.first != range.last)
        return true;
    return copy.lines >> range.last % LINE_BITS & 1;
}

/* ---- conditions ---- */

static int64_t live_heap(void)
{
    int64_t bytes[HEAP_DOMAINS], sum = 0;
    heap_now(bytes);
    for (size_t i = 0; i < HEAP_DOMAINS; i++)
        sum += bytes[i];
    return sum - PUBLISH_LOAD(publish_shared.segment->heap_baseline_bytes);
}

static int64_t live_of(uint32_t site)
{
    int64_t sum = 0;
    for (size_t i = 0; i < HEAP_DOMAINS; i++)
        sum += PUBLISH_LOAD(publish_shared.segment->site_heap[site].retained_bytes[i]);
    return sum;
}

static int64_t allocated_of(uint32_t site)
{
    int64_t sum = 0;
    for (size_t i = 0; i < HEAP_DOMAINS; i++)
        sum +=
            (int64_t)PUBLISH_LOAD(publish_shared.segment->site_heap[site].flow[i].allocated_bytes);
    return sum;
}

/* To count them takes milliseconds; a block has at least a byte, and so they are only counted when
 * there may be enough. */
static bool has_objects(struct breakpoint *breakpoint, uint32_t site)
{
    if (!heap_is_on || site == SEGMENT_NONE)
        return false;
    if (breakpoint->site != site)
        breakpoint->objects = breakpoint->allocated_bytes = 0;
    breakpoint->site = site;
    heap_pause();
    int64_t allocated = allocated_of(site);
    if (breakpoint->objects + (allocated - breakpoint->allocated_bytes) <
        breakpoint->is.objects_least)
        return false;
    breakpoint->allocated_bytes = allocated;
    breakpoint->objects = (int64_t)tags_count(site);
    return breakpoint->objects >= breakpoint->is.objects_least;
}

/* All but the one on the increment and the count. */
static bool holds(struct breakpoint *breakpoint, const struct activation *at)
{
    const struct control_breakpoint *is = &breakpoint->is;
    if (is->rss_above_bytes && ledger.rss_bytes <= is->rss_above_bytes)
        return false;
    if (is->heap_above_bytes && live_heap() <= is->heap_above_bytes)
        return false;
    if (is->live_above && live_of(at->site) <= is->live_above)
        return false;
    if (is->objects_least && !has_objects(breakpoint, at->site))
        return false;
    return is->expression.len == 0 ||
           inspect_holds(copy.text + is->expression.offset, is->expression.len, is->number);
}

/* One more time that the others hold. The table may have been copied anew while they were looked
 * at: then the breakpoint has another place in it, or is gone. */
static bool is_time(uint32_t number)
{
    for (size_t i = 0; i < copy.count; i++)
        if (copy.all[i].is.number == number)
            return ++copy.all[i].times >= copy.all[i].is.hits;
    return false;
}

/* All but the one on the increment. */
static bool is_met(struct breakpoint *breakpoint, const struct activation *at)
{
    uint32_t number = breakpoint->is.number;
    return holds(breakpoint, at) && is_time(number);
}

static int64_t increment_of(const struct activation *at)
{
    return PUBLISH_LOAD(at->line.part->increment_bytes);
}

/* ---- asking ---- */

/* The line begins: where what it takes is asked for, it is to be watched. */
static bool stops_at(struct breakpoint *breakpoint, const struct activation *at, struct range range)
{
    uint32_t line = breakpoint->is.line;
    if (line < range.first || line > range.last || !is_of_file(breakpoint, at->info->file) ||
        code_defines_at(at->info, (int)range.last))
        return false;
    if (breakpoint->is.increment_above_bytes) {
        breakpoint->frame = at->frame;
        breakpoint->increment_bytes = increment_of(at);
        return false;
    }
    return is_met(breakpoint, at);
}

/* `site`, on which `part` counts, is over in the frame. */
static bool stops_after(struct breakpoint *breakpoint, const struct activation *at, uint32_t site)
{
    if (!breakpoint->frame || breakpoint->frame != at->frame)
        return false;
    breakpoint->frame = NULL;
    const struct published_line line = publish_line(at->slot, site);
    int64_t taken = PUBLISH_LOAD(line.part->increment_bytes) - breakpoint->increment_bytes;
    return line_of(site) == breakpoint->is.line && taken > breakpoint->is.increment_above_bytes &&
           is_met(breakpoint, at);
}

static const struct activation *innermost(const struct thread *thread)
{
    return &thread->stack[thread->depth - 1];
}

/* Whatever is asked may run an expression, after which nothing is as it was: all is looked up again
 * for each breakpoint. */
uint32_t breakpoints_at_line(const struct thread *thread, uint32_t before)
{
    refresh();
    struct range range = range_of(innermost(thread), before);
    bool may_be = may_be_in(range);
    for (size_t i = 0; i < copy.count; i++) {
        uint32_t number = copy.all[i].is.number;
        if (stops_after(&copy.all[i], innermost(thread), before) ||
            (may_be && stops_at(&copy.all[i], innermost(thread), range)))
            return number;
    }
    return 0;
}

uint32_t breakpoints_at_leave(const struct thread *thread)
{
    for (size_t i = 0; i < copy.count; i++) {
        uint32_t number = copy.all[i].is.number;
        if (stops_after(&copy.all[i], innermost(thread), innermost(thread)->site))
            return number;
    }
    return 0;
}
