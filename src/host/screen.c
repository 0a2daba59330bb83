/*
 * A frame is drawn at the end of an iteration of the loop (uv_prepare), and only where there is
 * something new: the model's revision has risen, a key changed the display, or a running clock in
 * it has moved on; never more than 30 times a second. A timer, armed for the earliest of these, is
 * all that wakes the loop for the screen's sake.
 *
 *   keys (uv_poll) --> ui_key --> action: redraw, edit, suspend, quit; the owner's: request, run
 *   model revision --+
 *                    +--> uv_prepare --> ui_sync, scene_draw, term_show
 *
 * Signals come through libuv, started before curses is, which leaves a handler alone that it finds.
 * In raw mode ^C and ^Z are keys; SIGINT and SIGTSTP here are those that somebody sends.
 *
 * An editor runs as a child of the loop, so that the app goes on being served; until it is done the
 * screen is its own.
 */
#include "config.h"
#include "host/screen.h"

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
#include "tui/grid.h"
#include "tui/save.h"
#include "tui/scene.h"
#include "tui/script.h"
#include "tui/term.h"

#define FRAME_NS       (NS_PER_SECOND / 30)
#define SCRIPT_POLL_MS 20

static const int signal_numbers[] = {SIGINT,  SIGTERM, SIGHUP,  SIGWINCH,
                                     SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2};
enum { SIGNAL_COUNT = ARRAY_LEN(signal_numbers), TSTP_INDEX = 4 };

struct screen {
    struct screen_setup setup;
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
    bool is_open; /* the handles are there */
    bool editing;
    bool quitting;
    int status; /* -1: `error` is filled in */
    struct error *error;

    bool repaint;
    uint64_t drawn_ns;       /* uv_hrtime of the latest frame */
    uint64_t drawn_revision; /* of the model */
    uint64_t changes_ns;     /* monotonic clock: when the frame is out of date by itself */
};

static void quit(struct screen *screen)
{
    screen->quitting = true;
    uv_stop(screen->setup.loop);
}

static void quit_failed(struct screen *screen)
{
    screen->status = -1;
    quit(screen);
}

/* ---- the terminal for others */

static void resized(struct screen *screen)
{
    struct key_event event = {.key = K_RESIZE};
    term_size(&event.col, &event.row);
    term_resize(screen->term, event.col, event.row);
    ui_key(&screen->ui, screen->setup.model, event, clock_monotonic_ns(), clock_realtime_ns());
    screen->repaint = true;
}

static void resume(struct screen *screen)
{
    term_resume(screen->term);
    resized(screen);
}

/* Stop as a job does. `pid` 0 is the whole group: what ^Z would have stopped, a script that started
 * pymemtop included. */
static void suspend(struct screen *screen, pid_t pid)
{
    uv_signal_t *handle = &screen->signals[TSTP_INDEX];
    term_suspend(screen->term);
    /* The default disposition, for as long as it takes to stop. */
    uv_signal_stop(handle);
    kill(pid, SIGTSTP);
    uv_signal_start(handle, handle->signal_cb, SIGTSTP);
    resume(screen);
}

static void on_keys(uv_poll_t *handle, int status, int events);

/* The handle is free for the next one: until then, no key brings another editor. */
static void on_editor_closed(uv_handle_t *handle)
{
    struct screen *screen = handle->data;
    screen->editing = false;
    if (screen->quitting)
        return;
    uv_poll_start(&screen->keys, UV_READABLE, on_keys);
    resume(screen);
}

static void on_editor_exit(uv_process_t *process, int64_t exit_status, int signal_number)
{
    struct screen *screen = process->data;
    uv_close((uv_handle_t *)process, on_editor_closed);
    if (exit_status == 127)
        ui_say(&screen->ui, STYLE_WARNING, "the editor was not found; set VISUAL or EDITOR");
    else if (exit_status || signal_number)
        ui_say(&screen->ui, STYLE_WARNING, "the editor ended with status %" PRId64,
               signal_number ? 128 + signal_number : exit_status);
}

