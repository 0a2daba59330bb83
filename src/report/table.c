/*
 * One row is one printf, with memory_profiler's template written as C: '{0:>6} {1:>12} {2:>12}
 * {3:>10}   {4:<}'. Widths are minimum widths there and here, so that a value that is too wide
 * pushes the row to the right and is never cut.
 *
 * Two things differ on purpose: a value that rounds to zero has no minus sign, and source text goes
 * through base/text.h, because the report may end on a terminal.
 */
#include "config.h"
#include "report/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "base/text.h"
#include "report/told.h"

#define HEADER "Line #    Mem usage    Increment  Occurrences   Line Contents"
#define RULE   "============================================================="

/* Room for "-8796093022208.000000000000 MiB", the longest value of 64 bits. */
enum { MEMORY_SIZE = 48 };

static int clamp_precision(int precision)
{
    if (precision < 0)
        return 0;
    return precision > TABLE_PRECISION_MAX ? TABLE_PRECISION_MAX : precision;
}

/* '{:(p+4).(p)f} MiB' */
static void format_memory(char out[MEMORY_SIZE], int64_t bytes, int precision)
{
    snprintf(out, MEMORY_SIZE, "%*.*f MiB", precision + 4, precision, (double)bytes / MIB_BYTES);
    char *minus = strchr(out, '-');
    if (!minus || strcspn(minus, "123456789") < strlen(minus))
        return;
    snprintf(out, MEMORY_SIZE, "%*.*f MiB", precision + 4, precision, 0.0);
}

/* The line's text, harmless but with its tabs, and a newline. */
static int append_source(const struct file *file, uint32_t line, struct buf *out)
{
    size_t len;
    const char *text = file_line_text(file, line, &len);
    for (size_t at = 0; at < len;) {
        char clean[TEXT_UTF8_MAX + 1] = "\t";
        uint32_t code;
        size_t taken = text_decode(text + at, len - at, &code);
        if (code != '\t')
            text_clean(clean, sizeof clean, text + at, taken);
        int result = buf_append(out, clean, strlen(clean));
        if (result)
            return result;
        at += taken;
    }
    return buf_append(out, "\n", 1);
}

static const struct line_stats *stats_of(const struct file *file, uint32_t line)
{
    static const struct line_stats none;
    return line <= file->line_count ? &file->lines[line - 1].total : &none;
}

/* `entry_bytes`: what the row's increment begins with. */
static int append_row(const struct file *file, uint32_t line, int64_t entry_bytes, int precision,
                      struct buf *out)
{
    const struct line_stats *stats = stats_of(file, line);
    char usage[MEMORY_SIZE] = "", increment[MEMORY_SIZE] = "", occurrences[24] = "";
    if (stats->occurrences)
        snprintf(occurrences, sizeof occurrences, "%llu", (unsigned long long)stats->occurrences);
    /* A line that was begun and never ended (the worker died in it) was not measured. */
    if (stats->occurrences && stats->peak_bytes) {
        format_memory(usage, stats->peak_bytes, precision);
        format_memory(increment, stats->increment_bytes + entry_bytes, precision);
    }
    int result = buf_printf(out, "%6lu %12s %12s  %10s   ", (unsigned long)line, usage, increment,
                            occurrences);
    return result ? result : append_source(file, line, out);
}

static bool has_run(const struct file *file, const struct file_function *function)
{
    for (uint32_t line = function->first_line; line <= function->last_line; line++)
        if (stats_of(file, line)->occurrences)
            return true;
    return false;
}

static int append_head(const struct file *file, struct buf *out)
{
    const char *name = file->given ? file->given : file->path;
    size_t size = 3 * strlen(name) + 1; /* a byte becomes three at the most */
    char *path = mem_calloc(size, 1);
    text_clean(path, size, name, strlen(name));
    char version[32] = "";
    if (file->retired)
        snprintf(version, sizeof version, " (version %lu)", (unsigned long)file->version);
    int result = buf_printf(out, "Filename: %s%s\n\n%s\n%s\n", path, version, HEADER, RULE);
    free(path);
    return result;
}

