/*
 * Without a screen the program has the terminal to itself: its streams are this process's, and what
 * one types reaches it directly. Ctrl-C, which the terminal sends to both, is the program's affair,
 * and this process waits for what it makes of it; a signal that somebody sends to this process
 * alone is handed on. signalfd tells the one from the other.
 *
 * With a screen the program's output goes to the output view, and quitting ends it.
 */
#include "config.h"
#include "host/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <uv.h>

#include "base/attributes.h"
#include "host/options.h"
#include "host/player.h"
#include "host/program.h"
#include "host/record_keys.h"
#include "host/recorder.h"
#include "host/report_file.h"
#include "host/run_input.h"
#include "host/run_options.h"
#include "host/run_report.h"
#include "host/screen.h"
#include "host/series_file.h"
#include "host/stepping.h"
#include "tui/format.h"
#include "tui/ui.h"

/* Those that people and service managers send to programs. The last four Python leaves to the
 * program; any of them would else end this process, and the program with it, or get lost. */
static const int signal_numbers[] = {SIGINT,  SIGTERM, SIGHUP,   SIGQUIT,
                                     SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM};
enum { SIGNALS = ARRAY_LEN(signal_numbers) };

struct run {
    const struct run_options *options;
    uv_loop_t loop;
    struct run_report report;
    struct buf script; /* where it came by standard input */
    struct program *program;
    struct recorder *recorder; /* NULL where nothing is recorded or held */
    int ignored[SIGNALS + 1];  /* those that were ignored when this process began; 0 ends them */
    int signal_fd;
    uv_poll_t signals;
    struct screen *screen; /* NULL without one */
    struct player *player; /* of the recorder's file; with a screen */
};

/* ---- signals, without a screen ---- */

