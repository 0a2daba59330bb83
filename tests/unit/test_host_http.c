/* The HTTP server and the client, against each other on one loop. */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>

#include "host/client.h"
#include "host/http_server.h"
#include "tests/unit/host_fixture.h"

static uv_loop_t loop;
static struct body_store bodies;
static struct http_server *server;
static struct error error;

enum behaviour { ANSWER_AT_ONCE, ANSWER_LATER, NEVER_ANSWER };

static struct {
    enum behaviour behaviour;
    struct http_request *waiting;
    uv_timer_t timer;
    int requests;
    char method[16];
    char target[64];
    char header[64];
    char query[64];
    size_t body_len;
    char notice[512];
    bool closed;
    int statuses[4];
    int done;
} seen;

static void answer(struct http_request *request)
{
    struct http_answer *fresh = http_answer_new(418, "short", 5);
    assert_int_equal(http_answer_header(fresh, "X-Test", "yes"), 0);
    assert_int_equal(http_answer_header(fresh, "content-length", "999"), 0);
    assert_int_equal(http_answer_header(fresh, "X-Bad", "a\r\nX-More: b"), -EINVAL);
    http_request_answer(request, fresh);
}

static void on_timer(uv_timer_t *timer)
{
    (void)timer;
    answer(seen.waiting);
}

static void on_query(void *context, const char *name, size_t name_len, const char *value,
                     size_t value_len)
{
    size_t at = strlen(seen.query);
    (void)context;
    snprintf(seen.query + at, sizeof seen.query - at, "%.*s=%.*s;", (int)name_len, name,
             (int)value_len, value);
}

static void on_request(void *context, struct http_request *request)
{
    const char *header = http_request_header(request, "x-client");
    (void)context;
    seen.requests++;
    seen.query[0] = '\0';
    snprintf(seen.method, sizeof seen.method, "%s", http_request_method(request));
    snprintf(seen.target, sizeof seen.target, "%s", http_request_target(request));
    snprintf(seen.header, sizeof seen.header, "%s", header ? header : "(none)");
    http_request_query(request, on_query, NULL);
    struct body *body = http_request_take_body(request);
    seen.body_len = body_len(body);
    body_release(body);
    if (seen.behaviour == ANSWER_AT_ONCE) {
        answer(request);
        return;
    }
    seen.waiting = request;
    if (seen.behaviour == ANSWER_LATER)
        uv_timer_start(&seen.timer, on_timer, 1, 0);
}

static void on_notice(void *context, const char *text)
{
    (void)context;
    snprintf(seen.notice, sizeof seen.notice, "%s", text);
}

static void on_closed(void *context)
{
    (void)context;
    seen.closed = true;
}

static void on_done(void *context, int status)
{
    (void)context;
    seen.statuses[seen.done++ % 4] = status;
}

static struct http_setup setup = {.handler = {.request = on_request, .notice = on_notice},
                                  .bodies = &bodies};

static int open_with(const struct connection_limits *limits)
{
    memset(&seen, 0, sizeof seen);
    body_store_init(&bodies);
    uv_loop_init(&loop);
    uv_timer_init(&loop, &seen.timer);
    setup.limits = limits;
    setup.body_max_bytes = 0;
    server = http_server_open(&loop, "127.0.0.1", 0, &setup, &error);
    return server ? 0 : -1;
}

static int open_server(void **state)
{
    (void)state;
    return open_with(NULL);
}

/* Little time, though not so little that a busy machine takes it all from a request, and room for
 * few. */
static int open_strict_server(void **state)
{
    static const struct connection_limits limits = {
        .max = 16, .head_ms = 500, .idle_ms = 500, .body_ms = 500, .body_bytes = 100};
    (void)state;
    return open_with(&limits);
}

