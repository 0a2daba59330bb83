/*
 * Everything is compared, so that nobody who changes the model has to say so, but for the long
 * parts: the lines of a file and of an invocation have a revision.
 */
#include "config.h"
#include "store/change.h"

#include <stdlib.h>
#include <string.h>

#include "store/change_parts.h"
#include "store/fields.h"

void change_state_init(struct change_state *state)
{
    *state = (struct change_state){.model = model_new("")};
}

void change_state_fini(struct change_state *state)
{
    model_free(state->model);
    free(state->has_text);
    names_fini(&state->names);
    *state = (struct change_state){.model = NULL};
}

struct job {
    struct writer *writer;
    const struct change_listener *listener; /* never NULL */
    bool differs;                           /* anything does */
};

/* Write a struct with its number, where it differs. */
static void write_item(struct job *job, const struct record *record, size_t number,
                       const void *before, const void *now)
{
    uint64_t differences = record_differences(record, before, now);
    if (!differences)
        return;
    job->differs = true;
    write_number(job->writer, number);
    record_write(job->writer, record, differences, before, now);
}

static void write_items(struct job *job, const struct record *record, const void *before,
                        size_t before_count, const void *now, size_t count, size_t size)
{
    for (size_t i = 0; i < count; i++)
        write_item(job, record, i + 1, i < before_count ? (const char *)before + i * size : NULL,
                   (const char *)now + i * size);
    write_number(job->writer, 0);
}

static void write_array(struct job *job, const struct record *record, const void *before,
                        size_t before_count, const void *now, size_t count, size_t size)
{
    job->differs |= before_count != count;
    write_number(job->writer, count);
    write_items(job, record, before, before_count, now, count, size);
}

static void write_model(struct job *job, const struct change_state *before, const struct model *now)
{
    uint64_t differences = record_differences(&record_model, before->model, now);
    job->differs |= differences || before->output_total != now->output.total;
    record_write(job->writer, &record_model, differences, before->model, now);
    write_difference(job->writer, before->output_total, now->output.total);
}

/* ---- files ---- */

static void write_lines(struct job *job, uint32_t index, const struct file *before,
                        uint32_t before_count, const struct file *now)
{
    uint32_t last = 0;
    write_number(job->writer, now->line_count);
    for (uint32_t i = 0; i < now->line_count; i++) {
        const struct file_line *was = i < before_count ? &before->lines[i] : NULL;
        uint64_t differences = record_differences(&record_file_line, was, &now->lines[i]);
        if (!differences)
            continue;
        write_number(job->writer, i + 1 - last);
        record_write(job->writer, &record_file_line, differences, was, &now->lines[i]);
        last = i + 1;
        if (job->listener->line)
            job->listener->line(job->listener->context, index, last);
    }
    write_number(job->writer, 0);
}

static void write_file(struct job *job, const struct change_state *state, uint32_t index,
                       const struct file *now)
{
    const struct file *before =
        index < state->model->file_count ? state->model->files[index] : NULL;
    bool had_text = before && state->has_text[index], has_text = now->text != NULL;
    bool is_lost = before && (now->line_count < before->line_count || (had_text && !has_text));
    uint64_t differences = record_differences(&record_file, before, now);
    if (before && !differences && had_text == has_text && before->revision == now->revision)
        return;
    size_t functions = before && !is_lost ? before->function_count : 0;
    job->differs = true;
    write_number(job->writer, index + 1);
    write_number(job->writer, (has_text ? CHANGE_HAS_TEXT : 0u) | (is_lost ? CHANGE_IS_LOST : 0u));
    record_write(job->writer, &record_file, differences, before, now);
    write_array(job, &record_file_function, functions ? before->functions : NULL, functions,
                now->functions, now->function_count, sizeof *now->functions);
    write_lines(job, index, before, before && !is_lost ? before->line_count : 0, now);
    if (!before && job->listener->file)
        job->listener->file(job->listener->context, index, now);
}

static void write_files(struct job *job, const struct change_state *before, const struct model *now)
{
    write_number(job->writer, now->file_count);
    for (size_t i = 0; i < now->file_count; i++)
        write_file(job, before, (uint32_t)i, now->files[i]);
    write_number(job->writer, 0);
}

/* ---- invocations ---- */

/* Those that are kept no longer. Both lists are in order of their serials. */
static void write_removed(struct job *job, const struct invocations *before,
                          const struct invocations *now)
{
    size_t count = 0, gap = 0;
    for (size_t pass = 0; pass < 2; pass++) {
        if (pass == 1)
            write_number(job->writer, count);
        for (size_t i = 0, k = 0; i < before->count; i++) {
            bool stays = k < now->count && now->kept[k]->serial == before->kept[i]->serial;
            k += stays;
            gap += stays;
            count += !stays && pass == 0;
            if (!stays && pass == 1)
                write_number(job->writer, gap);
            if (!stays)
                gap = 0;
        }
        gap = 0;
    }
    job->differs |= count > 0;
}

