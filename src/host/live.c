/*
 * One loop serves the host and the screen. A frame is drawn at the end of an iteration
 * (uv_prepare), and only where there is something new: the model's revision has risen, a key
 * changed the display, or a running clock in it has moved on; never more than 30 times a second. A
 * timer, armed for the earliest of these, is all that wakes the loop for the screen's sake.
 *
 *   keys (uv_poll) --> ui_key --> action: request, edit, suspend, quit
 *   model revision --+
 *                    +--> uv_prepare --> ui_sync, scene_draw, term_show
 *
 * Signals come through libuv, started before curses is, which leaves a handler alone that it finds.
 * In raw mode ^C and ^Z are keys; SIGINT and SIGTSTP here are those that somebody sends. The
 * terminal is given back before the host is closed: closing waits for the worker, and a second
 * Ctrl-C in that time ends the program at once, by the signal's default.
 *
 * An editor runs as a child of the loop, so that the app goes on being served; until it is done the
 * screen is its own.
 */
#include "config.h"
#include "host/live.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/host.h"
#include "host/report_file.h"
#include "tui/format.h"
#include "tui/grid.h"
#include "tui/scene.h"
#include "tui/script.h"
#include "tui/term.h"
#include "tui/ui.h"

/* Something that is sent or run a number of times. */
struct job {
    struct job *next;
    char *line;     /* owned; the request that is sent, or NULL */
    char *function; /* owned; name of the one that is run otherwise, */
    char *payload;  /* owned; with that */
    unsigned left;  /* times that it is still to be begun */
};

#define FRAME_NS       (NS_PER_SECOND / 30)
#define SCRIPT_WAIT_NS (30 * NS_PER_SECOND)
#define SCRIPT_POLL_MS 20

static const int signal_numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT};
enum { SIGNAL_COUNT = ARRAY_LEN(signal_numbers), TSTP_INDEX = 4 };

struct live {
    const struct options *options; /* borrowed */
    uv_loop_t loop;
    struct host *host;     /* owned */
    struct model *model;   /* the host's */
    struct terminal *term; /* owned; NULL once it is given back */
    struct ui ui;
    struct grid grid;
    struct script *script; /* owned; NULL without one */
    uint64_t script_since_ns;

    uv_poll_t keys;
    uv_prepare_t prepare;
    uv_timer_t wake;
    uv_signal_t signals[SIGNAL_COUNT];
    uv_process_t editor;
    bool editing;
    bool quitting;
    int status; /* -1: `error` is filled in */
    struct error *error;

    bool repaint;
    uint64_t drawn_ns;       /* uv_hrtime of the latest frame */
    uint64_t drawn_revision; /* of the model */
    uint64_t changes_ns;     /* monotonic clock: when the frame is out of date by itself */

    struct job *jobs; /* owned; not begun for the last time; oldest first */
    bool beginning;
    unsigned sent;                    /* begun and not answered */
    unsigned asked, answered, failed; /* of the series that runs */
};

static void quit(struct live *live)
{
    live->quitting = true;
    uv_stop(&live->loop);
}

static void quit_failed(struct live *live)
{
    live->status = -1;
    quit(live);
}

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

static void begin_waiting(struct live *live)
{
    struct error error;
    /* What fails at once is answered from within begin_job(); the loop goes on by itself. */
    if (live->beginning)
        return;
    live->beginning = true;
    while (live->jobs && live->sent < live->options->concurrency && !live->quitting) {
        live->jobs->left--;
        live->sent++;
        if (begin_job(live, live->jobs, &error)) {
            live->sent--;
            live->jobs->left = 0;
            ui_say(&live->ui, STYLE_ERROR, "%s", error.text);
        }
        if (live->jobs->left == 0)
            drop_job(live);
    }
    live->beginning = false;
}

static void say_answered(struct live *live, int status, bool run)
{
    bool failed = status < 0 || status >= 400;
    if (live->asked > 1 && live->failed)
        ui_say(&live->ui, STYLE_WARNING, "%u of %u requests answered, %u of them with an error",
               live->answered, live->asked, live->failed);
    else if (live->asked > 1)
        ui_say(&live->ui, STYLE_GOOD, "%u of %u requests answered", live->answered, live->asked);
    else if (run && failed)
        ui_say(&live->ui, STYLE_ERROR, "the function failed; 4 shows what it said");
    else if (run)
        ui_say(&live->ui, STYLE_GOOD, "the function has run");
    else if (status < 0)
        ui_say(&live->ui, STYLE_ERROR, "the request was not answered: %s", strerror(-status));
    else
        ui_say(&live->ui, failed ? STYLE_ERROR : STYLE_GOOD, "answered with status %d", status);
}

