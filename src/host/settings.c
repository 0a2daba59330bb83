/*
 * Two files of JSON. local.settings.json is the developer's own: what is wrong with it becomes a
 * notice. host.json belongs to the app and would stop it in the cloud, too: what is wrong with it
 * is an error.
 */
#include "config.h"
#include "host/settings.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/json_file.h"
#include "host/number.h"
#include "host/path.h"

enum { TIMEOUT_DEFAULT_S = 30 * 60 };

static void append(char ***list, size_t *count, char *owned)
{
    *list = mem_resize(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = owned;
}

static ATTR_PRINTF(2, 3) void notice(struct settings *settings, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len >= 0)
        append(&settings->notices, &settings->notice_count, text);
}

/* ---- local.settings.json ---- */

/* The text of a scalar as the environment gets it; NULL for null, an array or an object. */
static char *scalar_text(const json_t *value)
{
    if (json_is_string(value))
        return mem_strdup(json_string_value(value));
    if (json_is_boolean(value))
        return mem_strdup(json_is_true(value) ? "true" : "false");
    return json_is_number(value) ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
}

static void add_value(struct settings *settings, const char *name, const json_t *value)
{
    char *text = scalar_text(value);
    if (!text)
        return;
    if (!*name || strchr(name, '=')) {
        notice(settings, "local.settings.json: '%s' is no name for an environment variable", name);
        free(text);
    } else if (getenv(name)) {
        notice(settings,
               "Skipping '%s' from local settings as it's already defined in current environment "
               "variables.",
               name);
        free(text);
    } else {
        size_t names = settings->value_count;
        append(&settings->names, &names, mem_strdup(name));
        append(&settings->values, &settings->value_count, text);
    }
}

static void read_values(struct settings *settings, json_t *values)
{
    const char *name;
    json_t *value;
    json_object_foreach(values, name, value) if (json_is_object(value) || json_is_array(value))
    {
        notice(settings,
               "local.settings.json is ignored: its values must be strings, and '%s' is not "
               "one; write nested names as A__B",
               name);
        return;
    }
    json_object_foreach(values, name, value) add_value(settings, name, value);
}

static void read_local(struct settings *settings, const char *app_root)
{
    static const char name[] = "local.settings.json";
    struct error error;
    char *path = path_join(app_root, name);
    json_t *json = access(path, F_OK) == 0 ? json_file_read(path, name, &error) : NULL;
    if (!json && access(path, F_OK) == 0)
        notice(settings, "%s; the file is ignored", error.text);
    free(path);
    if (!json)
        return;
    json_t *values = json_object_get(json, "Values");
    if (!json_is_false(json_object_get(json, "IsEncrypted")) && json_object_size(values))
        notice(settings, "local.settings.json is encrypted, and its values are not used; set "
                         "\"IsEncrypted\": false and write them in plain text");
    else
        read_values(settings, values);
    json_int_t port =
        json_integer_value(json_object_get(json_object_get(json, "Host"), "LocalHttpPort"));
    if (port > 0 && port <= UINT16_MAX)
        settings->http_port = (uint16_t)port;
    json_decref(json);
}

/* ---- host.json ---- */

/* "hh:mm:ss" as seconds: 0, or -1 where it is not one. */
static int parse_clock(const char *text, unsigned long long *sum)
{
    unsigned long long hours, minutes, seconds;
    const char *at = number_read(text, 23, &hours);
    if (!at || *at != ':')
        return -1;
    at = number_read(at + 1, 59, &minutes);
    if (!at || *at != ':' || number_parse(at + 1, 59, &seconds))
        return -1;
    *sum = (hours * 60 + minutes) * 60 + seconds;
    return 0;
}

/* "[d.]hh:mm:ss" or "-1". */
static int parse_timeout(const char *text, uint64_t *timeout_ns)
{
    unsigned long long days = 0, seconds;
    if (strcmp(text, "-1") == 0) {
        *timeout_ns = UINT64_MAX;
        return 0;
    }
    const char *dot = number_read(text, 9999, &days);
    if (dot && *dot == '.')
        text = dot + 1;
    else
        days = 0;
    if (parse_clock(text, &seconds))
        return -1;
    seconds += days * 24 * 60 * 60;
    *timeout_ns = seconds * NS_PER_SECOND;
    return seconds ? 0 : -1;
}

