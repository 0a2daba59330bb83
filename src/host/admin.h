/*
 * The admin endpoints of a Functions host: which functions there are, how the host is, and running
 * a function that HTTP does not trigger, as `curl -d '{"input": "..."}' .../admin/functions/NAME`.
 */
#ifndef HOST_ADMIN_H
#define HOST_ADMIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/app.h"
#include "host/auth.h"
#include "host/http_server.h"
#include "host/runs.h"
#include "model/model.h"

struct admin {
    const struct app *app;   /* all borrowed */
    const struct auth *auth; /* whose master key all but ping and warmup want */
    struct model *model;
    struct runs *runs;
    uint64_t started_ns; /* monotonic clock */
};

/* True where `path` is one of the admin endpoints'; the request is then answered. */
bool admin_serve(const struct admin *admin, struct http_request *request, const char *path);

#endif