static int close_server(void **state)
{
    (void)state;
    http_server_quiesce(server);
    http_server_close(server, on_closed, NULL);
    uv_close((uv_handle_t *)&seen.timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    bool empty = !bodies.memory_bytes && !bodies.file_bytes && !bodies.open_files;
    return seen.closed && uv_loop_close(&loop) == 0 && empty ? 0 : -1;
}

static void send_request(const char *method, const char *target, const char *body,
                         const char *const *headers, size_t header_count)
{
    struct sockaddr_storage address;
    http_server_local_address(server, &address);
    const struct client_request request = {
        .address = (const struct sockaddr *)&address,
        .host = "localhost",
        .method = method,
        .target = target,
        .headers = headers,
        .header_count = header_count,
        .body = body,
    };
    client_send(&loop, &request, on_done, NULL);
}

static int run_request(const char *method, const char *target, const char *body)
{
    static const char *const headers[] = {"X-Client: test"};
    int before = seen.done;
    send_request(method, target, body, headers, 1);
    while (seen.done == before)
        uv_run(&loop, UV_RUN_ONCE);
    return seen.statuses[(seen.done - 1) % 4];
}

static void test_answer_at_once(void **state)
{
    (void)state;
    assert_int_equal(run_request("PUT", "/a%20b?x=1&x=%41&y", "{\"a\": 1}"), 418);
    assert_string_equal(seen.method, "PUT");
    assert_string_equal(seen.target, "/a%20b?x=1&x=%41&y");
    assert_string_equal(seen.header, "test");
    assert_string_equal(seen.query, "x=1;x=A;y=;");
    assert_int_equal(seen.body_len, 8);
}

static void test_answer_later(void **state)
{
    (void)state;
    seen.behaviour = ANSWER_LATER;
    assert_int_equal(run_request("GET", "/", NULL), 418);
    assert_int_equal(run_request("HEAD", "/", NULL), 418);
    assert_int_equal(seen.requests, 2);
    while (http_server_active(server))
        uv_run(&loop, UV_RUN_ONCE);
}

static void test_body_too_large(void **state)
{
    static const char *const headers[] = {"Content-Length: 220200961"};
    (void)state;
    send_request("POST", "/", "x", headers, 1);
    while (!seen.done)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(seen.statuses[0], 413);
    assert_holds(seen.notice, "413: POST /: the request's body is larger than 210 MiB");
    assert_int_equal(seen.requests, 0);
}

static void test_headers_too_large(void **state)
{
    static char target[HTTP_HEADERS_MAX_BYTES + 2];
    static char header[HTTP_HEADERS_MAX_BYTES + 16];
    static const char *const headers[] = {header};
    (void)state;
    memset(target, '/', sizeof target - 1);
    assert_int_equal(run_request("GET", target, NULL), 414);
    assert_holds(seen.notice, "414: ");
    memset(header, 'a', sizeof header - 1);
    memcpy(header, "X-Big: ", strlen("X-Big: "));
    seen.done = 0;
    send_request("GET", "/", NULL, headers, 1);
    while (!seen.done)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(seen.statuses[0], 431);
    assert_holds(seen.notice, "431: ");
    assert_int_equal(seen.requests, 0);
}

static void test_port_busy(void **state)
{
    (void)state;
    assert_null(http_server_open(&loop, "127.0.0.1", http_server_port(server), &setup, &error));
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    assert_holds(error.text, "is unavailable. Close the process using that port, or specify");
    assert_null(http_server_open(&loop, "203.0.113.1", 0, &setup, &error));
    assert_int_equal(error.status, EXIT_STATUS_USAGE);
}

static void test_nobody_listens(void **state)
{
    struct sockaddr_storage address;
    (void)state;
    http_server_local_address(server, &address);
    ((struct sockaddr_in *)&address)->sin_port = htons(1); /* tcpmux: nobody's */
    const struct client_request request = {.address = (const struct sockaddr *)&address,
                                           .host = "localhost",
                                           .method = "GET",
                                           .target = "/"};
    client_send(&loop, &request, on_done, NULL);
    while (!seen.done)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(seen.statuses[0], UV_ECONNREFUSED);
}

/* ---- raw clients ---- */

static int dial(const char *text)
{
    struct sockaddr_storage address;
    http_server_local_address(server, &address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(struct sockaddr_in)), 0);
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
    return fd;
}

