/*
 * A script is checked as a whole when it is opened, so that a mistake in its last line is found
 * before the first key. Keys of one line are pressed one for each step: a key can ask for an action
 * that has to be done before the next one.
 */
#include "config.h"
#include "tui/script.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "tui/grid.h"
#include "tui/scene.h"

enum { SCRIPT_BYTES_MAX = 1 << 20, DUMP_BYTES_MAX = 8 << 20 };

enum verb {
    VERB_KEY,
    VERB_TYPE,
    VERB_CLICK,
    VERB_WHEEL_UP,
    VERB_WHEEL_DOWN,
    VERB_RESIZE,
    VERB_CLOCK,
    VERB_WAIT_LOADED,
    VERB_WAIT_ENDED,
    VERB_WAIT_IDLE,
    VERB_WAIT_TEXT,
    VERB_SAVE_DISPLAY,
};

static const struct {
    const char *words;
    enum verb verb;
    bool has_rest;
} verbs[] = {
    {"key", VERB_KEY, true},
    {"type", VERB_TYPE, true},
    {"click", VERB_CLICK, true},
    {"wheel-up", VERB_WHEEL_UP, true},
    {"wheel-down", VERB_WHEEL_DOWN, true},
    {"resize", VERB_RESIZE, true},
    {"clock", VERB_CLOCK, true},
    {"wait loaded", VERB_WAIT_LOADED, false},
    {"wait ended", VERB_WAIT_ENDED, true},
    {"wait idle", VERB_WAIT_IDLE, false},
    {"wait text", VERB_WAIT_TEXT, true},
    {"save-display", VERB_SAVE_DISPLAY, true},
};

struct script {
    char *name; /* owned */
    char *text; /* owned; lines end in NUL */
    size_t len;
    size_t at;       /* the line that is next */
    size_t line;     /* its number, from 1 */
    size_t progress; /* bytes of its argument that are done */
};

/* Split a line; false where it is no command. */
static bool parse_line(const char *line, enum verb *verb, const char **rest)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        size_t len = strlen(verbs[i].words);
        if (strncmp(line, verbs[i].words, len) != 0)
            continue;
        bool with_rest = line[len] == ' ' && line[len + 1];
        if (with_rest != verbs[i].has_rest || (!with_rest && line[len]))
            continue;
        *verb = verbs[i].verb;
        *rest = line + len + with_rest;
        return true;
    }
    return false;
}

