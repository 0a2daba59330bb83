/*
 * What is read may be made by anyone. Each number is checked before it is used: an index lies in
 * what there is, a count is no more than what the bytes that follow could hold, a struct that is
 * new has all texts that it must have. The model that comes out can be shown like any other.
 */
#include "config.h"
#include "store/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "store/change_parts.h"
#include "store/fields.h"

enum { CELL_BYTES_LEAST = 3, FILES_MAX = 1 << 16, INVOCATIONS_MAX = 1 << 16, ITEMS_MAX = 1 << 20 };

struct job {
    struct reader reader;
    struct change_state *state;
    const struct change_source *source;
    size_t lines; /* of all files */
};

static bool is_bad(const struct job *job)
{
    return job->reader.bad;
}

/* The number of how many there are, of which those that are new must follow. */
static size_t read_count(struct job *job, size_t before)
{
    return (size_t)read_limited(&job->reader, before + (size_t)(job->reader.end - job->reader.at));
}

static void free_texts(const struct record *record, char *item)
{
    for (size_t i = 0; i < record->field_count; i++) {
        char *text;
        if (record->fields[i].kind != FIELD_TEXT && record->fields[i].kind != FIELD_TEXT_OR_NULL)
            continue;
        memcpy(&text, item + record->fields[i].offset, sizeof text);
        free(text);
    }
}

/* `items` with `count` structs, new ones of zeros. */
static void *resize_array(const struct record *record, void *items, size_t before, size_t count,
                          size_t size)
{
    for (size_t i = count; i < before; i++)
        free_texts(record, (char *)items + i * size);
    items = mem_resize(items, count ? count : 1, size);
    if (count > before)
        memset((char *)items + before * size, 0, (count - before) * size);
    return items;
}

/* Read structs by their numbers, of `count` that there are. */
static void read_items(struct job *job, const struct record *record, void *items, size_t count,
                       size_t size)
{
    uint64_t number;
    while (!is_bad(job) && (number = read_limited(&job->reader, count)) > 0)
        record_read(&job->reader, record, (char *)items + (number - 1) * size);
}

/* Read an array: returns where it is now, and sets *count. */
static void *read_array(struct job *job, const struct record *record, void *items, size_t *count,
                        size_t size)
{
    size_t now = read_count(job, *count);
    job->reader.bad |= now > ITEMS_MAX;
    if (is_bad(job))
        return items;
    size_t before = *count;
    items = resize_array(record, items, before, now, size);
    *count = now;
    read_items(job, record, items, now, size);
    for (size_t i = before; i < now && !is_bad(job); i++)
        job->reader.bad = !record_is_whole(record, (const char *)items + i * size);
    return items;
}

/* ---- files ---- */

static size_t count_lines(const struct model *model)
{
    size_t lines = 0;
    for (size_t i = 0; i < model->file_count; i++)
        lines += model->files[i]->line_count;
    return lines;
}

/* So many lines more; false where that is too many. */
static bool add_lines(struct job *job, size_t count)
{
    job->lines += count;
    job->reader.bad |= job->lines > CHANGE_LINES_MAX;
    return !is_bad(job);
}

static void read_lines(struct job *job, struct file *file)
{
    uint32_t count = (uint32_t)read_limited(&job->reader, FILE_LINES_MAX);
    uint32_t more = count > file->line_count ? count - file->line_count : 0;
    uint64_t line = 0, step;
    if (!add_lines(job, more) || (more && !file_line_at(file, count)))
        return;
    while (!is_bad(job) && (step = read_limited(&job->reader, count - line)) > 0) {
        line += step;
        record_read(&job->reader, &record_file_line, file_line_at(file, (uint32_t)line));
    }
}

static void read_file_text(struct job *job, uint32_t index, struct file *file, unsigned flags)
{
    bool *has_text = &job->state->has_text[index];
    size_t before;
    if (flags & CHANGE_IS_LOST) {
        job->lines -= file->line_count;
        file_forget(file);
        *has_text = false;
    }
    if (!(flags & CHANGE_HAS_TEXT) || *has_text)
        return;
    *has_text = true;
    before = file->line_count;
    if (job->source->text && !file->text && !file->lines)
        job->source->text(job->source->context, index, file);
    add_lines(job, file->line_count - before);
}

