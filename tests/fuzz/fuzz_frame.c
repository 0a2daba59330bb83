/*
 * Fuzz entry for the frame reader: any bytes, in any pieces, are frames within the limits or the
 * end of the stream, and the pieces make no difference.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run: half of them noise, half
 * frames of which a few bytes were changed. Arguments are files to be fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16 };

/* What a stream was read as: enough to tell two readings apart. */
struct reading {
    unsigned frames;
    uint64_t hash;
    int result; /* 0, or the negative error that ended it */
};

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_frame: %s\n", what);
    abort();
}

static void add_to_hash(uint64_t *hash, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;
    for (size_t i = 0; i < len; i++)
        *hash = (*hash ^ at[i]) * 1099511628211u;
}

/* Read the frames that are whole; every byte of them is touched, for a sanitizer to see. */
static void take_frames(struct frame_reader *reader, struct reading *reading)
{
    struct frame frame;
    while ((reading->result = frame_next(reader, &frame)) == 1) {
        require(frame.json_len <= FRAME_JSON_MAX && frame.body_len <= FRAME_BODY_MAX,
                "a frame passes the limits");
        require(reader->taken <= reader->bytes.len, "a frame is longer than the stream");
        uint32_t shape[] = {(uint32_t)frame.type, (uint32_t)frame.json_len,
                            (uint32_t)frame.body_len};
        add_to_hash(&reading->hash, shape, sizeof shape);
        add_to_hash(&reading->hash, frame.json, frame.json_len);
        add_to_hash(&reading->hash, frame.body, frame.body_len);
        reading->frames++;
    }
}

static struct reading read_stream(const uint8_t *data, size_t size, size_t piece)
{
    struct frame_reader reader;
    struct reading reading = {.hash = 1469598103934665603u};
    frame_reader_init(&reader);
    for (size_t at = 0; at < size && reading.result == 0; at += piece) {
        size_t len = size - at < piece ? size - at : piece;
        require(frame_feed(&reader, data + at, len) == 0, "a short stream is refused");
        take_frames(&reader, &reading);
    }
    frame_reader_fini(&reader);
    return reading;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > INPUT_MAX)
        return 0;
    const struct reading whole = read_stream(data, size, size);
    const size_t pieces[] = {1, 7, sizeof(struct frame_header), 1000};
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        const struct reading cut = read_stream(data, size, pieces[i]);
        require(cut.frames == whole.frames && cut.hash == whole.hash && cut.result == whole.result,
                "the pieces make a difference");
    }
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 4000, SMOKE_BYTES = 2048 };

/* xorshift64: good enough to scatter bytes, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void fill_noise(uint64_t *seed, uint8_t *out, size_t size)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(next_random(seed) >> 32);
}

/* As many legal frames as fit, then a few changed bytes. */
static void fill_frames(uint64_t *seed, uint8_t *out, size_t size)
{
    fill_noise(seed, out, size);
    for (size_t at = 0; at + sizeof(struct frame_header) <= size;) {
        struct frame_header header;
        size_t json_len = next_random(seed) % 40, body_len = next_random(seed) % 40;
        require(frame_header_fill(&header, FRAME_LOG, json_len, body_len) == 0,
                "a legal length is refused");
        memcpy(out + at, &header, sizeof header);
        at += sizeof header + json_len + body_len;
    }
    for (uint64_t changes = next_random(seed) % 3; changes > 0; changes--)
        out[next_random(seed) % size] = (uint8_t)next_random(seed);
}

static void run_smoke(void)
{
    static uint8_t input[SMOKE_BYTES];
    uint64_t seed = 20240229;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        size_t size = 1 + next_random(&seed) % SMOKE_BYTES;
        if (run % 2)
            fill_frames(&seed, input, size);
        else
            fill_noise(&seed, input, size);
        LLVMFuzzerTestOneInput(input, size);
    }
}

#include "fuzz_main.h"

#endif