static void answered(struct live *live, int status, bool run)
{
    live->sent--;
    if (live->quitting)
        return;
    live->answered++;
    if (status < 0 || status >= 400)
        live->failed++;
    say_answered(live, status, run);
    begin_waiting(live);
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
    const struct model_function *function = &live->model->functions[live->ui.function];
    const struct ui *ui = &live->ui;
    struct job **end = &live->jobs;
    if (live->sent == 0 && !live->jobs)
        live->asked = live->answered = live->failed = 0;
    while (*end)
        end = &(*end)->next;
    *end = mem_calloc(1, sizeof **end);
    **end = (struct job){
        .line = request ? mem_strdup(ui->line) : NULL,
        .function = mem_strdup(function->name),
        .payload = request ? NULL : mem_strdup(ui->payload),
        .left = ui->requests,
    };
    live->asked += ui->requests;
    if (ui->requests > 1)
        ui_say(&live->ui, STYLE_TEXT, "%u requests are being sent", ui->requests);
    else if (request)
        ui_say(&live->ui, STYLE_TEXT, "request sent");
    else
        ui_say(&live->ui, STYLE_TEXT, "%s is run", function->name);
    if (!model_has_selection(live->model))
        model_select(live->model, function->name);
    begin_waiting(live);
}

/* ---- the terminal for others */

static void resized(struct live *live)
{
    struct key_event event = {.key = K_RESIZE};
    term_size(&event.col, &event.row);
    term_resize(live->term, event.col, event.row);
    ui_key(&live->ui, live->model, event, clock_monotonic_ns(), clock_realtime_ns());
    live->repaint = true;
}

static void resume(struct live *live)
{
    term_resume(live->term);
    resized(live);
}

/* Stop as a job does. `pid` 0 is the whole group: what ^Z would have stopped, a script that started
 * pymemtop included. */
static void suspend(struct live *live, pid_t pid)
{
    uv_signal_t *handle = &live->signals[TSTP_INDEX];
    term_suspend(live->term);
    /* The default disposition, for as long as it takes to stop. */
    uv_signal_stop(handle);
    kill(pid, SIGTSTP);
    uv_signal_start(handle, handle->signal_cb, SIGTSTP);
    resume(live);
}

static void on_keys(uv_poll_t *handle, int status, int events);

static void editor_done(struct live *live)
{
    live->editing = false;
    uv_poll_start(&live->keys, UV_READABLE, on_keys);
    resume(live);
}

static void on_editor_exit(uv_process_t *process, int64_t exit_status, int signal_number)
{
    struct live *live = process->data;
    uv_close((uv_handle_t *)process, NULL);
    editor_done(live);
    if (exit_status == 127)
        ui_say(&live->ui, STYLE_WARNING, "the editor was not found; set VISUAL or EDITOR");
    else if (exit_status || signal_number)
        ui_say(&live->ui, STYLE_WARNING, "the editor ended with status %" PRId64,
               signal_number ? 128 + signal_number : exit_status);
}

static void edit(struct live *live)
{
    char line[16];
    char shell[] = "/bin/sh", option[] = "-c", name[] = "pymemtop";
    char command[] = "exec ${VISUAL:-${EDITOR:-vi}} \"+$1\" \"$2\"";
    char *args[] = {shell, option, command, name, line, live->ui.edit_path, NULL};
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {
        .exit_cb = on_editor_exit, .file = shell, .args = args, .stdio_count = 3, .stdio = stdio};
    snprintf(line, sizeof line, "%" PRIu32, live->ui.edit_line);
    for (int i = 0; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = i;
    }
    if (live->editing)
        return;
    live->editing = true;
    uv_poll_stop(&live->keys);
    term_suspend(live->term);
    live->editor.data = live;
    int result = uv_spawn(&live->loop, &live->editor, &options);
    if (result < 0) {
        uv_close((uv_handle_t *)&live->editor, NULL);
        editor_done(live);
        ui_say(&live->ui, STYLE_WARNING, "the editor cannot be started: %s", uv_strerror(result));
    }
}

/* ---- keys and signals */

