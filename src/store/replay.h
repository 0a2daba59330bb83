/*
 * The model as it was at an event of a recording, forward and backward. It can be shown and
 * searched like the live one; nothing in it runs.
 *
 * The file may come from anywhere, and may be written meanwhile: whatever it holds, a call gives
 * the model of an event, or an error that says what is wrong with the file. What the event's model
 * would have and the file has no longer (output that was thinned) is left out of it.
 *
 * Between two events are the moments that came then (store/moments.h): each but the last of them,
 * which is the event after them, is a place that one can go to, too. What is known there is less
 * (store/between.h); it is not more than there was.
 *
 * One thread.
 */
#ifndef STORE_REPLAY_H
#define STORE_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/model.h"
#include "store/moments.h"

struct replay;

/* Where one is in a recording. */
struct replay_place {
    uint64_t event;
    uint64_t moment; /* 0: at the event; else after so many of the moments that follow it */
};

/* Open the recording at its first event; NULL with `error`. A recording without events is such an
 * error. */
struct replay *replay_open(const char *path, struct error *error);
/* NULL is fine. */
void replay_close(struct replay *replay);
/* The model at the current event. Borrowed until another event is current, and it is another one
 * then. */
struct model *replay_model(const struct replay *replay);
/* The current event, or the one before the current moment; and the time of the current place, and
 * what the clock of the model (start_ns, the timeline) was. */
uint64_t replay_event(const struct replay *replay);
struct replay_place replay_place(const struct replay *replay);
uint64_t replay_realtime_ns(const struct replay *replay);
uint64_t replay_monotonic_ns(const struct replay *replay);
/* What was run; "" where it is not told. */
const char *replay_command(const struct replay *replay);
/* What was installed for it; none where that is not told. */
const struct packages *replay_packages(const struct replay *replay);
/* The events at the ends of what there is, now. Between them there may be gaps, where the recording
 * was thinned. */
uint64_t replay_first(struct replay *replay);
uint64_t replay_last(struct replay *replay);
/* The latest event at that time, or the first one where there is none. */
uint64_t replay_event_at(struct replay *replay, uint64_t realtime_ns);
/* From now on the model need not have the lines of invocations that are over, but for that one's
 * (serial; 0: none's): reading takes less time. */
void replay_only_lines(struct replay *replay, uint64_t serial);
/* Until it is released, what there is stays what it is now, though the recording goes on: many
 * steps then take less time. 0, or -1 with `error`. */
int replay_hold(struct replay *replay, struct error *error) ATTR_CHECKED;
void replay_release(struct replay *replay);
/* The latest event before that one that can be gone to without another one; 0 where there is none.
 */
uint64_t replay_keyframe_before(struct replay *replay, uint64_t event);
/* The event of the next marker that the user has set, or of the one before; 0 where there is none.
 */
uint64_t replay_marker(struct replay *replay, uint64_t event, bool forward);
/* The first event at that time or later, or the last one where there is none. */
uint64_t replay_event_from(struct replay *replay, uint64_t realtime_ns);
/* The time of an event that there is, else of the one before it; 0 where there is none. */
uint64_t replay_time_of(struct replay *replay, uint64_t event);
/* A reading of the worker's memory; the time is of the model's clock. */
typedef void replay_sample(void *context, int64_t row, uint64_t time_ns, int64_t bytes);
/* Hand over the readings after that row (0: from the first one on), `rows` at the most: how many it
 * were, or -1 with `error`. */
int64_t replay_read_samples(struct replay *replay, int64_t row, int64_t rows, replay_sample *take,
                            void *context, struct error *error) ATTR_CHECKED;
/* Make `event` current, or the latest one before it, or the first one. 0, or -1 with `error`: then
 * the one that was current is still. */
int replay_seek(struct replay *replay, uint64_t event, struct error *error) ATTR_CHECKED;
/* Go to the event after the current place, or before it. 1, 0 where there is none, -1 with `error`.
 */
int replay_step(struct replay *replay, bool forward, struct error *error) ATTR_CHECKED;

/* ---- between events ---- */

/* The moments between the event before that one and that one, which there is: 0, or -1 with
 * `error`. Where they are not known (any more) there are none. */
int replay_read_moments(struct replay *replay, uint64_t event, struct moments *moments,
                        struct error *error) ATTR_CHECKED;
/* As replay_seek(), and then, where there are so many, to that moment after the event. */
int replay_go(struct replay *replay, struct replay_place place, struct error *error) ATTR_CHECKED;
/* As replay_step(), but to the next place, be it a moment or an event. */
int replay_step_moment(struct replay *replay, bool forward, struct error *error) ATTR_CHECKED;
/* What came last before the current place: the moment that it is after, or the last one before the
 * current event. Borrowed until another place is current; NULL where none is known. */
const struct moment *replay_moment(struct replay *replay);
/* At a moment: how many there are between the events around it; 0 at an event. */
size_t replay_moment_count(const struct replay *replay);

#endif