/* Run the loop until the server ends the connection; what it said. */
static const char *hear(int fd)
{
    static char said[4096];
    size_t len = 0;
    for (;;) {
        ssize_t got = recv(fd, said + len, sizeof said - len - 1, MSG_DONTWAIT);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            break;
        len += got > 0 ? (size_t)got : 0;
        struct pollfd more = {.fd = fd, .events = POLLIN};
        uv_run(&loop, UV_RUN_NOWAIT);
        poll(&more, 1, got < 0);
    }
    said[len] = '\0';
    close(fd);
    return said;
}

static void run_until(const bool *condition)
{
    while (!*condition)
        uv_run(&loop, UV_RUN_ONCE);
}

static void test_slow_clients(void **state)
{
    int silent = dial("");
    int head = dial("GET / HTTP/1.1\r\nHost: a\r\n");
    int body = dial("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nx");
    int idle = dial("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    (void)state;
    assert_holds(hear(silent), "HTTP/1.1 408 Request Timeout\r\n");
    assert_holds(hear(head), "HTTP/1.1 408 Request Timeout\r\n");
    assert_holds(hear(body), "HTTP/1.1 408 Request Timeout\r\n");
    const char *said = hear(idle);
    assert_holds(said, "HTTP/1.1 418 ");
    assert_null(strstr(said, "408"));
    assert_holds(seen.notice, "408: 3 connections closed on which no request came in time");
    assert_int_equal(seen.requests, 1);
    while (http_server_active(server))
        uv_run(&loop, UV_RUN_ONCE);
}

/* A request that is read to its end may take the function as long as it wants. */
static void test_waiting_is_no_sloth(void **state)
{
    (void)state;
    seen.behaviour = NEVER_ANSWER;
    int fd = dial("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    int other = dial("");
    assert_holds(hear(other), "408");
    answer(seen.waiting);
    assert_holds(hear(fd), "HTTP/1.1 418 ");
}

/* More clients than there is room for, who say nothing: the oldest make room. */
static void test_crowd(void **state)
{
    int crowd[40];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
        crowd[i] = dial("");
    assert_int_equal(run_request("GET", "/", NULL), 418);
    for (size_t i = 0; i < ARRAY_LEN(crowd); i++)
        assert_holds(hear(crowd[i]), "408");
}

static int dial_and_wait(void)
{
    seen.waiting = NULL;
    seen.behaviour = NEVER_ANSWER;
    int fd = dial("GET /?a=b HTTP/1.1\r\nHost: a\r\nX-Client: c\r\n\r\n");
    while (!seen.waiting)
        uv_run(&loop, UV_RUN_ONCE);
    return fd;
}

static void run_until_idle(void)
{
    while (http_server_active(server))
        uv_run(&loop, UV_RUN_ONCE);
}

/* A client that goes away takes its connection with it; its request is answered later, to nobody.
 */
static void test_client_that_closes(void **state)
{
    size_t len;
    int fd = dial_and_wait();
    (void)state;
    assert_string_equal(http_request_header(seen.waiting, "X-Client"), "c");
    close(fd);
    run_until_idle();
    assert_null(http_request_header(seen.waiting, "X-Client"));
    seen.query[0] = '\0';
    http_request_query(seen.waiting, on_query, NULL);
    assert_string_equal(seen.query, "");
    assert_string_equal(http_request_target(seen.waiting), "/?a=b");
    body_bytes(http_request_take_body(seen.waiting), &len);
    assert_int_equal(len, 0);
    answer(seen.waiting);
}

static void reset(int fd)
{
    struct linger at_once = {.l_onoff = 1};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}

static void test_client_that_resets(void **state)
{
    (void)state;
    reset(dial_and_wait());
    run_until_idle();
    answer(seen.waiting);
    reset(dial_and_wait());
    answer(seen.waiting); /* before it is noticed */
    run_until_idle();
}

static void test_chunked_body_too_large(void **state)
{
    static char chunk[3000];
    (void)state;
    http_server_close(server, on_closed, NULL);
    run_until(&seen.closed);
    seen.closed = false;
    setup.body_max_bytes = 5000;
    server = http_server_open(&loop, "127.0.0.1", 0, &setup, &error);
    int fd = dial("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    memset(chunk, 'x', sizeof chunk - 1);
    memcpy(chunk, "ffffff\r\n", 8);
    for (int i = 0; i < 2; i++)
        assert_int_equal(send(fd, chunk, sizeof chunk, MSG_NOSIGNAL), sizeof chunk);
    const char *said = hear(fd);
    assert_holds(said, "HTTP/1.1 413 Content Too Large\r\nConnection: close\r\n");
    assert_holds(said, "\r\n\r\nthe request's body is larger than 5000 bytes\n");
    assert_int_equal(seen.requests, 0);
}

static void test_no_room_for_body(void **state)
{
    char text[256];
    static char piece[60000];
    size_t len = 2 * BODY_MEMORY_BYTES;
    (void)state;
    bodies.folder = "/nowhere";
    snprintf(text, sizeof text, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", len);
    int fd = dial(text);
    for (size_t sent = 0; sent < len;) {
        size_t next = len - sent < sizeof piece ? len - sent : sizeof piece;
        ssize_t went = send(fd, piece, next, MSG_NOSIGNAL | MSG_DONTWAIT);
        sent += went > 0 ? (size_t)went : 0;
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    shutdown(fd, SHUT_WR);
    assert_holds(hear(fd), "HTTP/1.1 507 Insufficient Storage\r\n");
    assert_holds(seen.notice, "507: POST /: the request's body is refused: it cannot be kept in "
                              "/nowhere: No such file or directory");
    bodies.folder = "/tmp";
}

static void test_not_http(void **state)
{
    (void)state;
    assert_holds(hear(dial("SSH-2.0-OpenSSH\r\n\r\n")), "HTTP/1.1 400 Bad Request\r\n");
    assert_holds(seen.notice, "400: a request that is not HTTP");
    assert_int_equal(run_request("GET", "/", NULL), 418);
}

static int parse(const char *head)
{
    return client_parse_status(head, strlen(head));
}

static void test_status_line(void **state)
{
    (void)state;
    assert_int_equal(parse("HTTP/1.1 200 OK\r\n"), 200);
    assert_int_equal(parse("HTTP/1.0 404\r\n"), 404);
    assert_int_equal(parse("HTTP/1.1 999 x\n"), 999);
    assert_int_equal(parse(""), 0);
    assert_int_equal(parse("HTTP/1.1 200 OK"), 0);
    assert_int_equal(parse("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n"), 201);
    assert_int_equal(parse("HTTP/1.1 100 Continue\r\n\r\n"), 0);
    assert_int_equal(parse("HTTP/1.1 103 Hints\r\nA: b\r\n"), 0);
    assert_int_equal(parse("HTTP/2 200 OK\r\n"), -EPROTO);
    assert_int_equal(parse("HTTP/1.1 2x0 OK\r\n"), -EPROTO);
    assert_int_equal(parse("HTTP/1.1 2000 OK\r\n"), -EPROTO);
    assert_int_equal(parse("HTTP/1.1 099 OK\r\n"), -EPROTO);
    assert_int_equal(parse("\r\n"), -EPROTO);
    assert_int_equal(parse("SSH-2.0-OpenSSH\r\n"), -EPROTO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_answer_at_once, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_answer_later, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_body_too_large, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_headers_too_large, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_port_busy, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_nobody_listens, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_slow_clients, open_strict_server, close_server),
        cmocka_unit_test_setup_teardown(test_waiting_is_no_sloth, open_strict_server, close_server),
        cmocka_unit_test_setup_teardown(test_crowd, open_strict_server, close_server),
        cmocka_unit_test_setup_teardown(test_client_that_resets, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_client_that_closes, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_chunked_body_too_large, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_no_room_for_body, open_server, close_server),
        cmocka_unit_test_setup_teardown(test_not_http, open_server, close_server),
        cmocka_unit_test(test_status_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
