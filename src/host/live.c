/*
 * The host with the screen (host/screen.h) on top of it, on one loop: what keys ask of the app is
 * sent from here. What `R` sends leaves no quiet moment in which the collector would run, so it
 * goes in waves, and the collector runs between them. The terminal is given back before the host is
 * closed, since closing waits for the worker.
 */
#include "config.h"
#include "host/live.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "base/mem.h"
#include "host/collector.h"
#include "host/host.h"
#include "host/player.h"
#include "host/record_keys.h"
#include "host/recorder.h"
#include "host/report_file.h"
#include "host/screen.h"
#include "host/stepping.h"
#include "tui/format.h"
#include "tui/ui.h"

/* Something that is sent or run a number of times. */
struct job {
    struct job *next;
    char *line;       /* owned; the request that is sent, or NULL */
    char *function;   /* owned; name of the one that is run otherwise, */
    char *payload;    /* owned; with that */
    unsigned left;    /* times that it is still to be begun, */
    unsigned at_once; /* so many at the most at a time */
};

struct live {
    const struct options *options; /* borrowed */
    uv_loop_t loop;
    struct host *host;         /* owned */
    struct recorder *recorder; /* owned */
    struct model *model;       /* the host's */
    struct screen *screen;     /* owned */
    struct ui *ui;             /* the screen's */
    struct player *player;     /* owned; of the recorder's file */

    struct job *jobs; /* owned; not begun for the last time; oldest first */
    bool beginning;
    unsigned sent;                    /* begun and not answered */
    unsigned asked, answered, failed; /* of the series that runs */
    bool has_series;                  /* `R` was pressed for it, and it is not over */
    unsigned wave;                    /* requests of it between two collections */
    unsigned wave_begin;              /* answered before the wave that runs */
    bool is_collecting;               /* nothing is begun until it is over */
};

/* ---- requests, and functions that are run */

static void on_answer(void *context, int status);
static void on_run(void *context, int status);

static void drop_job(struct live *live)
{
    struct job *job = live->jobs;
    live->jobs = job->next;
    free(job->line);
    free(job->function);
    free(job->payload);
    free(job);
}

static int begin_job(struct live *live, const struct job *job, struct error *error)
{
    if (job->line)
        return host_send_line(live->host, job->line, on_answer, live, error);
    return host_run_function(live->host, job->function, job->payload, on_run, live, error);
}

/* What the screen says of it while it goes on. */
static void tell_series(struct live *live)
{
    live->ui->series = (struct ui_series){
        .is_on = live->has_series,
        .asked = live->asked,
        .answered = live->answered,
    };
    live->ui->dirty = true;
}

static bool may_begin(const struct live *live)
{
    unsigned begun = live->answered + live->sent - live->wave_begin; /* of the wave */
    return live->jobs && live->sent < live->jobs->at_once && !live->is_collecting &&
           !(live->has_series && begun >= live->wave) && !screen_is_over(live->screen);
}

static void begin_waiting(struct live *live)
{
    struct error error;
    /* What fails at once is answered from within begin_job(); the loop goes on by itself. */
    if (live->beginning)
        return;
    live->beginning = true;
    while (may_begin(live)) {
        live->jobs->left--;
        live->sent++;
        if (begin_job(live, live->jobs, &error)) {
            live->sent--;
            live->asked -= live->jobs->left + 1;
            live->jobs->left = 0;
            live->has_series = false;
            ui_say(live->ui, STYLE_ERROR, "%s", error.text);
        }
        if (live->jobs->left == 0)
            drop_job(live);
    }
    live->beginning = false;
    tell_series(live);
}

static void say_series(struct live *live)
{
    if (live->failed)
        ui_say(live->ui, STYLE_WARNING, "%u of %u requests answered, %u of them with an error",
               live->answered, live->asked, live->failed);
    else
        ui_say(live->ui, STYLE_GOOD, "%u of %u requests answered", live->answered, live->asked);
}

static void say_answered(struct live *live, int status, bool run)
{
    bool failed = status < 0 || status >= 400;
    if (live->has_series)
        return;
    if (live->asked > 1)
        say_series(live);
    else if (run && failed)
        ui_say(live->ui, STYLE_ERROR, "the function failed; 4 shows what it said");
    else if (run)
        ui_say(live->ui, STYLE_GOOD, "the function has run");
    else if (status < 0)
        ui_say(live->ui, STYLE_ERROR, "the request was not answered: %s", strerror(-status));
    else
        ui_say(live->ui, failed ? STYLE_ERROR : STYLE_GOOD, "answered with status %d", status);
}

