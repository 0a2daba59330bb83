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
 * The listening socket is made here and not by libmicrohttpd, whose message for a port that is busy
 * would not say so.
 */
#include "config.h"
#include "host/http_server.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
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
#include "base/buf.h"
#include "base/mem.h"
#include "host/number.h"

enum { BACKLOG = 128, TARGET_SHOWN = 200, NOTICE_MAX = 1024 };

struct http_server {
    struct MHD_Daemon *daemon;
    uv_poll_t poll;
    uv_timer_t timer;
    struct http_handler handler;
    uint16_t port;
    size_t active;
    size_t bodies_bytes;
    unsigned handles; /* of the loop, still open */
    void (*closed)(void *context);
    void *closed_context;
};

enum request_state { REQUEST_READING, REQUEST_HANDED_OUT, REQUEST_ANSWERED };

struct http_request {
    struct http_server *server;
    struct MHD_Connection *connection; /* NULL until the headers are read */
    char *target;                      /* owned */
    char *method;                      /* owned; NULL until the headers are read */
    struct buf body;
    enum request_state state;
    unsigned refusal; /* status to refuse with once the body is read; 0: none */
    bool in_serve;
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
    if (!answer->response || MHD_add_response_header(answer->response, name, value) != MHD_YES)
        return -EINVAL;
    return 0;
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
    if (request->in_serve)
        return;
    MHD_resume_connection(request->connection);
    /* Not MHD_run here: the caller may be within one. */
    uv_timer_start(&request->server->timer, on_timer, 0, 0);
}

static enum MHD_Result queue_answer(struct http_request *request)
{
    struct http_answer *answer = request->answer;
    if (!answer || !answer->response)
        return MHD_NO;
    return MHD_queue_response(request->connection, answer->status, answer->response);
}

/* ---- requests ---- */

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
    return MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name);
}

const char *http_request_body(const struct http_request *request, size_t *len)
{
    *len = request->body.len;
    return buf_text(&request->body);
}

struct each_call {
    http_each *each;
    void *context;
};

static enum MHD_Result call_each(void *cls, enum MHD_ValueKind kind ATTR_UNUSED, const char *key,
                                 size_t key_size, const char *value, size_t value_size)
{
    const struct each_call *call = cls;
    call->each(call->context, key, key_size, value ? value : "", value ? value_size : 0);
    return MHD_YES;
}

void http_request_headers(const struct http_request *request, http_each *each, void *context)
{
    struct each_call call = {.each = each, .context = context};
    MHD_get_connection_values_n(request->connection, MHD_HEADER_KIND, call_each, &call);
}

void http_request_query(const struct http_request *request, http_each *each, void *context)
{
    struct each_call call = {.each = each, .context = context};
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
static void *begin_request(void *cls, const char *uri,
                           struct MHD_Connection *connection ATTR_UNUSED)
{
    struct http_server *server = cls;
    struct http_request *request = mem_calloc(1, sizeof *request);
    request->server = server;
    request->target = mem_strdup(uri);
    buf_init(&request->body, HTTP_BODY_MAX_BYTES);
    server->active++;
    return request;
}

static void drop_body(struct http_request *request)
{
    request->server->bodies_bytes -= request->body.len;
    buf_fini(&request->body);
}

static void end_request(void *cls, struct MHD_Connection *connection ATTR_UNUSED, void **con_cls,
                        enum MHD_RequestTerminationCode code ATTR_UNUSED)
{
    struct http_server *server = cls;
    struct http_request *request = *con_cls;
    if (!request)
        return;
    *con_cls = NULL;
    server->active--;
    drop_body(request);
    answer_free(request->answer);
    free(request->target);
    free(request->method);
    free(request);
}

static void refuse(struct http_request *request, unsigned status)
{
    static const char too_large[] = "The request's body is larger than 100 MiB.\n";
    static const char too_many[] = "Too many request bodies are held; try again later.\n";
    request->refusal = status;
    drop_body(request);
    say(request->server, "%u: %s %.*s: %s", status, request->method, TARGET_SHOWN, request->target,
        status == 413 ? "the request's body is larger than 100 MiB"
                      : "the bodies of pending requests take more than 512 MiB");
    request->state = REQUEST_ANSWERED;
    request->answer = status == 413 ? http_answer_new(413, too_large, sizeof too_large - 1)
                                    : http_answer_new(503, too_many, sizeof too_many - 1);
    http_answer_header(request->answer, "Content-Type", "text/plain; charset=utf-8");
}

/* The headers are there. A length that is announced as too large is refused before it is sent. */
static enum MHD_Result begin_body(struct http_request *request)
{
    const char *length = http_request_header(request, "Content-Length");
    if (!length || strtoull(length, NULL, 10) <= HTTP_BODY_MAX_BYTES)
        return MHD_YES;
    refuse(request, 413);
    return queue_answer(request);
}

/* What is refused midway is still read to its end, since an answer can be queued only there. */
static void add_body(struct http_request *request, const char *data, size_t len)
{
    if (request->refusal)
        return;
    if (request->server->bodies_bytes + len > HTTP_BODIES_MAX_BYTES)
        refuse(request, 503);
    else if (buf_append(&request->body, data, len))
        refuse(request, 413);
    else
        request->server->bodies_bytes += len;
}

/* The request is whole, or its connection was resumed. */
static enum MHD_Result finish(struct http_request *request)
{
    struct http_server *server = request->server;
    if (request->state == REQUEST_READING) {
        request->state = REQUEST_HANDED_OUT;
        request->in_serve = true;
        server->handler.request(server->handler.context, request);
        request->in_serve = false;
    }
    if (request->state == REQUEST_ANSWERED)
        return queue_answer(request);
    MHD_suspend_connection(request->connection);
    return MHD_YES;
}

static enum MHD_Result serve(void *cls ATTR_UNUSED, struct MHD_Connection *connection,
                             const char *url ATTR_UNUSED, const char *method,
                             const char *version ATTR_UNUSED, const char *upload_data,
                             size_t *upload_data_size, void **con_cls)
{
    struct http_request *request = *con_cls;
    if (!request->connection) {
        request->connection = connection;
        request->method = mem_strdup(method);
        return begin_body(request);
    }
    if (*upload_data_size) {
        add_body(request, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    return finish(request);
}

/* What libmicrohttpd answers by itself comes here as a log line; the usual ones are said in clear.
 */
static ATTR_PRINTF(2, 0) void log_line(void *cls, const char *format, va_list args)
{
    struct http_server *server = cls;
    char text[NOTICE_MAX];
    static const char error[] = "Error processing request (HTTP response code is ";
    unsigned long long code = 0;
    vsnprintf(text, sizeof text, format, args);
    text[strcspn(text, "\r\n")] = '\0';
    if (strncmp(text, error, sizeof error - 1) == 0)
        number_read(text + sizeof error - 1, 999, &code);
    if (code == 431)
        say(server, "431: the request's headers are larger than 64 KiB");
    else if (code == 414)
        say(server, "414: the request's line is larger than 64 KiB");
    else if (code)
        say(server, "%llu: a request that is not HTTP", code);
    else if (*text)
        say(server, "http: %s", text);
}

/* ---- the loop ---- */

static void run(struct http_server *server)
{
    MHD_UNSIGNED_LONG_LONG timeout_ms;
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

/* ---- opening ---- */

static int bind_failed(const char *address, uint16_t port, int code, struct error *error)
{
    if (code == EADDRINUSE)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "Port %u is unavailable. Close the process using that port, or specify "
                         "another port using --port [-p].",
                         port);
    if (code == EADDRNOTAVAIL)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--address: %s is no address of this machine; use 127.0.0.1 or 0.0.0.0",
                         address);
    if (code == EACCES)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "port %u needs more rights than you have; use --port with 1024 or more",
                         port);
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot listen on %s port %u: %s", address, port,
                     strerror(code));
}

