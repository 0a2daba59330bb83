/*
 * A file is its text, cut once into lines that are offsets into it, and an array of records by line
 * number. The array is as long as the text; it grows only where a line runs that the text does not
 * have, which happens when the file was edited between its import and its reading, or could not be
 * read at all: then the numbers are kept beside empty lines.
 *
 * Functions are few and are asked for far more often than added: a small array in order of their
 * first line, the wider one first where two begin on the same line, so that an outer function
 * always stands before what it holds.
 */
#include "config.h"
#include "model/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* The part of `path` below `app_root`, or the path. */
static const char *path_below(const char *path, const char *app_root)
{
    size_t len = app_root ? strlen(app_root) : 0;
    while (len > 0 && app_root[len - 1] == '/')
        len--;
    if (!app_root || !*app_root || strncmp(path, app_root, len) != 0 || path[len] != '/')
        return path;
    const char *below = path + len + strspn(path + len, "/");
    return *below ? below : path;
}

static void reserve_lines(struct file *file, uint32_t count)
{
    if (count <= file->line_capacity)
        return;
    uint32_t capacity = file->line_capacity ? file->line_capacity : 64;
    while (capacity < count)
        capacity *= 2;
    file->lines = mem_resize(file->lines, capacity, sizeof *file->lines);
    file->line_capacity = capacity;
}

static void append_line(struct file *file, size_t offset, size_t len)
{
    reserve_lines(file, file->line_count + 1);
    file->lines[file->line_count++] = (struct file_line){.offset = offset, .len = len};
}

/* Cut the text into lines as Python counts them; returns false where there are too many. */
static bool split_lines(struct file *file)
{
    size_t at = 0;
    size_t mark = sizeof byte_order_mark - 1;
    if (file->text_len >= mark && memcmp(file->text, byte_order_mark, mark) == 0)
        at = mark;
    while (at < file->text_len) {
        if (file->line_count == FILE_LINES_MAX)
            return false;
        size_t end = at;
        while (end < file->text_len && file->text[end] != '\n' && file->text[end] != '\r')
            end++;
        append_line(file, at, end - at);
        at = end + 1;
        if (at < file->text_len && file->text[end] == '\r' && file->text[at] == '\n')
            at++;
    }
    return true;
}

bool file_set_text(struct file *file, const char *text, size_t len)
{
    file->revision++;
    file->text = mem_strndup(text, len);
    file->text_len = len;
    return split_lines(file);
}

struct file *file_new(const char *path, const char *app_root, const char *text, size_t len)
{
    struct file *file = mem_calloc(1, sizeof *file);
    file->version = 1;
    file->path = mem_strdup(path);
    file->display = mem_strdup(path_below(path, app_root));
    if (!text) {
        file->problem = mem_strdup("the file could not be read");
        return file;
    }
    if (!file_set_text(file, text, len))
        file->problem =
            mem_printf("more than %d lines; the rest is not shown", (int)FILE_LINES_MAX);
    else if (!text_is_utf8(text, len))
        file->problem = mem_strdup("not UTF-8; other bytes are shown as \xEF\xBF\xBD");
    return file;
}

void file_forget(struct file *file)
{
    file->revision++;
    for (size_t i = 0; i < file->function_count; i++)
        free(file->functions[i].name);
    free(file->functions);
    free(file->lines);
    free(file->text);
    file->functions = NULL;
    file->lines = NULL;
    file->text = NULL;
    file->function_count = file->text_len = 0;
    file->line_count = file->line_capacity = 0;
}

void file_free(struct file *file)
{
    if (!file)
        return;
    file_forget(file);
    free(file->problem);
    free(file->display);
    free(file->given);
    free(file->path);
    free(file);
}

struct file_line *file_line_at(struct file *file, uint32_t line)
{
    if (line == 0 || line > FILE_LINES_MAX)
        return NULL;
    if (file->line_count < line)
        file->revision++;
    while (file->line_count < line)
        append_line(file, file->text_len, 0);
    return &file->lines[line - 1];
}

const char *file_line_text(const struct file *file, uint32_t line, size_t *len)
{
    *len = 0;
    if (!file->text || line == 0 || line > file->line_count)
        return "";
    *len = file->lines[line - 1].len;
    return file->text + file->lines[line - 1].offset;
}

/* Order of the functions: an outer one before what it holds. */
static bool stands_before(const struct file_function *function, uint32_t first_line,
                          uint32_t last_line)
{
    if (function->first_line != first_line)
        return function->first_line < first_line;
    return function->last_line >= last_line;
}

