/*
 * A saved file brings a new worker. Until the running invocations are over, or RELOAD_WAIT_S have
 * passed, requests are held back; then the app is read anew and its worker replaced. Where it
 * cannot be read, the old one goes on. One that somebody has stopped and looks at is not taken away
 * from him: these seconds only run while it does.
 */
#include "config.h"

#include <stdio.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "host/bytecode.h"
#include "host/host_parts.h"

enum { RELOAD_WAIT_S = 10 }; /* for invocations that run when a file was saved */

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
    runs_hold(&host->runs);
    host->worker_environment = settings_environment(&host->app.settings, host->app.root);
    const struct calls_limits limits = host_call_limits(host);
    calls_set_limits(host->calls, &limits);
    if (!host->app.script)
        host_publish_functions(host, &error);
    const struct supervisor_setup setup = host_worker_setup(host);
    stepper_release(host->stepper);
    supervisor_replace(host->supervisor, &setup);
    settings_environment_free(old_environment);
    app_fini(&old);
}

void host_reload_when_idle(struct host *host, uint64_t now_ns)
{
    static const char told[] = "the app was changed while this ran, and its worker replaced";
    if (host->model->stop.is_stopped)
        host->reload_deadline_ns = now_ns + RELOAD_WAIT_S * NS_PER_SECOND;
    if (!host->reloading || (calls_sent(host->calls) && now_ns < host->reload_deadline_ns))
        return;
    host_drain(host);
    if (calls_sent(host->calls))
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION, "%s", told);
    calls_worker_died(host->calls, told, now_ns);
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
    bool paused = host->model->stop.is_stopped && calls_sent(host->calls);
    notes_say(&host->notes, LEVEL_INFO, OUTPUT_NO_INVOCATION,
              "%s changed: the app is loaded again%s", names,
              paused ? " once what is paused has gone on" : "");
}

static void on_source_saved(void *context ATTR_UNUSED, const char *path)
{
    bytecode_drop(path);
}

static void say_reload_error(struct host *host, const char *text)
{
    model_set_text(&host->model->reload_error, text);
    model_touch(host->model);
}

static void on_files_changed(void *context, const struct watch_change *change)
{
    struct host *host = context;
    struct error error;
    struct app fresh;
    struct options options = *host->options;
    options.path = host->app.path; /* whatever has become of the current folder */
    if (host->closing)
        return;
    if (app_read(&fresh, &options, &error)) {
        notes_say(&host->notes, LEVEL_ERROR, OUTPUT_NO_INVOCATION,
                  "%s; the app goes on as it was until that is mended", error.text);
        say_reload_error(host, error.text);
        app_fini(&fresh);
        return;
    }
    say_reload_error(host, NULL);
    say_change(host, change);
    if (host->reloading)
        app_fini(&host->next_app);
    else
        host->reload_deadline_ns = clock_monotonic_ns() + RELOAD_WAIT_S * NS_PER_SECOND;
    host->next_app = fresh;
    host->reloading = true;
    front_hold(&host->front, true);
    calls_worker_leaves(host->calls);
    host_reload_when_idle(host, clock_monotonic_ns());
}

void host_watch_files(struct host *host)
{
    const struct watch_handler handler = {.context = host,
                                          .saved = on_source_saved,
                                          .changed = on_files_changed,
                                          .notice = host_on_notice};
    if (host->options->command != COMMAND_BATCH)
        host->watch = watch_open(host->loop, host->app.root, WATCH_FOLDERS_MAX, &handler);
}
