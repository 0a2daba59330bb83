#include "config.h"
#include "tui/replay.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "tui/act.h"
#include "tui/ui.h"

enum { VISITS_MAX = 1 << 14, ROWS_FOR_TWO = 16, ROWS_FOR_THREE = 30 };

int replay_foot_rows(int screen_rows)
{
    return screen_rows >= ROWS_FOR_THREE ? 3 : screen_rows >= ROWS_FOR_TWO ? 2 : 1;
}

/* ---- what is remembered of visited places ---- */

struct list_visit {
    size_t cursor, top;
    int skip, top_skip, scroll_cols;
    uint64_t at;
    bool placed, center;
    enum list_hold hold;
};

struct file_visit {
    uint64_t line;
    size_t top;
    int scroll_cols;
};

/* All of the display that follows the model. */
struct visit {
    uint64_t event, moment;
    enum view_id view, back, focus;
    bool file_chosen, line_chosen, old_chosen, function_shown, view_chosen;
    uint32_t file;
    uint64_t stop_seen, deaths_seen;
    enum style message_style;
    char *message; /* owned; NULL for none */
    struct list_visit lists[VIEW_COUNT];
    size_t file_count;
    struct file_visit files[];
};

struct replay_visits {
    struct visit *visits[VISITS_MAX]; /* owned; by event and moment */
    size_t count;
};

static void free_visit(struct visit *visit)
{
    if (visit)
        free(visit->message);
    free(visit);
}

void replay_forget_visits(struct ui *ui)
{
    struct replay_visits *visits = ui->replay.visits;
    if (!visits)
        return;
    for (size_t i = 0; i < visits->count; i++)
        free_visit(visits->visits[i]);
    visits->count = 0;
}

void ui_replay_fini(struct ui_replay *replay)
{
    if (replay->visits)
        for (size_t i = 0; i < replay->visits->count; i++)
            free_visit(replay->visits->visits[i]);
    free(replay->visits);
    replay->visits = NULL;
}

static bool is_earlier(const struct visit *visit, const struct replay_at *at)
{
    return visit->event < at->event || (visit->event == at->event && visit->moment < at->moment);
}

