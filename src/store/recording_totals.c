/*
 * The totals of lines and invocations, for people and their SQL. An event would write some lines
 * thirty times a second, so that they are only marked, and written once for each commit, as the
 * latest event has them. An invocation that is over is written at once, since the model may have
 * dropped it by then.
 */
#include "config.h"
#include "store/recording_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { CELLS_BYTES_MAX = 64 << 20, CELL_BYTES = 12 * 22 + 2 };

static void bind_number(sqlite3_stmt *statement, int place, uint64_t number)
{
    sqlite3_bind_int64(statement, place, (sqlite3_int64)number);
}

/* Text, or a blob where it is none in UTF-8. */
static void bind_text(sqlite3_stmt *statement, int place, const char *text, size_t len)
{
    if (text_is_utf8(text, len) && len <= INT32_MAX)
        sqlite3_bind_text(statement, place, text, (int)len, SQLITE_STATIC);
    else
        sqlite3_bind_blob64(statement, place, text, len, SQLITE_STATIC);
}

int recording_add_file(struct recording *recording, uint32_t index, const struct file *file,
                       struct error *error)
{
    sqlite3_stmt *statement = recording->statements[ADD_FILE];
    bind_number(statement, 1, index);
    bind_text(statement, 2, file->path, strlen(file->path));
    bind_text(statement, 3, file->display, strlen(file->display));
    bind_number(statement, 4, file->version);
    if (file->text)
        bind_text(statement, 5, file->text, file->text_len);
    else
        sqlite3_bind_null(statement, 5);
    return recording_insert(recording, ADD_FILE, error);
}

/* ---- lines ---- */

