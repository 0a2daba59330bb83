/* As report/json.c: a tree of jansson values, in which NULL goes all the way up. */
#include "config.h"
#include "report/compare_report.h"

#include <jansson.h>
#include <string.h>

#include "report/json_value.h"

static json_t *string_value(const char *text)
{
    return json_text_value(text, strlen(text));
}

static json_int_t number(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (json_int_t)value;
}

static json_t *side_value(const char *path, const struct compare_side *side)
{
    const struct model *model = side->model;
    return json_pack(
        "{s:o, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I}", "recording", string_value(path), "app",
        string_value(model->app_root), "python", string_value(model->python), "invocations",
        number(side->invocations), "known_invocations", number(side->known), "failed_invocations",
        number(model->invocations.failed), "rss_peak_bytes", (json_int_t)model->rss_peak_bytes,
        "memory_invocation", number(side->number), "memory_bytes", (json_int_t)side->memory_bytes);
}

/* A line of one of the runs; null where it has none. */
static json_t *part_value(const struct compare_side *side, const struct compare_part *part)
{
    size_t len;
    if (!part->line)
        return json_null();
    const struct file *file = side->model->files[part->file];
    const char *source = file_line_text(file, part->line, &len);
    const struct line_stats *total = &part->total;
    return json_pack(
        "{s:o, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "path",
        string_value(file->display), "line", (json_int_t)part->line, "source",
        json_text_value(source, len), "invocations", number(part->invocations),
        "increment_per_invocation_bytes", (json_int_t)part->increment_bytes,
        "net_per_invocation_bytes", (json_int_t)part->net_bytes, "retained_per_invocation_bytes",
        (json_int_t)part->retained_bytes, "occurrences", number(total->occurrences),
        "increment_bytes", (json_int_t)total->increment_bytes, "net_bytes",
        (json_int_t)line_net_bytes(total), "retained_bytes", (json_int_t)line_retained_bytes(total),
        "peak_bytes", (json_int_t)total->peak_bytes, "high_bytes", (json_int_t)total->high_bytes);
}

static json_t *lines_value(const struct compare *compare)
{
    static const char *const kinds[] = {[COMPARE_SAME] = "same",
                                        [COMPARE_EDITED] = "edited",
                                        [COMPARE_NEW] = "new",
                                        [COMPARE_GONE] = "gone"};
    json_t *list = json_array();
    for (size_t i = 0; list && i < compare->count; i++) {
        const struct compare_line *line = &compare->lines[i];
        json_t *value =
            json_pack("{s:s, s:I, s:o, s:o}", "text", kinds[line->kind], "change_bytes",
                      number(line->change), "before", part_value(&compare->before, &line->before),
                      "after", part_value(&compare->after, &line->after));
        if (json_array_append_new(list, value)) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

/* Null where one of the recordings does not tell. */
static json_t *packages_value(const struct compare *compare)
{
    const struct packages *before = compare->before.packages, *after = compare->after.packages;
    struct packages_difference next = {.name = NULL};
    if (!before || !after || before->count == 0 || after->count == 0)
        return json_null();
    json_t *list = json_array();
    while (list && packages_differ(before, after, &next)) {
        json_t *value = json_pack("{s:o, s:o, s:o}", "name", string_value(next.name), "before",
                                  next.before ? string_value(next.before) : json_null(), "after",
                                  next.after ? string_value(next.after) : json_null());
        if (json_array_append_new(list, value)) {
            json_decref(list);
            list = NULL;
        }
    }
    return list;
}

static json_t *verdict_value(const struct compare_verdict *verdict)
{
    if (!verdict->condition)
        return json_null();
    return json_pack("{s:o, s:o}", "condition", string_value(verdict->condition->text), "why",
                     string_value(verdict->why));
}

int compare_json_write(const struct compare *compare, struct compare_names names,
                       const struct compare_verdict *verdict, struct buf *out, struct error *error)
{
    json_t *report =
        json_pack("{s:s, s:o, s:o, s:b, s:o, s:s, s:I, s:f, s:o, s:o}", "pymemtop", PACKAGE_VERSION,
                  "before", side_value(names.before, &compare->before), "after",
                  side_value(names.after, &compare->after), "same_app", compare->same_app,
                  "packages", packages_value(compare), "memory", compare->of_heap ? "heap" : "rss",
                  "growth_bytes", (json_int_t)compare_growth_bytes(compare), "growth_percent",
                  compare_growth_percent(compare), "failed", verdict_value(verdict), "lines",
                  lines_value(compare));
    if (!report)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the JSON report");
    if (json_write_value(
            report,
            JSON_INDENT(1) | JSON_PRESERVE_ORDER | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6), out))
        return error_set(error, EXIT_STATUS_SYSTEM, "the comparison is longer than %zu bytes",
                         out->max_bytes);
    return 0;
}
