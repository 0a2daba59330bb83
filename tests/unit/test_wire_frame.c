/* wire/frame: a stream of bytes, however it is cut, is the same frames or an end. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "wire/frame.h"

static void append_frame(struct buf *stream, enum frame_type type, const char *json,
                         const char *body)
{
    struct frame_header header;
    assert_int_equal(frame_header_fill(&header, type, strlen(json), strlen(body)), 0);
    assert_int_equal(buf_append(stream, &header, sizeof header), 0);
    assert_int_equal(buf_append(stream, json, strlen(json)), 0);
    assert_int_equal(buf_append(stream, body, strlen(body)), 0);
}

static void check_frame(const struct frame *frame, enum frame_type type, const char *json,
                        const char *body)
{
    assert_int_equal(frame->type, type);
    assert_int_equal(frame->json_len, strlen(json));
    assert_memory_equal(frame->json, json, frame->json_len);
    assert_int_equal(frame->body_len, strlen(body));
    assert_memory_equal(frame->body, body, frame->body_len);
}

static void three_frames(struct buf *stream)
{
    buf_init(stream, 4096);
    append_frame(stream, FRAME_INVOKE, "{\"number\": 1}", "the body");
    append_frame(stream, FRAME_SHUTDOWN, "", "");
    append_frame(stream, FRAME_LOG, "{}", "");
}

static void test_burst(void **state)
{
    (void)state;
    struct buf stream;
    three_frames(&stream);
    struct frame_reader reader;
    struct frame first, second, third, none;
    frame_reader_init(&reader);
    assert_int_equal(frame_next(&reader, &none), 0);
    assert_int_equal(frame_feed(&reader, stream.data, stream.len), 0);
    assert_int_equal(frame_next(&reader, &first), 1);
    assert_int_equal(frame_next(&reader, &second), 1);
    assert_int_equal(frame_next(&reader, &third), 1);
    assert_int_equal(frame_next(&reader, &none), 0);
    /* All of them live until the next feed. */
    check_frame(&first, FRAME_INVOKE, "{\"number\": 1}", "the body");
    check_frame(&second, FRAME_SHUTDOWN, "", "");
    check_frame(&third, FRAME_LOG, "{}", "");
    frame_reader_fini(&reader);
    buf_fini(&stream);
}

static void test_byte_by_byte(void **state)
{
    (void)state;
    struct buf stream;
    three_frames(&stream);
    struct frame_reader reader;
    frame_reader_init(&reader);
    int frames = 0;
    for (size_t i = 0; i < stream.len; i++) {
        struct frame frame;
        assert_int_equal(frame_feed(&reader, stream.data + i, 1), 0);
        int result = frame_next(&reader, &frame);
        assert_true(result >= 0);
        if (result == 0)
            continue;
        frames++;
        if (frames == 1)
            check_frame(&frame, FRAME_INVOKE, "{\"number\": 1}", "the body");
        if (frames == 3)
            assert_int_equal(i, stream.len - 1);
        assert_int_equal(frame_next(&reader, &frame), 0);
    }
    assert_int_equal(frames, 3);
    assert_int_equal(reader.bytes.len - reader.taken, 0);
    frame_reader_fini(&reader);
    buf_fini(&stream);
}

/* A reader of bodies piece by piece, from a stream that comes in pieces of every size. */
static void test_body_in_pieces(void **state)
{
    (void)state;
    struct buf stream;
    three_frames(&stream);
    for (size_t step = 1; step <= stream.len; step++) {
        struct frame_reader reader;
        struct frame head = {.body_len = 0};
        char body[16] = "";
        size_t missing = 0;
        int heads = 0;
        frame_reader_init(&reader);
        for (size_t at = 0; at < stream.len; at += step) {
            const char *bytes;
            size_t len = stream.len - at < step ? stream.len - at : step;
            assert_int_equal(frame_feed(&reader, stream.data + at, len), 0);
            while (missing || frame_head(&reader, &head) == 1) {
                heads += !missing;
                missing = missing ? missing : head.body_len;
                len = frame_take(&reader, missing, &bytes);
                missing -= len;
                strncat(body, bytes, len);
                if (missing)
                    break;
            }
        }
        assert_int_equal(heads, 3);
        assert_string_equal(body, "the body");
        assert_int_equal(head.type, FRAME_LOG);
        frame_reader_fini(&reader);
    }
    buf_fini(&stream);
}

