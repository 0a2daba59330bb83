/*
 * Forward, one event after another is read. Backward, the same is done in stretches: from the
 * latest key frame before the end of what is still to be looked at up to that end, and of these
 * events the last match counts; where there is none, that key frame is the next end.
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
    void *context;
    bool forward, is_placed;
    uint64_t from;       /* forward: where it begins */
    uint64_t begin, end; /* backward: the stretch; what it begins with is not looked for in it */
    uint64_t found;      /* the last match of the stretch; 0 for none */
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
    free(finder);
}

void finder_begin(struct finder *finder, uint64_t from, bool forward, finder_match *match,
                  void *context)
{
    finder->from = from;
    finder->end = from > 0 ? from - 1 : 0;
    finder->forward = forward;
    finder->match = match;
    finder->context = context;
    finder->is_placed = false;
    finder->found = 0;
}

uint64_t finder_event(const struct finder *finder)
{
    return finder->found ? finder->found : replay_event(finder->replay);
}

static bool look(struct finder *finder, bool is_first)
{
    bool matches = finder->match(finder->context, replay_model(finder->replay), is_first);
    return matches && !is_first;
}

/* To where the next stretch begins. */
static enum finder_state place(struct finder *finder, struct error *error)
{
    uint64_t at = finder->from;
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
    return finder->found ? FINDER_FOUND : FINDER_SEARCHES;
}

static enum finder_state step(struct finder *finder, struct error *error)
{
    if (!finder->is_placed)
        return place(finder, error);
    if (!finder->forward && replay_event(finder->replay) >= finder->end)
        return end_stretch(finder);
    int result = replay_step(finder->replay, true, error);
    uint64_t event = replay_event(finder->replay);
    if (result < 0)
        return FINDER_FAILED;
    if (!finder->forward && (result == 0 || event > finder->end))
        return end_stretch(finder);
    if (result == 0)
        return FINDER_ENDED;
    if (look(finder, false))
        finder->found = event;
    return finder->forward && finder->found ? FINDER_FOUND : FINDER_SEARCHES;
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
