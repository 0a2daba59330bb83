/*
 * Fuzz entry for --fail-on: any text is refused with a sentence, or is conditions each of which,
 * as it is remembered, reads as the same one again.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run. Arguments are files to be
 * fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/fail_on.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 400, ALL = (1 << FAIL_ON_KINDS) - 1 };

static void require(int holds, const char *what, const char *text)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_fail_on: %s: '%s'\n", what, text);
    abort();
}

static void check(const struct fail_on_condition *one)
{
    struct fail_on again = {.count = 0};
    require(fail_on_parse(&again, one->text, ALL, NULL) == 0 && again.count == 1,
            "what is remembered cannot be read", one->text);
    require(again.items[0].kind == one->kind && again.items[0].bytes == one->bytes &&
                again.items[0].is_percent == one->is_percent &&
                !(again.items[0].percent < one->percent) &&
                !(again.items[0].percent > one->percent),
            "what is remembered is another condition", one->text);
    require(one->bytes >= 0 && one->percent >= 0, "a negative one", one->text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[INPUT_MAX + 1];
    struct fail_on set = {.count = 0};
    struct error error = {.text = ""};
    size = size < INPUT_MAX ? size : INPUT_MAX;
    memcpy(text, data, size);
    text[size] = '\0';
    if (fail_on_parse(&set, text, ALL, &error) < 0) {
        require(error.text[0] && set.count == 0, "refused without a word", text);
        return 0;
    }
    for (size_t i = 0; i < set.count; i++)
        check(&set.items[i]);
    return 0;
}

#ifndef FUZZ_ENGINE
static uint32_t next(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static void run_smoke(void)
{
    static const char *const words[] = {"growth", "rss", "increment", "leak", ">",
                                        ">=",     "5%",  "1M",        "0",    " ",
                                        ",",      ".",   "%",         "9e9",  "GiB"};
    uint32_t seed = 7;
    for (int round = 0; round < 20000; round++) {
        uint8_t input[INPUT_MAX];
        size_t used = 0;
        for (uint32_t parts = next(&seed) % 9; parts > 0 && used < INPUT_MAX - 10; parts--) {
            const char *word = words[next(&seed) % (sizeof words / sizeof *words)];
            memcpy(input + used, word, strlen(word));
            used += strlen(word);
            if (next(&seed) % 16 == 0)
                input[used++] = (uint8_t)next(&seed);
        }
        LLVMFuzzerTestOneInput(input, used);
    }
}

#include "fuzz_main.h"
#endif