/* Cut in two at every place. */
static void test_every_split(void **state)
{
    (void)state;
    struct buf stream;
    three_frames(&stream);
    for (size_t cut = 0; cut <= stream.len; cut++) {
        struct frame_reader reader;
        struct frame frame;
        int frames = 0;
        frame_reader_init(&reader);
        assert_int_equal(frame_feed(&reader, stream.data, cut), 0);
        while (frame_next(&reader, &frame) == 1)
            frames++;
        assert_int_equal(frame_feed(&reader, stream.data + cut, stream.len - cut), 0);
        while (frame_next(&reader, &frame) == 1)
            frames++;
        assert_int_equal(frames, 3);
        check_frame(&frame, FRAME_LOG, "{}", "");
        frame_reader_fini(&reader);
    }
    buf_fini(&stream);
}

static int read_header(struct frame_header header)
{
    struct frame_reader reader;
    struct frame frame;
    frame_reader_init(&reader);
    assert_int_equal(frame_feed(&reader, &header, sizeof header), 0);
    int result = frame_next(&reader, &frame);
    /* It is no matter of luck: asked again, the reader says the same. */
    assert_int_equal(frame_next(&reader, &frame), result == 1 ? 0 : result);
    frame_reader_fini(&reader);
    return result;
}

static void test_bad_headers(void **state)
{
    (void)state;
    const struct frame_header good = {
        .magic = FRAME_MAGIC, .version = FRAME_VERSION, .type = FRAME_READY};
    assert_int_equal(read_header(good), 1);
    struct frame_header bad = good;
    bad.magic ^= 1;
    assert_int_equal(read_header(bad), -EPROTO);
    bad = good;
    bad.version = FRAME_VERSION + 1;
    assert_int_equal(read_header(bad), -EPROTO);
    bad = good;
    bad.json_len = (uint32_t)FRAME_JSON_MAX + 1;
    assert_int_equal(read_header(bad), -EPROTO);
    bad.json_len = UINT32_MAX;
    assert_int_equal(read_header(bad), -EPROTO);
    bad = good;
    bad.body_len = (uint32_t)FRAME_BODY_MAX + 1;
    assert_int_equal(read_header(bad), -EPROTO);
    /* At the limits: legal, only not there yet. */
    bad = good;
    bad.json_len = (uint32_t)FRAME_JSON_MAX;
    bad.body_len = (uint32_t)FRAME_BODY_MAX;
    assert_int_equal(read_header(bad), 0);
    /* A type that nobody knows is handed out; the reader of frames skips it. */
    bad = good;
    bad.type = 999;
    assert_int_equal(read_header(bad), 1);
}

static void test_bad_frame_after_a_good_one(void **state)
{
    (void)state;
    struct buf stream;
    struct frame_reader reader;
    struct frame frame;
    buf_init(&stream, 4096);
    append_frame(&stream, FRAME_READY, "{}", "");
    assert_int_equal(buf_append(&stream, "GET / HTTP/1.1\r\n\r\n", 18), 0);
    frame_reader_init(&reader);
    assert_int_equal(frame_feed(&reader, stream.data, stream.len), 0);
    assert_int_equal(frame_next(&reader, &frame), 1);
    check_frame(&frame, FRAME_READY, "{}", "");
    assert_int_equal(frame_next(&reader, &frame), -EPROTO);
    frame_reader_fini(&reader);
    buf_fini(&stream);
}

/* Who feeds without ever reading is stopped, and what is there stays whole. */
static void test_feed_has_a_limit(void **state)
{
    (void)state;
    struct frame_reader reader;
    frame_reader_init(&reader);
    reader.bytes.max_bytes = 64; /* the limit itself is a quarter of a GiB: not for a test */
    char bytes[64] = {0};
    assert_int_equal(frame_feed(&reader, bytes, sizeof bytes), 0);
    assert_int_equal(frame_feed(&reader, bytes, 1), -ENOBUFS);
    assert_int_equal(reader.bytes.len, 64);
    frame_reader_fini(&reader);
}

static void test_fill_has_limits(void **state)
{
    (void)state;
    struct frame_header header;
    assert_int_equal(frame_header_fill(&header, FRAME_LOG, FRAME_JSON_MAX, FRAME_BODY_MAX), 0);
    assert_int_equal(header.json_len, FRAME_JSON_MAX);
    assert_int_equal(header.body_len, FRAME_BODY_MAX);
    assert_int_equal(frame_header_fill(&header, FRAME_LOG, FRAME_JSON_MAX + 1, 0), -EMSGSIZE);
    assert_int_equal(frame_header_fill(&header, FRAME_LOG, 0, FRAME_BODY_MAX + 1), -EMSGSIZE);
    assert_int_equal(frame_header_fill(&header, FRAME_LOG, SIZE_MAX, SIZE_MAX), -EMSGSIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_byte_by_byte),
        cmocka_unit_test(test_every_split),
        cmocka_unit_test(test_body_in_pieces),
        cmocka_unit_test(test_bad_headers),
        cmocka_unit_test(test_bad_frame_after_a_good_one),
        cmocka_unit_test(test_feed_has_a_limit),
        cmocka_unit_test(test_fill_has_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
