/*
 * The model is the one before, whose parts it borrows; what a moment touches is made its own first.
 * A line's total is what it was, with what the ended invocations did since, and with the changes of
 * those that are not over: of an invocation its lines tell all, once they are known.
 */
#include "config.h"
#include "store/between.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct between {
    struct model model;
    const struct model *before, *after;
    struct file **files; /* owned, each owned; those that are its own, by index; or NULL */
    size_t file_count;
    struct invocation **owned; /* owned, each owned; its own, by the place in the model; or NULL */
    size_t capacity;           /* of that, and of the model's invocations */
    size_t function_capacity;
    bool *is_over; /* owned; by the place in `after`: it is over by then */
};

/* ---- what is its own ---- */

/* The line's record, made its own; NULL where there is no such line yet. */
static struct file *own_file(struct between *between, uint32_t index, uint32_t line)
{
    const struct model *model = &between->model;
    const struct file *from = index < model->file_count ? model->files[index] : NULL;
    if (!from || line == 0 || line > from->line_count)
        return NULL;
    if (!between->files[index]) {
        struct file *file = mem_calloc(1, sizeof *file);
        *file = *from;
        file->lines = mem_calloc(from->line_count, sizeof *file->lines);
        memcpy(file->lines, from->lines, from->line_count * sizeof *file->lines);
        file->revision++;
        between->files[index] = between->model.files[index] = file;
    }
    return between->files[index];
}

static struct line_stats *own_total(struct between *between, uint32_t index, uint32_t line)
{
    struct file *file = own_file(between, index, line);
    return file ? &file->lines[line - 1].total : NULL;
}

static struct invocation *copy_invocation(const struct invocation *from)
{
    struct invocation *own = mem_calloc(1, sizeof *own);
    *own = *from;
    own->line_capacity = from->line_count + 1;
    own->lines = mem_calloc(own->line_capacity, sizeof *own->lines);
    if (from->line_count > 0)
        memcpy(own->lines, from->lines, from->line_count * sizeof *own->lines);
    return own;
}

static struct invocation *own_at(struct between *between, size_t place)
{
    struct invocations *set = &between->model.invocations;
    if (!between->owned[place])
        between->owned[place] = set->kept[place] = copy_invocation(set->kept[place]);
    return between->owned[place];
}

/* The invocation, made its own; NULL where there is none. */
static struct invocation *own_invocation(struct between *between, uint64_t serial)
{
    const struct invocations *set = &between->model.invocations;
    return invocations_of_serial(set, serial) ? own_at(between, invocations_place(set, serial))
                                              : NULL;
}

static struct function_count *count_of(struct between *between, const char *name)
{
    struct invocations *set = &between->model.invocations;
    for (size_t i = 0; i < set->function_count; i++)
        if (strcmp(set->functions[i].function, name) == 0)
            return &set->functions[i];
    return NULL;
}

/* ---- invocations ---- */

static void count_new(struct between *between, const struct invocation *invocation)
{
    struct invocations *set = &between->model.invocations;
    set->added = invocation->serial > set->added ? invocation->serial : set->added;
    if (invocation->number == 0)
        return;
    struct function_count *count = count_of(between, invocation->function);
    if (!count && set->function_count < between->function_capacity) {
        count = &set->functions[set->function_count++];
        *count = (struct function_count){.function = invocation->function};
    }
    set->total++;
    set->running++;
    if (count) {
        count->total++;
        count->running++;
    }
}

/* It is not there yet: it is as it was when it began. NULL where there is no room, as in a
 * recording that is none of pymemtop's. */
static struct invocation *insert(struct between *between, const struct invocation *after)
{
    struct invocations *set = &between->model.invocations;
    size_t place = invocations_place(set, after->serial), later = set->count - place;
    if (set->count == between->capacity)
        return NULL;
    memmove(&set->kept[place + 1], &set->kept[place], later * sizeof(struct invocation *));
    memmove(&between->owned[place + 1], &between->owned[place],
            later * sizeof(struct invocation *));
    struct invocation *own = copy_invocation(after);
    set->kept[place] = between->owned[place] = own;
    set->count++;
    own->outcome = OUTCOME_RUNNING;
    own->error = NULL;
    own->status = 0;
    own->duration_ns = 0;
    own->rss_end_bytes = own->rss_peak_bytes = own->rss_start_bytes;
    own->rss_lines_bytes = own->rss_shared_bytes = 0;
    own->heap_end_bytes = own->heap_start_bytes;
    own->heap_lines_bytes = own->heap_elsewhere_bytes = 0;
    own->left_bytes = own->retained_bytes = 0;
    own->file = own->line = 0;
    own->line_count = 0;
    count_new(between, own);
    return own;
}

