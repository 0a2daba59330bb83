/*
 * The host's parts put together. Everything is on one loop and one thread, so that a part may call
 * another without locks; the parts know each other only through the functions handed to them here.
 *
 * What the worker does reaches the model in host_worker.c, its threads are stopped in host_stop.c;
 * a saved file brings a new worker in host_reload.c.
 *
 * Closing is a countdown: each part that has handles in the loop counts as open until it says that
 * it is closed, and host_stop runs the loop until none is.
 */
#include "config.h"
#include "host/host.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/host_parts.h"
#include "host/load.h"
#include "host/number.h"
#include "host/package_scan.h"
#include "host/workers.h"

enum {
    TICK_CLOSING_MS = 20,
    ANSWERS_WAIT_MS = 1000, /* for answers to reach their clients when closing */
};

static const struct host_events no_events;

/* ---- calls ---- */

static int send_invoke(void *context, const json_t *json, struct body *body)
{
    struct host *host = context;
    return supervisor_send(host->supervisor, FRAME_INVOKE, json, body);
}

static void answer_call(void *context, void *handle, int status, const json_t *headers,
                        struct body *body)
{
    struct host *host = context;
    front_answer(&host->front, handle, status, headers, body);
}

static void on_overdue(void *context)
{
    struct host *host = context;
    supervisor_kill(host->supervisor);
}

static void on_begun(void *context, const struct invocation *invocation)
{
    struct host *host = context;
    if (host->events->begun)
        host->events->begun(host->events->context, invocation);
    host_pace(host);
}

static void on_ended(void *context, const struct invocation *invocation)
{
    struct host *host = context;
    if (host->events->ended)
        host->events->ended(host->events->context, invocation);
}

/* ---- the HTTP server ---- */

static void on_http_request(void *context, struct http_request *request)
{
    struct host *host = context;
    if (host->closing)
        http_request_answer(request, http_answer_new(503, NULL, 0));
    else
        front_serve(&host->front, request);
}

static void on_http_answering(void *context, const struct http_request *request,
                              struct http_answer *answer)
{
    struct host *host = context;
    front_answering(&host->front, request, answer);
}

void host_on_notice(void *context, const char *text)
{
    struct host *host = context;
    notes_say(&host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION, "%s", text);
}

/* The address as people write it in a URL. */
static char *make_base_url(const char *address, uint16_t port)
{
    static const char *const local[] = {"127.0.0.1", "0.0.0.0", "localhost", "::", "::1"};
    for (size_t i = 0; i < ARRAY_LEN(local); i++)
        if (strcmp(address, local[i]) == 0)
            return mem_printf("http://localhost:%u", port);
    return mem_printf(strchr(address, ':') ? "http://[%s]:%u" : "http://%s:%u", address, port);
}

/* ---- opening ---- */

static uint16_t wanted_port(const struct host *host)
{
    const struct options *options = host->options;
    bool free_choice = options->port_given || options->command == COMMAND_BATCH;
    return free_choice || !host->app.settings.http_port ? options->port
                                                        : host->app.settings.http_port;
}

static const char *wanted_address(const struct host *host)
{
    const char *set = host->app.settings.http_address;
    return host->options->address_given || !set ? host->options->address : set;
}

/* Azure's setting for how large a request's body may be; 0 for the usual size. */
static size_t body_max_bytes(struct host *host)
{
    static const char name[] = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
    const char *value = settings_value(&host->app.settings, name);
    unsigned long long bytes = 0;
    if (!value || !*value || (!number_parse(value, FRAME_BODY_MAX, &bytes) && bytes))
        return (size_t)bytes;
    notes_say(&host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
              "%s is '%s', and not a number of bytes from 1 to %zu; it is not used", name, value,
              FRAME_BODY_MAX);
    return 0;
}

static int open_http(struct host *host, struct error *error)
{
    const struct http_setup setup = {
        .handler = {.context = host,
                    .request = on_http_request,
                    .answering = on_http_answering,
                    .notice = host_on_notice},
        .bodies = &host->bodies,
        .body_max_bytes = body_max_bytes(host),
    };
    const char *address = wanted_address(host);
    host->http = http_server_open(host->loop, address, wanted_port(host), &setup, error);
    if (!host->http)
        return -1;
    host->requests.http = host->http;
    free(host->model->base_url);
    host->model->base_url = make_base_url(address, http_server_port(host->http));
    return 0;
}

static int find_worker(struct host *host, struct error *error)
{
    if (environment_find(&host->environment, host->options->python, host->app.root, error))
        return -1;
    host->worker_program = workers_find(&host->environment, error);
    host->worker_environment = settings_environment(&host->app.settings, host->app.root);
    return host->worker_program ? 0 : -1;
}

