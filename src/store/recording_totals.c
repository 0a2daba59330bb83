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
#include "store/json.h"

enum { CELL_BYTES = 12 * JSON_NUMBER_BYTES + 2 };

static void put_text(struct rows *rows, const char *text)
{
    rows_text(rows, text, strlen(text));
}

void recording_add_file(struct recording *recording, uint32_t index, const struct file *file)
{
    struct rows *rows = &recording->rows;
    rows_begin(rows, ROW_ADD_FILE);
    rows_number(rows, index);
    put_text(rows, file->path);
    put_text(rows, file->display);
    rows_number(rows, file->version);
    if (file->text)
        rows_text(rows, file->text, file->text_len);
    else
        rows_null(rows);
}

/* ---- lines ---- */

static void put_stats(struct rows *rows, const struct line_stats *stats)
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
        rows_number(rows, numbers[i]);
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

void recording_mark_line(struct recording *recording, uint32_t index, const struct file *file,
                         uint32_t line)
{
    struct line_marks *marks = marks_of(recording, index, line);
    struct rows *rows = &recording->rows;
    size_t len;
    const char *text = file_line_text(file, line, &len);
    marks->is_dirty = true;
    marks->lines[line - 1] |= LINE_IS_DIRTY;
    if (marks->lines[line - 1] & LINE_IS_THERE)
        return;
    marks->lines[line - 1] |= LINE_IS_THERE;
    rows_begin(rows, ROW_ADD_LINE);
    rows_number(rows, index);
    rows_number(rows, line);
    rows_text(rows, text, len);
}

static void put_line(struct recording *recording, uint32_t index, uint32_t line)
{
    struct rows *rows = &recording->rows;
    const struct file *file = recording->state.model->files[index];
    if (line > file->line_count)
        return; /* the file was forgotten, its totals are not */
    rows_begin(rows, ROW_SET_LINE);
    put_stats(rows, &file->lines[line - 1].total);
    rows_number(rows, index);
    rows_number(rows, line);
}

void recording_put_lines(struct recording *recording, uint32_t index)
{
    if (index >= recording->mark_count || !recording->marks[index].is_dirty)
        return;
    struct line_marks *marks = &recording->marks[index];
    for (uint32_t i = 0; i < marks->count; i++) {
        if (marks->lines[i] & LINE_IS_DIRTY)
            put_line(recording, index, i + 1);
        marks->lines[i] &= (unsigned char)~LINE_IS_DIRTY;
    }
    marks->is_dirty = false;
}

/* ---- invocations ---- */

/* One line: [file, line, numbers as in put_stats but what is retained]. */
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
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        at = json_put(at, i ? ',' : '[', numbers[i]);
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

static void put_sizes(struct rows *rows, const struct invocation *invocation)
{
    const int64_t numbers[] = {
        invocation->rss_start_bytes, invocation->rss_end_bytes,    invocation->rss_peak_bytes,
        invocation->rss_lines_bytes, invocation->rss_shared_bytes, invocation->heap_start_bytes,
        invocation->heap_end_bytes,  invocation->heap_lines_bytes, invocation->heap_elsewhere_bytes,
        invocation->left_bytes,      invocation->retained_bytes,
    };
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        rows_number(rows, numbers[i]);
}

static void put_text_or_null(struct rows *rows, const char *text)
{
    if (text)
        put_text(rows, text);
    else
        rows_null(rows);
}

/* What of an invocation may still change when its lines are in the file. */
static void put_outcome(struct rows *rows, const struct invocation *invocation)
{
    put_text_or_null(rows, invocation->error);
    put_text(rows, outcome_name(invocation->outcome));
    rows_number(rows, invocation->status);
    rows_number(rows, (int64_t)invocation->start_realtime_ns);
    rows_number(rows, (int64_t)invocation->duration_ns);
    put_sizes(rows, invocation);
}

void recording_put_invocation(struct recording *recording, const struct invocation *invocation)
{
    struct rows *rows = batch_begin(&recording->invocations, &recording->rows);
    struct buf *cells = &recording->cells;
    buf_consume(cells, cells->len);
    rows_number(rows, (int64_t)invocation->serial);
    rows_number(rows, (int64_t)invocation->number);
    put_text(rows, invocation->id);
    put_text(rows, invocation->function);
    put_text(rows, invocation->request);
    put_outcome(rows, invocation);
    if (append_cells(cells, invocation))
        rows_ascii(rows, "[]", 2);
    else
        rows_ascii(rows, buf_text(cells), cells->len);
}

/* Of one whose lines are in the file. */
static void update_invocation(struct recording *recording, const struct invocation *invocation)
{
    struct rows *rows = &recording->rows;
    rows_begin(rows, ROW_UPDATE_INVOCATION);
    put_outcome(rows, invocation);
    rows_number(rows, (int64_t)invocation->serial);
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
static void put_invocations(struct recording *recording)
{
    const struct invocations *set = &recording->state.model->invocations;
    if (recording->dirty_count == 0)
        return;
    qsort(recording->dirty, recording->dirty_count, sizeof(uint64_t), compare_serials);
    for (size_t i = 0, k = 0; i < set->count; i++) {
        uint64_t serial = set->kept[i]->serial;
        while (k < recording->dirty_count && recording->dirty[k] < serial)
            k++;
        if (k == recording->dirty_count || recording->dirty[k] != serial)
            continue;
        if (set->kept[i]->lines_number)
            update_invocation(recording, set->kept[i]);
        else
            recording_put_invocation(recording, set->kept[i]);
    }
    recording->dirty_count = 0;
}

/* Those that the model has may change, and are not to be thinned. */
static void put_kept(struct recording *recording)
{
    const struct invocations *set = &recording->state.model->invocations;
    if (!recording->limit_bytes && !recording->copy)
        return;
    uint64_t *serials = mem_calloc(set->count + 1, sizeof *serials);
    for (size_t i = 0; i < set->count; i++)
        serials[i] = set->kept[i]->serial;
    rows_begin(&recording->rows, ROW_KEPT);
    rows_blob(&recording->rows, (const char *)serials, set->count * sizeof *serials);
    free(serials);
}

void recording_put_totals(struct recording *recording)
{
    for (size_t i = 0; i < recording->mark_count; i++)
        recording_put_lines(recording, (uint32_t)i);
    put_invocations(recording);
    put_kept(recording);
}
