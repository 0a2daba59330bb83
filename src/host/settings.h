/*
 * What local.settings.json and host.json say. A fault in local.settings.json is a warning, as in
 * `func`, since the app can run without it; one in host.json ends the run.
 */
#ifndef HOST_SETTINGS_H
#define HOST_SETTINGS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct settings {
    char **names; /* owned; Values of local.settings.json that are to be set */
    char **values;
    size_t value_count;
    char **notices; /* owned; one line each, for the output */
    size_t notice_count;
    uint16_t http_port; /* Host.LocalHttpPort; 0 where there is none */

    char *route_prefix;  /* owned; host.json extensions.http.routePrefix without slashes; "api" */
    uint64_t timeout_ns; /* functionTimeout; 30 minutes; UINT64_MAX for none */
    char **allowed;      /* owned; `functions` of host.json; NULL: all */
    size_t allowed_count;
};

/* Read both files of `app_root`, either of which may be missing. 0, or -1 with `error`; *settings
 * is filled in in either case, so that settings_fini is always right. */
int settings_read(struct settings *settings, const char *app_root, struct error *error);
void settings_fini(struct settings *settings);
/* The value that local.settings.json sets for `name`, else the environment's, else NULL. */
const char *settings_value(const struct settings *settings, const char *name);
/* The environment of the worker: this process's, the settings, and what a Functions host sets. A
 * NULL-terminated array; free it with settings_environment_free. */
char **settings_environment(const struct settings *settings, const char *app_root);
void settings_environment_free(char **environment);

#endif
