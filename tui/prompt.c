/*
 * The one-line prompt: search text, filter text, number of requests, and what a function is to be
 * run with. Searching goes on while one types, from the row where it began; Esc puts everything
 * back. The cursor stands before a byte where a character begins. What is longer than the row is
 * shown in windows that overlap by half, so that the text stands still while the cursor moves.
 */
#include "config.h"
#include "tui/act.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "tui/glyph.h"
#include "tui/view.h"

/* Longest row that is looked at. */
enum { SEARCH_ROW_MAX = 65536 };

void prompt_label(const struct ui *ui, struct buf *out)
{
    const char *name = ui->run_name ? ui->run_name : "";
    switch (ui->prompt) {
    case PROMPT_NONE: break;
    case PROMPT_SEARCH: buf_printf(out, "search: "); break;
    case PROMPT_FILTER: buf_printf(out, "only rows with: "); break;
    case PROMPT_REQUESTS: buf_printf(out, "how many times x at once: "); break;
    case PROMPT_PAYLOAD:
        buf_printf(out,
                   ui->prefill_cut ? "payload for %s (its start): " : "payload for %s: ", name);
        break;
    case PROMPT_LINE: buf_printf(out, "request to %s: ", name); break;
    case PROMPT_CONDITION: buf_printf(out, "line %" PRIu32 ", pause when: ", ui->break_line); break;
    case PROMPT_EXPRESSION: buf_printf(out, "evaluate (can change the program): "); break;
    case PROMPT_RECORD: buf_printf(out, "record into: "); break;
    case PROMPT_COMMAND: buf_printf(out, "command: "); break;
    }
}

/* Bytes that the prompt takes, with the NUL. */
static size_t input_size(const struct ui *ui)
{
    bool long_text =
        ui->prompt != PROMPT_SEARCH && ui->prompt != PROMPT_FILTER && ui->prompt != PROMPT_REQUESTS;
    return long_text ? sizeof ui->input : LIST_TEXT_SIZE;
}

/* Copy `text` as one line: a line end, with the white space around it, becomes a space. False where
 * it is too long, and was cut between two characters. */
static bool copy_as_line(char *out, size_t size, const char *text)
{
    size_t used = 0, len = strlen(text);
    uint32_t code;
    size_t at = 0;
    while (at < len) {
        size_t blank = strspn(text + at, " \t\r\n");
        bool breaks = strcspn(text + at, "\t\r\n") < blank;
        size_t bytes = breaks ? blank : text_decode(text + at, len - at, &code);
        if (used + (breaks ? 1 : bytes) + 1 > size)
            break;
        memcpy(out + used, breaks ? " " : text + at, breaks ? 1 : bytes);
        used += breaks ? 1 : bytes;
        at += bytes;
    }
    out[used] = '\0';
    return at == len;
}

void prompt_open_with(struct ui *ui, enum prompt prompt, const char *text)
{
    prompt_open(ui, prompt);
    model_set_text(&ui->prefill, text ? text : "");
    ui->prefill_cut = !copy_as_line(ui->input, input_size(ui), ui->prefill);
    ui->input_at = strlen(ui->input);
}

void ui_ask_recording(struct ui *ui, const char *path)
{
    prompt_open_with(ui, PROMPT_RECORD, path);
    ui->dirty = true;
}

void prompt_window(const struct ui *ui, int cols, size_t *from, int *cursor)
{
    struct glyphs walk = glyphs_of(ui->input, strlen(ui->input));
    struct glyph glyph;
    /* The last column is left to the sign that there is more. */
    int at = glyphs_cols(ui->input, ui->input_at), half = cols / 2, first = 0;
    /* Where all to the end fits, no more than that is scrolled. */
    int end = glyphs_cols(ui->input, strlen(ui->input)) + 2 - cols;
    if (at >= cols - 1)
        first = ((at - (cols - 1)) / half + 1) * half;
    first = first < end ? first : end;
    *from = 0;
    *cursor = at;
    while (first > 0 && glyphs_next(&walk, &glyph)) {
        if (glyph.col < first || glyph.cols == 0)
            continue;
        *from = glyph.at;
        *cursor = at - glyph.col;
        break;
    }
}

void prompt_open(struct ui *ui, enum prompt prompt)
{
    struct list *list = ui_focused_list(ui);
    ui->prompt = prompt;
    ui->prefill_waits = false;
    ui->input[0] = '\0';
    snprintf(ui->pattern_before, sizeof ui->pattern_before, "%s", ui->pattern);
    if (!list_selected(list, &ui->search_from))
        ui->search_from = 0;
    if (prompt == PROMPT_FILTER)
        snprintf(ui->input, sizeof ui->input, "%s", list->filter);
    ui->input_at = strlen(ui->input);
}

