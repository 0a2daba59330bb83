/*
 * Summing up, when all rows are there:
 *
 *   in the order of time   each row gets its file and its invocation      import_settle_rows()
 *   by invocation          tables get their version of the file           import_settle_tables()
 *   by version             texts and functions become the model's files   import_make_files()
 *   by invocation          figures become the model's                     make_invocations()
 *
 * All by arrays that are indexed with numbers of the interns, so that a million rows take a second.
 */
#include "config.h"
#include "report/import.h"

#include <stdlib.h>

#include "base/mem.h"
#include "report/import_build.h"

/* ---- invocations ---- */

/* The reading at entry, with which memory_profiler begins a table. */
static bool is_entry(const struct import_row *row)
{
    return row->begins_table && row->increment_bytes == row->mem_bytes && row->mem_bytes > 0;
}

static void add_figures(struct import_build *build, struct invocation *invocation,
                        const struct import_row *row)
{
    uint32_t file = build->versions[row->file].index;
    int64_t grown = is_entry(row) ? 0 : row->increment_bytes;
    const struct line_stats part = {
        .mem_usage_bytes = row->mem_bytes,
        .peak_bytes = row->mem_bytes,
        .increment_bytes = grown,
        .self_increment_bytes = grown,
        .occurrences = row->occurrences,
    };
    const struct line_stats *known = invocation_line_stats(invocation, file, row->line);
    struct line_stats sum = known ? *known : (struct line_stats){0};
    line_stats_add(&sum, &part);
    invocation_set_line(invocation, file, row->line, &sum);
    struct file_line *line = file_line_at(build->model->files[file], row->line);
    if (line)
        line_stats_add(&line->total, &part);
    if (invocation->rss_start_bytes == 0)
        invocation->rss_start_bytes = line_bytes_sub(row->mem_bytes, grown);
    if (row->mem_bytes > invocation->rss_peak_bytes)
        invocation->rss_peak_bytes = row->mem_bytes;
    invocation->rss_end_bytes = row->mem_bytes;
    invocation->rss_lines_bytes = line_bytes_add(invocation->rss_lines_bytes, grown);
}

static struct imported_instance *instance_of(struct import_build *build, uint32_t number)
{
    struct imported *imported = build->import->imported;
    struct imported_instance *instance = &imported->instances[number];
    if (!instance->name)
        instance->name = import_string(&build->import->instances, number);
    return instance;
}

static void count_instance(struct import_build *build, uint32_t number,
                           const struct invocation *invocation)
{
    struct imported_instance *instance = instance_of(build, number);
    struct import_slope *slope = &build->slopes[number];
    if (instance->invocations++ == 0) {
        instance->first_ns = invocation->start_realtime_ns;
        instance->first_start_bytes = invocation->rss_start_bytes;
    }
    instance->last_ns = invocation->start_realtime_ns;
    instance->last_start_bytes = invocation->rss_start_bytes;
    if (invocation->rss_peak_bytes > instance->peak_bytes)
        instance->peak_bytes = invocation->rss_peak_bytes;
    double grown = (double)(invocation->rss_start_bytes - instance->first_start_bytes);
    slope->sum += grown;
    slope->weighted += grown * slope->count;
    slope->count++;
}

/* Least squares over the invocations 0, 1, 2, ... of an instance. */
static void settle_slopes(struct import_build *build)
{
    struct imported *imported = build->import->imported;
    for (size_t i = 0; i < imported->instance_count; i++) {
        const struct import_slope *slope = &build->slopes[i];
        double n = slope->count, mean = (n - 1) / 2;
        if (n >= 2)
            imported->instances[i].growth_bytes =
                (slope->weighted - mean * slope->sum) / (n * (n * n - 1) / 12);
    }
    imported_sort(imported);
}

/* Figures are read from decimals, each to the byte: what that leaves is nobody's memory. */
static void settle_rounding(struct invocation *invocation)
{
    int64_t rest = invocation_elsewhere_bytes(invocation);
    if (llabs(rest) <= (int64_t)invocation->line_count + 1)
        invocation->rss_end_bytes = line_bytes_sub(invocation->rss_end_bytes, rest);
}

/* Of a kept invocation: its increments are the lines' trends. */
static void add_trends(struct import_build *build, const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->line_count; i++) {
        const struct invocation_line *line = &invocation->lines[i];
        file_add_trend(build->model->files[line->file], line->line, line->stats.increment_bytes);
    }
}

