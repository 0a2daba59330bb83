/*
 * Reading: bytes go to the frame reader as they come. As soon as a frame's head is there its JSON
 * is parsed; its body is collected piece by piece, so that a large one never lies in memory whole,
 * and then the frame is handed on. Writing: header, JSON and body go out as one uv_write, and are
 * let go when it is done.
 *
 * After the worker's exit the socket may still hold its last frames, and libuv may report the exit
 * first; link_finish reads them from the descriptor directly.
 */
#include "config.h"
#include "host/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/mem.h"

enum { SLICE_BYTES = 4 << 20 };

/* ---- reading ---- */

static void end(struct link *link, const char *reason)
{
    if (link->over)
        return;
    link->over = true;
    uv_read_stop((uv_stream_t *)&link->pipe);
    link->ended(link->context, reason);
}

static void drop_frame(struct link *link)
{
    json_decref(link->json);
    body_release(link->body);
    link->json = NULL;
    link->body = NULL;
}

/* The next frame's head, where it is there. */
static bool take_head(struct link *link)
{
    struct frame frame;
    int result = frame_head(&link->reader, &frame);
    if (result < 0)
        end(link, "bytes that are no message of this version");
    if (result != 1)
        return false;
    link->type = frame.type;
    link->missing = frame.body_len;
    link->body = frame.body_len ? body_new(link->bodies) : NULL;
    link->json = json_loadb(frame.json, frame.json_len, JSON_ALLOW_NUL, NULL);
    if (json_is_object(link->json))
        return true;
    drop_frame(link);
    end(link, "a message without a JSON object");
    return false;
}

/* What there is of the body; a failure stays with it. */
static void take_body(struct link *link)
{
    const char *bytes;
    size_t len = frame_take(&link->reader, link->missing, &bytes);
    link->missing -= len;
    if (!body_append(link->body, bytes, len) && !link->missing)
        body_finish(link->body);
}

static void take_frames(struct link *link)
{
    while (!link->over && (link->json || take_head(link))) {
        if (link->missing)
            take_body(link);
        if (link->missing)
            return;
        link->heard(link->context, link->type, link->json, link->body);
        drop_frame(link);
    }
}

static void feed(struct link *link, const char *bytes, size_t len)
{
    if (frame_feed(&link->reader, bytes, len))
        end(link, "a message that is too long");
    else
        take_frames(link);
}

static void on_alloc(uv_handle_t *handle, size_t size ATTR_UNUSED, uv_buf_t *chunk)
{
    struct link *link = handle->data;
    *chunk = uv_buf_init(link->chunk, sizeof link->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *chunk)
{
    struct link *link = stream->data;
    if (len > 0)
        feed(link, chunk->base, (size_t)len);
    else if (len < 0)
        end(link, NULL);
}

void link_finish(struct link *link)
{
    uv_os_fd_t fd;
    ssize_t len;
    uv_read_stop((uv_stream_t *)&link->pipe);
    if (uv_fileno((uv_handle_t *)&link->pipe, &fd))
        return;
    while (!link->over &&
           ((len = read(fd, link->chunk, sizeof link->chunk)) > 0 || (len < 0 && errno == EINTR)))
        if (len > 0)
            feed(link, link->chunk, (size_t)len);
    link->over = true;
}

/* ---- writing ---- */

/* A frame on its way out. */
struct sending {
    struct frame_header header;
    char *json;        /* owned, malloc */
    struct body *body; /* a reference, or NULL */
    size_t references; /* slices that are not written yet */
};

/* A large body goes out in slices, so that of its mapping never more than one is in memory. */
struct slice {
    uv_write_t write;
    struct sending *sending;
    size_t end; /* in the body */
};

static void release(struct sending *sending)
{
    if (--sending->references)
        return;
    free(sending->json);
    body_release(sending->body);
    free(sending);
}

static void on_written(uv_write_t *write, int status ATTR_UNUSED)
{
    /* A peer that no longer reads has died or will be killed; its end is seen elsewhere. */
    struct slice *slice = write->data;
    body_pass(slice->sending->body, slice->end);
    release(slice->sending);
    free(slice);
}

/* Queue the body from `start` on, with the frame's head before its first slice. How far it got, or
 * a negative errno. */
static ssize_t send_slice(struct link *link, struct sending *sending, size_t start)
{
    union {
        const char *in;
        char *out;
    } bytes; /* only read, though uv_buf_t knows no const */
    size_t len;
    struct slice *slice = mem_calloc(1, sizeof *slice);
    bytes.in = body_bytes(sending->body, &len);
    *slice = (struct slice){.sending = sending,
                            .end = len - start < SLICE_BYTES ? len : start + SLICE_BYTES};
    slice->write.data = slice;
    uv_buf_t parts[] = {
        {.base = (char *)&sending->header, .len = sizeof sending->header},
        {.base = sending->json, .len = sending->header.json_len},
        {.base = bytes.out + start, .len = slice->end - start},
    };
    unsigned skipped = start ? 2 : 0; /* the head */
    unsigned count = (len ? 3 : 2) - skipped;
    int result =
        uv_write(&slice->write, (uv_stream_t *)&link->pipe, parts + skipped, count, on_written);
    if (result) {
        free(slice);
        return result;
    }
    sending->references++;
    return (ssize_t)slice->end;
}

static int send_all(struct link *link, struct sending *sending)
{
    size_t len = body_len(sending->body);
    ssize_t sent = 0;
    do {
        sent = send_slice(link, sending, (size_t)sent);
    } while (sent >= 0 && (size_t)sent < len);
    return sent < 0 ? (int)sent : 0;
}

int link_send(struct link *link, enum frame_type type, const json_t *json, struct body *body)
{
    struct sending *sending = mem_calloc(1, sizeof *sending);
    sending->references = 1;
    sending->json = json_dumps(json, JSON_COMPACT);
    sending->body = body_hold(body);
    size_t json_len = sending->json ? strlen(sending->json) : 0;
    int result = sending->json && !link->over ? 0 : -EPIPE;
    if (!result)
        result = frame_header_fill(&sending->header, type, json_len, body_len(body));
    if (!result)
        result = send_all(link, sending);
    release(sending);
    return result;
}

int link_open(struct link *link, uv_loop_t *loop, int fd)
{
    frame_reader_init(&link->reader);
    uv_pipe_init(loop, &link->pipe, 0);
    link->pipe.data = link;
    int result = uv_pipe_open(&link->pipe, fd);
    if (result) {
        close(fd);
        return result;
    }
    return uv_read_start((uv_stream_t *)&link->pipe, on_alloc, on_read);
}

void link_fini(struct link *link)
{
    drop_frame(link);
    frame_reader_fini(&link->reader);
}
