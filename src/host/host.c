/*
 * The host's parts put together. Everything is on one loop and one thread, so that a part may call
 * another without locks; the parts know each other only through the functions handed to them here.
 *
 * A timer drains the shared tables into the model: 30 times a second while something runs, and 4
 * times otherwise. Everything that reports an end (a response, a worker's death) drains first, so
 * that who hears of it sees the final numbers.
 *
 * A saved file brings a new worker. Until the running invocations are over, or RELOAD_WAIT_S have
 * passed, requests are held back; then the app is read anew and its worker replaced. Where it
 * cannot be read, the old one goes on.
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

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/app.h"
#include "host/auth.h"
#include "host/bytecode.h"
#include "host/calls.h"
#include "host/cors.h"
#include "host/drain.h"
#include "host/environment.h"
#include "host/front.h"
#include "host/http_server.h"
#include "host/limit.h"
#include "host/load.h"
#include "host/notes.h"
#include "host/number.h"
#include "host/requests.h"
#include "host/schedule.h"
#include "host/supervisor.h"
#include "host/watch.h"
#include "host/workers.h"

enum {
    TICK_BUSY_MS = 33,
    TICK_IDLE_MS = 250,
    TICK_CLOSING_MS = 20,
    FILE_CHECK_MS = 1000,
    ANSWERS_WAIT_MS = 1000, /* for answers to reach their clients when closing */
    RELOAD_WAIT_S = 10,     /* for invocations that run when a file was saved */
    NAMED_CALLS_MAX_BYTES = 4096,
};

struct host {
    uv_loop_t *loop;
    const struct options *options;    /* borrowed */
    const struct host_events *events; /* borrowed */
    struct app app;
    struct cors cors;
    struct auth auth;
    struct environment environment;
    struct body_store bodies;
    char *worker_program;      /* owned */
    char **worker_environment; /* owned */
    struct model *model;
    struct notes notes;
    struct runs runs;
    struct schedule schedule;
    bool scheduled; /* the timers are those of `app` */
    struct admin admin;
    struct front front;
    struct requests requests;
    struct routes *routes;
    struct calls *calls;
    struct drain *drain;
    struct http_server *http;
    struct supervisor *supervisor;
    struct watch *watch;
    struct app next_app; /* to be taken when nothing runs any more; where `reloading` */
    bool reloading;
    bool replacing; /* the worker that runs is not that of `app` any more */
    uint64_t reload_deadline_ns;
    struct limit *limit; /* owned, until its end in the loop; NULL without one */
    uv_timer_t tick;
    uint64_t tick_ms; /* 0 while the timer is not initialised */
    uint64_t files_checked_ns;
    unsigned open; /* parts that the loop still holds */
    bool closing;
    bool told_lost_lines;
    bool told_limit;
};

static const struct host_events no_events;

/* ---- the tick ---- */

static void on_tick(uv_timer_t *timer);

static bool is_busy(const struct host *host)
{
    return host->model->invocations.running > 0 || host->model->worker == WORKER_LOADING ||
           host->model->worker == WORKER_STARTING;
}

/* Bring the timer to the pace that fits what goes on. */
static void pace(struct host *host)
{
    uint64_t wanted_ms = is_busy(host) ? TICK_BUSY_MS : TICK_IDLE_MS;
    if (host->closing || wanted_ms == host->tick_ms)
        return;
    host->tick_ms = wanted_ms;
    uv_timer_start(&host->tick, on_tick, wanted_ms, wanted_ms);
}

/* The worker's RSS without pymemtop's share; negative while that is not known. */
static int64_t worker_rss(void *context)
{
    const struct host *host = context;
    const struct model *model = host->model;
    int64_t rss_bytes = supervisor_rss_bytes(host->supervisor);
    /* Before its first message the worker may not have measured its own share yet. */
    if (rss_bytes <= 0 || model->worker == WORKER_STARTING || model->worker == WORKER_DEAD)
        return -1;
    return rss_bytes > model->own_bytes ? rss_bytes - model->own_bytes : 0;
}

static void read_rss(struct host *host, uint64_t now_ns)
{
    int64_t rss_bytes = worker_rss(host);
    if (rss_bytes >= 0)
        model_set_rss(host->model, now_ns, rss_bytes);
}

