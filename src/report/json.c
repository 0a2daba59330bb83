/*
 * The report is built as a tree of jansson values and dumped in one go: the model is small beside
 * what it describes, and a tree cannot be left half open. Only integers and strings are in it. All
 * that is not ASCII is written as \u escapes, so that neither a terminal nor a reader's idea of
 * encodings can do anything to the text.
 *
 * jansson reports want of memory as NULL, takes NULL for a value as an error, and drops what was
 * handed to it then; so every function here passes NULL on, and one place says so.
 */
#include "config.h"
#include "report/json.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"
#include "report/json_leaks.h"
#include "report/json_value.h"
#include "report/told.h"

static json_t *string_value(const char *text)
{
    return json_text_value(text, strlen(text));
}

static const char *trigger_of(const struct model *model, const struct invocation *invocation)
{
    if (invocation->number == 0)
        return "load";
    const struct model_function *function = model_find_function(model, invocation->function);
    return function ? function->trigger : "";
}

/* A figure that may not be known: null where it is not counted. */
static json_t *counted(bool is_counted, int64_t bytes)
{
    return is_counted ? json_integer((json_int_t)bytes) : json_null();
}

static json_t *rss_members(const struct invocation *invocation)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", /* in this order */
                     "rss_start_bytes", (json_int_t)invocation->rss_start_bytes, "rss_end_bytes",
                     (json_int_t)invocation->rss_end_bytes, "rss_peak_bytes",
                     (json_int_t)invocation->rss_peak_bytes, "rss_lines_bytes",
                     (json_int_t)invocation->rss_lines_bytes, "rss_elsewhere_bytes",
                     (json_int_t)invocation_elsewhere_bytes(invocation), "rss_shared_bytes",
                     (json_int_t)invocation->rss_shared_bytes);
}

static json_t *heap_members(const struct heap *heap, const struct invocation *invocation)
{
    bool on = heap->is_on, told = on && invocation->is_told_apart;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "heap_start_bytes",
                     counted(on, invocation->heap_start_bytes), "heap_end_bytes",
                     counted(on, invocation->heap_end_bytes), "heap_lines_bytes",
                     counted(on, invocation->heap_lines_bytes), "heap_elsewhere_bytes",
                     counted(on, invocation->heap_elsewhere_bytes), "heap_shared_bytes",
                     counted(on, invocation_heap_shared_bytes(invocation)), "left_bytes",
                     counted(told, invocation->left_bytes), "retained_bytes",
                     counted(told, invocation->retained_bytes));
}

static json_t *invocation_value(const struct model *model, const struct invocation *invocation)
{
    json_t *value = json_pack(
        "{s:I, s:o, s:o, s:o, s:s, s:i, s:I, s:I}", "number", json_count(invocation->number), "id",
        string_value(invocation->id), "function", string_value(invocation->function), "trigger",
        string_value(trigger_of(model, invocation)), "outcome", outcome_name(invocation->outcome),
        "status", invocation->status, "start_ns", json_count(invocation->start_realtime_ns),
        "duration_ns", json_count(invocation->duration_ns));
    value = json_with_members(value, rss_members(invocation));
    return json_with_members(value, heap_members(&model->heap, invocation));
}

static json_t *invocations_value(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < model->invocations.count; i++)
        list = json_list_append(list, invocation_value(model, model->invocations.kept[i]));
    return list;
}

/* What the latest invocations left of the line, newest first. */
static json_t *kept_value(const struct model *model, uint32_t file, uint32_t line)
{
    struct kept_part parts[KEPT_WINDOW];
    if (!model->heap.is_on)
        return json_null();
    json_t *list = json_array();
    size_t count = kept_newest(&model->kept, kept_find(&model->kept, file, line), parts);
    for (size_t i = 0; list && i < count; i++)
        list = json_list_append(list,
                                json_pack("{s:I, s:I, s:I}", "number", json_count(parts[i].number),
                                          "left_bytes", (json_int_t)parts[i].left_bytes,
                                          "retained_bytes", (json_int_t)parts[i].alive_bytes));
    return list;
}

static json_t *line_heap_members(const struct model *model, uint32_t file, uint32_t line)
{
    const struct line_stats *stats = &model->files[file]->lines[line - 1].total;
    bool on = model->heap.is_on, native = on && model->heap.native_is_on;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "net_python_bytes",
        counted(on, stats->net_python_bytes), "net_native_bytes",
        counted(native, stats->net_native_bytes), "allocated_bytes",
        counted(on, json_count(stats->allocated_bytes)), "freed_bytes",
        counted(on, json_count(stats->freed_bytes)), "high_bytes", counted(on, stats->high_bytes),
        "retained_bytes", counted(on, line_retained_bytes(stats)), "retained_native_bytes",
        counted(native, stats->retained_native_bytes), "kept", kept_value(model, file, line));
}

/* The verdict, where it is certain; null where the line does not leak. */
static json_t *leak_value(const struct model *model, uint32_t file, uint32_t line)
{
    const struct leak *leak = leaks_find(&model->leaks, file, line);
    if (!leak || leak->state != LEAK_CERTAIN)
        return json_null();
    return json_pack("{s:I, s:I, s:I}", "bytes_per_invocation",
                     (json_int_t)leak->bytes_per_invocation, "kept", (json_int_t)leak->kept, "of",
                     (json_int_t)leak->of);
}