static void read_file(struct job *job, uint32_t index)
{
    struct file *file = job->state->model->files[index];
    unsigned flags = (unsigned)read_limited(&job->reader, CHANGE_HAS_TEXT | CHANGE_IS_LOST);
    record_read(&job->reader, &record_file, file);
    if (is_bad(job))
        return;
    read_file_text(job, index, file, flags);
    file->functions = read_array(job, &record_file_function, file->functions, &file->function_count,
                                 sizeof *file->functions);
    read_lines(job, file);
}

static void read_files(struct job *job)
{
    struct change_state *state = job->state;
    struct model *model = state->model;
    size_t before = model->file_count, count = read_count(job, before);
    uint64_t number;
    if (count < before || count > FILES_MAX)
        job->reader.bad = true;
    if (is_bad(job))
        return;
    state->has_text = mem_resize(state->has_text, count ? count : 1, sizeof *state->has_text);
    while (model->file_count < count) {
        state->has_text[model->file_count] = false;
        model_add_file(model, mem_calloc(1, sizeof(struct file)));
    }
    state->file_count = count;
    while (!is_bad(job) && (number = read_limited(&job->reader, count)) > 0)
        read_file(job, (uint32_t)(number - 1));
    for (size_t i = before; i < count && !is_bad(job); i++)
        job->reader.bad = !record_is_whole(&record_file, model->files[i]);
}

/* The place of a line in a file that there is; line 0 is none. */
static bool is_place(const struct job *job, uint32_t file, uint32_t line)
{
    return line == 0 || (line <= FILE_LINES_MAX && file < job->state->model->file_count);
}

/* ---- invocations ---- */

static void read_removed(struct job *job, struct invocations *set)
{
    size_t count = (size_t)read_limited(&job->reader, set->count), at = 0;
    size_t *places = mem_calloc(count + 1, sizeof *places);
    for (size_t i = 0; i < count && !is_bad(job); i++, at++) {
        at += (size_t)read_limited(&job->reader, set->count);
        job->reader.bad |= at >= set->count;
        places[i] = at;
    }
    if (!is_bad(job))
        invocations_remove(set, places, count);
    free(places);
}

static void read_cell(struct job *job, struct invocation *invocation)
{
    uint32_t file = (uint32_t)read_limited(&job->reader, UINT32_MAX);
    uint32_t line = (uint32_t)read_limited(&job->reader, FILE_LINES_MAX);
    if (is_bad(job) || line == 0 || !is_place(job, file, line)) {
        job->reader.bad = true;
        return;
    }
    const struct line_stats *before = invocation_line_stats(invocation, file, line);
    struct line_stats stats = before ? *before : (struct line_stats){0};
    record_read(&job->reader, &record_line_stats, &stats);
    invocation_set_line(invocation, file, line, &stats);
}

static void read_cells(struct job *job, struct invocation *invocation)
{
    size_t left = (size_t)(job->reader.end - job->reader.at);
    uint64_t count = read_limited(&job->reader, 2 * left);
    if (count & 1) {
        invocation->lines_number = read_number(&job->reader);
        invocation->line_count = 0;
        return;
    }
    for (count /= 2; count > 0 && !is_bad(job); count--)
        read_cell(job, invocation);
}

void change_check_lines(const struct change_state *state, struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->line_count; i++)
        if (invocation->lines[i].file >= state->model->file_count)
            invocation->line_count = i;
}

static bool is_after(const struct invocation *invocation, uint32_t file, uint32_t line)
{
    if (invocation->line_count == 0)
        return true;
    const struct invocation_line *last = &invocation->lines[invocation->line_count - 1];
    return file > last->file || (file == last->file && line > last->line);
}

