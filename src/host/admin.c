/*
 * A table of endpoints; each path is matched by its parts, one of which may be a function's name.
 * The JSON has the fields of the Functions host's that tools read; what it says about storage and
 * keys has no counterpart here.
 */
#include "config.h"
#include "host/admin.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/json_file.h"

enum { HTTP_OK = 200, HTTP_ACCEPTED = 202, HTTP_BAD_REQUEST = 400, HTTP_NOT_FOUND = 404 };
enum { HTTP_UNAUTHORIZED = 401, HTTP_METHOD_NOT_ALLOWED = 405, HTTP_TOO_MANY = 429 };

/* Runs in the background that are taken on at a time. */
enum { RUNS_MAX = 1000 };

/* ---- answers ---- */

static void answer_status(struct http_request *request, int status, const char *words)
{
    http_request_answer_text(request, status, "text/plain; charset=utf-8", words);
}

/* `json` is taken over. */
static void answer_json(struct http_request *request, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    json_decref(json);
    http_request_answer_text(request, HTTP_OK, "application/json; charset=utf-8",
                             text ? text : "{}");
    free(text);
}

/* ---- functions ---- */

static json_t *text(const char *value)
{
    return value ? json_text(value, strlen(value)) : json_null();
}

static json_t *describe(const struct admin *admin, size_t index)
{
    const struct app_function *function = &admin->app->functions[index];
    const struct model_function *known =
        index < admin->model->function_count ? &admin->model->functions[index] : NULL;
    char *href = mem_printf("%s/admin/functions/%s", admin->model->base_url, function->name);
    json_t *config = json_object();
    json_object_set_new(config, "name", text(function->name));
    json_object_set_new(config, "scriptFile", text(function->script));
    json_object_set_new(config, "entryPoint", text(function->entry_point));
    json_object_set(config, "bindings", function->bindings ? function->bindings : json_null());
    json_t *json = json_object();
    json_object_set_new(json, "name", text(function->name));
    json_object_set_new(json, "script_href", text(function->script));
    json_object_set_new(json, "href", text(href));
    json_object_set_new(json, "invoke_url_template", text(known ? known->url : NULL));
    json_object_set_new(json, "language", json_string("python"));
    json_object_set_new(json, "isDirect", json_boolean(function->route != NULL));
    json_object_set_new(json, "isDisabled", json_false());
    json_object_set_new(json, "config", config);
    free(href);
    return json;
}

static void list_functions(const struct admin *admin, struct http_request *request,
                           const char *name ATTR_UNUSED)
{
    json_t *list = json_array();
    for (size_t i = 0; i < admin->app->function_count; i++)
        json_array_append_new(list, describe(admin, i));
    answer_json(request, list);
}

static void show_function(const struct admin *admin, struct http_request *request, const char *name)
{
    long index = app_find_function(admin->app, name);
    if (index < 0)
        answer_status(request, HTTP_NOT_FOUND, "");
    else
        answer_json(request, describe(admin, (size_t)index));
}

static void show_function_status(const struct admin *admin, struct http_request *request,
                                 const char *name)
{
    long index = app_find_function(admin->app, name);
    json_t *errors = json_array();
    if (index < 0) {
        json_decref(errors);
        answer_status(request, HTTP_NOT_FOUND, "");
        return;
    }
    if ((size_t)index < admin->model->function_count && admin->model->functions[index].load_error)
        json_array_append_new(errors, text(admin->model->functions[index].load_error));
    answer_json(request, json_pack("{s:o}", "errors", errors));
}

/* ---- running one ---- */

/* The payload in a request's body: {"input": "..."}; what is no string stands for its JSON text. */
static json_t *read_input(struct http_request *request)
{
    size_t len;
    struct body *body = http_request_take_body(request);
    const char *bytes = body_bytes(body, &len);
    json_t *json = len ? json_loadb(bytes, len, 0, NULL) : NULL;
    body_release(body);
    const json_t *input = json_object_get(json, "input");
    json_t *found = NULL;
    if (json_is_string(input)) {
        found = json_incref(json_object_get(json, "input"));
    } else if (json_is_object(json)) {
        char *dumped = input && !json_is_null(input) ? json_dumps(input, JSON_ENCODE_ANY) : NULL;
        found = json_string(dumped ? dumped : "");
        free(dumped);
    }
    json_decref(json);
    return found;
}

static void run_function(const struct admin *admin, struct http_request *request, const char *name)
{
    struct error error;
    json_t *input = read_input(request);
    if (app_find_function(admin->app, name) < 0) {
        answer_status(request, HTTP_NOT_FOUND, "");
    } else if (admin->runs->open >= RUNS_MAX) {
        answer_status(request, HTTP_TOO_MANY, "Too many functions are running already.\n");
    } else if (!input) {
        answer_status(request, HTTP_BAD_REQUEST,
                      "The body must be a JSON object, as {\"input\": \"the payload\"}.\n");
    } else {
        const struct runs_request run = {
            .name = name, .payload = json_string_value(input), .len = json_string_length(input)};
        runs_begin(admin->runs, &run, &error);
        answer_status(request, HTTP_ACCEPTED, "");
    }
    json_decref(input);
}

