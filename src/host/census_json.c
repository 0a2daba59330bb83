/*
 * Rows name their paths and types by their places in two lists, so that each is looked up and
 * cleaned once.
 */
#include "config.h"
#include "host/census_json.h"

#include <stdlib.h>

#include "base/mem.h"
#include "host/holders_json.h"

/* What holders_json_text() allows is more than a name needs. */
enum { LISTED_MAX = 2 * CENSUS_ROWS, ROW_PARTS = 5 };

/* More than a process can have; the sum of them all is still one that can be had. */
#define NUMBER_MAX ((json_int_t)1 << 48)

struct lists {
    uint32_t *files; /* owned; by path */
    char **types;    /* owned; NULL: no name */
    size_t file_count, type_count;
};

static size_t size_of(const json_t *array)
{
    size_t size = json_array_size(array);
    return size < LISTED_MAX ? size : LISTED_MAX;
}

static struct lists read_lists(const json_t *told, const struct model *model)
{
    const json_t *paths = json_object_get(told, "paths"), *types = json_object_get(told, "types");
    struct lists lists = {.file_count = size_of(paths), .type_count = size_of(types)};
    lists.files = mem_calloc(lists.file_count, sizeof *lists.files);
    lists.types = mem_calloc(lists.type_count, sizeof *lists.types);
    for (size_t i = 0; i < lists.file_count; i++) {
        const char *path = json_string_value(json_array_get(paths, i));
        long file = path ? model_find_file(model, path) : -1;
        lists.files[i] = file < 0 ? LIVE_ELSEWHERE : (uint32_t)file;
    }
    for (size_t i = 0; i < lists.type_count; i++)
        lists.types[i] = holders_json_text(json_array_get(types, i));
    return lists;
}

static void free_lists(struct lists *lists)
{
    for (size_t i = 0; i < lists->type_count; i++)
        free(lists->types[i]);
    free(lists->types);
    free(lists->files);
}

static json_int_t part_of(const json_t *row, size_t place)
{
    const json_t *part = json_array_get(row, place);
    json_int_t number = json_is_integer(part) ? json_integer_value(part) : -1;
    return number <= NUMBER_MAX ? number : -1;
}

static void read_row(const struct lists *lists, const json_t *told, struct live_census *census)
{
    json_int_t path = part_of(told, 0), line = part_of(told, 1), type = part_of(told, 2);
    json_int_t count = part_of(told, 3), bytes = part_of(told, 4);
    if (json_array_size(told) != ROW_PARTS || count < 0 || bytes < 0)
        return;
    bool is_typed = type >= 0 && (size_t)type < lists->type_count && lists->types[type];
    if (census->row_count == CENSUS_ROWS || !is_typed) {
        census->other_rows++;
        census->others.count += (uint64_t)count;
        census->others.bytes += bytes;
        return;
    }
    struct live_row row = {LIVE_ELSEWHERE, 0, lists->types[type], (uint64_t)count, bytes};
    if (path >= 0 && (size_t)path < lists->file_count && line > 0 && line < UINT32_MAX &&
        lists->files[path] != LIVE_ELSEWHERE) {
        row.file = lists->files[path];
        row.line = (uint32_t)line;
    }
    live_census_add(census, &row);
}

static json_int_t number_of(const json_t *told, const char *name)
{
    json_int_t number = json_integer_value(json_object_get(told, name));
    return number > 0 && number <= NUMBER_MAX ? number : 0;
}

static void read_others(const json_t *told, struct live_census *census)
{
    census->other_rows += (uint64_t)number_of(told, "rows");
    census->others.count += (uint64_t)number_of(told, "count");
    census->others.bytes += number_of(told, "bytes");
}

void census_json_read(const json_t *told, const struct model *model, struct live_census *census)
{
    struct lists lists = read_lists(told, model);
    const json_t *rows = json_object_get(told, "rows");
    for (size_t i = 0; i < size_of(rows); i++)
        read_row(&lists, json_array_get(rows, i), census);
    free_lists(&lists);
    read_others(json_object_get(told, "others"), census);
    census->problem = holders_json_missing(told);
    live_census_close(census);
}
