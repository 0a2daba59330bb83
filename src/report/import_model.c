/*
 * Summing up, when all rows are there:
 *
 *   in the order of time   each row gets its file and its invocation      settle_rows()
 *   by invocation          tables get their version of the file           settle_tables()
 *   by version             texts and functions become the model's files   make_files()
 *   by invocation          figures become the model's                     make_invocations()
 *
 * All by arrays that are indexed with numbers of the interns, so that a million rows take a second.
 */
#include "config.h"
#include "report/import.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "report/import_parts.h"

enum { VERSIONS_MAX = 8, TABLES_MAX = 4096, LINE_UNSEEN = UINT32_MAX };

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

/* One text of a file. */
struct version {
    uint32_t file;
    uint32_t older; /* of the same file; IMPORT_NONE */
    uint32_t ordinal;
    uint32_t lines;  /* that are known at the most */
    uint32_t *texts; /* owned; text + 1 by line - 1; 0: unknown */
    uint32_t *lasts; /* owned; of the table that begins in the line, its last line; 0 */
    uint32_t index;  /* in the model */
};

struct slope {
    double count, sum, weighted;
};

struct build {
    struct import *import;
    struct model *model;
    uint32_t *order;    /* owned; rows: by time, later by invocation */
    size_t count;       /* of order */
    uint32_t numbers;   /* of invocations */
    struct place *keys; /* owned */
    struct place *instances;
    struct version *versions; /* owned */
    uint32_t version_count, version_capacity;
    uint32_t *newest; /* owned; version by file */
    uint32_t line_count;
    uint32_t *calls;      /* owned; by key, index + 1 of the notice */
    struct slope *slopes; /* owned; by instance */
};

static struct import_row *row_at(const struct build *build, size_t at)
{
    return &build->import->rows[build->order[at]];
}

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

static void order_by_time(struct build *build)
{
    struct import *import = build->import;
    build->count = import->row_count;
    build->order = mem_calloc(build->count + 1, sizeof *build->order);
    for (size_t i = 0; i < build->count; i++)
        build->order[i] = (uint32_t)i;
    qsort_r(build->order, build->count, sizeof *build->order, compare_rows, import->rows);
}

