/*
 * What one looks for in a recording, as store/finder.h asks for it: whether something of the model
 * is another one than at the event before.
 */
#ifndef HOST_PLAYER_MATCH_H
#define HOST_PLAYER_MATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "model/model.h"
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
};

/* A finder_match; `context` is a struct player_match. */
bool player_match(void *context, const struct model *model, bool is_first);
/* Is the invocation with that id over, as far as the model knows? */
bool player_is_over(const struct model *model, uint64_t id);

#endif
