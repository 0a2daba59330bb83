/*
 * What a request to the server means: a function's call, the small page at /, or 404.
 */
#ifndef HOST_FRONT_H
#define HOST_FRONT_H

#include <jansson.h>
#include <stddef.h>

#include "host/calls.h"
#include "host/http_server.h"
#include "host/notes.h"
#include "host/routes.h"
#include "model/model.h"

struct front {
    struct model *model;   /* all borrowed */
    struct routes *routes; /* targets are indices of model->functions */
    struct calls *calls;
    struct notes *notes;
};

/* Answer the request or begin its call. */
void front_serve(struct front *front, struct http_request *request);
/* The answer to a call, as struct calls_ops has it; `handle` is the struct http_request. */
void front_answer(struct front *front, void *handle, int status, const json_t *headers,
                  const void *body, size_t body_len);

#endif
