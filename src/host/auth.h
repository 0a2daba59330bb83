/*
 * Keys, as `func start --enableAuth` asks for them: a function whose authLevel is function takes
 * its own key, the host's function key or the master key; one of level admin, and the admin
 * endpoints, the master key alone. A request brings its key in the header x-functions-key, else in
 * the query parameter code. Without --enableAuth everything is open.
 *
 * The keys are app settings by the names that they have in a Kubernetes secret: host.master,
 * host.function.default, functions.NAME.default. A host key that is not set is random and holds for
 * the run.
 */
#ifndef HOST_AUTH_H
#define HOST_AUTH_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/error.h"
#include "host/http_server.h"
#include "host/settings.h"

enum auth_level {
    AUTH_ANONYMOUS,
    AUTH_USER,
    AUTH_FUNCTION, /* where function.json does not say */
    AUTH_SYSTEM,
    AUTH_ADMIN,
};

struct auth {
    bool enabled;
    const struct settings *settings; /* borrowed */
    char *master_key;                /* owned; NULL where it is not enabled */
    char *function_key;
};

/* Read "anonymous" and its kin, without case: 0, or -1. */
int auth_level_parse(const char *text, enum auth_level *level);
/* Settle the keys. 0, or -1 with `error` (EXIT_STATUS_SYSTEM); *auth is filled in in either case,
 * so that auth_fini is always right. `settings` must outlive it. */
int auth_init(struct auth *auth, bool enabled, const struct settings *settings,
              struct error *error);
void auth_fini(struct auth *auth);
/* Whether `key` (NULL for none) opens something of that level; `function` is NULL for the admin
 * endpoints. The comparison takes as long for a wrong key as for the right one. */
bool auth_allows(const struct auth *auth, enum auth_level level, const char *function,
                 const char *key);
/* The key to call a function with, borrowed; NULL where it needs none. */
const char *auth_key(const struct auth *auth, enum auth_level level, const char *function);
/* The URL with "?code=KEY" where the function needs a key. The caller frees it. */
char *auth_url(const struct auth *auth, enum auth_level level, const char *function,
               const char *url) ATTR_ALLOC;
/* The key that the request brings, or NULL. The caller frees it. */
char *auth_request_key(const struct http_request *request);

#endif
