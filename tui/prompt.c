/*
 * The one-line prompt: search text, filter text, number of requests. Searching goes on while one
 * types, from the row where it began; Esc puts everything back.
 */
#include "config.h"
#include "tui/act.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "tui/glyph.h"
#include "tui/view.h"

/* Longest row that is looked at. */
enum { SEARCH_ROW_MAX = 65536 };

const char *prompt_label(enum prompt prompt)
{
    static const char *const labels[] = {
        [PROMPT_NONE] = "",
        [PROMPT_SEARCH] = "search: ",
        [PROMPT_FILTER] = "only rows with: ",
        [PROMPT_REQUESTS] = "how many requests: ",
    };
    return labels[prompt];
}

void prompt_open(struct ui *ui, enum prompt prompt)
{
    struct list *list = ui_focused_list(ui);
    ui->prompt = prompt;
    ui->input[0] = '\0';
    snprintf(ui->pattern_before, sizeof ui->pattern_before, "%s", ui->pattern);
    if (!list_selected(list, &ui->search_from))
        ui->search_from = 0;
    if (prompt == PROMPT_FILTER)
        snprintf(ui->input, sizeof ui->input, "%s", list->filter);
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
    snprintf(ui->pattern, sizeof ui->pattern, "%s", ui->input);
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
        snprintf(ui_focused_list(ui)->filter, LIST_TEXT_SIZE, "%s", ui->input);
}

static void erase_character(struct ui *ui)
{
    size_t len = strlen(ui->input);
    while (len > 0 && ((unsigned char)ui->input[len - 1] & 0xC0) == 0x80)
        len--;
    ui->input[len ? len - 1 : 0] = '\0';
}

static void erase_word(struct ui *ui)
{
    size_t len = strlen(ui->input);
    while (len > 0 && ui->input[len - 1] == ' ')
        len--;
    while (len > 0 && ui->input[len - 1] != ' ')
        len--;
    ui->input[len] = '\0';
}

static void insert(struct ui *ui, int key)
{
    char bytes[TEXT_UTF8_MAX];
    size_t len = strlen(ui->input);
    if (text_is_unsafe((uint32_t)key) ||
        (ui->prompt == PROMPT_REQUESTS && (key > '9' || key < '0')))
        return;
    size_t count = text_encode((uint32_t)key, bytes);
    if (len + count + 1 > sizeof ui->input)
        return;
    memcpy(ui->input + len, bytes, count);
    ui->input[len + count] = '\0';
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

static enum ui_action accept(struct ui *ui, const struct model *model)
{
    enum prompt prompt = ui->prompt;
    ui->prompt = PROMPT_NONE;
    if (prompt == PROMPT_SEARCH)
        search_typed(ui, model); /* what it has to say was behind the prompt until now */
    if (prompt != PROMPT_REQUESTS || !ui->input[0])
        return UI_NOTHING;
    unsigned long count = strtoul(ui->input, NULL, 10);
    if (count < 1 || count > UI_REQUESTS_MAX) {
        ui_say(ui, STYLE_WARNING, "a number from 1 to %d, please", UI_REQUESTS_MAX);
        return UI_NOTHING;
    }
    ui->requests = (unsigned)count;
    return UI_REQUEST;
}

enum ui_action prompt_key(struct ui *ui, const struct model *model, int key)
{
    switch (key) {
    case K_ENTER:
    case '\n': return accept(ui, model);
    case K_ESC: cancel(ui); return UI_NOTHING;
    case K_CTRL('c'): cancel(ui); return UI_QUIT;
    case K_CTRL('h'):
    case K_BACKSPACE:
        if (!ui->input[0]) {
            cancel(ui);
            return UI_NOTHING;
        }
        erase_character(ui);
        break;
    case K_CTRL('u'): ui->input[0] = '\0'; break;
    case K_CTRL('w'): erase_word(ui); break;
    default:
        if (key >= K_UP || key < ' ')
            return UI_NOTHING;
        insert(ui, key);
    }
    changed(ui, model);
    return UI_NOTHING;
}
