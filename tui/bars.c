/*
 * Both bars fill themselves from tables: the views' names from the views, the keys from
 * key_bindings by their rank, as far as ui_can() says that they would do something.
 */
#include "config.h"
#include "tui/bars.h"

#include <stdio.h>
#include <string.h>

#include "base/attributes.h"
#include "tui/act.h"
#include "tui/view.h"

/* From this width on there is room for what one may not look for. */
enum { HOLDERS_COLS = 100 };

struct bar bar_tabs(const struct ui *ui, const struct model *model)
{
    static const enum ui_command commands[] = {
        CMD_VIEW_SOURCE,    CMD_VIEW_HOT,  CMD_VIEW_INVOCATIONS, CMD_VIEW_OUTPUT,
        CMD_VIEW_FUNCTIONS, CMD_VIEW_HELP, CMD_VIEW_STOP,        CMD_VIEW_LEAKS};
    struct bar bar = {.count = 0};
    int col = 2;
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (!ui_can(ui, model, commands[i]))
            continue;
        struct bar_item *item = &bar.items[bar.count];
        item->command = commands[i];
        item->view = (enum view_id)i;
        item->label = view_of((enum view_id)i)->name;
        snprintf(item->key, sizeof item->key, "%zu", i + 1);
        item->col = col;
        item->cols = (int)strlen(item->label) + 4; /* " 1 name " */
        if (col + item->cols + 1 > ui->cols)
            break;
        col += item->cols + 1;
        bar.count++;
    }
    return bar;
}

/* The binding of that rank after `last` (NULL: the first one), or NULL. */
static const struct key_binding *binding_of_rank(int rank, const struct key_binding *last)
{
    for (size_t i = last ? (size_t)(last - key_bindings) + 1 : 0; i < key_binding_count; i++) {
        if (key_bindings[i].rank == rank)
            return &key_bindings[i];
    }
    return NULL;
}

/* The one after `last` in the order of the key row; NULL: there are no more. */
static const struct key_binding *next_by_rank(const struct key_binding *last)
{
    const struct key_binding *next = last ? binding_of_rank(last->rank, last) : NULL;
    return next ? next : binding_of_rank(last ? last->rank + 1 : 1, NULL);
}

/* A request is sent, anything else is run. */
static const char *label_of(const struct ui *ui, const struct model *model,
                            const struct key_binding *binding)
{
    if (binding->command == CMD_BACK && holders_are_awaited(ui, model))
        return "stop";
    if (binding->command == CMD_BACK && ui->series.is_on)
        return "end it";
    if (binding->command == CMD_HOLDERS && ui->view == VIEW_HOLDERS)
        return "ask again";
    const struct model_function *function =
        binding->command == CMD_REQUEST ? target_function(ui, model) : NULL;
    return function && !function->url ? "run" : binding->label;
}

/* " key label " */
static int item_cols(const struct key_binding *binding, const char *label)
{
    char key[KEY_NAME_SIZE];
    key_spell(binding->keys[0], key);
    return (int)(strlen(key) + strlen(label)) + 3;
}

static void add_key(struct bar *bar, const struct key_binding *binding, const char *label, int *col)
{
    struct bar_item *item = &bar->items[bar->count++];
    *item = (struct bar_item){.col = *col, .command = binding->command, .label = label};
    item->cols = item_cols(binding, label);
    key_spell(binding->keys[0], item->key);
    *col += item->cols;
}

/* On a line that leaks it is what one looks for; elsewhere where there is room. In the view of the
 * holders Esc is the way back. */
static bool offers_holders(const struct ui *ui, const struct model *model)
{
    uint32_t file, line;
    if (ui->view == VIEW_HOLDERS)
        return holders_are_unknown(ui, model);
    return ui->cols >= HOLDERS_COLS ||
           (target_line(ui, model, &file, &line) && leaks_find(&model->leaks, file, line));
}

/* `}` works from anywhere, but only with an invocation opened is it what one looks for; `a` is
 * little use where there is one function, and `i` and `v` while nothing runs that could be paused,
 * or is. */
static bool is_offered(const struct ui *ui, const struct model *model, enum ui_command command)
{
    if (command == CMD_EVALUATE && (!model->stop.is_stopped || ui->replay.is_on))
        return false;
    return ui_can(ui, model, command) && (command != CMD_INVOCATION_NEXT || ui->one_open) &&
           (command != CMD_FUNCTIONS || model->function_count > 1) &&
           (command != CMD_LEAKS || (ui_shown(ui, model)->leaks.count && ui->view != VIEW_LEAKS)) &&
           (command != CMD_HOLDERS || offers_holders(ui, ui_shown(ui, model))) &&
           (command != CMD_PAUSE || model->invocations.running > 0) &&
           (command != CMD_STOP || model->stop.is_stopped);
}

