/*
 * Searching a recording for a place, forward or backward, in slices, so that who searches can do
 * other things meanwhile. It reads on its own: the place that is shown stays what it is.
 *
 * Of an event first each moment is asked about that came before it (store/moments.h), then the
 * event itself; what matches is a place. The last of the moments is the event, as a place.
 *
 * One thread.
 */
#ifndef STORE_FINDER_H
#define STORE_FINDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/model.h"
#include "store/replay.h"

struct finder;

/* Is it there? The models are those of events in ascending order, each the one after the one
 * before; with `is_first` there was none before, and what is returned does not count. */
typedef bool finder_match(void *context, const struct model *model, bool is_first);

/* Is it that moment? The model is that of the event after it. */
typedef bool finder_match_moment(void *context, const struct model *model,
                                 const struct moment *moment);

/* NULL with `error`, as replay_open(). */
struct finder *finder_new(const char *path, struct error *error);
/* NULL is fine. */
void finder_free(struct finder *finder);
/* Look for the first match after the place `from`, or for the last one before it. `moment` may be
 * NULL: then events alone are looked at. */
void finder_begin(struct finder *finder, struct replay_place from, bool forward,
                  finder_match *match, finder_match_moment *moment, void *context);
/* The models that are looked at need not have the lines of invocations that are over, but for that
 * one's (serial; 0: none's). For the searches from then on. */
void finder_only_lines(struct finder *finder, uint64_t serial);
enum finder_state { FINDER_SEARCHES, FINDER_FOUND, FINDER_ENDED, FINDER_FAILED };
/* Go on for about that time of the monotonic clock. FINDER_FAILED with `error`. */
enum finder_state finder_go(struct finder *finder, uint64_t slice_ns,
                            struct error *error) ATTR_CHECKED;
/* Where it was found; while it searches, the event that was looked at. */
struct replay_place finder_place(const struct finder *finder);

#endif
