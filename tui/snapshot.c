/*
 * A frozen display must still be scrolled, searched and opened, so freezing copies everything that
 * can be shown. That is some megabytes at most (the model limits its own parts), once for a key
 * press. The copies are made field by field and allocated as the model allocates them, so that
 * model_free() is right for them.
 */
#include "config.h"
#include "tui/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct counters *counters_take(const struct model *model, uint64_t realtime_ns)
{
    struct counters *counters = mem_calloc(1, sizeof *counters);
    counters->realtime_ns = realtime_ns;
    counters->file_count = model->file_count;
    counters->files = mem_calloc(model->file_count, sizeof(struct line_stats *));
    counters->line_counts = mem_calloc(model->file_count, sizeof *counters->line_counts);
    for (size_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        counters->files[i] = mem_calloc(file->line_count, sizeof **counters->files);
        counters->line_counts[i] = file->line_count;
        for (uint32_t line = 0; line < file->line_count; line++)
            counters->files[i][line] = file->lines[line].total;
    }
    return counters;
}

void counters_free(struct counters *counters)
{
    if (!counters)
        return;
    for (size_t i = 0; i < counters->file_count; i++)
        free(counters->files[i]);
    free(counters->files);
    free(counters->line_counts);
    free(counters);
}

void counters_subtract(const struct counters *counters, uint32_t file, uint32_t line,
                       struct line_stats *stats)
{
    if (file >= counters->file_count || line == 0 || line > counters->line_counts[file])
        return;
    const struct line_stats *then = &counters->files[file][line - 1];
    stats->increment_bytes -= then->increment_bytes;
    stats->self_increment_bytes -= then->self_increment_bytes;
    stats->occurrences -= then->occurrences;
    stats->net_python_bytes -= then->net_python_bytes;
    stats->net_native_bytes -= then->net_native_bytes;
    stats->allocated_bytes -= then->allocated_bytes;
    stats->freed_bytes -= then->freed_bytes;
}

static void *copy_of(const void *from, size_t count, size_t size)
{
    void *copy = mem_calloc(count, size);
    if (count)
        memcpy(copy, from, count * size);
    return copy;
}

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

static struct file *copy_file(const struct file *from)
{
    struct file *file = copy_of(from, 1, sizeof *file);
    file->path = copy_text(from->path);
    file->given = copy_text(from->given);
    file->display = copy_text(from->display);
    file->problem = copy_text(from->problem);
    file->text = from->text ? mem_strndup(from->text, from->text_len) : NULL;
    file->lines = copy_of(from->lines, from->line_count, sizeof *file->lines);
    file->functions = copy_of(from->functions, from->function_count, sizeof *file->functions);
    for (size_t i = 0; i < from->function_count; i++)
        file->functions[i].name = copy_text(from->functions[i].name);
    return file;
}

static struct invocation *copy_invocation(const struct invocation *from)
{
    struct invocation *invocation = copy_of(from, 1, sizeof *invocation);
    invocation->function = copy_text(from->function);
    invocation->request = copy_text(from->request);
    invocation->error = copy_text(from->error);
    invocation->lines = copy_of(from->lines, from->line_count, sizeof *invocation->lines);
    return invocation;
}

static void copy_output(struct output *output, const struct output *from)
{
    output->lines = mem_calloc(OUTPUT_LINES, sizeof *output->lines);
    output->first = 0;
    for (size_t i = 0; i < from->count; i++) {
        output->lines[i] = *output_at(from, i);
        output->lines[i].text = copy_text(output->lines[i].text);
    }
}

static void copy_functions(struct model *copy, const struct model *from)
{
    copy->functions = copy_of(from->functions, from->function_count, sizeof *copy->functions);
    for (size_t i = 0; i < from->function_count; i++) {
        struct model_function *function = &copy->functions[i];
        function->name = copy_text(function->name);
        function->url = copy_text(function->url);
        function->methods = copy_text(function->methods);
        function->trigger = copy_text(function->trigger);
        function->script = copy_text(function->script);
        function->load_error = copy_text(function->load_error);
        function->request = copy_text(function->request);
        function->sample = copy_text(function->sample);
    }
}

static void copy_counts(struct invocations *set, const struct invocations *from)
{
    set->functions = copy_of(from->functions, from->function_count, sizeof *set->functions);
    for (size_t i = 0; i < from->function_count; i++)
        set->functions[i].function = copy_text(from->functions[i].function);
}

struct model *snapshot_model(const struct model *model)
{
    struct model *copy = copy_of(model, 1, sizeof *copy);
    copy->app_root = copy_text(model->app_root);
    copy->app_name = copy_text(model->app_name);
    copy->base_url = copy_text(model->base_url);
    copy->python = copy_text(model->python);
    copy->app_error = copy_text(model->app_error);
    copy->reload_error = copy_text(model->reload_error);
    copy->worker_end = copy_text(model->worker_end);
    copy->chosen = copy_text(model->chosen);
    copy_functions(copy, model);
    /* Nothing on a screen is made from these. */
    copy->imported = NULL;
    copy->packages = (struct packages){NULL, 0};
    copy->samples = (struct samples){.total = 0};
    copy->files = mem_calloc(model->file_count, sizeof(struct file *));
    for (size_t i = 0; i < model->file_count; i++)
        copy->files[i] = copy_file(model->files[i]);
    copy->invocations.kept = mem_calloc(INVOCATIONS_KEPT + 1, sizeof(struct invocation *));
    for (size_t i = 0; i < model->invocations.count; i++)
        copy->invocations.kept[i] = copy_invocation(model->invocations.kept[i]);
    copy_counts(&copy->invocations, &model->invocations);
    copy_output(&copy->output, &model->output);
    copy->stop = stop_copy(&model->stop);
    copy->breakpoints = breakpoints_copy(&model->breakpoints);
    copy->kept.lines = copy_of(model->kept.lines, model->kept.line_count, sizeof *copy->kept.lines);
    copy->kept.line_capacity = model->kept.line_count;
    copy->holders = holders_copy(&model->holders);
    for (size_t i = 0; i < model->evidence.count; i++)
        copy->evidence.lines[i] = holders_copy(&model->evidence.lines[i]);
    copy->live = live_copy(&model->live);
    return copy;
}