static void begin(struct between *between, uint64_t serial)
{
    const struct invocation *after = invocations_of_serial(&between->after->invocations, serial);
    struct invocation *own = own_invocation(between, serial);
    if (own && own->outcome == OUTCOME_WAITING)
        own->outcome = OUTCOME_RUNNING;
    if (own && after && own->rss_start_bytes == 0)
        own->rss_start_bytes = own->rss_end_bytes = own->rss_peak_bytes = after->rss_start_bytes;
    if (!own && after)
        insert(between, after);
}

/* What it did of the line since the event before. */
static struct line_stats part_since(const struct invocation *before,
                                    const struct invocation_line *line)
{
    const struct line_stats *was =
        before ? invocation_line_stats(before, line->file, line->line) : NULL;
    struct line_stats part = line->stats;
    if (!was)
        return part;
    part.increment_bytes = line_bytes_sub(part.increment_bytes, was->increment_bytes);
    part.self_increment_bytes =
        line_bytes_sub(part.self_increment_bytes, was->self_increment_bytes);
    part.net_python_bytes = line_bytes_sub(part.net_python_bytes, was->net_python_bytes);
    part.net_native_bytes = line_bytes_sub(part.net_native_bytes, was->net_native_bytes);
    part.occurrences -= was->occurrences;
    part.allocated_bytes -= was->allocated_bytes;
    part.freed_bytes -= was->freed_bytes;
    return part;
}

static void add_lines(struct between *between, const struct invocation *before,
                      const struct invocation *after)
{
    for (size_t i = 0; i < after->line_count; i++) {
        const struct invocation_line *line = &after->lines[i];
        struct file *file = own_file(between, line->file, line->line);
        if (!file)
            continue;
        struct line_stats part = part_since(before, line);
        line_stats_add(&file->lines[line->line - 1].total, &part);
        if (after->number)
            file_add_trend(file, line->line, line->stats.increment_bytes);
    }
}

static void count_end(struct between *between, const struct invocation *invocation)
{
    struct invocations *set = &between->model.invocations;
    struct function_count *count = count_of(between, invocation->function);
    bool failed = invocation->outcome != OUTCOME_SUCCEEDED;
    if (invocation->number == 0)
        return;
    set->running -= set->running > 0;
    set->failed += failed;
    if (!count)
        return;
    count->running -= count->running > 0;
    count->failed += failed;
    count->last_duration_ns = invocation->duration_ns;
}

/* Of what it left nothing is known by then. */
static void end(struct between *between, uint64_t serial)
{
    const struct invocation *before = invocations_of_serial(&between->before->invocations, serial);
    const struct invocation *after = invocations_of_serial(&between->after->invocations, serial);
    struct invocation *own = own_invocation(between, serial);
    if (!after || !invocation_is_over(after) || (own && invocation_is_over(own)))
        return;
    if (!own)
        own = insert(between, after);
    if (!own)
        return;
    struct invocation_line *lines = own->lines;
    *own = *after;
    own->lines = lines;
    if (after->line_count > 0) {
        own->lines = mem_resize(lines, after->line_count, sizeof *lines);
        memcpy(own->lines, after->lines, after->line_count * sizeof *lines);
    }
    own->line_capacity = after->line_count ? after->line_count : 1;
    add_lines(between, before, own);
    count_end(between, own);
}

/* ---- changes of RSS ---- */

static void add_change(struct line_stats *stats, const struct moment *moment, bool counts)
{
    stats->mem_usage_bytes = moment->rss_bytes;
    if (moment->rss_bytes > stats->peak_bytes)
        stats->peak_bytes = moment->rss_bytes;
    if (!counts)
        return;
    stats->increment_bytes = line_bytes_add(stats->increment_bytes, moment->delta_bytes);
    stats->self_increment_bytes = line_bytes_add(stats->self_increment_bytes, moment->delta_bytes);
    if (stats->occurrences == 0)
        stats->occurrences = 1; /* it has run, that much is known */
}

static void change_invocation(struct invocation *own, const struct moment *moment)
{
    const struct line_stats *was = invocation_line_stats(own, moment->file, moment->line);
    struct line_stats stats = was ? *was : (struct line_stats){.occurrences = 0};
    add_change(&stats, moment, true);
    invocation_set_line(own, moment->file, moment->line, &stats);
    own->rss_lines_bytes = line_bytes_add(own->rss_lines_bytes, moment->delta_bytes);
    own->file = moment->file;
    own->line = moment->line;
}

/* All that run see it, and to the others it is shared. */
static void change_running(struct between *between, const struct moment *moment)
{
    struct invocations *set = &between->model.invocations;
    for (size_t i = 0; i < set->count; i++) {
        uint64_t serial = set->kept[i]->serial;
        if (set->kept[i]->outcome != OUTCOME_RUNNING)
            continue;
        struct invocation *own = own_at(between, i);
        own->rss_end_bytes = moment->rss_bytes;
        if (moment->rss_bytes > own->rss_peak_bytes)
            own->rss_peak_bytes = moment->rss_bytes;
        if (moment->serial && moment->serial != serial)
            own->rss_shared_bytes = line_bytes_add(own->rss_shared_bytes, moment->delta_bytes);
    }
}