static bool two_numbers(const char *text, const char *format, int *a, int *b)
{
    int end = 0;
    /* The formats are this file's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    return sscanf(text, format, a, b, &end) == 2 && text[end] == '\0' && *a >= 0 && *b >= 0;
#pragma GCC diagnostic pop
}

static bool keys_are_known(const char *names)
{
    while (*names) {
        size_t len = strcspn(names, " ");
        if (key_parse(names, len) == K_NONE)
            return false;
        names += len;
        names += strspn(names, " ");
    }
    return true;
}

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static bool argument_is_good(enum verb verb, const char *rest)
{
    int a, b;
    switch (verb) {
    case VERB_KEY: return keys_are_known(rest);
    case VERB_CLICK:
    case VERB_WHEEL_UP:
    case VERB_WHEEL_DOWN: return two_numbers(rest, "%4d %4d%n", &a, &b);
    case VERB_RESIZE: return two_numbers(rest, "%4dx%4d%n", &a, &b);
    case VERB_CLOCK:
    case VERB_WAIT_ENDED: return is_number(rest);
    case VERB_TYPE:
    case VERB_WAIT_LOADED:
    case VERB_WAIT_IDLE:
    case VERB_WAIT_TEXT:
    case VERB_SAVE_DISPLAY: break;
    }
    return true;
}

static bool is_skipped(const char *line)
{
    return *line == '\0' || *line == '#';
}

/* Cut the text into lines and look at each. */
static int check(struct script *script, struct error *error)
{
    size_t number = 1;
    for (size_t at = 0; at < script->len; number++) {
        char *line = script->text + at;
        size_t len = strcspn(line, "\n");
        enum verb verb;
        const char *rest;
        line[len] = '\0';
        if (!is_skipped(line) && (!parse_line(line, &verb, &rest) || !argument_is_good(verb, rest)))
            return error_set(error, EXIT_STATUS_USAGE, "%s:%zu: not a command of a key script: %s",
                             script->name, number, line);
        at += len + 1;
    }
    return 0;
}

struct script *script_new(const char *name, const char *text, size_t len, struct error *error)
{
    struct script *script = mem_calloc(1, sizeof *script);
    script->name = mem_strdup(name);
    script->text = mem_strndup(text, len);
    script->len = strlen(script->text);
    script->line = 1;
    if (check(script, error) < 0) {
        script_free(script);
        return NULL;
    }
    return script;
}

struct script *script_open(const char *path, struct error *error)
{
    struct script *script = NULL;
    struct buf text;
    char part[4096];
    size_t count;
    FILE *file = fopen(path, "re");
    buf_init(&text, SCRIPT_BYTES_MAX);
    if (!file) {
        error_set(error, EXIT_STATUS_USAGE, "cannot read the key script %s: %s", path,
                  strerror(errno));
        return NULL;
    }
    int result = 0;
    while (result == 0 && (count = fread(part, 1, sizeof part, file)) > 0)
        result = buf_append(&text, part, count);
    fclose(file);
    if (result == 0)
        script = script_new(path, buf_text(&text), text.len, error);
    else
        error_set(error, EXIT_STATUS_USAGE, "the key script %s is too long", path);
    buf_fini(&text);
    return script;
}

void script_free(struct script *script)
{
    if (!script)
        return;
    free(script->name);
    free(script->text);
    free(script);
}

size_t script_line(const struct script *script)
{
    return script->line;
}

static void draw_text(struct ui *ui, const struct model *model, struct buf *out)
{
    struct grid grid;
    grid_init(&grid);
    ui_sync(ui, model);
    scene_draw(ui, model, clock_monotonic_ns(), &grid);
    grid_dump_text(&grid, out);
    grid_fini(&grid);
}

static bool display_holds(struct ui *ui, const struct model *model, const char *text)
{
    struct buf dump;
    buf_init(&dump, DUMP_BYTES_MAX);
    draw_text(ui, model, &dump);
    bool holds = strstr(buf_text(&dump), text) != NULL;
    buf_fini(&dump);
    return holds;
}

static int save_display(struct ui *ui, const struct model *model, const char *path,
                        struct error *error)
{
    struct buf dump;
    FILE *file = fopen(path, "we");
    if (!file)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    buf_init(&dump, DUMP_BYTES_MAX);
    draw_text(ui, model, &dump);
    bool whole = fwrite(buf_text(&dump), 1, dump.len, file) == dump.len;
    buf_fini(&dump);
    if (fclose(file) != 0 || !whole)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write %s: %s", path, strerror(errno));
    return 0;
}

/* The next key of the argument; K_NONE at its end. */
static int next_key(struct script *script, enum verb verb, const char *rest)
{
    uint32_t code;
    const char *at = rest + script->progress;
    if (!*at)
        return K_NONE;
    if (verb == VERB_TYPE) {
        script->progress += text_decode(at, strlen(at), &code);
        return (int)code;
    }
    size_t len = strcspn(at, " ");
    script->progress += len + strspn(at + len, " ");
    return key_parse(at, len);
}

static enum ui_action press(struct ui *ui, const struct model *model, int key, int row, int col)
{
    struct key_event event = {.key = key, .row = row, .col = col};
    return ui_key(ui, model, event, clock_monotonic_ns(), clock_realtime_ns());
}

static enum ui_action press_at(struct ui *ui, const struct model *model, int key, const char *rest)
{
    int row = 0, col = 0;
    two_numbers(rest, "%4d %4d%n", &row, &col);
    return press(ui, model, key, row, col);
}

static bool wait_holds(struct ui *ui, const struct model *model, enum verb verb, const char *rest)
{
    const struct invocations *set = &model->invocations;
    switch (verb) {
    case VERB_WAIT_LOADED:
        return model->worker == WORKER_READY || model->worker == WORKER_ENDED ||
               model->worker == WORKER_NONE;
    case VERB_WAIT_ENDED: return set->total - set->running >= strtoull(rest, NULL, 10);
    case VERB_WAIT_IDLE: return set->running == 0;
    default: return display_holds(ui, model, rest);
    }
}

/* Do a command that is no wait; false where it is not done with (more keys to press). */
static bool perform(struct script *script, struct ui *ui, const struct model *model, enum verb verb,
                    const char *rest, enum ui_action *action)
{
    int cols = 0, rows = 0, key;
    switch (verb) {
    case VERB_KEY:
    case VERB_TYPE:
        key = next_key(script, verb, rest);
        if (key != K_NONE)
            *action = press(ui, model, key, 0, 0);
        return key == K_NONE;
    case VERB_CLICK: *action = press_at(ui, model, K_CLICK, rest); break;
    case VERB_WHEEL_UP: *action = press_at(ui, model, K_WHEEL_UP, rest); break;
    case VERB_WHEEL_DOWN: *action = press_at(ui, model, K_WHEEL_DOWN, rest); break;
    case VERB_RESIZE:
        two_numbers(rest, "%4dx%4d%n", &cols, &rows);
        press(ui, model, K_RESIZE, rows, cols);
        break;
    case VERB_CLOCK: clock_fix(strtoull(rest, NULL, 10)); break;
    default: break;
    }
    return true;
}

static void next_line(struct script *script)
{
    script->at += strlen(script->text + script->at) + 1;
    script->line++;
    script->progress = 0;
}

enum script_state script_step(struct script *script, struct ui *ui, const struct model *model,
                              enum ui_action *action, struct error *error)
{
    enum verb verb;
    const char *rest;
    *action = UI_NOTHING;
    while (script->at < script->len && is_skipped(script->text + script->at))
        next_line(script);
    if (script->at >= script->len)
        return SCRIPT_DONE;
    parse_line(script->text + script->at, &verb, &rest);
    if (verb >= VERB_WAIT_LOADED && verb <= VERB_WAIT_TEXT) {
        if (!wait_holds(ui, model, verb, rest))
            return SCRIPT_WAITING;
        next_line(script);
        return SCRIPT_STEPPED;
    }
    if (verb == VERB_SAVE_DISPLAY && save_display(ui, model, rest, error) < 0)
        return SCRIPT_FAILED;
    if (perform(script, ui, model, verb, rest, action))
        next_line(script);
    return SCRIPT_STEPPED;
}