static void say_lost_lines(struct host *host)
{
    if (!host->model->lost_lines || host->told_lost_lines)
        return;
    host->told_lost_lines = true;
    notes_say(&host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
              "the table of lines is full: further lines that run are not shown; leave files out "
              "with --exclude");
}

/* Bring what the worker has written into the model. */
static void drain(struct host *host)
{
    uint64_t now_ns = clock_monotonic_ns();
    drain_run(host->drain, now_ns);
    say_lost_lines(host);
    if (host->limit)
        limit_set_own(host->limit, host->model->own_bytes);
    read_rss(host, now_ns);
}

static void reload_when_idle(struct host *host, uint64_t now_ns);

static void on_tick(uv_timer_t *timer)
{
    struct host *host = timer->data;
    uint64_t now_ns = clock_monotonic_ns();
    if (host->closing)
        return; /* the timer only wakes the loop */
    drain(host);
    calls_tick(host->calls, now_ns);
    front_tick(&host->front, now_ns);
    reload_when_idle(host, now_ns);
    if (now_ns - host->files_checked_ns >= FILE_CHECK_MS * NS_PER_MS) {
        host->files_checked_ns = now_ns;
        drain_check_files(host->drain);
    }
    pace(host);
}

/* ---- the limit ---- */

/* A worker was spawned. */
static void start_limit(struct host *host)
{
    limit_worker_started(host->limit, supervisor_pid(host->supervisor));
    if (host->told_limit)
        return;
    host->told_limit = true;
    notes_say(&host->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION, "memory limit %s %s",
              limit_size(host->limit), limit_means(host->limit));
}

static void on_over_limit(void *context)
{
    struct host *host = context;
    drain(host); /* so that the peak is the one that it is killed for */
    supervisor_kill(host->supervisor);
}

/* Where one is wanted. */
static void make_limit(struct host *host)
{
    const struct options *options = host->options;
    const struct limit_ops ops = {.context = host, .rss_bytes = worker_rss, .kill = on_over_limit};
    host->model->limit_bytes = options->limit_bytes;
    host->model->limit_name = options->limit_name;
    if (options->limit_bytes)
        host->limit = limit_new(host->loop, options->limit_bytes, options->limit_name, &ops);
}

/* ---- the worker ---- */

static void on_worker_started(void *context, struct segment *segment)
{
    struct host *host = context;
    struct model *model = host->model;
    if (host->limit)
        start_limit(host);
    drain_attach(host->drain, segment);
    host->replacing = false;
    model->worker = WORKER_STARTING;
    model->worker_pid = supervisor_pid(host->supervisor);
    model->worker_starts++;
    struct invocation *load = invocations_add(&model->invocations, INVOCATION_LOAD, "", "load", "");
    load->start_ns = clock_monotonic_ns();
    load->start_realtime_ns = clock_realtime_ns();
    model_touch(model);
    pace(host);
}

static void on_ready(struct host *host, const json_t *json)
{
    const char *python = json_string_value(json_object_get(json, "python"));
    drain(host); /* by now the worker has measured its own share */
    json_t *message = load_message(&host->app, host->model);
    model_set_text(&host->model->python, python ? python : "");
    host->model->worker = WORKER_LOADING;
    model_touch(host->model);
    supervisor_send(host->supervisor, FRAME_LOAD, message, NULL);
    json_decref(message);
}

static void end_load(struct host *host, enum outcome outcome)
{
    struct invocations *set = &host->model->invocations;
    struct invocation *load = invocations_find(set, INVOCATION_LOAD);
    if (load)
        invocations_end(set, load, outcome, 0, clock_monotonic_ns(), NULL);
}

/* Give the functions' URLs the keys that they need. */
static void add_keys(struct host *host)
{
    for (size_t i = 0; i < host->app.function_count; i++) {
        struct model_function *function = &host->model->functions[i];
        if (!function->url)
            continue;
        char *url =
            auth_url(&host->auth, host->app.functions[i].auth_level, function->name, function->url);
        free(function->url);
        function->url = url;
    }
}

