/*
 * Three kinds of tables, three ways to follow them. Files and functions only grow, so the drain
 * remembers how many it has seen. Sites change in place: each is read every time and handed to the
 * model, which knows whether that is news. Slots are read while they run, and once more when they
 * have ended; then the drain gives them back to the worker, so an ended slot must be taken whole.
 *
 * A line's numbers go to the model by file and line and never by site, since the next worker
 * numbers its sites anew. A file is the one that the worker before had, too, as long as its text is
 * the same; when a worker comes to a path for the first time, the text is read and compared, and a
 * changed one becomes a new version, so that no line has numbers of two texts.
 *
 * A loaded index is checked by whoever uses it: nothing in the segment is copied first, so each
 * value is loaded once, checked, and only then used.
 */
#include "config.h"
#include "host/drain.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/drain_parts.h"
#include "host/path.h"

enum { SOURCE_MAX_BYTES = 16 << 20, SAMPLES_AT_ONCE = 256 };

/* ---- files ---- */

/* Why the file is shown without its text, or with a remark; NULL where all is well. */
static const char *read_problem(int result, const struct buf *text)
{
    if (result == -EFBIG)
        return "larger than 16 MiB: its text is not shown";
    if (result == -EINVAL)
        return "not a regular file: its text is not shown";
    if (result)
        return strerror(-result);
    return text_is_utf8(buf_text(text), text->len) ? NULL : "not UTF-8";
}

/* The file that is in memory alone. */
static struct file *given_file(const struct drain *drain)
{
    struct file *file = file_new(drain->given_path, NULL, drain->given_text, drain->given_len);
    if (!text_is_utf8(drain->given_text, drain->given_len))
        model_set_text(&file->problem, "not UTF-8");
    return file;
}

/* The file as it is on disk now. */
static struct file *read_file(const struct drain *drain, const char *path,
                              struct fingerprint *fingerprint)
{
    struct buf text;
    if (drain->given_path && strcmp(drain->given_path, path) == 0) {
        *fingerprint = (struct fingerprint){0};
        return given_file(drain);
    }
    *fingerprint = fingerprint_of(path, 0);
    buf_init(&text, SOURCE_MAX_BYTES);
    int result = path_read(path, SOURCE_MAX_BYTES, &text);
    bool whole = result == 0;
    struct file *file = file_new(path, drain->model->app_root, whole ? buf_text(&text) : NULL,
                                 whole ? text.len : 0);
    model_set_text(&file->problem, read_problem(result, &text));
    file->saved_realtime_ns = fingerprint_realtime_ns(fingerprint);
    buf_fini(&text);
    return file;
}

/* Remember when the text of file `index` was read, and that the running worker runs it. */
static void add_source(struct drain *drain, uint32_t index, const struct fingerprint *fingerprint)
{
    if (index >= drain->source_count) {
        drain->sources = mem_resize(drain->sources, index + 1, sizeof *drain->sources);
        memset(drain->sources + drain->source_count, 0,
               (index + 1 - drain->source_count) * sizeof *drain->sources);
        drain->source_count = index + 1;
    }
    drain->sources[index] =
        (struct source){.read = *fingerprint, .checked = *fingerprint, .worker = drain->worker};
    model_touch(drain->model);
}

static uint32_t add_file(struct drain *drain, const char *path)
{
    struct fingerprint fingerprint;
    uint32_t index = model_add_file(drain->model, read_file(drain, path, &fingerprint));
    add_source(drain, index, &fingerprint);
    return index;
}

/* True where what is on disk (`now`, read with `fingerprint`) is not what `file` was made from.
 * Where neither has a text (too large, say) only the stamps can tell. A file that is no longer
 * there says nothing: what the worker runs is what there was. */
static bool is_edited(const struct file *file, const struct source *source, const struct file *now,
                      const struct fingerprint *fingerprint)
{
    if (!fingerprint->exists)
        return false;
    if (!file->text && !now->text)
        return !fingerprint_same_stamp(&source->read, fingerprint);
    return !file->text || !now->text || file->text_len != now->text_len ||
           memcmp(file->text, now->text, now->text_len) != 0;
}

/* The version of a known file that the worker runs. It was just imported, so that is the one on
 * disk; if it was saved in between, the next worker is already on its way. */