/* ---- the host ---- */

static const char *state_name(const struct model *model)
{
    if (model->app_error)
        return "Error";
    return model->worker == WORKER_READY ? "Running" : "Starting";
}

static void show_host(const struct admin *admin, struct http_request *request,
                      const char *name ATTR_UNUSED)
{
    uint64_t uptime_ms = (clock_monotonic_ns() - admin->started_ns) / NS_PER_MS;
    json_t *json = json_pack("{s:o, s:s, s:s, s:I}", "id", text(admin->model->app_name), "state",
                             state_name(admin->model), "version", PACKAGE_VERSION, "processUptime",
                             (json_int_t)uptime_ms);
    if (admin->model->app_error)
        json_object_set_new(json, "errors", json_pack("[o]", text(admin->model->app_error)));
    answer_json(request, json);
}

static void ping(const struct admin *admin ATTR_UNUSED, struct http_request *request,
                 const char *name ATTR_UNUSED)
{
    answer_status(request, HTTP_OK, "");
}

/* Runs the app's function with a warmupTrigger, where it has one. */
static void warm_up(const struct admin *admin, struct http_request *request,
                    const char *name ATTR_UNUSED)
{
    struct error error;
    for (size_t i = 0; i < admin->app->function_count; i++) {
        const struct runs_request run = {.name = admin->app->functions[i].name};
        if (strcasecmp(admin->app->functions[i].trigger, "warmupTrigger") == 0)
            runs_begin(admin->runs, &run, &error);
    }
    answer_status(request, HTTP_OK, "");
}

/* ---- the table ---- */

struct endpoint {
    const char *method;
    const char *path; /* below /admin/; * stands for a function's name */
    void (*serve)(const struct admin *admin, struct http_request *request, const char *name);
    bool open; /* to everybody */
};

static const struct endpoint endpoints[] = {
    {"GET", "functions", list_functions, false},
    {"GET", "functions/*", show_function, false},
    {"POST", "functions/*", run_function, false},
    {"GET", "functions/*/status", show_function_status, false},
    {"GET", "host/status", show_host, false},
    {"GET", "host/ping", ping, true},
    {"POST", "host/ping", ping, true},
    {"GET", "warmup", warm_up, true},
    {"POST", "warmup", warm_up, true},
};

/* Does `path` fit the pattern? *name gets what stands for the star; the caller frees it. */
static bool matches(const char *pattern, const char *path, char **name)
{
    for (;;) {
        size_t want = strcspn(pattern, "/"), have = strcspn(path, "/");
        bool is_name = want == 1 && *pattern == '*';
        if (is_name ? have == 0 : want != have || strncasecmp(pattern, path, want) != 0)
            return false;
        if (is_name) {
            free(*name);
            *name = mem_strndup(path, have);
        }
        pattern += want;
        path += have;
        path += strspn(path, "/");
        if (!*pattern || !*path)
            return !*pattern && !*path;
        pattern++;
    }
}

static bool may_use(const struct admin *admin, const struct http_request *request,
                    const struct endpoint *endpoint)
{
    char *key = endpoint->open ? NULL : auth_request_key(request);
    bool allowed = endpoint->open || auth_allows(admin->auth, AUTH_ADMIN, NULL, key);
    free(key);
    return allowed;
}

bool admin_serve(const struct admin *admin, struct http_request *request, const char *path)
{
    static const char prefix[] = "/admin/";
    const char *method = http_request_method(request);
    const struct endpoint *found = NULL;
    char *name = NULL;
    bool known = false;
    if (strncasecmp(path, prefix, sizeof prefix - 1) != 0)
        return false;
    if (strcmp(method, "HEAD") == 0) /* libmicrohttpd leaves the body out */
        method = "GET";
    for (size_t i = 0; i < ARRAY_LEN(endpoints) && !found; i++) {
        if (!matches(endpoints[i].path, path + sizeof prefix - 1, &name))
            continue;
        known = true;
        if (strcmp(endpoints[i].method, method) == 0)
            found = &endpoints[i];
    }
    if (found && !may_use(admin, request, found))
        answer_status(request, HTTP_UNAUTHORIZED, "");
    else if (found)
        found->serve(admin, request, name ? name : "");
    else
        answer_status(request, known ? HTTP_METHOD_NOT_ALLOWED : HTTP_NOT_FOUND, "");
    free(name);
    return true;
}