/* Make the routes and the model's functions those of host->app. */
static int publish_functions(struct host *host, struct error *error)
{
    routes_free(host->routes);
    host->routes = host->front.routes = routes_new(host->app.settings.route_prefix);
    int result = load_functions(&host->app, host->model, host->routes, &host->notes, error);
    add_keys(host);
    requests_describe(&host->requests, host->routes);
    return result;
}

/* A v2 app's functions, as the worker found them. False where the app is none. */
static bool take_index(struct host *host, const json_t *json)
{
    struct error error;
    bool loaded = load_app_result(host->model, &host->notes, json);
    const json_t *functions = loaded ? json_object_get(json, "functions") : NULL;
    int result = app_index(&host->app, functions, host->options, &error);
    if (loaded && result) {
        model_set_text(&host->model->app_error, error.text);
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s", error.text);
    }
    if (publish_functions(host, &error) || result)
        loaded = false;
    return loaded;
}

/* Timers run for those who watch or serve, and go on when a worker dies. */
static void start_schedule(struct host *host)
{
    if (host->scheduled || !host->schedule.timers)
        return;
    host->scheduled = true;
    schedule_start(&host->schedule);
}

static void on_loaded(struct host *host, const json_t *json)
{
    if (host->replacing)
        return; /* of an app that is no longer the one to load */
    drain(host);
    bool loaded = !host->app.script || take_index(host, json);
    size_t failed = load_result(&host->app, host->model, &host->notes, json);
    end_load(host, failed || !loaded ? OUTCOME_FAILED : OUTCOME_SUCCEEDED);
    host->model->worker = WORKER_READY;
    model_touch(host->model);
    if (host->events->loaded)
        host->events->loaded(host->events->context);
    if (!host->closing && !host->reloading) {
        calls_worker_ready(host->calls, clock_monotonic_ns());
        front_release(&host->front);
        start_schedule(host);
    }
    pace(host);
}

static enum output_level parse_level(const char *name)
{
    static const struct {
        const char *name;
        enum output_level level;
    } levels[] = {{"DEBUG", LEVEL_DEBUG},
                  {"WARNING", LEVEL_WARNING},
                  {"ERROR", LEVEL_ERROR},
                  {"CRITICAL", LEVEL_CRITICAL}};
    for (size_t i = 0; name && i < ARRAY_LEN(levels); i++)
        if (strcmp(name, levels[i].name) == 0)
            return levels[i].level;
    return LEVEL_INFO;
}

/* What a log line of the app needs to be told from those that Azure would keep, too: it drops the
 * ones that do not come from an invocation that runs. "" for the others. */
static const char *log_mark(const struct host *host, uint64_t number)
{
    if (number == OUTPUT_NO_INVOCATION)
        return "(no invocation) ";
    const struct invocation *from = invocations_find(&host->model->invocations, number);
    return number != INVOCATION_LOAD && (!from || invocation_is_over(from)) ? "(after its end) "
                                                                            : "";
}

static void on_log(struct host *host, const json_t *json)
{
    const json_t *known = json_object_get(json, "number");
    const json_t *message = json_object_get(json, "message");
    uint64_t number = OUTPUT_NO_INVOCATION;
    if (!json_is_string(message))
        return;
    if (json_is_integer(known))
        number = (uint64_t)json_integer_value(known);
    else if (host->model->worker == WORKER_LOADING)
        number = INVOCATION_LOAD;
    const char *mark = log_mark(host, number);
    struct buf text;
    buf_init(&text, FRAME_JSON_MAX + strlen(mark));
    if (!buf_append(&text, mark, strlen(mark)) &&
        !buf_append(&text, json_string_value(message), json_string_length(message)))
        notes_add(&host->notes, OUTPUT_LOG,
                  parse_level(json_string_value(json_object_get(json, "level"))), number,
                  buf_text(&text), text.len);
    buf_fini(&text);
}

static void on_worker_frame(void *context, enum frame_type type, json_t *json, struct body *body)
{
    struct host *host = context;
    switch (type) {
    case FRAME_READY: on_ready(host, json); break;
    case FRAME_LOADED: on_loaded(host, json); break;
    case FRAME_RESPONSE:
        drain(host);
        calls_response(host->calls, json, body, clock_monotonic_ns());
        break;
    case FRAME_LOG: on_log(host, json); break;
    default: break; /* of a later version, or not for the host */
    }
}