static int append_table(const struct file *file, const struct file_function *function,
                        int precision, struct buf *out)
{
    int result = append_head(file, out);
    for (uint32_t line = function->first_line; !result && line <= function->last_line; line++)
        result = append_row(file, line, line == function->first_line ? function->entry_bytes : 0,
                            precision, out);
    return result ? result : buf_append(out, "\n\n", 2);
}

/* ---- code outside of functions ---- */

static bool is_module_line(const struct file *file, uint32_t line)
{
    return !file_function_at(file, line);
}

static bool module_has_changed(const struct file *file)
{
    for (uint32_t line = 1; line <= file->line_count; line++)
        if (is_module_line(file, line) && stats_of(file, line)->increment_bytes)
            return true;
    return false;
}

/* The lines outside of functions, up to the last one that has run. */
static int append_module(const struct file *file, int precision, struct buf *out)
{
    uint32_t last = file->line_count;
    while (last > 0 && (!is_module_line(file, last) || !stats_of(file, last)->occurrences))
        last--;
    int result = append_head(file, out);
    for (uint32_t line = 1; !result && line <= last; line++)
        if (is_module_line(file, line))
            result = append_row(file, line, 0, precision, out);
    return result ? result : buf_append(out, "\n\n", 2);
}

/* ---- functions ---- */

/* A table that is to be written. */
struct entry {
    const struct file *file;
    const struct file_function *function;
};

/* Within a function that was decorated before it, it is part of that one's table. */
static bool is_part_of_other(const struct file *file, const struct file_function *function)
{
    /* What holds it stands before it. */
    for (const struct file_function *other = file->functions; other < function; other++)
        if (other->decorated && other->decorated < function->decorated &&
            other->last_line >= function->last_line)
            return true;
    return false;
}

static bool is_wanted(const struct model *model, const struct entry *entry)
{
    const struct file *file = entry->file;
    const struct file_function *function = entry->function;
    if (model->decorated_count == 0)
        return file_function_is_outermost(file, function) && has_run(file, function);
    return function->decorated && !function->tells && !is_part_of_other(file, function) &&
           has_run(file, function);
}

/* In the order in which they were decorated. */
static int compare_entries(const void *a, const void *b)
{
    const struct entry *left = a, *right = b;
    uint32_t x = left->function->decorated, y = right->function->decorated;
    return (x > y) - (x < y);
}

/* The tables of a report, in its order; the caller frees them. */
static struct entry *choose(const struct model *model, size_t *count)
{
    size_t most = 0;
    for (size_t i = 0; i < model->file_count; i++)
        most += model->files[i]->function_count;
    struct entry *entries = mem_calloc(most + 1, sizeof *entries);
    *count = 0;
    for (size_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        for (size_t k = 0; k < file->function_count; k++) {
            entries[*count] = (struct entry){file, &file->functions[k]};
            if (is_wanted(model, &entries[*count]))
                ++*count;
        }
    }
    if (model->decorated_count)
        qsort(entries, *count, sizeof *entries, compare_entries);
    return entries;
}

int table_write_modules(const struct model *model, int precision, struct buf *out,
                        struct error *error)
{
    int result = 0;
    precision = clamp_precision(precision);
    for (size_t i = 0; !result && i < model->file_count; i++)
        if (module_has_changed(model->files[i]))
            result = append_module(model->files[i], precision, out);
    return result ? told_refuse(out, error) : 0;
}

int table_write(const struct model *model, int precision, struct buf *out, struct error *error)
{
    size_t count;
    int result = 0;
    struct entry *entries = choose(model, &count);
    precision = clamp_precision(precision);
    for (size_t i = 0; !result && i < count; i++)
        result = append_table(entries[i].file, entries[i].function, precision, out);
    free(entries);
    return result ? told_refuse(out, error) : 0;
}