void file_add_function(struct file *file, const char *name, uint32_t first_line, uint32_t last_line)
{
    if (first_line == 0 || first_line > FILE_LINES_MAX || last_line < first_line)
        return;
    if (last_line > FILE_LINES_MAX)
        last_line = FILE_LINES_MAX;
    size_t at = 0;
    while (at < file->function_count &&
           stands_before(&file->functions[at], first_line, last_line)) {
        const struct file_function *known = &file->functions[at];
        if (known->first_line == first_line && known->last_line == last_line &&
            strcmp(known->name, name) == 0)
            return;
        at++;
    }
    file->revision++;
    file->functions =
        mem_resize(file->functions, file->function_count + 1, sizeof *file->functions);
    memmove(file->functions + at + 1, file->functions + at,
            (file->function_count - at) * sizeof *file->functions);
    file->functions[at] = (struct file_function){
        .name = mem_strdup(name), .first_line = first_line, .last_line = last_line};
    file->function_count++;
}

void file_decorate(struct file *file, const char *name, uint32_t first_line, uint32_t last_line,
                   uint32_t number, bool tells)
{
    if (last_line > FILE_LINES_MAX)
        last_line = FILE_LINES_MAX;
    file->revision++;
    for (size_t i = 0; i < file->function_count; i++) {
        struct file_function *function = &file->functions[i];
        if (function->first_line == first_line && function->last_line == last_line &&
            strcmp(function->name, name) == 0) {
            function->decorated = number;
            function->tells = tells;
        }
    }
}

void file_enter_decorated(struct file *file, uint32_t number, int64_t rss_bytes)
{
    for (size_t i = 0; i < file->function_count; i++) {
        if (file->functions[i].decorated != number || file->functions[i].entry_bytes != 0)
            continue;
        file->functions[i].entry_bytes = rss_bytes;
        file->revision++;
    }
}

bool file_is_decorated_at(const struct file *file, uint32_t line)
{
    for (size_t i = 0; i < file->function_count; i++) {
        const struct file_function *function = &file->functions[i];
        if (function->decorated && function->first_line <= line && line <= function->last_line)
            return true;
    }
    return false;
}

const struct file_function *file_function_at(const struct file *file, uint32_t line)
{
    const struct file_function *innermost = NULL;
    for (size_t i = 0; i < file->function_count; i++) {
        const struct file_function *function = &file->functions[i];
        if (function->first_line > line)
            break;
        if (function->last_line < line)
            continue;
        if (!innermost || function->last_line - function->first_line <=
                              innermost->last_line - innermost->first_line)
            innermost = function;
    }
    return innermost;
}

bool file_function_is_outermost(const struct file *file, const struct file_function *function)
{
    /* What holds it stands before it. */
    for (const struct file_function *other = file->functions; other < function; other++)
        if (other->last_line >= function->last_line)
            return false;
    return true;
}

static bool stats_equal(const struct line_stats *a, const struct line_stats *b)
{
    return a->mem_usage_bytes == b->mem_usage_bytes && a->peak_bytes == b->peak_bytes &&
           a->increment_bytes == b->increment_bytes &&
           a->self_increment_bytes == b->self_increment_bytes && a->occurrences == b->occurrences &&
           a->net_python_bytes == b->net_python_bytes &&
           a->net_native_bytes == b->net_native_bytes && a->allocated_bytes == b->allocated_bytes &&
           a->freed_bytes == b->freed_bytes &&
           a->retained_python_bytes == b->retained_python_bytes &&
           a->retained_native_bytes == b->retained_native_bytes && a->high_bytes == b->high_bytes;
}

bool file_set_live(struct file *file, uint32_t line, const struct line_stats *live)
{
    struct file_line *record = file_line_at(file, line);
    if (!record)
        return false;
    struct line_stats total = record->base;
    line_stats_add(&total, live);
    if (stats_equal(&total, &record->total))
        return false;
    record->total = total;
    file->revision++;
    return true;
}

void file_keep_totals(struct file *file)
{
    for (uint32_t i = 0; i < file->line_count; i++) {
        struct line_stats *base = &file->lines[i].base;
        *base = file->lines[i].total;
        base->retained_python_bytes = base->retained_native_bytes = 0;
    }
}

void file_forget_retained(struct file *file)
{
    file->revision++;
    for (uint32_t i = 0; i < file->line_count; i++) {
        struct line_stats *total = &file->lines[i].total;
        total->retained_python_bytes = total->retained_native_bytes = 0;
    }
}

void file_add_trend(struct file *file, uint32_t line, int64_t increment_bytes)
{
    struct file_line *record = file_line_at(file, line);
    if (!record)
        return;
    file->revision++;
    if (record->trend_len == FILE_TREND) {
        memmove(record->trend_bytes, record->trend_bytes + 1,
                (FILE_TREND - 1) * sizeof record->trend_bytes[0]);
        record->trend_len--;
    }
    record->trend_bytes[record->trend_len++] = increment_bytes;
}
