/*
 * What the worker does, on its way to the model. A timer drains the shared tables into the model:
 * 30 times a second while something runs, and 4 times otherwise. Everything that reports an end (a
 * response, a worker's death) drains first, so that who hears of it sees the final numbers.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/host_parts.h"
#include "host/load.h"
#include "host/number.h"

enum {
    TICK_BUSY_MS = 33,
    TICK_IDLE_MS = 250,
    FILE_CHECK_MS = 1000,
    NAMED_CALLS_MAX_BYTES = 4096,
};

/* ---- the tick ---- */

static bool is_busy(const struct host *host)
{
    return host->model->invocations.running > 0 || host->model->worker == WORKER_LOADING ||
           host->model->worker == WORKER_STARTING;
}

/* Bring the timer to the pace that fits what goes on. */
void host_pace(struct host *host)
{
    uint64_t wanted_ms = is_busy(host) ? TICK_BUSY_MS : TICK_IDLE_MS;
    if (host->closing || wanted_ms == host->tick_ms)
        return;
    host->tick_ms = wanted_ms;
    uv_timer_start(&host->tick, host_on_tick, wanted_ms, wanted_ms);
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

static void say_approximate(struct host *host)
{
    if (!host->model->rss_is_approximate || host->told_approximate)
        return;
    host->told_approximate = true;
    notes_say(&host->notes, LEVEL_WARNING, OUTPUT_NO_INVOCATION,
              "RSS is approximate: this kernel counts pages in batches, so that a line may show "
              "what others before it took");
}

/* Bring what the worker has written into the model. */
void host_drain(struct host *host)
{
    uint64_t now_ns = clock_monotonic_ns();
    drain_run(host->drain, now_ns);
    say_lost_lines(host);
    say_approximate(host);
    if (host->limit)
        limit_set_own(host->limit, host->model->own_bytes);
    read_rss(host, now_ns);
}

void host_on_tick(uv_timer_t *timer)
{
    struct host *host = timer->data;
    uint64_t now_ns = clock_monotonic_ns();
    if (host->closing)
        return; /* the timer only wakes the loop */
    host_drain(host);
    stepper_tick(host->stepper, now_ns);
    host_hold_calls(host);
    calls_tick(host->calls, now_ns);
    front_tick(&host->front, host_holds_all(host), now_ns);
    host_reload_when_idle(host, now_ns);
    host_tick_collector(host, now_ns);
    host_tick_inquiry(host, now_ns);
    if (now_ns - host->files_checked_ns >= FILE_CHECK_MS * NS_PER_MS) {
        host->files_checked_ns = now_ns;
        drain_check_files(host->drain);
    }
    host_pace(host);
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
    host_drain(host); /* so that the peak is the one that it is killed for */
    calls_worker_leaves(host->calls);
    supervisor_kill(host->supervisor);
}

/* Where one is wanted. */
void host_make_limit(struct host *host)
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
    stepper_attach(host->stepper, segment);
    inquiry_worker_new(&host->inquirer.inquiry);
    host->replacing = false;
    model->worker = WORKER_STARTING;
    model->worker_pid = supervisor_pid(host->supervisor);
    model->worker_starts++;
    struct invocation *load = invocations_add(&model->invocations, INVOCATION_LOAD, "", "load", "");
    load->start_ns = clock_monotonic_ns();
    load->start_realtime_ns = clock_realtime_ns();
    model_touch(model);
    host_pace(host);
}

static void on_ready(struct host *host, const json_t *json)
{
    if (host->replacing)
        return; /* it is told to end */
    const char *python = json_string_value(json_object_get(json, "python"));
    host_drain(host); /* by now the worker has measured its own share */
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
int host_publish_functions(struct host *host, struct error *error)
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
    if (host_publish_functions(host, &error) || result)
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
    host_drain(host);
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
        runs_release(&host->runs);
        start_schedule(host);
    }
    host_pace(host);
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
        /* An unfinished line is of this invocation where no other one runs. */
        supervisor_catch_up(host->supervisor, calls_sent(host->calls) <= 1);
        host_drain(host);
        calls_response(host->calls, json, body, clock_monotonic_ns());
        break;
    case FRAME_LOG: on_log(host, json); break;
    case FRAME_COLLECTED: host_on_collected(host, json); break;
    default: break; /* of a later version, or not for the host */
    }
}

static void on_worker_stopped(void *context)
{
    struct host *host = context;
    stepper_hear(host->stepper);
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
    stepper_detach(host->stepper);
    drain_detach(host->drain, now_ns);
    collector_worker_gone(&host->collector);
    inquiry_worker_gone(&host->inquirer.inquiry, "the worker has ended", now_ns);
    end_load(host, OUTCOME_KILLED);
    model->worker = end->replaced ? WORKER_STARTING : WORKER_DEAD;
    model->worker_pid = 0;
    model->rss_bytes = 0;
    model_touch(model);
    if (!host->closing && !end->replaced) {
        model_set_text(&model->worker_end, words);
        model->worker_deaths++;
        say_end(host, words, delay_ms);
        say_exit_code(host, end->exit_status);
        calls_worker_died(host->calls, words, now_ns);
        if (host->events->worker_died)
            host->events->worker_died(host->events->context, end->exit_status);
        host_pace(host);
    }
    free(words);
}

/* ---- starting it ---- */

struct supervisor_setup host_worker_setup(struct host *host)
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
        .heap = options->heap,
        .log_reports = options->log_reports,
        .real_memory_profiler = options->real_memory_profiler,
        .verify_rss = options->verify_rss,
        .bodies = &host->bodies,
        .once = options->command == COMMAND_BATCH,
    };
}

int host_start_worker(struct host *host, struct error *error)
{
    const struct supervisor_setup setup = host_worker_setup(host);
    const struct supervisor_events events = {
        .context = host,
        .started = on_worker_started,
        .stopped = on_worker_stopped,
        .frame = on_worker_frame,
        .text = on_worker_text,
        .notice = on_worker_notice,
        .died = on_worker_died,
    };
    host_make_limit(host);
    host->supervisor = supervisor_new(host->loop, &setup, &events);
    return supervisor_start(host->supervisor, error);
}
