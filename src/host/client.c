/*
 * One object for each request, freed when its connection is closed, which is also when `done` is
 * told: so that a failure at any point takes the same way as success. "Connection: close" makes the
 * end of the response the end of the connection, and spares reading lengths and chunks.
 */
#include "config.h"
#include "host/client.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/mem.h"

enum { HEAD_MAX_BYTES = 256 << 10, REQUEST_MAX_BYTES = 128 << 20 };

struct client {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct buf request;
    struct buf head; /* what came, until the status is known */
    int status;
    client_done *done;
    void *context;
    char chunk[16384];
};

/* ---- parsing ---- */

/* The status of the status line at `line`, or -EPROTO. */
static int parse_line(const char *line, size_t len)
{
    static const char version[] = "HTTP/1.";
    if (len < 12 || memcmp(line, version, sizeof version - 1) != 0 || line[8] != ' ')
        return -EPROTO;
    int status = 0;
    for (size_t i = 9; i < 12; i++) {
        if (!isdigit((unsigned char)line[i]))
            return -EPROTO;
        status = status * 10 + (line[i] - '0');
    }
    if (len > 12 && line[12] != ' ' && line[12] != '\r' && line[12] != '\n')
        return -EPROTO;
    return status >= 100 ? status : -EPROTO;
}

int client_parse_status(const char *head, size_t len)
{
    for (;;) {
        const char *line_end = memchr(head, '\n', len);
        if (!line_end)
            return len > 4096 ? -EPROTO : 0;
        int status = parse_line(head, (size_t)(line_end - head));
        if (status < 0 || status >= 200)
            return status;
        const char *next = memmem(head, len, "\r\n\r\n", 4);
        if (!next)
            return 0;
        len -= (size_t)(next + 4 - head);
        head = next + 4;
    }
}

/* ---- the connection ---- */

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    client->done(client->context, client->status ? client->status : -ECONNRESET);
    buf_fini(&client->request);
    buf_fini(&client->head);
    free(client);
}

static void finish(struct client *client, int failure)
{
    if (failure && client->status <= 0)
        client->status = failure;
    if (!uv_is_closing((uv_handle_t *)&client->tcp))
        uv_close((uv_handle_t *)&client->tcp, on_closed);
}

static void on_alloc(uv_handle_t *handle, size_t size ATTR_UNUSED, uv_buf_t *chunk)
{
    struct client *client = handle->data;
    *chunk = uv_buf_init(client->chunk, sizeof client->chunk);
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *chunk)
{
    struct client *client = stream->data;
    if (len < 0) {
        finish(client, len == UV_EOF ? 0 : (int)len);
        return;
    }
    if (client->status || len == 0)
        return;
    if (buf_append(&client->head, chunk->base, (size_t)len)) {
        finish(client, -EPROTO);
        return;
    }
    client->status = client_parse_status(buf_text(&client->head), client->head.len);
    if (client->status < 0)
        finish(client, client->status);
}

static void on_written(uv_write_t *write, int status)
{
    struct client *client = write->data;
    /* A server may answer before it has read everything, so that what it said is still read. */
    if (status < 0 && status != UV_EPIPE && status != UV_ECONNRESET)
        finish(client, status);
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct client *client = connect->data;
    uv_stream_t *stream = (uv_stream_t *)&client->tcp;
    uv_buf_t bytes = {.base = client->request.data, .len = client->request.len};
    if (!status)
        status = uv_read_start(stream, on_alloc, on_read);
    if (!status)
        status = uv_write(&client->write, stream, &bytes, 1, on_written);
    if (status)
        finish(client, status);
}

/* ---- the request ---- */

static bool has_header(const struct client_request *request, const char *name)
{
    size_t len = strlen(name);
    for (size_t i = 0; i < request->header_count; i++)
        if (strncasecmp(request->headers[i], name, len) == 0 && request->headers[i][len] == ':')
            return true;
    return false;
}

static int write_request(struct buf *out, const struct client_request *request)
{
    size_t body_len = request->body ? strlen(request->body) : 0;
    int result = buf_printf(out, "%s %s HTTP/1.1\r\n", request->method, request->target);
    if (!result && !has_header(request, "Host"))
        result = buf_printf(out, "Host: %s\r\n", request->host);
    if (!result && !has_header(request, "User-Agent"))
        result = buf_printf(out, "User-Agent: pymemtop/%s\r\n", PACKAGE_VERSION);
    if (!result && !has_header(request, "Accept"))
        result = buf_printf(out, "Accept: */*\r\n");
    for (size_t i = 0; !result && i < request->header_count; i++)
        result = buf_printf(out, "%s\r\n", request->headers[i]);
    if (!result && request->body && !has_header(request, "Content-Type"))
        result = buf_printf(out, "Content-Type: %s\r\n",
                            strchr("{[", request->body[0]) && request->body[0]
                                ? "application/json"
                                : "application/x-www-form-urlencoded");
    if (!result && request->body && !has_header(request, "Content-Length"))
        result = buf_printf(out, "Content-Length: %zu\r\n", body_len);
    if (!result)
        result = buf_printf(out, "Connection: close\r\n\r\n");
    return !result && body_len ? buf_append(out, request->body, body_len) : result;
}

void client_send(uv_loop_t *loop, const struct client_request *request, client_done *done,
                 void *context)
{
    struct client *client = mem_calloc(1, sizeof *client);
    client->done = done;
    client->context = context;
    buf_init(&client->request, REQUEST_MAX_BYTES);
    buf_init(&client->head, HEAD_MAX_BYTES);
    uv_tcp_init(loop, &client->tcp);
    client->tcp.data = client;
    client->connect.data = client;
    client->write.data = client;
    int result = write_request(&client->request, request);
    if (!result)
        result = uv_tcp_connect(&client->connect, &client->tcp, request->address, on_connected);
    if (result)
        finish(client, result);
}
