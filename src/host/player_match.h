/*
 * What one looks for in a recording, as store/finder.h asks for it: whether something of the model
 * is another one than at the event before.
 */
#ifndef HOST_PLAYER_MATCH_H
#define HOST_PLAYER_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
#include "store/moments.h"
#include "tui/replay.h"

struct player_match {
    struct replay_wish wish;   /* of one of the moves from REPLAY_INVOCATION to REPLAY_GROWTH */
    bool has_mark, has_growth; /* REPLAY_STOP: these count, too */
    uint64_t mark;             /* id of an invocation */
    uint32_t growth_file, growth_line;

    /* Of the event before: */
    uint64_t ran;     /* of lines */
    uint64_t ended;   /* invocations */
    unsigned phase;   /* of an invocation */
    uint64_t stops;   /* ever */
    int64_t grown[2]; /* increment and what is alive of a line */
    bool was_told;    /* a moment since then was it, so that the event need not be, too */
};

/* A finder_match; `context` is a struct player_match. What a moment has told the event after it
 * does not tell again. */
bool player_match(void *context, const struct model *model, bool is_first);
/* The same of what came between two events, as a finder_match_moment. */
bool player_match_moment(void *context, const struct model *model, const struct moment *moment);
/* Is the invocation with that id over, as far as the model knows? */
bool player_is_over(const struct model *model, uint64_t id);

#endif
