/*
 * The model's files: their texts, from the rows or from --source, the functions that their tables
 * say, and the names that follow from their paths.
 */
#include "config.h"
#include "report/import_build.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ---- the model's files ---- */

char *import_string(const struct intern *intern, uint32_t number)
{
    struct span text = intern_text(intern, number);
    char *copy = mem_strndup(text.at, text.len);
    for (size_t i = 0; i < text.len; i++)
        if (copy[i] == '\0')
            copy[i] = ' ';
    return copy;
}

/* The source, as far as the log has it. */
static void rebuild_text(const struct import_build *build, const struct import_version *version,
                         struct buf *out)
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
static void compare_source(struct import_build *build, const struct import_version *version,
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

static void add_functions(struct file *file, const struct import_version *version)
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

static void make_file(struct import_build *build, struct import_version *version)
{
    struct import *import = build->import;
    char *path = import_string(&import->files, version->file);
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

void import_make_files(struct import_build *build)
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
    /* One of them is the other, or a folder above it. */
    if ((!root[len] || root[len] == '/') && (!path[len] || path[len] == '/'))
        slash = len;
    root[slash ? slash : 1] = '\0';
}

char *import_root(const struct import *import)
{
    char *root = NULL;
    for (uint32_t i = 0; i < import->files.count; i++) {
        char *path = import_string(&import->files, i);
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

char *import_file_function(const struct file *file)
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

void import_know_function(struct import_build *build, const char *name, uint32_t file)
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
    /* Rows without figures, as that of the def, are often not in the log. */
    if (!function->line)
        function->line = first->first_line;
}
