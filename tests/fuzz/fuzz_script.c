/*
 * Fuzz entry for key scripts: any text is refused with its line, or is a script that comes to its
 * end, or to a wait, whatever keys it presses.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run. Arguments are files to be
 * fed instead. What would write files is left out.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "tests/golden/fixture.h"
#include "tui/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 2000, STEPS_MAX = 20000 };

static void play(struct script *script)
{
    struct model *model = fixture_busy();
    struct ui ui;
    enum script_state state = SCRIPT_STEPPED;
    enum ui_action action;
    struct error error;
    ui_init(&ui, 80, 24);
    for (int i = 0; i < STEPS_MAX && state != SCRIPT_DONE && state != SCRIPT_FAILED; i++) {
        state = script_step(script, &ui, model, &action, &error);
        /* Every wait is for too long at last. */
        script_waited(script, state == SCRIPT_WAITING ? UINT64_MAX : 0);
    }
    if (state != SCRIPT_DONE && state != SCRIPT_FAILED) {
        fprintf(stderr, "fuzz_script: no end\n");
        abort();
    }
    ui_fini(&ui);
    model_free(model);
    clock_fix(0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[INPUT_MAX + 1];
    struct error error = {.text = ""};
    size = size < INPUT_MAX ? size : INPUT_MAX;
    memcpy(text, data, size);
    text[size] = '\0';
    if (strstr(text, "save-screen"))
        return 0;
    struct script *script = script_new("fuzz", text, size, &error);
    if (script)
        play(script);
    if (!script && strncmp(error.text, "fuzz:", 5) != 0) {
        fprintf(stderr, "fuzz_script: refused without its line\n");
        abort();
    }
    script_free(script);
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
    static const char *const lines[] = {"key j",
                                        "key 3 G k m k Enter D",
                                        "type /page",
                                        "key Enter Esc",
                                        "click 5 9",
                                        "resize 20x3",
                                        "resize 300x9",
                                        "wait idle for 1",
                                        "wait text x for 0.1",
                                        "sleep 2",
                                        "wait ended 99",
                                        "wait line 3",
                                        "wait paused",
                                        "clock 77",
                                        "key 2 > > I",
                                        "key : x Esc",
                                        "wheel-down 3 3",
                                        "# x",
                                        "",
                                        "key Tab",
                                        "key D D m D",
                                        "quit",
                                        "wait for",
                                        "key 7 v"};
    uint32_t seed = 3;
    for (int round = 0; round < 400; round++) {
        char input[INPUT_MAX];
        size_t used = 0;
        for (uint32_t parts = next(&seed) % 12; parts > 0; parts--) {
            const char *line = lines[next(&seed) % (sizeof lines / sizeof *lines)];
            used += (size_t)snprintf(input + used, sizeof input - used, "%s\n", line);
            if (next(&seed) % 20 == 0)
                input[used - 1 - next(&seed) % 3 % used] = (char)next(&seed);
        }
        LLVMFuzzerTestOneInput((const uint8_t *)input, used);
    }
}

#include "fuzz_main.h"
#endif