static bool row_matches(const struct ui *ui, const struct model *model, uint64_t id,
                        struct buf *text)
{
    struct view_context context = {.ui = ui, .model = ui_shown(ui, model)};
    size_t from = 0;
    buf_consume(text, text->len);
    view_of(ui->focus)->text(&context, id, text);
    return glyphs_find(buf_text(text), text->len, ui->pattern, &from);
}

void prompt_search(struct ui *ui, const struct model *model, int direction, bool stay)
{
    struct list *list = ui_focused_list(ui);
    struct buf text;
    bool found = false, wrapped = false;
    buf_init(&text, SEARCH_ROW_MAX);
    size_t row = list->cursor;
    for (size_t i = 0; i < list->count && !found; i++) {
        if (i > 0 || !stay) {
            size_t before = row;
            row = direction > 0 ? (row + 1) % list->count : (row + list->count - 1) % list->count;
            wrapped = wrapped || (direction > 0 ? row <= before : row >= before);
        }
        found = row_matches(ui, model, list->ids[row], &text);
    }
    if (found) {
        list_select_id(list, list->ids[row]);
        if (!view_of(ui->focus)->selects)
            list->top = row;
    }
    if (!found)
        ui_say(ui, STYLE_WARNING, "no match for \"%s\"", ui->pattern);
    else if (wrapped)
        ui_say(ui, STYLE_DIM, "search went past the end and on from the other one");
    buf_fini(&text);
}

/* Search again for what is typed so far, from where the search began. */
static void search_typed(struct ui *ui, const struct model *model)
{
    struct list *list = ui_focused_list(ui);
    copy_as_line(ui->pattern, sizeof ui->pattern, ui->input);
    ui->pattern_view = ui->view;
    list_select_id(list, ui->search_from);
    if (!ui->pattern[0])
        return;
    act_stop_following(ui); /* or the running line would take the cursor back from the match */
    prompt_search(ui, model, 1, true);
}

static void changed(struct ui *ui, const struct model *model)
{
    if (ui->prompt == PROMPT_SEARCH)
        search_typed(ui, model);
    else if (ui->prompt == PROMPT_FILTER)
        copy_as_line(ui_focused_list(ui)->filter, LIST_TEXT_SIZE, ui->input);
}

/* Where the character before the cursor, or the one after it, is at an end. */
static size_t place_before(const struct ui *ui)
{
    size_t at = ui->input_at;
    while (at > 0 && ((unsigned char)ui->input[at - 1] & 0xC0) == 0x80)
        at--;
    return at ? at - 1 : 0;
}

static size_t place_after(const struct ui *ui)
{
    uint32_t code;
    size_t len = strlen(ui->input + ui->input_at);
    return ui->input_at + (len ? text_decode(ui->input + ui->input_at, len, &code) : 0);
}

static size_t word_before(const struct ui *ui)
{
    size_t at = ui->input_at;
    while (at > 0 && ui->input[at - 1] == ' ')
        at--;
    while (at > 0 && ui->input[at - 1] != ' ')
        at--;
    return at;
}

/* Take out what is between two places; the cursor stands there afterwards. */
static void erase(struct ui *ui, size_t from, size_t to)
{
    memmove(ui->input + from, ui->input + to, strlen(ui->input + to) + 1);
    ui->input_at = from;
}

static void insert(struct ui *ui, int key)
{
    char bytes[TEXT_UTF8_MAX];
    size_t len = strlen(ui->input);
    if (text_is_unsafe((uint32_t)key) ||
        (ui->prompt == PROMPT_REQUESTS && (key > '9' || key < '0') && key != 'x' && key != ' '))
        return;
    if (ui->prefill_waits) {
        erase(ui, 0, len);
        len = 0;
    }
    size_t count = text_encode((uint32_t)key, bytes);
    if (len + count + 1 > input_size(ui))
        return;
    memmove(ui->input + ui->input_at + count, ui->input + ui->input_at, len - ui->input_at + 1);
    memcpy(ui->input + ui->input_at, bytes, count);
    ui->input_at += count;
}

/* This is one line: a line end that is pasted is one space, with the indentation after it. */
static void insert_pasted(struct ui *ui, int key)
{
    bool line_end = key == '\n' || key == '\r';
    bool blank = line_end || key == ' ' || key == '\t';
    if (!blank)
        insert(ui, key);
    else if (!ui->pasted_line_end)
        insert(ui, ' ');
    ui->pasted_line_end = line_end || (blank && ui->pasted_line_end);
}

