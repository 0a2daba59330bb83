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

#include "wire/frame.h"

struct link {
    uv_pipe_t pipe;
    struct frame_reader reader;
    /* A frame; `json` is an object, borrowed like the frame. */
    void (*heard)(void *context, const struct frame *frame, json_t *json);
    /* Nothing more will come: the peer closed its end (reason NULL), or broke the protocol. */
    void (*ended)(void *context, const char *reason);
    void *context;
    bool over;
    char chunk[65536];
};

/* Speak through `fd` (owned from now on): 0 or a negative errno. heard, ended and context are to be
 * set before. The owner closes it with uv_close on `pipe`, and then calls link_fini. */
int link_open(struct link *link, uv_loop_t *loop, int fd);
/* Send a frame; json is borrowed, body is copied. 0 or a negative errno. */
int link_send(struct link *link, enum frame_type type, const json_t *json, const void *body,
              size_t body_len);
/* Take the frames that are there to be read without waiting. */
void link_finish(struct link *link);
void link_fini(struct link *link);

#endif
