/*
 * Who holds what, asked of the host's worker.
 */
#include "config.h"

#include "base/clock.h"
#include "host/host_parts.h"

/* The event loop does that; where it is stopped, what it would free is counted. */
static bool collect(void *context, inquiry_done *done, void *done_context)
{
    struct host *host = context;
    const struct stop *stop = &host->model->stop;
    return !(stop->is_stopped && (stop->loop_held || stop->waiting)) &&
           host_collect(host, done, done_context);
}

static void refresh(void *context)
{
    host_drain(context);
}

void host_make_inquirer(struct host *host)
{
    const struct inquirer_owner owner = {.context = host, .collect = collect, .refresh = refresh};
    inquirer_init(&host->inquirer, host->loop, host->model, &host->supervisor, &owner);
}

/* Where somebody watches, new leaks come with their holders. */
void host_tick_inquiry(struct host *host, uint64_t now_ns)
{
    inquirer_tick(&host->inquirer, now_ns);
    if (host->events->attended && host->model->invocations.running == 0)
        inquiry_watch(&host->inquirer.inquiry, now_ns);
}

void host_ask_holders(struct host *host, uint32_t file, uint32_t line)
{
    inquiry_ask_line(&host->inquirer.inquiry, file, line, clock_monotonic_ns());
}

void host_stop_holders(struct host *host)
{
    inquiry_stop(&host->inquirer.inquiry, clock_monotonic_ns());
}

void host_count_alive(struct host *host, bool is_mark)
{
    inquiry_ask_census(&host->inquirer.inquiry, is_mark, clock_monotonic_ns());
}

void host_stop_counting(struct host *host)
{
    inquiry_stop_census(&host->inquirer.inquiry, clock_monotonic_ns());
}

bool host_ask_evidence(struct host *host, host_answered *done, void *context)
{
    return inquiry_ask_leaks(&host->inquirer.inquiry, done, context, clock_monotonic_ns());
}
