/*
 * A function's fault can come from three places: its function.json (found by app.c), its route
 * (found here), and its code (found by the worker). All three end as load_error in the model. The
 * first two stay for the life of the host; the last one is decided anew by every worker.
 */
#include "config.h"
#include "host/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "host/json_file.h"
#include "host/path.h"

enum { ERROR_LINE_MAX = 1024, SAMPLE_MAX_BYTES = 65536 };

/* ---- before the worker ---- */

static char *make_url(const struct app *app, const struct model *model,
                      const struct app_function *function)
{
    const char *prefix = app->settings.route_prefix;
    const char *route = function->route + strspn(function->route, "/");
    return mem_printf("%s%s%s%s%s", model->base_url, *prefix ? "/" : "", prefix, *route ? "/" : "",
                      route);
}

/* sample.dat in the folder of a v1 function, which tools make for trying it out. */
static void read_sample(const struct app_function *function, struct model_function *described)
{
    struct buf text;
    char *path = path_join(function->directory, "sample.dat");
    buf_init(&text, SAMPLE_MAX_BYTES);
    if (function->described_here && path_read(path, SAMPLE_MAX_BYTES, &text) == 0 && text.len)
        model_set_text(&described->sample, buf_text(&text));
    buf_fini(&text);
    free(path);
}

static void describe(const struct app *app, struct model *model,
                     const struct app_function *function, bool selected)
{
    struct model_function *fresh =
        model_add_function(model, function->name, function->trigger, function->script);
    fresh->selected = selected;
    model_set_text(&fresh->load_error, function->problem);
    read_sample(function, fresh);
    if (!function->route)
        return;
    fresh->url = make_url(app, model, function);
    fresh->methods = function_methods_text(function);
    if (!*fresh->methods)
        model_set_text(&fresh->methods, NULL);
}

static int add_route(const struct app *app, size_t index, struct routes *routes,
                     struct error *error)
{
    const struct app_function *function = &app->functions[index];
    long taken_by = -1;
    struct error reason;
    if (!function->route)
        return 0;
    if (!routes_add(routes, index, function->route, function->methods, function->method_count,
                    &taken_by, &reason))
        return 0;
    if (taken_by >= 0)
        return error_set(error, EXIT_STATUS_APP, "%s and %s have the same route '%s'",
                         app->functions[taken_by].name, function->name, function->route);
    return error_set(error, EXIT_STATUS_APP, "%s: %s", function->name, reason.text);
}

int load_functions(const struct app *app, struct model *model, struct routes *routes,
                   struct notes *notes, struct error *error)
{
    int result = 0;
    model_clear_functions(model);
    for (size_t i = 0; i < app->function_count; i++) {
        struct error reason;
        bool selected = app->selected == (long)i;
        describe(app, model, &app->functions[i], selected);
        struct model_function *function = &model->functions[i];
        if (add_route(app, i, routes, &reason)) {
            if (selected)
                result = error_set(error, EXIT_STATUS_APP, "%s", reason.text);
            model_set_text(&function->load_error, reason.text);
            model_set_text(&function->url, NULL); /* nothing is served there */
        }
        if (function->load_error)
            notes_say(notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s", function->load_error);
    }
    return result;
}

/* ---- to the worker ---- */

static json_t *path_text(const char *path)
{
    return json_text(path, strlen(path));
}

/* What is wrong with its function.json or its route no worker can mend: it is not loaded. */
static bool is_refused(const struct app_function *function, const struct model_function *known)
{
    return function->problem || (function->route && !known->url);
}

json_t *load_message(const struct app *app, const struct model *model)
{
    if (app->script)
        return json_pack("{s:o, s:o}", "root", path_text(app->root), "script",
                         path_text(app->script));
    json_t *list = json_array();
    for (size_t i = 0; i < app->function_count; i++) {
        const struct app_function *function = &app->functions[i];
        /* What was wrong in an earlier worker may be right in this one. */
        if (i >= model->function_count || !function->bindings ||
            is_refused(function, &model->functions[i]))
            continue;
        json_t *entry = json_object();
        json_object_set_new(entry, "name", path_text(function->name));
        json_object_set_new(entry, "directory", path_text(function->directory));
        json_object_set_new(entry, "script", path_text(function->script));
        json_object_set_new(entry, "entry_point", path_text(function->entry_point));
        json_object_set(entry, "bindings", function->bindings);
        json_array_append_new(list, entry);
    }
    return json_pack("{s:o}", "functions", list);
}

/* ---- back from the worker ---- */

/* Say that `what` could not be loaded; *problem gets the reason in one line. */
static void note_failure(char **problem, struct notes *notes, const char *what, const char *error,
                         const json_t *traceback)
{
    char line[ERROR_LINE_MAX];
    text_clean(line, sizeof line, error, strlen(error));
    model_set_text(problem, line);
    notes_say(notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s could not be loaded: %s", what, error);
    if (json_string_length(traceback))
        notes_add(notes, OUTPUT_HOST, LEVEL_ERROR, OUTPUT_NO_INVOCATION,
                  json_string_value(traceback), json_string_length(traceback));
}

bool load_app_result(struct model *model, struct notes *notes, const json_t *json)
{
    const char *error = json_text_of(json, "error");
    model_set_text(&model->app_error, NULL);
    if (error)
        note_failure(&model->app_error, notes, "the app", error,
                     json_object_get(json, "traceback"));
    return !error;
}

static void say_notices(const struct model_function *function, struct notes *notes,
                        const json_t *list)
{
    size_t i;
    json_t *notice;
    json_array_foreach(list, i, notice)
    {
        if (json_is_string(notice))
            notes_say(notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION, "%s: %s", function->name,
                      json_string_value(notice));
    }
}

static void note_success(struct model_function *function, struct notes *notes, const json_t *entry)
{
    const char *path = json_text_of(entry, "path");
    json_int_t line = json_integer_value(json_object_get(entry, "line"));
    function->asynchronous = json_is_true(json_object_get(entry, "asynchronous"));
    function->line = line > 0 && line <= FILE_LINES_MAX ? (uint32_t)line : 0;
    model_set_text(&function->load_error, NULL);
    if (path && *path)
        model_set_text(&function->script, path);
    say_notices(function, notes, json_object_get(entry, "notices"));
}

/* The function of that name whose fault, if any, is the worker's to tell; NULL: there is none. */
static struct model_function *find_loaded(const struct app *app, struct model *model,
                                          const char *name)
{
    struct model_function *known = name ? model_find_function(model, name) : NULL;
    for (size_t i = 0; known && i < app->function_count; i++)
        if (strcmp(app->functions[i].name, name) == 0)
            return is_refused(&app->functions[i], known) ? NULL : known;
    return NULL;
}

size_t load_result(const struct app *app, struct model *model, struct notes *notes,
                   const json_t *json)
{
    size_t i, failed = 0;
    json_t *entry;
    json_array_foreach(json_object_get(json, "functions"), i, entry)
    {
        const char *name = json_text_of(entry, "name");
        struct model_function *function = find_loaded(app, model, name);
        if (!function)
            continue;
        const char *error = json_text_of(entry, "error");
        if (error) {
            note_failure(&function->load_error, notes, function->name, error,
                         json_object_get(entry, "traceback"));
            failed++;
        } else {
            note_success(function, notes, entry);
        }
    }
    model_touch(model);
    return failed;
}
