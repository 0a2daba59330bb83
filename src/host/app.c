/*
 * Discovery. PATH may be a function's folder, a file in it (its script, as a rule), function_app.py
 * or another source of a v2 app, or the app's root. The root is the nearest folder from there
 * upwards that holds host.json or local.settings.json, as for `func`; in the v1 model the first
 * part of the way down from the root to PATH is the name of the function. Where function_app.py is
 * there, the app is one of the v2 model, whatever else there is, as on Azure.
 *
 * A fault in one function is that function's own: it keeps its route and answers 500, and the rest
 * of the app runs. Only where PATH names the function does the fault end the run, since there is
 * nothing else that the user wanted.
 */
#include "config.h"
#include "host/app.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "host/path.h"

/* ---- the root ---- */

static bool is_root(const char *directory)
{
    char *host = path_join(directory, "host.json");
    char *local = path_join(directory, "local.settings.json");
    bool found = path_is_file(host) || path_is_file(local);
    free(host);
    free(local);
    return found;
}

char *app_find_root(const char *directory)
{
    char *at = mem_strdup(directory);
    while (!is_root(at)) {
        char *above = path_parent(at);
        bool top = strcmp(above, at) == 0;
        free(at);
        at = above;
        if (top) {
            free(at);
            return NULL;
        }
    }
    return at;
}

/* ---- the functions ---- */

static int compare_names(const void *a, const void *b)
{
    const struct app_function *left = a, *right = b;
    int order = strcasecmp(left->name, right->name);
    return order ? order : strcmp(left->name, right->name);
}

static void sort_functions(struct app *app)
{
    if (app->function_count)
        qsort(app->functions, app->function_count, sizeof *app->functions, compare_names);
}

static void drop_functions(struct app *app)
{
    for (size_t i = 0; i < app->function_count; i++)
        function_fini(&app->functions[i]);
    free(app->functions);
    app->functions = NULL;
    app->function_count = 0;
    app->selected = -1;
}

static void read_functions(struct app *app)
{
    DIR *dir = opendir(app->root);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        if (entry->d_name[0] == '.')
            continue;
        char *folder = path_join(app->root, entry->d_name);
        char *description = path_join(folder, "function.json");
        if (path_is_file(description)) {
            app->functions =
                mem_resize(app->functions, app->function_count + 1, sizeof *app->functions);
            function_read(&app->functions[app->function_count++], app->root, entry->d_name);
        }
        free(description);
        free(folder);
    }
    closedir(dir);
    sort_functions(app);
}

long app_find_function(const struct app *app, const char *name)
{
    for (size_t i = 0; i < app->function_count; i++)
        if (strcasecmp(app->functions[i].name, name) == 0)
            return (long)i;
    return -1;
}

static bool is_disabled(const struct app *app, const struct app_function *function)
{
    char *name = mem_printf("AzureWebJobs.%s.Disabled", function->name);
    const char *value = settings_value(&app->settings, name);
    free(name);
    return function->disabled || (value && (strcasecmp(value, "true") == 0 || !strcmp(value, "1")));
}

static bool is_listed(const char *name, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(name, list[i]) == 0)
            return true;
    return false;
}

/* Why the function is not to be loaded, or NULL. */
static const char *reason_to_skip(const struct app *app, const struct app_function *function,
                                  const struct options *options)
{
    const struct settings *settings = &app->settings;
    const char *const *allowed = (const char *const *)settings->allowed;
    if (is_disabled(app, function))
        return "it is disabled";
    if (options->function_count &&
        !is_listed(function->name, options->functions, options->function_count))
        return "--functions does not name it";
    if (!options->function_count && allowed &&
        !is_listed(function->name, allowed, settings->allowed_count))
        return "the functions of host.json do not name it";
    return NULL;
}

/* Are those there that the command line asks for? */
static int check_wanted(const struct app *app, const struct options *options, struct error *error)
{
    for (size_t i = 0; i < options->function_count; i++)
        if (app_find_function(app, options->functions[i]) < 0)
            return error_set(error, EXIT_STATUS_APP, "--functions: the app in %s has no '%s'",
                             app->root, options->functions[i]);
    const struct app_function *selected =
        app->selected >= 0 ? &app->functions[app->selected] : NULL;
    const char *reason = selected ? reason_to_skip(app, selected, options) : NULL;
    if (reason)
        return error_set(error, EXIT_STATUS_APP, "the function %s is not loaded: %s",
                         selected->name, reason);
    return 0;
}

