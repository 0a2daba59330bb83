/*
 * Rows come from many logs, in any order, and say little about themselves: here they are put into
 * the order of time, and each learns from those before it in which file it stands and to which
 * invocation it belongs.
 */
#include "config.h"
#include "report/import_build.h"

#include <stdlib.h>

#include "base/mem.h"

enum { TABLES_MAX = 4096, LINE_UNSEEN = UINT32_MAX };

static const char unknown_file[] = "(file not in the log)";

/* Where the rows of an invocation, or of an instance, have come to. */
struct place {
    uint32_t file;      /* IMPORT_NONE */
    uint32_t last_line; /* LINE_UNSEEN: a table begins */
    uint32_t number;    /* of the invocation; 0 */
    uint64_t time_ns;
    uint64_t *tables; /* owned; those of the invocation: file and first line */
    size_t table_count;
};

/* Of all of them. */
struct places {
    struct place *keys, *instances; /* owned; by number */
};

/* ---- order ---- */

static int compare_rows(const void *a, const void *b, void *context)
{
    const struct import_row *rows = context;
    const struct import_row *left = &rows[*(const uint32_t *)a];
    const struct import_row *right = &rows[*(const uint32_t *)b];
    if (left->time_ns != right->time_ns)
        return left->time_ns < right->time_ns ? -1 : 1;
    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

static void order_by_time(struct import_build *build)
{
    struct import *import = build->import;
    build->count = import->row_count;
    build->order = mem_calloc(build->count + 1, sizeof *build->order);
    for (size_t i = 0; i < build->count; i++)
        build->order[i] = (uint32_t)i;
    qsort_r(build->order, build->count, sizeof *build->order, compare_rows, import->rows);
}

/* Rows by their invocation, and within it as they are; without the names of files. */
static void order_by_invocation(struct import_build *build)
{
    uint32_t *starts = mem_calloc(build->numbers + 2, sizeof *starts);
    uint32_t *sorted = mem_calloc(build->count + 1, sizeof *sorted);
    size_t rows = 0;
    for (size_t i = 0; i < build->count; i++)
        if (import_row_at(build, i)->line)
            starts[import_row_at(build, i)->key + 1]++;
    for (uint32_t i = 1; i < build->numbers + 2; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < build->count; i++) {
        if (import_row_at(build, i)->line == 0)
            continue;
        sorted[starts[import_row_at(build, i)->key]++] = build->order[i];
        rows++;
    }
    free(starts);
    free(build->order);
    build->order = sorted;
    build->count = rows;
}

/* ---- files and invocations of the rows ---- */

static struct place *new_places(uint32_t count)
{
    struct place *places = mem_calloc(count + 1, sizeof *places);
    for (uint32_t i = 0; i <= count; i++) {
        places[i].file = IMPORT_NONE;
        places[i].last_line = LINE_UNSEEN;
    }
    return places;
}

static void free_places(struct place *places, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free(places[i].tables);
    free(places);
}

/* Was such a table in the invocation, or were there too many? If not, it is from now on. */
static bool had_table(struct place *place, uint32_t file, uint32_t line)
{
    uint64_t table = (uint64_t)file << 32 | line;
    for (size_t i = 0; i < place->table_count; i++)
        if (place->tables[i] == table)
            return true;
    if (place->table_count == TABLES_MAX)
        return true;
    place->tables = mem_resize(place->tables, place->table_count + 1, sizeof *place->tables);
    place->tables[place->table_count++] = table;
    return false;
}

/* The invocation of a row that names none. */
static void guess_invocation(struct import_build *build, struct place *place,
                             const struct import_row *row)
{
    uint64_t gap_ns = build->import->setup.gap_ns;
    bool late = place->time_ns && row->time_ns && row->time_ns - place->time_ns > gap_ns;
    bool again =
        row->begins_table && !late && place->number && had_table(place, row->file, row->line);
    if (place->number && !late && !again)
        return;
    place->number = ++build->numbers;
    place->table_count = 0;
    had_table(place, row->file, row->line);
}

static void settle_row(struct import_build *build, struct places *places, struct import_row *row)
{
    bool keyed = row->key != IMPORT_NONE;
    struct place *instance = &places->instances[row->instance];
    struct place *place = keyed ? &places->keys[row->key] : instance;
    if (row->file == IMPORT_NONE)
        row->file = place->file != IMPORT_NONE ? place->file : instance->file;
    if (row->line == 0) {
        place->file = row->file;
        place->last_line = LINE_UNSEEN;
        return;
    }
    row->begins_table = row->line <= place->last_line || row->file != place->file;
    place->file = row->file;
    place->last_line = row->line;
    if (keyed && !place->number)
        place->number = ++build->numbers;
    if (!keyed)
        guess_invocation(build, place, row);
    place->time_ns = row->time_ns;
    row->key = place->number;
}

/* Which file a line with its text is of, as far as the log says. */
struct line_files {
    struct intern lines;
    uint32_t *files; /* owned; by number; IMPORT_NONE: of none, or of several */
    uint32_t capacity;
};

/* The file of the row's line; `fresh`: nothing was known of it. */
static uint32_t *file_of_line(struct line_files *known, const struct import_row *row, bool *fresh)
{
    const uint32_t pair[2] = {row->line, row->text};
    uint32_t count = known->lines.count;
    uint32_t number = intern_add(&known->lines, (struct span){(const char *)pair, sizeof pair});
    *fresh = number == count;
    if (number >= known->capacity) {
        known->capacity *= 2;
        known->files = mem_resize(known->files, known->capacity, sizeof *known->files);
    }
    if (*fresh)
        known->files[number] = IMPORT_NONE;
    return &known->files[number];
}

/* Rows before which no name of a file stands, for it was lost: the same line elsewhere says it. */
static void find_files(struct import_build *build)
{
    struct import *import = build->import;
    struct line_files known = {.files = mem_calloc(1024, sizeof *known.files), .capacity = 1024};
    bool fresh;
    for (size_t i = 0; i < import->row_count; i++) {
        const struct import_row *row = &import->rows[i];
        if (row->file == IMPORT_NONE || row->line == 0)
            continue;
        uint32_t *file = file_of_line(&known, row, &fresh);
        if (fresh)
            *file = row->file;
        else if (*file != row->file)
            *file = IMPORT_NONE;
    }
    for (size_t i = 0; i < import->row_count; i++) {
        struct import_row *row = &import->rows[i];
        if (row->file == IMPORT_NONE && row->line)
            row->file = *file_of_line(&known, row, &fresh);
    }
    free(known.files);
    intern_fini(&known.lines);
}

static void name_unknown(struct import_build *build)
{
    struct import *import = build->import;
    uint32_t unknown = intern_add(&import->files, span_of(unknown_file));
    for (size_t i = 0; i < import->row_count; i++) {
        struct import_row *row = &import->rows[i];
        if (row->line == 0 || row->file != IMPORT_NONE)
            continue;
        row->file = unknown;
        import->imported->no_file += row->occurrences > 0;
    }
}

/* Which key each invocation has had: rows have its number by now. */
static uint32_t *keys_by_number(const struct import_build *build, const struct place *places)
{
    uint32_t *keys = mem_calloc(build->numbers + 1, sizeof *keys);
    for (uint32_t i = 0; i <= build->numbers; i++)
        keys[i] = IMPORT_NONE;
    for (uint32_t i = 0; i < build->import->keys.count; i++)
        if (places[i].number)
            keys[places[i].number] = i;
    return keys;
}

void import_settle_rows(struct import_build *build)
{
    struct import *import = build->import;
    struct places places = {new_places(import->keys.count), new_places(import->instances.count)};
    bool lost = false;
    order_by_time(build);
    for (size_t i = 0; i < build->count; i++) {
        settle_row(build, &places, import_row_at(build, i));
        lost |= import_row_at(build, i)->line && import_row_at(build, i)->file == IMPORT_NONE;
    }
    free_places(places.instances, import->instances.count);
    if (lost) {
        find_files(build);
        name_unknown(build);
    }
    build->keys = keys_by_number(build, places.keys);
    free_places(places.keys, import->keys.count);
    order_by_invocation(build);
}
