/*
 * The text of the files that `pymemtop new` writes: those of an app, and a function of each trigger
 * in both programming models. The caller frees what is returned. No state; any thread.
 */
#ifndef HOST_NEW_TEXT_H
#define HOST_NEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"

enum trigger { TRIGGER_HTTP, TRIGGER_TIMER, TRIGGER_QUEUE, TRIGGER_BLOB };

struct new_function {
    const char *name;
    enum trigger trigger;
    const char *level; /* of an HTTP trigger: anonymous, function or admin */
    bool is_async;
};

/* A file of a new app; the array of them is NEW_APP_FILES long, host.json first. */
struct new_app_file {
    const char *name;
    const char *text;
};
enum { NEW_APP_FILES = 5 };
extern const struct new_app_file new_app_files[NEW_APP_FILES];

/* v1: __init__.py, function.json, and readme.md or NULL where the trigger needs no words. */
char *new_text_script(const struct new_function *function) ATTR_ALLOC;
char *new_text_description(const struct new_function *function) ATTR_ALLOC;
const char *new_text_readme(enum trigger trigger);

/* v2: what stands above the functions of a new function_app.py; in it the FunctionApp is `app`. */
const char *new_text_app_head(void);
/* v2: the function, to stand at the end of a file in which the FunctionApp is called `app`. */
char *new_text_decorated(const struct new_function *function, const char *app) ATTR_ALLOC;

#endif