/* Drop what is not to be loaded. app->selected keeps naming the same function. */
static int filter_functions(struct app *app, const struct options *options, struct error *error)
{
    size_t kept = 0;
    long selected = -1;
    if (check_wanted(app, options, error))
        return -1;
    for (size_t i = 0; i < app->function_count; i++) {
        struct app_function *function = &app->functions[i];
        const char *reason = reason_to_skip(app, function, options);
        if (app->selected == (long)i)
            selected = (long)kept;
        if (reason) {
            function_fini(function);
            continue;
        }
        if (kept != i) {
            app->functions[kept] = *function;
            *function = (struct app_function){0};
        }
        kept++;
    }
    app->function_count = kept;
    app->selected = selected;
    return 0;
}

/* ---- PATH ---- */

/* The name of the v2 model's script; borrowed. */
const char *app_script_name(const struct settings *settings)
{
    const char *name = settings_value(settings, "PYTHON_SCRIPT_FILE_NAME");
    return name && *name ? name : "function_app.py";
}

static void find_script(struct app *app)
{
    char *path = path_join(app->root, app_script_name(&app->settings));
    if (path_is_file(path))
        app->script = mem_strdup(app_script_name(&app->settings));
    free(path);
}

/* Set app->selected from what PATH (resolved) says below the root. */
static int select_function(struct app *app, const char *path, struct error *error)
{
    const char *below = path_below(path, app->root);
    if (!below)
        return 0;
    char *first = mem_strndup(below, strcspn(below, "/"));
    char *folder = path_join(app->root, first);
    int result = 0;
    app->selected = app_find_function(app, first);
    if (app->selected < 0 && path_is_directory(folder))
        result = error_set(error, EXIT_STATUS_APP,
                           "%s is no function: it has no function.json; name a function's folder "
                           "or the app's",
                           folder);
    free(folder);
    free(first);
    return result;
}

static int check_found(const struct app *app, struct error *error)
{
    if (app->function_count)
        return 0;
    return error_set(error, EXIT_STATUS_APP,
                     "no functions in %s: there is no %s, and no folder in it has a function.json",
                     app->root, app_script_name(&app->settings));
}

static int check_left(const struct app *app, struct error *error)
{
    if (app->function_count == 0)
        return error_set(error, EXIT_STATUS_APP,
                         "no functions are left in %s: all are disabled, or not in the functions "
                         "of host.json",
                         app->root);
    if (app->selected >= 0 && app->functions[app->selected].problem)
        return error_set(error, EXIT_STATUS_APP, "%s", app->functions[app->selected].problem);
    return 0;
}

static int find_app(struct app *app, const char *given, const char *path, struct error *error)
{
    char *directory = path_is_directory(path) ? mem_strdup(path) : path_parent(path);
    app->root = app_find_root(directory);
    free(directory);
    if (!app->root)
        return error_set(error, EXIT_STATUS_APP,
                         "%s is not in a function app: neither it nor a folder above it has a "
                         "host.json or local.settings.json",
                         given);
    return 0;
}

static int read_v1(struct app *app, const char *path, const struct options *options,
                   struct error *error)
{
    read_functions(app);
    if (select_function(app, path, error) || check_found(app, error) ||
        filter_functions(app, options, error))
        return -1;
    return check_left(app, error);
}

int app_read(struct app *app, const struct options *options, struct error *error)
{
    *app = (struct app){.selected = -1};
    char *path = realpath(options->path, NULL);
    if (!path)
        return error_set(error, EXIT_STATUS_APP, "cannot open %s: %s", options->path,
                         strerror(errno));
    app->path = path;
    int result = find_app(app, options->path, path, error);
    if (!result)
        result = settings_read(&app->settings, app->root, error);
    if (!result && options->limit_name) {
        const struct plan plan = limit_plan(options->limit_name);
        result = settings_apply_plan(&app->settings, &plan, error);
    }
    if (!result) {
        find_script(app);
        if (!app->script)
            result = read_v1(app, path, options, error);
    }
    return result;
}

int app_index(struct app *app, const json_t *descriptions, const struct options *options,
              struct error *error)
{
    size_t i;
    json_t *description;
    drop_functions(app);
    app->functions = mem_calloc(json_array_size(descriptions), sizeof *app->functions);
    json_array_foreach(descriptions, i, description)
        function_describe(&app->functions[app->function_count++], app->root, description);
    sort_functions(app);
    if (options->function_count == 1)
        app->selected = app_find_function(app, options->functions[0]);
    if (app->function_count == 0)
        return error_set(error, EXIT_STATUS_APP,
                         "no functions in %s/%s: nothing in it has a trigger", app->root,
                         app->script);
    int result = filter_functions(app, options, error) ? -1 : check_left(app, error);
    if (result)
        drop_functions(app); /* none of them is what was asked for */
    return result;
}

void app_fini(struct app *app)
{
    drop_functions(app);
    free(app->path);
    free(app->root);
    free(app->script);
    settings_fini(&app->settings);
    *app = (struct app){.selected = -1};
}