/* What nohup, or a shell's &, has this process ignore the program is to ignore, too. */
static void find_ignored(struct run *run)
{
    struct sigaction action;
    size_t count = 0;
    for (size_t i = 0; i < SIGNALS; i++)
        if (sigaction(signal_numbers[i], NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            run->ignored[count++] = signal_numbers[i];
}

static void on_signals(uv_poll_t *handle, int status, int events)
{
    struct run *run = handle->data;
    struct signalfd_siginfo info;
    (void)status, (void)events;
    /* From the kernel (SI_KERNEL, above 0) it is one of the terminal's, which the program has got.
     */
    while (read(run->signal_fd, &info, sizeof info) == sizeof info)
        if (info.ssi_code <= 0)
            program_signal(run->program, (int)info.ssi_signo);
}

static int watch_signals(struct run *run, struct error *error)
{
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&set, signal_numbers[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (run->signal_fd < 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot watch signals: %s", strerror(errno));
    uv_poll_init(&run->loop, &run->signals, run->signal_fd);
    run->signals.data = run;
    uv_poll_start(&run->signals, UV_READABLE, on_signals);
    return 0;
}

static void on_signals_closed(uv_handle_t *handle)
{
    const struct run *run = handle->data;
    close(run->signal_fd);
}

/* ---- the program ---- */

static void on_call(void *context, const char *name, const struct series_span *span)
{
    const struct run *run = context;
    recorder_call(run->recorder, name, span);
}

static void stop_recorder(struct run *run)
{
    const struct model *model = program_model(run->program);
    if (run_report_recording(&run->report) && model->lost_calls && !run->options->common.quiet)
        fprintf(stderr, "pymemtop: %" PRIu64 " calls came too fast to be recorded\n",
                model->lost_calls);
    recorder_stop(run->recorder);
    run->recorder = NULL;
}

static void on_ended(void *context)
{
    struct run *run = context;
    /* As mprof does where functions are decorated, it has these alone. */
    if (program_model(run->program)->decorated_count == 0)
        recorder_invocation(run->recorder, program_invocation(run->program));
    if (!run->screen)
        uv_stop(&run->loop);
}

static int open_program(struct run *run, struct error *error)
{
    const struct program_setup setup = {
        .loop = &run->loop,
        .options = run->options,
        .inherits = !run->screen,
        .input = run_options_have_input(run->options) ? &run->script : NULL,
        .ignored = run->ignored,
        .attended = run->screen != NULL,
        .context = run,
        .called = on_call,
        .ended = on_ended,
    };
    run->program = program_open(&setup, error);
    if (!run->program)
        return -1;
    const struct recorder_setup recorder = {
        .loop = &run->loop,
        .model = program_model(run->program),
        .path = run_report_recording(&run->report),
        .command = program_invocation(run->program)->request,
        .has_screen = run->screen != NULL,
        .context = run->screen ? screen_ui(run->screen) : NULL,
        .failed = record_keys_failed,
        .quiet = run->options->common.quiet || run->options->format == RUN_MPROF,
        .limit_bytes = run->options->common.record_limit_bytes,
        .memory_alone = run->options->format == RUN_MPROF,
    };
    run->recorder = recorder_start(&recorder);
    return 0;
}

/* ---- without a screen ---- */

/* A report that cannot be written is said, but the status is the program's where it has failed. */
static int conclude(struct run *run, struct error *error)
{
    const struct model *model = program_model(run->program);
    int status = program_status(run->program);
    int result = run_report_write(&run->report, model, status == 0, error);
    report_file_say_check(model, &run->options->common);
    if (!result)
        return status;
    if (status)
        error->status = (enum exit_status)status;
    return -1;
}

static int run_batch(struct run *run, struct error *error)
{
    int status = -1;
    if (open_program(run, error) == 0) {
        while (!program_is_over(run->program))
            uv_run(&run->loop, UV_RUN_DEFAULT);
        stop_recorder(run);
        status = conclude(run, error);
        program_close(run->program);
    }
    return status;
}

/* ---- with a screen ---- */

static bool ask_memory(const struct run *run, const struct ui *ui, enum ui_action action)
{
    switch (action) {
    case UI_HOLDERS:
        program_ask_holders(run->program, ui->holders_file, ui->holders_line);
        return true;
    case UI_HOLDERS_STOP: program_stop_holders(run->program); return true;
    case UI_MARK_LIVE:
    case UI_DIFF_LIVE: program_count_alive(run->program, action == UI_MARK_LIVE); return true;
    case UI_LIVE_STOP: program_stop_counting(run->program); return true;
    default: return false;
    }
}

static void act(void *context, enum ui_action action)
{
    const struct run *run = context;
    if (player_act(run->player, action))
        return;
    /* A program takes no requests, and is the only function. */
    struct ui *ui = screen_ui(run->screen);
    if (!ask_memory(run, ui, action) && !stepping_act(program_stepper(run->program), ui, action))
        record_keys_act(run->recorder, ui, program_model(run->program), action);
}

static void print_summary(const struct run *run, bool was_over)
{
    const struct run_options *options = run->options;
    char peak[FORMAT_SIZE], how[64] = "was ended";
    if (options->common.quiet)
        return;
    if (was_over)
        snprintf(how, sizeof how, "has ended with exit code %d", program_status(run->program));
    format_size(peak, program_model(run->program)->rss_peak_bytes);
    char *name = series_file_clean(options->module ? options->module : options->script);
    fprintf(stderr, "pymemtop: %s %s; peak %s\n", name, how, peak);
    free(name);
}

/* With the screen, as without one. */
static void pass_signal(void *context, int number)
{
    const struct run *run = context;
    program_signal(run->program, number);
}

static int show(struct run *run)
{
    const struct screen_setup setup = {
        .loop = &run->loop,
        .model = program_model(run->program),
        .ascii = run->options->common.ascii,
        .color = !run->options->common.no_color,
        .context = run,
        .act = act,
        .pass_signal = pass_signal,
    };
    int status = screen_open(run->screen, &setup);
    const struct player_setup player = {
        .loop = &run->loop,
        .screen = run->screen,
        .live = program_model(run->program),
        .recorder = run->recorder,
    };
    run->player = player_new(&player);
    screen_ui(run->screen)->replay.is_there = recorder_path(run->recorder) != NULL;
    if (status == 0)
        status = screen_run(run->screen);
    recorder_add_event(run->recorder);
    stepper_attend(program_stepper(run->program), false);
    screen_give_back(run->screen);
    return status;
}

/* The status of a program that was ended from here says nothing. */
static int run_live(struct run *run, struct error *error)
{
    run->screen = screen_new(run->options->common.script, error);
    if (!run->screen)
        return -1;
    int status = open_program(run, error);
    if (status == 0) {
        status = show(run);
        bool was_over = program_is_over(run->program);
        screen_close(run->screen);
        player_close(run->player);
        program_close(run->program);
        while (!program_is_over(run->program))
            uv_run(&run->loop, UV_RUN_ONCE);
        stop_recorder(run);
        if (status == 0) {
            print_summary(run, was_over);
            report_file_say_check(program_model(run->program), &run->options->common);
            status = was_over ? program_status(run->program) : EXIT_STATUS_OK;
        }
    }
    return status;
}

/* ---- the whole ---- */

/* Of a script that is not there no screen is opened: Python says so. */
static bool is_live(const struct run_options *options)
{
    bool is_there = !options->script || access(options->script, F_OK) == 0;
    return !options->batch && is_there && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

static int run_on_loop(struct run *run, struct error *error)
{
    bool live = is_live(run->options);
    find_ignored(run);
    if (run_report_open(&run->report, run->options, error))
        return -1;
    if (run_options_have_input(run->options) && run_input_read(&run->script, error))
        return -1;
    if (!live && watch_signals(run, error))
        return -1;
    int status = live ? run_live(run, error) : run_batch(run, error);
    if (!live)
        uv_close((uv_handle_t *)&run->signals, on_signals_closed);
    uv_run(&run->loop, UV_RUN_DEFAULT);
    player_free(run->player);
    screen_free(run->screen);
    program_free(run->program);
    return status;
}

int run_run(int argc, char **argv, struct error *error)
{
    struct run_options options;
    struct run run = {.options = &options, .report = {.fd = -1}};
    int status = run_options_parse(&options, argc, argv, error);
    if (status == 0 && options.help) {
        fputs(options_help(), stdout);
    } else if (status == 0) {
        status = uv_loop_init(&run.loop);
        if (status < 0)
            status = error_set(error, EXIT_STATUS_SYSTEM, "no event loop: %s", uv_strerror(status));
        else
            status = run_on_loop(&run, error);
        uv_loop_close(&run.loop);
        run_report_close(&run.report);
        buf_fini(&run.script);
    }
    run_options_fini(&options);
    return status;
}
