/*
 * libmicrohttpd in external epoll mode: it keeps an epoll descriptor of its own, which uv_poll
 * watches as if it were a socket, and a time-out, which becomes a uv_timer. Whenever one of them
 * fires, MHD_run does what can be done without blocking.
 *
 * A request that waits for the worker is a suspended connection, which libmicrohttpd leaves alone
 * (no time-out, no reading) until MHD_resume_connection; then it calls serve() again, and the
 * answer is queued. Within serve() an answer may come before the connection is suspended; hence the
 * three steps there: hand out, look for an answer, else suspend.
 *
 * What libmicrohttpd does not see to is done around it: clients that are slow or gone
 * (connections.h; one that is gone takes its connection with it, while its request lives on until
 * it is answered), requests that it takes although they are none (http_check.h), and an answer that
 * is given before a request was read to its end. Such an answer can be queued only while no byte of
 * the body has come; later it is written to the socket by hand. Either way libmicrohttpd then
 * closes the connection, on which the last word must not get lost (linger.h). For that it runs with
 * MHD_USE_TURBO, which lets it close a socket without shutting it down.
 */
#include "config.h"
#include "host/http_server.h"

#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "host/connections.h"
#include "host/http_check.h"
#include "host/linger.h"
#include "host/listener.h"
#include "host/number.h"

enum { TARGET_SHOWN = 200, NOTICE_MAX = 1024, TICK_MS = 1000, HANDLES = 3 };
enum { BLOCK_BYTES = 64 << 10, PASS_BYTES = 1 << 20 };

struct http_server {
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    uv_timer_t tick;
    struct http_handler handler;
    struct body_store *bodies; /* borrowed */
    struct connections connections;
    struct lingerers lingerers;
    uint16_t port;
    size_t body_max_bytes;
    size_t active;
    unsigned handles; /* of the loop, still open; what lingers counts as one */
    bool closing;
    void (*closed)(void *context);
    void *closed_context;
};

enum request_state { REQUEST_READING, REQUEST_HANDED_OUT, REQUEST_ANSWERED };

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection; /* NULL once the client is gone */
    struct connection *link;           /* likewise */
    char *target;                      /* owned */
    char *method;                      /* owned; NULL until the headers are read */
    struct body *body;                 /* a reference, or NULL */
    size_t body_bytes;                 /* that came */
    enum request_state state;
    bool in_serve;
    bool gone;                  /* the client is; libmicrohttpd does not know it yet */
    struct http_answer *answer; /* owned until it is queued */
};

struct http_answer {
    unsigned status;
    struct MHD_Response *response; /* owned */
};

static void on_timer(uv_timer_t *timer);

/* ---- answers ---- */

struct http_answer *http_answer_new(int status, const void *body, size_t len)
{
    struct http_answer *answer = mem_calloc(1, sizeof *answer);
    union {
        const void *in;
        void *out;
    } bytes = {.in = body ? body : ""}; /* copied at once, so that const can go */
    answer->status = status >= 200 && status <= 999 ? (unsigned)status : 500;
    answer->response = MHD_create_response_from_buffer(len, bytes.out, MHD_RESPMEM_MUST_COPY);
    if (!answer->response) {
        answer->status = 500;
        answer->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    }
    return answer;
}

/* The bytes of a body for libmicrohttpd, block by block, so that a mapping does not come into
 * memory whole. */
static ssize_t read_body(void *cls, uint64_t start, char *out, size_t size)
{
    struct body *body = cls;
    size_t len;
    const char *bytes = body_bytes(body, &len);
    if (start >= len)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (size > len - start)
        size = (size_t)(len - start);
    memcpy(out, bytes + start, size);
    if ((start + size) / PASS_BYTES != start / PASS_BYTES)
        body_pass(body, start + size);
    return (ssize_t)size;
}

static void release_body(void *body)
{
    body_release(body);
}

struct http_answer *http_answer_of(int status, struct body *body)
{
    size_t len = 0;
    const char *bytes = body_bytes(body, &len);
    if (len <= BLOCK_BYTES)
        return http_answer_new(status, bytes, len);
    struct http_answer *answer = http_answer_new(status, NULL, 0);
    MHD_destroy_response(answer->response);
    answer->response = MHD_create_response_from_callback(len, BLOCK_BYTES, read_body,
                                                         body_hold(body), release_body);
    return answer;
}

