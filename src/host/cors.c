#include "config.h"
#include "host/cors.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

static const char any_origin[] = "*";

/* ---- the origins ---- */

static void add_origin(struct cors *cors, const char *text, size_t len)
{
    char *origin = mem_strndup(text, len);
    for (char *c = origin; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    cors->origins = mem_resize(cors->origins, cors->origin_count + 1, sizeof *cors->origins);
    cors->origins[cors->origin_count++] = origin;
}

static bool allows_any(const struct cors *cors)
{
    return cors->origin_count == 1 && strcmp(cors->origins[0], any_origin) == 0;
}

int cors_init(struct cors *cors, const char *list, bool credentials, struct error *error)
{
    *cors = (struct cors){.credentials = credentials};
    while (list && *list) {
        size_t len = strcspn(list, ",");
        if (len)
            add_origin(cors, list, len);
        list += len + (list[len] == ',');
    }
    if (allows_any(cors) && credentials)
        return error_set(error, EXIT_STATUS_USAGE,
                         "CORS: '*' does not go with credentials; name the origins, as "
                         "https://example.com");
    return 0;
}

void cors_fini(struct cors *cors)
{
    for (size_t i = 0; i < cors->origin_count; i++)
        free(cors->origins[i]);
    free(cors->origins);
    *cors = (struct cors){0};
}

const char *cors_odd_origin(const struct cors *cors)
{
    for (size_t i = 0; i < cors->origin_count && !allows_any(cors); i++) {
        const char *origin = cors->origins[i];
        const char *host = strstr(origin, "://");
        bool right = host && host > origin && host[3] && !strpbrk(host + 3, "/ \t") &&
                     !isspace((unsigned char)origin[0]);
        if (!right && strcmp(origin, "null") != 0)
            return origin;
    }
    return NULL;
}

/* ---- a request ---- */

static bool allows(const struct cors *cors, const char *origin)
{
    if (!*origin)
        return false;
    if (allows_any(cors))
        return true;
    for (size_t i = 0; i < cors->origin_count; i++)
        if (strcmp(cors->origins[i], origin) == 0)
            return true;
    return false;
}

struct cors_reply cors_evaluate(const struct cors *cors, const struct cors_request *request)
{
    struct cors_reply reply = {.preflight = false};
    if (cors->origin_count == 0 || !request->origin)
        return reply;
    reply.preflight = strcasecmp(request->method, "OPTIONS") == 0 && request->asked_method;
    if (!allows(cors, request->origin))
        return reply;
    reply.origin = allows_any(cors) ? any_origin : request->origin;
    reply.credentials = cors->credentials;
    reply.vary = cors->origin_count > 1;
    if (!reply.preflight)
        return reply;
    reply.methods = request->asked_method;
    if (request->asked_headers && *request->asked_headers)
        reply.headers = request->asked_headers;
    return reply;
}

/* ---- over HTTP ---- */

static struct cors_reply evaluate(const struct cors *cors, const struct http_request *request)
{
    const struct cors_request seen = {
        .method = http_request_method(request),
        .origin = http_request_header(request, "Origin"),
        .asked_method = http_request_header(request, "Access-Control-Request-Method"),
        .asked_headers = http_request_header(request, "Access-Control-Request-Headers"),
    };
    return cors_evaluate(cors, &seen);
}

bool cors_answer_preflight(const struct cors *cors, struct http_request *request)
{
    struct cors_reply reply = evaluate(cors, request);
    if (reply.preflight)
        http_request_answer(request, http_answer_new(204, NULL, 0));
    return reply.preflight;
}

void cors_add_headers(const struct cors *cors, const struct http_request *request,
                      struct http_answer *answer)
{
    struct cors_reply reply = evaluate(cors, request);
    if (!reply.origin)
        return;
    /* The app may have set these itself, and a browser takes no answer that has one twice. */
    http_answer_replace_header(answer, "Access-Control-Allow-Origin", reply.origin);
    if (reply.credentials)
        http_answer_replace_header(answer, "Access-Control-Allow-Credentials", "true");
    if (reply.methods)
        http_answer_header(answer, "Access-Control-Allow-Methods", reply.methods);
    if (reply.headers)
        http_answer_header(answer, "Access-Control-Allow-Headers", reply.headers);
    if (reply.vary)
        http_answer_header(answer, "Vary", "Origin");
}