static bool is_always_offered(enum ui_command command)
{
    return command == CMD_HELP || command == CMD_QUIT;
}

/* In a prompt the letters are text; only these are keys, and not for the mouse. */
static struct bar prompt_keys(enum prompt prompt)
{
    static const struct key_binding accept = {CMD_NONE, {K_ENTER}, GROUP_FIND, 0, "accept", NULL};
    static const struct key_binding cancel = {CMD_NONE, {K_ESC}, GROUP_FIND, 0, "cancel", NULL};
    bool sends = prompt == PROMPT_PAYLOAD || prompt == PROMPT_LINE;
    const char *word = sends ? "send" : prompt == PROMPT_EXPRESSION ? "evaluate" : accept.label;
    struct bar bar = {.count = 0};
    int col = 0;
    add_key(&bar, &accept, word, &col);
    add_key(&bar, &cancel, cancel.label, &col);
    return bar;
}

/* The key row of a recording, what matters most first; a click goes forward. */
static const struct {
    enum ui_command command;
    const char *key, *label;
} replay_items[] = {
    {CMD_EVENT_NEXT, "[ ]", "change"}, {CMD_END_NEXT, "{ }", "invocation"},
    {CMD_LINE_NEXT, "S s", "line"},    {CMD_SAME_NEXT, "N n", "function"},
    {CMD_OUT_NEXT, "F f", "its end"},  {CMD_BACK, "Esc", "back"},
    {CMD_GROWTH_NEXT, "- +", "grew"},  {CMD_PEAK_NEXT, "( )", "peak"},
    {CMD_OPEN, "Enter", "open"},       {CMD_REPLAY, "P", "play"},
    {CMD_LEAKS, "L", "leaks"},         {CMD_HOLDERS, "w", "holders"},
    {CMD_MARK_NEXT, "C c", "mark"},    {CMD_EVENT_FIRST, "Home", "first"},
    {CMD_EVENT_LAST, "End", "last"},   {CMD_GO_RUNNING, "H", "running line"},
    {CMD_SEARCH, "/", "search"},       {CMD_PICK, "p", "pick"},
    {CMD_HELP, "?", "help"},           {CMD_QUIT, "q", "quit"},
};

static struct bar replay_keys(const struct ui *ui, const struct model *model)
{
    static const int help_and_quit = 8 + 8;
    struct bar bar = {.count = 0};
    int col = 0;
    for (size_t i = 0; i < ARRAY_LEN(replay_items); i++) {
        struct bar_item item = {.col = col, .command = replay_items[i].command};
        int room = ui->cols - (is_always_offered(item.command) ? 0 : help_and_quit);
        item.label = replay_items[i].label;
        snprintf(item.key, sizeof item.key, "%s", replay_items[i].key);
        item.cols = (int)(strlen(item.key) + strlen(item.label)) + 3;
        if (!ui_can(ui, model, item.command) || col + item.cols > room)
            continue;
        bar.items[bar.count++] = item;
        col += item.cols;
    }
    return bar;
}

/* By rank, as many as there is room for; help and quit, the last two, are always there. */
struct bar bar_keys(const struct ui *ui, const struct model *model)
{
    struct bar bar = {.count = 0};
    const struct key_binding *binding = NULL;
    int reserved = 0, col = 0;
    if (ui->prompt != PROMPT_NONE)
        return prompt_keys(ui->prompt);
    if (ui->replay.is_on)
        return replay_keys(ui, model);
    while ((binding = next_by_rank(binding)))
        reserved += is_always_offered(binding->command) ? item_cols(binding, binding->label) : 0;
    while ((binding = next_by_rank(binding))) {
        int room = ui->cols - (is_always_offered(binding->command) ? 0 : reserved);
        const char *label = label_of(ui, model, binding);
        if (bar.count < BAR_ITEMS_MAX && is_offered(ui, model, binding->command) &&
            col + item_cols(binding, label) <= room)
            add_key(&bar, binding, label, &col);
    }
    return bar;
}

enum ui_command bar_hit(const struct bar *bar, int col)
{
    for (size_t i = 0; i < bar->count; i++) {
        const struct bar_item *item = &bar->items[i];
        if (col >= item->col && col < item->col + item->cols)
            return item->command;
    }
    return CMD_NONE;
}