static void answer_free(struct http_answer *answer)
{
    if (!answer)
        return;
    if (answer->response)
        MHD_destroy_response(answer->response);
    free(answer);
}

int http_answer_header(struct http_answer *answer, const char *name, const char *value)
{
    static const char *const own[] = {"Content-Length", "Transfer-Encoding", "Connection",
                                      "Keep-Alive", "Upgrade"};
    for (size_t i = 0; i < ARRAY_LEN(own); i++)
        if (strcasecmp(name, own[i]) == 0)
            return 0;
    if (!answer->response || !http_is_token(name, strlen(name)))
        return -EINVAL;
    /* libmicrohttpd takes no empty value and no tab; white space around or within one is as good.
     */
    char *sent = mem_strdup(*value ? value : " ");
    for (char *tab = sent; (tab = strchr(tab, '\t'));)
        *tab = ' ';
    enum MHD_Result result = MHD_add_response_header(answer->response, name, sent);
    free(sent);
    return result == MHD_YES ? 0 : -EINVAL;
}

static void request_free(struct http_request *request)
{
    body_release(request->body);
    answer_free(request->answer);
    free(request->target);
    free(request->method);
    free(request);
}

bool http_answer_has_header(const struct http_answer *answer, const char *name)
{
    return answer->response && MHD_get_response_header(answer->response, name);
}

struct header_search {
    const char *name;
    const char *found_name; /* borrowed from the response */
    const char *found_value;
};

static enum MHD_Result find_header(void *cls, enum MHD_ValueKind kind ATTR_UNUSED, const char *name,
                                   const char *value)
{
    struct header_search *search = cls;
    if (strcasecmp(name, search->name) != 0)
        return MHD_YES;
    search->found_name = name;
    search->found_value = value;
    return MHD_NO;
}

int http_answer_replace_header(struct http_answer *answer, const char *name, const char *value)
{
    /* libmicrohttpd removes a header only by its very spelling and value. */
    struct header_search search = {.name = name};
    while (answer->response) {
        search.found_name = NULL;
        MHD_get_response_headers(answer->response, find_header, &search);
        if (!search.found_name || MHD_del_response_header(answer->response, search.found_name,
                                                          search.found_value) != MHD_YES)
            break;
    }
    return http_answer_header(answer, name, value);
}

void http_request_answer(struct http_request *request, struct http_answer *answer)
{
    if (request->state == REQUEST_ANSWERED) {
        answer_free(answer);
        return;
    }
    const struct http_handler *handler = &request->server->handler;
    if (handler->answering)
        handler->answering(handler->context, request, answer);
    request->state = REQUEST_ANSWERED;
    request->answer = answer;
    if (!request->connection) { /* its client went away, and nobody else knows it any more */
        request_free(request);
        return;
    }
    if (request->in_serve || request->gone)
        return;
    MHD_resume_connection(request->connection);
    /* Not MHD_run here: the caller may be within one. */
    uv_timer_start(&request->server->timer, on_timer, 0, 0);
}

static void enter(struct http_request *request, enum connection_phase phase)
{
    struct http_server *server = request->server;
    connection_enter(&server->connections, request->link, phase, uv_now(server->poll.loop));
}

void http_request_answer_text(struct http_request *request, int status, const char *type,
                              const char *text)
{
    struct http_answer *answer = http_answer_new(status, text, strlen(text));
    http_answer_header(answer, "Content-Type", type);
    http_request_answer(request, answer);
}

static enum MHD_Result queue_answer(struct http_request *request)
{
    struct http_answer *answer = request->answer;
    if (!answer || !answer->response)
        return MHD_NO;
    enter(request, CONNECTION_ANSWERED);
    return MHD_queue_response(request->connection, answer->status, answer->response);
}

/* ---- requests ---- */

bool http_request_is_gone(const struct http_request *request)
{
    return request->gone || !request->connection;
}

const char *http_request_method(const struct http_request *request)
{
    return request->method;
}

const char *http_request_target(const struct http_request *request)
{
    return request->target;
}

const char *http_request_header(const struct http_request *request, const char *name)
{
    return request->connection
               ? MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name)
               : NULL;
}

struct body *http_request_take_body(struct http_request *request)
{
    struct body *body = request->body;
    request->body = NULL;
    return body;
}

struct each_call {
    http_each *each;
    void *context;
};

