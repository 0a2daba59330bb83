/*
 * The requests that pymemtop itself sends: those of --batch and of the screen. They go over HTTP to
 * the server's own port, as curl's would, so that what is measured is what a client causes; a
 * function that HTTP does not trigger is run as runs.h does.
 */
#ifndef HOST_REQUESTS_H
#define HOST_REQUESTS_H

#include <uv.h>

#include "base/error.h"
#include "host/app.h"
#include "host/auth.h"
#include "host/http_server.h"
#include "host/options.h"
#include "host/routes.h"
#include "host/runs.h"
#include "model/model.h"

struct requests {
    uv_loop_t *loop; /* all borrowed */
    const struct options *options;
    const struct app *app;
    struct model *model;
    struct runs *runs;
    const struct auth *auth; /* whose master key they bring */
    const struct http_server *http;
    unsigned open; /* that the loop still holds */
};

/* Hears the status, or a negative errno where there was no answer. */
typedef void requests_done(void *context, int status);

/* Send the request of the options or, where they give none, the default one of the function that
 * the command line names: its first method, its route with values made up. A function without HTTP
 * is run with --data as its payload. `done` may be NULL. 0, or -1 with `error`. */
int requests_send(struct requests *requests, requests_done *done, void *context,
                  struct error *error);
/* Send what `line` says, as "POST /api/X?a=b" (EXIT_STATUS_USAGE where it is none), with --data and
 * --header. */
int requests_send_line(struct requests *requests, const char *line, requests_done *done,
                       void *context, struct error *error);
/* Describe in the model, whose functions are the app's, what each is sent where the screen's user
 * says no more, as far as that is known. The function that --request is for is selected where none
 * is. */
void requests_describe(const struct requests *requests, const struct routes *routes);

#endif
