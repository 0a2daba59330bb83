/*
 * One function of the app: in the v1 programming model a folder with a function.json, in the v2
 * model what the worker found in function_app.py. What is wrong with it is one sentence; who reads
 * it decides whether that ends the run or only the function.
 */
#ifndef HOST_FUNCTION_H
#define HOST_FUNCTION_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/error.h"
#include "host/retry.h"
#include "host/auth.h"

struct app_function {
    char *name;        /* owned; v1: the folder's */
    char *directory;   /* owned; absolute; v2: the app's root */
    char *script;      /* owned; absolute path of its file; as far as is known where it is broken */
    char *entry_point; /* owned */
    char *trigger;     /* owned; the trigger's type as written, "" where it is not known */
    char *route;       /* owned; its template without the prefix; NULL: not an httpTrigger */
    char **methods;    /* owned; upper case; none: all */
    size_t method_count;
    enum auth_level auth_level; /* of an httpTrigger */
    json_t *bindings;           /* owned; the array as in function.json, NULL where it is broken */
    struct retry retry;
    bool disabled;
    bool described_here; /* by a function.json */
    char *problem;       /* owned or NULL: why it cannot be loaded, one line */
};

/* Whether the Functions host takes it for a function's name: up to 128 letters, digits, _ and -, a
 * letter first, and not "host". */
bool function_name_is_valid(const char *name);
/* Read `app_root`/`name`/function.json into *function. Never fails as such: `problem` says what is
 * wrong, and then the function still has a name, a directory and a route. */
void function_read(struct app_function *function, const char *app_root, const char *name);
/* The same for a function of the v2 model, as the worker describes it: an object with "name",
 * "script" and "bindings". */
void function_describe(struct app_function *function, const char *app_root,
                       const json_t *description);
void function_fini(struct app_function *function);
/* The methods as "GET,POST"; "" for all. The caller frees it. */
char *function_methods_text(const struct app_function *function) ATTR_ALLOC;

#endif