static void cancel(struct ui *ui)
{
    if (ui->prompt == PROMPT_SEARCH) {
        snprintf(ui->pattern, sizeof ui->pattern, "%s", ui->pattern_before);
        list_select_id(ui_focused_list(ui), ui->search_from);
    } else if (ui->prompt == PROMPT_FILTER) {
        ui_focused_list(ui)->filter[0] = '\0';
    }
    ui->prompt = PROMPT_NONE;
}

/* What the prompt began with counts as it was, where nothing of it was changed. */
static const char *whole_input(const struct ui *ui)
{
    char *line = mem_calloc(input_size(ui), 1);
    copy_as_line(line, input_size(ui), ui->prefill);
    bool same = strcmp(line, ui->input) == 0;
    free(line);
    return same ? ui->prefill : ui->input;
}

static enum ui_action accept(struct ui *ui, const struct model *model)
{
    enum prompt prompt = ui->prompt;
    const char *text = input_size(ui) > LIST_TEXT_SIZE ? whole_input(ui) : ui->input;
    ui->prompt = PROMPT_NONE;
    switch (prompt) {
    case PROMPT_SEARCH:
        search_typed(ui, model); /* what it has to say was behind the prompt until now */
        return UI_NOTHING;
    case PROMPT_REQUESTS: return run_accept_series(ui, model, ui->input);
    case PROMPT_PAYLOAD:
    case PROMPT_LINE: return run_accept(ui, model, prompt, text);
    case PROMPT_EXPRESSION:
        return command_is(text) ? command_accept(ui, model, text) : step_accept(ui, prompt, text);
    case PROMPT_COMMAND: return command_accept(ui, model, text);
    case PROMPT_CONDITION: return step_accept(ui, prompt, text);
    case PROMPT_RECORD:
        model_set_text(&ui->record_path, text);
        return text[0] ? UI_RECORD_INTO : UI_NOTHING;
    default: return UI_NOTHING;
    }
}

/* Backspace in an empty prompt leaves it, but for one that may well be meant to be empty. */
static void backspace(struct ui *ui)
{
    if (!ui->input[0] && input_size(ui) == LIST_TEXT_SIZE)
        cancel(ui);
    else
        erase(ui, place_before(ui), ui->input_at);
}

/* Tab, where commands are typed. */
static void complete(struct ui *ui)
{
    const char *name = ui->prompt == PROMPT_COMMAND ? command_complete(ui->input) : NULL;
    if (!name)
        return;
    snprintf(ui->input, sizeof ui->input, "%s", name);
    ui->input_at = strlen(ui->input);
}

/* Keys that move the cursor or change the text. */
static void edit_key(struct ui *ui, int key)
{
    switch (key) {
    case K_LEFT: ui->input_at = place_before(ui); break;
    case K_RIGHT: ui->input_at = place_after(ui); break;
    case K_CTRL('a'):
    case K_HOME: ui->input_at = 0; break;
    case K_CTRL('e'):
    case K_END: ui->input_at = strlen(ui->input); break;
    case K_CTRL('h'):
    case K_BACKSPACE: backspace(ui); break;
    case K_TAB: complete(ui); break;
    case K_DELETE: erase(ui, ui->input_at, place_after(ui)); break;
    case K_CTRL('u'): erase(ui, 0, ui->input_at); break;
    case K_CTRL('w'): erase(ui, word_before(ui), ui->input_at); break;
    default:
        if (key < K_UP && key >= ' ')
            insert(ui, key);
    }
}

enum ui_action prompt_key(struct ui *ui, const struct model *model, struct key_event event)
{
    char before[sizeof ui->input];
    ui->pasted_line_end = ui->pasted_line_end && event.pasted;
    memcpy(before, ui->input, strlen(ui->input) + 1);
    if (event.pasted) {
        insert_pasted(ui, event.key);
    } else if (event.key == K_ENTER || event.key == '\n') {
        return accept(ui, model);
    } else if (event.key == K_ESC || event.key == K_CTRL('c')) {
        cancel(ui);
        return event.key == K_ESC ? UI_NOTHING : UI_QUIT;
    } else {
        edit_key(ui, event.key);
    }
    ui->prefill_waits = false;
    if (strcmp(before, ui->input) != 0)
        changed(ui, model);
    return UI_NOTHING;
}