static json_t *line_value(const struct model *model, uint32_t file, uint32_t line)
{
    const struct line_stats *stats = &model->files[file]->lines[line - 1].total;
    size_t len;
    const char *source = file_line_text(model->files[file], line, &len);
    json_t *value = json_pack(
        "{s:I, s:o, s:I, s:I, s:I, s:I, s:I}", "line", (json_int_t)line, "source",
        json_text_value(source, len), "mem_usage_bytes", (json_int_t)stats->mem_usage_bytes,
        "peak_bytes", (json_int_t)stats->peak_bytes, "increment_bytes",
        (json_int_t)stats->increment_bytes, "self_increment_bytes",
        (json_int_t)stats->self_increment_bytes, "occurrences", json_count(stats->occurrences));
    value = json_with_members(value, line_heap_members(model, file, line));
    return json_with_members(value, json_pack("{s:o}", "leak", leak_value(model, file, line)));
}

static json_t *file_value(const struct model *model, uint32_t index)
{
    const struct file *file = model->files[index];
    json_t *lines = json_array();
    for (uint32_t line = 1; lines && line <= file->line_count; line++)
        if (told_line(model, file, line))
            lines = json_list_append(lines, line_value(model, index, line));
    return json_pack("{s:o, s:I, s:b, s:o}", "path", string_value(file->path), "version",
                     (json_int_t)file->version, "retired", file->retired, "lines", lines);
}

static json_t *files_value(const struct model *model)
{
    json_t *list = json_array();
    for (uint32_t i = 0; list && i < model->file_count; i++)
        if (told_file(model, model->files[i]))
            list = json_list_append(list, file_value(model, i));
    return list;
}

static json_t *limit_value(const struct model *model)
{
    return model->limit_bytes ? json_integer((json_int_t)model->limit_bytes) : json_null();
}

static json_t *problems_value(const struct imported *imported)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < imported->problem_count; i++) {
        const struct imported_problem *problem = &imported->problems[i];
        list = json_list_append(list,
                                json_pack("{s:o, s:o, s:o}", "where", string_value(problem->where),
                                          "what", string_value(problem->what), "example",
                                          string_value(problem->example)));
    }
    return list;
}

/* Bytes as a whole number, which all sizes are. */
static json_int_t whole_bytes(double bytes)
{
    return (json_int_t)(bytes < 0 ? bytes - 0.5 : bytes + 0.5);
}

static json_t *instances_value(const struct imported *imported)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < imported->instance_count; i++) {
        const struct imported_instance *instance = &imported->instances[i];
        list = json_list_append(
            list,
            json_pack("{s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "name",
                      string_value(instance->name), "invocations",
                      json_count(instance->invocations), "first_ns", json_count(instance->first_ns),
                      "last_ns", json_count(instance->last_ns), "first_start_bytes",
                      (json_int_t)instance->first_start_bytes, "last_start_bytes",
                      (json_int_t)instance->last_start_bytes, "peak_bytes",
                      (json_int_t)instance->peak_bytes, "growth_bytes",
                      whole_bytes(instance->growth_bytes)));
    }
    return list;
}

static json_t *imported_value(const struct imported *imported)
{
    const struct {
        const char *name;
        uint64_t count;
    } counts[] = {
        {"logs", imported->files},
        {"records", imported->records},
        {"rows", imported->rows},
        {"blank_rows", imported->blank_rows},
        {"unreadable", imported->unreadable},
        {"dropped", imported->dropped},
        {"repeated", imported->repeated},
        {"sampled", imported->sampled},
        {"undated", imported->undated},
        {"unsure_dates", imported->unsure_dates},
        {"no_file", imported->no_file},
        {"other_text", imported->other_text},
    };
    json_t *value = json_pack("{s:o, s:o}", "problems", problems_value(imported), "instances",
                              instances_value(imported));
    for (size_t i = 0; value && i < ARRAY_LEN(counts); i++)
        if (json_object_set_new(value, counts[i].name, json_integer(json_count(counts[i].count)))) {
            json_decref(value);
            value = NULL;
        }
    return value;
}

/* An import's report has one member more. */
static json_t *with_import(json_t *report, const struct model *model)
{
    if (!report || !model->imported)
        return report;
    return json_with_members(report, json_pack("{s:o}", "import", imported_value(model->imported)));
}

int json_write(const struct model *model, struct buf *out, struct error *error)
{
    json_t *report =
        json_pack("{s:s, s:o, s:o, s:o, s:{s:I, s:o, s:I}, s:o, s:o, s:o, s:o, s:o}", "pymemtop",
                  PACKAGE_VERSION, "python", string_value(model->python), "app",
                  string_value(model->app_root), "limit_bytes", limit_value(model), "baseline",
                  "rss_bytes", (json_int_t)model->baseline_bytes, "heap_bytes",
                  counted(model->heap.is_on, model->heap.baseline_bytes), "own_bytes",
                  (json_int_t)model->own_bytes, "invocations", invocations_value(model), "files",
                  files_value(model), "leaks", json_leaks(model, LEAK_CERTAIN), "suspects",
                  json_leaks(model, LEAK_SUSPECT), "leaks_missing",
                  counted(leaks_unknown(model) == NULL, leaks_missing(model)));
    report = with_import(report, model);
    if (!report)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the JSON report");
    if (json_write_value(report, JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII, out))
        return told_refuse(out, error);
    return 0;
}
