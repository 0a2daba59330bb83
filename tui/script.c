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
#include "tui/save.h"

enum { SCRIPT_BYTES_MAX = 1 << 20, DUMP_BYTES_MAX = 8 << 20, SECONDS_MAX = 86400 };
#define WAIT_NS (30 * NS_PER_SECOND)

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
    VERB_WAIT_PAUSED,
    VERB_WAIT_LINE,
    VERB_WAIT_LEAKS,
    VERB_WAIT_HOLDERS,
    VERB_WAIT_LIVE,
    VERB_WAIT_TEXT,
    VERB_SLEEP,
    VERB_SAVE_SCREEN,
    VERB_QUIT,
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
    {"wait paused", VERB_WAIT_PAUSED, false},
    {"wait line", VERB_WAIT_LINE, true},
    {"wait leaks", VERB_WAIT_LEAKS, true},
    {"wait holders", VERB_WAIT_HOLDERS, false},
    {"wait live", VERB_WAIT_LIVE, false},
    {"wait text", VERB_WAIT_TEXT, true},
    {"sleep", VERB_SLEEP, true},
    {"save-screen", VERB_SAVE_SCREEN, true},
    {":save-screen", VERB_SAVE_SCREEN, true},
    {"quit", VERB_QUIT, false},
};

struct script {
    char *name; /* owned */
    char *text; /* owned; lines end in NUL */
    size_t len;
    size_t at;       /* the line that is next */
    size_t line;     /* its number, from 1 */
    size_t progress; /* bytes of its argument that are done */
    uint64_t waited_ns;
};

/* A line of the script. */
struct command {
    enum verb verb;
    const char *rest;  /* borrowed; the argument */
    size_t len;        /* of it, less what is said of the time */
    uint64_t limit_ns; /* of a wait; of a sleep its time */
};

static bool is_wait(enum verb verb)
{
    return verb >= VERB_WAIT_LOADED && verb <= VERB_WAIT_TEXT;
}

