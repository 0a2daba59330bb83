/*
 * Messages between host and worker, over a stream socketpair. A frame is a fixed header, a JSON
 * object, and a body of raw bytes (request and response bodies are not fit for JSON). Both ends
 * are of one machine and one build, so integers have the machine's order; the version in every
 * header is the one gate against a peer of another build.
 *
 * host -> worker
 *
 *   LOAD      {"functions": [{"name", "directory", "script", "entry_point", "bindings": [...]}]}
 *
 *   INVOKE    {"number", "id", "function", "method", "url", "headers": [[k, v]...],
 *              "query": [[k, v]...], "route": {k: v}}
 *             body: the request's
 *
 *   SHUTDOWN  {}
 *
 *   COLLECT   {"collect": bool}
 *             run the garbage collector, unless false: then only answer
 *
 * worker -> host
 *
 *   READY     {"python": "3.11.2", "pid": n}
 *             the interpreter runs, nothing is loaded
 *
 *   LOADED    {"functions": [{"name", "error": null or sentence, "traceback": text or null,
 *              "asynchronous": bool, "path", "line"}]}
 *             one for each in LOAD, in its order
 *
 *   RESPONSE  {"number", "succeeded": bool, "status", "headers": [[k, v]...],
 *              "error": null or "Type: message", "traceback": text or null}
 *             body: the response's
 *
 *   LOG       {"number": n or null, "level": "INFO", "logger": name, "message": text}
 *
 *   COLLECTED {"collected": bool, "duration_ns"}
 *             to COLLECT; false: the program has turned its collector off, or it was not to run
 *
 * `number` is the invocation's, given by the host. Keys that a reader does not know are ignored.
 */
#ifndef WIRE_FRAME_H
#define WIRE_FRAME_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"

#define FRAME_MAGIC   0x4d46u
#define FRAME_VERSION 1u

/* Limits that both ends enforce: a longer frame is refused by the sender, and ends the link where
 * it is read. */
#define FRAME_JSON_MAX ((size_t)16 << 20)
#define FRAME_BODY_MAX ((size_t)256 << 20)

enum frame_type {
    FRAME_LOAD = 1,
    FRAME_INVOKE = 2,
    FRAME_SHUTDOWN = 3,
    FRAME_COLLECT = 4,
    FRAME_READY = 16,
    FRAME_LOADED = 17,
    FRAME_RESPONSE = 18,
    FRAME_LOG = 19,
    FRAME_COLLECTED = 20,
};

struct frame_header {
    uint16_t magic;
    uint16_t version;
    uint32_t type; /* enum frame_type; an unknown one is skipped */
    uint32_t json_len;
    uint32_t body_len;
};
_Static_assert(sizeof(struct frame_header) == 16, "frame_header is part of the wire");

/* A frame that was read. All pointers are borrowed from the reader, and die with the next
 * frame_feed. */
struct frame {
    enum frame_type type;
    const char *json; /* json_len bytes, not terminated */
    size_t json_len;
    const char *body;
    size_t body_len;
};

/* Collects bytes of the stream and cuts them into frames. */
struct frame_reader {
    struct buf bytes;
    size_t taken; /* bytes of the frames that frame_next has handed out */
};

void frame_reader_init(struct frame_reader *reader);
void frame_reader_fini(struct frame_reader *reader);
/* Add bytes as they came from the socket: 0, or -ENOBUFS where no legal frame can be so long. */
int frame_feed(struct frame_reader *reader, const void *bytes, size_t len) ATTR_CHECKED;
/* For a reader that takes bodies piece by piece: the head of the next frame, 1 and *frame filled in
 * but for `body`, or as frame_next. Then frame_take has to be called until it has handed out
 * body_len bytes; only then comes the next head. */
int frame_head(struct frame_reader *reader, struct frame *frame) ATTR_CHECKED;
/* The next bytes of that body, at most `len`, as many as are there: how many. They are borrowed as
 * those of a frame are. */
size_t frame_take(struct frame_reader *reader, size_t len, const char **bytes);
/* The next whole frame: 1 and *frame filled in, 0 where more bytes are needed, or -EPROTO where
 * the stream is not one of frames of this version and within the limits (then stop reading). */
int frame_next(struct frame_reader *reader, struct frame *frame) ATTR_CHECKED;

/* Fill in a header for the given lengths: 0, or -EMSGSIZE where a limit is passed. */
int frame_header_fill(struct frame_header *header, enum frame_type type, size_t json_len,
                      size_t body_len) ATTR_CHECKED;

#endif