static void go_on(struct live *live)
{
    if (live->has_series && live->answered == live->asked) {
        live->has_series = false;
        say_series(live);
        ui_show_verdict(live->ui, live->model);
    }
    begin_waiting(live);
}

static void on_collected(void *context)
{
    struct live *live = context;
    live->is_collecting = false;
    if (!screen_is_over(live->screen))
        go_on(live);
}

/* Is all of a wave, or of the series, answered? */
static bool is_wave_over(const struct live *live)
{
    return live->has_series && live->sent == 0 &&
           (live->answered == live->asked || live->answered - live->wave_begin >= live->wave);
}

/* What a wave has left is looked at. A program that is stopped in an invocation of others would
 * not answer. */
static void end_wave(struct live *live)
{
    live->wave_begin = live->answered;
    live->is_collecting =
        !live->model->stop.is_stopped && host_collect(live->host, on_collected, live);
}

static void answered(struct live *live, int status, bool run)
{
    live->sent--;
    if (screen_is_over(live->screen))
        return;
    live->answered++;
    if (status < 0 || status >= 400)
        live->failed++;
    say_answered(live, status, run);
    if (is_wave_over(live))
        end_wave(live);
    if (live->is_collecting)
        tell_series(live);
    else
        go_on(live);
}

/* What is under way comes to its own end. */
static void end_series(struct live *live)
{
    while (live->jobs)
        drop_job(live);
    live->asked = live->answered + live->sent;
    live->has_series = false;
    tell_series(live);
    if (live->sent)
        ui_say(live->ui, STYLE_TEXT, "ended after %u; %u still under way", live->asked, live->sent);
    else
        ui_say(live->ui, STYLE_TEXT, "ended after %u", live->asked);
}

static void on_answer(void *context, int status)
{
    answered(context, status, false);
}

static void on_run(void *context, int status)
{
    answered(context, status, true);
}

/* `request`: a request is sent; else the function is run with a payload. What is run while nothing
 * was selected yet is what one goes on with. */
static void add_job(struct live *live, bool request)
{
    const struct model_function *function = &live->model->functions[live->ui->function];
    const struct ui *ui = live->ui;
    struct job **end = &live->jobs;
    if (live->sent == 0 && !live->jobs && !live->has_series)
        live->asked = live->answered = live->failed = live->wave_begin = 0;
    while (*end)
        end = &(*end)->next;
    *end = mem_calloc(1, sizeof **end);
    **end = (struct job){
        .line = request ? mem_strdup(ui->line) : NULL,
        .function = mem_strdup(function->name),
        .payload = request ? NULL : mem_strdup(ui->payload),
        .left = ui->requests,
        .at_once = ui->requests > 1 ? ui->at_once : live->options->concurrency,
    };
    live->asked += ui->requests;
    live->has_series = (live->has_series && live->asked > ui->requests) || ui->requests > 1;
    if (ui->requests > 1)
        live->wave = collector_wave(live->asked, ui->at_once);
    if (ui->requests == 1 && request)
        ui_say(live->ui, STYLE_TEXT, "request sent");
    else if (ui->requests == 1)
        ui_say(live->ui, STYLE_TEXT, "%s is run", function->name);
    if (!model_has_selection(live->model))
        model_select(live->model, function->name);
    begin_waiting(live);
}

static bool ask_holders(struct live *live, enum ui_action action)
{
    switch (action) {
    case UI_HOLDERS:
        host_ask_holders(live->host, live->ui->holders_file, live->ui->holders_line);
        return true;
    case UI_HOLDERS_STOP: host_stop_holders(live->host); return true;
    case UI_MARK_LIVE:
    case UI_DIFF_LIVE: host_count_alive(live->host, action == UI_MARK_LIVE); return true;
    case UI_LIVE_STOP: host_stop_counting(live->host); return true;
    case UI_EVIDENCE: host_ask_evidence(live->host, NULL, NULL); return true;
    default: return false;
    }
}