static int read_timeout(struct settings *settings, const json_t *json, struct error *error)
{
    const json_t *value = json_object_get(json, "functionTimeout");
    if (!value || json_is_null(value))
        return 0;
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    if (json_is_integer(value) && json_integer_value(value) == -1)
        text = "-1";
    if (parse_timeout(text, &settings->timeout_ns))
        return error_set(error, EXIT_STATUS_APP,
                         "host.json: functionTimeout must be \"hh:mm:ss\" or \"-1\"");
    return 0;
}

static int read_prefix(struct settings *settings, const json_t *json, struct error *error)
{
    const json_t *http = json_object_get(json_object_get(json, "extensions"), "http");
    const json_t *value = json_object_get(http, "routePrefix");
    if (!value || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return error_set(error, EXIT_STATUS_APP,
                         "host.json: extensions.http.routePrefix must be a string");
    const char *text = json_string_value(value);
    text += strspn(text, "/");
    size_t len = strlen(text);
    while (len && text[len - 1] == '/')
        len--;
    free(settings->route_prefix);
    settings->route_prefix = mem_strndup(text, len);
    return 0;
}

static int read_allowed(struct settings *settings, const json_t *json, struct error *error)
{
    const json_t *list = json_object_get(json, "functions");
    size_t i;
    json_t *name;
    if (!list || json_is_null(list))
        return 0;
    if (!json_is_array(list))
        return error_set(error, EXIT_STATUS_APP, "host.json: functions must be an array of names");
    settings->allowed = mem_calloc(1, sizeof *settings->allowed);
    json_array_foreach(list, i, name)
    {
        if (!json_is_string(name))
            return error_set(error, EXIT_STATUS_APP,
                             "host.json: functions must be an array of names");
        append(&settings->allowed, &settings->allowed_count, mem_strdup(json_string_value(name)));
    }
    return 0;
}

static int read_host(struct settings *settings, const char *app_root, struct error *error)
{
    char *path = path_join(app_root, "host.json");
    int result = 0;
    if (access(path, F_OK) == 0) {
        json_t *json = json_file_read(path, "host.json", error);
        if (!json || read_timeout(settings, json, error) || read_prefix(settings, json, error) ||
            read_allowed(settings, json, error))
            result = -1;
        json_decref(json);
    }
    free(path);
    return result;
}

int settings_read(struct settings *settings, const char *app_root, struct error *error)
{
    *settings = (struct settings){
        .route_prefix = mem_strdup("api"),
        .timeout_ns = TIMEOUT_DEFAULT_S * NS_PER_SECOND,
    };
    read_local(settings, app_root);
    return read_host(settings, app_root, error);
}

static void free_list(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

void settings_fini(struct settings *settings)
{
    free_list(settings->names, settings->value_count);
    free_list(settings->values, settings->value_count);
    free_list(settings->notices, settings->notice_count);
    free_list(settings->allowed, settings->allowed_count);
    free(settings->route_prefix);
    *settings = (struct settings){0};
}

const char *settings_value(const struct settings *settings, const char *name)
{
    for (size_t i = 0; i < settings->value_count; i++)
        if (strcmp(settings->names[i], name) == 0)
            return settings->values[i];
    return getenv(name);
}

/* ---- the worker's environment ---- */

static void set(char ***list, size_t *count, const char *name, const char *value)
{
    append(list, count, mem_printf("%s=%s", name, value));
}

char **settings_environment(const struct settings *settings, const char *app_root)
{
    char **list = NULL;
    size_t count = 0;
    for (char **own = environ; *own; own++)
        if (strncmp(*own, "AzureWebJobsScriptRoot=", strlen("AzureWebJobsScriptRoot=")) != 0)
            append(&list, &count, mem_strdup(*own));
    for (size_t i = 0; i < settings->value_count; i++)
        if (strcmp(settings->names[i], "AzureWebJobsScriptRoot") != 0)
            set(&list, &count, settings->names[i], settings->values[i]);
    set(&list, &count, "AzureWebJobsScriptRoot", app_root);
    if (!settings_value(settings, "FUNCTIONS_WORKER_RUNTIME"))
        set(&list, &count, "FUNCTIONS_WORKER_RUNTIME", "python");
    if (!settings_value(settings, "AZURE_FUNCTIONS_ENVIRONMENT"))
        set(&list, &count, "AZURE_FUNCTIONS_ENVIRONMENT", "Development");
    append(&list, &count, NULL);
    return list;
}

void settings_environment_free(char **environment)
{
    for (char **each = environment; each && *each; each++)
        free(*each);
    free(environment);
}
