#include "config.h"
#include "host/text_pipe.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "model/output.h"

enum { FINISH_BYTES_MAX = 1 << 20 }; /* a pipe holds 64 KiB, or what the app has set */

static void give_out(struct text_pipe *text)
{
    size_t len = text->line.len;
    if (len && text->line.data[len - 1] == '\r')
        len--;
    text->heard(text->context, buf_text(&text->line), len);
    buf_consume(&text->line, text->line.len);
}

/* Add a part of a line, as far as there is room. */
static void add(struct text_pipe *text, const char *bytes, size_t len)
{
    size_t room = text->line.max_bytes - text->line.len;
    if (buf_append(&text->line, bytes, len < room ? len : room))
        return;
}

void text_pipe_feed(struct text_pipe *text, const char *bytes, size_t len)
{
    while (len) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) : len;
        add(text, bytes, part);
        if (!end)
            return;
        give_out(text);
        bytes += part + 1;
        len -= part + 1;
    }
}

static void on_alloc(uv_handle_t *handle, size_t size ATTR_UNUSED, uv_buf_t *chunk)
{
    struct text_pipe *text = handle->data;
    *chunk = uv_buf_init(text->chunk, sizeof text->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *chunk)
{
    struct text_pipe *text = stream->data;
    if (len > 0)
        text_pipe_feed(text, chunk->base, (size_t)len);
    else if (len < 0)
        uv_read_stop(stream);
}

int text_pipe_open(struct text_pipe *text, uv_loop_t *loop, int fd,
                   void (*heard)(void *context, const char *line, size_t len), void *context)
{
    buf_init(&text->line, OUTPUT_LINE_BYTES);
    text->heard = heard;
    text->context = context;
    uv_pipe_init(loop, &text->pipe, 0);
    text->pipe.data = text;
    int result = uv_pipe_open(&text->pipe, fd);
    if (result) {
        close(fd);
        return result;
    }
    return uv_read_start((uv_stream_t *)&text->pipe, on_alloc, on_read);
}

void text_pipe_catch_up(struct text_pipe *text)
{
    uv_os_fd_t fd;
    ssize_t len = 1;
    if (uv_fileno((uv_handle_t *)&text->pipe, &fd))
        return;
    for (size_t left = FINISH_BYTES_MAX; len > 0 && left >= sizeof text->chunk;
         left -= (size_t)len) {
        len = read(fd, text->chunk, sizeof text->chunk); /* libuv has made it non-blocking */
        if (len <= 0)
            return;
        text_pipe_feed(text, text->chunk, (size_t)len);
    }
}

void text_pipe_cut(struct text_pipe *text)
{
    if (text->line.len)
        give_out(text);
}

void text_pipe_finish(struct text_pipe *text)
{
    uv_os_fd_t fd;
    ssize_t len;
    size_t left = FINISH_BYTES_MAX; /* a process of the app may still write, and never end */
    uv_read_stop((uv_stream_t *)&text->pipe);
    if (uv_fileno((uv_handle_t *)&text->pipe, &fd) == 0) {
        while (left && ((len = read(fd, text->chunk, sizeof text->chunk)) > 0 ||
                        (len < 0 && errno == EINTR))) {
            if (len < 0)
                continue;
            text_pipe_feed(text, text->chunk, (size_t)len);
            left -= (size_t)len < left ? (size_t)len : left;
        }
    }
    text_pipe_cut(text);
}

void text_pipe_fini(struct text_pipe *text)
{
    buf_fini(&text->line);
}