static enum MHD_Result call_each(void *cls, enum MHD_ValueKind kind, const char *key,
                                 size_t key_size, const char *value, size_t value_size)
{
    const struct each_call *call = cls;
    size_t len = value ? value_size : 0;
    while (kind == MHD_HEADER_KIND && len && (value[len - 1] == ' ' || value[len - 1] == '\t'))
        len--; /* white space around a header's value is none of it */
    call->each(call->context, key, key_size, value ? value : "", len);
    return MHD_YES;
}

void http_request_headers(const struct http_request *request, http_each *each, void *context)
{
    struct each_call call = {.each = each, .context = context};
    if (request->connection)
        MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, call_each, &call);
}

void http_request_query(const struct http_request *request, http_each *each, void *context)
{
    struct each_call call = {.each = each, .context = context};
    if (request->connection)
        MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, call_each, &call);
}

static ATTR_PRINTF(2, 3) void say(struct http_server *server, const char *format, ...)
{
    char text[NOTICE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    server->handler.notice(server->handler.context, text);
}

/* Called with the request line's target, before headers are read: the request begins here. */
static void *begin_request(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = cls;
    struct http_request *request = mem_calloc(1, sizeof *request);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    request->server = server;
    request->connection = connection;
    request->link = info->socket_context;
    request->link->request = request;
    request->target = mem_strdup(uri);
    server->active++;
    return request;
}

/* The answer is sent, or the connection is at its end. A request that is still to be answered lives
 * on without it. */
static void end_request(void *cls ATTR_UNUSED, struct MHD_Connection *connection ATTR_UNUSED,
                        void **con_cls, enum MHD_RequestTerminationCode code ATTR_UNUSED)
{
    struct http_request *request = *con_cls;
    if (!request)
        return;
    *con_cls = NULL;
    request->server->active--;
    request->link->request = NULL;
    enter(request, CONNECTION_IDLE);
    request->link = NULL;
    request->connection = NULL;
    if (request->state != REQUEST_HANDED_OUT)
        request_free(request);
}

/* The client of a request that waits for its answer is gone: serve() is to end the connection. */
static void on_gone(void *context ATTR_UNUSED, struct connection *link)
{
    struct http_request *request = link->request;
    if (!request || request->state != REQUEST_HANDED_OUT)
        return;
    request->gone = true;
    MHD_resume_connection(request->connection);
    uv_timer_start(&request->server->timer, on_timer, 0, 0);
}

/* ---- refusing ---- */

/* Answer with `status` and a sentence before the request is read to its end, and read no more of
 * it. What serve() is to return. */
static enum MHD_Result refuse(struct http_request *request, unsigned status, const char *words)
{
    bool has_begun = request->link->phase == CONNECTION_BODY;
    int shown = (int)strcspn(request->target, "?"); /* what follows may be a key */
    say(request->server, "%u: %s %.*s: %s", status, request->method,
        shown < TARGET_SHOWN ? shown : TARGET_SHOWN, request->target, words);
    body_release(http_request_take_body(request));
    request->state = REQUEST_ANSWERED;
    request->link->answered_soon = true;
    if (has_begun) {
        connection_say(request->link->fd, status, MHD_get_reason_phrase_for(status), words);
        return MHD_NO;
    }
    char *text = mem_printf("%s\n", words);
    request->answer = http_answer_new((int)status, text, strlen(text));
    free(text);
    http_answer_header(request->answer, "Content-Type", "text/plain; charset=utf-8");
    return queue_answer(request);
}

static enum MHD_Result refuse_too_large(struct http_request *request)
{
    size_t max_bytes = request->server->body_max_bytes;
    bool even = max_bytes % (1 << 20) == 0;
    char *words = mem_printf("the request's body is larger than %zu %s",
                             even ? max_bytes >> 20 : max_bytes, even ? "MiB" : "bytes");
    enum MHD_Result result = refuse(request, 413, words);
    free(words);
    return result;
}

static enum MHD_Result refuse_unkept(struct http_request *request)
{
    int failure = body_failure(request->body);
    bool for_now = failure == -ENOBUFS || failure == -EMFILE || failure == -ENFILE;
    char *why = body_describe_failure(request->body);
    char *words = mem_printf("the request's body is refused: %s", why);
    enum MHD_Result result = refuse(request, for_now ? 503 : 507, words);
    free(words);
    free(why);
    return result;
}

/* ---- serving ---- */

/* The headers are there. A length that is announced as too large is refused before it is sent. */
static enum MHD_Result begin_body(struct http_request *request, const char *version)
{
    const char *words;
    unsigned status =
        http_check(request->connection, request->method, request->target, version, &words);
    const char *length = http_request_header(request, "Content-Length");
    if (status)
        return refuse(request, status, words);
    if (length && strtoull(length, NULL, 10) > request->server->body_max_bytes)
        return refuse_too_large(request);
    enter(request, CONNECTION_BODY);
    return MHD_YES;
}

static enum MHD_Result add_body(struct http_request *request, const char *data, size_t len)
{
    request->body_bytes += len;
    request->link->bytes += len;
    if (request->body_bytes > request->server->body_max_bytes)
        return refuse_too_large(request);
    if (!request->body)
        request->body = body_new(request->server->bodies);
    return body_append(request->body, data, len) ? refuse_unkept(request) : MHD_YES;
}

/* The request is whole, or its connection was resumed. */
static enum MHD_Result finish(struct http_request *request)
{
    struct http_server *server = request->server;
    if (request->state == REQUEST_READING) {
        if (request->body && body_finish(request->body))
            return refuse_unkept(request);
        request->state = REQUEST_HANDED_OUT;
        enter(request, CONNECTION_WAITS);
        request->in_serve = true;
        server->handler.request(server->handler.context, request);
        request->in_serve = false;
    }
    if (request->state == REQUEST_ANSWERED)
        return queue_answer(request);
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result serve(void *cls ATTR_UNUSED, struct MHD_Connection *connection ATTR_UNUSED,
                             const char *url ATTR_UNUSED, const char *method, const char *version,
                             const char *upload_data, size_t *upload_data_size, void **con_cls)
{
    struct http_request *request = *con_cls;
    size_t len = *upload_data_size;
    if (request->gone)
        return MHD_NO;
    if (!request->method) {
        request->method = mem_strdup(method);
        return begin_body(request, version);
    }
    if (!len)
        return finish(request);
    *upload_data_size = 0;
    return add_body(request, upload_data, len);
}

/* ---- connections ---- */

/* libmicrohttpd is about to close a connection. Where the first thing that came on it was no
 * request it does so without a word. */
static void say_goodbye(struct http_server *server, const struct connection *link)
{
    bool is_no_http = link->phase == CONNECTION_NEW && connection_has_peer(link->fd) &&
                      !connection_is_answered(link->fd);
    if (is_no_http) {
        say(server, "400: a request that is not HTTP");
        connection_say(link->fd, 400, "Bad Request", "This is not an HTTP request.");
    }
    if (!is_no_http && !link->answered_soon && !connection_has_unread(link->fd))
        return;
    int fd = fcntl(link->fd, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0)
        linger_add(&server->lingerers, fd);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = cls;
    struct connection *link = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        *socket_context =
            connections_add(&server->connections, info->connect_fd, uv_now(server->poll.loop));
        return;
    }
    if (!server->closing && !link->given_up)
        say_goodbye(server, link);
    connections_remove(&server->connections, link);
    *socket_context = NULL;
}

/* What libmicrohttpd answers by itself comes here as a log line, which is said in clear. Of the
 * other lines, those about the clients' ends of connections are nothing to tell. */
static ATTR_PRINTF(2, 0) void log_line(void *cls, const char *format, va_list args)
{
    static const char refused[] = "Error processing request (HTTP response code is ";
    static const char accepting[] = "Error accepting connection: ";
    struct http_server *server = cls;
    char text[NOTICE_MAX];
    unsigned long long code = 0;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    if (strncmp(text, refused, sizeof refused - 1) == 0)
        number_read(text + sizeof refused - 1, 999, &code);
    if (code == 431)
        say(server, "431: the request's headers are larger than 64 KiB");
    else if (code == 414)
        say(server, "414: the request's line is larger than 64 KiB");
    else if (code == 413)
        say(server, "413: the length of a request's body is beyond all bounds");
    else if (code)
        say(server, "%llu: a request that is not HTTP", code);
    else if (strncmp(text, accepting, sizeof accepting - 1) == 0)
        say(server, "http: %s", text);
}

/* ---- the loop ---- */

static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
    size_t before = server->connections.count;
    MHD_run(server->daemon);
    /* While it has as many connections as it may it does not listen, and it begins to again only
     * when it is run after the end of one. */
    if (before >= server->connections.limits.max && server->connections.count < before)
        MHD_run(server->daemon);
    if (MHD_get_timeout(server->daemon, &timeout_ms) == MHD_YES)
        uv_timer_start(&server->timer, on_timer, timeout_ms, 0);
    else
        uv_timer_stop(&server->timer);
}

