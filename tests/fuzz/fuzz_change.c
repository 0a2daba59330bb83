/*
 * Fuzz entry for the changes of recordings: any bytes, read one after another as changes, are a
 * model that can be gone through, or none. What is written of that model, as a change against
 * nothing, reads as the same model again.
 *
 * With clang and -fsanitize=fuzzer -DFUZZ_ENGINE the engine brings its own main. Without it, main
 * feeds inputs that a seeded generator makes, the same ones in every run: changes of a model, whole
 * and with bytes of them changed. Arguments are files to be fed instead.
 */
#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/change.h"
#include "tests/unit/model_fixture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20, OUTPUT_MAX = 1 << 26 };

static void require(int holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "fuzz_change: %s\n", what);
    abort();
}

static void give_text(void *context, uint32_t index, struct file *file)
{
    static const char text[] = "one\ntwo\n\nfour";
    (void)context;
    if (index % 3)
        file_set_text(file, text, sizeof text - 1);
}

static size_t go_through_others(const struct model *model, const struct stop_others *others)
{
    size_t sum = 0;
    for (size_t i = 0; i < others->count; i++) {
        const struct stop_other *other = &others->items[i];
        sum += strlen(other->name) + strlen(other->function) + strlen(other->state) +
               strlen(other->place);
        if (other->file != STOP_NO_FILE)
            sum += strlen(model->files[other->file]->display);
    }
    return sum;
}

static void give_lines(struct change_state *state)
{
    for (size_t i = 0; i < state->model->invocations.count; i++) {
        struct invocation *invocation = state->model->invocations.kept[i];
        char bytes[] = {2, 0, 1, 1, 8, 1, 2, 1, 9};
        bytes[invocation->lines_number % sizeof bytes] ^= (char)(invocation->lines_number >> 4);
        if (invocation->lines_number && !invocation->line_count)
            change_read_lines(invocation, (struct span){bytes, sizeof bytes});
        change_check_lines(state, invocation);
    }
}

static const struct change_source source = {NULL, give_text};
static const struct change_source no_source = {NULL, NULL};

static size_t go_through_stop(const struct model *model)
{
    const struct stop *stop = &model->stop;
    size_t sum = 0;
    if (stop->is_stopped && stop->file != STOP_NO_FILE)
        sum += strlen(model->files[stop->file]->display);
    if (stop->step.is_known && stop->step.file != STOP_NO_FILE)
        sum += strlen(model->files[stop->step.file]->display);
    for (size_t i = 0; i < stop->frame_count; i++) {
        const struct stop_frame *frame = &stop->frames[i];
        sum += strlen(frame->name) + strlen(frame->place);
        if (frame->file != STOP_NO_FILE)
            sum += strlen(model->files[frame->file]->display);
    }
    for (size_t i = 0; i < stop->local_count; i++)
        sum += strlen(stop->locals[i].name) + strlen(stop->locals[i].type) +
               strlen(stop->locals[i].text);
    for (size_t i = 0; i < model->breakpoints.count; i++)
        sum += strlen(model->breakpoints.items[i].path) + strlen(model->breakpoints.items[i].text) +
               strlen(model->breakpoints.items[i].condition);
    return sum + go_through_others(model, &stop->tasks) + go_through_others(model, &stop->threads);
}

/* Look at what views look at, by the indexes that are in the model. */
static size_t go_through(struct model *model)
{
    size_t sum = 0, len;
    for (size_t i = 0; i < model->file_count; i++) {
        const struct file *file = model->files[i];
        sum += strlen(file->path) + strlen(file->display);
        for (uint32_t line = 1; line <= file->line_count; line++)
            sum +=
                (unsigned char)*file_line_text(file, line, &len) + file->lines[line - 1].trend_len;
    }
    for (size_t i = 0; i < model->invocations.count; i++) {
        const struct invocation *one = model->invocations.kept[i];
        sum += strlen(outcome_name(one->outcome)) + strlen(one->function) + strlen(one->request);
        if (one->line)
            sum += strlen(model->files[one->file]->display);
        for (size_t k = 0; k < one->line_count; k++)
            sum += strlen(model->files[one->lines[k].file]->display);
    }
    for (size_t i = 0; i < model->kept.line_count; i++)
        if (model->kept.lines[i].line)
            sum += strlen(model->files[model->kept.lines[i].file]->display);
    for (size_t i = 0; i < model->function_count; i++)
        sum += strlen(model->functions[i].name) + strlen(model->functions[i].script);
    return sum + go_through_stop(model) + strlen(model->app_name);
}

