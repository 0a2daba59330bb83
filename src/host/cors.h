/*
 * Cross-origin requests of browsers (CORS), as `func start --cors` answers them: the origins are
 * compared as they are written, in lower case; every method and header is allowed. A preflight is
 * answered here, whoever its origin is and whatever the path, and reaches no function.
 */
#ifndef HOST_CORS_H
#define HOST_CORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "host/http_server.h"

struct cors {
    char **origins; /* owned; lower case; none: CORS is off */
    size_t origin_count;
    bool credentials;
};

/* The origins of `list`, separated by commas (NULL or "" for none); "*" alone is every origin. 0,
 * or -1 with `error` (EXIT_STATUS_USAGE) for "*" with credentials, which browsers refuse. *cors is
 * filled in in either case, so that cors_fini is always right. */
int cors_init(struct cors *cors, const char *list, bool credentials, struct error *error);
void cors_fini(struct cors *cors);
/* The first origin that no browser can send, since it has a path, a space or no scheme; NULL where
 * all are right. Borrowed. */
const char *cors_odd_origin(const struct cors *cors);

/* What a request says that matters here; NULL for a header that it has not. */
struct cors_request {
    const char *method;
    const char *origin;
    const char *asked_method;  /* Access-Control-Request-Method */
    const char *asked_headers; /* Access-Control-Request-Headers */
};

/* What its answer is to say; strings are borrowed from the request. */
struct cors_reply {
    bool preflight;      /* answer it with 204 and nothing else */
    const char *origin;  /* Access-Control-Allow-Origin; NULL: no header at all */
    bool credentials;    /* Access-Control-Allow-Credentials: true */
    bool vary;           /* Vary: Origin */
    const char *methods; /* Access-Control-Allow-Methods, or NULL */
    const char *headers; /* Access-Control-Allow-Headers, or NULL */
};

struct cors_reply cors_evaluate(const struct cors *cors, const struct cors_request *request);

/* Answer the request where it is a preflight: true, and then it is done with. The headers come with
 * cors_add_headers, as for every answer. */
bool cors_answer_preflight(const struct cors *cors, struct http_request *request);
/* Add to the answer to `request` what a browser asks for. */
void cors_add_headers(const struct cors *cors, const struct http_request *request,
                      struct http_answer *answer);

#endif
