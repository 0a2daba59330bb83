/*
 * Asking who holds what a line has alive: `w`, Esc, and what the view of the leaks looks up by
 * itself. The worker answers in its own time, into the model; what one looks at meanwhile is kept
 * here, and begins anew with each question.
 */
#include "config.h"
#include "tui/act.h"

#include "base/attributes.h"
#include "tui/view.h"

/* The display begins with the line, as of that time; 0: it is of no time. */
static void begin(struct ui *ui, uint64_t realtime_ns)
{
    struct list *list = &ui->lists[VIEW_HOLDERS];
    list->cursor = list->top = 0;
    list->skip = 0;
    list->placed = false;
    list->filter[0] = '\0';
    ui->holders_opened_types = ui->holders_opened_chains = 0;
    ui->holders_all_types = false;
    ui->holders_realtime_ns = realtime_ns;
}

static enum ui_action ask(struct ui *ui, uint64_t realtime_ns)
{
    begin(ui, realtime_ns);
    return UI_HOLDERS;
}

static bool is_about(const struct holders *holders, uint32_t file, uint32_t line)
{
    return holders->state != HOLDERS_NONE && holders->file == file && holders->line == line;
}

bool holders_are_unknown(const struct ui *ui, const struct model *shown)
{
    const struct holders *holders = view_holders_of(ui, shown);
    return !holders || holders->state == HOLDERS_FAILED;
}

/* The line that `w` is about; false where one is at none. */
static bool find_line(const struct ui *ui, const struct model *shown, uint32_t *file,
                      uint32_t *line)
{
    bool has_lines = ui->focus == VIEW_SOURCE || ui->focus == VIEW_HOT || ui->focus == VIEW_STOP ||
                     ui->view == VIEW_LEAKS || ui->view == VIEW_LIVE;
    return has_lines && target_line(ui, shown, file, line);
}

bool holders_can_ask(const struct ui *ui, const struct model *shown)
{
    bool has_memory = shown->worker != WORKER_NONE && shown->worker != WORKER_ENDED;
    uint32_t file, line;
    if (!find_line(ui, shown, &file, &line))
        return false;
    /* What was asked of the leaks was recorded. */
    if (ui->replay.is_on)
        return model_holders(shown, file, line) != NULL;
    return !ui->frozen && has_memory && shown->heap.is_on && !shown->files[file]->retired;
}

enum ui_action holders_key(struct ui *ui, const struct model *model, uint64_t realtime_ns)
{
    uint32_t file, line;
    if (ui->view == VIEW_HOLDERS) {
        if (holders_are_unknown(ui, model) && !ui->frozen && !ui->replay.is_on)
            return ask(ui, realtime_ns);
        act_set_view(ui, ui->holders_back);
        return UI_NOTHING;
    }
    if (!find_line(ui, model, &file, &line))
        return UI_NOTHING;
    ui->holders_file = file;
    ui->holders_line = line;
    ui->holders_back = ui->view;
    act_set_view(ui, VIEW_HOLDERS);
    /* A recording has no memory that could be looked into. */
    if (ui->replay.is_on) {
        begin(ui, 0);
        return UI_NOTHING;
    }
    /* One comes back to what is looked for. */
    if (is_about(&model->holders, file, line) && model->holders.state == HOLDERS_ASKED)
        return UI_NOTHING;
    return ask(ui, realtime_ns);
}

void holders_say_why_not(struct ui *ui, const struct model *model)
{
    const char *why = "w is for a line of what runs: in the source, the hot lines, the leaks";
    if (ui->replay.is_on && ui->replay.is_live)
        why = "a recording has no memory to look into: Esc goes to the live app, which w asks";
    else if (ui->replay.is_on)
        why = "a recording has no memory to look into: w has what was known of leaks alone";
    else if (model->worker == WORKER_NONE)
        why = "logs have no memory to look into: w asks an app that runs";
    else if (model->worker == WORKER_ENDED)
        why = "the program has ended, and its memory is gone";
    else if (!model->heap.is_on)
        why = "what is alive is told by the heap, and that is not counted here";
    else if (ui->frozen)
        why = "the display is frozen, and w asks what is alive now: Space lets it go on";
    ui_say(ui, STYLE_TEXT, "%s", why);
}

bool holders_are_awaited(const struct ui *ui, const struct model *model)
{
    return ui->view == VIEW_HOLDERS && !ui->frozen && !ui->replay.is_on &&
           model->holders.state == HOLDERS_ASKED;
}

static bool can_open_type(const struct holders *holders, size_t place)
{
    return place < holders->type_count &&
           (holders->types[place].example || holders->types[place].chain);
}

bool holders_can_open(const struct ui *ui, const struct model *shown)
{
    const struct holders *holders = view_holders_of(ui, shown);
    uint64_t id;
    if (!list_selected(&ui->lists[VIEW_HOLDERS], &id))
        return false;
    switch (view_holders_row(id)) {
    case HOLDERS_ROW_LINE: return true;
    case HOLDERS_ROW_TYPE: return holders && can_open_type(holders, (uint32_t)id);
    case HOLDERS_ROW_CHAIN: return true;
    case HOLDERS_ROW_MORE: return !ui->holders_all_types;
    default: return false;
    }
}

uint64_t holders_open(struct ui *ui, const struct model *shown)
{
    uint64_t id;
    (void)shown;
    if (!list_selected(&ui->lists[VIEW_HOLDERS], &id))
        return 0;
    uint32_t place = (uint32_t)id;
    switch (view_holders_row(id)) {
    case HOLDERS_ROW_TYPE: ui->holders_opened_types ^= UINT32_C(1) << place; break;
    case HOLDERS_ROW_CHAIN: ui->holders_opened_chains ^= UINT32_C(1) << place; break;
    case HOLDERS_ROW_MORE: ui->holders_all_types = true; break;
    case HOLDERS_ROW_LINE: return ui_line_id(ui->holders_file, ui->holders_line);
    default: break;
    }
    return 0;
}

/* Which lines these are, in whatever order; 0 for none. What its holders have made a suspect is one
 * of them still. */
static uint64_t hash_of_leaks(const struct leaks *leaks)
{
    uint64_t sum = 0;
    bool any = false;
    for (size_t i = 0; i < leaks->count; i++) {
        const struct leak *leak = &leaks->items[i];
        uint64_t id = ui_line_id(leak->file, leak->line);
        if (leak->state != LEAK_CERTAIN && !leak->is_bounded)
            continue;
        id = (id ^ id >> 31) * UINT64_C(0x9E3779B97F4A7C15);
        sum += id ^ id >> 29;
        any = true;
    }
    return any ? sum | 1 : 0;
}

enum ui_action ui_wants(struct ui *ui, const struct model *model)
{
    bool is_left = ui->view != VIEW_LEAKS && ui->view != VIEW_HOLDERS && ui->view != VIEW_HELP;
    if (is_left)
        ui->leaks_asked = 0;
    if (ui->view != VIEW_LEAKS || ui->frozen || ui->replay.is_on || model->worker != WORKER_READY)
        return UI_NOTHING;
    uint64_t hash = hash_of_leaks(&model->leaks);
    if (hash == 0 || hash == ui->leaks_asked)
        return UI_NOTHING;
    ui->leaks_asked = hash;
    return UI_EVIDENCE;
}