static uint32_t current_version(struct drain *drain, uint32_t index)
{
    struct model *model = drain->model;
    struct source *source = &drain->sources[index];
    struct fingerprint fingerprint;
    if (source->worker == drain->worker)
        return index;
    source->worker = drain->worker;
    struct file *now = read_file(drain, model->files[index]->path, &fingerprint);
    if (!is_edited(model->files[index], source, now, &fingerprint)) {
        file_free(now);
        return index;
    }
    index = model_replace_file(model, index, now);
    add_source(drain, index, &fingerprint);
    return index;
}

static uint32_t find_file(struct drain *drain, const struct segment_file *entry)
{
    size_t len;
    const char *bytes = segment_string(drain->segment, entry->path_offset, entry->path_len, &len);
    if (!bytes || len == 0 || len >= PATH_MAX)
        return NO_FILE;
    char *path = mem_strndup(bytes, len);
    long known = model_find_file(drain->model, path);
    uint32_t index = known >= 0 ? current_version(drain, (uint32_t)known) : add_file(drain, path);
    free(path);
    return index;
}

static void drain_files(struct drain *drain)
{
    uint32_t count = load_clamped(&drain->segment->file_count, SEGMENT_FILES);
    for (; drain->files_seen < count; drain->files_seen++)
        drain->file_map[drain->files_seen] =
            find_file(drain, &drain->segment->files[drain->files_seen]);
}

/* The model's index for the segment's, or NO_FILE. */
static uint32_t map_file(const struct drain *drain, uint32_t file)
{
    return file < drain->files_seen ? drain->file_map[file] : NO_FILE;
}

static void drain_functions(struct drain *drain)
{
    const struct segment *segment = drain->segment;
    uint32_t count = load_clamped(&segment->function_count, SEGMENT_FUNCTIONS);
    drain_files(drain); /* a function's file was published before it, but perhaps only just now */
    for (; drain->functions_seen < count; drain->functions_seen++) {
        const struct segment_function *entry = &segment->functions[drain->functions_seen];
        uint32_t file = map_file(drain, load_once(&entry->file));
        uint32_t first = load_once(&entry->first_line);
        uint32_t last = load_once(&entry->last_line);
        size_t len;
        const char *bytes = segment_string(segment, entry->name_offset, entry->name_len, &len);
        if (file == NO_FILE || !bytes || first == 0 || last < first || last > FILE_LINES_MAX)
            continue;
        char *name = mem_strndup(bytes, len);
        file_add_function(drain->model->files[file], name, first, last);
        free(name);
        model_touch(drain->model);
    }
}

/* The functions that were decorated since, whenever they were published. One may be published and
 * decorated between any two loads here, so that the count is loaded first. */
static void drain_decorated(struct drain *drain)
{
    const struct segment *segment = drain->segment;
    uint32_t count = load_clamped(&segment->decorated_count, SEGMENT_FUNCTIONS);
    drain_functions(drain);
    if (count == drain->decorated_seen)
        return;
    drain->decorated_seen = drain->model->decorated_count = count;
    for (uint32_t i = 0; i < drain->functions_seen; i++) {
        const struct segment_function *entry = &segment->functions[i];
        uint32_t file = map_file(drain, load_once(&entry->file));
        uint32_t number = load_count(&entry->decorated);
        size_t len;
        const char *bytes = segment_string(segment, entry->name_offset, entry->name_len, &len);
        if (number == 0 || file == NO_FILE || !bytes)
            continue;
        char *name = mem_strndup(bytes, len);
        file_decorate(drain->model->files[file], name, load_once(&entry->first_line),
                      load_once(&entry->last_line), number & ~DECORATED_TELLS,
                      (number & DECORATED_TELLS) != 0);
        free(name);
    }
    model_touch(drain->model);
}

static void tell_call(const struct drain *drain, const struct segment_function *function,
                      const struct file *file, const struct series_span *span)
{
    size_t len;
    const char *bytes =
        segment_string(drain->segment, function->name_offset, function->name_len, &len);
    if (!bytes)
        return;
    char *name = mem_strndup(bytes, len);
    drain->listener(drain->listener_context, name, file, span);
    free(name);
}

/* One call, which the worker may be writing nonsense to. */
static void hear_call(const struct drain *drain, const struct segment_call *call)
{
    const struct segment_function *function = &drain->segment->functions[call->function];
    uint32_t file = map_file(drain, load_once(&function->file));
    uint32_t number = load_count(&function->decorated) & ~DECORATED_TELLS;
    const struct series_span span = {
        .begin_ns = call->begin_ns,
        .end_ns = call->end_ns,
        .begin_bytes = call->begin_bytes,
        .end_bytes = call->end_bytes,
        .level = call->level,
    };
    if (file == NO_FILE || span.end_ns < span.begin_ns)
        return;
    if (span.level == 0 && number > 0)
        file_enter_decorated(drain->model->files[file], number, span.begin_bytes);
    if (drain->listener)
        tell_call(drain, function, drain->model->files[file], &span);
}