static void bind_stats(sqlite3_stmt *statement, const struct line_stats *stats)
{
    const int64_t numbers[] = {
        stats->mem_usage_bytes,       stats->peak_bytes,
        stats->increment_bytes,       stats->self_increment_bytes,
        (int64_t)stats->occurrences,  stats->net_python_bytes,
        stats->net_native_bytes,      (int64_t)stats->allocated_bytes,
        (int64_t)stats->freed_bytes,  stats->retained_python_bytes,
        stats->retained_native_bytes, stats->high_bytes,
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sqlite3_bind_int64(statement, (int)i + 1, numbers[i]);
}

/* The marks of the file, with room for that line. */
static struct line_marks *marks_of(struct recording *recording, uint32_t index, uint32_t line)
{
    if (index >= recording->mark_count) {
        recording->marks = mem_resize(recording->marks, index + 1, sizeof *recording->marks);
        memset(recording->marks + recording->mark_count, 0,
               (index + 1 - recording->mark_count) * sizeof *recording->marks);
        recording->mark_count = index + 1;
    }
    struct line_marks *marks = &recording->marks[index];
    if (line > marks->count) {
        uint32_t count = line > 2 * marks->count ? line : 2 * marks->count;
        marks->lines = mem_resize(marks->lines, count, 1);
        memset(marks->lines + marks->count, 0, count - marks->count);
        marks->count = count;
    }
    return marks;
}

int recording_mark_line(struct recording *recording, uint32_t index, const struct file *file,
                        uint32_t line, struct error *error)
{
    struct line_marks *marks = marks_of(recording, index, line);
    sqlite3_stmt *statement = recording->statements[ADD_LINE];
    size_t len;
    const char *text = file_line_text(file, line, &len);
    marks->is_dirty = true;
    marks->lines[line - 1] |= LINE_IS_DIRTY;
    if (marks->lines[line - 1] & LINE_IS_THERE)
        return 0;
    marks->lines[line - 1] |= LINE_IS_THERE;
    bind_number(statement, 1, index);
    bind_number(statement, 2, line);
    bind_text(statement, 3, text, len);
    return recording_insert(recording, ADD_LINE, error);
}

static int put_line(struct recording *recording, uint32_t index, uint32_t line, struct error *error)
{
    sqlite3_stmt *statement = recording->statements[SET_LINE];
    const struct file *file = recording->state.model->files[index];
    if (line > file->line_count)
        return 0; /* the file was forgotten, its totals are not */
    bind_stats(statement, &file->lines[line - 1].total);
    bind_number(statement, 13, index);
    bind_number(statement, 14, line);
    return recording_insert(recording, SET_LINE, error);
}

int recording_put_lines(struct recording *recording, uint32_t index, struct error *error)
{
    if (index >= recording->mark_count || !recording->marks[index].is_dirty)
        return 0;
    struct line_marks *marks = &recording->marks[index];
    for (uint32_t i = 0; i < marks->count; i++) {
        if ((marks->lines[i] & LINE_IS_DIRTY) && put_line(recording, index, i + 1, error))
            return -1;
        marks->lines[i] &= (unsigned char)~LINE_IS_DIRTY;
    }
    marks->is_dirty = false;
    return 0;
}

/* ---- invocations ---- */

/* A number and what stands before it; printf would take most of the time of a recording. */
static char *put_json(char *at, char before, bool is_negative, uint64_t size)
{
    char digits[20];
    size_t count = 0;
    *at++ = before;
    if (is_negative)
        *at++ = '-';
    do {
        digits[count++] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}

/* One line: [file, line, numbers as in bind_stats but what is retained]. */
static size_t format_cell(char *out, const struct invocation_line *line)
{
    const struct line_stats *stats = &line->stats;
    const int64_t numbers[] = {
        line->file,
        line->line,
        stats->mem_usage_bytes,
        stats->peak_bytes,
        stats->increment_bytes,
        stats->self_increment_bytes,
        (int64_t)stats->occurrences,
        stats->net_python_bytes,
        stats->net_native_bytes,
        (int64_t)stats->allocated_bytes,
        (int64_t)stats->freed_bytes,
        stats->high_bytes,
    };
    char *at = out;
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uint64_t size = (uint64_t)numbers[i];
        bool is_negative = numbers[i] < 0;
        at = put_json(at, i ? ',' : '[', is_negative, is_negative ? 0 - size : size);
    }
    *at++ = ']';
    return (size_t)(at - out);
}

/* The lines as JSON: an array of them. */
static int append_cells(struct buf *out, const struct invocation *invocation)
{
    char cell[CELL_BYTES];
    int result = buf_append(out, "[", 1);
    for (size_t i = 0; i < invocation->line_count && !result; i++) {
        if (i)
            result = buf_append(out, ",", 1);
        if (!result)
            result = buf_append(out, cell, format_cell(cell, &invocation->lines[i]));
    }
    return result ? result : buf_append(out, "]", 1);
}

static void bind_sizes(sqlite3_stmt *statement, const struct invocation *invocation)
{
    const int64_t numbers[] = {
        invocation->rss_start_bytes, invocation->rss_end_bytes,    invocation->rss_peak_bytes,
        invocation->rss_lines_bytes, invocation->rss_shared_bytes, invocation->heap_start_bytes,
        invocation->heap_end_bytes,  invocation->heap_lines_bytes, invocation->heap_elsewhere_bytes,
        invocation->left_bytes,      invocation->retained_bytes,
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        sqlite3_bind_int64(statement, (int)i + 11, numbers[i]);
}

int recording_put_invocation(struct recording *recording, const struct invocation *invocation,
                             struct error *error)
{
    sqlite3_stmt *statement = recording->statements[SET_INVOCATION];
    struct buf cells;
    buf_init(&cells, CELLS_BYTES_MAX);
    bind_number(statement, 1, invocation->serial);
    bind_number(statement, 2, invocation->number);
    bind_text(statement, 3, invocation->id, strlen(invocation->id));
    bind_text(statement, 4, invocation->function, strlen(invocation->function));
    bind_text(statement, 5, invocation->request, strlen(invocation->request));
    if (invocation->error)
        bind_text(statement, 6, invocation->error, strlen(invocation->error));
    else
        sqlite3_bind_null(statement, 6);
    bind_text(statement, 7, outcome_name(invocation->outcome),
              strlen(outcome_name(invocation->outcome)));
    sqlite3_bind_int64(statement, 8, invocation->status);
    bind_number(statement, 9, invocation->start_realtime_ns);
    bind_number(statement, 10, invocation->duration_ns);
    bind_sizes(statement, invocation);
    if (append_cells(&cells, invocation))
        sqlite3_bind_text(statement, 22, "[]", 2, SQLITE_STATIC);
    else
        sqlite3_bind_text(statement, 22, buf_text(&cells), (int)cells.len, SQLITE_STATIC);
    int result = recording_insert(recording, SET_INVOCATION, error);
    recording->uncommitted_bytes += cells.len;
    buf_fini(&cells);
    return result;
}

void recording_mark_invocation(struct recording *recording, uint64_t serial)
{
    if (recording->dirty_count == recording->dirty_capacity) {
        recording->dirty_capacity = recording->dirty_capacity ? 2 * recording->dirty_capacity : 64;
        recording->dirty =
            mem_resize(recording->dirty, recording->dirty_capacity, sizeof(uint64_t));
    }
    recording->dirty[recording->dirty_count++] = serial;
}

static int compare_serials(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* Both what is marked and what the model has are in order of their serials, or made so. */
static int put_invocations(struct recording *recording, struct error *error)
{
    const struct invocations *set = &recording->state.model->invocations;
    int result = 0;
    if (recording->dirty_count == 0)
        return 0;
    qsort(recording->dirty, recording->dirty_count, sizeof(uint64_t), compare_serials);
    for (size_t i = 0, k = 0; i < set->count && !result; i++) {
        uint64_t serial = set->kept[i]->serial;
        while (k < recording->dirty_count && recording->dirty[k] < serial)
            k++;
        if (k < recording->dirty_count && recording->dirty[k] == serial)
            result = recording_put_invocation(recording, set->kept[i], error);
    }
    recording->dirty_count = 0;
    return result;
}

int recording_put_totals(struct recording *recording, struct error *error)
{
    for (size_t i = 0; i < recording->mark_count; i++)
        if (recording_put_lines(recording, (uint32_t)i, error))
            return -1;
    return put_invocations(recording, error);
}