static int listen_on(const struct addrinfo *info)
{
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        int code = errno;
        close(fd);
        return -code;
    }
    return fd;
}

/* A listening socket, or -1 with `error`. */
static int open_socket(const char *address, uint16_t port, struct error *error)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *list = NULL;
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    int result = getaddrinfo(address, service, &hints, &list);
    if (result) {
        error_set(error, EXIT_STATUS_USAGE, "--address: %s: %s", address, gai_strerror(result));
        return -1;
    }
    int fd = -EADDRNOTAVAIL;
    for (const struct addrinfo *each = list; each && fd < 0; each = each->ai_next)
        fd = listen_on(each);
    freeaddrinfo(list);
    return fd < 0 ? bind_failed(address, port, -fd, error) : fd;
}

static uint16_t bound_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.any = {0}};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) < 0)
        return 0;
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static struct MHD_Daemon *start_daemon(struct http_server *server, int fd)
{
    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_USE_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, serve, server,
        MHD_OPTION_EXTERNAL_LOGGER, log_line, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_HEADERS_MAX_BYTES,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)HTTP_IDLE_S, MHD_OPTION_URI_LOG_CALLBACK, begin_request, server,
        MHD_OPTION_NOTIFY_COMPLETED, end_request, server, MHD_OPTION_END);
}

static void watch(struct http_server *server, uv_loop_t *loop, int epoll_fd)
{
    uv_poll_init(loop, &server->poll, epoll_fd);
    uv_timer_init(loop, &server->timer);
    server->poll.data = server;
    server->timer.data = server;
    server->handles = 2;
    uv_poll_start(&server->poll, UV_READABLE, on_poll);
    uv_timer_start(&server->timer, on_timer, 0, 0);
}

struct http_server *http_server_open(uv_loop_t *loop, const char *address, uint16_t port,
                                     const struct http_handler *handler, struct error *error)
{
    int fd = open_socket(address, port, error);
    if (fd < 0)
        return NULL;
    struct http_server *server = mem_calloc(1, sizeof *server);
    server->handler = *handler;
    server->port = bound_port(fd);
    server->daemon = start_daemon(server, fd);
    const union MHD_DaemonInfo *info =
        server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        error_set(error, EXIT_STATUS_SYSTEM, "the HTTP server could not be started");
        if (server->daemon)
            MHD_stop_daemon(server->daemon);
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

static void on_closed(uv_handle_t *handle)
{
    struct http_server *server = handle->data;
    if (--server->handles)
        return;
    server->closed(server->closed_context);
    free(server);
}

void http_server_close(struct http_server *server, void (*closed)(void *context), void *context)
{
    server->closed = closed;
    server->closed_context = context;
    /* The poll handle goes first: MHD_stop_daemon closes the descriptor that it watches. */
    uv_poll_stop(&server->poll);
    uv_close((uv_handle_t *)&server->poll, on_closed);
    uv_close((uv_handle_t *)&server->timer, on_closed);
    MHD_stop_daemon(server->daemon);
    server->daemon = NULL;
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
