/*
 * The host: one object that owns the app's description, the HTTP front end, the invocations, the
 * worker's supervisor and the model, all on one libuv loop and one thread. The three commands
 * (live.c, batch.c, start.c) are its users: each opens a host, listens to its events, and closes
 * it.
 *
 *   http_server -> routes -> invocations -> link -> worker
 *                                 |                    |
 *                               model  <-  drain  <- segment
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "base/error.h"
#include "host/options.h"
#include "model/model.h"

struct host;

/* What the commands hear of. All are called on the loop's thread, after the model was updated; any
 * may be NULL. They must not close the host. */
struct host_events {
    void *context;
    void (*loaded)(void *context); /* the functions were loaded, well or badly; once for a worker */
    void (*output)(void *context, const struct output_line *line);
    void (*begun)(void *context, const struct invocation *invocation);
    void (*ended)(void *context, const struct invocation *invocation);
    void (*worker_died)(void *context, int exit_status); /* 128 + signal, or the exit code */
};

/* Find the app, bind the port, spawn the worker. Returns the host, or NULL with `error` filled in:
 * no such path, no app, bad function.json, port busy, worker missing, ... `options` and `events`
 * are borrowed until host_close. */
struct host *host_open(uv_loop_t *loop, const struct options *options,
                       const struct host_events *events, struct error *error);
/* Stop accepting, answer what is pending with 503, end the worker (SHUTDOWN, then SIGTERM, then
 * SIGKILL), close every handle and run the loop until they are gone. The model stays, with the
 * worker's last numbers. A second call does nothing. */
void host_stop(struct host *host);
/* host_stop, then free all. NULL is fine. */
void host_close(struct host *host);

/* The model; it lives as long as the host. */
struct model *host_model(struct host *host);
/* Send the request of the options (or the selected function's default one) over HTTP to the
 * server's own port, as curl would; run a function that HTTP does not trigger with --data as its
 * payload. `done` (may be NULL) hears the status, or a negative errno where there was no answer.
 * Returns 0, or -1 with `error` filled in. */
int host_send_request(struct host *host, void (*done)(void *context, int status), void *context,
                      struct error *error);
/* Run a function whatever its trigger is, with a payload (may be NULL). `done` as above: 200 where
 * it succeeded. 0, or -1 with `error` filled in. */
int host_run_function(struct host *host, const char *name, const char *payload,
                      void (*done)(void *context, int status), void *context, struct error *error);

#endif
