/*
 * The account is the worker's JSON. Whatever is not what it should be is left out, so that of a
 * broken worker one sees at least that it is stopped. Texts are kept as one harmless line each;
 * they cannot be longer than the account, nor more than its bytes.
 */
#include "config.h"
#include "host/stepper_account.h"

#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/shared.h"

/* The string as one harmless line; "" where there is none. The caller frees it. */
static char *line_of(const json_t *value)
{
    /* One byte becomes three at the most: U+FFFD for an invalid one. */
    size_t len = json_string_length(value), size = 3 * len + 1;
    char *line = mem_calloc(size, 1);
    if (len)
        text_clean(line, size, json_string_value(value), len);
    return line;
}

static char *line_at(const json_t *object, const char *key)
{
    return line_of(json_object_get(object, key));
}

static void take_frames(const json_t *stack, const struct model *model, struct stop *stop)
{
    size_t i;
    json_t *each;
    json_array_foreach(stack, i, each)
    {
        const char *path = json_string_value(json_object_get(each, "path"));
        json_int_t line = json_integer_value(json_object_get(each, "line"));
        long file = path ? model_find_file(model, path) : -1;
        if (!path || line < 1 || line > FILE_LINES_MAX)
            continue;
        struct stop_frame *frame = stop_add_frame(stop);
        frame->name = line_at(each, "name");
        frame->line = (uint32_t)line;
        if (file < 0) {
            frame->place = line_at(each, "path");
            continue;
        }
        frame->file = (uint32_t)file;
        frame->place = mem_strdup(model->files[file]->display);
    }
}

static void take_locals(const json_t *locals, struct stop *stop)
{
    size_t i;
    json_t *each;
    json_array_foreach(locals, i, each)
    {
        const json_t *bytes = json_object_get(each, "bytes");
        if (!json_is_string(json_object_get(each, "name")))
            continue;
        struct stop_local *local = stop_add_local(stop);
        local->name = line_at(each, "name");
        local->type = line_at(each, "type");
        local->text = line_at(each, "text");
        if (json_is_integer(bytes) && json_integer_value(bytes) >= 0)
            local->bytes = json_integer_value(bytes);
    }
}

/* Where one is, if that is a line. */
static void take_place(const json_t *each, const struct model *model, struct stop_other *other)
{
    const char *path = json_string_value(json_object_get(each, "path"));
    json_int_t line = json_integer_value(json_object_get(each, "line"));
    long file = path ? model_find_file(model, path) : -1;
    if (!path || line < 1 || line > FILE_LINES_MAX) {
        other->place = mem_strdup("");
        return;
    }
    other->line = (uint32_t)line;
    if (file >= 0)
        other->file = (uint32_t)file;
    other->place = file < 0 ? line_at(each, "path") : mem_strdup(model->files[file]->display);
}

static void take_others(const json_t *account, const char *key, const char *more,
                        const struct model *model, struct stop_others *others)
{
    size_t i;
    json_t *each;
    json_int_t left = json_integer_value(json_object_get(account, more));
    others->more = left > 0 ? (uint64_t)left : 0;
    json_array_foreach(json_object_get(account, key), i, each)
    {
        const json_t *number = json_object_get(each, "invocation");
        if (!json_is_string(json_object_get(each, "name")))
            continue;
        struct stop_other *other = stop_add_other(others);
        other->name = line_at(each, "name");
        other->function = line_at(each, "coroutine");
        other->state = line_at(each, "state");
        take_place(each, model, other);
        if (json_is_integer(number) && json_integer_value(number) >= 0)
            other->number = (uint64_t)json_integer_value(number);
    }
}

static void take_account(const char *text, size_t len, const struct model *model, struct stop *stop)
{
    json_t *account = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    const json_t *answer = json_object_get(account, "answer");
    const json_t *thread = json_object_get(account, "thread");
    if (json_is_string(thread))
        stop->thread = line_of(thread);
    if (json_is_string(answer))
        stop->answer = line_of(answer);
    stop->has_failed = json_is_true(json_object_get(account, "failed"));
    stop->is_cut = json_is_true(json_object_get(account, "cut"));
    take_frames(json_object_get(account, "stack"), model, stop);
    take_locals(json_object_get(account, "locals"), stop);
    take_others(account, "tasks", "more_tasks", model, &stop->tasks);
    take_others(account, "threads", "more_threads", model, &stop->threads);
    json_decref(account);
}

static enum stop_reason reason_of(uint32_t reason)
{
    switch (reason) {
    case CONTROL_AT_BREAKPOINT: return STOP_BREAKPOINT;
    case CONTROL_AT_INTERRUPT: return STOP_INTERRUPT;
    case CONTROL_AT_CALL: return STOP_CALL;
    case CONTROL_AT_ANSWER: return STOP_ANSWER;
    default: return STOP_STEP;
    }
}

bool stepper_account(struct control_stop *from, uint32_t serial, const struct model *model,
                     struct stop *stop, uint32_t *site, bool *is_off)
{
    struct stop copy = {.file = STOP_NO_FILE,
                        .reason = reason_of(load_once(&from->reason)),
                        .breakpoint = load_once(&from->breakpoint),
                        .loop_held = load_once(&from->is_loop) != 0,
                        .waiting = load_once(&from->waiting),
                        .has_objects = load_once(&from->has_blocks) != 0,
                        .objects = *(const volatile int64_t *)&from->blocks,
                        .number = *(const volatile uint64_t *)&from->number};
    size_t len = load_once(&from->account_len);
    *site = load_once(&from->site);
    *is_off = load_once(&from->is_off) != 0;
    len = len < CONTROL_ACCOUNT_BYTES ? len : CONTROL_ACCOUNT_BYTES;
    char *account = mem_strndup(from->account, len);
    /* Adding nothing is a load that nothing above may come after. */
    bool same = atomic_fetch_add_explicit(&from->serial, 0, memory_order_acq_rel) == serial;
    if (same) {
        take_account(account, len, model, &copy);
        *stop = copy;
    }
    free(account);
    return same;
}
