/*
 * The model as it was at an event of a recording, forward and backward. It can be shown and
 * searched like the live one; nothing in it runs.
 *
 * The file may come from anywhere, and may be written meanwhile: whatever it holds, a call gives
 * the model of an event, or an error that says what is wrong with the file. What the event's model
 * would have and the file has no longer (output that was thinned) is left out of it.
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

struct replay;

/* Open the recording at its first event; NULL with `error`. A recording without events is such an
 * error. */
struct replay *replay_open(const char *path, struct error *error);
/* NULL is fine. */
void replay_close(struct replay *replay);
/* The model at the current event. Borrowed until another event is current, and it is another one
 * then. */
struct model *replay_model(const struct replay *replay);
/* The current event, its time, and what the clock of the model (start_ns, the timeline) was. */
uint64_t replay_event(const struct replay *replay);
uint64_t replay_realtime_ns(const struct replay *replay);
uint64_t replay_monotonic_ns(const struct replay *replay);
/* What was run; "" where it is not told. */
const char *replay_command(const struct replay *replay);
/* The events at the ends of what there is, now. Between them there may be gaps, where the recording
 * was thinned. */
uint64_t replay_first(struct replay *replay);
uint64_t replay_last(struct replay *replay);
/* The latest event at that time, or the first one where there is none. */
uint64_t replay_event_at(struct replay *replay, uint64_t realtime_ns);
/* Make `event` current, or the latest one before it, or the first one. 0, or -1 with `error`: then
 * the one that was current is still. */
int replay_seek(struct replay *replay, uint64_t event, struct error *error) ATTR_CHECKED;
/* Go to the event after the current one, or before it. 1, 0 where there is none, -1 with `error`.
 */
int replay_step(struct replay *replay, bool forward, struct error *error) ATTR_CHECKED;

#endif
