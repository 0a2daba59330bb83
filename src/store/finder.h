/*
 * Searching a recording for an event, forward or backward, in slices, so that who searches can do
 * other things meanwhile. It reads on its own: the event that is shown stays what it is.
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

struct finder;

/* Is it there? The models are those of events in ascending order, each the one after the one
 * before; with `is_first` there was none before, and what is returned does not count. */
typedef bool finder_match(void *context, const struct model *model, bool is_first);

/* NULL with `error`, as replay_open(). */
struct finder *finder_new(const char *path, struct error *error);
/* NULL is fine. */
void finder_free(struct finder *finder);
/* Look for the first match after the event `from`, or for the last one before it. */
void finder_begin(struct finder *finder, uint64_t from, bool forward, finder_match *match,
                  void *context);
enum finder_state { FINDER_SEARCHES, FINDER_FOUND, FINDER_ENDED, FINDER_FAILED };
/* Go on for about that time of the monotonic clock. FINDER_FAILED with `error`. */
enum finder_state finder_go(struct finder *finder, uint64_t slice_ns,
                            struct error *error) ATTR_CHECKED;
/* The event that was found; while it searches, the one that was looked at. */
uint64_t finder_event(const struct finder *finder);

#endif