/* Where the line was before, or NULL; *at goes on from line to line. */
static const struct line_stats *stats_before(const struct invocation *before, size_t *at,
                                             const struct invocation_line *now)
{
    if (!before || *at >= before->line_count || before->lines[*at].file != now->file ||
        before->lines[*at].line != now->line)
        return NULL;
    return &before->lines[(*at)++].stats;
}

/* The first of two passes, which writes nothing, counts them. */
static size_t write_cells(struct job *job, const struct invocation *before,
                          const struct invocation *now, bool is_written)
{
    size_t count = 0, at = 0;
    for (size_t i = 0; i < now->line_count; i++) {
        const struct invocation_line *line = &now->lines[i];
        const struct line_stats *was = stats_before(before, &at, line);
        uint64_t differences = record_differences(&record_line_stats, was, &line->stats);
        if (was && !differences)
            continue;
        count++;
        if (!is_written)
            continue;
        write_number(job->writer, line->file);
        write_number(job->writer, line->line);
        record_write(job->writer, &record_line_stats, differences, was, &line->stats);
    }
    return count;
}

/* Under which number the lines of an invocation that is over are kept apart, or 0. */
static uint64_t apart(const struct job *job, const struct invocation *before,
                      const struct invocation *now)
{
    if (!invocation_is_over(now) || now->line_count == 0 || !job->listener->lines)
        return 0;
    return job->listener->lines(job->listener->context, before, now);
}

/* Most of a thousand are, at each event: what may change of one lies together but for a text. Where
 * two that are equal have other bytes between their fields nothing is lost. */
static bool is_as_it_was(const struct invocation *before, const struct invocation *now)
{
    enum { FROM = offsetof(struct invocation, outcome), TO = offsetof(struct invocation, lines) };
    return before->line_revision == now->line_revision &&
           memcmp((const char *)before + FROM, (const char *)now + FROM, TO - FROM) == 0 &&
           (before->error == now->error ||
            (before->error && now->error && strcmp(before->error, now->error) == 0));
}

static void write_invocation(struct job *job, size_t place, const struct invocation *before,
                             const struct invocation *now)
{
    if (before && is_as_it_was(before, now))
        return;
    uint64_t differences = record_differences(&record_invocation, before, now);
    bool is_same = before && before->line_revision == now->line_revision;
    uint64_t number = is_same ? 0 : apart(job, before, now);
    size_t cells = is_same || number ? 0
                   : before          ? write_cells(job, before, now, false)
                                     : now->line_count; /* all are new */
    if (before && !differences && !cells && !number)
        return;
    job->differs = true;
    write_number(job->writer, place + 1);
    record_write(job->writer, &record_invocation, differences, before, now);
    write_number(job->writer, number ? 1 : 2 * cells);
    if (number)
        write_number(job->writer, number);
    if (cells)
        write_cells(job, before, now, true);
    if (job->listener->invocation)
        job->listener->invocation(job->listener->context, before, now);
}

void change_write_lines(struct writer *writer, const struct invocation *invocation)
{
    struct job job = {.writer = writer};
    write_number(writer, invocation->line_count);
    write_cells(&job, NULL, invocation, true);
}

static void write_invocations(struct job *job, const struct invocations *before,
                              const struct invocations *now)
{
    write_removed(job, before, now);
    write_number(job->writer, now->count);
    for (size_t i = 0, k = 0; i < now->count; i++) {
        while (k < before->count && before->kept[k]->serial < now->kept[i]->serial)
            k++;
        bool is_known = k < before->count && before->kept[k]->serial == now->kept[i]->serial;
        write_invocation(job, i, is_known ? before->kept[k] : NULL, now->kept[i]);
    }
    write_number(job->writer, 0);
    write_array(job, &record_function_count, before->functions, before->function_count,
                now->functions, now->function_count, sizeof *now->functions);
}

/* ---- what is left behind ---- */

/* In what is written of it: what was alive at each moment, say, is not. */
static bool is_same_row(const struct kept_line *before, const struct kept_line *now)
{
    return before->file == now->file && before->line == now->line &&
           memcmp(before->left_bytes, now->left_bytes, sizeof now->left_bytes) == 0 &&
           memcmp(before->alive_bytes, now->alive_bytes, sizeof now->alive_bytes) == 0;
}

static void write_row(struct job *job, size_t index, const struct kept_line *before,
                      const struct kept_line *now)
{
    static const struct kept_line none;
    size_t last = 0;
    if (!before)
        before = &none;
    if (is_same_row(before, now))
        return;
    job->differs = true;
    write_number(job->writer, index + 1);
    write_number(job->writer, now->file);
    write_number(job->writer, now->line);
    for (size_t i = 0; i < CHANGE_CELLS; i++) {
        int64_t was = *change_cell((struct kept_line *)(uintptr_t)before, i);
        int64_t is = *change_cell((struct kept_line *)(uintptr_t)now, i);
        if (was == is)
            continue;
        write_number(job->writer, i + 1 - last);
        write_difference(job->writer, (uint64_t)was, (uint64_t)is);
        last = i + 1;
    }
    write_number(job->writer, 0);
}