/* Rows by their invocation, and within it as they are; without the names of files. */
static void order_by_invocation(struct build *build)
{
    uint32_t *starts = mem_calloc(build->numbers + 2, sizeof *starts);
    uint32_t *sorted = mem_calloc(build->count + 1, sizeof *sorted);
    size_t rows = 0;
    for (size_t i = 0; i < build->count; i++)
        if (row_at(build, i)->line)
            starts[row_at(build, i)->key + 1]++;
    for (uint32_t i = 1; i < build->numbers + 2; i++)
        starts[i] += starts[i - 1];
    for (size_t i = 0; i < build->count; i++) {
        if (row_at(build, i)->line == 0)
            continue;
        sorted[starts[row_at(build, i)->key]++] = build->order[i];
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
static void guess_invocation(struct build *build, struct place *place, const struct import_row *row)
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

static void settle_row(struct build *build, struct import_row *row)
{
    bool keyed = row->key != IMPORT_NONE;
    struct place *instance = &build->instances[row->instance];
    struct place *place = keyed ? &build->keys[row->key] : instance;
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
static void find_files(struct build *build)
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

static void name_unknown(struct build *build)
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

static void settle_rows(struct build *build)
{
    struct import *import = build->import;
    bool lost = false;
    build->keys = new_places(import->keys.count);
    build->instances = new_places(import->instances.count);
    for (size_t i = 0; i < build->count; i++) {
        settle_row(build, row_at(build, i));
        lost |= row_at(build, i)->line && row_at(build, i)->file == IMPORT_NONE;
    }
    free_places(build->instances, import->instances.count);
    if (lost) {
        find_files(build);
        name_unknown(build);
    }
}

/* ---- versions of files ---- */

/* The same but for white space at their ends: logs may have trimmed it. */
static bool same_text(const struct build *build, uint32_t a, uint32_t b)
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
static bool fits(const struct build *build, const struct version *version, size_t at, size_t end)
{
    for (; at < end; at++) {
        const struct import_row *row = row_at(build, at);
        uint32_t known = row->line <= version->lines ? version->texts[row->line - 1] : 0;
        if (known && !same_text(build, known - 1, row->text))
            return false;
    }
    return true;
}

static uint32_t new_version(struct build *build, uint32_t file)
{
    uint32_t older = build->newest[file];
    if (build->version_count == build->version_capacity) {
        build->version_capacity *= 2;
        build->versions =
            mem_resize(build->versions, build->version_capacity, sizeof *build->versions);
    }
    build->versions[build->version_count] = (struct version){
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
static uint32_t find_version(struct build *build, size_t at, size_t end)
{
    uint32_t file = row_at(build, at)->file, newest = build->newest[file];
    for (uint32_t i = newest; i != IMPORT_NONE; i = build->versions[i].older)
        if (fits(build, &build->versions[i], at, end))
            return i;
    if (newest != IMPORT_NONE && build->versions[newest].ordinal >= VERSIONS_MAX)
        return newest;
    return build->version_count < IMPORT_FILES_MAX ? new_version(build, file) : IMPORT_NONE;
}

/* Have room for the line: false where all files have too many. */
static bool reserve_line(struct build *build, struct version *version, uint32_t line)
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

static void drop_row(struct build *build, struct import_row *row)
{
    build->import->imported->dropped += row->occurrences > 0;
    row->line = 0;
}

static void add_table(struct build *build, size_t at, size_t end)
{
    uint32_t number = find_version(build, at, end), first = row_at(build, at)->line;
    for (; at < end; at++) {
        struct import_row *row = row_at(build, at);
        struct version *version = number == IMPORT_NONE ? NULL : &build->versions[number];
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

static void settle_tables(struct build *build)
{
    uint32_t files = build->import->files.count;
    build->newest = mem_calloc(files + 1, sizeof *build->newest);
    build->version_capacity = 16;
    build->versions = mem_calloc(build->version_capacity, sizeof *build->versions);
    for (uint32_t i = 0; i < files; i++)
        build->newest[i] = IMPORT_NONE;
    for (size_t at = 0, end; at < build->count; at = end) {
        const struct import_row *first = row_at(build, at);
        uint32_t file = first->file, number = first->key;
        for (end = at + 1; end < build->count; end++) {
            const struct import_row *row = row_at(build, end);
            if (row->begins_table || row->file != file || row->key != number)
                break;
        }
        add_table(build, at, end);
    }
}

/* ---- the model's files ---- */

static char *string_of(const struct intern *intern, uint32_t number)
{
    struct span text = intern_text(intern, number);
    char *copy = mem_strndup(text.at, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] == '\0')
            copy[i] = ' ';
    return copy;
}

/* The source, as far as the log has it. */
static void rebuild_text(const struct build *build, const struct version *version, struct buf *out)
{
    bool full = false;
    for (uint32_t line = 1; line <= version->lines && !full; line++) {
        uint32_t number = version->texts[line - 1];
        struct span text = {"", 0};
        if (number)
            text = intern_text(&build->import->texts, number - 1);
        size_t from = out->len;
        full = buf_append(out, text.at, text.len) || buf_append(out, "\n", 1);
        for (size_t i = from; !full && i + 1 < out->len; i++)
            if (out->data[i] == '\r' || out->data[i] == '\n')
                out->data[i] = ' ';
    }
}

static struct span skip_spaces(struct span text)
{
    while (text.len > 0 && (text.at[0] == ' ' || text.at[0] == '\t'))
        text = span_skip(text, 1);
    return span_trim_end(text);
}

/* Lines that are others in the file of --source than in the log. */
static void compare_source(struct build *build, const struct version *version,
                           const struct file *file)
{
    for (uint32_t line = 1; line <= version->lines; line++) {
        struct span there = {"", 0};
        if (!version->texts[line - 1])
            continue;
        there.at = file_line_text(file, line, &there.len);
        struct span logged = intern_text(&build->import->texts, version->texts[line - 1] - 1);
        build->import->imported->other_text += !span_equal(skip_spaces(logged), skip_spaces(there));
    }
}

static bool begins_with(struct span text, const char *word)
{
    size_t len = strlen(word);
    return text.len >= len && memcmp(text.at, word, len) == 0;
}

/* What follows "def " in a line that defines a function or a class; len 0 in all others. */
static struct span name_in(struct span line)
{
    static const char *const words[] = {"def ", "async def ", "class "};
    line = skip_spaces(line);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!begins_with(line, words[i]))
            continue;
        struct span name = skip_spaces(span_skip(line, strlen(words[i])));
        size_t len = 0;
        while (len < name.len && !strchr("(: \t[", name.at[len]))
            len++;
        return (struct span){name.at, len};
    }
    return (struct span){"", 0};
}

static struct span line_of(const struct file *file, uint32_t line)
{
    struct span text;
    text.at = file_line_text(file, line, &text.len);
    return text;
}

/* A table begins at a function's first decorator or its def; one that does not has lost its
 * beginning, and belongs to the function before it. */
static bool is_head(const struct file *file, uint32_t line)
{
    struct span text = skip_spaces(line_of(file, line));
    return begins_with(text, "@") || name_in(text).len > 0;
}

static void add_function(struct file *file, uint32_t first, uint32_t last)
{
    char *name = NULL;
    for (uint32_t line = first; line <= last && !name; line++) {
        struct span text = name_in(line_of(file, line));
        if (text.len)
            name = mem_strndup(text.at, text.len);
    }
    if (!name)
        name = mem_printf("line %lu", (unsigned long)first);
    file_add_function(file, name, first, last);
    free(name);
}

static void add_functions(struct file *file, const struct version *version)
{
    uint32_t first = 0, last = 0;
    for (uint32_t line = 1; line <= version->lines; line++) {
        if (!version->lasts[line - 1])
            continue;
        if (first && !is_head(file, line)) {
            last = version->lasts[line - 1] > last ? version->lasts[line - 1] : last;
            continue;
        }
        if (first)
            add_function(file, first, last);
        first = line;
        last = version->lasts[line - 1];
    }
    if (first)
        add_function(file, first, last);
}

static void make_file(struct build *build, struct version *version)
{
    struct import *import = build->import;
    char *path = string_of(&import->files, version->file);
    struct buf text;
    buf_init(&text, (size_t)1 << 30);
    bool is_newest = build->newest[version->file] == (uint32_t)(version - build->versions);
    bool on_disk = is_newest && import->setup.source &&
                   import->setup.source(import->setup.context, path, &text);
    if (!on_disk)
        rebuild_text(build, version, &text);
    struct file *file = file_new(path, build->model->app_root, buf_text(&text), text.len);
    if (on_disk)
        compare_source(build, version, file);
    add_functions(file, version);
    if (version->older != IMPORT_NONE)
        version->index =
            model_replace_file(build->model, build->versions[version->older].index, file);
    else
        version->index = model_add_file(build->model, file);
    buf_fini(&text);
    free(path);
}

static void make_files(struct build *build)
{
    for (uint32_t i = 0; i < build->version_count; i++)
        make_file(build, &build->versions[i]);
}

/* ---- the app ---- */

/* Shorten `root` to the folder that holds `path`, too. */
static void common_folder(char *root, const char *path)
{
    size_t len = 0, slash = 0;
    while (root[len] && root[len] == path[len]) {
        if (root[len] == '/')
            slash = len;
        len++;
    }
    if (!root[len] && path[len] == '/')
        slash = len;
    root[slash ? slash : 1] = '\0';
}

/* Where the app was deployed, as the files' names say: the folder that holds them all, or the one
 * above it where that is a function's of the v1 model. */
static char *find_root(const struct import *import)
{
    char *root = NULL;
    for (uint32_t i = 0; i < import->files.count; i++) {
        char *path = string_of(&import->files, i);
        char *slash = path[0] == '/' ? strrchr(path, '/') : NULL;
        if (slash) {
            bool is_module = strcmp(slash, "/__init__.py") == 0;
            *slash = '\0';
            char *above = is_module ? strrchr(path, '/') : NULL;
            if (above && above > path)
                *above = '\0';
            if (!root)
                root = mem_strdup(*path ? path : "/");
            else if (*path)
                common_folder(root, path);
        }
        free(path);
    }
    return root ? root : mem_strdup("/");
}

/* The function that an invocation without a name ran: that of the folder, or of the file. */
static char *function_of_file(const struct file *file)
{
    char *name = mem_strdup(file->path), *result;
    char *slash = strrchr(name, '/');
    if (slash && strcmp(slash, "/__init__.py") == 0) {
        *slash = '\0';
        slash = strrchr(name, '/');
    }
    result = mem_strdup(slash ? slash + 1 : name);
    size_t len = strlen(result);
    if (len > 3 && strcmp(result + len - 3, ".py") == 0)
        result[len - 3] = '\0';
    free(name);
    return result;
}

static void know_function(struct build *build, const char *name, uint32_t file)
{
    if (model_find_function(build->model, name))
        return;
    struct model_function *function =
        model_add_function(build->model, name, "log", build->model->files[file]->path);
    const struct file *source = build->model->files[file];
    if (!source->function_count)
        return;
    const struct file_function *first = &source->functions[0];
    for (uint32_t line = first->first_line; line <= first->last_line && !function->line; line++) {
        if (!name_in(line_of(source, line)).len)
            continue;
        function->line = line;
        function->asynchronous = begins_with(skip_spaces(line_of(source, line)), "async ");
    }
}

/* ---- invocations ---- */

/* The reading at entry, with which memory_profiler begins a table. */
static bool is_entry(const struct import_row *row)
{
    return row->begins_table && row->increment_bytes == row->mem_bytes && row->mem_bytes > 0;
}

static void add_figures(struct build *build, struct invocation *invocation,
                        const struct import_row *row)
{
    uint32_t file = build->versions[row->file].index;
    int64_t grown = is_entry(row) ? 0 : row->increment_bytes;
    const struct line_stats part = {
        .mem_usage_bytes = row->mem_bytes,
        .peak_bytes = row->mem_bytes,
        .increment_bytes = grown,
        .self_increment_bytes = grown,
        .occurrences = row->occurrences,
    };
    const struct line_stats *known = invocation_line_stats(invocation, file, row->line);
    struct line_stats sum = known ? *known : (struct line_stats){0};
    line_stats_add(&sum, &part);
    invocation_set_line(invocation, file, row->line, &sum);
    struct file_line *line = file_line_at(build->model->files[file], row->line);
    if (line)
        line_stats_add(&line->total, &part);
    if (invocation->rss_start_bytes == 0)
        invocation->rss_start_bytes = line_bytes_sub(row->mem_bytes, grown);
    if (row->mem_bytes > invocation->rss_peak_bytes)
        invocation->rss_peak_bytes = row->mem_bytes;
    invocation->rss_end_bytes = row->mem_bytes;
    invocation->rss_lines_bytes = line_bytes_add(invocation->rss_lines_bytes, grown);
}

static struct imported_instance *instance_of(struct build *build, uint32_t number)
{
    struct imported *imported = build->import->imported;
    struct imported_instance *instance = &imported->instances[number];
    if (!instance->name)
        instance->name = string_of(&build->import->instances, number);
    return instance;
}

static void count_instance(struct build *build, uint32_t number,
                           const struct invocation *invocation)
{
    struct imported_instance *instance = instance_of(build, number);
    struct slope *slope = &build->slopes[number];
    if (instance->invocations++ == 0) {
        instance->first_ns = invocation->start_realtime_ns;
        instance->first_start_bytes = invocation->rss_start_bytes;
    }
    instance->last_ns = invocation->start_realtime_ns;
    instance->last_start_bytes = invocation->rss_start_bytes;
    if (invocation->rss_peak_bytes > instance->peak_bytes)
        instance->peak_bytes = invocation->rss_peak_bytes;
    double grown = (double)(invocation->rss_start_bytes - instance->first_start_bytes);
    slope->sum += grown;
    slope->weighted += grown * slope->count;
    slope->count++;
}

/* Least squares over the invocations 0, 1, 2, ... of an instance. */
static void settle_slopes(struct build *build)
{
    struct imported *imported = build->import->imported;
    for (size_t i = 0; i < imported->instance_count; i++) {
        const struct slope *slope = &build->slopes[i];
        double n = slope->count, mean = (n - 1) / 2;
        if (n >= 2)
            imported->instances[i].growth_bytes =
                (slope->weighted - mean * slope->sum) / (n * (n * n - 1) / 12);
    }
}

/* Figures are read from decimals, each to the byte: what that leaves is nobody's memory. */
static void settle_rounding(struct invocation *invocation)
{
    int64_t rest = invocation_elsewhere_bytes(invocation);
    if (llabs(rest) <= (int64_t)invocation->line_count + 1)
        invocation->rss_end_bytes = line_bytes_sub(invocation->rss_end_bytes, rest);
}

/* Of a kept invocation: its increments are the lines' trends. */
static void add_trends(struct build *build, const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->line_count; i++) {
        const struct invocation_line *line = &invocation->lines[i];
        file_add_trend(build->model->files[line->file], line->line, line->stats.increment_bytes);
    }
}

static struct invocation *begin_invocation(struct build *build, const struct import_row *row,
                                           uint32_t key)
{
    struct import *import = build->import;
    uint32_t file = build->versions[row->file].index;
    char *id = key == IMPORT_NONE ? mem_strdup("") : string_of(&import->keys, key);
    char *instance = string_of(&import->instances, row->instance);
    char *function = row->function == IMPORT_NONE ? function_of_file(build->model->files[file])
                                                  : string_of(&import->functions, row->function);
    struct invocation *invocation =
        invocations_add(&build->model->invocations, row->key, id, function, instance);
    invocation->start_realtime_ns = invocation->start_ns = row->time_ns;
    know_function(build, function, file);
    free(function);
    free(instance);
    free(id);
    return invocation;
}

static void end_invocation(struct build *build, struct invocation *invocation, uint32_t key,
                           uint32_t instance)
{
    const struct import_call *call = NULL;
    if (key != IMPORT_NONE && build->calls && build->calls[key])
        call = &build->import->calls[build->calls[key] - 1];
    uint64_t end_ns = invocation->start_ns + (call ? call->duration_ns : 0);
    invocations_end(&build->model->invocations, invocation,
                    call && call->failed ? OUTCOME_FAILED : OUTCOME_SUCCEEDED, 0, end_ns, NULL);
    settle_rounding(invocation);
    add_trends(build, invocation);
    count_instance(build, instance, invocation);
    if (invocation->rss_peak_bytes > build->model->rss_peak_bytes)
        build->model->rss_peak_bytes = invocation->rss_peak_bytes;
    if (build->import->setup.invocation)
        build->import->setup.invocation(build->import->setup.context, build->model, invocation);
}

/* The rows from `at` to `end` are those of one invocation. */
static void make_invocation(struct build *build, size_t at, size_t end, uint32_t key)
{
    struct invocation *invocation = NULL;
    uint32_t instance = 0;
    for (; at < end; at++) {
        const struct import_row *row = row_at(build, at);
        if (row->line == 0 || row->occurrences == 0)
            continue;
        if (!invocation) {
            invocation = begin_invocation(build, row, key);
            instance = row->instance;
        }
        add_figures(build, invocation, row);
    }
    if (invocation)
        end_invocation(build, invocation, key, instance);
}

/* Which key each invocation has had: rows have its number by now. */
static uint32_t *keys_by_number(const struct build *build)
{
    uint32_t *keys = mem_calloc(build->numbers + 1, sizeof *keys);
    for (uint32_t i = 0; i <= build->numbers; i++)
        keys[i] = IMPORT_NONE;
    for (uint32_t i = 0; i < build->import->keys.count; i++)
        if (build->keys[i].number)
            keys[build->keys[i].number] = i;
    return keys;
}

static void make_invocations(struct build *build, const uint32_t *keys)
{
    for (size_t at = 0, end; at < build->count; at = end) {
        uint32_t number = row_at(build, at)->key;
        for (end = at + 1; end < build->count && row_at(build, end)->key == number; end++)
            ;
        make_invocation(build, at, end, keys[number]);
    }
    settle_slopes(build);
}

/* ---- the whole ---- */

static void index_calls(struct build *build)
{
    const struct import *import = build->import;
    if (!import->call_count)
        return;
    build->calls = mem_calloc(import->keys.count, sizeof *build->calls);
    for (size_t i = 0; i < import->call_count; i++)
        build->calls[import->calls[i].key] = (uint32_t)i + 1;
}

static void build_fini(struct build *build)
{
    for (uint32_t i = 0; i < build->version_count; i++) {
        free(build->versions[i].texts);
        free(build->versions[i].lasts);
    }
    free(build->versions);
    free(build->newest);
    free(build->order);
    free(build->calls);
    free(build->slopes);
}

struct model *import_finish(struct import *import)
{
    struct build build = {.import = import};
    char *root = find_root(import);
    build.model = model_new(root);
    build.model->worker = WORKER_NONE;
    build.model->imported = import->imported;
    free(root);
    import->imported->instance_count = import->instances.count;
    import->imported->instances =
        mem_calloc(import->instances.count + 1, sizeof *import->imported->instances);
    build.slopes = mem_calloc(import->instances.count + 1, sizeof *build.slopes);
    for (uint32_t i = 0; i < import->instances.count; i++)
        instance_of(&build, i);
    index_calls(&build);
    order_by_time(&build);
    settle_rows(&build);
    uint32_t *keys = keys_by_number(&build);
    free_places(build.keys, import->keys.count);
    order_by_invocation(&build);
    settle_tables(&build);
    make_files(&build);
    make_invocations(&build, keys);
    free(keys);
    build_fini(&build);
    import->imported = NULL; /* the model's from now on */
    model_touch(build.model);
    return build.model;
}