struct calls_limits host_call_limits(const struct host *host)
{
    const struct settings *settings = &host->app.settings;
    return (struct calls_limits){
        .timeout_ns = settings->timeout_ns,
        .worker_wait_ns = host->options->timeout_s * NS_PER_SECOND,
        .outstanding_max = settings->outstanding_max,
        .concurrent_max = settings->concurrent_max,
    };
}

static void make_parts(struct host *host)
{
    const struct calls_ops ops = {
        .context = host,
        .bodies = &host->bodies,
        .send = send_invoke,
        .answer = answer_call,
        .overdue = on_overdue,
        .begun = on_begun,
        .ended = on_ended,
    };
    const struct calls_limits limits = host_call_limits(host);
    host->model = model_new(host->app.root);
    package_scan(&host->model->packages, &host->environment, host->app.root);
    host->model->heap.is_on = host->model->heap.native_is_on = host->options->heap;
    host->notes = (struct notes){.model = host->model, .events = host->events};
    host->drain = drain_new(host->model);
    host_make_stepper(host);
    host_make_collector(host);
    host_make_inquirer(host);
    host->routes = routes_new(host->app.settings.route_prefix);
    host->calls = calls_new(host->model, &host->notes, &ops, &limits);
    host->runs = (struct runs){.loop = host->loop,
                               .app = &host->app,
                               .model = host->model,
                               .calls = host->calls,
                               .bodies = &host->bodies,
                               .notes = &host->notes};
    host->schedule =
        (struct schedule){.app = &host->app, .runs = &host->runs, .notes = &host->notes};
    if (host->options->command != COMMAND_BATCH)
        schedule_open(&host->schedule, host->loop);
    host->admin = (struct admin){.app = &host->app,
                                 .auth = &host->auth,
                                 .model = host->model,
                                 .runs = &host->runs,
                                 .started_ns = clock_monotonic_ns()};
    host->requests = (struct requests){.loop = host->loop,
                                       .options = host->options,
                                       .app = &host->app,
                                       .model = host->model,

                                       .runs = &host->runs,
                                       .auth = &host->auth};
    host->front = (struct front){
        .app = &host->app,
        .model = host->model,
        .routes = host->routes,
        .calls = host->calls,
        .notes = &host->notes,
        .admin = &host->admin,
        .auth = &host->auth,
        .cors = &host->cors,
        .wait_ns = limits.worker_wait_ns,
    };
    front_hold(&host->front, host->app.script != NULL);
    if (host->app.script)
        runs_hold(&host->runs);
    uv_timer_init(host->loop, &host->tick);
    host->tick.data = host;
    host->open++;
    host_pace(host);
}

/* What is odd, but no reason to stop. */
static void say_notices(struct host *host)
{
    const struct settings *settings = &host->app.settings;
    for (size_t i = 0; i < settings->notice_count; i++)
        notes_say(&host->notes, settings->notices[i].level, OUTPUT_NO_INVOCATION, "%s",
                  settings->notices[i].text);
    const char *origin = cors_odd_origin(&host->cors);
    if (origin)
        notes_say(
            &host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
            "CORS: no browser sends the origin '%s'; write https://example.com, without a path "
            "and without spaces",
            origin);
    if (host->auth.enabled)
        notes_say(&host->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION,
                  "keys are asked for; the master key, for x-functions-key or code, is %s",
                  host->auth.master_key);
    if (!host->environment.executable) {
        const char *version = workers_version(host->worker_program);
        notes_say(&host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
                  "no virtual environment found: using the packages of Python %s itself; make one "
                  "with python%s -m venv .venv && .venv/bin/pip install -r requirements.txt",
                  version, version);
    }
}

/* Who may call: origins and keys, which hold for the run. */
static int open_doors(struct host *host, struct error *error)
{
    const struct options *options = host->options;
    const struct settings *settings = &host->app.settings;
    const char *origins = options->cors ? options->cors : settings->cors;
    bool credentials = options->cors_credentials || settings->cors_credentials;
    if (cors_init(&host->cors, origins, credentials, error))
        return -1;
    return auth_init(&host->auth, options->enable_auth, settings, error);
}

static int open_all(struct host *host, struct error *error)
{
    if (app_read(&host->app, host->options, error) || open_doors(host, error) ||
        find_worker(host, error))
        return -1;
    make_parts(host);
    if (open_http(host, error))
        return -1;
    say_notices(host);
    if (!host->app.script && host_publish_functions(host, error))
        return -1;
    host_watch_files(host);
    return host_start_worker(host, error);
}

