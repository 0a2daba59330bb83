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
struct stepper;

/* What the commands hear of. All are called on the loop's thread, after the model was updated; any
 * may be NULL. They must not close the host. */
struct host_events {
    void *context;
    bool attended; /* somebody gives orders to host_stepper() before the app is loaded */
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

/* What stops threads and lets them go on, as long as the host lives. */
struct stepper *host_stepper(struct host *host);
/* The model; it lives as long as the host. */
struct model *host_model(struct host *host);
/* What hears of a request's end: its status, or a negative errno where there was no answer. */
typedef void host_done(void *context, int status);
/* requests_send, requests_send_line and runs_begin, with their conditions. `done` may be NULL. */
int host_send_request(struct host *host, host_done *done, void *context, struct error *error);
int host_send_line(struct host *host, const char *line, host_done *done, void *context,
                   struct error *error);
int host_run_function(struct host *host, const char *name, const char *payload, host_done *done,
                      void *context, struct error *error);
/* Hears that what was asked of the worker is answered, or that there will be no answer. */
typedef void host_answered(void *context);
/* Have the worker run its collector now, where no invocation runs, and judge what is left then
 * (model.leaks). False where that is not to be had: no worker, or no heap counted; `done` is not
 * called then. */
bool host_collect(struct host *host, host_answered *done, void *context);
/* Ask who holds what the line has alive: the answer, or why there is none, comes into
 * model.holders. What was asked before is not wanted any more. */
void host_ask_holders(struct host *host, uint32_t file, uint32_t line);
/* It is not wanted any more. */
void host_stop_holders(struct host *host);
/* Count what is alive by line and type, for the mark or to compare it with that: the answer, or why
 * there is none, comes into model.live. */
void host_count_alive(struct host *host, bool is_mark);
/* It is not wanted any more. */
void host_stop_counting(struct host *host);
/* Ask the same of the lines that leak: the answers come into model.evidence, and then `done` (may
 * be NULL) hears of it. False where none leaks or nobody can be asked; `done` is not called then.
 */
bool host_ask_evidence(struct host *host, host_answered *done, void *context);
/* Whether a console shows the line: what the app and its calls say by logging.logLevel of
 * host.json, pymemtop's own words from LEVEL_INFO on; --verbose lowers both. */
bool host_shows(const struct host *host, const struct output_line *line);

#endif
