/*
 * Threads of the worker that are stopped: what that means for the rest of the host. While somebody
 * looks at a call, its time does not run; where the event loop is held, or the app's modules are
 * being imported, nobody's does.
 */
#include "config.h"

#include "base/clock.h"
#include "host/host_parts.h"

bool host_holds_all(const struct host *host)
{
    const struct stop *stop = &host->model->stop;
    /* One that waits for its turn to stop may be any call's; and the next worker, for which what
     * comes waits once a file was saved, comes after this. */
    return stop->is_stopped &&
           (stop->loop_held || stop->waiting || stop->number == INVOCATION_LOAD || host->reloading);
}

void host_hold_calls(struct host *host)
{
    const struct stop *stop = &host->model->stop;
    const struct calls_hold hold = {
        .any = stop->is_stopped, .all = host_holds_all(host), .number = stop->number};
    calls_hold(host->calls, &hold, clock_monotonic_ns());
}

static void refresh(void *context)
{
    struct host *host = context;
    host_drain(host);
}

static void on_changed(void *context)
{
    host_hold_calls(context);
}

void host_make_stepper(struct host *host)
{
    const struct stepper_ops ops = {.context = host, .refresh = refresh, .changed = on_changed};
    host->stepper = stepper_new(host->model, host->drain, &ops);
    stepper_attend(host->stepper, host->events->attended);
}

struct stepper *host_stepper(struct host *host)
{
    return host->stepper;
}
