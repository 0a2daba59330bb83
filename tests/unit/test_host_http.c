/* The HTTP server and the client, against each other on one loop. */
#include "config.h"

#include <errno.h>
#include <stdbool.h>

#include "host/client.h"
#include "host/http_server.h"
#include "tests/unit/host_fixture.h"

static uv_loop_t loop;
static struct http_server *server;
static struct error error;

enum behaviour { ANSWER_AT_ONCE, ANSWER_LATER };

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
    http_request_body(request, &seen.body_len);
    if (seen.behaviour == ANSWER_AT_ONCE) {
        answer(request);
        return;
    }
    seen.waiting = request;
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

static const struct http_handler handler = {.request = on_request, .notice = on_notice};

static int open_server(void **state)
{
    (void)state;
    memset(&seen, 0, sizeof seen);
    uv_loop_init(&loop);
    uv_timer_init(&loop, &seen.timer);
    server = http_server_open(&loop, "127.0.0.1", 0, &handler, &error);
    return server ? 0 : -1;
}

static int close_server(void **state)
{
    (void)state;
    http_server_quiesce(server);
    http_server_close(server, on_closed, NULL);
    uv_close((uv_handle_t *)&seen.timer, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    return seen.closed && uv_loop_close(&loop) == 0 ? 0 : -1;
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
    static const char *const headers[] = {"Content-Length: 104857601"};
    (void)state;
    send_request("POST", "/", "x", headers, 1);
    while (!seen.done)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(seen.statuses[0], 413);
    assert_holds(seen.notice, "413: POST /: the request's body is larger than 100 MiB");
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
    assert_null(http_server_open(&loop, "127.0.0.1", http_server_port(server), &handler, &error));
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    assert_holds(error.text, "is unavailable. Close the process using that port, or specify");
    assert_null(http_server_open(&loop, "203.0.113.1", 0, &handler, &error));
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
        cmocka_unit_test(test_status_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
