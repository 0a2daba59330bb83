/*
 * An app that is deployed again has other lines under the same numbers. Each table goes to the
 * newest version of its file that has no other text in its lines, or makes a version of its own.
 */
#include "config.h"
#include "report/import_build.h"

#include <string.h>

#include "base/mem.h"

enum { VERSIONS_MAX = 8 };

/* ---- versions of files ---- */

/* The same but for white space at their ends: logs may have trimmed it. */
static bool same_text(const struct import_build *build, uint32_t a, uint32_t b)
{
    if (a == b)
        return true;
    struct span left = intern_text(&build->import->texts, a);
    struct span right = intern_text(&build->import->texts, b);
    while (left.len > 0 && left.at[0] == ' ')
        left = span_skip(left, 1);
    while (right.len > 0 && right.at[0] == ' ')
        right = span_skip(right, 1);
    return span_equal(left, right);
}

/* Could the rows from `at` to `end` be of this text? */
static bool fits(const struct import_build *build, const struct import_version *version, size_t at,
                 size_t end)
{
    for (; at < end; at++) {
        const struct import_row *row = import_row_at(build, at);
        uint32_t known = row->line <= version->lines ? version->texts[row->line - 1] : 0;
        if (known && !same_text(build, known - 1, row->text))
            return false;
    }
    return true;
}

static uint32_t new_version(struct import_build *build, uint32_t file)
{
    uint32_t older = build->newest[file];
    if (build->version_count == build->version_capacity) {
        build->version_capacity *= 2;
        build->versions =
            mem_resize(build->versions, build->version_capacity, sizeof *build->versions);
    }
    build->versions[build->version_count] = (struct import_version){
        .file = file,
        .older = older,
        .ordinal = older == IMPORT_NONE ? 1 : build->versions[older].ordinal + 1,
        .texts = mem_calloc(1, sizeof(uint32_t)),
        .lasts = mem_calloc(1, sizeof(uint32_t)),
    };
    build->newest[file] = build->version_count;
    return build->version_count++;
}

/* The newest version that the table fits, or a new one. When there are too many, the newest, or
 * IMPORT_NONE. */
static uint32_t find_version(struct import_build *build, size_t at, size_t end)
{
    uint32_t file = import_row_at(build, at)->file, newest = build->newest[file];
    for (uint32_t i = newest; i != IMPORT_NONE; i = build->versions[i].older)
        if (fits(build, &build->versions[i], at, end))
            return i;
    if (newest != IMPORT_NONE && build->versions[newest].ordinal >= VERSIONS_MAX)
        return newest;
    return build->version_count < IMPORT_FILES_MAX ? new_version(build, file) : IMPORT_NONE;
}

/* Have room for the line: false where all files have too many. */
static bool reserve_line(struct import_build *build, struct import_version *version, uint32_t line)
{
    if (line <= version->lines)
        return true;
    uint32_t more = line - version->lines;
    if (build->line_count + more > IMPORT_LINES_MAX)
        return false;
    build->line_count += more;
    version->texts = mem_resize(version->texts, line, sizeof *version->texts);
    version->lasts = mem_resize(version->lasts, line, sizeof *version->lasts);
    memset(version->texts + version->lines, 0, more * sizeof *version->texts);
    memset(version->lasts + version->lines, 0, more * sizeof *version->lasts);
    version->lines = line;
    return true;
}

static void drop_row(struct import_build *build, struct import_row *row)
{
    build->import->imported->dropped += row->occurrences > 0;
    row->line = 0;
}

static void add_table(struct import_build *build, size_t at, size_t end)
{
    uint32_t number = find_version(build, at, end), first = import_row_at(build, at)->line;
    for (; at < end; at++) {
        struct import_row *row = import_row_at(build, at);
        struct import_version *version = number == IMPORT_NONE ? NULL : &build->versions[number];
        if (!version || !reserve_line(build, version, row->line)) {
            drop_row(build, row);
            continue;
        }
        row->file = number;
        version->texts[row->line - 1] = row->text + 1;
        if (first <= version->lines && row->line > version->lasts[first - 1])
            version->lasts[first - 1] = row->line;
    }
}

void import_settle_tables(struct import_build *build)
{
    uint32_t files = build->import->files.count;
    build->newest = mem_calloc(files + 1, sizeof *build->newest);
    build->version_capacity = 16;
    build->versions = mem_calloc(build->version_capacity, sizeof *build->versions);
    for (uint32_t i = 0; i < files; i++)
        build->newest[i] = IMPORT_NONE;
    for (size_t at = 0, end; at < build->count; at = end) {
        const struct import_row *first = import_row_at(build, at);
        uint32_t file = first->file, number = first->key;
        for (end = at + 1; end < build->count; end++) {
            const struct import_row *row = import_row_at(build, end);
            if (row->begins_table || row->file != file || row->key != number)
                break;
        }
        add_table(build, at, end);
    }
}