static void edit(struct screen *screen)
{
    char line[16];
    char shell[] = "/bin/sh", option[] = "-c", name[] = "pymemtop";
    char command[] = "exec ${VISUAL:-${EDITOR:-vi}} \"+$1\" \"$2\"";
    char *args[] = {shell, option, command, name, line, screen->ui.edit_path, NULL};
    uv_stdio_container_t stdio[3];
    uv_process_options_t options = {
        .exit_cb = on_editor_exit, .file = shell, .args = args, .stdio_count = 3, .stdio = stdio};
    snprintf(line, sizeof line, "%" PRIu32, screen->ui.edit_line);
    for (int i = 0; i < 3; i++) {
        stdio[i].flags = UV_INHERIT_FD;
        stdio[i].data.fd = i;
    }
    if (screen->editing)
        return;
    screen->editing = true;
    uv_poll_stop(&screen->keys);
    term_suspend(screen->term);
    screen->editor.data = screen;
    int result = uv_spawn(screen->setup.loop, &screen->editor, &options);
    if (result < 0) {
        uv_close((uv_handle_t *)&screen->editor, on_editor_closed);
        ui_say(&screen->ui, STYLE_WARNING, "the editor cannot be started: %s", uv_strerror(result));
    }
}

/* ---- keys and signals */

static void save(struct screen *screen)
{
    struct error error;
    const char *path = screen->ui.save_path;
    if (save_screen(&screen->ui, screen->setup.model, path, &error) == 0)
        ui_say(&screen->ui, STYLE_GOOD, "the screen is in %s", path);
    else
        ui_say(&screen->ui, STYLE_ERROR, "%s", error.text);
}

static void perform(struct screen *screen, enum ui_action action)
{
    switch (action) {
    case UI_NOTHING: break;
    case UI_REDRAW: screen->repaint = true; break;
    case UI_REQUEST:
    case UI_RUN:
    case UI_END_SERIES:
    case UI_SELECT:
    case UI_PAUSE:
    case UI_STEP_INTO:
    case UI_STEP_OVER:
    case UI_STEP_OUT:
    case UI_CONTINUE:
    case UI_RUN_TO:
    case UI_BREAK:
    case UI_UNBREAK:
    case UI_EVALUATE:
    case UI_BREAK_OFF:
    case UI_HOLDERS:
    case UI_HOLDERS_STOP:
    case UI_EVIDENCE:
    case UI_MARK_LIVE:
    case UI_DIFF_LIVE:
    case UI_LIVE_STOP:
    case UI_MARK:
    case UI_RECORD:
    case UI_RECORD_INTO:
    case UI_REPLAY: screen->setup.act(screen->setup.context, action); break;
    case UI_EDIT: edit(screen); break;
    case UI_SUSPEND: suspend(screen, 0); break;
    case UI_SAVE: save(screen); break;
    case UI_QUIT: quit(screen); break;
    }
    if (!screen->editing)
        term_set_mouse(screen->term, screen->ui.mouse);
}

/* Readable without a byte to read: the terminal is gone. */
static bool is_hung_up(int fd)
{
    int bytes = 0;
    return ioctl(fd, FIONREAD, &bytes) < 0 || bytes == 0;
}

static void on_keys(uv_poll_t *handle, int status, int events)
{
    struct screen *screen = handle->data;
    struct key_event event;
    (void)events;
    if (status < 0 || is_hung_up(STDIN_FILENO)) {
        quit(screen);
        return;
    }
    while (!screen->quitting && !screen->editing && term_read(screen->term, &event))
        perform(screen, ui_key(&screen->ui, screen->setup.model, event, clock_monotonic_ns(),
                               clock_realtime_ns()));
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct screen *screen = handle->data;
    switch (number) {
    case SIGINT:
        /* Meant for the editor, which has the terminal. */
        if (!screen->editing)
            quit(screen);
        break;
    case SIGWINCH:
        if (!screen->editing)
            resized(screen);
        break;
    case SIGTSTP:
        if (screen->editing)
            raise(SIGSTOP);
        else
            suspend(screen, getpid());
        break;
    case SIGCONT:
        if (!screen->editing)
            resume(screen);
        break;
    case SIGUSR1:
    case SIGUSR2:
        if (screen->setup.pass_signal)
            screen->setup.pass_signal(screen->setup.context, number);
        else
            quit(screen);
        break;
    default: quit(screen);
    }
}

