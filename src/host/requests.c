#include "config.h"
#include "host/requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "host/client.h"

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

/* ---- the function that the command line names ---- */

/* Which is served there: a route can be refused. */
static const struct app_function *first_with_route(const struct requests *requests)
{
    const struct app *app = requests->app;
    const struct model *model = requests->model;
    for (size_t i = 0; i < app->function_count && i < model->function_count; i++)
        if (app->functions[i].route && model->functions[i].url)
            return &app->functions[i];
    return app->function_count ? &app->functions[0] : NULL;
}

/* The function that the command line names, else the first one that takes requests, else the first;
 * NULL where there is none. */
static const struct app_function *selected(const struct requests *requests)
{
    const struct app *app = requests->app;
    return app->selected >= 0 ? &app->functions[app->selected] : first_with_route(requests);
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
    const struct app_function *function = selected(requests);
    const char *method = options->method ? options->method : default_method(requests, function);
    if (options->target) {
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

/* ---- what the screen is to know ---- */

static void set_request(const struct requests *requests, size_t index, const char *target)
{
    const char *method = requests->options->method;
    char *line = mem_printf(
        "%s %s", method ? method : default_method(requests, &requests->app->functions[index]),
        target);
    model_set_text(&requests->model->functions[index].request, line);
    free(line);
}

/* The function that --request is for: the one that the command line names, else the one that the
 * request reaches. */
static size_t function_of_target(const struct requests *requests, const struct routes *routes)
{
    const struct options *options = requests->options;
    const char *method = options->method ? options->method : options->data ? "POST" : "GET";
    char *path = mem_strndup(options->target, strcspn(options->target, "?#"));
    size_t index = (size_t)(selected(requests) - requests->app->functions);
    struct route_match match;
    if (requests->app->selected < 0 && routes_match(routes, method, path, &match)) {
        index = match.target;
        route_match_fini(&match);
    }
    free(path);
    return index;
}

void requests_describe(const struct requests *requests, const struct routes *routes)
{
    struct model *model = requests->model;
    const struct options *options = requests->options;
    const struct app *app = requests->app;
    for (size_t i = 0; i < app->function_count; i++) {
        const char *route = app->functions[i].route;
        char *path = route ? routes_default_path(app->settings.route_prefix, route) : NULL;
        if (path)
            set_request(requests, i, path);
        free(path);
        if (options->data && !route && app->selected == (long)i)
            model_set_text(&model->functions[i].sample, options->data);
    }
    if (!options->target || app->function_count == 0)
        return;
    size_t index = function_of_target(requests, routes);
    set_request(requests, index, options->target);
    if (!model_has_selection(model))
        model_select(model, model->functions[index].name);
}
