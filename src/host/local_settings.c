/*
 * The file is taken whole or not at all: a value that is an object spoils it, since the app would
 * otherwise run with a part of its settings. The names of the file's sections are with case, as
 * `func` reads them; those within Host are without.
 */
#include "config.h"
#include "host/local_settings.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "host/json_file.h"
#include "host/number.h"
#include "host/path.h"

static const char file_name[] = "local.settings.json";

/* ---- values ---- */

/* Whether the text can be set under that name; says why not. */
static bool can_set(struct settings *settings, const char *name, const char *text)
{
    const char *present = getenv(name);
    if (!*name)
        settings_notice(settings, LEVEL_WARNING, "Skipping local setting with empty key.");
    else if (strchr(name, '='))
        settings_notice(settings, LEVEL_WARNING,
                        "local.settings.json: '%s' is no name for an environment variable", name);
    else if (present && *present)
        settings_notice(settings, LEVEL_INFO,
                        "Skipping '%s' from local settings as it's already defined in current "
                        "environment variables.",
                        name);
    else if (strcmp(name, "AZURE_FUNCTIONS_ENVIRONMENT") == 0)
        settings_notice(settings, LEVEL_WARNING,
                        "%s already exists with value '%s', overriding to 'Development'.", name,
                        text ? text : "");
    else if (!text)
        settings_notice(settings, LEVEL_WARNING, "Skipping '%s' because value is null", name);
    else
        return true;
    return false;
}

/* Take a value; `text` is owned and may be NULL. */
static void add_value(struct settings *settings, const char *name, char *text)
{
    if (can_set(settings, name, text))
        settings_add_value(settings, name, text);
    free(text);
}

static void read_values(struct settings *settings, json_t *values)
{
    const char *name;
    json_t *value;
    json_object_foreach(values, name, value)
    {
        add_value(settings, name, json_scalar_text(value));
    }
}

/* "NAME": "text" or "NAME": {"ConnectionString": "text", "ProviderName": "..."}. */
static void read_connections(struct settings *settings, json_t *connections)
{
    const char *name;
    json_t *value;
    json_object_foreach(connections, name, value)
    {
        char *full = mem_printf("ConnectionStrings:%s", name);
        if (json_is_object(value))
            value = json_object_get(value, "ConnectionString");
        add_value(settings, full, json_scalar_text(value));
        free(full);
    }
}

/* The name of the first value that is no scalar, or NULL. */
static const char *nested_value(json_t *values)
{
    const char *name;
    json_t *value;
    json_object_foreach(values, name, value)
    {
        if (json_is_object(value) || json_is_array(value))
            return name;
    }
    return NULL;
}

/* ---- Host ---- */

/* A member without regard to case; NULL where there is none or it is null. */
static const json_t *host_member(json_t *host, const char *wanted)
{
    const char *name;
    json_t *value, *found = NULL;
    json_object_foreach(host, name, value)
    {
        if (strcasecmp(name, wanted) == 0)
            found = value;
    }
    return json_is_null(found) ? NULL : found;
}

static bool is_true(const json_t *value)
{
    return json_is_true(value) ||
           (json_is_string(value) && strcasecmp(json_string_value(value), "true") == 0);
}

/* A member that is to be text, empty text being none; the caller frees it. */
static char *host_text(json_t *host, const char *name)
{
    char *text = json_scalar_text(host_member(host, name));
    if (text && *text)
        return text;
    free(text);
    return NULL;
}

static void read_port(struct settings *settings, json_t *host)
{
    unsigned long long port = 0;
    char *text = host_text(host, "LocalHttpPort");
    if (!text)
        return;
    if (number_parse(text, UINT16_MAX, &port))
        settings_notice(settings, LEVEL_WARNING,
                        "local.settings.json: LocalHttpPort must be a number from 1 to 65535, and "
                        "'%s' is not used",
                        text);
    settings->http_port = (uint16_t)port;
    free(text);
}

static void read_host(struct settings *settings, json_t *host)
{
    read_port(settings, host);
    settings->http_address = host_text(host, "LocalHttpAddress");
    settings->cors = host_text(host, "CORS");
    settings->cors_credentials = is_true(host_member(host, "CORSCredentials"));
}

/* ---- the file ---- */

/* IsEncrypted, which is true where it is missing. */
static bool is_encrypted(const json_t *json)
{
    const json_t *value = json_object_get(json, "IsEncrypted");
    if (json_is_string(value))
        return strcasecmp(json_string_value(value), "false") != 0;
    return !json_is_false(value);
}

static bool is_object_or_absent(const json_t *value)
{
    return !value || json_is_null(value) || json_is_object(value);
}

/* Why nothing of the file can be used, as a notice; false where it can. */
static bool refuse(struct settings *settings, const json_t *json)
{
    static const char *const sections[] = {"Values", "ConnectionStrings", "Host"};
    for (size_t i = 0; i < ARRAY_LEN(sections); i++) {
        if (is_object_or_absent(json_object_get(json, sections[i])))
            continue;
        settings_notice(settings, LEVEL_WARNING,
                        "local.settings.json is ignored: its %s must be an object { ... }",
                        sections[i]);
        return true;
    }
    const char *nested = nested_value(json_object_get(json, "Values"));
    if (nested)
        settings_notice(settings, LEVEL_WARNING,
                        "local.settings.json is ignored: its values must be strings, and '%s' is "
                        "not one; write nested names as A__B",
                        nested);
    return nested != NULL;
}

static void read_json(struct settings *settings, const json_t *json)
{
    json_t *values = json_object_get(json, "Values");
    json_t *connections = json_object_get(json, "ConnectionStrings");
    if (refuse(settings, json))
        return;
    if (!is_encrypted(json)) {
        read_values(settings, values);
        read_connections(settings, connections);
    } else if (json_object_size(values) || json_object_size(connections)) {
        settings_notice(settings, LEVEL_WARNING,
                        "local.settings.json is encrypted, and its values are not used; set "
                        "\"IsEncrypted\": false and write them in plain text");
    }
    read_host(settings, json_object_get(json, "Host"));
}

void local_settings_read(struct settings *settings, const char *app_root)
{
    struct error error;
    char *path = path_join(app_root, file_name);
    bool present = access(path, F_OK) == 0;
    json_t *json = present ? json_file_read(path, file_name, &error) : NULL;
    if (json)
        read_json(settings, json);
    else if (present)
        settings_notice(settings, LEVEL_WARNING, "%s; the file is ignored", error.text);
    json_decref(json);
    free(path);
}
