/*
 * The host's end of the socket to a worker: frames (wire/frame.h) with their JSON parsed. A peer
 * that sends something else is reported once, and then no longer read.
 */
#ifndef HOST_LINK_H
#define HOST_LINK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

#include "host/body.h"
#include "wire/frame.h"

struct link {
    uv_pipe_t pipe;
    struct frame_reader reader;
    struct body_store *bodies; /* borrowed; for the bodies that come in */
    /* A frame; `json` is an object, borrowed like `body`, which is finished or has failed; NULL
     * where there is none. */
    void (*heard)(void *context, enum frame_type type, json_t *json, struct body *body);
    /* Nothing more will come: the peer closed its end (reason NULL), or broke the protocol. */
    void (*ended)(void *context, const char *reason);
    void *context;
    bool over;
    /* The frame whose body is still coming: its JSON (owned, NULL between frames), and how many
     * bytes are missing. */
    enum frame_type type;
    json_t *json;
    struct body *body; /* owned, or NULL */
    size_t missing;
    char chunk[65536];
};

/* Speak through `fd` (owned from now on): 0 or a negative errno. bodies, heard, ended and context
 * are to be set before. The owner closes it with uv_close on `pipe`, and then calls link_fini. */
int link_open(struct link *link, uv_loop_t *loop, int fd);
/* Send a frame; json and body (which may be NULL) are borrowed; of the body a reference is held
 * until it is written. 0 or a negative errno. */
int link_send(struct link *link, enum frame_type type, const json_t *json, struct body *body);
/* Take the frames that are there to be read without waiting. */
void link_finish(struct link *link);
void link_fini(struct link *link);

#endif
