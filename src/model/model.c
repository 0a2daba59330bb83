/*
 * The root of the model: owns everything below it, and counts the changes. Files and functions are
 * a handful, at most hundreds, so they are arrays that are searched from the front.
 */
#include "config.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* A copy of `path` without slashes at its end; the root directory stays "/". */
static char *without_end_slashes(const char *path)
{
    size_t len = strlen(path);
    while (len > 1 && path[len - 1] == '/')
        len--;
    return mem_strndup(path, len);
}

struct model *model_new(const char *app_root)
{
    struct model *model = mem_calloc(1, sizeof *model);
    model->app_root = without_end_slashes(app_root);
    const char *slash = strrchr(model->app_root, '/');
    model->app_name = mem_strdup(slash && slash[1] ? slash + 1 : model->app_root);
    model->base_url = mem_strdup("");
    model->python = mem_strdup("");
    model->worker = WORKER_STARTING;
    invocations_init(&model->invocations);
    output_init(&model->output);
    kept_init(&model->kept);
    return model;
}

static void function_fini(struct model_function *function)
{
    free(function->name);
    free(function->url);
    free(function->methods);
    free(function->trigger);
    free(function->script);
    free(function->load_error);
    free(function->request);
    free(function->sample);
}

void model_free(struct model *model)
{
    if (!model)
        return;
    kept_fini(&model->kept);
    holders_clear(&model->holders);
    holders_list_clear(&model->evidence);
    live_clear(&model->live);
    breakpoints_fini(&model->breakpoints);
    stop_fini(&model->stop);
    packages_fini(&model->packages);
    imported_free(model->imported);
    output_fini(&model->output);
    samples_fini(&model->samples);
    invocations_fini(&model->invocations);
    for (size_t i = 0; i < model->file_count; i++)
        file_free(model->files[i]);
    free(model->files);
    model_clear_functions(model);
    free(model->app_error);
    free(model->reload_error);
    free(model->chosen);
    free(model->worker_end);
    free(model->python);
    free(model->base_url);
    free(model->app_name);
    free(model->app_root);
    free(model);
}

void model_touch(struct model *model)
{
    model->revision++;
}

long model_find_file(const struct model *model, const char *path)
{
    for (size_t i = 0; i < model->file_count; i++)
        if (!model->files[i]->retired && strcmp(model->files[i]->path, path) == 0)
            return (long)i;
    return -1;
}

bool model_reports_line(const struct model *model, const struct file *file, uint32_t line)
{
    return model->decorated_count == 0 || file_is_decorated_at(file, line);
}

static bool is_about(const struct holders *holders, uint32_t file, uint32_t line)
{
    return holders->state == HOLDERS_READY && holders->file == file && holders->line == line;
}

const struct holders *model_holders(const struct model *model, uint32_t file, uint32_t line)
{
    if (is_about(&model->holders, file, line))
        return &model->holders;
    for (size_t i = 0; i < model->evidence.count; i++)
        if (is_about(&model->evidence.lines[i], file, line))
            return &model->evidence.lines[i];
    return NULL;
}

size_t model_path_count(const struct model *model)
{
    size_t count = 0;
    for (size_t i = 0; i < model->file_count; i++)
        count += !model->files[i]->retired;
    return count;
}

uint32_t model_add_file(struct model *model, struct file *file)
{
    model->files = mem_resize(model->files, model->file_count + 1, sizeof(struct file *));
    model->files[model->file_count++] = file;
    model_touch(model);
    return (uint32_t)(model->file_count - 1);
}

/* So that an app which is saved a thousand times does not fill the memory. */
static void forget_old_version(struct model *model, const struct file *current)
{
    for (size_t i = 0; i < model->file_count; i++) {
        struct file *file = model->files[i];
        if (file->version + MODEL_OLD_VERSIONS + 1 != current->version ||
            strcmp(file->path, current->path) != 0)
            continue;
        file_forget(file);
        model_set_text(&file->problem, "an old version, no longer kept");
    }
}

uint32_t model_replace_file(struct model *model, uint32_t index, struct file *file)
{
    struct file *old = model->files[index];
    old->retired = true;
    old->stale = old->deleted = false;
    file->version = old->version + 1;
    forget_old_version(model, file);
    return model_add_file(model, file);
}

struct model_function *model_add_function(struct model *model, const char *name,
                                          const char *trigger, const char *script)
{
    model->functions =
        mem_resize(model->functions, model->function_count + 1, sizeof *model->functions);
    struct model_function *function = &model->functions[model->function_count++];
    *function = (struct model_function){
        .name = mem_strdup(name),
        .trigger = mem_strdup(trigger),
        .script = mem_strdup(script),
    };
    model_touch(model);
    return function;
}

void model_clear_functions(struct model *model)
{
    for (size_t i = 0; i < model->function_count; i++)
        function_fini(&model->functions[i]);
    free(model->functions);
    model->functions = NULL;
    model->function_count = 0;
    model_touch(model);
}

struct model_function *model_find_function(const struct model *model, const char *name)
{
    for (size_t i = 0; i < model->function_count; i++)
        if (strcmp(model->functions[i].name, name) == 0)
            return &model->functions[i];
    return NULL;
}

static const struct model_function *named_function(const struct model *model)
{
    const struct model_function *chosen =
        model->chosen ? model_find_function(model, model->chosen) : NULL;
    for (size_t i = 0; !chosen && i < model->function_count; i++)
        if (model->functions[i].selected)
            return &model->functions[i];
    return chosen;
}

const struct model_function *model_selected(const struct model *model)
{
    const struct model_function *named = named_function(model);
    for (size_t i = 0; !named && i < model->function_count; i++)
        if (model->functions[i].url)
            return &model->functions[i];
    return named || !model->function_count ? named : &model->functions[0];
}

void model_select(struct model *model, const char *name)
{
    model_set_text(&model->chosen, name);
    model_touch(model);
}

bool model_has_selection(const struct model *model)
{
    return named_function(model) != NULL;
}

const char *model_load_error(const struct model *model)
{
    const struct model_function *function = model_selected(model);
    return model->app_error || !function ? model->app_error : function->load_error;
}

void model_set_rss(struct model *model, uint64_t now_ns, int64_t rss_bytes)
{
    timeline_add(&model->timeline, now_ns, rss_bytes);
    if (rss_bytes == model->rss_bytes)
        return;
    model->rss_bytes = rss_bytes;
    if (rss_bytes > model->rss_peak_bytes)
        model->rss_peak_bytes = rss_bytes;
    model_touch(model);
}

void model_forget_retained(struct model *model)
{
    for (size_t i = 0; i < model->file_count; i++)
        file_forget_retained(model->files[i]);
    for (size_t i = 0; i < model->invocations.count; i++)
        model->invocations.kept[i]->retained_bytes = 0;
    kept_clear(&model->kept);
    leaks_judge(model, &model->leaks);
    model_touch(model);
}

void model_set_text(char **field, const char *text)
{
    /* Copied first: `text` may be a part of what is freed. */
    char *copy = text ? mem_strdup(text) : NULL;
    free(*field);
    *field = copy;
}
