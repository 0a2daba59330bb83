/*
 * What a host is made of: for host.c, which puts it together, and for the files that share the work
 * with it, host_worker.c, host_stop.c and host_reload.c.
 */
#ifndef HOST_HOST_PARTS_H
#define HOST_HOST_PARTS_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "host/admin.h"
#include "host/app.h"
#include "host/auth.h"
#include "host/body.h"
#include "host/calls.h"
#include "host/collector.h"
#include "host/cors.h"
#include "host/drain.h"
#include "host/environment.h"
#include "host/front.h"
#include "host/host.h"
#include "host/http_server.h"
#include "host/inquirer.h"
#include "host/limit.h"
#include "host/notes.h"
#include "host/requests.h"
#include "host/runs.h"
#include "host/schedule.h"
#include "host/stepper.h"
#include "host/supervisor.h"
#include "host/watch.h"

struct host {
    uv_loop_t *loop;
    const struct options *options;    /* borrowed */
    const struct host_events *events; /* borrowed */
    struct app app;
    struct cors cors;
    struct auth auth;
    struct environment environment;
    struct body_store bodies;
    char *worker_program;      /* owned */
    char **worker_environment; /* owned */
    struct model *model;
    struct notes notes;
    struct runs runs;
    struct schedule schedule;
    bool scheduled; /* the timers are those of `app` */
    struct admin admin;
    struct front front;
    struct requests requests;
    struct routes *routes;
    struct calls *calls;
    struct drain *drain;
    struct collector collector;
    struct inquirer inquirer;
    struct stepper *stepper;
    struct http_server *http;
    struct supervisor *supervisor;
    struct watch *watch;
    struct app next_app; /* to be taken when nothing runs any more; where `reloading` */
    bool reloading;
    bool replacing; /* the worker that runs is not that of `app` any more */
    uint64_t reload_deadline_ns;
    struct limit *limit; /* owned, until its end in the loop; NULL without one */
    uv_timer_t tick;
    uint64_t tick_ms; /* 0 while the timer is not initialised */
    uint64_t files_checked_ns;
    unsigned open; /* parts that the loop still holds */
    bool closing;
    bool told_lost_lines;
    bool told_approximate;
    bool told_limit;
};

/* ---- host.c ---- */

/* What the settings of the app say about calls. */
struct calls_limits host_call_limits(const struct host *host);
/* A part has something to say: a warning. `context` is the host. */
void host_on_notice(void *context, const char *text);

/* ---- host_worker.c ---- */

/* Set the limit that the options give; before a worker is started. */
void host_make_limit(struct host *host);
/* How to run the worker of host->app. */
struct supervisor_setup host_worker_setup(struct host *host);
int host_start_worker(struct host *host, struct error *error);
/* Make the routes and the model's functions those of host->app. */
int host_publish_functions(struct host *host, struct error *error);
/* Bring what the worker has written into the model. */
void host_drain(struct host *host);
/* Bring the timer to the pace that fits what goes on. */
void host_pace(struct host *host);
void host_on_tick(uv_timer_t *timer);

/* ---- host_collect.c ---- */

void host_make_collector(struct host *host);
void host_tick_collector(struct host *host, uint64_t now_ns);
/* A COLLECTED frame came. */
void host_on_collected(struct host *host, const json_t *json);

/* ---- host_holders.c ---- */

void host_make_inquirer(struct host *host);
void host_tick_inquiry(struct host *host, uint64_t now_ns);

/* ---- host_stop.c ---- */

/* After the drain. */
void host_make_stepper(struct host *host);
/* No call can get on, since a thread is stopped. */
bool host_holds_all(const struct host *host);
/* Let the time of calls stand still, or run, as what is stopped wants it. */
void host_hold_calls(struct host *host);

/* ---- host_reload.c ---- */

/* Watch the app's files; before its code is read. */
void host_watch_files(struct host *host);
/* Take the app that waits for it, where one does, as soon as nothing runs. */
void host_reload_when_idle(struct host *host, uint64_t now_ns);

#endif
