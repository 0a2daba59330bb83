/*
 * Pending invocations, from their arrival to their end: of HTTP requests, and of functions that
 * something else triggers. A call is sent to the worker as soon as one is ready, and answered when
 * the worker responds, when it dies (502), when the function's time is up (500, and the worker is
 * killed, as Azure does), or when no worker gets ready in time (503). Each becomes an invocation of
 * the model, and is answered exactly once. What a function has set for its output bindings is shown
 * as output, and not sent.
 *
 * Clients' requests can be limited in number: those that are one too many become no invocation and
 * are answered with 429 at once; and of those that are taken, only some are sent at a time.
 *
 * What a call needs from the rest of the host comes in as functions, so that it can be tested
 * without a socket.
 */
#ifndef HOST_CALLS_H
#define HOST_CALLS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "host/body.h"
#include "host/notes.h"
#include "model/model.h"

struct calls;

struct calls_ops {
    void *context;
    struct body_store *bodies; /* borrowed */
    /* Send INVOKE; json and body (or NULL) are borrowed. 0 or a negative errno. */
    int (*send)(void *context, const json_t *json, struct body *body);
    /* Answer the request `handle`. headers: [[name, value]...] or NULL; body: borrowed, or NULL. */
    void (*answer)(void *context, void *handle, int status, const json_t *headers,
                   struct body *body);
    /* A call has been at it for too long; kill the worker. */
    void (*overdue)(void *context);
    void (*begun)(void *context, const struct invocation *invocation);
    void (*ended)(void *context, const struct invocation *invocation);
};

struct calls_request {
    void *handle;         /* what `answer` is to be told; NULL: nobody waits for an answer */
    const char *function; /* name */
    const char *shown;    /* "GET /api/X?a=b", "timerTrigger" */
    const char *reason;   /* why it is run, in the console's words; NULL: as for HTTP */
    json_t *json;         /* INVOKE's object without number, id and function; ownership moves */
    struct body *body;    /* borrowed, or NULL; a reference is held until it is sent */
    void (*done)(void *context, int status); /* where `handle` is NULL: it is over; or NULL */
    void *done_context;
    bool limited; /* the limits in number hold for it */
};

/* What is said where it takes too long. */
#define CALLS_NO_WORKER                                                                            \
    "no worker was ready in time; see the output for why, or wait longer with --timeout"

struct calls_limits {
    uint64_t timeout_ns;     /* of a function; UINT64_MAX for none */
    uint64_t worker_wait_ns; /* for a worker to get ready */
    size_t outstanding_max;  /* limited calls at a time, from 1; SIZE_MAX for no limit */
    size_t concurrent_max;   /* of them, those that are sent; from 1; SIZE_MAX for no limit */
};

struct calls *calls_new(struct model *model, struct notes *notes, const struct calls_ops *ops,
                        const struct calls_limits *limits);
/* For what comes from now on; calls that wait keep their deadlines. */
void calls_set_limits(struct calls *calls, const struct calls_limits *limits);
/* Every call must have been answered (calls_refuse_all). */
void calls_free(struct calls *calls);
/* Begin a call; may answer at once. */
void calls_begin(struct calls *calls, const struct calls_request *request, uint64_t now_ns);
/* An invocation that fails before it begins, since its function could not be loaded: 500. */
void calls_fail(struct calls *calls, const struct calls_request *request, const char *problem,
                uint64_t now_ns);
/* A worker has loaded the functions: what waited is sent. */
void calls_worker_ready(struct calls *calls, uint64_t now_ns);
/* A RESPONSE frame came. */
void calls_response(struct calls *calls, const json_t *json, struct body *body, uint64_t now_ns);
/* The worker died, as `words` say: 502 for what it had; what waited goes on waiting. */
void calls_worker_died(struct calls *calls, const char *words, uint64_t now_ns);
/* The worker is to be replaced: what it has is still awaited, what comes waits for the next one. */
void calls_worker_leaves(struct calls *calls);
/* Calls that a worker has. */
size_t calls_sent(const struct calls *calls);
/* Append their functions and ids to `out`: "Functions.One (Id=...), Functions.Two (Id=...)"; the
 * first three, and how many others there are. Nothing where there is none. */
void calls_name_sent(const struct calls *calls, struct buf *out);
/* From now on the time of call `number` does not run, nor that of those which the worker has not
 * begun, since they may wait for its thread; with `all` nobody's. `any` false: everybody's runs. */
struct calls_hold {
    bool any, all;
    uint64_t number;
};
void calls_hold(struct calls *calls, const struct calls_hold *hold, uint64_t now_ns);
/* See to the deadlines. */
void calls_tick(struct calls *calls, uint64_t now_ns);
/* Answer everything with 503. */
void calls_refuse_all(struct calls *calls, const char *words, uint64_t now_ns);
size_t calls_pending(const struct calls *calls);

#endif
