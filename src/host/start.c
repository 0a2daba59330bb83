/*
 * The headless command: a host whose output goes to standard output line by line, dated as `func
 * start` dates it. The report comes after the host has stopped, so that it is the last thing
 * written.
 */
#include "config.h"
#include "host/start.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <uv.h>

#include "host/console.h"
#include "host/host.h"
#include "host/recorder.h"
#include "host/report_file.h"

/* Service managers kill after ten seconds. */
enum { SIGNALS = 3, LAST_LOOK_MS = 8000 };

struct start {
    const struct options *options;
    uv_loop_t loop;
    uv_signal_t signals[SIGNALS];
    uv_timer_t last_look; /* ends it */
    struct host *host;
    struct recorder *recorder; /* NULL without --record */
    FILE *console;
    bool listed; /* the functions were */
    bool ending; /* a signal came */
};

static void on_output(void *context, const struct output_line *line)
{
    const struct start *start = context;
    /* While the host is being opened only pymemtop itself has something to say. */
    bool shown = start->host ? host_shows(start->host, line)
                             : start->options->verbose || line->level > LEVEL_DEBUG;
    if (shown)
        console_write(start->console, line, true);
}

/* The list that `func start` prints: Name: [GET,POST] URL, indented by a tab. */
static void list_functions(FILE *console, const struct model *model)
{
    fprintf(console, "\nFunctions:\n\n");
    for (size_t i = 0; i < model->function_count; i++) {
        const struct model_function *function = &model->functions[i];
        if (function->url)
            fprintf(console, "\t%s: %s%s%s%s%s\n\n", function->name, function->methods ? "[" : "",
                    function->methods ? function->methods : "", function->methods ? "] " : "",
                    function->url, function->load_error ? " (not loaded)" : "");
        else
            fprintf(console, "\t%s: %s%s\n\n", function->name, function->trigger,
                    function->load_error ? " (not loaded)" : "");
    }
    fflush(console);
}

static void on_loaded(void *context)
{
    struct start *start = context;
    if (!start->listed)
        list_functions(start->console, host_model(start->host));
    start->listed = true;
}

static void on_ended(void *context, const struct invocation *invocation)
{
    const struct start *start = context;
    recorder_invocation(start->recorder, invocation);
}

static void on_evidence(void *context)
{
    struct start *start = context;
    uv_stop(&start->loop);
}

static void on_collected(void *context)
{
    struct start *start = context;
    if (!host_ask_evidence(start->host, on_evidence, start))
        uv_stop(&start->loop);
}

static void on_too_long(uv_timer_t *timer)
{
    uv_stop(timer->loop);
}

/* What the latest invocations left is looked at once more, and who holds it, where that is to be
 * told; a second signal does not wait for it. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct start *start = handle->data;
    bool is_told = start->options->report || start->options->fail_on.count > 0;
    bool waits = is_told && !start->ending && start->host &&
                 host_model(start->host)->invocations.running == 0 &&
                 host_collect(start->host, on_collected, start);
    (void)number;
    start->ending = true;
    if (waits)
        uv_timer_start(&start->last_look, on_too_long, LAST_LOOK_MS, 0);
    else
        uv_stop(&start->loop);
}

static void watch_signals(struct start *start)
{
    uv_timer_init(&start->loop, &start->last_look);
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&start->loop, &start->signals[i]);
        start->signals[i].data = start;
        uv_signal_start(&start->signals[i], on_signal, numbers[i]);
    }
}

static void record(struct start *start)
{
    const struct model *model = host_model(start->host);
    const struct recorder_setup setup = {
        .loop = &start->loop,
        .model = model,
        .path = start->options->record,
        .command = model->app_root,
        .quiet = start->options->quiet,
        .limit_bytes = start->options->record_limit_bytes,
    };
    start->recorder = recorder_start(&setup);
}

int start_run(const struct options *options, struct error *error)
{
    /* A report for programs is the only thing on the stream that it is written to. */
    bool machine = options->report && options->format != FORMAT_TEXT && !options->output;
    struct start start = {.options = options, .console = machine ? stderr : stdout};
    const struct host_events events = {
        .context = &start, .loaded = on_loaded, .output = on_output, .ended = on_ended};
    int status = -1;
    if (options->report && report_file_try(options->output, error))
        return -1;
    uv_loop_init(&start.loop);
    watch_signals(&start);
    start.host = host_open(&start.loop, options, &events, error);
    if (start.host) {
        record(&start);
        uv_run(&start.loop, UV_RUN_DEFAULT);
        recorder_add_event(start.recorder); /* before the worker is ended */
        host_stop(start.host);
        recorder_stop(start.recorder);
        status = EXIT_STATUS_OK;
        if (options->report && report_file_write(host_model(start.host), options, error))
            status = -1;
        report_file_say_check(host_model(start.host), options);
        if (report_file_say_conditions(host_model(start.host), &options->fail_on) && status == 0)
            status = EXIT_STATUS_CONDITION;
    }
    host_close(start.host);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&start.signals[i], NULL);
    uv_close((uv_handle_t *)&start.last_look, NULL);
    uv_run(&start.loop, UV_RUN_DEFAULT);
    uv_loop_close(&start.loop);
    return status;
}
