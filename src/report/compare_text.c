/* The most changed lines first; a figure that has not changed stands there once. */
#include "config.h"
#include "report/compare_report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/size.h"
#include "base/text.h"

enum { FIGURE = 24, NAME_SIZE = 4096, SOURCE_BYTES = 200 };
/* The interpreter's own tables move by some bytes from run to run. */
enum { LITTLE_BYTES = 64 };

/* "+1.5 MiB", "-312 B", "0": three digits, in the largest unit. */
static const char *figure(char out[FIGURE], int64_t bytes, bool with_sign)
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double value = bytes < 0 ? -(double)bytes : (double)bytes;
    size_t unit = 0;
    const char *sign = bytes < 0 ? "-" : with_sign && bytes > 0 ? "+" : "";
    /* What would be written as 1024.0 is one of the next unit. */
    for (; unit > 0 ? value >= 1023.95 : value >= 1024; unit++)
        value /= 1024;
    if (bytes == 0)
        snprintf(out, FIGURE, "0");
    else
        snprintf(out, FIGURE, "%s%.*f %s", sign, unit ? 1 : 0, value, units[unit]);
    return out;
}

/* ---- the head ---- */

static void write_side(const char *label, const char *path, const struct compare_side *side,
                       struct buf *out)
{
    const struct model *model = side->model;
    char name[NAME_SIZE], app[NAME_SIZE], peak[FIGURE];
    text_clean(name, sizeof name, path, strlen(path));
    text_clean(app, sizeof app, model->app_name, strlen(model->app_name));
    buf_printf(out, "%s %s: %s, Python %s, %" PRIu64 " invocation%s, %" PRIu64 " failed", label,
               name, app, *model->python ? model->python : "?", side->invocations,
               side->invocations == 1 ? "" : "s", model->invocations.failed);
    if (side->known < side->invocations)
        buf_printf(out, " (per invocation: of the last %" PRIu64 ")", side->known);
    buf_printf(out, ", RSS peak %s\n", figure(peak, model->rss_peak_bytes, false));
}

static void write_growth(const struct compare *compare, struct buf *out)
{
    char before[FIGURE], after[FIGURE], more[FIGURE];
    const char *what = compare->of_heap ? "Heap" : "RSS";
    double percent = compare_growth_percent(compare);
    percent = percent > -0.05 && percent < 0.05 ? 0 : percent; /* no "-0.0" */
    buf_printf(out, "%s at the end of invocation %" PRIu64 ": %s before, ", what,
               compare->after.number, figure(before, compare->before.memory_bytes, false));
    if (compare->before.number != compare->after.number)
        buf_printf(out, "(of invocation %" PRIu64 ", the nearest that is kept) ",
                   compare->before.number);
    buf_printf(out, "%s after: growth %s (%+.1f %%)\n",
               figure(after, compare->after.memory_bytes, false),
               figure(more, compare_growth_bytes(compare), true), percent);
    if (!compare->of_heap)
        buf_printf(out,
                   "(not both runs have counted the heap; of RSS, less than 1 MiB is noise)\n");
}

static void write_doubts(const struct compare *compare, struct buf *out)
{
    char before[NAME_SIZE], after[NAME_SIZE];
    const struct model *a = compare->before.model, *b = compare->after.model;
    if (compare->same_app)
        return;
    text_clean(before, sizeof before, a->app_name, strlen(a->app_name));
    text_clean(after, sizeof after, b->app_name, strlen(b->app_name));
    buf_printf(out, "These are two different apps, %s and %s: lines that are alike are compared.\n",
               before, after);
}

static void write_packages(const struct compare *compare, struct buf *out)
{
    const struct packages *before = compare->before.packages, *after = compare->after.packages;
    struct packages_difference next = {.name = NULL};
    char name[NAME_SIZE], old[NAME_SIZE], new[NAME_SIZE];
    /* Of a recording that does not tell, each one would be missing. */
    if (!before || !after || before->count == 0 || after->count == 0)
        return;
    while (packages_differ(before, after, &next)) {
        const char *was = next.before ? next.before : "none",
                   *is = next.after ? next.after : "none";
        text_clean(name, sizeof name, next.name, strlen(next.name));
        text_clean(old, sizeof old, was, strlen(was));
        text_clean(new, sizeof new, is, strlen(is));
        buf_printf(out, "Package %s: %s before, %s after\n", name, old, new);
    }
}

/* ---- the rows ---- */

static void write_number(const struct compare_part *part, struct buf *out)
{
    if (part->line)
        buf_printf(out, "%7" PRIu32, part->line);
    else
        buf_printf(out, "%7s", "-");
}

/* Both; of a line that is not there "-". */
static void write_pair(const struct compare_line *line, int64_t before, int64_t after,
                       bool with_sign, struct buf *out)
{
    char old[FIGURE], new[FIGURE];
    buf_printf(out, "  %11s %11s", line->before.line ? figure(old, before, with_sign) : "-",
               line->after.line ? figure(new, after, with_sign) : "-");
}