static void on_worker_text(void *context, enum output_source source, const char *line, size_t len)
{
    struct host *host = context;
    notes_add(&host->notes, source, source == OUTPUT_STDERR ? LEVEL_WARNING : LEVEL_INFO,
              OUTPUT_NO_INVOCATION, line, len);
}

static void on_worker_notice(void *context, const char *text)
{
    struct host *host = context;
    notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s", text);
}

/* "worker killed by SIGKILL (exit code 137) at HttpTriggerAsync/__init__.py:57, over the limit of
 * 512 MiB" */
static char *describe_end(const struct host *host, const struct supervisor_end *end)
{
    char place[512], how[64];
    bool known = drain_last_line(host->drain, place, sizeof place);
    const char *name = end->signal ? sigabbrev_np(end->signal) : NULL;
    if (end->signal)
        snprintf(how, sizeof how, "killed by SIG%s (exit code %d)", name ? name : "NAL",
                 end->exit_status);
    else
        snprintf(how, sizeof how, "exited with exit code %d", end->exit_status);
    bool over = host->limit && limit_worker_died(host->limit, end->signal);
    return mem_printf("worker %s%s%s%s%s", how, known ? " at " : "", known ? place : "",
                      over ? ", over the limit of " : "", over ? limit_size(host->limit) : "");
}

/* What one would find in the log on Azure, and there searches for. */
static void say_exit_code(struct host *host, int exit_status)
{
    struct buf calls;
    buf_init(&calls, NAMED_CALLS_MAX_BYTES);
    calls_name_sent(host->calls, &calls);
    notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "python exited with code %d%s%s",
              exit_status, calls.len ? " while it ran " : "", buf_text(&calls));
    buf_fini(&calls);
}

static void say_end(struct host *host, const char *words, unsigned delay_ms)
{
    if (delay_ms)
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION,
                  "%s; it is started again in %u.%02u s", words, delay_ms / 1000,
                  delay_ms % 1000 / 10);
    else
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s", words);
}

static void on_worker_died(void *context, const struct supervisor_end *end, unsigned delay_ms)
{
    struct host *host = context;
    struct model *model = host->model;
    uint64_t now_ns = clock_monotonic_ns();
    drain_run(host->drain, now_ns);
    char *words = describe_end(host, end);
    drain_detach(host->drain, now_ns);
    end_load(host, OUTCOME_KILLED);
    model->worker = end->replaced ? WORKER_STARTING : WORKER_DEAD;
    model->worker_pid = 0;
    model->rss_bytes = 0;
    model_touch(model);
    if (!host->closing && !end->replaced) {
        model_set_text(&model->worker_end, words);
        say_end(host, words, delay_ms);
        say_exit_code(host, end->exit_status);
        calls_worker_died(host->calls, words, now_ns);
        if (host->events->worker_died)
            host->events->worker_died(host->events->context, end->exit_status);
        pace(host);
    }
    free(words);
}

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
    pace(host);
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

static void on_notice(void *context, const char *text)
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
                    .notice = on_notice},
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

static struct calls_limits call_limits(const struct host *host)
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
    const struct calls_limits limits = call_limits(host);
    host->model = model_new(host->app.root);
    host->notes = (struct notes){.model = host->model, .events = host->events};
    host->drain = drain_new(host->model);
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
    const char *no_home_page = settings_value(&host->app.settings, "AzureWebJobsDisableHomepage");
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
        .no_home_page = no_home_page && strcasecmp(no_home_page, "true") == 0,
    };
    front_hold(&host->front, host->app.script != NULL);
    uv_timer_init(host->loop, &host->tick);
    host->tick.data = host;
    host->open++;
    pace(host);
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

static struct supervisor_setup worker_setup(struct host *host)
{
    const struct options *options = host->options;
    return (struct supervisor_setup){
        .program = host->worker_program,
        .app_root = host->app.root,
        .executable = host->environment.executable,
        .environment = host->worker_environment,
        .include = options->include,
        .include_count = options->include_count,
        .exclude = options->exclude,
        .exclude_count = options->exclude_count,
        .bodies = &host->bodies,
        .once = options->command == COMMAND_BATCH,
    };
}

