/*
 * A request that comes while the collector runs waits for it. So it does not run where the next one
 * is likely to come soon: the pause has to have been several times as long as a collection takes.
 */
#include "config.h"
#include "host/collector.h"

#include <stddef.h>

#include "base/clock.h"

enum {
    QUIET_MS = 250,
    QUIET_TIMES = 5,  /* that of what a collection takes, in addition */
    SHARE_TIMES = 20, /* collections take no more than this part of the time */
    PATIENCE_MS = 30000,
    WAVES = 8, /* in a run of requests */
};

unsigned collector_wave(unsigned requests, unsigned at_once)
{
    unsigned share = requests / WAVES;
    return share > at_once ? share / at_once * at_once : at_once;
}

void collector_init(struct collector *collector, const struct collector_ops *ops, bool is_on)
{
    *collector = (struct collector){.ops = *ops, .is_on = is_on};
}

static void tell_done(struct collector *collector)
{
    collector_done *done = collector->done;
    collector->is_asked = false;
    collector->done = NULL;
    if (done)
        done(collector->done_context);
}

bool collector_ask(struct collector *collector, uint64_t ended, collector_done *done, void *context,
                   uint64_t now_ns)
{
    if (collector->done || collector->ops.send(collector->ops.context, collector->is_on))
        return false;
    collector->is_asked = true;
    collector->asked_ns = now_ns;
    collector->ended = ended;
    collector->done = done;
    collector->done_context = context;
    return true;
}

static bool is_time(const struct collector *collector, const struct collector_state *state,
                    uint64_t now_ns)
{
    uint64_t takes_ns = collector->duration_ns ? collector->duration_ns : state->expected_ns;
    uint64_t pause_ns = QUIET_MS * NS_PER_MS + (collector->is_on ? QUIET_TIMES * takes_ns : 0);
    return collector->was_quiet && now_ns - collector->quiet_ns >= pause_ns &&
           now_ns >= collector->ready_ns && state->ended != collector->ended;
}

void collector_tick(struct collector *collector, const struct collector_state *state,
                    uint64_t now_ns)
{
    if (collector->is_asked && now_ns - collector->asked_ns >= PATIENCE_MS * NS_PER_MS)
        tell_done(collector); /* the worker's loop is not free; an answer is still welcome */
    if (state->is_quiet && !collector->was_quiet)
        collector->quiet_ns = now_ns;
    collector->was_quiet = state->is_quiet;
    if (!collector->is_asked && is_time(collector, state, now_ns))
        collector_ask(collector, state->ended, NULL, NULL, now_ns);
}

void collector_answered(struct collector *collector, bool is_collected, uint64_t duration_ns,
                        uint64_t now_ns)
{
    collector->duration_ns = duration_ns;
    collector->ready_ns = now_ns + SHARE_TIMES * duration_ns;
    collector->ops.moment(collector->ops.context, is_collected);
    tell_done(collector);
}

void collector_worker_gone(struct collector *collector)
{
    collector->was_quiet = false;
    collector->duration_ns = collector->ready_ns = 0;
    tell_done(collector);
}