static void perform(struct live *live, enum ui_action action)
{
    switch (action) {
    case UI_NOTHING: break;
    case UI_REDRAW: live->repaint = true; break;
    case UI_REQUEST: add_job(live, true); break;
    case UI_RUN: add_job(live, false); break;
    case UI_SELECT:
        model_select(live->model, live->model->functions[live->ui.function].name);
        break;
    case UI_EDIT: edit(live); break;
    case UI_SUSPEND: suspend(live, 0); break;
    case UI_QUIT: quit(live); break;
    }
    if (!live->editing)
        term_set_mouse(live->term, live->ui.mouse);
}

/* Readable without a byte to read: the terminal is gone. */
static bool is_hung_up(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) < 0 || bytes == 0;
}

static void on_keys(uv_poll_t *handle, int status, int events)
{
    struct live *live = handle->data;
    struct key_event event;
    (void)events;
    if (status < 0 || is_hung_up(STDIN_FILENO)) {
        quit(live);
        return;
    }
    while (!live->quitting && !live->editing && term_read(live->term, &event))
        perform(live,
                ui_key(&live->ui, live->model, event, clock_monotonic_ns(), clock_realtime_ns()));
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct live *live = handle->data;
    switch (number) {
    case SIGINT:
        /* Meant for the editor, which has the terminal. */
        if (!live->editing)
            quit(live);
        break;
    case SIGWINCH:
        if (!live->editing)
            resized(live);
        break;
    case SIGTSTP:
        if (live->editing)
            raise(SIGSTOP);
        else
            suspend(live, getpid());
        break;
    case SIGCONT:
        if (!live->editing)
            resume(live);
        break;
    default: quit(live);
    }
}

/* ---- frames */

/* On an app of which nobody named a function, the source of the first one that runs is shown, by
 * whomever it was called: from then on it is also the one that the header names and `r` runs. */
static void select_first(struct live *live)
{
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

static void draw(struct live *live, uint64_t hrtime_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    ui_sync(&live->ui, live->model);
    select_first(live);
    ui_sync(&live->ui, live->model);
    scene_draw(&live->ui, live->model, now_ns, &live->grid);
    term_show(live->term, &live->grid, live->repaint);
    live->repaint = live->ui.dirty = false;
    live->drawn_ns = hrtime_ns;
    live->drawn_revision = live->model->revision;
    live->changes_ns = ui_next_change_ns(&live->ui, live->model, now_ns);
}

static bool is_due(const struct live *live)
{
    return live->repaint || live->ui.dirty || live->model->revision != live->drawn_revision ||
           clock_monotonic_ns() >= live->changes_ns;
}

static void on_wake(uv_timer_t *handle)
{
    /* The prepare handle does what is to be done. */
    (void)handle;
}

static void wake_in(struct live *live, uint64_t ns)
{
    uv_timer_start(&live->wake, on_wake, ns / NS_PER_MS + 1, 0);
}

static void script_failed(struct live *live)
{
    error_set(live->error, EXIT_STATUS_INTERNAL, "the key script waited in vain at line %zu",
              script_line(live->script));
    quit_failed(live);
}

/* As many commands of the script as can be done now. True while one waits. */
static bool run_script(struct live *live)
{
    enum script_state state = SCRIPT_STEPPED;
    enum ui_action action;
    if (!live->script || live->editing)
        return false;
    while (state == SCRIPT_STEPPED && !live->quitting && !live->editing) {
        state = script_step(live->script, &live->ui, live->model, &action, live->error);
        if (state == SCRIPT_STEPPED) {
            live->script_since_ns = uv_hrtime();
            perform(live, action);
        }
    }
    if (state == SCRIPT_FAILED)
        quit_failed(live);
    if (state == SCRIPT_DONE) {
        script_free(live->script);
        live->script = NULL;
    }
    if (state == SCRIPT_WAITING && uv_hrtime() - live->script_since_ns > SCRIPT_WAIT_NS)
        script_failed(live);
    return state == SCRIPT_WAITING;
}

static void on_prepare(uv_prepare_t *handle)
{
    struct live *live = handle->data;
    bool waiting = run_script(live);
    if (live->quitting || live->editing)
        return;
    uint64_t now_ns = uv_hrtime();
    uint64_t next_ns = live->drawn_ns + FRAME_NS;
    if (is_due(live) && now_ns >= next_ns)
        draw(live, now_ns);
    uint64_t clock_ns = clock_monotonic_ns();
    if (waiting)
        wake_in(live, SCRIPT_POLL_MS * NS_PER_MS);
    else if (is_due(live))
        wake_in(live, next_ns > now_ns ? next_ns - now_ns : 0);
    else if (live->changes_ns != UINT64_MAX)
        wake_in(live, live->changes_ns > clock_ns ? live->changes_ns - clock_ns : 0);
    else
        uv_timer_stop(&live->wake);
}

/* ---- start and end */

static int start_signals(struct live *live)
{
    int result = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        live->signals[i].data = live;
        uv_signal_init(&live->loop, &live->signals[i]);
    }
    for (int i = 0; i < SIGNAL_COUNT && result == 0; i++)
        result = uv_signal_start(&live->signals[i], on_signal, signal_numbers[i]);
    return result;
}

