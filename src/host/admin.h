/*
 * The admin endpoints of a Functions host: which functions there are, how the host is, and running
 * a function that HTTP does not trigger, as `curl -d '{"input": "..."}' .../admin/functions/NAME`.
 */
#ifndef HOST_ADMIN_H
#define HOST_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "host/app.h"
#include "host/auth.h"
#include "host/calls.h"
#include "host/http_server.h"
#include "model/model.h"

struct admin {
    const struct app *app;   /* all borrowed */
    const struct auth *auth; /* whose master key all but ping and warmup want */
    struct model *model;
    struct calls *calls;
    uint64_t started_ns; /* monotonic clock */
};

/* True where `path` is one of the admin endpoints'; the request is then answered. */
bool admin_serve(const struct admin *admin, struct http_request *request, const char *path);
/* Run the function `name` with a payload (may be NULL with 0), in the background; a function that
 * HTTP triggers gets it as the body of a POST. `done` (may be NULL) is told 200 where it succeeded,
 * else another status. 0, or -1 with `error` (EXIT_STATUS_APP) where there is no such function. */
int admin_run(const struct admin *admin, const char *name, const char *payload, size_t len,
              void (*done)(void *context, int status), void *context, struct error *error);

#endif
