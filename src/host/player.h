/*
 * A recording on the screen: what keys ask for (tui/replay.h) is sought in the file
 * (store/replay.h, store/finder.h), and the model of that event is shown. What takes long is sought
 * in slices, on the loop.
 *
 * With a model that is live it is the recording of the app that runs on meanwhile: the first row
 * counts its new invocations, and one can go back to it.
 *
 *   player_new, player_act as often as there is something, player_close, the loop until its handles
 *   are closed, player_free
 *
 * The loop's thread.
 */
#ifndef HOST_PLAYER_H
#define HOST_PLAYER_H

#include <stdbool.h>
#include <uv.h>

#include "base/attributes.h"
#include "base/error.h"
#include "host/recorder.h"
#include "host/screen.h"

struct player;

struct player_setup {
    uv_loop_t *loop;           /* borrowed until the player is freed, as all here */
    struct screen *screen;     /* it is open */
    struct model *live;        /* NULL: nothing runs */
    struct recorder *recorder; /* of what is live */
};

struct player *player_new(const struct player_setup *setup);
/* Show the recording at its last event. 0, or -1 with `error`: then nothing has changed. */
int player_open(struct player *player, const char *path, struct error *error) ATTR_CHECKED;
/* Do what the action asks for. False where it is about what is live. */
bool player_act(struct player *player, enum ui_action action);
/* Whatever is shown, nothing is sought any more, and the handles are closed. NULL is fine. */
void player_close(struct player *player);
/* NULL is fine. The screen shows nothing any more. */
void player_free(struct player *player);

#endif