struct host *host_open(uv_loop_t *loop, const struct options *options,
                       const struct host_events *events, struct error *error)
{
    struct host *host = mem_calloc(1, sizeof *host);
    body_store_init(&host->bodies);
    host->loop = loop;
    host->options = options;
    host->events = events ? events : &no_events;
    if (open_all(host, error)) {
        host_close(host);
        return NULL;
    }
    return host;
}

/* ---- closing ---- */

static void on_part_closed(void *context)
{
    struct host *host = context;
    host->open--;
}

static void on_supervisor_closed(void *context)
{
    struct host *host = context;
    struct limit *limit = host->limit;
    host->limit = NULL;
    if (limit)
        limit_close(limit, on_part_closed, host);
    else
        on_part_closed(host);
}

static void on_tick_closed(uv_handle_t *handle)
{
    on_part_closed(handle->data);
}

static void close_http(struct host *host)
{
    if (!host->http)
        return;
    http_server_quiesce(host->http);
    uint64_t until_ns = clock_monotonic_ns() + ANSWERS_WAIT_MS * NS_PER_MS;
    while (http_server_active(host->http) && clock_monotonic_ns() < until_ns)
        uv_run(host->loop, UV_RUN_ONCE);
    host->open++;
    http_server_close(host->http, on_part_closed, host);
}

static void free_all(struct host *host)
{
    front_fini(&host->front);
    calls_free(host->calls);
    routes_free(host->routes);
    stepper_free(host->stepper);
    drain_free(host->drain);
    model_free(host->model);
    settings_environment_free(host->worker_environment);
    free(host->worker_program);
    environment_fini(&host->environment);
    cors_fini(&host->cors);
    auth_fini(&host->auth);
    app_fini(&host->app);
    app_fini(&host->next_app);
    free(host);
}

void host_stop(struct host *host)
{
    if (host->closing)
        return;
    host->closing = true;
    inquirer_end(&host->inquirer);
    if (host->stepper)
        stepper_release(host->stepper);
    if (host->drain)
        drain_hold(host->drain, clock_monotonic_ns());
    if (host->calls) {
        runs_stop(&host->runs);
        calls_refuse_all(host->calls, "pymemtop is ending", clock_monotonic_ns());
        front_refuse_held(&host->front, "pymemtop is ending");
        uv_timer_start(&host->tick, host_on_tick, TICK_CLOSING_MS, TICK_CLOSING_MS);
        host->open++;
        schedule_close(&host->schedule, on_part_closed, host);
    }
    if (host->watch) {
        host->open++;
        watch_close(host->watch, on_part_closed, host);
    }
    if (host->supervisor) {
        host->open++;
        supervisor_close(host->supervisor, on_supervisor_closed, host);
    }
    close_http(host);
    if (host->calls)
        uv_close((uv_handle_t *)&host->tick, on_tick_closed);
    while (host->open || host->requests.open || host->runs.open)
        uv_run(host->loop, UV_RUN_ONCE);
}

void host_close(struct host *host)
{
    if (!host)
        return;
    host_stop(host);
    free_all(host);
}

/* ---- what the commands ask for ---- */

struct model *host_model(struct host *host)
{
    return host->model;
}

/* The category of what an invocation says, or of what the worker prints outside of any. */
static char *category_of(const struct host *host, const struct output_line *line)
{
    const struct invocation *invocation =
        line->invocation == INVOCATION_LOAD || line->invocation == OUTPUT_NO_INVOCATION
            ? NULL
            : invocations_find(&host->model->invocations, line->invocation);
    if (!invocation)
        return mem_strdup("Host.Function.Console");
    return mem_printf("Function.%s%s", invocation->function,
                      line->source == OUTPUT_HOST ? "" : ".User");
}

bool host_shows(const struct host *host, const struct output_line *line)
{
    bool verbose = host->options->verbose;
    if (line->source == OUTPUT_HOST && line->invocation == OUTPUT_NO_INVOCATION)
        return verbose || line->level >= LEVEL_INFO;
    char *category = category_of(host, line);
    int minimum = log_levels_minimum(&host->app.settings.log_levels, category, verbose);
    free(category);
    return (int)line->level >= minimum;
}

int host_send_request(struct host *host, host_done *done, void *context, struct error *error)
{
    return requests_send(&host->requests, done, context, error);
}

int host_send_line(struct host *host, const char *line, host_done *done, void *context,
                   struct error *error)
{
    return requests_send_line(&host->requests, line, done, context, error);
}

int host_run_function(struct host *host, const char *name, const char *payload, host_done *done,
                      void *context, struct error *error)
{
    const struct runs_request run = {.name = name,
                                     .payload = payload,
                                     .len = payload ? strlen(payload) : 0,
                                     .done = done,
                                     .context = context};
    return runs_begin(&host->runs, &run, error);
}
