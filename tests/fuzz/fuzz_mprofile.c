/*
 * Fuzz entry for mprofile_*.dat: any bytes, in any pieces, are a series within its limits, and the
 * pieces make no difference. What is written of it reads without a fault, and writes as the same
 * again. A picture can be made of it, or a sentence says why not.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run. Arguments are files to be
 * fed instead.
 */
#include "config.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/mprofile.h"
#include "report/plot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 16, OUTPUT_MAX = 1 << 22 };

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_mprofile: %s\n", what);
    abort();
}

/* Read the bytes in pieces, and append the series as text. Returns what could not be read. */
static uint64_t read_and_write(const char *bytes, size_t size, size_t piece, struct buf *out)
{
    struct series series;
    struct mprofile_reader reader;
    series_init(&series);
    mprofile_begin(&reader, &series);
    for (size_t at = 0; at < size; at += piece)
        mprofile_feed(&reader, bytes + at, size - at < piece ? size - at : piece);
    mprofile_end(&reader);
    require((series.unread > 0) == (series.unread_line > 0), "a line is not told");
    require(mprofile_write(&series, out) == 0, "a series is too long");
    uint64_t unread = series.unread;
    series_fini(&series);
    return unread;
}

/* Is there an attribute with what is no number? Names and titles may hold such words. */
static int has_no_number(const char *page)
{
    while ((page = strstr(page, "=\""))) {
        page += 2;
        const char *end = strchr(page, '"'), *nan = strstr(page, "nan"), *inf = strstr(page, "inf");
        if (!end || (nan && nan < end) || (inf && inf < end))
            return 1;
        page = end + 1;
    }
    return 0;
}

static void draw(const struct buf *text)
{
    struct series series;
    struct mprofile_reader reader;
    const struct plot_options options = {.to_s = INFINITY, .slope = true};
    struct error error = {.text = ""};
    struct buf out;
    buf_init(&out, OUTPUT_MAX);
    series_init(&series);
    mprofile_begin(&reader, &series);
    mprofile_feed(&reader, buf_text(text), text->len);
    mprofile_end(&reader);
    int result = plot_html(&series, &options, &out, &error);
    require(result == 0 || *error.text, "no sentence");
    require(!has_no_number(buf_text(&out)) && !strstr(buf_text(&out), "<script"),
            "the picture is not one");
    buf_fini(&out);
    series_fini(&series);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, cut, again, third;
    if (size > INPUT_MAX)
        return 0;
    buf_init(&whole, OUTPUT_MAX);
    buf_init(&cut, OUTPUT_MAX);
    buf_init(&again, OUTPUT_MAX);
    buf_init(&third, OUTPUT_MAX);
    const char *text = (const char *)data;
    uint64_t unread = read_and_write(text, size, size + 1, &whole);
    require(read_and_write(text, size, 3, &cut) == unread && cut.len == whole.len &&
                memcmp(buf_text(&cut), buf_text(&whole), whole.len) == 0,
            "the pieces make a difference");
    read_and_write(buf_text(&whole), whole.len, INPUT_MAX, &again);
    require(read_and_write(buf_text(&again), again.len, INPUT_MAX, &third) == 0 &&
                again.len == third.len &&
                memcmp(buf_text(&again), buf_text(&third), third.len) == 0,
            "what is written reads as another series");
    draw(&whole);
    buf_fini(&whole);
    buf_fini(&cut);
    buf_fini(&again);
    buf_fini(&third);
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 2000, SMOKE_BYTES = 4096 };

/* xorshift64: good enough to scatter bytes, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

static unsigned below(uint64_t *seed, unsigned limit)
{
    return (unsigned)(next_random(seed) % limit);
}

static size_t fill_record(uint64_t *seed, char *out, size_t size)
{
    unsigned time = 1795895000 + below(seed, 1000), mib = below(seed, 400);
    int len = 0;
    switch (below(seed, 6)) {
    case 0: len = snprintf(out, size, "CMDLINE python nan%u.py <&inf\n", mib); break;
    case 1: len = snprintf(out, size, "CHLD %u %u.5 %u.25\n", below(seed, 9), mib, time); break;
    case 2:
        len = snprintf(out, size, "FUNC f%u %u.1 %u.5 %u %u.125 %u\n", below(seed, 40), mib, time,
                       mib, time + below(seed, 99), below(seed, 4));
        break;
    default:
        len = snprintf(out, size, "MEM %u.%06u %u.%04u\n", mib, below(seed, 1000000), time,
                       below(seed, 10000));
        break;
    }
    return (size_t)len < size ? (size_t)len : 0;
}

static void run_smoke(void)
{
    static char input[SMOKE_BYTES + 128];
    uint64_t seed = 20240229;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        size_t len = 0, wanted = below(&seed, SMOKE_BYTES) + 1;
        while (len < wanted)
            len += fill_record(&seed, input + len, sizeof input - len);
        for (unsigned changes = run % 2 ? below(&seed, 9) : 0; changes > 0; changes--)
            input[below(&seed, (unsigned)len)] = (char)next_random(&seed);
        LLVMFuzzerTestOneInput((const uint8_t *)input, len);
    }
}

#include "fuzz_main.h"

#endif
