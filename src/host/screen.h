/*
 * The screen on a loop: the terminal, its keys and signals, the frames, the key script, the editor.
 * It shows a model and knows nothing of where that comes from; what a key asks of the app is handed
 * to the owner.
 *
 *   screen_new, screen_open, screen_run, screen_give_back, screen_close, the loop until its handles
 *   are closed, screen_free
 *
 * Needs the main thread; setlocale(3) was called. There is one terminal, so there is one screen at
 * a time.
 */
#ifndef HOST_SCREEN_H
#define HOST_SCREEN_H

#include <stdbool.h>
#include <uv.h>

#include "base/error.h"
#include "model/model.h"
#include "tui/ui.h"

struct screen;

struct screen_setup {
    uv_loop_t *loop;     /* borrowed until the screen is freed, as all here */
    struct model *model; /* what is shown */
    bool ascii;          /* draw with ASCII alone, whatever the locale */
    bool color;          /* unless NO_COLOR forbids it */
    void *context;       /* of the two below */
    /* UI_REQUEST, UI_RUN, UI_SELECT, UI_PAUSE to UI_REPLAY, with what screen_ui() says of them.
     */
    void (*act)(void *context, enum ui_action action);
    /* A frame is to be drawn: the last moment to change the model. May be NULL. */
    void (*before_frame)(void *context);
    /* SIGUSR1 or SIGUSR2 was sent to this process: where NULL, it quits. */
    void (*pass_signal)(void *context, int number);
};

/* Can a screen be shown here, with the keys of a script (tui/script.h; NULL: without)? Nothing is
 * written. NULL with `error`, which also takes what goes wrong later (borrowed). */
struct screen *screen_new(const char *script, struct error *error);
/* Take the terminal, and start to watch it. 0, or -1 with `error` (the terminal may be taken). */
int screen_open(struct screen *screen, const struct screen_setup *setup);
/* Run the loop until the user quits: 0, or -1 with `error` where a key script failed. */
int screen_run(struct screen *screen);
/* Show another model from now on. */
void screen_show(struct screen *screen, struct model *model);
/* The display, to say something on it. It is the screen's. */
struct ui *screen_ui(struct screen *screen);
/* The user has quit, or it was given back. */
bool screen_is_over(const struct screen *screen);
/* Give the terminal back, whatever else is still to be closed: a second Ctrl-C in that time ends
 * the program at once, by the signal's default. Also after a screen_open that failed. */
void screen_give_back(struct screen *screen);
/* Close the handles; the loop has to run to be rid of them. */
void screen_close(struct screen *screen);
/* NULL is fine. */
void screen_free(struct screen *screen);

#endif