/* There are many, and so they are not looked for one by one: they come in their order. */
void change_read_lines(struct invocation *invocation, struct span bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    struct names names = {0};
    struct reader reader = {.at = at, .end = at + bytes.len, .names = &names};
    size_t count = (size_t)read_limited(&reader, bytes.len / CELL_BYTES_LEAST);
    invocation->lines = mem_resize(invocation->lines, count + 1, sizeof *invocation->lines);
    invocation->line_capacity = count + 1;
    invocation->line_count = 0;
    invocation->line_revision++;
    for (; count > 0; count--) {
        struct invocation_line line = {.file = (uint32_t)read_limited(&reader, UINT32_MAX),
                                       .line = (uint32_t)read_limited(&reader, FILE_LINES_MAX)};
        record_read(&reader, &record_line_stats, &line.stats);
        if (reader.bad || line.line == 0 || !is_after(invocation, line.file, line.line))
            break;
        invocation->lines[invocation->line_count++] = line;
    }
    names_fini(&names);
}

static void read_invocation(struct job *job, struct invocation *invocation)
{
    record_read(&job->reader, &record_invocation, invocation);
    if (!is_place(job, invocation->file, invocation->line))
        job->reader.bad = true;
    read_cells(job, invocation);
}

static void read_invocations(struct job *job)
{
    struct invocations *set = &job->state->model->invocations;
    uint64_t number;
    read_removed(job, set);
    size_t before = set->count, count = read_count(job, before);
    if (count < before || count > INVOCATIONS_MAX)
        job->reader.bad = true;
    while (!is_bad(job) && set->count < count)
        invocations_append(set);
    while (!is_bad(job) && (number = read_limited(&job->reader, count)) > 0)
        read_invocation(job, set->kept[number - 1]);
    for (size_t i = before; i < set->count && !is_bad(job); i++)
        job->reader.bad = !record_is_whole(&record_invocation, set->kept[i]);
    set->functions = read_array(job, &record_function_count, set->functions, &set->function_count,
                                sizeof *set->functions);
}

/* ---- what is left behind ---- */

static void read_row(struct job *job, struct kept_line *line)
{
    uint64_t at = 0, step;
    line->file = (uint32_t)read_limited(&job->reader, UINT32_MAX);
    line->line = (uint32_t)read_limited(&job->reader, FILE_LINES_MAX);
    if (!is_place(job, line->file, line->line))
        job->reader.bad = true;
    while (!is_bad(job) && (step = read_limited(&job->reader, CHANGE_CELLS - at)) > 0) {
        at += step;
        int64_t *cell = change_cell(line, (size_t)at - 1);
        *cell = (int64_t)read_difference(&job->reader, (uint64_t)*cell);
    }
}

static void read_kept(struct job *job)
{
    struct kept *kept = &job->state->model->kept;
    uint64_t number;
    size_t count = (size_t)read_limited(&job->reader, KEPT_LINES);
    if (is_bad(job))
        return;
    kept_reserve(kept, count);
    read_items(job, &record_kept_place, kept->invocations, KEPT_WINDOW,
               sizeof kept->invocations[0]);
    while (!is_bad(job) && (number = read_limited(&job->reader, count)) > 0)
        read_row(job, &kept->lines[number - 1]);
}

/* ---- the timeline ---- */

static void read_timeline(struct job *job)
{
    struct timeline *timeline = &job->state->model->timeline;
    size_t same = (size_t)read_limited(&job->reader, timeline->count);
    size_t more = (size_t)read_limited(&job->reader, TIMELINE_POINTS - same);
    struct timeline_point last = {0};
    if (is_bad(job))
        return;
    if (same > 0)
        last = timeline->points[same - 1];
    timeline->count = same;
    for (; more > 0 && !is_bad(job); more--) {
        struct timeline_point point = {
            .time_ns = read_difference(&job->reader, last.time_ns),
            .rss_bytes = (int64_t)read_difference(&job->reader, (uint64_t)last.rss_bytes),
        };
        if (point.time_ns < last.time_ns)
            job->reader.bad = true;
        timeline->points[timeline->count++] = last = point;
    }
}

