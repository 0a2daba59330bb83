/* As with json.c, want of memory is NULL, which every function passes on. */
#include "config.h"
#include "report/speedscope.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "report/json_value.h"
#include "report/plain.h"
#include "report/told.h"

#define SCHEMA "https://www.speedscope.app/file-format-schema.json"

/* JavaScript has whole numbers up to this one. */
#define WEIGHT_MAX ((INT64_C(1) << 53) - 1)

/* What a profile weighs a line by. */
typedef int64_t weigh_line(const struct line_stats *stats);

static int64_t weigh_allocated(const struct line_stats *stats)
{
    return stats->allocated_bytes > INT64_MAX ? INT64_MAX : (int64_t)stats->allocated_bytes;
}

static int64_t weigh_rss(const struct line_stats *stats)
{
    return stats->self_increment_bytes;
}

static const struct {
    const char *name;
    weigh_line *weigh;
    bool needs_heap;
} kinds[] = {
    {"bytes allocated", weigh_allocated, true},
    {"bytes alive at the end", line_retained_bytes, true},
    {"RSS increment, callees not included", weigh_rss, false},
};

static json_t *text(const char *string)
{
    return json_text_value(string, strlen(string));
}

/* Append `value` (taken over) to the array `list` (taken over too where that fails). */
static json_t *append(json_t *list, json_t *value)
{
    if (json_array_append_new(list, value) == 0)
        return list;
    json_decref(list);
    return NULL;
}

/* ---- frames ---- */

/* Each file that is told has a frame of its own, one for the code outside of functions, one for
 * each function, and then those of its lines that are told. */
enum { FRAME_FILE, FRAME_MODULE, FRAME_FUNCTIONS };

static json_t *frame(json_t *name, const struct file *file, uint32_t line)
{
    return json_pack("{s:o, s:o, s:I}", "name", name, "file", text(file->path), "line",
                     (json_int_t)line);
}

/* "21: PAGES.append(text)" */
static json_t *line_name(const struct file *file, uint32_t line)
{
    struct span source = plain_statement(file, line);
    char *number = mem_printf("%lu%s", (unsigned long)line, source.len ? ": " : "");
    struct buf name;
    buf_init(&name, strlen(number) + source.len);
    bool full =
        buf_append(&name, number, strlen(number)) || buf_append(&name, source.at, source.len);
    json_t *value = full ? NULL : json_text_value(buf_text(&name), name.len);
    buf_fini(&name);
    free(number);
    return value;
}

static json_t *append_frames(json_t *list, const struct model *model, const struct file *file)
{
    list = append(list, frame(text(file->display), file, 1));
    list = append(list, frame(text("<module>"), file, 1));
    for (size_t i = 0; i < file->function_count; i++) {
        const struct file_function *function = &file->functions[i];
        list = append(list, frame(text(function->name), file, function->first_line));
    }
    for (uint32_t line = 1; line <= file->line_count; line++)
        if (told_line(model, file, line))
            list = append(list, frame(line_name(file, line), file, line));
    return list;
}

static json_t *frames_value(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < model->file_count; i++)
        if (told_file(model, model->files[i]))
            list = append_frames(list, model, model->files[i]);
    return list;
}

/* ---- profiles ---- */

struct profile {
    json_t *samples, *weights; /* owned; NULL after want of memory */
    weigh_line *weigh;
    int64_t total;
    size_t frame; /* the next one */
};

static void add_sample(struct profile *profile, const struct file *file, size_t base, uint32_t line)
{
    const struct file_function *function = file_function_at(file, line);
    size_t in = function ? FRAME_FUNCTIONS + (size_t)(function - file->functions) : FRAME_MODULE;
    int64_t weight = profile->weigh(&file->lines[line - 1].total);
    weight = weight > WEIGHT_MAX ? WEIGHT_MAX : weight;
    if (weight <= 0)
        return;
    json_int_t first = (json_int_t)base;
    profile->samples =
        append(profile->samples, json_pack("[I, I, I]", first + FRAME_FILE, first + (json_int_t)in,
                                           (json_int_t)profile->frame));
    profile->weights = append(profile->weights, json_integer((json_int_t)weight));
    profile->total = line_bytes_add(profile->total, weight);
}

static void add_file(struct profile *profile, const struct model *model, const struct file *file)
{
    size_t base = profile->frame;
    profile->frame += FRAME_FUNCTIONS + file->function_count;
    for (uint32_t line = 1; line <= file->line_count; line++) {
        if (!told_line(model, file, line))
            continue;
        add_sample(profile, file, base, line);
        profile->frame++;
    }
}

static json_t *profile_value(const struct model *model, const char *name, weigh_line *weigh)
{
    struct profile profile = {.samples = json_array(), .weights = json_array(), .weigh = weigh};
    for (size_t i = 0; i < model->file_count; i++)
        if (told_file(model, model->files[i]))
            add_file(&profile, model, model->files[i]);
    return json_pack("{s:s, s:s, s:s, s:i, s:I, s:o, s:o}", "type", "sampled", "name", name, "unit",
                     "bytes", "startValue", 0, "endValue", (json_int_t)profile.total, "samples",
                     profile.samples, "weights", profile.weights);
}

static json_t *profiles_value(const struct model *model)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < ARRAY_LEN(kinds); i++)
        if (model->heap.is_on || !kinds[i].needs_heap)
            list = append(list, profile_value(model, kinds[i].name, kinds[i].weigh));
    return list;
}

int speedscope_write(const struct model *model, struct buf *out, struct error *error)
{
    json_t *shared = json_pack("{s:o}", "frames", frames_value(model));
    json_t *file = json_pack("{s:s, s:o, s:o, s:i, s:s, s:o}", "$schema", SCHEMA, "name",
                             text(model->app_name), "shared", shared, "activeProfileIndex", 0,
                             "exporter", PACKAGE_STRING, "profiles", profiles_value(model));
    if (!file)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the report");
    if (json_write_value(file, JSON_COMPACT | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII, out))
        return told_refuse(out, error);
    return 0;
}
