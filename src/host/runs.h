/*
 * Functions that are run without an HTTP request: by their timer, by POST /admin/functions/NAME, by
 * a key on the screen. Nobody waits for an answer; a run that fails is made again as the function's
 * retry policy says.
 */
#ifndef HOST_RUNS_H
#define HOST_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "base/error.h"
#include "host/app.h"
#include "host/calls.h"
#include "host/notes.h"
#include "model/model.h"

struct run;

struct runs {
    uv_loop_t *loop; /* all borrowed */
    const struct app *app;
    struct model *model;
    struct calls *calls;
    struct body_store *bodies;
    struct notes *notes;
    struct run *first; /* owned */
    unsigned open;     /* runs that are not over, and those that the loop still holds */
    bool holding;      /* the functions are not known: what is to be run waits */
    bool stopped;
};

struct runs_request {
    const char *name;    /* of the function, in any case */
    const char *payload; /* copied; NULL for none; the body of a POST for one that HTTP triggers */
    size_t len;
    const char *reason; /* in the console's words; NULL: as for a call by hand */
    /* It is over: 200 where it succeeded, else another status. May be NULL. */
    void (*done)(void *context, int status);
    void *context;
};

/* 0, or -1 with `error` (EXIT_STATUS_APP) where there is no such function; `done` is not called
 * then. While the functions are not known, the run waits, and ends with 404 where there is none. */
int runs_begin(struct runs *runs, const struct runs_request *request, struct error *error);
/* The functions are not known, since the app is loaded anew, until runs_release. */
void runs_hold(struct runs *runs);
void runs_release(struct runs *runs);
/* Nothing is tried again from now on; what waits for that is over. */
void runs_stop(struct runs *runs);

#endif
