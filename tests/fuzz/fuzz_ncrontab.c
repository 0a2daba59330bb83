/*
 * Fuzz entry for schedules: any text is refused with a sentence, or is a schedule whose occurrences
 * are later than what they are asked from, fit, and do not depend on where between them one asks.
 * What is written of a schedule reads as the same one.
 *
 * The first eight bytes are the time that is asked from and the time zone, the rest is the text.
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run. Arguments are files to be
 * fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "host/ncrontab.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 200, HEAD = 8, INPUT_MAX = HEAD + TEXT_MAX };

static void require(int holds, const char *what, const char *text)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_ncrontab: %s: '%s'\n", what, text);
    abort();
}

static void check_text(const struct ncrontab *schedule, const char *text)
{
    static const char before[] = "Cron: '";
    char out[NCRONTAB_TEXT_SIZE];
    struct ncrontab again;
    ncrontab_format(schedule, out);
    char *start = schedule->interval_ns ? out + strlen("Constant: ") : out + strlen(before);
    if (!schedule->interval_ns)
        out[strlen(out) - 1] = '\0';
    require(ncrontab_parse(&again, start, NULL) == 0, "what is written cannot be read", text);
    require(again.interval_ns == schedule->interval_ns &&
                again.has_seconds == schedule->has_seconds &&
                memcmp(again.values, schedule->values, sizeof again.values) == 0,
            "what is written is another schedule", text);
}

static void check_occurrences(const struct ncrontab *schedule, uint64_t from, const char *text)
{
    uint64_t next = ncrontab_next(schedule, from);
    require(next > from, "an occurrence is not later", text);
    if (next == NCRONTAB_NEVER || schedule->interval_ns)
        return;
    require(next % NS_PER_SECOND == 0, "an occurrence within a second", text);
    uint64_t between = from + (next - from) / 2;
    require(ncrontab_next(schedule, between) == next, "an occurrence is lost on the way", text);
    require(ncrontab_next(schedule, next - 1) == next, "an occurrence is lost at last", text);
    require(ncrontab_next(schedule, next) > next, "an occurrence comes twice", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const zones[] = {"UTC0", "PST8PDT,M3.2.0,M11.1.0",
                                        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
                                        "<-10>10<+14>-14,M5.1.5/0,M4.1.0/0"};
    if (size < HEAD || size > INPUT_MAX)
        return 0;
    char text[TEXT_MAX + 1];
    uint32_t from_s;
    struct ncrontab schedule;
    struct error error = {.text = ""};
    memcpy(&from_s, data, sizeof from_s);
    memcpy(text, data + HEAD, size - HEAD);
    text[size - HEAD] = '\0';
    setenv("TZ", zones[data[4] % (sizeof zones / sizeof zones[0])], 1);
    if (ncrontab_parse(&schedule, text, &error)) {
        require(error.status == EXIT_STATUS_APP && *error.text, "no sentence", text);
        return 0;
    }
    check_text(&schedule, text);
    check_occurrences(&schedule, from_s * NS_PER_SECOND + data[5], text);
    return 0;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 20000 };

/* xorshift64: good enough to scatter bytes, and the same everywhere. */
static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed >> 11;
}

/* Five or six fields that are mostly right, then a few changed bytes. */
static size_t fill_fields(uint64_t *seed, char *out)
{
    static const char *const parts[] = {"*", "*",   "*/7",   "1",     "2,4",     "3-5",
                                        "0", "2/9", "1-6/2", "Jan",   "6-2,1",   "Mon-Wed",
                                        "7", "30",  "23,12", "00:05", "1.02:03", ".5"};
    size_t len = 0;
    for (uint64_t fields = 5 + next_random(seed) % 2; fields > 0; fields--)
        len += (size_t)snprintf(out + len, TEXT_MAX + 1 - len, "%s ",
                                parts[next_random(seed) % (sizeof parts / sizeof parts[0])]);
    if (next_random(seed) % 8 == 0)
        len = (size_t)snprintf(out, TEXT_MAX + 1, "%u:%02u:%02u.%u",
                               (unsigned)(next_random(seed) % 30), (unsigned)(*seed % 64),
                               (unsigned)(*seed / 64 % 64), (unsigned)(*seed / 4096 % 1000));
    for (uint64_t changes = next_random(seed) % 3; changes > 1; changes--)
        out[next_random(seed) % len] = "0123456789*/-,:. ?L"[next_random(seed) % 19];
    return len;
}

static void run_smoke(void)
{
    static uint8_t input[INPUT_MAX + 1];
    uint64_t seed = 20240229;
    for (int run = 0; run < SMOKE_RUNS; run++) {
        uint64_t head = next_random(&seed) << 20 ^ next_random(&seed);
        memcpy(input, &head, HEAD);
        LLVMFuzzerTestOneInput(input, HEAD + fill_fields(&seed, (char *)input + HEAD));
    }
}

#include "fuzz_main.h"

#endif
