/*
 * What local.settings.json, host.json and the environment say about the host. A fault in
 * local.settings.json is a warning, as in `func`, since the app can run without it; one in
 * host.json ends the run.
 */
#ifndef HOST_SETTINGS_H
#define HOST_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "host/limit.h"
#include "host/log_levels.h"

struct settings_notice {
    enum output_level level;
    char *text; /* owned; one line */
};

struct settings_header {
    char *name; /* owned */
    char *value;
};

struct settings {
    char **names; /* owned; Values of local.settings.json that are to be set */
    char **values;
    size_t value_count;
    struct settings_notice *notices; /* owned; for the output */
    size_t notice_count;
    uint16_t http_port;    /* Host.LocalHttpPort; 0 where there is none */
    char *http_address;    /* owned; Host.LocalHttpAddress; NULL where there is none */
    char *cors;            /* owned; Host.CORS as written; NULL where there is none */
    bool cors_credentials; /* Host.CORSCredentials */

    char *route_prefix;  /* owned; extensions.http.routePrefix without slashes; "api" */
    uint64_t timeout_ns; /* functionTimeout; 30 minutes; UINT64_MAX for none */
    bool has_timeout;    /* the app sets it */
    char **allowed;      /* owned; `functions` of host.json; NULL: all */
    size_t allowed_count;
    size_t outstanding_max;          /* extensions.http.maxOutstandingRequests; SIZE_MAX for none */
    size_t concurrent_max;           /* extensions.http.maxConcurrentRequests; SIZE_MAX for none */
    struct settings_header *headers; /* owned; extensions.http.customHeaders */
    size_t header_count;
    struct log_levels log_levels; /* logging.logLevel */
};

/* Read both files of `app_root`, either of which may be missing, and the variables that stand over
 * host.json (AzureFunctionsJobHost__...). 0, or -1 with `error`; *settings is filled in in either
 * case, so that settings_fini is always right. */
int settings_read(struct settings *settings, const char *app_root, struct error *error);
void settings_fini(struct settings *settings);
/* The app is to run as on that plan: its functionTimeout is the plan's where it sets none. 0, or -1
 * with `error` where it sets a longer one than the plan allows, with which the host on Azure does
 * not start. */
int settings_apply_plan(struct settings *settings, const struct plan *plan, struct error *error);
/* Add a line for the output. */
void settings_notice(struct settings *settings, enum output_level level, const char *format, ...)
    ATTR_PRINTF(3, 4);
/* Add a value, which the worker's environment will have. Both are copied. */
void settings_add_value(struct settings *settings, const char *name, const char *value);
/* The value that local.settings.json sets for `name`, else the environment's, else NULL. */
const char *settings_value(const struct settings *settings, const char *name);
/* The same for a name that is looked up as the Functions host looks up app settings: without case,
 * "__" as good as ":". */
const char *settings_find(const struct settings *settings, const char *name);
/* `text` with every %NAME% replaced by the value of that app setting (settings_find). The caller
 * frees it; NULL with `error` (EXIT_STATUS_APP), which holds no place, where a name has no value or
 * a % stands alone: the Functions host then does not load the function. It resolves what triggers
 * and bindings are given (schedule, queueName, path, ...), but not the route of an httpTrigger. */
char *settings_resolve(const struct settings *settings, const char *text, struct error *error);
/* The environment of the worker: this process's, the settings, and what a Functions host sets. A
 * NULL-terminated array; free it with settings_environment_free. */
char **settings_environment(const struct settings *settings, const char *app_root);
void settings_environment_free(char **environment);

#endif
