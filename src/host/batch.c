/*
 * The batch command is a host and a counter: when the functions are loaded, as many requests as may
 * run at a time are sent, and each answer sends the next. Some times a run all are awaited, for the
 * collector to run and what is left to be looked at. It ends when all are answered and who holds
 * what leaks is told, when the worker dies (what it measured is still reported), when the function
 * cannot be loaded, or at a signal. The report alone goes to standard output; everything else to
 * standard error.
 */
#include "config.h"
#include "host/batch.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "base/attributes.h"
#include "host/collector.h"
#include "host/console.h"
#include "host/host.h"
#include "host/recorder.h"
#include "host/report_file.h"

enum { SIGNALS = 3 };

struct batch {
    const struct options *options;
    uv_loop_t loop;
    uv_signal_t signals[SIGNALS];
    struct host *host;
    struct recorder *recorder; /* NULL without --record */
    unsigned sent;
    unsigned answered;
    unsigned wave_begin; /* of these, those before the requests that run now */
    bool is_collecting;  /* nothing is sent until it is over */
    unsigned refused;    /* answers that no function gave: 404 and the like, or none at all */
    int last_refusal;    /* status or negative errno */
    bool begun;
    bool over;
    bool progress;   /* a line of progress stands on standard error */
    int exit_status; /* of the worker's death or a signal; 0 where there was none */
    bool failed;     /* `error` says why nothing could be sent */
    struct error *error;
};

/* ---- standard error ---- */

static bool wants_progress(const struct batch *batch)
{
    return !batch->options->quiet && isatty(STDERR_FILENO);
}

static void clear_progress(struct batch *batch)
{
    if (batch->progress)
        fputs("\r\033[K", stderr);
    batch->progress = false;
}

static void show_progress(struct batch *batch)
{
    if (!wants_progress(batch) || batch->over)
        return;
    fprintf(stderr, "\r\033[Kpymemtop: %u of %u requests", batch->answered,
            batch->options->requests);
    fflush(stderr);
    batch->progress = true;
}

static void on_output(void *context, const struct output_line *line)
{
    struct batch *batch = context;
    const struct options *options = batch->options;
    /* Reports that were asked for are to be seen, and between which calls they stand. */
    if (!options->verbose && !options->log_reports && line->level < LEVEL_WARNING)
        return;
    bool stood = batch->progress;
    clear_progress(batch);
    console_write(stderr, line, false);
    if (stood)
        show_progress(batch);
}

/* ---- requests ---- */

static void finish(struct batch *batch)
{
    if (batch->over)
        return;
    batch->over = true;
    clear_progress(batch);
    uv_stop(&batch->loop);
}

static void send_more(struct batch *batch);

static unsigned wave_of(const struct batch *batch)
{
    return collector_wave(batch->options->requests, batch->options->concurrency);
}

static void on_evidence(void *context)
{
    finish(context);
}

static void go_on(struct batch *batch)
{
    if (batch->answered < batch->options->requests)
        send_more(batch);
    else if (!host_ask_evidence(batch->host, on_evidence, batch))
        finish(batch);
}

static void on_collected(void *context)
{
    struct batch *batch = context;
    batch->is_collecting = false;
    if (!batch->over)
        go_on(batch);
}

/* All of a wave, or of the run, are answered: what they left is looked at. */
static void end_wave(struct batch *batch)
{
    batch->wave_begin = batch->answered;
    batch->is_collecting = host_collect(batch->host, on_collected, batch);
    if (!batch->is_collecting)
        go_on(batch);
}

static void on_answer(void *context, int status)
{
    struct batch *batch = context;
    if (batch->over)
        return;
    batch->answered++;
    if (status < 0 || status >= 400) {
        batch->refused++;
        batch->last_refusal = status;
    }
    show_progress(batch);
    bool is_last = batch->answered == batch->options->requests;
    if (is_last || batch->answered - batch->wave_begin == wave_of(batch))
        end_wave(batch);
    else
        go_on(batch);
}

static void send_more(struct batch *batch)
{
    while (!batch->over && !batch->is_collecting && batch->sent < batch->options->requests &&
           batch->sent - batch->wave_begin < wave_of(batch) &&
           batch->sent - batch->answered < batch->options->concurrency) {
        if (host_send_request(batch->host, on_answer, batch, batch->error)) {
            batch->failed = true;
            finish(batch);
            return;
        }
        batch->sent++;
    }
}