static int start_worker(struct host *host, struct error *error)
{
    const struct supervisor_setup setup = worker_setup(host);
    const struct supervisor_events events = {
        .context = host,
        .started = on_worker_started,
        .frame = on_worker_frame,
        .text = on_worker_text,
        .notice = on_worker_notice,
        .died = on_worker_died,
    };
    make_limit(host);
    host->supervisor = supervisor_new(host->loop, &setup, &events);
    return supervisor_start(host->supervisor, error);
}

/* ---- hot reload ---- */

/* Take the app that was read last: its functions, its settings, a worker of its own. */
static void take_next_app(struct host *host)
{
    struct error error;
    char **old_environment = host->worker_environment;
    struct app old = host->app;
    host->app = host->next_app;
    host->next_app = (struct app){.selected = -1};
    host->reloading = false;
    host->replacing = true;
    host->scheduled = false;
    host->worker_environment = settings_environment(&host->app.settings, host->app.root);
    const struct calls_limits limits = call_limits(host);
    calls_set_limits(host->calls, &limits);
    if (!host->app.script)
        publish_functions(host, &error);
    const struct supervisor_setup setup = worker_setup(host);
    supervisor_replace(host->supervisor, &setup);
    settings_environment_free(old_environment);
    app_fini(&old);
}

static void reload_when_idle(struct host *host, uint64_t now_ns)
{
    if (!host->reloading || (calls_sent(host->calls) && now_ns < host->reload_deadline_ns))
        return;
    drain(host);
    calls_worker_died(host->calls, "the app was changed while this ran, and its worker replaced",
                      now_ns);
    take_next_app(host);
}

static void say_change(struct host *host, const struct watch_change *change)
{
    char names[512] = "";
    size_t len = 0, shown = 0;
    for (; shown < WATCH_NAMED && change->names[shown]; shown++) {
        int added = snprintf(names + len, sizeof names - len, "%s%s", shown ? ", " : "",
                             change->names[shown]);
        len += (size_t)added < sizeof names - len ? (size_t)added : sizeof names - len - 1;
    }
    if (change->count > shown)
        snprintf(names + len, sizeof names - len, " and %zu more", change->count - shown);
    notes_say(&host->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION, "%s changed: the app is loaded again",
              names);
}

static void on_source_saved(void *context ATTR_UNUSED, const char *path)
{
    bytecode_drop(path);
}

static void on_files_changed(void *context, const struct watch_change *change)
{
    struct host *host = context;
    struct error error;
    struct app fresh;
    if (host->closing)
        return;
    if (app_read(&fresh, host->options, &error)) {
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION,
                  "%s; the app goes on as it was until that is mended", error.text);
        app_fini(&fresh);
        return;
    }
    say_change(host, change);
    if (host->reloading)
        app_fini(&host->next_app);
    else
        host->reload_deadline_ns = clock_monotonic_ns() + RELOAD_WAIT_S * NS_PER_SECOND;
    host->next_app = fresh;
    host->reloading = true;
    front_hold(&host->front, true);
    calls_worker_leaves(host->calls);
    reload_when_idle(host, clock_monotonic_ns());
}

static void watch_files(struct host *host)
{
    const struct watch_handler handler = {.context = host,
                                          .saved = on_source_saved,
                                          .changed = on_files_changed,
                                          .notice = on_notice};
    if (host->options->command != COMMAND_BATCH)
        host->watch = watch_open(host->loop, host->app.root, WATCH_FOLDERS_MAX, &handler);
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
    if (!host->app.script && publish_functions(host, error))
        return -1;
    watch_files(host);
    return start_worker(host, error);
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
    if (host->calls) {
        runs_stop(&host->runs);
        calls_refuse_all(host->calls, "pymemtop is ending", clock_monotonic_ns());
        front_refuse_held(&host->front, "pymemtop is ending");
        uv_timer_start(&host->tick, on_tick, TICK_CLOSING_MS, TICK_CLOSING_MS);
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