/* The number of the first visit that is not before that place. */
static size_t find_visit(const struct replay_visits *visits, const struct replay_at *at)
{
    size_t low = 0, high = visits->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (is_earlier(visits->visits[middle], at))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_visit(const struct replay_visits *visits, size_t number, const struct replay_at *at)
{
    return number < visits->count && visits->visits[number]->event == at->event &&
           visits->visits[number]->moment == at->moment;
}

static struct list_visit list_place(const struct list *list)
{
    return (struct list_visit){
        .cursor = list->cursor,
        .top = list->top,
        .skip = list->skip,
        .top_skip = list->top_skip,
        .scroll_cols = list->scroll_cols,
        .at = list->at,
        .placed = list->placed,
        .center = list->center,
        .hold = list->hold,
    };
}

static struct visit *make_visit(const struct ui *ui, const struct replay_at *place)
{
    struct visit *visit = mem_calloc(1, sizeof *visit + ui->place_count * sizeof visit->files[0]);
    visit->event = place->event;
    visit->moment = place->moment;
    visit->view = ui->view;
    visit->back = ui->back;
    visit->focus = ui->focus;
    visit->file_chosen = ui->file_chosen;
    visit->line_chosen = ui->line_chosen;
    visit->old_chosen = ui->old_chosen;
    visit->function_shown = ui->function_shown;
    visit->view_chosen = ui->view_chosen;
    visit->file = ui->file;
    visit->stop_seen = ui->stop_seen;
    visit->deaths_seen = ui->deaths_seen;
    visit->message_style = ui->message_style;
    visit->message = ui->message[0] ? mem_strdup(ui->message) : NULL;
    for (size_t i = 0; i < VIEW_COUNT; i++)
        visit->lists[i] = list_place(&ui->lists[i]);
    visit->file_count = ui->place_count;
    for (size_t i = 0; i < ui->place_count; i++)
        visit->files[i] =
            (struct file_visit){ui->places[i].line, ui->places[i].top, ui->places[i].scroll_cols};
    return visit;
}

/* What is remembered of a place already stays. */
static void remember(struct ui *ui, const struct replay_at *place)
{
    if (!ui->replay.visits)
        ui->replay.visits = mem_calloc(1, sizeof *ui->replay.visits);
    struct replay_visits *visits = ui->replay.visits;
    size_t at = find_visit(visits, place);
    if (is_visit(visits, at, place))
        return;
    if (visits->count == VISITS_MAX) {
        replay_forget_visits(ui);
        at = 0;
    }
    memmove(&visits->visits[at + 1], &visits->visits[at],
            (visits->count - at) * sizeof(struct visit *));
    visits->visits[at] = make_visit(ui, place);
    visits->count++;
}

static void place_list(struct list *list, const struct list_visit *place)
{
    list->cursor = place->cursor;
    list->top = place->top;
    list->skip = place->skip;
    list->top_skip = place->top_skip;
    list->scroll_cols = place->scroll_cols;
    list->at = place->at;
    list->placed = place->placed;
    list->center = place->center;
    list->hold = place->hold;
}

/* As it was then, where the place was visited. */
static void recall(struct ui *ui, const struct replay_at *place)
{
    const struct replay_visits *visits = ui->replay.visits;
    size_t at = visits ? find_visit(visits, place) : 0;
    if (!visits || !is_visit(visits, at, place))
        return;
    const struct visit *visit = visits->visits[at];
    ui->view = visit->view;
    ui->back = visit->back;
    ui->focus = visit->focus;
    ui->file_chosen = visit->file_chosen;
    ui->line_chosen = visit->line_chosen;
    ui->old_chosen = visit->old_chosen;
    ui->function_shown = visit->function_shown;
    ui->view_chosen = visit->view_chosen;
    ui->file = visit->file;
    ui->stop_seen = visit->stop_seen;
    ui->deaths_seen = visit->deaths_seen;
    if (visit->message)
        ui_say(ui, visit->message_style, "%s", visit->message);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        place_list(&ui->lists[i], &visit->lists[i]);
    for (size_t i = 0; i < ui->place_count; i++) {
        struct file_visit none = {0}, file = i < visit->file_count ? visit->files[i] : none;
        ui->places[i].line = file.line;
        ui->places[i].top = file.top;
        ui->places[i].scroll_cols = file.scroll_cols;
    }
}

/* ---- where one is ---- */

void replay_enter(struct ui *ui, bool is_live)
{
    ui->replay.is_on = true;
    ui->replay.is_live = is_live;
    snprintf(ui->replay.word, sizeof ui->replay.word, "REPLAY");
    model_free(ui->frozen);
    ui->frozen = NULL;
    /* A recording has no memory that could be looked into. */
    if (ui->view == VIEW_HOLDERS)
        ui->view = ui->focus = ui->holders_back;
    replay_forget_visits(ui);
}

/* What the numbers are, which at an event are those that were live. */
static void say_between(struct ui *ui, const struct replay_at *at)
{
    if (at->moment)
        ui_say(ui, STYLE_TEXT,
               "counts and heap of what runs are of event %" PRIu64 "; RSS is exact", at->event);
}

void replay_arrive(struct ui *ui, const struct model *model, const struct replay_at *at)
{
    ui->replay.at = *at;
    ui->dirty = true;
    recall(ui, at);
    /* The file that is shown need not be there yet; it stays the one. */
    ui_sync(ui, model);
    say_between(ui, at);
    remember(ui, at);
}

void replay_leave(struct ui *ui, const struct model *model)
{
    ui->replay.is_on = ui->replay.is_live = ui->replay.is_searching = false;
    ui->replay.curve = NULL;
    ui->dirty = true;
    replay_forget_visits(ui);
    ui_sync(ui, model);
}

/* ---- keys ---- */

/* The function around the selected line, or all of its file. */
static void wish_lines(const struct ui *ui, const struct model *model, struct replay_wish *wish)
{
    uint32_t line;
    if (!target_line(ui, model, &wish->file, &line)) {
        wish->file = REPLAY_NO_FILE;
        return;
    }
    const struct file_function *function = file_function_at(model->files[wish->file], line);
    wish->first_line = function ? function->first_line : 1;
    wish->last_line = function ? function->last_line : UINT32_MAX;
}

static void wish_line(const struct ui *ui, const struct model *model, struct replay_wish *wish)
{
    if (!target_line(ui, model, &wish->file, &wish->first_line))
        wish->file = REPLAY_NO_FILE;
    wish->last_line = wish->first_line;
}

/* The one that is opened, else the latest that runs, else, backward, the one that was over last;
 * false where there is none. */
static bool find_current(const struct ui *ui, const struct model *model, bool forward, uint64_t *id)
{
    const struct invocation *current = invocations_newest_running(&model->invocations);
    if (!current && !forward)
        current = invocations_latest_ended(&model->invocations);
    *id = ui->one_open ? ui->one : current ? ui_invocation_id(current) : 0;
    return ui->one_open || current;
}

/* The commands are there in pairs, as the moves are, which go back and forward. */
_Static_assert(CMD_PEAK_NEXT - CMD_EVENT_PREVIOUS == 2 * REPLAY_PEAK + 1 &&
                   CMD_REPLAY - CMD_EVENT_PREVIOUS == 2 * REPLAY_OPEN,
               "commands and moves have one order");

bool replay_is_command(enum ui_command command)
{
    return command >= CMD_EVENT_PREVIOUS && command <= CMD_REPLAY;
}

static enum replay_move move_of(enum ui_command command)
{
    return (enum replay_move)((command - CMD_EVENT_PREVIOUS) / 2);
}

static bool is_forward(enum ui_command command)
{
    return (command - CMD_EVENT_PREVIOUS) % 2;
}

static void begin_wish(struct ui *ui, enum replay_move move, bool forward)
{
    ui->replay.wish = (struct replay_wish){
        .move = move,
        .forward = forward,
        .one_open = ui->one_open,
        .invocation = ui->one,
        .file = REPLAY_NO_FILE,
    };
    if (ui->replay.is_on)
        remember(ui, &ui->replay.at);
}

static void remember_growth(struct ui *ui)
{
    ui->replay.has_growth = ui->replay.wish.file != REPLAY_NO_FILE;
    ui->replay.growth_file = ui->replay.wish.file;
    ui->replay.growth_line = ui->replay.wish.first_line;
}

void replay_ask(struct ui *ui, const struct model *model, enum ui_command command)
{
    struct replay_wish *wish = &ui->replay.wish;
    const struct invocation *invocation;
    begin_wish(ui, move_of(command), is_forward(command));
    switch (wish->move) {
    case REPLAY_SAME: wish_lines(ui, model, wish); break;
    case REPLAY_GROWTH:
        wish_line(ui, model, wish);
        remember_growth(ui);
        break;
    case REPLAY_OUT:
        /* Where none runs it is about the next one that ends. */
        if (!find_current(ui, model, wish->forward, &wish->invocation))
            wish->move = REPLAY_INVOCATION;
        break;
    case REPLAY_OPEN:
        invocation = target_invocation(ui, model);
        wish->invocation = invocation ? ui_invocation_id(invocation) : 0;
        break;
    default: break;
    }
}

void replay_ask_time(struct ui *ui, uint64_t time_ns)
{
    begin_wish(ui, REPLAY_TIME, true);
    ui->replay.wish.time_ns = time_ns;
}

void replay_ask_move(struct ui *ui, enum replay_move move)
{
    begin_wish(ui, move, true);
}

bool replay_can(const struct ui *ui, const struct model *model, enum ui_command command)
{
    uint32_t file, line;
    if (command == CMD_REPLAY)
        return (ui->replay.is_on || ui->replay.is_there) && target_invocation(ui, model);
    if (!ui->replay.is_on)
        return ui->replay.is_there && command == CMD_EVENT_PREVIOUS;
    if (move_of(command) == REPLAY_GROWTH)
        return target_line(ui, model, &file, &line);
    return true;
}

bool replay_is_useless(enum ui_command command)
{
    switch (command) {
    case CMD_PAUSE:
    case CMD_STEP_INTO:
    case CMD_STEP_OVER:
    case CMD_STEP_OUT:
    case CMD_CONTINUE:
    case CMD_RUN_TO:
    case CMD_BREAK:
    case CMD_CONDITION:
    case CMD_REQUEST:
    case CMD_REQUEST_MANY:
    case CMD_FREEZE:
    case CMD_FOLLOW:
    case CMD_RECORD:
    case CMD_INVOCATION_PREVIOUS:
    case CMD_INVOCATION_NEXT: return true;
    default: return false;
    }
}
