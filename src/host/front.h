/*
 * What a request to the server means: a browser's preflight, a function's call, an admin endpoint,
 * the small page at /, or 404; and 401 where a key is missing. While the app's functions are not
 * known yet, requests are held back.
 */
#ifndef HOST_FRONT_H
#define HOST_FRONT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/admin.h"
#include "host/app.h"
#include "host/auth.h"
#include "host/calls.h"
#include "host/cors.h"
#include "host/http_server.h"
#include "host/notes.h"
#include "host/routes.h"
#include "model/model.h"

struct front {
    const struct app *app; /* all borrowed */
    struct model *model;
    struct routes *routes; /* targets are indices of the functions of app and of model */
    struct calls *calls;
    struct notes *notes;
    const struct admin *admin;
    const struct auth *auth;
    const struct cors *cors;
    uint64_t wait_ns; /* how long requests are held back */
    bool holding;
    struct held *held; /* owned; requests that are held back, oldest first */
    size_t held_count;
    uint64_t ticked_ns;
};

/* From now on hold requests back, until front_release; nothing where `hold` is false. */
void front_hold(struct front *front, bool hold);
/* The functions are known: serve what was held back, and what comes. */
void front_release(struct front *front);
/* Answer with 503 what is held for longer than a worker may take to get ready. Time does not run
 * while somebody has stopped the worker (`stands`). */
void front_tick(struct front *front, bool stands, uint64_t now_ns);
/* Answer with 503 all that is held. */
void front_refuse_held(struct front *front, const char *words);
/* Nothing may be held any more. */
void front_fini(struct front *front);

/* Answer the request, begin its call, or hold it back. */
void front_serve(struct front *front, struct http_request *request);
/* Add to an answer what browsers ask for (cors.h), and the customHeaders of host.json that it does
 * not have, as struct http_handler has it. */
void front_answering(const struct front *front, const struct http_request *request,
                     struct http_answer *answer);
/* The answer to a call, as struct calls_ops has it; `handle` is the struct http_request. */
void front_answer(struct front *front, void *handle, int status, const json_t *headers,
                  struct body *body);

#endif