static struct invocation *begin_invocation(struct import_build *build, const struct import_row *row,
                                           uint32_t key)
{
    struct import *import = build->import;
    uint32_t file = build->versions[row->file].index;
    char *id = key == IMPORT_NONE ? mem_strdup("") : import_string(&import->keys, key);
    char *instance = import_string(&import->instances, row->instance);
    char *function = row->function == IMPORT_NONE
                         ? import_file_function(build->model->files[file])
                         : import_string(&import->functions, row->function);
    struct invocation *invocation =
        invocations_add(&build->model->invocations, row->key, id, function, instance);
    invocation->start_realtime_ns = invocation->start_ns = row->time_ns;
    import_know_function(build, function, file);
    free(function);
    free(instance);
    free(id);
    return invocation;
}

static void end_invocation(struct import_build *build, struct invocation *invocation, uint32_t key,
                           uint32_t instance)
{
    const struct import_call *call = NULL;
    if (key != IMPORT_NONE && build->calls && build->calls[key])
        call = &build->import->calls[build->calls[key] - 1];
    uint64_t end_ns = invocation->start_ns + (call ? call->duration_ns : 0);
    invocations_end(&build->model->invocations, invocation,
                    call && call->failed ? OUTCOME_FAILED : OUTCOME_SUCCEEDED, 0, end_ns, NULL);
    settle_rounding(invocation);
    add_trends(build, invocation);
    count_instance(build, instance, invocation);
    if (invocation->rss_peak_bytes > build->model->rss_peak_bytes)
        build->model->rss_peak_bytes = invocation->rss_peak_bytes;
    if (build->import->setup.invocation)
        build->import->setup.invocation(build->import->setup.context, build->model, invocation);
}

/* The rows from `at` to `end` are those of one invocation. */
static void make_invocation(struct import_build *build, size_t at, size_t end, uint32_t key)
{
    struct invocation *invocation = NULL;
    uint32_t instance = 0;
    for (; at < end; at++) {
        const struct import_row *row = import_row_at(build, at);
        if (row->line == 0 || row->occurrences == 0)
            continue;
        if (!invocation) {
            invocation = begin_invocation(build, row, key);
            instance = row->instance;
        }
        add_figures(build, invocation, row);
    }
    if (invocation)
        end_invocation(build, invocation, key, instance);
}

static void make_invocations(struct import_build *build)
{
    for (size_t at = 0, end; at < build->count; at = end) {
        uint32_t number = import_row_at(build, at)->key;
        for (end = at + 1; end < build->count && import_row_at(build, end)->key == number; end++)
            ;
        make_invocation(build, at, end, build->keys[number]);
    }
    settle_slopes(build);
}

/* ---- the whole ---- */

static void index_calls(struct import_build *build)
{
    const struct import *import = build->import;
    if (!import->call_count)
        return;
    build->calls = mem_calloc(import->keys.count, sizeof *build->calls);
    for (size_t i = 0; i < import->call_count; i++)
        build->calls[import->calls[i].key] = (uint32_t)i + 1;
}

static void build_fini(struct import_build *build)
{
    for (uint32_t i = 0; i < build->version_count; i++) {
        free(build->versions[i].texts);
        free(build->versions[i].lasts);
    }
    free(build->versions);
    free(build->newest);
    free(build->order);
    free(build->keys);
    free(build->calls);
    free(build->slopes);
}

struct model *import_finish(struct import *import)
{
    struct import_build build = {.import = import};
    char *root = import_root(import);
    build.model = model_new(root);
    build.model->worker = WORKER_NONE;
    build.model->imported = import->imported;
    free(root);
    import->imported->instance_count = import->instances.count;
    import->imported->instances =
        mem_calloc(import->instances.count + 1, sizeof *import->imported->instances);
    build.slopes = mem_calloc(import->instances.count + 1, sizeof *build.slopes);
    for (uint32_t i = 0; i < import->instances.count; i++)
        instance_of(&build, i);
    index_calls(&build);
    import_settle_rows(&build);
    import_settle_tables(&build);
    import_make_files(&build);
    make_invocations(&build);
    build_fini(&build);
    import->imported = NULL; /* the model's from now on */
    model_touch(build.model);
    return build.model;
}