static void drain_calls(struct drain *drain)
{
    struct segment *segment = drain->segment;
    uint64_t written = atomic_load_explicit(&segment->calls_written, memory_order_acquire);
    uint64_t read = atomic_load_explicit(&segment->calls_read, memory_order_relaxed);
    drain_decorated(drain); /* their functions, too, perhaps only just now */
    if (written - read > SEGMENT_CALLS)
        read = written - SEGMENT_CALLS;
    for (; read != written; read++) {
        struct segment_call call = segment->calls[read % SEGMENT_CALLS];
        if (call.function < drain->functions_seen)
            hear_call(drain, &call);
    }
    atomic_store_explicit(&segment->calls_read, read, memory_order_release);
}

static void check_file(struct drain *drain, struct file *file, struct source *source)
{
    struct fingerprint now = fingerprint_of(file->path, 0), read;
    if (fingerprint_same_stamp(&now, &source->checked))
        return;
    source->checked = now;
    struct file *on_disk = read_file(drain, file->path, &read);
    file->deleted = source->read.exists && !read.exists;
    file->stale = file->deleted || is_edited(file, source, on_disk, &read);
    file_free(on_disk);
    model_touch(drain->model);
}

void drain_check_files(struct drain *drain)
{
    for (size_t i = 0; i < drain->source_count && i < drain->model->file_count; i++)
        if (!drain->model->files[i]->retired)
            check_file(drain, drain->model->files[i], &drain->sources[i]);
}

/* ---- lines ---- */

static struct line_stats load_counters(const struct line_counters *counters)
{
#define LOAD(field) .field = atomic_load_explicit(&counters->field, memory_order_relaxed)
    return (struct line_stats){LOAD(mem_usage_bytes), LOAD(peak_bytes), LOAD(increment_bytes),
                               LOAD(self_increment_bytes), LOAD(occurrences)};
#undef LOAD
}

bool drain_find_site(const struct drain *drain, uint32_t index, uint32_t *file, uint32_t *line)
{
    uint32_t count = load_clamped(&drain->segment->site_count, SEGMENT_SITES);
    if (index == SEGMENT_NONE || index >= count)
        return false;
    const struct segment_site *site = &drain->segment->sites[index];
    *file = map_file(drain, load_once(&site->file));
    *line = load_once(&site->line);
    return *file != NO_FILE && *line >= 1 && *line <= FILE_LINES_MAX;
}

bool drain_place(struct drain *drain, uint32_t site, uint32_t *file, uint32_t *line)
{
    if (!drain->segment)
        return false;
    drain_files(drain); /* the site's may have been published only just now */
    return drain_find_site(drain, site, file, line);
}

static void drain_sites(struct drain *drain)
{
    uint32_t count = load_clamped(&drain->segment->site_count, SEGMENT_SITES);
    bool changed = false;
    for (uint32_t i = SEGMENT_NONE + 1; i < count; i++) {
        uint32_t file, line;
        if (!drain_find_site(drain, i, &file, &line))
            continue;
        struct line_stats live = load_counters(&drain->segment->sites[i].total);
        drain_heap_site(drain, i, file, line, &live);
        if (file_set_live(drain->model->files[file], line, &live))
            changed = true;
    }
    if (changed)
        model_touch(drain->model);
}

/* ---- invocations ---- */

/* Copy a slot's cells to the invocation. With `trend`, it is over: its increments go to the lines'
 * trends. */
static void copy_cells(struct drain *drain, const struct segment_slot *slot,
                       struct invocation *invocation, bool trend)
{
    uint32_t at = atomic_load_explicit(&slot->first_cell, memory_order_acquire);
    /* A chain cannot be longer than the table; one that is has a loop in it. */
    for (uint32_t i = 0; i < SEGMENT_CELLS && at != SEGMENT_NONE && at < SEGMENT_CELLS; i++) {
        const struct segment_cell *cell = &drain->segment->cells[at];
        uint32_t file, line;
        if (drain_find_site(drain, load_once(&cell->site), &file, &line)) {
            struct line_stats stats = load_counters(&cell->part);
            drain_heap_cell(drain, at, &stats);
            invocation_set_line(invocation, file, line, &stats);
            if (trend)
                file_add_trend(drain->model->files[file], line, stats.increment_bytes);
        }
        at = atomic_load_explicit(&cell->next, memory_order_acquire);
    }
}