/* "3" or "0.5", no more than a day. */
static bool parse_seconds(const char *text, size_t len, uint64_t *ns)
{
    char copy[16];
    if (len == 0 || len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    size_t whole = strspn(copy, "0123456789");
    size_t end = copy[whole] == '.' ? whole + 1 + strspn(copy + whole + 1, "0123456789") : whole;
    double seconds = strtod(copy, NULL);
    if (whole == 0 || end != len || copy[len - 1] == '.' || seconds > SECONDS_MAX)
        return false;
    *ns = (uint64_t)(seconds * NS_PER_SECOND);
    return true;
}

/* Take " for SECONDS" from the end of what is waited for. */
static void take_limit(const char *line, size_t *len, uint64_t *limit_ns)
{
    static const char word[] = " for ";
    size_t word_len = sizeof word - 1, at = *len;
    while (at > 0 && line[at - 1] != ' ')
        at--;
    if (at >= word_len && memcmp(line + at - word_len, word, word_len) == 0 &&
        parse_seconds(line + at, *len - at, limit_ns))
        *len = at - word_len;
}

/* Split a line; false where it is no command. */
static bool parse_line(const char *line, struct command *command)
{
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        size_t len = strlen(verbs[i].words), line_len = strlen(line);
        if (strncmp(line, verbs[i].words, len) != 0)
            continue;
        command->limit_ns = WAIT_NS;
        if (is_wait(verbs[i].verb))
            take_limit(line, &line_len, &command->limit_ns);
        bool with_rest = line_len > len + 1 && line[len] == ' ';
        if (with_rest != verbs[i].has_rest || (!with_rest && line_len != len))
            continue;
        command->verb = verbs[i].verb;
        command->rest = line + len + with_rest;
        command->len = line_len - len - with_rest;
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

static bool is_number(const char *text, size_t len)
{
    return len > 0 && strspn(text, "0123456789") == len;
}

static bool argument_is_good(struct command *command)
{
    const char *rest = command->rest;
    int a, b;
    switch (command->verb) {
    case VERB_KEY: return keys_are_known(rest);
    case VERB_CLICK:
    case VERB_WHEEL_UP:
    case VERB_WHEEL_DOWN: return two_numbers(rest, "%4d %4d%n", &a, &b);
    case VERB_RESIZE: return two_numbers(rest, "%4dx%4d%n", &a, &b);
    case VERB_CLOCK:
    case VERB_WAIT_LINE:
    case VERB_WAIT_LEAKS:
    case VERB_WAIT_ENDED: return is_number(rest, command->len);
    case VERB_SLEEP: return parse_seconds(rest, command->len, &command->limit_ns);
    case VERB_TYPE:
    case VERB_WAIT_LOADED:
    case VERB_WAIT_IDLE:
    case VERB_WAIT_PAUSED:
    case VERB_WAIT_HOLDERS:
    case VERB_WAIT_LIVE:
    case VERB_WAIT_TEXT:
    case VERB_SAVE_SCREEN:
    case VERB_QUIT: break;
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
        struct command command;
        line[len] = '\0';
        if (!is_skipped(line) && (!parse_line(line, &command) || !argument_is_good(&command)))
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

static bool display_holds(struct ui *ui, const struct model *model, const char *text, size_t len)
{
    struct buf dump;
    buf_init(&dump, DUMP_BYTES_MAX);
    save_text(ui, model, &dump);
    bool holds = memmem(buf_text(&dump), dump.len, text, len) != NULL;
    buf_fini(&dump);
    return holds;
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

static bool is_paused(const struct model *model)
{
    return model->stop.is_stopped && !model->stop.is_leaving;
}

static bool wait_holds(struct ui *ui, const struct model *model, const struct command *command)
{
    const struct invocations *set = &model->invocations;
    switch (command->verb) {
    case VERB_WAIT_LOADED:
        return model->worker == WORKER_READY || model->worker == WORKER_ENDED ||
               model->worker == WORKER_NONE;
    case VERB_WAIT_ENDED: return set->total - set->running >= strtoull(command->rest, NULL, 10);
    case VERB_WAIT_IDLE: return set->running == 0;
    case VERB_WAIT_PAUSED: return is_paused(model);
    case VERB_WAIT_LINE:
        return is_paused(model) && model->stop.line == strtoull(command->rest, NULL, 10);
    case VERB_WAIT_HOLDERS:
        return model->holders.state == HOLDERS_READY || model->holders.state == HOLDERS_FAILED;
    case VERB_WAIT_LIVE: return model->live.state == LIVE_READY || model->live.state == LIVE_FAILED;
    case VERB_WAIT_LEAKS: return model->leaks.certain >= strtoull(command->rest, NULL, 10);
    default: return display_holds(ui, model, command->rest, command->len);
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
    case VERB_QUIT: *action = UI_QUIT; break;
    default: break;
    }
    return true;
}

static void next_line(struct script *script)
{
    script->at += strlen(script->text + script->at) + 1;
    script->line++;
    script->progress = 0;
    script->waited_ns = 0;
}

void script_waited(struct script *script, uint64_t waited_ns)
{
    script->waited_ns = waited_ns;
}

/* A wait, or a sleep: has it come to its end? */
static enum script_state wait(struct script *script, struct ui *ui, const struct model *model,
                              const struct command *command, struct error *error)
{
    bool is_late = script->waited_ns >= command->limit_ns;
    bool is_over = command->verb == VERB_SLEEP ? is_late : wait_holds(ui, model, command);
    if (is_over) {
        next_line(script);
        return SCRIPT_STEPPED;
    }
    if (!is_late)
        return SCRIPT_WAITING;
    error_set(error, EXIT_STATUS_INVOCATION_FAILED, "%s:%zu: waited %g s in vain: %s", script->name,
              script->line, (double)command->limit_ns / NS_PER_SECOND, script->text + script->at);
    return SCRIPT_FAILED;
}

static int save(const struct script *script, struct ui *ui, const struct model *model,
                const char *path, struct error *error)
{
    struct error reason;
    if (save_screen(ui, model, path, &reason) == 0)
        return 0;
    return error_set(error, EXIT_STATUS_USAGE, "%s:%zu: %s", script->name, script->line,
                     reason.text);
}

enum script_state script_step(struct script *script, struct ui *ui, const struct model *model,
                              enum ui_action *action, struct error *error)
{
    struct command command;
    *action = UI_NOTHING;
    while (script->at < script->len && is_skipped(script->text + script->at))
        next_line(script);
    if (script->at >= script->len)
        return SCRIPT_DONE;
    parse_line(script->text + script->at, &command);
    argument_is_good(&command);
    if (is_wait(command.verb) || command.verb == VERB_SLEEP)
        return wait(script, ui, model, &command, error);
    if (command.verb == VERB_SAVE_SCREEN && save(script, ui, model, command.rest, error) < 0)
        return SCRIPT_FAILED;
    if (perform(script, ui, model, command.verb, command.rest, action))
        next_line(script);
    return SCRIPT_STEPPED;
}
