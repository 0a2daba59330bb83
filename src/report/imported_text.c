#include "config.h"
#include "report/imported_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

static int put_count(struct buf *out, uint64_t count, const char *words)
{
    return count ? buf_printf(out, "%" PRIu64 " %s\n", count, words) : 0;
}

static int put_problems(const struct imported *imported, struct buf *out)
{
    int result = put_count(out, imported->unreadable, "could not be read:");
    for (size_t i = 0; !result && i < imported->problem_count; i++) {
        const struct imported_problem *problem = &imported->problems[i];
        result = buf_printf(out, "  %s: %s%s%s\n", problem->where, problem->what,
                            *problem->example ? ": " : "", problem->example);
    }
    if (!result && imported->unreadable > imported->problem_count && imported->problem_count)
        result = buf_printf(out, "  and %" PRIu64 " more\n",
                            imported->unreadable - imported->problem_count);
    return result;
}

static int put_counts(const struct model *model, struct buf *out)
{
    const struct imported *imported = model->imported;
    int result = buf_printf(out,
                            "Imported %" PRIu64 " row%s of %" PRIu64 " invocation%s from %" PRIu64
                            " log%s with %" PRIu64 " record%s.\n",
                            imported->rows, plural(imported->rows), model->invocations.total,
                            plural(model->invocations.total), imported->files,
                            plural(imported->files), imported->records, plural(imported->records));
    if (!result)
        result = put_count(out, imported->sampled,
                           "items were left out by sampling: sums are too low by what they held");
    if (!result)
        result = put_count(out, imported->repeated, "rows came more than once, and count once");
    if (!result)
        result = put_count(out, imported->undated,
                           "rows have a time that cannot be read; they count in the log's order");
    if (!result && imported->unsure_dates)
        result = buf_printf(out,
                            "%" PRIu64 " rows have dates that do not say which number is the day; "
                            "%s\n",
                            imported->unsure_dates, imported->unsure_date);
    if (!result)
        result = put_count(out, imported->no_file, "rows have lost the name of their file");
    if (!result)
        result = put_count(out, imported->other_text,
                           "lines are others in the files of --source than in the log");
    if (!result)
        result = put_count(out, imported->dropped, "rows had no room, and are left out");
    return result;
}

static int put_instance(const struct imported_instance *instance, struct buf *out)
{
    size_t size = 3 * strlen(instance->name) + 1;
    char *name = mem_calloc(size, 1);
    text_clean(name, size, instance->name, strlen(instance->name));
    int result = buf_printf(out, "%6" PRIu64 " %7.1f %7.1f %7.1f %+8.3f %s\n",
                            instance->invocations, (double)instance->first_start_bytes / MIB_BYTES,
                            (double)instance->last_start_bytes / MIB_BYTES,
                            (double)instance->peak_bytes / MIB_BYTES,
                            instance->growth_bytes / MIB_BYTES, *name ? name : "(not named)");
    free(name);
    return result;
}

static int put_instances(const struct imported *imported, struct buf *out)
{
    int result = buf_printf(out,
                            "\nMiB when the first and the last invocation began, at the peak, and "
                            "growth an invocation:\n%6s %7s %7s %7s %8s %s\n",
                            "Invoc.", "First", "Last", "Peak", "Growth", "Instance");
    for (size_t i = 0; !result && i < imported->instance_count; i++)
        if (imported->instances[i].invocations)
            result = put_instance(&imported->instances[i], out);
    return result;
}

int imported_text_write(const struct model *model, struct buf *out, struct error *error)
{
    int result = put_counts(model, out);
    if (!result)
        result = put_problems(model->imported, out);
    if (!result && model->invocations.total)
        result = put_instances(model->imported, out);
    return result ? error_set(error, EXIT_STATUS_SYSTEM, "the report is longer than %zu bytes",
                              out->max_bytes)
                  : 0;
}