static void copy_slot(struct drain *drain, const struct segment_slot *slot,
                      struct invocation *invocation)
{
    uint32_t file = 0, line = 0;
    uint32_t site = atomic_load_explicit(&slot->site, memory_order_relaxed);
    if (!drain_find_site(drain, site, &file, &line))
        file = 0, line = 0;
    invocation->file = file;
    invocation->line = line;
    invocation->rss_start_bytes = load_bytes(&slot->rss_start_bytes);
    invocation->rss_end_bytes = load_bytes(&slot->rss_end_bytes);
    invocation->rss_peak_bytes = load_bytes(&slot->rss_peak_bytes);
    invocation->rss_lines_bytes = load_bytes(&slot->rss_lines_bytes);
    invocation->rss_shared_bytes = load_bytes(&slot->rss_shared_bytes);
    if (invocation->outcome == OUTCOME_WAITING)
        invocation->outcome = OUTCOME_RUNNING;
}

static void drain_slot(struct drain *drain, uint32_t index)
{
    struct segment_slot *slot = &drain->segment->slots[index];
    uint32_t state = atomic_load_explicit(&slot->state, memory_order_acquire);
    if (state != SLOT_RUNNING && state != SLOT_ENDED)
        return;
    bool over = state == SLOT_ENDED;
    uint64_t number = atomic_load_explicit(&slot->number, memory_order_relaxed);
    struct invocation *invocation = invocations_find(&drain->model->invocations, number);
    /* The slot may name files that were published since drain_files ran; an ended one is seen only
     * this once. */
    drain_files(drain);
    if (invocation) {
        copy_slot(drain, slot, invocation);
        drain_heap_slot(drain, index, invocation, over);
        copy_cells(drain, slot, invocation, over && number != INVOCATION_LOAD);
        model_touch(drain->model);
    }
    /* Pairs with the worker's acquire load: it takes the slot's cells again only after the copy. */
    if (over)
        atomic_store_explicit(&slot->state, SLOT_FREE, memory_order_release);
}

static void drain_slots(struct drain *drain)
{
    /* Slot 0 is the work outside of every invocation, and not one of the model's. */
    for (uint32_t i = 1; i < SEGMENT_SLOTS; i++)
        drain_slot(drain, i);
}

bool drain_last_line(const struct drain *drain, char *out, size_t size)
{
    uint64_t newest = 0;
    bool found = false;
    for (uint32_t i = 1; drain->segment && i < SEGMENT_SLOTS; i++) {
        const struct segment_slot *slot = &drain->segment->slots[i];
        uint32_t file, line;
        uint64_t number = atomic_load_explicit(&slot->number, memory_order_relaxed);
        if (atomic_load_explicit(&slot->state, memory_order_acquire) != SLOT_RUNNING ||
            (found && number < newest) ||
            !drain_find_site(drain, atomic_load_explicit(&slot->site, memory_order_relaxed), &file,
                             &line))
            continue;
        found = true;
        newest = number;
        snprintf(out, size, "%s:%u", drain->model->files[file]->display, line);
    }
    return found;
}

/* ---- samples ---- */

/* The serial of the invocation that a sample is of; 0: of none that is known. Of its number the low
 * half is there, and it is no later than the latest one's. */
static uint64_t sample_serial(struct drain *drain, uint32_t number)
{
    const struct invocations *set = &drain->model->invocations;
    uint64_t whole = set->total - (uint32_t)((uint32_t)set->total - number);
    if (number == (uint32_t)INVOCATION_OUTSIDE)
        return 0;
    if (whole != drain->sampled_number || drain->sampled_serial == 0) {
        const struct invocation *invocation = invocations_find(set, whole);
        drain->sampled_number = whole;
        drain->sampled_serial = invocation ? invocation->serial : 0;
    }
    return drain->sampled_serial;
}

/* What came between two samples and is in neither. */
static void add_gap(struct drain *drain, const struct ring_sample *next)
{
    int64_t before = line_bytes_sub(next->rss_bytes, (int64_t)next->delta_kib * 1024);
    if (drain->sampled_bytes && drain->sampled_bytes != before)
        samples_add(&drain->model->samples,
                    &(struct sample){.time_ns = next->time_ns,
                                     .rss_bytes = before,
                                     .delta_bytes = line_bytes_sub(before, drain->sampled_bytes)});
    drain->sampled_bytes = next->rss_bytes;
}

