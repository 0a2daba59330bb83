/*
 * host.json belongs to the app and would stop it in the cloud, too: what is wrong with what is read
 * of it is an error. It is read through configuration.h, value by value, so that a variable of the
 * environment can stand over each. What pymemtop does not know in it is left alone.
 */
#include "config.h"
#include "host/settings.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/configuration.h"
#include "host/json_file.h"
#include "host/local_settings.h"
#include "host/number.h"
#include "host/path.h"
#include "host/time_span.h"

enum { TIMEOUT_DEFAULT_S = 30 * 60, RESOLVED_MAX_BYTES = 1 << 20 };

#define DAY_NS (24 * 60 * 60 * NS_PER_SECOND)

static void append(char ***list, size_t *count, char *owned)
{
    *list = mem_resize(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = owned;
}

void settings_notice(struct settings *settings, enum output_level level, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return;
    settings->notices =
        mem_resize(settings->notices, settings->notice_count + 1, sizeof *settings->notices);
    settings->notices[settings->notice_count++] =
        (struct settings_notice){.level = level, .text = text};
}

void settings_add_value(struct settings *settings, const char *name, const char *value)
{
    size_t names = settings->value_count;
    append(&settings->names, &names, mem_strdup(name));
    append(&settings->values, &settings->value_count, mem_strdup(value));
}

/* ---- host.json ---- */

/* A fault in the value of `key`: where it stands, and what is wrong with it. */
static int fault(const struct configuration *configuration, const char *key, struct error *error,
                 const char *words)
{
    char *place = configuration_place(configuration, key);
    error_set(error, EXIT_STATUS_APP, "%s %s", place, words);
    free(place);
    return -1;
}

static int check_version(const json_t *json, struct error *error)
{
    char *version = json_scalar_text(json_object_get(json, "version"));
    int result = 0;
    if (!json_object_size(json))
        result = 0; /* an empty object is what the Functions host fills in itself */
    else if (!version || !*version)
        result = error_set(error, EXIT_STATUS_APP,
                           "host.json has no \"version\"; add \"version\": \"2.0\"");
    else if (strcmp(version, "2.0") != 0)
        result = error_set(error, EXIT_STATUS_APP,
                           "host.json: '%s' is no version; write \"version\": \"2.0\", whatever "
                           "the version of the Functions host",
                           version);
    free(version);
    return result;
}

static int read_timeout(struct settings *settings, const struct configuration *configuration,
                        struct error *error)
{
    static const char key[] = "functionTimeout";
    char *text = configuration_value(configuration, key);
    struct time_span span = {.ns = settings->timeout_ns};
    int result = 0;
    bool wrong = text && time_span_parse(text, &span);
    if (text && !wrong && span.negative && span.ns == DAY_NS) /* "-1" */
        span.ns = UINT64_MAX;
    else if (text && (wrong || span.negative || span.ns < NS_PER_SECOND))
        result = fault(configuration, key, error,
                       "must be \"hh:mm:ss\", a second at least, or \"-1\" for no limit");
    else if (text && !strchr(text, ':'))
        settings_notice(settings, LEVEL_WARNING,
                        "functionTimeout %s counts days, as on Azure; for minutes write "
                        "\"00:05:00\"",
                        text);
    settings->timeout_ns = span.ns;
    settings->has_timeout = text != NULL;
    free(text);
    return result;
}

static void read_prefix(struct settings *settings, const struct configuration *configuration)
{
    char *text = configuration_text(configuration, "extensions:http:routePrefix");
    if (!text)
        return;
    const char *start = text + strspn(text, "/");
    size_t len = strlen(start);
    while (len && start[len - 1] == '/')
        len--;
    free(settings->route_prefix);
    settings->route_prefix = mem_strndup(start, len);
    free(text);
}

/* A number of requests from 1, or -1 for no limit. */
static int read_limit(const struct configuration *configuration, const char *key, size_t *limit,
                      struct error *error)
{
    char *text = configuration_value(configuration, key);
    unsigned long long number = 0;
    int result = 0;
    *limit = SIZE_MAX;
    if (text && strcmp(text, "-1") != 0) {
        if (number_parse(text, INT32_MAX, &number) || number == 0)
            result =
                fault(configuration, key, error, "must be a number from 1, or -1 for no limit");
        else
            *limit = (size_t)number;
    }
    free(text);
    return result;
}

static int add_allowed(void *context, const char *name, const char *value)
{
    struct settings *settings = context;
    (void)name;
    append(&settings->allowed, &settings->allowed_count, mem_strdup(value));
    return 0;
}

static int read_allowed(struct settings *settings, const struct configuration *configuration,
                        struct error *error)
{
    static const char key[] = "functions";
    char *text = configuration_value(configuration, key);
    bool scalar = text != NULL;
    free(text);
    if (scalar)
        return fault(configuration, key, error, "must be an array of names");
    return configuration_each(configuration, key, add_allowed, settings);
}

static int add_header(void *context, const char *name, const char *value)
{
    struct settings *settings = context;
    settings->headers =
        mem_resize(settings->headers, settings->header_count + 1, sizeof *settings->headers);
    settings->headers[settings->header_count++] =
        (struct settings_header){.name = mem_strdup(name), .value = mem_strdup(value)};
    return 0;
}

struct levels_reading {
    struct settings *settings;
    const struct configuration *configuration;
    struct error *error;
};

static int add_level(void *context, const char *name, const char *value)
{
    static const char section[] = "logging:logLevel";
    const struct levels_reading *reading = context;
    int minimum;
    if (!*value)
        return 0;
    if (log_levels_parse(value, &minimum) == 0) {
        log_levels_add(&reading->settings->log_levels, name, minimum);
        return 0;
    }
    char *key = mem_printf("%s:%s", section, name);
    fault(reading->configuration, key, reading->error,
          "must be Trace, Debug, Information, Warning, Error, Critical or None");
    free(key);
    return -1;
}

static int read_levels(struct settings *settings, const struct configuration *configuration,
                       struct error *error)
{
    struct levels_reading reading = {
        .settings = settings, .configuration = configuration, .error = error};
    return configuration_each(configuration, "logging:logLevel", add_level, &reading);
}

static int read_configuration(struct settings *settings, const struct configuration *configuration,
                              struct error *error)
{
    read_prefix(settings, configuration);
    configuration_each(configuration, "extensions:http:customHeaders", add_header, settings);
    if (read_timeout(settings, configuration, error) ||
        read_allowed(settings, configuration, error) ||
        read_levels(settings, configuration, error) ||
        read_limit(configuration, "extensions:http:maxOutstandingRequests",
                   &settings->outstanding_max, error))
        return -1;
    return read_limit(configuration, "extensions:http:maxConcurrentRequests",
                      &settings->concurrent_max, error);
}

/* The variables: the environment's, and those that local.settings.json adds to it. */
static void add_overrides(const struct settings *settings, struct configuration *configuration)
{
    for (char **own = environ; *own; own++) {
        const char *equals = strchr(*own, '=');
        if (!equals)
            continue;
        char *name = mem_strndup(*own, (size_t)(equals - *own));
        configuration_override(configuration, name, equals + 1);
        free(name);
    }
    for (size_t i = 0; i < settings->value_count; i++)
        configuration_override(configuration, settings->names[i], settings->values[i]);
}

static int read_host(struct settings *settings, const char *app_root, struct error *error)
{
    struct configuration configuration;
    char *path = path_join(app_root, "host.json");
    bool present = access(path, F_OK) == 0;
    json_t *json = present ? json_file_read(path, "host.json", error) : NULL;
    free(path);
    if (present && (!json || check_version(json, error))) {
        json_decref(json);
        return -1;
    }
    configuration_init(&configuration, json);
    add_overrides(settings, &configuration);
    int result = read_configuration(settings, &configuration, error);
    configuration_fini(&configuration);
    json_decref(json);
    return result;
}

/* ---- both ---- */

static void check_runtime(struct settings *settings)
{
    static const char name[] = "FUNCTIONS_WORKER_RUNTIME";
    const char *runtime = settings_value(settings, name);
    if (runtime && *runtime && strcasecmp(runtime, "python") != 0)
        settings_notice(settings, LEVEL_WARNING,
                        "%s is '%s', and pymemtop runs Python alone; set it to python for this app",
                        name, runtime);
}

int settings_read(struct settings *settings, const char *app_root, struct error *error)
{
    *settings = (struct settings){
        .route_prefix = mem_strdup("api"),
        .timeout_ns = TIMEOUT_DEFAULT_S * NS_PER_SECOND,
        .outstanding_max = SIZE_MAX,
        .concurrent_max = SIZE_MAX,
    };
    local_settings_read(settings, app_root);
    check_runtime(settings);
    return read_host(settings, app_root, error);
}

int settings_apply_plan(struct settings *settings, const struct plan *plan, struct error *error)
{
    if (!settings->has_timeout && plan->timeout_s)
        settings->timeout_ns = plan->timeout_s * NS_PER_SECOND;
    if (plan->timeout_most_s && settings->timeout_ns > plan->timeout_most_s * NS_PER_SECOND)
        return error_set(error, EXIT_STATUS_APP,
                         "functionTimeout must be %u minutes or less on the plan %s, as on Azure; "
                         "shorten it, or choose another --plan",
                         plan->timeout_most_s / 60, plan->name);
    return 0;
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
    free_list(settings->allowed, settings->allowed_count);
    for (size_t i = 0; i < settings->notice_count; i++)
        free(settings->notices[i].text);
    free(settings->notices);
    for (size_t i = 0; i < settings->header_count; i++) {
        free(settings->headers[i].name);
        free(settings->headers[i].value);
    }
    free(settings->headers);
    log_levels_fini(&settings->log_levels);
    free(settings->http_address);
    free(settings->cors);
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

/* ---- %NAME% ---- */

const char *settings_find(const struct settings *settings, const char *name)
{
    const char *exact = settings_value(settings, name);
    if (exact)
        return exact;
    for (size_t i = 0; i < settings->value_count; i++)
        if (configuration_names_match(settings->names[i], name))
            return settings->values[i];
    for (char **own = environ; *own; own++) {
        size_t len = strcspn(*own, "=");
        char *own_name = mem_strndup(*own, len);
        bool same = (*own)[len] && configuration_names_match(own_name, name);
        free(own_name);
        if (same)
            return *own + len + 1;
    }
    return NULL;
}

/* Append the value of the name between two %. */
static int resolve_name(const struct settings *settings, const char *start, size_t len,
                        struct buf *out, struct error *error)
{
    char *name = mem_strndup(start, len);
    const char *value = len ? settings_find(settings, name) : NULL;
    int result = 0;
    if (!value)
        result = error_set(error, EXIT_STATUS_APP, "'%%%s%%' does not resolve to a value.", name);
    else if (buf_append(out, value, strlen(value)))
        result = error_set(error, EXIT_STATUS_APP, "'%%%s%%' resolves to too long a value.", name);
    free(name);
    return result;
}

char *settings_resolve(const struct settings *settings, const char *text, struct error *error)
{
    struct buf out;
    int result = 0;
    const char *at = text;
    buf_init(&out, RESOLVED_MAX_BYTES);
    while (*at && !result) {
        size_t len = strcspn(at, "%");
        if (buf_append(&out, at, len))
            result = error_set(error, EXIT_STATUS_APP, "the text is too long");
        at += len;
        if (!*at || result)
            break;
        const char *end = strchr(at + 1, '%');
        if (end)
            result = resolve_name(settings, at + 1, (size_t)(end - at - 1), &out, error);
        else
            result = error_set(error, EXIT_STATUS_APP,
                               "The '%%' at position %td does not have a closing '%%'", at - text);
        at = end ? end + 1 : at + 1;
    }
    char *resolved = result ? NULL : buf_take(&out);
    buf_fini(&out);
    return resolved;
}

/* ---- the worker's environment ---- */

static const char root_variable[] = "AzureWebJobsScriptRoot";

/* Whether the variable "NAME=text" gets another value: an empty one does not keep a setting out. */
static bool is_replaced(const struct settings *settings, const char *variable)
{
    size_t len = strcspn(variable, "=");
    if (len == sizeof root_variable - 1 && strncmp(variable, root_variable, len) == 0)
        return true;
    for (size_t i = 0; i < settings->value_count; i++)
        if (strlen(settings->names[i]) == len && !strncmp(settings->names[i], variable, len))
            return true;
    return false;
}

static void set(char ***list, size_t *count, const char *name, const char *value)
{
    append(list, count, mem_printf("%s=%s", name, value));
}

static void set_default(const struct settings *settings, char ***list, size_t *count,
                        const char *name, const char *value)
{
    if (!settings_value(settings, name))
        set(list, count, name, value);
}

char **settings_environment(const struct settings *settings, const char *app_root)
{
    char **list = NULL;
    size_t count = 0;
    for (char **own = environ; *own; own++)
        if (!is_replaced(settings, *own))
            append(&list, &count, mem_strdup(*own));
    for (size_t i = 0; i < settings->value_count; i++)
        if (strcmp(settings->names[i], root_variable) != 0)
            set(&list, &count, settings->names[i], settings->values[i]);
    set(&list, &count, root_variable, app_root);
    set_default(settings, &list, &count, "FUNCTIONS_WORKER_RUNTIME", "python");
    set_default(settings, &list, &count, "AZURE_FUNCTIONS_ENVIRONMENT", "Development");
    /* Else the lines that a rule asks for would not leave the worker. */
    if (log_levels_lowest(&settings->log_levels) < LEVEL_INFO)
        set_default(settings, &list, &count, "PYTHON_ENABLE_DEBUG_LOGGING", "1");
    append(&list, &count, NULL);
    return list;
}

void settings_environment_free(char **environment)
{
    for (char **each = environment; each && *each; each++)
        free(*each);
    free(environment);
}
