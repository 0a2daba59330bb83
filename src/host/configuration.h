/*
 * host.json with what the environment puts over it, as .NET's configuration has it: a value is
 * named by the keys that lead to it, joined by colons, as "extensions:http:routePrefix", without
 * case; every scalar is text; and a variable AzureFunctionsJobHost__extensions__http__routePrefix
 * wins over the file.
 */
#ifndef HOST_CONFIGURATION_H
#define HOST_CONFIGURATION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/error.h"

struct configuration_override {
    char *variable; /* owned; as written in the environment */
    char *key;      /* owned; with colons, without the prefix */
    char *value;    /* owned */
};

struct configuration {
    json_t *json;                             /* owned; the file's object, or NULL */
    struct configuration_override *overrides; /* owned */
    size_t override_count;
};

/* Start with the file's object (a reference is taken; NULL for none). */
void configuration_init(struct configuration *configuration, json_t *json);
void configuration_fini(struct configuration *configuration);
/* Look at a variable of the environment: where its name begins with AzureFunctionsJobHost it
 * overrides the file and the variables before it. */
void configuration_override(struct configuration *configuration, const char *name,
                            const char *value);
/* The value of `key`, which the caller frees; NULL where there is none or it has no text. */
char *configuration_text(const struct configuration *configuration, const char *key);
/* The same, but NULL for empty text, too: how everything that is not text reads it. */
char *configuration_value(const struct configuration *configuration, const char *key);
/* Call `each` for the direct children of `key` that are scalars, with the child's own name. Stops
 * where `each` returns other than 0, and returns that. */
int configuration_each(const struct configuration *configuration, const char *key,
                       int (*each)(void *context, const char *name, const char *value),
                       void *context);
/* Where `key` is set, for messages: "host.json: functionTimeout", or the variable's name. The
 * caller frees it. */
char *configuration_place(const struct configuration *configuration, const char *key) ATTR_ALLOC;
/* Whether two names are the same key: without case, "__" as good as ":". */
bool configuration_names_match(const char *a, const char *b);

#endif
