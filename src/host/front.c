#include "config.h"
#include "host/front.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/invoke.h"
#include "host/json_file.h"

static const char home_page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\"><title>pymemtop</title></head>\n"
    "<body><h1>Your function app is up and running</h1>\n"
    "<p>pymemtop " PACKAGE_VERSION " hosts it, and shows the memory that it takes.</p>\n"
    "</body></html>\n";

/* The target as it may be shown: a key that is asked for is no text for a log. The caller frees it.
 */
static char *shown_target(const struct front *front, const struct http_request *request)
{
    const char *target = http_request_target(request);
    const char *query = front->auth->enabled ? strchr(target, '?') : NULL;
    return query ? mem_printf("%.*s?...", (int)(query - target), target) : mem_strdup(target);
}

static void serve_function(struct front *front, struct http_request *request,
                           const struct route_match *match)
{
    struct model *model = front->model;
    const struct model_function *function = &model->functions[match->target];
    char *target = shown_target(front, request);
    char *shown = mem_printf("%s %s", http_request_method(request), target);
    struct calls_request call = {
        .handle = request,
        .function = function->name,
        .shown = shown,
        .json = invoke_message(request, match, model->base_url),
        .body = http_request_take_body(request),
        .limited = true,
    };
    if (function->load_error)
        calls_fail(front->calls, &call, function->load_error, clock_monotonic_ns());
    else
        calls_begin(front->calls, &call, clock_monotonic_ns());
    body_release(call.body);
    free(shown);
    free(target);
}

static bool may_call(const struct front *front, const struct http_request *request, size_t target)
{
    const struct app_function *function = &front->app->functions[target];
    char *key = auth_request_key(request);
    bool allowed = auth_allows(front->auth, function->auth_level, function->name, key);
    free(key);
    return allowed;
}

static void serve_match(struct front *front, struct http_request *request, const char *path,
                        const struct route_match *match)
{
    if (may_call(front, request, match->target)) {
        serve_function(front, request, match);
        return;
    }
    notes_say(front->notes, LEVEL_DEBUG, OUTPUT_NO_INVOCATION, "401: %s %s: no key, or a wrong one",
              http_request_method(request), path);
    http_request_answer_text(request, 401, "text/plain; charset=utf-8", "");
}

/* The path of a target, up to its query; one in absolute form ("http://host/path") names a host
 * first. The caller frees it. */
static char *path_of(const char *target)
{
    const char *scheme_end = target[0] == '/' ? NULL : strstr(target, "://");
    if (scheme_end) {
        const char *slash = strchr(scheme_end + 3, '/');
        target = slash ? slash : "/";
    }
    return mem_strndup(target, strcspn(target, "?#"));
}

/* False where no route takes the path. */
static bool serve_route(struct front *front, struct http_request *request, const char *path)
{
    const char *method = http_request_method(request);
    struct route_match match;
    bool found = routes_match(front->routes, method, path, &match);
    if (match.given_up)
        notes_say(front->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
                  "%s %s: the expression in the route '%s' takes too long for this path, which "
                  "counts as no match",
                  method, http_request_target(request), match.given_up);
    if (found) {
        serve_match(front, request, path, &match);
        route_match_fini(&match);
    }
    return found;
}

static void serve_home(const struct front *front, struct http_request *request)
{
    const char *set = settings_value(&front->app->settings, "AzureWebJobsDisableHomepage");
    bool disabled = set && strcasecmp(set, "true") == 0;
    http_request_answer_text(request, disabled ? 204 : 200, "text/html; charset=utf-8",
                             disabled ? "" : home_page);
}