/* ---- frames */

static void draw(struct screen *screen, uint64_t hrtime_ns)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (screen->setup.before_frame)
        screen->setup.before_frame(screen->setup.context);
    ui_sync(&screen->ui, screen->setup.model);
    perform(screen, ui_wants(&screen->ui, screen->setup.model));
    scene_draw(&screen->ui, screen->setup.model, now_ns, &screen->grid);
    term_show(screen->term, &screen->grid, screen->repaint);
    screen->repaint = screen->ui.dirty = false;
    screen->drawn_ns = hrtime_ns;
    screen->drawn_revision = screen->setup.model->revision;
    screen->changes_ns = ui_next_change_ns(&screen->ui, screen->setup.model, now_ns);
}

static bool is_due(const struct screen *screen)
{
    return screen->repaint || screen->ui.dirty ||
           screen->setup.model->revision != screen->drawn_revision ||
           clock_monotonic_ns() >= screen->changes_ns;
}

static void on_wake(uv_timer_t *handle)
{
    /* The prepare handle does what is to be done. */
    (void)handle;
}

static void wake_in(struct screen *screen, uint64_t ns)
{
    uv_timer_start(&screen->wake, on_wake, ns / NS_PER_MS + 1, 0);
}

/* As many commands of the script as can be done now. True while one waits. */
static bool run_script(struct screen *screen)
{
    enum script_state state = SCRIPT_STEPPED;
    enum ui_action action;
    if (!screen->script || screen->editing)
        return false;
    /* A search of a recording is to be over before the next key. */
    if (screen->ui.replay.is_searching)
        return true;
    while (state == SCRIPT_STEPPED && !screen->quitting && !screen->editing &&
           !screen->ui.replay.is_searching) {
        script_waited(screen->script, uv_hrtime() - screen->script_since_ns);
        state =
            script_step(screen->script, &screen->ui, screen->setup.model, &action, screen->error);
        if (state == SCRIPT_STEPPED) {
            screen->script_since_ns = uv_hrtime();
            perform(screen, action);
        }
    }
    if (state == SCRIPT_FAILED)
        quit_failed(screen);
    if (state == SCRIPT_DONE) {
        script_free(screen->script);
        screen->script = NULL;
    }
    return state == SCRIPT_WAITING || (screen->script && screen->ui.replay.is_searching);
}

static void on_prepare(uv_prepare_t *handle)
{
    struct screen *screen = handle->data;
    bool waiting = run_script(screen);
    if (screen->quitting || screen->editing)
        return;
    uint64_t now_ns = uv_hrtime();
    uint64_t next_ns = screen->drawn_ns + FRAME_NS;
    if (is_due(screen) && now_ns >= next_ns)
        draw(screen, now_ns);
    uint64_t clock_ns = clock_monotonic_ns();
    if (waiting)
        wake_in(screen, SCRIPT_POLL_MS * NS_PER_MS);
    else if (is_due(screen))
        wake_in(screen, next_ns > now_ns ? next_ns - now_ns : 0);
    else if (screen->changes_ns != UINT64_MAX)
        wake_in(screen, screen->changes_ns > clock_ns ? screen->changes_ns - clock_ns : 0);
    else
        uv_timer_stop(&screen->wake);
}

/* ---- start and end */

static int start_signals(struct screen *screen)
{
    int result = 0;
    for (int i = 0; i < SIGNAL_COUNT; i++) {
        screen->signals[i].data = screen;
        uv_signal_init(screen->setup.loop, &screen->signals[i]);
    }
    for (int i = 0; i < SIGNAL_COUNT && result == 0; i++)
        result = uv_signal_start(&screen->signals[i], on_signal, signal_numbers[i]);
    return result;
}

