/*
 * Who holds what, asked of the host's worker. Its event loop takes the question, so that nothing
 * can be asked where that is stopped; a function that is stopped in a thread of the pool can be.
 */
#include "config.h"

#include "base/clock.h"
#include "host/host_parts.h"

static int send_question(void *context, const void *body, size_t len)
{
    struct host *host = context;
    if (!host->supervisor || host->closing || host->replacing)
        return -1;
    json_t *json = json_object();
    struct body *bytes = body_of(&host->bodies, body, len);
    int result = supervisor_send(host->supervisor, FRAME_HOLDERS, json, bytes);
    body_release(bytes);
    json_decref(json);
    return result;
}

/* Why nothing can be asked; NULL where it can. */
static const char *hindrance(void *context)
{
    const struct host *host = context;
    const struct model *model = host->model;
    if (!model->heap.is_on)
        return "what is alive is not known: --heap is off, or the worker cannot count";
    if (model->stop.is_stopped && (model->stop.loop_held || model->stop.waiting))
        return "the event loop is stopped; let it go on with c, then ask again";
    if (model->worker != WORKER_READY)
        return "no worker runs that could be asked";
    return NULL;
}

void host_make_inquiry(struct host *host)
{
    const struct inquiry_ops ops = {.context = host, .hindrance = hindrance, .send = send_question};
    inquiry_init(&host->inquiry, &ops, host->model);
}

/* Where somebody watches, new leaks come with their holders. */
void host_tick_inquiry(struct host *host, uint64_t now_ns)
{
    inquiry_tick(&host->inquiry, now_ns);
    if (host->events->attended && host->model->invocations.running == 0)
        inquiry_watch(&host->inquiry, now_ns);
}

void host_ask_holders(struct host *host, uint32_t file, uint32_t line)
{
    inquiry_ask_line(&host->inquiry, file, line, clock_monotonic_ns());
}

void host_stop_holders(struct host *host)
{
    inquiry_stop(&host->inquiry, clock_monotonic_ns());
}

bool host_ask_evidence(struct host *host, host_answered *done, void *context)
{
    return inquiry_ask_leaks(&host->inquiry, done, context, clock_monotonic_ns());
}
