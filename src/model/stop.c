/*
 * What a step did is the difference between a line's numbers in its invocation at two stops. They
 * are taken at each stop for the line that is next, and outlive the time in which the thread runs.
 */
#include "config.h"
#include "model/stop.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static void free_frames(struct stop *stop)
{
    for (size_t i = 0; i < stop->frame_count; i++) {
        free(stop->frames[i].name);
        free(stop->frames[i].place);
    }
    free(stop->frames);
}

static void free_locals(struct stop *stop)
{
    for (size_t i = 0; i < stop->local_count; i++) {
        free(stop->locals[i].name);
        free(stop->locals[i].type);
        free(stop->locals[i].text);
    }
    free(stop->locals);
}

static void free_others(struct stop_others *others)
{
    for (size_t i = 0; i < others->count; i++) {
        free(others->items[i].name);
        free(others->items[i].function);
        free(others->items[i].state);
        free(others->items[i].place);
    }
    free(others->items);
}

void stop_fini(struct stop *stop)
{
    free_frames(stop);
    free_locals(stop);
    free_others(&stop->tasks);
    free_others(&stop->threads);
    free(stop->thread);
    free(stop->expression);
    free(stop->answer);
    *stop = (struct stop){0};
}

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static struct stop_others copy_others(const struct stop_others *from)
{
    struct stop_others copy = *from;
    copy.items = mem_calloc(from->count, sizeof *copy.items);
    for (size_t i = 0; i < from->count; i++) {
        copy.items[i] = from->items[i];
        copy.items[i].name = copy_text(from->items[i].name);
        copy.items[i].function = copy_text(from->items[i].function);
        copy.items[i].state = copy_text(from->items[i].state);
        copy.items[i].place = copy_text(from->items[i].place);
    }
    return copy;
}

struct stop stop_copy(const struct stop *from)
{
    struct stop copy = *from;
    copy.frames = mem_calloc(from->frame_count, sizeof *copy.frames);
    for (size_t i = 0; i < from->frame_count; i++) {
        copy.frames[i] = from->frames[i];
        copy.frames[i].name = copy_text(from->frames[i].name);
        copy.frames[i].place = copy_text(from->frames[i].place);
    }
    copy.locals = mem_calloc(from->local_count, sizeof *copy.locals);
    for (size_t i = 0; i < from->local_count; i++)
        copy.locals[i] = (struct stop_local){.name = copy_text(from->locals[i].name),
                                             .type = copy_text(from->locals[i].type),
                                             .text = copy_text(from->locals[i].text),
                                             .bytes = from->locals[i].bytes};
    copy.tasks = copy_others(&from->tasks);
    copy.threads = copy_others(&from->threads);
    copy.thread = copy_text(from->thread);
    copy.expression = copy_text(from->expression);
    copy.answer = copy_text(from->answer);
    return copy;
}

struct stop_frame *stop_add_frame(struct stop *stop)
{
    stop->frames = mem_resize(stop->frames, stop->frame_count + 1, sizeof *stop->frames);
    stop->frames[stop->frame_count] = (struct stop_frame){.file = STOP_NO_FILE};
    return &stop->frames[stop->frame_count++];
}

struct stop_local *stop_add_local(struct stop *stop)
{
    stop->locals = mem_resize(stop->locals, stop->local_count + 1, sizeof *stop->locals);
    stop->locals[stop->local_count] = (struct stop_local){.bytes = -1};
    return &stop->locals[stop->local_count++];
}

struct stop_other *stop_add_other(struct stop_others *others)
{
    others->items = mem_resize(others->items, others->count + 1, sizeof *others->items);
    others->items[others->count] =
        (struct stop_other){.file = STOP_NO_FILE, .number = STOP_NO_NUMBER};
    return &others->items[others->count++];
}

void stop_clear(struct stop *stop)
{
    struct stop left = {.is_stepping = stop->is_stepping,
                        .is_awaited = stop->is_awaited,
                        .count = stop->count,
                        .number = stop->number,
                        .file = stop->file,
                        .line = stop->line,
                        .before = stop->before,
                        .has_before = stop->has_before};
    stop_fini(stop);
    *stop = left;
}

void stop_forget(struct stop *stop)
{
    uint64_t count = stop->count;
    stop_fini(stop);
    stop->count = count;
}

/* The line is still being executed: by a frame that waits for the one that is stopped. */
static bool is_on_stack(const struct stop *stop, uint32_t file, uint32_t line)
{
    for (size_t i = 1; i < stop->frame_count; i++)
        if (stop->frames[i].file == file && stop->frames[i].line == line)
            return true;
    return false;
}

static struct stop_step step_of(const struct stop *last, const struct stop *now,
                                const struct invocation *invocation)
{
    const struct line_stats *stats = last->has_before && last->number == now->number && invocation
                                         ? invocation_line_stats(invocation, last->file, last->line)
                                         : NULL;
    if (!stats)
        return (struct stop_step){.is_known = false};
    return (struct stop_step){
        .is_known = true,
        .is_over = !is_on_stack(now, last->file, last->line),
        .file = last->file,
        .line = last->line,
        .has_objects = now->has_objects,
        .objects = now->objects,
        .executions = stats->occurrences - last->before.occurrences,
        .increment_bytes = line_bytes_sub(stats->increment_bytes, last->before.increment_bytes),
        .net_python_bytes = line_bytes_sub(stats->net_python_bytes, last->before.net_python_bytes),
        .net_native_bytes = line_bytes_sub(stats->net_native_bytes, last->before.net_native_bytes),
    };
}

/* A line that has not run yet has zeros. */
static void remember_line(struct stop *stop, const struct invocation *invocation)
{
    stop->has_before = invocation && stop->file != STOP_NO_FILE && stop->line;
    const struct line_stats *stats =
        stop->has_before ? invocation_line_stats(invocation, stop->file, stop->line) : NULL;
    stop->before = stats ? *stats : (struct line_stats){0};
}

void stop_set(struct stop *stop, struct stop *fresh, const struct invocation *invocation)
{
    struct stop now = *fresh;
    now.is_stopped = true;
    now.is_leaving = now.is_stepping = now.is_evaluating = now.is_breaking = false;
    now.is_awaited = stop->is_awaited && fresh->reason != STOP_INTERRUPT;
    now.count = stop->count + 1;
    now.step = step_of(stop, &now, invocation);
    remember_line(&now, invocation);
    stop_fini(stop);
    *stop = now;
    *fresh = (struct stop){0};
}

void stop_set_answer(struct stop *stop, struct stop *fresh)
{
    struct stop now = *fresh;
    now.is_stopped = true;
    now.is_leaving = now.is_stepping = now.is_evaluating = now.is_breaking = false;
    now.is_awaited = stop->is_awaited;
    now.count = stop->count;
    now.reason = stop->reason;
    now.breakpoint = stop->breakpoint;
    now.step = stop->step;
    now.before = stop->before;
    now.has_before = stop->has_before;
    free(now.expression);
    now.expression = copy_text(stop->expression);
    stop_fini(stop);
    *stop = now;
    *fresh = (struct stop){0};
}
