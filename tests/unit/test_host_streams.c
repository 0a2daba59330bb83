/* What comes from a worker: lines of text, and frames. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "host/link.h"
#include "host/text_pipe.h"
#include "model/output.h"
#include "tests/unit/host_fixture.h"

static uv_loop_t loop;
static char heard[4096];
static size_t longest;

static int open_loop(void **state)
{
    (void)state;
    heard[0] = '\0';
    longest = 0;
    return uv_loop_init(&loop);
}

static int close_loop(void **state)
{
    (void)state;
    uv_run(&loop, UV_RUN_DEFAULT);
    return uv_loop_close(&loop);
}

/* ---- text ---- */

static void on_line(void *context, const char *line, size_t len)
{
    size_t at = strlen(heard);
    (void)context;
    if (len > longest)
        longest = len;
    snprintf(heard + at, sizeof heard - at, "%.*s|", len < 100 ? (int)len : 100, line);
}

static void test_lines(void **state)
{
    static struct text_pipe text;
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(text_pipe_open(&text, &loop, ends[0], on_line, NULL), 0);
    text_pipe_feed(&text, "one\ntw", 6);
    text_pipe_feed(&text, "o\r\n\nth", 6);
    assert_string_equal(heard, "one|two||");
    assert_int_equal(write(ends[1], "ree\nfour", 8), 8);
    text_pipe_finish(&text); /* the write end is still open, as an orphan might hold it */
    assert_string_equal(heard, "one|two||three|four|");
    close(ends[1]);
    uv_close((uv_handle_t *)&text.pipe, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    text_pipe_fini(&text);
}

static void test_line_without_end(void **state)
{
    static struct text_pipe text;
    static char flood[OUTPUT_LINE_BYTES + 1000];
    int ends[2];
    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(text_pipe_open(&text, &loop, ends[0], on_line, NULL), 0);
    close(ends[1]);
    memset(flood, 'a', sizeof flood);
    text_pipe_feed(&text, flood, sizeof flood);
    text_pipe_feed(&text, flood, sizeof flood);
    text_pipe_feed(&text, "\nnext\n", 6);
    assert_int_equal(longest, OUTPUT_LINE_BYTES);
    assert_holds(heard, "|next|");
    uv_close((uv_handle_t *)&text.pipe, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    text_pipe_fini(&text);
}

/* ---- frames ---- */

static struct link *peer;
static struct body_store bodies;
static struct body *last_body; /* a reference */

static void on_frame(void *context, enum frame_type type, json_t *json, struct body *body)
{
    size_t at = strlen(heard);
    size_t len;
    const char *bytes = body_bytes(body, &len);
    (void)context;
    body_release(last_body);
    last_body = body_hold(body);
    snprintf(heard + at, sizeof heard - at, "%d:%s:%.*s|", (int)type,
             json_string_value(json_object_get(json, "a")), len < 100 ? (int)len : 100, bytes);
}

static void on_end(void *context, const char *reason)
{
    size_t at = strlen(heard);
    (void)context;
    snprintf(heard + at, sizeof heard - at, "end:%s|", reason ? reason : "");
}

static int open_link(int *other)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    peer = calloc(1, sizeof *peer);
    body_store_init(&bodies);
    peer->bodies = &bodies;
    peer->heard = on_frame;
    peer->ended = on_end;
    *other = ends[1];
    return link_open(peer, &loop, ends[0]);
}

static void close_link(int other)
{
    close(other);
    uv_close((uv_handle_t *)&peer->pipe, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    link_fini(peer);
    free(peer);
    body_release(last_body);
    last_body = NULL;
    assert_int_equal(bodies.memory_bytes, 0);
    assert_int_equal(bodies.file_bytes, 0);
    assert_int_equal(bodies.open_files, 0);
}

static void write_frame(int fd, uint32_t type, const char *json, const char *body)
{
    char bytes[256];
    struct frame_header header;
    assert_int_equal(frame_header_fill(&header, (enum frame_type)type, strlen(json), strlen(body)),
                     0);
    memcpy(bytes, &header, sizeof header);
    int len = snprintf(bytes + sizeof header, sizeof bytes - sizeof header, "%s%s", json, body);
    ssize_t whole = (ssize_t)sizeof header + len;
    assert_int_equal(write(fd, bytes, (size_t)whole), whole);
}

static void test_frames(void **state)
{
    int other;
    (void)state;
    assert_int_equal(open_link(&other), 0);
    write_frame(other, FRAME_READY, "{\"a\": \"x\"}", "");
    write_frame(other, FRAME_RESPONSE, "{\"a\": \"y\"}", "body");
    while (!strstr(heard, "body"))
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(heard, "16:x:|18:y:body|");
    /* The last words of a process that is gone. */
    write_frame(other, FRAME_LOG, "{\"a\": \"z\"}", "");
    link_finish(peer);
    assert_holds(heard, "19:z:|");
    json_t *json = json_object();
    assert_int_equal(link_send(peer, FRAME_SHUTDOWN, json, NULL), -EPIPE);
    json_decref(json);
    close_link(other);
}

static void test_sending(void **state)
{
    int other;
    char bytes[256];
    struct frame_reader reader;
    struct frame frame;
    (void)state;
    assert_int_equal(open_link(&other), 0);
    json_t *json = json_pack("{s:s}", "a", "x");
    struct body *body = body_of(&bodies, "body", 4);
    assert_int_equal(link_send(peer, FRAME_INVOKE, json, body), 0);
    body_release(body);
    json_decref(json);
    uv_run(&loop, UV_RUN_NOWAIT);
    ssize_t len = read(other, bytes, sizeof bytes);
    assert_true(len > 0);
    frame_reader_init(&reader);
    assert_int_equal(frame_feed(&reader, bytes, (size_t)len), 0);
    assert_int_equal(frame_next(&reader, &frame), 1);
    assert_int_equal(frame.type, FRAME_INVOKE);
    assert_int_equal(frame.body_len, 4);
    assert_memory_equal(frame.json, "{\"a\":\"x\"}", frame.json_len);
    frame_reader_fini(&reader);
    close_link(other);
}

enum { LARGE_BYTES = 9 << 20 };

static char *make_large(void)
{
    char *bytes = malloc(LARGE_BYTES);
    for (size_t i = 0; bytes && i < LARGE_BYTES; i++)
        bytes[i] = (char)(i * 31 + i / 4096);
    return bytes;
}

static void on_space(uv_poll_t *poll, int status, int events)
{
    uv_buf_t *left = poll->data;
    uv_os_fd_t fd;
    (void)status;
    (void)events;
    uv_fileno((uv_handle_t *)poll, &fd);
    ssize_t wrote = write(fd, left->base, left->len);
    left->base += wrote > 0 ? wrote : 0;
    left->len -= wrote > 0 ? (size_t)wrote : 0;
    if (!left->len)
        uv_close((uv_handle_t *)poll, NULL);
}

/* A large body, from the peer: it goes to a file, and comes out of it as it was. */
static void test_large_body_comes(void **state)
{
    int other;
    uv_poll_t poll;
    struct frame_header header;
    size_t len;
    char *large = make_large();
    uv_buf_t left = {.base = large, .len = LARGE_BYTES};
    (void)state;
    assert_int_equal(open_link(&other), 0);
    assert_int_equal(frame_header_fill(&header, FRAME_RESPONSE, 2, LARGE_BYTES), 0);
    assert_int_equal(write(other, &header, sizeof header), sizeof header);
    assert_int_equal(write(other, "{}", 2), 2);
    uv_poll_init(&loop, &poll, other);
    poll.data = &left;
    uv_poll_start(&poll, UV_WRITABLE, on_space);
    while (!last_body)
        uv_run(&loop, UV_RUN_ONCE);
    assert_int_equal(bodies.memory_bytes, 0);
    assert_int_equal(bodies.file_bytes, LARGE_BYTES);
    assert_int_equal(bodies.open_files, 0);
    const char *bytes = body_bytes(last_body, &len);
    assert_int_equal(len, LARGE_BYTES);
    assert_memory_equal(bytes, large, LARGE_BYTES);
    write_frame(other, FRAME_LOG, "{\"a\": \"after\"}", "");
    while (!strstr(heard, "after"))
        uv_run(&loop, UV_RUN_ONCE);
    free(large);
    close_link(other);
}

/* To the peer: what follows comes behind it, and its owner may let go of it at once. */
static void test_large_body_goes(void **state)
{
    int other;
    static char bytes[65536];
    struct frame_reader reader;
    struct frame frame;
    char *large = make_large();
    (void)state;
    assert_int_equal(open_link(&other), 0);
    struct body *body = body_of(&bodies, large, LARGE_BYTES);
    json_t *json = json_object();
    assert_int_equal(link_send(peer, FRAME_INVOKE, json, body), 0);
    assert_int_equal(link_send(peer, FRAME_SHUTDOWN, json, NULL), 0);
    body_release(body);
    json_decref(json);
    frame_reader_init(&reader);
    int result;
    while (!(result = frame_next(&reader, &frame))) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t len = recv(other, bytes, sizeof bytes, MSG_DONTWAIT);
        assert_int_equal(frame_feed(&reader, bytes, len > 0 ? (size_t)len : 0), 0);
    }
    assert_int_equal(result, 1);
    assert_int_equal(frame.body_len, LARGE_BYTES);
    assert_memory_equal(frame.body, large, LARGE_BYTES);
    while (!(result = frame_next(&reader, &frame))) {
        uv_run(&loop, UV_RUN_NOWAIT);
        ssize_t len = recv(other, bytes, sizeof bytes, MSG_DONTWAIT);
        assert_int_equal(frame_feed(&reader, bytes, len > 0 ? (size_t)len : 0), 0);
    }
    assert_int_equal(frame.type, FRAME_SHUTDOWN);
    frame_reader_fini(&reader);
    free(large);
    close_link(other);
}

/* The worker goes while its request is on the way. */
static void test_peer_goes_while_body_is_sent(void **state)
{
    int other;
    char *large = make_large();
    (void)state;
    assert_int_equal(open_link(&other), 0);
    struct body *body = body_of(&bodies, large, LARGE_BYTES);
    json_t *json = json_object();
    assert_int_equal(link_send(peer, FRAME_INVOKE, json, body), 0);
    body_release(body);
    json_decref(json);
    free(large);
    assert_int_equal(bodies.file_bytes, LARGE_BYTES);
    close_link(other);
}

static void assert_broken(const char *bytes, size_t len, const char *end)
{
    int other;
    heard[0] = '\0';
    assert_int_equal(open_link(&other), 0);
    assert_int_equal(write(other, bytes, len), (ssize_t)len);
    shutdown(other, SHUT_WR);
    while (!strstr(heard, "end:"))
        uv_run(&loop, UV_RUN_ONCE);
    assert_string_equal(heard, end);
    close_link(other);
}

static void test_broken_peers(void **state)
{
    struct frame_header header;
    char bytes[64];
    (void)state;
    assert_broken("", 0, "end:|");
    assert_broken("HTTP/1.1 200 OK\r\n\r\n", 19, "end:bytes that are no message of this version|");
    assert_int_equal(frame_header_fill(&header, FRAME_LOG, 2, 0), 0);
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, "[]", 2);
    assert_broken(bytes, sizeof header + 2, "end:a message without a JSON object|");
    memcpy(bytes + sizeof header, "{,", 2);
    assert_broken(bytes, sizeof header + 2, "end:a message without a JSON object|");
    assert_broken(bytes, sizeof header + 1, "end:|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lines, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_line_without_end, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_frames, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_sending, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_large_body_comes, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_large_body_goes, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_peer_goes_while_body_is_sent, open_loop, close_loop),
        cmocka_unit_test_setup_teardown(test_broken_peers, open_loop, close_loop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