static bool is_over_by_then(const struct between *between, uint64_t serial)
{
    const struct invocations *set = &between->after->invocations;
    return invocations_of_serial(set, serial) && between->is_over[invocations_place(set, serial)];
}

static void change(struct between *between, const struct moment *moment)
{
    struct model *model = &between->model;
    model_set_rss(model, moment->time_ns, moment->rss_bytes);
    change_running(between, moment);
    struct line_stats *total = own_total(between, moment->file, moment->line);
    if (!total)
        return;
    add_change(total, moment, !is_over_by_then(between, moment->serial));
    struct invocation *own = moment->serial ? own_invocation(between, moment->serial) : NULL;
    if (own && !invocation_is_over(own))
        change_invocation(own, moment);
}

/* ---- the whole ---- */

static void find_ended(struct between *between, const struct moments *moments, size_t count)
{
    const struct invocations *set = &between->after->invocations;
    for (size_t i = 0; i < count; i++) {
        const struct moment *moment = &moments->items[i];
        if (moment->kind == MOMENT_END && invocations_of_serial(set, moment->serial))
            between->is_over[invocations_place(set, moment->serial)] = true;
    }
}

/* The text of a file of which nothing was known at the event before, when nothing has run. */
static struct file *copy_text(const struct file *from)
{
    struct file *own = mem_calloc(1, sizeof *own);
    *own = *from;
    own->lines = mem_calloc((size_t)from->line_count + 1, sizeof *own->lines);
    for (uint32_t i = 0; i < from->line_count; i++) {
        own->lines[i].offset = from->lines[i].offset;
        own->lines[i].len = from->lines[i].len;
    }
    return own;
}

/* Those of the event before, and those that came since, each by its place. */
static void list_files(struct between *between)
{
    const struct model *before = between->before, *after = between->after;
    size_t count = before->file_count > after->file_count ? before->file_count : after->file_count;
    struct file **files = mem_calloc(count + 1, sizeof(struct file *));
    between->files = mem_calloc(count + 1, sizeof(struct file *));
    for (size_t i = 0; i < before->file_count; i++)
        files[i] = before->files[i];
    for (size_t i = before->file_count; i < count; i++)
        files[i] = between->files[i] = copy_text(after->files[i]);
    between->model.files = files;
    between->model.file_count = between->file_count = count;
}

/* The lists of what is there, which are its own. */
static void copy_lists(struct between *between)
{
    const struct model *before = between->before;
    const struct invocations *from = &before->invocations;
    const struct invocations *after = &between->after->invocations;
    struct invocations *set = &between->model.invocations;
    between->model.chosen = before->chosen ? mem_strdup(before->chosen) : NULL;
    list_files(between);
    between->capacity = from->count + after->count + 1;
    between->function_capacity = from->function_count + after->function_count + 1;
    between->owned = mem_calloc(between->capacity, sizeof(struct invocation *));
    set->kept = mem_calloc(between->capacity, sizeof(struct invocation *));
    for (size_t i = 0; i < from->count; i++)
        set->kept[i] = from->kept[i];
    set->functions = mem_calloc(between->function_capacity, sizeof *set->functions);
    for (size_t i = 0; i < from->function_count; i++)
        set->functions[i] = from->functions[i];
    between->is_over = mem_calloc(after->count + 1, sizeof(bool));
}

struct between *between_new(const struct model *before, const struct model *after,
                            const struct moments *moments, size_t count)
{
    struct between *between = mem_calloc(1, sizeof *between);
    between->model = *before;
    between->before = before;
    between->after = after;
    copy_lists(between);
    count = count < moments->count ? count : moments->count;
    find_ended(between, moments, count);
    for (size_t i = 0; i < count; i++) {
        const struct moment *moment = &moments->items[i];
        switch (moment->kind) {
        case MOMENT_BEGIN: begin(between, moment->serial); break;
        case MOMENT_END: end(between, moment->serial); break;
        case MOMENT_SAMPLE: change(between, moment); break;
        }
    }
    model_touch(&between->model);
    return between;
}

void between_free(struct between *between)
{
    if (!between)
        return;
    for (size_t i = 0; i < between->file_count; i++) {
        if (between->files[i])
            free(between->files[i]->lines);
        free(between->files[i]);
    }
    for (size_t i = 0; i < between->capacity; i++) {
        if (between->owned[i])
            free(between->owned[i]->lines);
        free(between->owned[i]);
    }
    free(between->files);
    free(between->owned);
    free(between->is_over);
    free(between->model.files);
    free(between->model.chosen);
    free(between->model.invocations.kept);
    free(between->model.invocations.functions);
    free(between);
}

struct model *between_model(struct between *between)
{
    return &between->model;
}
