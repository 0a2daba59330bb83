/*
 * Paths and types are told once, and rows name them by their places. All that there is room for is
 * told, the largest first; what is left is summed up.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_census.h"

#include <string.h>

#include "base/text.h"
#include "wire/segment.h"
#include "worker/publish.h"

enum { ROWS = 8192, NAME = 256, NOWHERE = -1 };

static const PyTypeObject *types[ROWS];
static size_t type_count;
static int path_places[SEGMENT_FILES]; /* by file: its place, and one more; 0: it has none */

/* Text of the program's, as JSON: without what is no character, or a control. */
static void put_quoted(struct holders_text *out, const char *text, size_t len)
{
    uint32_t code;
    holders_put(out, "\"");
    for (size_t at = 0, bytes; at < len; at += bytes) {
        bytes = text_decode(text + at, len - at, &code);
        if (code == '"' || code == '\\')
            holders_put(out, "\\%c", (char)code);
        else if (code < ' ' || code == TEXT_REPLACEMENT)
            holders_put(out, "?");
        else
            holders_put(out, "%.*s", (int)bytes, text + at);
    }
    holders_put(out, "\"");
}

static const struct segment_site *site_of(const struct holders_census_row *row)
{
    const struct segment *segment = publish_shared.segment;
    uint32_t sites = PUBLISH_LOAD(segment->site_count);
    return row->site > 0 && row->site < sites ? &segment->sites[row->site] : NULL;
}

static void tell_paths(struct holders_text *out, const struct holders_census_row *rows,
                       size_t count)
{
    const struct segment *segment = publish_shared.segment;
    int places = 0;
    for (size_t i = 0; i < count; i++) {
        const struct segment_site *site = site_of(&rows[i]);
        if (!site || site->file >= SEGMENT_FILES || path_places[site->file])
            continue;
        const struct segment_file *file = &segment->files[site->file];
        holders_put(out, places ? ", " : "");
        put_quoted(out, segment->strings + file->path_offset, file->path_len);
        path_places[site->file] = ++places;
    }
}

/* The type that is told at the moment. */
static struct {
    const PyTypeObject *type; /* NULL: it is done */
    struct holders_text name;
    char bytes[NAME];
} job;

static bool name_type(void)
{
    const PyTypeObject *type = job.type;
    job.type = NULL;
    if (type)
        holders_put_type(&job.name, type);
    return false;
}

static size_t place_of(const PyTypeObject *type)
{
    size_t at = 0;
    while (at < type_count && types[at] != type)
        at++;
    return at;
}

static void tell_types(struct holders_text *out, const struct holders_census_row *rows,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const PyTypeObject *type = rows[i].type;
        if (place_of(type) < type_count)
            continue;
        types[type_count++] = type;
        job.name = (struct holders_text){job.bytes, 0, sizeof job.bytes};
        job.type = type;
        holders_each(name_type);
        holders_put(out, type_count > 1 ? ", " : "");
        if (type)
            put_quoted(out, job.bytes, job.name.len);
        else
            holders_put(out, "\"native\"");
    }
}

static void tell_row(struct holders_text *out, const struct holders_census_row *row)
{
    const struct segment_site *site = site_of(row);
    bool is_known = site && site->file < SEGMENT_FILES && path_places[site->file];
    holders_put(out, "[%d, %u, %zu, %llu, %llu]", is_known ? path_places[site->file] - 1 : NOWHERE,
                is_known ? site->line : 0, place_of(row->type), (unsigned long long)row->count,
                (unsigned long long)row->bytes);
}

void holders_census_tell(struct holders_text *out, const struct holders_census_row *rows,
                         size_t count)
{
    size_t told = count < ROWS ? count : ROWS;
    uint64_t others = 0, bytes = 0;
    holders_put(out, "{\"paths\": [");
    tell_paths(out, rows, told);
    holders_put(out, "], \"types\": [");
    tell_types(out, rows, told);
    holders_put(out, "], \"rows\": [");
    for (size_t i = 0; i < told; i++) {
        holders_put(out, i ? ", " : "");
        tell_row(out, &rows[i]);
    }
    for (size_t i = told; i < count; i++) {
        others += rows[i].count;
        bytes += rows[i].bytes;
    }
    holders_put(out,
                "], \"others\": {\"rows\": %zu, \"count\": %llu, \"bytes\": %llu}, \"faults\": %u, "
                "\"short\": %s, \"late\": %s}",
                count - told, (unsigned long long)others, (unsigned long long)bytes,
                holders_walk.faults, holders_walk.is_short ? "true" : "false",
                holders_walk.is_late ? "true" : "false");
}
