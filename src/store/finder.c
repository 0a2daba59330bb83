/*
 * Forward, one event after another is read, and of each the moments before it. Backward, the same
 * is done in stretches: from the latest key frame before the end of what is still to be looked at
 * up to that end, and of these the last match counts; where there is none, that key frame is the
 * next end.
 */
#include "config.h"
#include "store/finder.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/replay.h"

enum { EVENTS_A_LOOK = 8 }; /* at the clock */

struct finder {
    struct replay *replay;
    finder_match *match;
    finder_match_moment *match_moment;
    void *context;
    bool forward, is_placed;
    struct replay_place from;
    uint64_t begin, end; /* backward: the stretch; what it begins with is not looked for in it */
    struct replay_place found; /* the last match of the stretch; event 0 for none */
    struct moments moments;    /* before the event that is looked at */
};

struct finder *finder_new(const char *path, struct error *error)
{
    struct replay *replay = replay_open(path, error);
    if (!replay)
        return NULL;
    struct finder *finder = mem_calloc(1, sizeof *finder);
    finder->replay = replay;
    return finder;
}

void finder_free(struct finder *finder)
{
    if (!finder)
        return;
    replay_close(finder->replay);
    moments_fini(&finder->moments);
    free(finder);
}

void finder_begin(struct finder *finder, struct replay_place from, bool forward,
                  finder_match *match, finder_match_moment *moment, void *context)
{
    finder->from = from;
    finder->end = from.moment ? from.event + 1 : from.event;
    finder->forward = forward;
    finder->match = match;
    finder->match_moment = moment;
    finder->context = context;
    finder->is_placed = false;
    finder->found = (struct replay_place){0, 0};
}

void finder_only_lines(struct finder *finder, uint64_t serial)
{
    replay_only_lines(finder->replay, serial);
}

struct replay_place finder_place(const struct finder *finder)
{
    return finder->found.event ? finder->found : replay_place(finder->replay);
}

/* ---- matches ---- */

/* Of the moments before the event after `before`, those that are looked for are first..last, from
 * 1. */
static void bounds(const struct finder *finder, uint64_t before, uint64_t event, uint64_t *first,
                   uint64_t *last)
{
    uint64_t moment = finder->from.moment, count = finder->moments.count;
    bool holds_from = before == finder->from.event;
    *first = finder->forward && holds_from ? moment + 1 : 1;
    *last = count;
    if (finder->forward)
        return;
    if (holds_from)
        *last = moment ? moment - 1 : 0;
    else if (event == finder->from.event && moment == 0)
        *last = count ? count - 1 : 0;
}

/* The first match among them, or backward the last one; 0 for none. All are asked about. */
static uint64_t look_at_moments(const struct finder *finder, uint64_t first, uint64_t last)
{
    const struct model *model = replay_model(finder->replay);
    uint64_t found = 0;
    for (uint64_t i = 1; i <= finder->moments.count; i++)
        if (finder->match_moment(finder->context, model, &finder->moments.items[i - 1]) &&
            i >= first && i <= last && (found == 0 || !finder->forward))
            found = i;
    return found;
}

static bool look(struct finder *finder, bool is_first)
{
    bool matches = finder->match(finder->context, replay_model(finder->replay), is_first);
    return matches && !is_first;
}

static bool is_before_from(const struct finder *finder, uint64_t event)
{
    return event < finder->from.event || (event == finder->from.event && finder->from.moment > 0);
}

/* What matches of the current event, whose moments come after the event `before`, is what was
 * found. */
static int look_around(struct finder *finder, uint64_t before, struct error *error)
{
    uint64_t event = replay_event(finder->replay), found = 0, first, last;
    if (finder->match_moment) {
        if (replay_read_moments(finder->replay, event, &finder->moments, error))
            return -1;
        bounds(finder, before, event, &first, &last);
        found = look_at_moments(finder, first, last);
    }
    bool is_match = look(finder, false) && (finder->forward || is_before_from(finder, event));
    bool is_moment = found && found < finder->moments.count;
    if (is_moment && (finder->forward || !is_match))
        finder->found = (struct replay_place){before, found};
    else if (found || is_match)
        finder->found = (struct replay_place){event, 0};
    return 0;
}

/* To where the next stretch begins. */
static enum finder_state place(struct finder *finder, struct error *error)
{
    uint64_t at = finder->from.event;
    if (!finder->forward) {
        uint64_t first = replay_first(finder->replay);
        at = replay_keyframe_before(finder->replay, finder->end);
        at = at < first ? first : at;
        if (at >= finder->end)
            return FINDER_ENDED;
    }
    if (replay_seek(finder->replay, at, error))
        return FINDER_FAILED;
    finder->is_placed = true;
    finder->begin = replay_event(finder->replay);
    look(finder, true);
    return FINDER_SEARCHES;
}

/* A stretch has no match: the one before it is next, which ends with what this one began with. */
static enum finder_state end_stretch(struct finder *finder)
{
    finder->end = finder->begin;
    finder->is_placed = false;
    return finder->found.event ? FINDER_FOUND : FINDER_SEARCHES;
}

static enum finder_state step(struct finder *finder, struct error *error)
{
    if (!finder->is_placed)
        return place(finder, error);
    if (!finder->forward && replay_event(finder->replay) >= finder->end)
        return end_stretch(finder);
    uint64_t before = replay_event(finder->replay);
    int result = replay_step(finder->replay, true, error);
    uint64_t event = replay_event(finder->replay);
    if (result < 0)
        return FINDER_FAILED;
    if (!finder->forward && (result == 0 || event > finder->end))
        return end_stretch(finder);
    if (result == 0)
        return FINDER_ENDED;
    if (look_around(finder, before, error))
        return FINDER_FAILED;
    return finder->forward && finder->found.event ? FINDER_FOUND : FINDER_SEARCHES;
}

enum finder_state finder_go(struct finder *finder, uint64_t slice_ns, struct error *error)
{
    enum finder_state state = FINDER_SEARCHES;
    uint64_t until_ns = clock_monotonic_ns() + slice_ns;
    if (replay_hold(finder->replay, error))
        return FINDER_FAILED;
    do {
        for (int i = 0; i < EVENTS_A_LOOK && state == FINDER_SEARCHES; i++)
            state = step(finder, error);
    } while (state == FINDER_SEARCHES && clock_monotonic_ns() < until_ns);
    replay_release(finder->replay);
    return state;
}