static void act(void *context, enum ui_action action)
{
    struct live *live = context;
    if (player_act(live->player, action) ||
        stepping_act(host_stepper(live->host), live->ui, action) ||
        record_keys_act(live->recorder, live->ui, live->model, action) || ask_holders(live, action))
        return;
    if (action == UI_SELECT)
        model_select(live->model, live->model->functions[live->ui->function].name);
    else if (action == UI_END_SERIES)
        end_series(live);
    else
        add_job(live, action == UI_REQUEST);
}

/* On an app of which nobody named a function, the source of the first one that runs is shown, by
 * whomever it was called: from then on it is also the one that the header names and `r` runs. */
static void select_first(void *context)
{
    struct live *live = context;
    const struct invocations *set = &live->model->invocations;
    if (set->total == 0 || model_has_selection(live->model))
        return;
    for (size_t i = 0; i < set->count; i++) {
        if (set->kept[i]->number && model_find_function(live->model, set->kept[i]->function)) {
            model_select(live->model, set->kept[i]->function);
            return;
        }
    }
}

/* One line on what it was, for the scrollback. */
static void print_summary(const struct live *live)
{
    const struct invocations *set = &live->model->invocations;
    char peak[FORMAT_SIZE];
    if (live->options->quiet)
        return;
    format_size(peak, live->model->rss_peak_bytes);
    fprintf(stderr, "pymemtop: %" PRIu64 " invocation%s, %" PRIu64 " failed; RSS peak %s\n",
            set->total, set->total == 1 ? "" : "s", set->failed, peak);
}

/* ---- start and end */

static int show(struct live *live)
{
    const struct screen_setup setup = {
        .loop = &live->loop,
        .model = live->model,
        .ascii = live->options->ascii,
        .color = !live->options->no_color,
        .context = live,
        .act = act,
        .before_frame = select_first,
    };
    live->ui = screen_ui(live->screen);
    int status = screen_open(live->screen, &setup);
    live->ui->at_once = live->options->concurrency;
    const struct player_setup player = {
        .loop = &live->loop,
        .screen = live->screen,
        .live = live->model,
        .recorder = live->recorder,
    };
    live->player = player_new(&player);
    live->ui->replay.is_there = recorder_path(live->recorder) != NULL;
    if (status == 0)
        status = screen_run(live->screen);
    recorder_add_event(live->recorder);
    stepper_attend(host_stepper(live->host), false);
    screen_give_back(live->screen);
    return status;
}

static void on_ended(void *context, const struct invocation *invocation)
{
    const struct live *live = context;
    recorder_invocation(live->recorder, invocation);
}

static void record(struct live *live)
{
    const struct recorder_setup setup = {
        .loop = &live->loop,
        .model = live->model,
        .path = live->options->record,
        .command = live->model->app_root,
        .has_screen = true,
        .context = screen_ui(live->screen),
        .failed = record_keys_failed,
        .quiet = live->options->quiet,
        .limit_bytes = live->options->record_limit_bytes,
    };
    live->recorder = recorder_start(&setup);
}

static int host_and_show(struct live *live, struct error *error)
{
    const struct host_events events = {.context = live, .attended = true, .ended = on_ended};
    live->host = host_open(&live->loop, live->options, &events, error);
    if (!live->host)
        return -1;
    live->model = host_model(live->host);
    record(live);
    int status = show(live);
    if (status == 0) {
        print_summary(live);
        report_file_say_check(live->model, live->options);
    }
    screen_close(live->screen);
    player_close(live->player);
    host_stop(live->host);
    recorder_stop(live->recorder);
    host_close(live->host);
    while (live->jobs)
        drop_job(live);
    return status;
}

int live_run(const struct options *options, struct error *error)
{
    struct live live = {.options = options, .screen = screen_new(options->script, error)};
    if (!live.screen)
        return -1;
    int status = uv_loop_init(&live.loop);
    if (status < 0) {
        screen_free(live.screen);
        return error_set(error, EXIT_STATUS_SYSTEM, "no event loop: %s", uv_strerror(status));
    }
    status = host_and_show(&live, error);
    uv_run(&live.loop, UV_RUN_DEFAULT);
    uv_loop_close(&live.loop);
    player_free(live.player);
    screen_free(live.screen);
    return status;
}
