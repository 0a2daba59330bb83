/*
 * The function app that the command line's PATH belongs to: its root, its functions, and which of
 * them PATH names. Read once; a change on disk needs a new app.
 */
#ifndef HOST_APP_H
#define HOST_APP_H

#include <stddef.h>

#include "base/error.h"
#include "host/function.h"
#include "host/options.h"
#include "host/settings.h"

struct app {
    char *root;                     /* owned; absolute, without symbolic links */
    struct app_function *functions; /* owned; sorted by name without case; none disabled */
    size_t function_count;
    long selected; /* index of the function that PATH names; -1 where it names none */
    struct settings settings;
};

/* Find and read the app of options->path. 0, or -1 with `error` (EXIT_STATUS_APP): no such path,
 * not within an app, no function, or a fault in host.json or in the function that PATH names. *app
 * is filled in in either case, so that app_fini is always right. */
int app_read(struct app *app, const struct options *options, struct error *error);
void app_fini(struct app *app);

#endif
