/*
 * The file stays a tree of JSON and is looked up key by key; the variables are a list beside it
 * that is searched first, from its end. Nothing is flattened, so that a large host.json, most of
 * which nobody asks for, costs nothing.
 */
#include "config.h"
#include "host/configuration.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "host/json_file.h"

static const char variable_prefix[] = "AzureFunctionsJobHost";

/* Length of the separator at `text`: 2 for "__", 1 for ":", 0 for none. */
static size_t separator(const char *text)
{
    if (text[0] == '_' && text[1] == '_')
        return 2;
    return text[0] == ':' ? 1 : 0;
}

bool configuration_names_match(const char *a, const char *b)
{
    while (*a && *b) {
        size_t a_len = separator(a), b_len = separator(b);
        if (!a_len != !b_len)
            return false;
        if (!a_len && tolower((unsigned char)*a) != tolower((unsigned char)*b))
            return false;
        a += a_len ? a_len : 1;
        b += b_len ? b_len : 1;
    }
    return *a == *b;
}

/* ---- the variables ---- */

/* The name with every separator as a colon; the caller frees it. */
static char *with_colons(const char *name)
{
    char *key = mem_strdup(name);
    char *out = key;
    for (const char *at = name; *at;) {
        size_t len = separator(at);
        *out++ = len ? ':' : *at;
        at += len ? len : 1;
    }
    *out = '\0';
    return key;
}

void configuration_override(struct configuration *configuration, const char *name,
                            const char *value)
{
    size_t prefix_len = sizeof variable_prefix - 1;
    if (strncasecmp(name, variable_prefix, prefix_len) != 0 || !separator(name + prefix_len))
        return;
    configuration->overrides =
        mem_resize(configuration->overrides, configuration->override_count + 1,
                   sizeof *configuration->overrides);
    configuration->overrides[configuration->override_count++] = (struct configuration_override){
        .variable = mem_strdup(name),
        .key = with_colons(name + prefix_len + separator(name + prefix_len)),
        .value = mem_strdup(value),
    };
}

static const struct configuration_override *find_override(const struct configuration *configuration,
                                                          const char *key)
{
    for (size_t i = configuration->override_count; i-- > 0;)
        if (strcasecmp(configuration->overrides[i].key, key) == 0)
            return &configuration->overrides[i];
    return NULL;
}

/* ---- the file ---- */

/* The member of an object, or the element of an array, that the first `len` bytes of `name` name:
 * the last one, as later members win. */
static json_t *find_child(json_t *parent, const char *name, size_t len)
{
    json_t *found = NULL, *child;
    const char *key;
    size_t i;
    json_object_foreach(parent, key, child)
    {
        if (strlen(key) == len && strncasecmp(key, name, len) == 0)
            found = child;
    }
    json_array_foreach(parent, i, child)
    {
        char *number = mem_printf("%zu", i);
        if (strlen(number) == len && strncmp(number, name, len) == 0)
            found = child;
        free(number);
    }
    return found;
}

static json_t *find_in_file(const struct configuration *configuration, const char *key)
{
    json_t *at = configuration->json;
    while (at && *key) {
        size_t len = strcspn(key, ":");
        at = find_child(at, key, len);
        key += len + (key[len] == ':');
    }
    return at;
}

/* ---- values ---- */

char *configuration_text(const struct configuration *configuration, const char *key)
{
    const struct configuration_override *override = find_override(configuration, key);
    if (override)
        return mem_strdup(override->value);
    return json_scalar_text(find_in_file(configuration, key));
}

char *configuration_value(const struct configuration *configuration, const char *key)
{
    char *text = configuration_text(configuration, key);
    if (text && !*text) {
        free(text);
        return NULL;
    }
    return text;
}

struct each_child {
    const struct configuration *configuration;
    const char *key;
    int (*each)(void *context, const char *name, const char *value);
    void *context;
};

/* A child from the file, unless a variable says otherwise. */
static int call_for(const struct each_child *call, const char *name, const json_t *value)
{
    char *key = mem_printf("%s:%s", call->key, name);
    bool overridden = find_override(call->configuration, key);
    char *text = overridden ? NULL : json_scalar_text(value);
    int result = text ? call->each(call->context, name, text) : 0;
    free(text);
    free(key);
    return result;
}

static int each_in_file(const struct each_child *call)
{
    json_t *parent = find_in_file(call->configuration, call->key), *child;
    const char *name;
    size_t i;
    int result = 0;
    json_object_foreach(parent, name, child)
    {
        result = call_for(call, name, child);
        if (result)
            return result;
    }
    json_array_foreach(parent, i, child)
    {
        char *number = mem_printf("%zu", i);
        result = call_for(call, number, child);
        free(number);
        if (result)
            return result;
    }
    return 0;
}

/* The variables that are children of the key; one that a later one overrides is left out. */
static int each_override(const struct each_child *call)
{
    const struct configuration *configuration = call->configuration;
    size_t len = strlen(call->key);
    for (size_t i = 0; i < configuration->override_count; i++) {
        const struct configuration_override *override = &configuration->overrides[i];
        if (strncasecmp(override->key, call->key, len) != 0 || override->key[len] != ':')
            continue;
        const char *name = override->key + len + 1;
        if (strchr(name, ':') || find_override(configuration, override->key) != override)
            continue;
        int result = call->each(call->context, name, override->value);
        if (result)
            return result;
    }
    return 0;
}

int configuration_each(const struct configuration *configuration, const char *key,
                       int (*each)(void *context, const char *name, const char *value),
                       void *context)
{
    const struct each_child call = {
        .configuration = configuration, .key = key, .each = each, .context = context};
    int result = each_in_file(&call);
    return result ? result : each_override(&call);
}

char *configuration_place(const struct configuration *configuration, const char *key)
{
    const struct configuration_override *override = find_override(configuration, key);
    if (override)
        return mem_strdup(override->variable);
    char *place = mem_printf("host.json: %s", key);
    for (char *at = place + strlen("host.json: "); *at; at++)
        if (*at == ':')
            *at = '.';
    return place;
}

void configuration_init(struct configuration *configuration, json_t *json)
{
    *configuration = (struct configuration){.json = json_incref(json)};
}

void configuration_fini(struct configuration *configuration)
{
    for (size_t i = 0; i < configuration->override_count; i++) {
        free(configuration->overrides[i].variable);
        free(configuration->overrides[i].key);
        free(configuration->overrides[i].value);
    }
    free(configuration->overrides);
    json_decref(configuration->json);
    *configuration = (struct configuration){0};
}
