/*
 * The description of a function: function.json in the v1 programming model, the same as JSON made
 * by the decorators in the v2 model. It is checked as the Azure Functions host checks it, in one
 * pass that stops at the first fault: each reader below returns 0, or -1 after it set the sentence.
 * A fault is shown with the path of function.json below the app root, so that it can be opened, or
 * with the function's name.
 */
#include "config.h"
#include "host/function.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/json_file.h"
#include "host/path.h"

enum { NAME_MAX_BYTES = 128, METHODS_TEXT_MAX = 4096 };

static const char file_name[] = "function.json";

static bool name_has_shape(const char *name, const char *extra)
{
    if (!isalpha((unsigned char)name[0]) || strlen(name) > NAME_MAX_BYTES)
        return false;
    for (; *name; name++)
        if (!isalnum((unsigned char)*name) && !strchr(extra, *name))
            return false;
    return true;
}

bool function_name_is_valid(const char *name)
{
    return name_has_shape(name, "_-") && strcasecmp(name, "host") != 0;
}

#define FAULT(function, error, format, ...)                                                        \
    error_set(error, EXIT_STATUS_APP, "%s%s: " format, (function)->name,                           \
              (function)->described_here ? "/function.json" : "", ##__VA_ARGS__)

/* The only file beside function.json, or NULL. */
static char *only_other_file(const char *directory)
{
    char *found = NULL;
    size_t count = 0;
    DIR *dir = opendir(directory);
    if (!dir)
        return NULL;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char *path = path_join(directory, entry->d_name);
        if (strcmp(entry->d_name, file_name) != 0 && path_is_file(path)) {
            count++;
            free(found);
            found = mem_strdup(entry->d_name);
        }
        free(path);
    }
    closedir(dir);
    if (count != 1) {
        free(found);
        return NULL;
    }
    return found;
}

static int read_script(struct app_function *function, const json_t *json, struct error *error)
{
    const json_t *value = json_object_get(json, "scriptFile");
    char *name = NULL;
    if (value && !json_is_null(value) && !json_is_string(value))
        return FAULT(function, error, "scriptFile must be a string");
    if (json_is_string(value) && *json_string_value(value))
        name = mem_strdup(json_string_value(value));
    else
        name = only_other_file(function->directory);
    if (!name)
        name = mem_strdup("__init__.py");
    free(function->script);
    function->script = path_join(function->directory, name);
    int result = 0;
    if (!path_is_file(function->script))
        result = FAULT(function, error, "the scriptFile '%s' does not exist in %s", name,
                       function->directory);
    free(name);
    return result;
}

static int read_entry_point(struct app_function *function, const json_t *json, struct error *error)
{
    const json_t *value = json_object_get(json, "entryPoint");
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return FAULT(function, error, "entryPoint must be a string");
    if (*json_string_value(value)) {
        free(function->entry_point);
        function->entry_point = mem_strdup(json_string_value(value));
    }
    return 0;
}

static void add_method(struct app_function *function, const char *method)
{
    char *copy = mem_strdup(method);
    for (char *c = copy; *c; c++)
        *c = (char)toupper((unsigned char)*c);
    function->methods =
        mem_resize(function->methods, function->method_count + 1, sizeof *function->methods);
    function->methods[function->method_count++] = copy;
}

static int read_methods(struct app_function *function, const json_t *trigger, struct error *error)
{
    const json_t *methods = json_object_get(trigger, "methods");
    size_t i;
    json_t *method;
    if (!methods || json_is_null(methods))
        return 0;
    if (!json_is_array(methods))
        return FAULT(function, error, "methods must be an array of strings");
    json_array_foreach(methods, i, method)
    {
        if (!json_is_string(method) || !*json_string_value(method))
            return FAULT(function, error, "methods must be an array of strings");
        add_method(function, json_string_value(method));
    }
    return 0;
}

static int read_auth_level(struct app_function *function, const json_t *trigger,
                           struct error *error)
{
    const json_t *value = json_object_get(trigger, "authLevel");
    const char *text = json_string_value(value);
    if (!value || json_is_null(value) || (text && !auth_level_parse(text, &function->auth_level)))
        return 0;
    return FAULT(function, error, "authLevel must be anonymous, function or admin");
}

static int read_http_trigger(struct app_function *function, const json_t *trigger,
                             struct error *error)
{
    const json_t *route = json_object_get(trigger, "route");
    if (route && !json_is_null(route) && !json_is_string(route))
        return FAULT(function, error, "route must be a string");
    const char *text = json_string_value(route);
    free(function->route);
    function->route = mem_strdup(text && *text ? text : function->name);
    if (read_methods(function, trigger, error))
        return -1;
    return read_auth_level(function, trigger, error);
}

static bool is_trigger(const char *type)
{
    static const char end[] = "Trigger";
    size_t len = strlen(type);
    return len >= sizeof end - 1 && strcasecmp(type + len - (sizeof end - 1), end) == 0;
}