/* libuv makes what it polls non-blocking, and that is a flag of the open terminal, which the shell
 * and everything else on it share: cat would fail after `q`, and after a kill, too. Nothing here
 * needs the flag: keys are read when there are some, and output may wait. */
static int watch_keys(struct live *live)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    int result = uv_poll_init(&live->loop, &live->keys, STDIN_FILENO);
    if (flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, flags);
    return result;
}

/* All handles are initialised, whatever fails, so that they can all be closed. */
static int start_handles(struct live *live)
{
    live->keys.data = live->prepare.data = live->wake.data = live;
    uv_prepare_init(&live->loop, &live->prepare);
    uv_timer_init(&live->loop, &live->wake);
    int result = watch_keys(live);
    if (result < 0)
        live->keys.data = NULL;
    int signals = start_signals(live);
    if (result == 0)
        result = signals;
    if (result == 0)
        result = uv_poll_start(&live->keys, UV_READABLE, on_keys);
    if (result == 0)
        result = uv_prepare_start(&live->prepare, on_prepare);
    if (result < 0)
        error_set(live->error, EXIT_STATUS_SYSTEM, "cannot watch the terminal: %s",
                  uv_strerror(result));
    return result;
}

static void close_handles(struct live *live)
{
    if (live->keys.data)
        uv_close((uv_handle_t *)&live->keys, NULL);
    uv_close((uv_handle_t *)&live->prepare, NULL);
    uv_close((uv_handle_t *)&live->wake, NULL);
    for (int i = 0; i < SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&live->signals[i], NULL);
    /* An editor that is still there is left alone. */
    if (live->editing)
        uv_close((uv_handle_t *)&live->editor, NULL);
}

static int open_script(struct live *live)
{
    const char *path = getenv("PYMEMTOP_SCRIPT");
    if (!path || !*path)
        return 0;
    live->script = script_open(path, live->error);
    live->script_since_ns = uv_hrtime();
    return live->script ? 0 : -1;
}

static bool wants_color(const struct options *options)
{
    const char *no_color = getenv("NO_COLOR");
    return !options->no_color && !(no_color && *no_color);
}

static int open_screen(struct live *live)
{
    int cols, rows;
    term_size(&cols, &rows);
    ui_init(&live->ui, cols, rows);
    live->ui.ascii = live->options->ascii || !term_is_utf8();
    grid_init(&live->grid);
    if (start_handles(live) < 0)
        return -1;
    live->term = term_open(wants_color(live->options), live->error);
    if (!live->term)
        return -1;
    term_set_mouse(live->term, live->ui.mouse);
    return 0;
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

int live_run(const struct options *options, struct error *error)
{
    struct live live = {.options = options, .error = error, .status = EXIT_STATUS_OK};
    if (term_check(error) < 0 || open_script(&live) < 0)
        return -1;
    int result = uv_loop_init(&live.loop);
    if (result < 0) {
        script_free(live.script);
        return error_set(error, EXIT_STATUS_SYSTEM, "no event loop: %s", uv_strerror(result));
    }
    live.host = host_open(&live.loop, options, NULL, error);
    if (!live.host) {
        live.status = -1;
        goto out_loop;
    }
    live.model = host_model(live.host);
    if (open_screen(&live) == 0)
        uv_run(&live.loop, UV_RUN_DEFAULT);
    else
        live.status = -1;
    live.quitting = true;
    term_close(live.term);
    if (live.status == EXIT_STATUS_OK) {
        print_summary(&live);
        report_file_say_check(live.model, options);
    }
    close_handles(&live);
    host_close(live.host);
    while (live.jobs)
        drop_job(&live);
    grid_fini(&live.grid);
    ui_fini(&live.ui);
out_loop:
    script_free(live.script);
    uv_run(&live.loop, UV_RUN_DEFAULT);
    uv_loop_close(&live.loop);
    return live.status;
}