/* ---- the host's events ---- */

static void on_loaded(void *context)
{
    struct batch *batch = context;
    const struct model *model = host_model(batch->host);
    const struct model_function *function = model_selected(model);
    if (batch->begun || batch->over)
        return;
    batch->begun = true;
    if (model->app_error || (function && function->load_error)) {
        error_set(batch->error, EXIT_STATUS_APP, "%s could not be loaded: %s",
                  model->app_error ? model->app_root : function->name, model_load_error(model));
        batch->failed = true;
        finish(batch);
        return;
    }
    show_progress(batch);
    send_more(batch);
}

static void on_ended(void *context, const struct invocation *invocation)
{
    const struct batch *batch = context;
    recorder_invocation(batch->recorder, invocation);
}

static void on_worker_died(void *context, int exit_status)
{
    struct batch *batch = context;
    /* A worker that ends with 0 by itself has failed all the same: its requests are lost. */
    batch->exit_status = exit_status ? exit_status : EXIT_STATUS_INVOCATION_FAILED;
    finish(batch);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct batch *batch = handle->data;
    batch->exit_status = 128 + number;
    finish(batch);
}

/* ---- the run ---- */

static void watch_signals(struct batch *batch)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_init(&batch->loop, &batch->signals[i]);
        batch->signals[i].data = batch;
        uv_signal_start(&batch->signals[i], on_signal, numbers[i]);
    }
}

/* Requests that no function took count as failed, and nothing else says so. */
static void say_refusals(const struct batch *batch)
{
    const struct model *model = host_model(batch->host);
    if (!batch->refused || model->invocations.total)
        return;
    if (batch->last_refusal < 0)
        fprintf(stderr, "pymemtop: no answer to the request: %s\n",
                uv_strerror(batch->last_refusal));
    else
        fprintf(stderr,
                "pymemtop: the request was answered with %d and reached no function; name "
                "another with --request 'METHOD /path'\n",
                batch->last_refusal);
}

static int conclude(struct batch *batch, struct error *error)
{
    const struct model *model = host_model(batch->host);
    if (batch->failed)
        return -1;
    say_refusals(batch);
    if (!batch->options->quiet && report_file_write(model, batch->options, error))
        return -1;
    report_file_say_check(model, batch->options);
    bool holds = report_file_say_conditions(model, &batch->options->fail_on);
    if (batch->exit_status)
        return batch->exit_status;
    if (model->invocations.failed)
        fprintf(stderr, "pymemtop: %" PRIu64 " of %" PRIu64 " invocations failed\n",
                model->invocations.failed, model->invocations.total);
    bool wrong = model->invocations.failed || (batch->refused && !model->invocations.total);
    if (wrong)
        return EXIT_STATUS_INVOCATION_FAILED;
    return holds ? EXIT_STATUS_CONDITION : EXIT_STATUS_OK;
}

static void record(struct batch *batch)
{
    const struct model *model = host_model(batch->host);
    const struct recorder_setup setup = {
        .loop = &batch->loop,
        .model = model,
        .path = batch->options->record,
        .command = model->app_root,
        .quiet = batch->options->quiet,
        .limit_bytes = batch->options->record_limit_bytes,
    };
    batch->recorder = recorder_start(&setup);
}

int batch_run(const struct options *options, struct error *error)
{
    struct batch batch = {.options = options, .error = error};
    const struct host_events events = {
        .context = &batch,
        .loaded = on_loaded,
        .output = on_output,
        .ended = on_ended,
        .worker_died = on_worker_died,
    };
    int status = -1;
    if (!options->quiet && report_file_try(options->output, error))
        return -1;
    uv_loop_init(&batch.loop);
    watch_signals(&batch);
    batch.host = host_open(&batch.loop, options, &events, error);
    if (batch.host) {
        record(&batch);
        uv_run(&batch.loop, UV_RUN_DEFAULT);
        batch.over = true;
        recorder_add_event(batch.recorder); /* before the worker is ended */
        host_stop(batch.host);
        recorder_stop(batch.recorder);
        status = conclude(&batch, error);
    }
    host_close(batch.host);
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&batch.signals[i], NULL);
    uv_run(&batch.loop, UV_RUN_DEFAULT);
    uv_loop_close(&batch.loop);
    return status;
}