/* ---- where it is stopped ---- */

/* A file that there is, or none. */
static bool is_file(const struct job *job, uint32_t file)
{
    return file == STOP_NO_FILE || file < job->state->model->file_count;
}

static void read_others(struct job *job, struct stop_others *others)
{
    if (is_bad(job))
        return;
    others->items =
        read_array(job, &record_stop_other, others->items, &others->count, sizeof *others->items);
    for (size_t i = 0; i < others->count && !is_bad(job); i++)
        job->reader.bad = !is_file(job, others->items[i].file);
}

static void read_stop(struct job *job)
{
    struct stop *stop = &job->state->model->stop;
    record_read(&job->reader, &record_stop, stop);
    if (is_bad(job))
        return;
    stop->frames =
        read_array(job, &record_stop_frame, stop->frames, &stop->frame_count, sizeof *stop->frames);
    stop->locals =
        read_array(job, &record_stop_local, stop->locals, &stop->local_count, sizeof *stop->locals);
    job->reader.bad |= stop->is_stopped && !is_file(job, stop->file);
    job->reader.bad |= stop->step.is_known && !is_file(job, stop->step.file);
    for (size_t i = 0; i < stop->frame_count && !is_bad(job); i++)
        job->reader.bad = !is_file(job, stop->frames[i].file);
    read_others(job, &stop->tasks);
    read_others(job, &stop->threads);
}

static void read_breakpoints(struct job *job)
{
    struct breakpoints *set = &job->state->model->breakpoints;
    uint64_t last = read_difference(&job->reader, set->last_number);
    if (is_bad(job))
        return;
    set->last_number = (uint32_t)last;
    set->items = read_array(job, &record_breakpoint, set->items, &set->count, sizeof *set->items);
}

/* The verdict; those that are certain come first. */
static void read_leaks(struct job *job)
{
    struct leaks *leaks = &job->state->model->leaks;
    size_t count = (size_t)read_limited(&job->reader, LEAK_MAX);
    if (count > leaks->count)
        memset(leaks->items + leaks->count, 0, (count - leaks->count) * sizeof leaks->items[0]);
    leaks->count = count;
    read_items(job, &record_leak, leaks->items, count, sizeof leaks->items[0]);
    leaks->certain = 0;
    for (size_t i = 0; i < count && !is_bad(job); i++) {
        const struct leak *leak = &leaks->items[i];
        bool is_certain = leak->state == LEAK_CERTAIN;
        job->reader.bad = leak->line == 0 || !is_place(job, leak->file, leak->line) ||
                          (is_certain && leaks->certain < i);
        leaks->certain += is_certain;
    }
}

/* ---- the whole ---- */

int change_read(struct change_state *state, struct span change, const struct change_source *source)
{
    const unsigned char *bytes = (const unsigned char *)change.at;
    struct job job = {
        .reader = {.at = bytes, .end = bytes + change.len, .names = &state->names},
        .state = state,
        .source = source,
        .lines = count_lines(state->model),
    };
    struct model *model = state->model;
    uint64_t format = read_number(&job.reader);
    if (format != CHANGE_FORMAT && format != CHANGE_FORMAT_BEFORE)
        return -1;
    record_read(&job.reader, &record_model, model);
    state->output_total = read_difference(&job.reader, state->output_total);
    if (!is_bad(&job))
        model->functions = read_array(&job, &record_model_function, model->functions,
                                      &model->function_count, sizeof *model->functions);
    read_files(&job);
    if (!is_bad(&job))
        read_invocations(&job);
    if (!is_bad(&job))
        read_kept(&job);
    if (!is_bad(&job))
        read_timeline(&job);
    if (!is_bad(&job))
        read_stop(&job);
    if (!is_bad(&job))
        read_breakpoints(&job);
    if (!is_bad(&job) && format == CHANGE_FORMAT)
        read_leaks(&job);
    model->leaks.is_unknown = format != CHANGE_FORMAT;
    model_touch(model);
    return is_bad(&job) || job.reader.at != job.reader.end ? -1 : 0;
}