static void on_poll(uv_poll_t *poll, int status ATTR_UNUSED, int events ATTR_UNUSED)
{
    run(poll->data);
}

static void on_timer(uv_timer_t *timer)
{
    run(timer->data);
}

static void on_tick(uv_timer_t *timer)
{
    struct http_server *server = timer->data;
    size_t late = connections_tick(&server->connections, uv_now(timer->loop));
    if (late)
        say(server, "408: %zu connection%s closed on which no request came in time", late,
            late == 1 ? "" : "s");
    linger_tick(&server->lingerers, uv_now(timer->loop));
    run(server); /* it may have stopped to listen for want of descriptors */
}

/* ---- opening ---- */

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_TURBO, 0, NULL, NULL,
        serve, server, MHD_OPTION_EXTERNAL_LOGGER, log_line, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADERS_MAX_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)server->connections.limits.max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_S, MHD_OPTION_URI_LOG_CALLBACK,
        begin_request, server, MHD_OPTION_NOTIFY_COMPLETED, end_request, server,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static void watch(struct http_server *server, uv_loop_t *loop, int epoll_fd)
{
    uv_poll_init(loop, &server->poll, epoll_fd);
    uv_timer_init(loop, &server->timer);
    uv_timer_init(loop, &server->tick);
    server->poll.data = server;
    server->timer.data = server;
    server->tick.data = server;
    server->handles = HANDLES + 1;
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    uv_timer_start(&server->timer, on_timer, 0, 0);
    uv_timer_start(&server->tick, on_tick, TICK_MS, TICK_MS);
}