/* libuv makes what it polls non-blocking, and that is a flag of the open terminal, which the shell
 * and everything else on it share: cat would fail after `q`, and after a kill, too. Nothing here
 * needs the flag: keys are read when there are some, and output may wait. */
static int watch_keys(struct screen *screen)
{
    int flags = fcntl(STDIN_FILENO, F_GETFL);
    int result = uv_poll_init(screen->setup.loop, &screen->keys, STDIN_FILENO);
    if (flags >= 0)
        fcntl(STDIN_FILENO, F_SETFL, flags);
    return result;
}

/* All handles are initialised, whatever fails, so that they can all be closed. */
static int start_handles(struct screen *screen)
{
    screen->keys.data = screen->prepare.data = screen->wake.data = screen;
    uv_prepare_init(screen->setup.loop, &screen->prepare);
    uv_timer_init(screen->setup.loop, &screen->wake);
    int result = watch_keys(screen);
    if (result < 0)
        screen->keys.data = NULL;
    int signals = start_signals(screen);
    if (result == 0)
        result = signals;
    if (result == 0)
        result = uv_poll_start(&screen->keys, UV_READABLE, on_keys);
    if (result == 0)
        result = uv_prepare_start(&screen->prepare, on_prepare);
    if (result < 0)
        error_set(screen->error, EXIT_STATUS_SYSTEM, "cannot watch the terminal: %s",
                  uv_strerror(result));
    return result;
}

static void close_handles(struct screen *screen)
{
    if (screen->keys.data)
        uv_close((uv_handle_t *)&screen->keys, NULL);
    uv_close((uv_handle_t *)&screen->prepare, NULL);
    uv_close((uv_handle_t *)&screen->wake, NULL);
    for (int i = 0; i < SIGNAL_COUNT; i++)
        uv_close((uv_handle_t *)&screen->signals[i], NULL);
    /* An editor that is still there is left alone. */
    if (screen->editing && !uv_is_closing((uv_handle_t *)&screen->editor))
        uv_close((uv_handle_t *)&screen->editor, NULL);
}

static bool wants_color(bool wanted)
{
    const char *no_color = getenv("NO_COLOR");
    return wanted && !(no_color && *no_color);
}

struct screen *screen_new(const char *script, struct error *error)
{
    if (term_check(error) < 0)
        return NULL;
    struct screen *screen = mem_calloc(1, sizeof *screen);
    screen->error = error;
    screen->script_since_ns = uv_hrtime();
    if (script)
        screen->script = script_open(script, error);
    if (!script || screen->script)
        return screen;
    free(screen);
    return NULL;
}

int screen_open(struct screen *screen, const struct screen_setup *setup)
{
    int cols, rows;
    screen->setup = *setup;
    term_size(&cols, &rows);
    ui_init(&screen->ui, cols, rows);
    screen->ui.ascii = setup->ascii || !term_is_utf8();
    grid_init(&screen->grid);
    screen->is_open = true;
    if (start_handles(screen) < 0)
        return -1;
    screen->term = term_open(wants_color(setup->color), screen->error);
    if (!screen->term)
        return -1;
    term_set_mouse(screen->term, screen->ui.mouse);
    return 0;
}

int screen_run(struct screen *screen)
{
    uv_run(screen->setup.loop, UV_RUN_DEFAULT);
    return screen->status;
}

void screen_show(struct screen *screen, struct model *model)
{
    screen->setup.model = model;
    screen->ui.dirty = true;
}

struct ui *screen_ui(struct screen *screen)
{
    return &screen->ui;
}

void screen_give_back(struct screen *screen)
{
    screen->quitting = true;
    term_close(screen->term);
    screen->term = NULL;
}

bool screen_is_over(const struct screen *screen)
{
    return screen->quitting;
}

void screen_close(struct screen *screen)
{
    if (screen->is_open)
        close_handles(screen);
}

void screen_free(struct screen *screen)
{
    if (!screen)
        return;
    if (screen->is_open) {
        grid_fini(&screen->grid);
        ui_fini(&screen->ui);
    }
    script_free(screen->script);
    free(screen);
}