static void write_count(const struct compare_part *part, struct buf *out)
{
    if (part->line)
        buf_printf(out, " %8" PRIu64, part->total.occurrences);
    else
        buf_printf(out, " %8s", "-");
}

static void write_source(const struct compare *compare, const struct compare_line *line,
                         struct buf *out)
{
    bool is_gone = line->kind == COMPARE_GONE;
    const struct compare_part *part = is_gone ? &line->before : &line->after;
    const struct model *model = is_gone ? compare->before.model : compare->after.model;
    const struct file *file = model->files[part->file];
    char clean[4 * SOURCE_BYTES + 1], name[NAME_SIZE];
    size_t len;
    const char *text = file_line_text(file, part->line, &len);
    text_clean(name, sizeof name, file->display, strlen(file->display));
    text_clean(clean, sizeof clean, text, len < SOURCE_BYTES ? len : SOURCE_BYTES);
    buf_printf(out, "   %s: %s\n", name, clean);
}

static void write_row(const struct compare *compare, const struct compare_line *line,
                      struct buf *out)
{
    static const char marks[] = {
        [COMPARE_SAME] = ' ', [COMPARE_EDITED] = '~', [COMPARE_NEW] = '+', [COMPARE_GONE] = '-'};
    const struct compare_part *before = &line->before, *after = &line->after;
    buf_printf(out, "%c", marks[line->kind]);
    write_number(before, out);
    write_number(after, out);
    write_pair(line, before->increment_bytes, after->increment_bytes, true, out);
    write_pair(line, before->net_bytes, after->net_bytes, true, out);
    write_pair(line, before->retained_bytes, after->retained_bytes, false, out);
    write_pair(line, before->total.peak_bytes, after->total.peak_bytes, false, out);
    write_count(before, out);
    write_count(after, out);
    write_source(compare, line, out);
}

static void write_heading(struct buf *out)
{
    static const char *const titles[] = {"Increment/inv.", "Net/inv.", "Retained/inv.", "Peak"};
    buf_printf(out, "%8s%7s", "", "Line");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        buf_printf(out, "  %23s", titles[i]);
    buf_printf(out, " %17s\n%8s%7s", "Occurrences", "before", "after");
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        buf_printf(out, "  %11s %11s", "before", "after");
    buf_printf(out, " %8s %8s   Source\n", "before", "after");
}

static bool is_changed(const struct compare_line *line)
{
    return line->change >= LITTLE_BYTES || line->kind != COMPARE_SAME;
}

static void write_rows(const struct compare *compare, struct buf *out)
{
    size_t same = 0;
    for (size_t i = 0; i < compare->count; i++) {
        if (!is_changed(&compare->lines[i])) {
            same++;
            continue;
        }
        if (i == same)
            write_heading(out);
        write_row(compare, &compare->lines[i], out);
    }
    buf_printf(out, "%zu line%s that ran changed, %zu did not, or by less than %d bytes\n",
               compare->count - same, compare->count - same == 1 ? "" : "s", same, LITTLE_BYTES);
}

/* Sums over all lines, of what is a line's own: an increment has in it what the line calls. */
static void write_totals(const struct compare *compare, struct buf *out)
{
    int64_t net[2] = {0}, retained[2] = {0};
    char text[4][FIGURE];
    for (size_t i = 0; i < compare->count; i++) {
        const struct compare_line *line = &compare->lines[i];
        net[0] = line_bytes_add(net[0], line_net_bytes(&line->before.total));
        net[1] = line_bytes_add(net[1], line_net_bytes(&line->after.total));
        retained[0] = line_bytes_add(retained[0], line_retained_bytes(&line->before.total));
        retained[1] = line_bytes_add(retained[1], line_retained_bytes(&line->after.total));
    }
    buf_printf(out,
               "All lines of the whole runs: net %s before, %s after; retained %s before, %s "
               "after\n",
               figure(text[0], net[0], true), figure(text[1], net[1], true),
               figure(text[2], retained[0], false), figure(text[3], retained[1], false));
}

int compare_text_write(const struct compare *compare, struct compare_names names, struct buf *out,
                       struct error *error)
{
    write_side("Before:", names.before, &compare->before, out);
    write_side("After: ", names.after, &compare->after, out);
    write_doubts(compare, out);
    write_growth(compare, out);
    write_packages(compare, out);
    buf_printf(out, "\n");
    write_rows(compare, out);
    write_totals(compare, out);
    if (out->len + NAME_SIZE > out->max_bytes)
        return error_set(error, EXIT_STATUS_SYSTEM, "the comparison is longer than %zu bytes",
                         out->max_bytes);
    return 0;
}