static void check_again(struct change_state *state)
{
    struct change_state nothing, again;
    struct writer writer;
    change_state_init(&nothing);
    change_state_init(&again);
    writer_init(&writer, OUTPUT_MAX);
    change_write(&writer, &nothing, state->model, NULL);
    struct span bytes = {buf_text(&writer.out), writer.out.len};
    if (!writer.is_full && bytes.len > 0) {
        require(change_read(&again, bytes, &source) == 0, "what is written is not read");
        for (size_t i = 0; i < state->model->file_count; i++)
            require(state->model->files[i]->line_count == again.model->files[i]->line_count ||
                        !state->model->files[i]->text,
                    "a file has other lines");
    }
    writer_fini(&writer);
    change_state_fini(&again);
    change_state_fini(&nothing);
}

/* Changes stand one after another, each with its length in three bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct change_state state;
    size_t sum = 0;
    change_state_init(&state);
    for (size_t at = 0; at + 3 <= size;) {
        size_t len = data[at] | (size_t)data[at + 1] << 8 | (size_t)data[at + 2] << 16;
        at += 3;
        len = len < size - at ? len : size - at;
        if (change_read(&state, (struct span){(const char *)data + at, len}, &source))
            break;
        give_lines(&state);
        sum += go_through(state.model);
        if (at + len >= size)
            check_again(&state);
        at += len;
    }
    change_state_fini(&state);
    return sum == SIZE_MAX;
}

#ifndef FUZZ_ENGINE

enum { SMOKE_RUNS = 1000, CHANGES = 6 };

static size_t append_change(const struct writer *writer, uint8_t *input, size_t len)
{
    size_t size = writer->out.len;
    if (size == 0 || len + 3 + size > INPUT_MAX)
        return len;
    for (int i = 0; i < 3; i++)
        input[len++] = (uint8_t)(size >> 8 * i);
    memcpy(input + len, buf_text(&writer->out), size);
    return len + size;
}

/* The changes of a model from nothing on. */
static size_t make_input(struct changer *changer, uint8_t *input)
{
    struct change_state state;
    struct writer writer;
    struct model *model = model_new("/app");
    size_t len = 0;
    change_state_init(&state);
    writer_init(&writer, OUTPUT_MAX);
    for (int i = 0; i < CHANGES; i++) {
        for (int k = 0; k < 4; k++)
            change_model(changer, model);
        writer_clear(&writer);
        if (!change_write(&writer, &state, model, NULL))
            continue;
        len = append_change(&writer, input, len);
        require(change_read(&state, (struct span){buf_text(&writer.out), writer.out.len},
                            &no_source) == 0,
                "a change is not read");
    }
    writer_fini(&writer);
    change_state_fini(&state);
    model_free(model);
    return len;
}

static void run_smoke(void)
{
    static uint8_t input[INPUT_MAX];
    struct changer changer = {.seed = 20240229, .now_ns = 1};
    for (int run = 0; run < SMOKE_RUNS; run++) {
        size_t len = make_input(&changer, input);
        uint64_t faults = run % 4 ? 1 + changer_below(&changer, 4) : 0;
        for (; len > 0 && faults > 0; faults--)
            input[changer_below(&changer, len)] = (uint8_t)changer_random(&changer);
        LLVMFuzzerTestOneInput(input, len);
    }
}

#include "fuzz_main.h"

#endif
