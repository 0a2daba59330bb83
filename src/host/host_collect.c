/*
 * The collector of a host: when a moment is quiet, and what is looked at after it.
 */
#include "config.h"

#include "base/clock.h"
#include "host/host_parts.h"

/* Before a collection has told: a nanosecond for each byte that Python has given out, which is
 * about what objects of a hundred bytes take. */
enum { NS_PER_BYTE = 1 };

/* A worker that says more is not believed. */
#define DURATION_MAX_NS (3600 * (json_int_t)NS_PER_SECOND)

static int send_collect(void *context, bool collect)
{
    struct host *host = context;
    if (!host->supervisor || host->closing)
        return -1;
    json_t *json = json_pack("{s:b}", "collect", collect);
    int result = supervisor_send(host->supervisor, FRAME_COLLECT, json, NULL);
    json_decref(json);
    return result;
}

static void on_moment(void *context, bool is_collected)
{
    struct host *host = context;
    drain_moment(host->drain, is_collected, clock_monotonic_ns());
}

void host_make_collector(struct host *host)
{
    const struct collector_ops ops = {.context = host, .send = send_collect, .moment = on_moment};
    collector_init(&host->collector, &ops, host->options->collect);
}

/* What is left behind is known, and a worker is there to ask. */
static bool can_collect(const struct host *host)
{
    const struct model *model = host->model;
    return model->heap.is_on && model->worker == WORKER_READY && !host->closing &&
           !host->reloading && !host->replacing;
}

static uint64_t ended_invocations(const struct host *host)
{
    return host->model->invocations.total - host->model->invocations.running;
}

void host_tick_collector(struct host *host, uint64_t now_ns)
{
    const struct model *model = host->model;
    int64_t bytes = model->heap.python_bytes > 0 ? model->heap.python_bytes : 0;
    const struct collector_state state = {
        .is_quiet = can_collect(host) && model->invocations.running == 0 &&
                    calls_sent(host->calls) == 0 && !model->stop.is_stopped,
        .ended = ended_invocations(host),
        .expected_ns = (uint64_t)bytes * NS_PER_BYTE,
    };
    collector_tick(&host->collector, &state, now_ns);
}

void host_on_collected(struct host *host, const json_t *json)
{
    json_int_t duration_ns = json_integer_value(json_object_get(json, "duration_ns"));
    bool is_collected = json_is_true(json_object_get(json, "collected"));
    if (host->replacing)
        return;
    collector_answered(&host->collector, is_collected,
                       duration_ns > 0 && duration_ns < DURATION_MAX_NS ? (uint64_t)duration_ns : 0,
                       clock_monotonic_ns());
}

bool host_collect(struct host *host, host_answered *done, void *context)
{
    return can_collect(host) && collector_ask(&host->collector, ended_invocations(host), done,
                                              context, clock_monotonic_ns());
}
