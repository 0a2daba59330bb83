/*
 * Reading: bytes go to the frame reader as they come, and every whole frame is parsed and handed on
 * at once. Writing: header, JSON and body go out as one uv_write, and are freed when it is done.
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

/* ---- reading ---- */

static void end(struct link *link, const char *reason)
{
    if (link->over)
        return;
    link->over = true;
    uv_read_stop((uv_stream_t *)&link->pipe);
    link->ended(link->context, reason);
}

static void take_frames(struct link *link)
{
    struct frame frame;
    int result = 0;
    while (!link->over && (result = frame_next(&link->reader, &frame)) == 1) {
        json_t *json = json_loadb(frame.json, frame.json_len, JSON_ALLOW_NUL, NULL);
        if (json_is_object(json))
            link->heard(link->context, &frame, json);
        else
            end(link, "a message without a JSON object");
        json_decref(json);
    }
    if (result < 0)
        end(link, "bytes that are no message of this version");
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

struct sending {
    uv_write_t write;
    struct frame_header header;
    char *json; /* owned, malloc */
    char *body; /* owned */
};

static void sending_free(struct sending *sending)
{
    free(sending->json);
    free(sending->body);
    free(sending);
}

static void on_written(uv_write_t *write, int status ATTR_UNUSED)
{
    /* A peer that no longer reads has died or will be killed; its end is seen elsewhere. */
    sending_free(write->data);
}

int link_send(struct link *link, enum frame_type type, const json_t *json, const void *body,
              size_t body_len)
{
    struct sending *sending = mem_calloc(1, sizeof *sending);
    sending->write.data = sending;
    sending->json = json_dumps(json, JSON_COMPACT);
    sending->body = mem_strndup(body_len ? body : "", body_len);
    size_t json_len = sending->json ? strlen(sending->json) : 0;
    int result = sending->json && !link->over ? 0 : -EPIPE;
    if (!result)
        result = frame_header_fill(&sending->header, type, json_len, body_len);
    if (!result) {
        uv_buf_t parts[] = {
            {.base = (char *)&sending->header, .len = sizeof sending->header},
            {.base = sending->json, .len = json_len},
            {.base = sending->body, .len = body_len},
        };
        result = uv_write(&sending->write, (uv_stream_t *)&link->pipe, parts, ARRAY_LEN(parts),
                          on_written);
    }
    if (result)
        sending_free(sending);
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
    frame_reader_fini(&link->reader);
}
