#include "config.h"
#include "host/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "host/client.h"
#include "host/routes.h"

struct own_request {
    struct requests *requests;
    requests_done *done;
    void *context;
};

static void on_done(void *context, int status)
{
    struct own_request *own = context;
    if (own->done)
        own->done(own->context, status);
    own->requests->open--;
    free(own);
}

static struct own_request *own_new(struct requests *requests, requests_done *done, void *context)
{
    struct own_request *own = mem_calloc(1, sizeof *own);
    *own = (struct own_request){.requests = requests, .done = done, .context = context};
    requests->open++;
    return own;
}

/* The options' headers, and a key where keys are asked for and the options have none; the caller
 * frees *headers and *key. */
static size_t make_headers(const struct requests *requests, const char ***headers, char **key)
{
    static const char name[] = "x-functions-key:";
    const struct options *options = requests->options;
    const char *master = auth_key(requests->auth, AUTH_ADMIN, NULL);
    size_t count = 0;
    *headers = mem_calloc(options->header_count + 1, sizeof **headers);
    for (; count < options->header_count; count++) {
        (*headers)[count] = options->headers[count];
        if (strncasecmp(options->headers[count], name, sizeof name - 1) == 0)
            master = NULL;
    }
    *key = master ? mem_printf("%s %s", name, master) : NULL;
    if (*key)
        (*headers)[count++] = *key;
    return count;
}

static void send_to(struct requests *requests, const char *method, const char *target,
                    requests_done *done, void *context)
{
    struct sockaddr_storage address;
    char host[32];
    const char **headers;
    char *key;
    size_t header_count = make_headers(requests, &headers, &key);
    http_server_local_address(requests->http, &address);
    snprintf(host, sizeof host, "localhost:%u", http_server_port(requests->http));
    const struct client_request request = {
        .address = (const struct sockaddr *)&address,
        .host = host,
        .method = method,
        .target = target,
        .headers = headers,
        .header_count = header_count,
        .body = requests->options->data,
    };
    client_send(requests->loop, &request, on_done, own_new(requests, done, context));
    free(headers);
    free(key);
}

/* ---- the selected function ---- */

static const struct app_function *first_with_route(const struct app *app)
{
    for (size_t i = 0; i < app->function_count; i++)
        if (app->functions[i].route)
            return &app->functions[i];
    return app->function_count ? &app->functions[0] : NULL;
}

/* The function that is selected, by the command line or on the screen, else the first one that
 * takes requests, else the first; NULL where there is none. *moved: not by the command line. */
static const struct app_function *selected(const struct requests *requests, bool *moved)
{
    const struct app *app = requests->app;
    *moved = false;
    for (size_t i = 0; i < app->function_count && i < requests->model->function_count; i++) {
        if (!requests->model->functions[i].selected)
            continue;
        *moved = app->selected != (long)i;
        return &app->functions[i];
    }
    return first_with_route(app);
}

static const char *default_method(const struct requests *requests,
                                  const struct app_function *function)
{
    const char *wanted = requests->options->data ? "POST" : "GET";
    for (size_t i = 0; function && i < function->method_count; i++)
        if (strcmp(function->methods[i], wanted) == 0)
            return wanted;
    return function && function->method_count ? function->methods[0] : wanted;
}

static int send_default(struct requests *requests, const struct app_function *function,
                        const char *method, requests_done *done, void *context, struct error *error)
{
    const char *prefix = requests->app->settings.route_prefix;
    char *path = routes_default_path(prefix, function->route);
    if (!path)
        return error_set(
            error, EXIT_STATUS_USAGE,
            "the route of %s has parameters: %s; say what to send, as --request 'GET /%s/...'",
            function->name, function->route, prefix);
    send_to(requests, method, path, done, context);
    free(path);
    return 0;
}

static int run_function(struct requests *requests, const struct app_function *function,
                        requests_done *done, void *context, struct error *error)
{
    const char *payload = requests->options->data;
    struct own_request *own = own_new(requests, done, context);
    const struct runs_request run = {.name = function->name,
                                     .payload = payload,
                                     .len = payload ? strlen(payload) : 0,
                                     .done = on_done,
                                     .context = own};
    int result = runs_begin(requests->runs, &run, error);
    if (result) {
        requests->open--;
        free(own);
    }
    return result;
}

int requests_send(struct requests *requests, requests_done *done, void *context,
                  struct error *error)
{
    const struct options *options = requests->options;
    bool moved;
    const struct app_function *function = selected(requests, &moved);
    const char *method =
        options->method && !moved ? options->method : default_method(requests, function);
    if (options->target && !moved) {
        send_to(requests, method, options->target, done, context);
        return 0;
    }
    if (!function)
        return error_set(error, EXIT_STATUS_APP, "%s has no function to send a request to",
                         requests->app->root);
    if (!function->route)
        return run_function(requests, function, done, context, error);
    return send_default(requests, function, method, done, context, error);
}

int requests_send_line(struct requests *requests, const char *line, requests_done *done,
                       void *context, struct error *error)
{
    struct options parsed = {0};
    int result = options_parse_request(&parsed, line, error);
    if (!result && !parsed.target)
        result = error_set(error, EXIT_STATUS_USAGE,
                           "write a request as 'POST /api/X?a=b', not '%s'", line);
    if (!result)
        send_to(requests, parsed.method ? parsed.method : "GET", parsed.target, done, context);
    options_fini(&parsed);
    return result;
}