static void serve(struct front *front, struct http_request *request)
{
    const char *method = http_request_method(request);
    const char *target = http_request_target(request);
    char *path = path_of(target);
    if (admin_serve(front->admin, request, path)) {
        /* answered */
    } else if (serve_route(front, request, path)) {
        /* answered, or to be by its function */
    } else if (strcmp(path, "/") == 0 && (!strcmp(method, "GET") || !strcmp(method, "HEAD"))) {
        serve_home(front, request);
    } else {
        notes_say(front->notes, LEVEL_DEBUG, OUTPUT_NO_INVOCATION, "404: %s %s", method, target);
        http_request_answer_text(request, 404, "text/plain; charset=utf-8", "");
    }
    free(path);
}

/* ---- holding back ---- */

struct held {
    struct http_request *request;
    uint64_t deadline_ns;
};

static void hold(struct front *front, struct http_request *request)
{
    front->held = mem_resize(front->held, front->held_count + 1, sizeof *front->held);
    front->held[front->held_count++] =
        (struct held){.request = request, .deadline_ns = clock_monotonic_ns() + front->wait_ns};
}

/* How the host is can be asked for while it starts. */
static bool is_about_host(const struct http_request *request)
{
    static const char prefix[] = "/admin/host/";
    return strncasecmp(http_request_target(request), prefix, sizeof prefix - 1) == 0;
}

void front_serve(struct front *front, struct http_request *request)
{
    if (cors_answer_preflight(front->cors, request))
        return;
    if (front->holding && !is_about_host(request))
        hold(front, request);
    else
        serve(front, request);
}

void front_hold(struct front *front, bool hold)
{
    front->holding = front->holding || hold;
}

void front_release(struct front *front)
{
    struct held *held = front->held;
    size_t count = front->held_count;
    front->holding = false;
    front->held = NULL;
    front->held_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (http_request_is_gone(held[i].request)) /* and with it what it asked for */
            http_request_answer(held[i].request, http_answer_new(503, NULL, 0));
        else
            serve(front, held[i].request);
    }
    free(held);
}

static void refuse_oldest(struct front *front, size_t count, const char *words)
{
    for (size_t i = 0; i < count; i++) {
        char *target = shown_target(front, front->held[i].request);
        notes_say(front->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "503: %s %s: %s",
                  http_request_method(front->held[i].request), target, words);
        free(target);
        http_request_answer_text(front->held[i].request, 503, "text/plain; charset=utf-8", words);
    }
    front->held_count -= count;
    if (front->held_count)
        memmove(front->held, front->held + count, front->held_count * sizeof *front->held);
}

void front_tick(struct front *front, bool stands, uint64_t now_ns)
{
    size_t late = 0;
    for (size_t i = 0; stands && i < front->held_count; i++)
        front->held[i].deadline_ns += now_ns - front->ticked_ns;
    front->ticked_ns = now_ns;
    while (late < front->held_count && now_ns >= front->held[late].deadline_ns)
        late++;
    refuse_oldest(front, late, CALLS_NO_WORKER);
}

void front_refuse_held(struct front *front, const char *words)
{
    refuse_oldest(front, front->held_count, words);
}

void front_fini(struct front *front)
{
    free(front->held);
    front->held = NULL;
    front->held_count = 0;
}

void front_answer(struct front *front, void *handle, int status, const json_t *headers,
                  struct body *body)
{
    struct http_answer *answer = http_answer_of(status, body);
    size_t i;
    json_t *pair;
    json_array_foreach(headers, i, pair)
    {
        const char *name = json_string_value(json_array_get(pair, 0));
        const char *value = json_string_value(json_array_get(pair, 1));
        if (!name || !value || http_answer_header(answer, name, value))
            notes_say(front->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
                      "the response's header '%s' cannot be sent", name ? name : "");
    }
    http_request_answer(handle, answer);
}

void front_answering(const struct front *front, const struct http_request *request,
                     struct http_answer *answer)
{
    const struct settings *settings = &front->app->settings;
    for (size_t i = 0; i < settings->header_count; i++)
        if (!http_answer_has_header(answer, settings->headers[i].name))
            http_answer_header(answer, settings->headers[i].name, settings->headers[i].value);
    cors_add_headers(front->cors, request, answer);
}