static void take_sample(struct drain *drain, const struct ring_sample *from)
{
    struct sample sample = {
        .time_ns = from->time_ns,
        .rss_bytes = from->rss_bytes,
        .delta_bytes = (int64_t)from->delta_kib * 1024,
        .serial = sample_serial(drain, from->number),
        .unchanged = from->unchanged,
    };
    if (!drain_find_site(drain, from->site, &sample.file, &sample.line))
        sample.file = sample.line = 0;
    add_gap(drain, from);
    samples_add(&drain->model->samples, &sample);
    model_set_rss(drain->model, from->time_ns, from->rss_bytes);
}

static void drain_ring(struct drain *drain, uint64_t now_ns)
{
    struct ring_sample samples[SAMPLES_AT_ONCE];
    struct ring *ring = &drain->segment->ring;
    size_t count, taken = 0;
    /* What is written meanwhile waits for the next time, so that this ends. */
    while (taken < RING_SAMPLES && (count = ring_pull(ring, samples, ARRAY_LEN(samples))) > 0) {
        taken += count;
        drain_files(drain); /* those of their lines, perhaps only just now */
        for (size_t i = 0; i < count; i++)
            /* A time to come would keep all later readings out of the timeline. */
            if (samples[i].time_ns <= now_ns && samples[i].rss_bytes > 0)
                take_sample(drain, &samples[i]);
    }
    drain->model->dropped_samples = drain->dropped_before + ring_dropped(ring);
}

static void drain_header(struct drain *drain)
{
    struct model *model = drain->model;
    model->own_bytes = load_bytes(&drain->segment->own_bytes);
    model->lost_lines = load_total(&drain->segment->lines_lost);
    model->rss_is_polled = load_count(&drain->segment->rss_is_polled) != 0;
    model->rss_is_approximate = load_count(&drain->segment->rss_is_approximate) != 0;
    model->rss_check.events = load_total(&drain->segment->verified_events);
    model->rss_check.changes = load_total(&drain->segment->verified_changes);
    model->rss_check.misses = load_total(&drain->segment->verified_misses);
    drain_heap_header(drain);
    int64_t baseline_bytes = load_bytes(&drain->segment->baseline_bytes);
    if (baseline_bytes != model->baseline_bytes) {
        model->baseline_bytes = baseline_bytes;
        model_touch(model);
    }
}

/* ---- the whole ---- */

struct drain *drain_new(struct model *model)
{
    struct drain *drain = mem_calloc(1, sizeof *drain);
    drain->model = model;
    return drain;
}

void drain_give_source(struct drain *drain, const char *path, const char *text, size_t len)
{
    drain->given_path = path;
    drain->given_text = text;
    drain->given_len = len;
}

void drain_listen(struct drain *drain, drain_call_listener *listener, void *context)
{
    drain->listener = listener;
    drain->listener_context = context;
}

void drain_free(struct drain *drain)
{
    if (!drain)
        return;
    free(drain->sources);
    free(drain);
}

void drain_attach(struct drain *drain, struct segment *segment)
{
    drain->segment = segment;
    drain->worker++;
    drain->files_seen = 0;
    drain->functions_seen = 0;
    drain->decorated_seen = 0;
    drain->kept_ns = 0;
    drain->sampled_serial = 0;
    drain->held = false;
    drain->ended_before = drain->model->invocations.total - drain->model->invocations.running;
    model_forget_retained(drain->model);
}

void drain_hold(struct drain *drain, uint64_t now_ns)
{
    if (!drain->segment || drain->held)
        return;
    drain->kept_ns = 0;
    drain_run(drain, now_ns);
    drain->held = true;
}

void drain_run(struct drain *drain, uint64_t now_ns)
{
    if (!drain->segment)
        return;
    drain_header(drain);
    drain_decorated(drain);
    drain_sites(drain);
    drain_slots(drain);
    drain_kept(drain, now_ns);
    drain_ring(drain, now_ns);
    drain_calls(drain);
    drain->model->lost_calls = load_total(&drain->segment->calls_lost);
}

void drain_detach(struct drain *drain, uint64_t now_ns)
{
    if (!drain->segment)
        return;
    drain->kept_ns = 0;
    drain_run(drain, now_ns);
    drain->dropped_before += ring_dropped(&drain->segment->ring);
    for (size_t i = 0; i < drain->model->file_count; i++)
        file_keep_totals(drain->model->files[i]);
    drain->segment = NULL;
}