struct http_server *http_server_open(uv_loop_t *loop, const char *address, uint16_t port,
                                     const struct http_setup *setup, struct error *error)
{
    const struct connection_limits limits = connection_limits_default();
    int fd = listener_open(address, port, error);
    if (fd < 0)
        return NULL;
    struct http_server *server = mem_calloc(1, sizeof *server);
    server->handler = setup->handler;
    server->bodies = setup->bodies;
    server->body_max_bytes = setup->body_max_bytes ? setup->body_max_bytes : HTTP_BODY_MAX_BYTES;
    server->port = listener_port(fd);
    connections_init(&server->connections, setup->limits ? setup->limits : &limits, on_gone,
                     server);
    linger_init(&server->lingerers, loop);
    server->daemon = start_daemon(server, fd);
    const union MHD_DaemonInfo *info =
        server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        error_set(error, EXIT_STATUS_SYSTEM, "the HTTP server could not be started");
        if (server->daemon)
            MHD_stop_daemon(server->daemon);
        connections_fini(&server->connections);
        free(server);
        return NULL;
    }
    watch(server, loop, info->epoll_fd);
    return server;
}

/* ---- closing ---- */

void http_server_quiesce(struct http_server *server)
{
    MHD_socket fd = MHD_quiesce_daemon(server->daemon);
    if (fd != MHD_INVALID_SOCKET)
        close(fd);
}

size_t http_server_active(const struct http_server *server)
{
    return server->active;
}

static void release(void *context)
{
    struct http_server *server = context;
    if (--server->handles)
        return;
    server->closed(server->closed_context);
    free(server);
}

static void on_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void http_server_close(struct http_server *server, void (*closed)(void *context), void *context)
{
    server->closed = closed;
    server->closed_context = context;
    server->closing = true;
    /* The poll handle goes first: MHD_stop_daemon closes the descriptor that it watches. */
    uv_poll_stop(&server->poll);
    uv_close((uv_handle_t *)&server->poll, on_closed);
    uv_close((uv_handle_t *)&server->timer, on_closed);
    uv_close((uv_handle_t *)&server->tick, on_closed);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
    connections_fini(&server->connections);
    linger_close(&server->lingerers, release, server);
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

void http_server_local_address(const struct http_server *server, struct sockaddr_storage *address)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_LISTEN_FD);
    socklen_t len = sizeof *address;
    memset(address, 0, sizeof *address);
    if (!info || getsockname(info->listen_fd, (struct sockaddr *)address, &len) < 0)
        return;
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    if (address->ss_family == AF_INET && v4->sin_addr.s_addr == htonl(INADDR_ANY))
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (address->ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&v6->sin6_addr))
        v6->sin6_addr = in6addr_loopback;
}