static int check_binding(const struct app_function *function, const json_t *binding, size_t number,
                         struct error *error)
{
    const char *name = json_text_of(binding, "name");
    const char *type = json_text_of(binding, "type");
    if (!json_is_object(binding))
        return FAULT(function, error, "binding %zu is not an object", number);
    if (!type || !*type)
        return FAULT(function, error, "binding %zu has no type", number);
    if (!name || (strcmp(name, "$return") != 0 && !name_has_shape(name, "_")))
        return FAULT(function, error,
                     "binding %zu (%s) needs a name of letters, digits and _, or $return", number,
                     type);
    return 0;
}

static int read_bindings(struct app_function *function, json_t *bindings, struct error *error)
{
    const json_t *trigger = NULL;
    size_t i;
    json_t *binding;
    if (!json_is_array(bindings) || json_array_size(bindings) == 0)
        return FAULT(function, error, "At least one binding must be declared.");
    json_array_foreach(bindings, i, binding)
    {
        if (check_binding(function, binding, i + 1, error))
            return -1;
        if (!is_trigger(json_text_of(binding, "type")))
            continue;
        if (trigger)
            return FAULT(function, error, "only one trigger is possible, and there are two: %s, %s",
                         json_text_of(trigger, "type"), json_text_of(binding, "type"));
        trigger = binding;
    }
    if (!trigger)
        return FAULT(function, error,
                     "no trigger among the bindings; add one, as \"type\": \"httpTrigger\"");
    free(function->trigger);
    function->trigger = mem_strdup(json_text_of(trigger, "type"));
    if (strcasecmp(function->trigger, "httpTrigger") == 0) {
        if (read_http_trigger(function, trigger, error))
            return -1;
    } else {
        free(function->route);
        function->route = NULL;
    }
    function->bindings = json_incref(bindings);
    return 0;
}

static int read_retry(struct app_function *function, const json_t *json, struct error *error)
{
    struct error reason;
    if (retry_read(&function->retry, json_object_get(json, "retry"), &reason))
        return FAULT(function, error, "%s", reason.text);
    return 0;
}

static int check_name(const struct app_function *function, struct error *error)
{
    if (function_name_is_valid(function->name))
        return 0;
    return error_set(error, EXIT_STATUS_APP,
                     "'%s' is no name for a function: letters, digits, _ and -, a letter first, "
                     "and not 'host'",
                     function->name);
}

static int read_description(struct app_function *function, struct error *error)
{
    char *path = path_join(function->directory, file_name);
    char *shown = path_join(function->name, file_name);
    json_t *json = json_file_read(path, shown, error);
    int result = -1;
    free(path);
    free(shown);
    if (!json)
        return -1;
    if (check_name(function, error))
        goto out;
    function->disabled = json_is_true(json_object_get(json, "disabled"));
    if (read_bindings(function, json_object_get(json, "bindings"), error) ||
        read_script(function, json, error) || read_entry_point(function, json, error) ||
        read_retry(function, json, error))
        goto out;
    result = 0;
out:
    json_decref(json);
    return result;
}

void function_read(struct app_function *function, const char *app_root, const char *name)
{
    struct error error;
    *function = (struct app_function){
        .name = mem_strdup(name),
        .directory = path_join(app_root, name),
        .entry_point = mem_strdup("main"),
        .trigger = mem_strdup(""),
        .route = mem_strdup(name),
        .described_here = true,
        .auth_level = AUTH_FUNCTION,
    };
    function->script = path_join(function->directory, "__init__.py");
    if (read_description(function, &error))
        function->problem = mem_strdup(error.text);
}

void function_describe(struct app_function *function, const char *app_root,
                       const json_t *description)
{
    struct error error;
    const char *name = json_text_of(description, "name");
    const char *script = json_text_of(description, "script");
    *function = (struct app_function){
        .name = mem_strdup(name ? name : ""),
        .directory = mem_strdup(app_root),
        .script = mem_strdup(script ? script : app_root),
        .entry_point = mem_strdup(name ? name : ""),
        .trigger = mem_strdup(""),
        .route = mem_strdup(name ? name : ""),
        .auth_level = AUTH_FUNCTION,
    };
    if (check_name(function, &error) ||
        read_bindings(function, json_object_get(description, "bindings"), &error) ||
        read_retry(function, description, &error))
        function->problem = mem_strdup(error.text);
}

void function_fini(struct app_function *function)
{
    free(function->name);
    free(function->directory);
    free(function->script);
    free(function->entry_point);
    free(function->trigger);
    free(function->route);
    for (size_t i = 0; i < function->method_count; i++)
        free(function->methods[i]);
    free(function->methods);
    json_decref(function->bindings);
    free(function->problem);
    *function = (struct app_function){0};
}

char *function_methods_text(const struct app_function *function)
{
    struct buf text;
    buf_init(&text, METHODS_TEXT_MAX);
    for (size_t i = 0; i < function->method_count; i++)
        if (buf_printf(&text, "%s%s", i ? "," : "", function->methods[i]))
            break;
    return buf_take(&text);
}
