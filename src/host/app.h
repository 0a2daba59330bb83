/*
 * The function app that the command line's PATH belongs to: its root, its functions, and which of
 * them PATH names. Read once; a change on disk needs a new app. In the v2 programming model the
 * functions are known only when a worker has run function_app.py; app_index takes them over.
 */
#ifndef HOST_APP_H
#define HOST_APP_H

#include <stddef.h>

#include "base/error.h"
#include "host/function.h"
#include "host/options.h"
#include "host/settings.h"

struct app {
    char *path;                     /* owned; what PATH named, absolute, without symbolic links */
    char *root;                     /* owned; likewise */
    struct app_function *functions; /* owned; sorted by name without case; none disabled */
    size_t function_count;
    long selected; /* index of the function that the command line names; -1: none */
    char *script;  /* owned; v2: the script's name below the root; NULL: v1 */
    struct settings settings;
};

/* The app root that `directory` (absolute) lies in: the nearest folder from there upwards with a
 * host.json or local.settings.json. The caller frees it; NULL: there is none. */
char *app_find_root(const char *directory);
/* What a v2 app's script is called below the root; borrowed from the settings. */
const char *app_script_name(const struct settings *settings);
/* Find and read the app of options->path. 0, or -1 with `error` (EXIT_STATUS_APP): no such path,
 * not within an app, no function, or a fault in host.json or in the function that PATH names. *app
 * is filled in in either case, so that app_fini is always right. */
int app_read(struct app *app, const struct options *options, struct error *error);
/* Take over the functions of a v2 app: an array of what function_describe reads. The former ones
 * are dropped. 0, or -1 with `error` (EXIT_STATUS_APP) where none of those that the command line
 * asks for is there. */
int app_index(struct app *app, const json_t *descriptions, const struct options *options,
              struct error *error);
/* Index of the function of that name, in any case, or -1. */
long app_find_function(const struct app *app, const char *name);
void app_fini(struct app *app);

#endif