static void write_kept(struct job *job, const struct kept *before, const struct kept *now)
{
    job->differs |= before->line_count != now->line_count;
    write_number(job->writer, now->line_count);
    write_items(job, &record_kept_place, before->invocations, KEPT_WINDOW, now->invocations,
                KEPT_WINDOW, sizeof now->invocations[0]);
    for (size_t i = 0; i < now->line_count; i++)
        write_row(job, i, i < before->line_count ? &before->lines[i] : NULL, &now->lines[i]);
    write_number(job->writer, 0);
}

/* ---- the timeline ---- */

static bool is_same_point(const struct timeline_point *a, const struct timeline_point *b)
{
    return a->time_ns == b->time_ns && a->rss_bytes == b->rss_bytes;
}

/* Time went on, and all was as it was: no more has come than another end of the last plateau. */
static bool is_longer_plateau(const struct timeline *before, const struct timeline *now,
                              size_t same)
{
    return same > 0 && same + 1 == now->count && now->count == before->count &&
           now->points[same - 1].rss_bytes == now->points[same].rss_bytes &&
           before->points[same].rss_bytes == now->points[same].rss_bytes;
}

static void write_timeline(struct job *job, const struct timeline *before,
                           const struct timeline *now)
{
    struct timeline_point last = {0};
    size_t same = 0;
    while (same < before->count && same < now->count &&
           is_same_point(&before->points[same], &now->points[same]))
        same++;
    job->differs |=
        (same < now->count || now->count != before->count) && !is_longer_plateau(before, now, same);
    write_number(job->writer, same);
    write_number(job->writer, now->count - same);
    if (same > 0)
        last = now->points[same - 1];
    for (size_t i = same; i < now->count; i++) {
        const struct timeline_point *point = &now->points[i];
        write_difference(job->writer, last.time_ns, point->time_ns);
        write_difference(job->writer, (uint64_t)last.rss_bytes, (uint64_t)point->rss_bytes);
        last = *point;
    }
}

/* ---- where it is stopped ---- */

static void write_others(struct job *job, const struct stop_others *before,
                         const struct stop_others *now)
{
    write_array(job, &record_stop_other, before->items, before->count, now->items, now->count,
                sizeof *now->items);
}

static void write_stop(struct job *job, const struct stop *before, const struct stop *now)
{
    uint64_t differences = record_differences(&record_stop, before, now);
    job->differs |= differences != 0;
    record_write(job->writer, &record_stop, differences, before, now);
    write_array(job, &record_stop_frame, before->frames, before->frame_count, now->frames,
                now->frame_count, sizeof *now->frames);
    write_array(job, &record_stop_local, before->locals, before->local_count, now->locals,
                now->local_count, sizeof *now->locals);
    write_others(job, &before->tasks, &now->tasks);
    write_others(job, &before->threads, &now->threads);
}

static void write_breakpoints(struct job *job, const struct breakpoints *before,
                              const struct breakpoints *now)
{
    job->differs |= before->last_number != now->last_number;
    write_difference(job->writer, before->last_number, now->last_number);
    write_array(job, &record_breakpoint, before->items, before->count, now->items, now->count,
                sizeof *now->items);
}

/* ---- the whole ---- */

bool change_write(struct writer *writer, const struct change_state *before, const struct model *now,
                  const struct change_listener *listener)
{
    static const struct change_listener nobody = {NULL, NULL, NULL, NULL, NULL};
    struct job job = {.writer = writer, .listener = listener ? listener : &nobody};
    const struct model *model = before->model;
    write_number(writer, CHANGE_FORMAT);
    write_model(&job, before, now);
    write_array(&job, &record_model_function, model->functions, model->function_count,
                now->functions, now->function_count, sizeof *now->functions);
    write_files(&job, before, now);
    write_invocations(&job, &model->invocations, &now->invocations);
    write_kept(&job, &model->kept, &now->kept);
    write_timeline(&job, &model->timeline, &now->timeline);
    write_stop(&job, &model->stop, &now->stop);
    write_breakpoints(&job, &model->breakpoints, &now->breakpoints);
    write_array(&job, &record_leak, model->leaks.items, model->leaks.count, now->leaks.items,
                now->leaks.count, sizeof now->leaks.items[0]);
    if (!job.differs)
        writer_clear(writer);
    return job.differs;
}

void change_keep_revisions(struct change_state *state, const struct model *now)
{
    for (size_t i = 0; i < now->file_count; i++)
        state->model->files[i]->revision = now->files[i]->revision;
    for (size_t i = 0; i < now->invocations.count; i++)
        state->model->invocations.kept[i]->line_revision = now->invocations.kept[i]->line_revision;
}
