/*
 * Commands: one table says which function does each. Each is a few lines that change the state;
 * ui_can() (target.c) says beforehand whether it would do something.
 */
#include "config.h"
#include "tui/act.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/mem.h"
#include "tui/glyph.h"
#include "tui/view.h"

enum { SCROLL_STEP_COLS = 8, ROW_BYTES_MAX = 65536 };

/* Everything that a command works on. */
struct act {
    struct ui *ui;
    const struct model *live;
    const struct model *model; /* as shown */
    struct list *list;         /* of the focus */
    const struct view *view;   /* of the focus */
    uint64_t now_ns;
    uint64_t realtime_ns;
    enum ui_action action; /* for the caller */
};

/* ---- moving */

int act_page_rows(const struct ui *ui)
{
    struct rect rect;
    if (!ui_view_rect(ui, ui->focus, &rect) || rect.rows < 3)
        return 1;
    return rect.rows - 1;
}

void act_stop_following(struct ui *ui)
{
    /* The list of functions is no longer the first thing to be seen, but what one is at. */
    if (ui->focus == VIEW_FUNCTIONS)
        ui->view_chosen = true;
    if (ui->focus != VIEW_SOURCE)
        return;
    ui->line_chosen = true;
    if (!ui->follow)
        return;
    ui->follow = false;
    ui_say(ui, STYLE_TEXT, "no longer following the running line; %c follows it again",
           ui->replay.is_on ? 'H' : 'F');
}

void act_update_hold(struct ui *ui)
{
    struct list *list = ui_focused_list(ui);
    if (ui->focus == VIEW_INVOCATIONS && list->cursor == 0 && list->sort == 0 && !list->inverted)
        list->hold = HOLD_FIRST;
    if (ui->focus == VIEW_OUTPUT && list->cursor + 1 >= list->count)
        list->hold = HOLD_LAST;
}

static void scroll_page(struct ui *ui, long delta)
{
    struct list *list = ui_focused_list(ui);
    long most = (long)list->count - act_page_rows(ui);
    long top = (long)list->top + delta;
    top = top > most ? most : top;
    list_select(list, (size_t)(top < 0 ? 0 : top));
    list->top = list->cursor;
}

/* A row that is taller than the screen is scrolled through, by rows or by pages, before the
 * selection leaves it. */
static bool scroll_tall_row(struct ui *ui, const struct model *model, long delta)
{
    struct view_context context = {.ui = ui, .model = ui_shown(ui, model)};
    const struct view *view = view_of(ui->focus);
    struct list *list = ui_focused_list(ui);
    uint64_t id;
    if (!view->height || !list_selected(list, &id) || !ui_view_rect(ui, ui->focus, &context.rect))
        return false;
    int hidden = view->height(&context, id) - act_page_rows(ui);
    int skip = list->skip + (int)delta;
    skip = skip < 0 ? 0 : skip > hidden ? hidden : skip;
    if (hidden <= 0 || skip == list->skip)
        return false;
    list->skip = skip;
    list->hold = HOLD_ROW;
    return true;
}

/* How many rows of the list `delta` rows of the screen are, at least one: rows may be tall, and
 * none is to be passed over unseen. */
static long rows_of_screen_rows(const struct ui *ui, const struct model *model, long delta)
{
    struct view_context context = {.ui = ui, .model = ui_shown(ui, model)};
    const struct view *view = view_of(ui->focus);
    const struct list *list = &ui->lists[ui->focus];
    long step = delta < 0 ? -1 : 1, rows = 0, left = labs(delta);
    if (!view->height || !ui_view_rect(ui, ui->focus, &context.rect))
        return delta;
    do {
        rows += step;
        size_t row = list->cursor + (size_t)rows;
        if (row >= list->count)
            break;
        left -= view->height(&context, list->ids[row]);
    } while (left > 0);
    return rows;
}

void act_move(struct ui *ui, const struct model *model, long delta)
{
    struct list *list = ui_focused_list(ui);
    act_stop_following(ui);
    if (!view_of(ui->focus)->selects) {
        scroll_page(ui, delta);
    } else if (!scroll_tall_row(ui, model, delta)) {
        size_t before = list->cursor;
        list_move(list, rows_of_screen_rows(ui, model, delta));
        /* One comes to the end of a tall row from below; list_scroll() cuts this. */
        if (list->cursor < before)
            list->skip = INT_MAX;
    }
    act_update_hold(ui);
}

static void move_rows(struct act *act, int rows)
{
    act_move(act->ui, act->live, rows);
}

static void move_pages(struct act *act, int pages)
{
    act_move(act->ui, act->live, (long)pages * act_page_rows(act->ui));
}

static void move_to_end(struct act *act, int direction)
{
    act->list->skip = 0;
    if (act->view->selects)
        list_move(act->list, direction * ((long)act->list->count + 1));
    else
        scroll_page(act->ui, direction * ((long)act->list->count + 1));
    act_stop_following(act->ui);
    act_update_hold(act->ui);
}

/* Columns of the longest row on the screen. */
static int longest_row(const struct act *act)
{
    struct view_context context = {.ui = act->ui, .model = act->model};
    int longest = 0;
    size_t end = act->list->top + (size_t)act_page_rows(act->ui);
    for (size_t i = act->list->top; i < end && i < act->list->count; i++) {
        struct buf text;
        buf_init(&text, ROW_BYTES_MAX);
        act->view->text(&context, act->list->ids[i], &text);
        int cols = glyphs_cols(buf_text(&text), text.len);
        longest = cols > longest ? cols : longest;
        buf_fini(&text);
    }
    return longest;
}

static void scroll_sideways(struct act *act, int direction)
{
    struct list *list = act->list;
    int cols = list->scroll_cols + direction * SCROLL_STEP_COLS;
    if (cols < 0)
        cols = 0;
    if (direction < 0 || cols < longest_row(act))
        list->scroll_cols = cols;
}

/* ---- views */

void act_set_view(struct ui *ui, enum view_id view)
{
    ui->view_chosen = true;
    if (ui->view != VIEW_HELP && ui->view != VIEW_PICK && ui->view != view)
        ui->back = ui->view;
    ui->view = ui->focus = view;
}

static void show_view(struct act *act, int view)
{
    act_set_view(act->ui, (enum view_id)view);
}

/* There, and back. */
static void toggle_view(struct act *act, int view)
{
    struct ui *ui = act->ui;
    act_set_view(ui, ui->view == (enum view_id)view ? ui->back : (enum view_id)view);
}

static void go_running(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    (void)unused;
    if (ui->running_count == 0)
        return;
    act_set_view(ui, VIEW_SOURCE);
    ui_show_line(ui, act->model, ui->running[0].file, ui->running[0].line);
    /* There F is taken. */
    if (ui->replay.is_on)
        ui->follow = true;
}

static void next_pane(struct act *act, int direction)
{
    struct ui *ui = act->ui;
    const enum view_id panes[] = {ui->view, VIEW_INVOCATIONS, VIEW_OUTPUT, VIEW_STOP,
                                  VIEW_EVIDENCE};
    const int count = (int)ARRAY_LEN(panes);
    struct rect rect;
    int at = 0;
    for (int i = 0; i < count; i++)
        at = panes[i] == ui->focus ? i : at;
    do
        at = (at + direction + count) % count;
    while (!ui_view_rect(ui, panes[at], &rect));
    ui->focus = panes[at];
}

/* Undo what narrows the view, the latest thing first as far as there is an order. */
static void back(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    struct list *list = act->list;
    (void)unused;
    if (ui->replay.is_searching) {
        replay_ask_move(ui, REPLAY_CANCEL);
        act->action = UI_REPLAY;
    } else if (holders_are_awaited(ui, act->live)) {
        act->action = UI_HOLDERS_STOP;
    } else if (live_is_awaited(ui, act->live)) {
        act->action = UI_LIVE_STOP;
    } else if (ui->series.is_on && !ui->replay.is_on) {
        act->action = UI_END_SERIES;
    } else if (ui->view == VIEW_HELP || ui->view == VIEW_PICK) {
        act_set_view(ui, ui->back);
    } else if (list->filter[0]) {
        list->filter[0] = '\0';
    } else if (ui->pattern[0] && (ui->view != VIEW_HOLDERS || ui->pattern_view == VIEW_HOLDERS)) {
        ui->pattern[0] = '\0';
    } else if (ui->view == VIEW_HOLDERS) {
        act_set_view(ui, ui->holders_back);
    } else if (ui->focus != ui->view) {
        ui->focus = ui->view;
    } else if (ui->replay.is_live) {
        replay_ask_move(ui, REPLAY_LEAVE);
        act->action = UI_REPLAY;
    } else if (ui->difference) {
        ui->difference = false;
    } else if (ui->one_open && ui->view == VIEW_SOURCE) {
        ui->one_open = false;
        ui_say(ui, STYLE_TEXT, "the sum of all invocations");
    } else {
        act_set_view(ui, VIEW_SOURCE);
    }
}

/* Old versions are not gone through. */
static void step_file(struct act *act, int direction)
{
    struct ui *ui = act->ui;
    size_t count = act->model->file_count, file = ui->file, place = 0;
    do
        file = (file + count + (size_t)direction) % count;
    while (act->model->files[file]->retired);
    for (size_t i = 0; i <= file; i++)
        place += !act->model->files[i]->retired;
    uint64_t line = ui->places[file].line;
    act_stop_following(ui);
    ui->file_chosen = true;
    ui_show_line(ui, act->model, (uint32_t)file, line ? (uint32_t)line : 1);
    ui_say(ui, STYLE_TEXT, "file %zu of %zu: %s", place, model_path_count(act->model),
           act->model->files[file]->display);
}

static void step_sort(struct act *act, int direction)
{
    unsigned sorts = act->view->sorts(act->model);
    act->list->sort = (act->list->sort + sorts + (unsigned)direction) % sorts;
    act->list->center = true;
}

static void invert(struct act *act, int unused)
{
    (void)unused;
    act->list->inverted = !act->list->inverted;
}

/* ---- one invocation */

/* Where an invocation did the most: what one opens it for. */
static const struct invocation_line *largest_line(const struct invocation *invocation)
{
    const struct invocation_line *largest = NULL;
    for (size_t i = 0; i < invocation->line_count; i++) {
        const struct invocation_line *line = &invocation->lines[i];
        if (!largest || llabs(line->stats.increment_bytes) > llabs(largest->stats.increment_bytes))
            largest = line;
    }
    return largest;
}

static bool ran_in_file(const struct invocation *invocation, uint32_t file)
{
    for (size_t i = 0; i < invocation->line_count; i++) {
        if (invocation->lines[i].file == file)
            return true;
    }
    return false;
}

static void open_invocation(struct act *act, const struct invocation *invocation)
{
    struct ui *ui = act->ui;
    const struct invocation_line *line = largest_line(invocation);
    ui->one_open = true;
    ui->one = ui_invocation_id(invocation);
    if (ui->one == ui->mark)
        ui->difference = false;
    act_set_view(ui, VIEW_SOURCE);
    if (line && !ran_in_file(invocation, ui->file))
        ui_show_line(ui, act->model, line->file, line->line);
}

/* The source, without what could hide the line that is to be shown. */
static void show_source(struct ui *ui)
{
    act_set_view(ui, VIEW_SOURCE);
    ui->file_chosen = true;
    ui->lists[VIEW_SOURCE].filter[0] = '\0';
}

static void open_line(struct act *act, uint64_t id)
{
    struct ui *ui = act->ui;
    uint32_t file = (uint32_t)(id >> 32), line = (uint32_t)id;
    show_source(ui);
    act_stop_following(ui);
    ui_show_line(ui, act->model, file, line ? line : 1);
    ui->old_chosen = ui_is_old(ui, act->model);
}

/* A local is evaluated: its whole repr(), though that be code of the program, as it was asked for.
 */
static void evaluate_local(struct act *act, const struct stop_local *local)
{
    model_set_text(&act->ui->expression, local->name);
    act->action = UI_EVALUATE;
}

/* Where the selected frame, or the breakpoint, is. */
static void open_target(struct act *act)
{
    const struct stop_local *local = view_stop_local(act->ui, act->model);
    uint32_t file, line;
    if (local)
        evaluate_local(act, local);
    else if (target_line(act->ui, act->model, &file, &line))
        open_line(act, ui_line_id(file, line));
}

/* From an old version of a file to the current one, which what ran in the old one did not run in.
 */
static void open_current(struct act *act)
{
    act->ui->one_open = act->ui->difference = false;
    ui_show_current(act->ui, act->model);
}

static void say_no_source(struct ui *ui, const struct model *model,
                          const struct model_function *function)
{
    const char *reason = "no line of its file has run yet; e opens the file";
    if (function->load_error)
        reason = "it could not be loaded; e opens its file";
    else if (model->worker == WORKER_NONE)
        reason = "no line of its own is in the log";
    else if (model->worker != WORKER_READY && model->worker != WORKER_ENDED)
        reason = "its source is known when the app has been imported";
    ui_say(ui, STYLE_WARNING, "%s is selected: %s", function->name, reason);
}

/* The function is the one that `r` runs from now on, and its source is shown where there is any. */
static void open_function(struct act *act)
{
    struct ui *ui = act->ui;
    const struct model_function *function = target_function(ui, act->live);
    if (!function)
        return;
    ui->function = (size_t)(function - act->live->functions);
    act->action = UI_SELECT;
    if (ui->frozen)
        model_select(ui->frozen, function->name);
    long file = model_find_file(act->model, function->script);
    if (file < 0) {
        say_no_source(ui, act->live, function);
        return;
    }
    show_source(ui);
    ui->line_chosen = true;
    if (ui->running_count > 0)
        act_stop_following(ui);
    ui_show_line(ui, act->model, (uint32_t)file, function->line ? function->line : 1);
}

/* The selected leak's line, with the numbers of the selected invocation alone. */
static void open_evidence(struct act *act)
{
    const struct leak *leak = view_leaks_selected(act->ui, act->model);
    const struct invocation *invocation = NULL;
    uint64_t number;
    if (list_selected(act->list, &number))
        invocation = invocations_find(&act->model->invocations, number);
    if (leak && invocation) {
        open_invocation(act, invocation);
        open_line(act, ui_line_id(leak->file, leak->line));
    } else {
        ui_say(act->ui, STYLE_WARNING, "that invocation is too old to be kept");
    }
}

static void open_holders(struct act *act)
{
    uint64_t id = holders_open(act->ui, act->model);
    if (id)
        open_line(act, id);
}

static void open_live(struct act *act)
{
    uint32_t file, line;
    if (target_line(act->ui, act->model, &file, &line))
        open_line(act, ui_line_id(file, line));
}

static void open_selected(struct act *act, int unused)
{
    const struct invocation *invocation = NULL;
    uint64_t id;
    (void)unused;
    if (act->ui->focus == VIEW_OUTPUT)
        invocation = target_of_output(act->ui, act->model);
    else if (act->ui->focus == VIEW_INVOCATIONS)
        invocation = target_invocation(act->ui, act->model);
    else if (act->ui->focus == VIEW_SOURCE)
        open_current(act);
    else if (act->ui->focus == VIEW_FUNCTIONS)
        open_function(act);
    else if (act->ui->focus == VIEW_STOP)
        open_target(act);
    else if (act->ui->focus == VIEW_EVIDENCE)
        open_evidence(act);
    else if (act->ui->focus == VIEW_HOLDERS)
        open_holders(act);
    else if (act->ui->focus == VIEW_LIVE)
        open_live(act);
    else if (list_selected(act->list, &id))
        open_line(act, id);
    if (invocation)
        open_invocation(act, invocation);
}

static void step_invocation(struct act *act, int direction)
{
    const struct invocations *set = &act->model->invocations;
    struct ui *ui = act->ui;
    size_t at = set->count - 1;
    if (ui->one_open) {
        while (at > 0 && ui_invocation_id(set->kept[at]) != ui->one)
            at--;
        if (direction < 0 ? at == 0 : at + 1 == set->count) {
            ui_say(ui, STYLE_TEXT, "no invocation %s this one is kept",
                   direction < 0 ? "before" : "after");
            return;
        }
        at = direction < 0 ? at - 1 : at + 1;
    }
    open_invocation(act, set->kept[at]);
}

static void mark(struct act *act, int unused)
{
    const struct invocation *invocation = target_invocation(act->ui, act->model);
    struct ui *ui = act->ui;
    (void)unused;
    if (!invocation)
        return;
    ui->marked = true;
    ui->mark = ui_invocation_id(invocation);
    ui->difference = false;
    ui_say(ui, STYLE_TEXT,
           "invocation %" PRIu64 " is marked; D shows the one that is open, or the newest, less it",
           invocation->number);
    act->action = UI_MARK;
}

/* What one wants to see first of a difference. */
static void show_most_changed(struct act *act)
{
    struct ui *ui = act->ui;
    uint32_t file, line;
    act_stop_following(ui);
    if (!difference_find_most(ui, act->model, &file, &line)) {
        ui_say(ui, STYLE_TEXT, "the two took the same, line by line");
        return;
    }
    ui_show_line(ui, act->model, file, line);
    ui_say(ui, STYLE_TEXT, "the most changed line; . and , go to others, 2 has them in that order");
}

static void show_difference(struct act *act, int unused)
{
    const struct invocation *invocation = target_compared(act->ui, act->model);
    struct ui *ui = act->ui;
    (void)unused;
    if (ui->difference && ui->focus != VIEW_INVOCATIONS) {
        ui->difference = false;
    } else if (invocation) {
        ui->difference = true;
        open_invocation(act, invocation);
        ui_match_versions(ui, act->model);
        show_most_changed(act);
    }
}

/* ---- the display as a whole */

static void toggle_freeze(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    (void)unused;
    if (ui->frozen) {
        model_free(ui->frozen);
        ui->frozen = NULL;
    } else {
        ui->frozen = snapshot_model(act->live);
        ui->frozen_ns = act->now_ns;
    }
}

static void toggle_follow(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    (void)unused;
    ui->follow = !ui->follow;
    ui_say(ui, STYLE_TEXT, ui->follow ? "following the running line" : "following stopped");
}

static void toggle_zero(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    (void)unused;
    if (ui->zero) {
        counters_free(ui->zero);
        ui->zero = NULL;
        ui_say(ui, STYLE_TEXT, "increments and occurrences count from the start again");
    } else {
        ui->zero =
            counters_take(act->model, ui->replay.is_on ? ui->replay.at.time_ns : act->realtime_ns);
        ui_say(ui, STYLE_TEXT, "increments and occurrences count from now on; z: from the start");
    }
}

static void toggle_mouse(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    (void)unused;
    ui->mouse = !ui->mouse;
    ui_say(ui, STYLE_TEXT, ui->mouse ? "mouse on" : "mouse off: the terminal selects text; M: on");
}

static void toggle_ascii(struct act *act, int unused)
{
    (void)unused;
    act->ui->ascii = !act->ui->ascii;
    act->action = UI_REDRAW;
}

/* ---- the rest */

static void open_prompt(struct act *act, int prompt)
{
    prompt_open(act->ui, (enum prompt)prompt);
}

/* Without a search, in a difference: the lines that have changed. */
static void next_change(struct act *act, int direction)
{
    uint32_t file, line;
    if (!difference_find_next(act->ui, act->model, direction, &file, &line))
        ui_say(act->ui, STYLE_TEXT, "no other line has changed");
    else
        ui_show_line(act->ui, act->model, file, line);
}

static void next_match(struct act *act, int direction)
{
    act_stop_following(act->ui);
    if (!act->ui->pattern[0]) {
        next_change(act, direction);
        return;
    }
    prompt_search(act->ui, act->live, direction, false);
}

/* `many`: how often is asked for first. */
static void run(struct act *act, int many)
{
    const struct model_function *function = target_function(act->ui, act->live);
    if (!function)
        return;
    model_set_text(&act->ui->run_name, function->name);
    /* The first one that is run from the list is then shown by its source. */
    if (act->ui->focus == VIEW_FUNCTIONS && act->live->invocations.total == 0)
        act->ui->view_chosen = false;
    act->ui->requests = 1;
    if (many)
        run_ask_series(act->ui);
    else
        act->action = run_start(act->ui, act->live);
}

static void pause_or_not(struct act *act, int unused)
{
    (void)unused;
    act->ui->paused = act->live->stop.is_awaited;
    act->action = UI_PAUSE;
}

static void toggle_breakpoint(struct act *act, int unused)
{
    (void)unused;
    act->action = step_break(act->ui, act->model);
}

static void ask_condition(struct act *act, int unused)
{
    (void)unused;
    step_ask_condition(act->ui, act->model);
}

static void ask_expression(struct act *act, int unused)
{
    (void)unused;
    bool is_stopped = act->live->stop.is_stopped && !act->ui->replay.is_on;
    prompt_open_with(act->ui, is_stopped ? PROMPT_EXPRESSION : PROMPT_COMMAND, NULL);
}

static void run_to(struct act *act, int unused)
{
    (void)unused;
    act->action = step_run_to(act->ui, act->model);
}

static void show_holders(struct act *act, int unused)
{
    (void)unused;
    act->action = holders_key(act->ui, act->live, act->realtime_ns);
}

static void edit(struct act *act, int unused)
{
    struct ui *ui = act->ui;
    const struct model_function *function =
        ui->focus == VIEW_FUNCTIONS ? target_function(ui, act->model) : NULL;
    uint32_t file;
    (void)unused;
    if (function) {
        ui->edit_line = function->line ? function->line : 1;
        model_set_text(&ui->edit_path, function->script);
    } else if (target_line(ui, act->model, &file, &ui->edit_line)) {
        model_set_text(&ui->edit_path, act->model->files[file]->path);
    } else {
        return;
    }
    act->action = UI_EDIT;
}

static void ask_caller(struct act *act, int action)
{
    act->action = (enum ui_action)action;
}

static const struct {
    void (*run)(struct act *act, int argument);
    int argument;
} commands[CMD_COUNT] = {
    [CMD_UP] = {move_rows, -1},
    [CMD_DOWN] = {move_rows, 1},
    [CMD_PAGE_UP] = {move_pages, -1},
    [CMD_PAGE_DOWN] = {move_pages, 1},
    [CMD_FIRST] = {move_to_end, -1},
    [CMD_LAST] = {move_to_end, 1},
    [CMD_SCROLL_LEFT] = {scroll_sideways, -1},
    [CMD_SCROLL_RIGHT] = {scroll_sideways, 1},
    [CMD_GO_RUNNING] = {go_running, 0},
    [CMD_NEXT_PANE] = {next_pane, 1},
    [CMD_PREVIOUS_PANE] = {next_pane, -1},
    [CMD_OPEN] = {open_selected, 0},
    [CMD_BACK] = {back, 0},
    [CMD_VIEW_SOURCE] = {show_view, VIEW_SOURCE},
    [CMD_VIEW_HOT] = {show_view, VIEW_HOT},
    [CMD_VIEW_INVOCATIONS] = {show_view, VIEW_INVOCATIONS},
    [CMD_VIEW_OUTPUT] = {show_view, VIEW_OUTPUT},
    [CMD_VIEW_FUNCTIONS] = {show_view, VIEW_FUNCTIONS},
    [CMD_VIEW_HELP] = {show_view, VIEW_HELP},
    [CMD_VIEW_STOP] = {show_view, VIEW_STOP},
    [CMD_VIEW_LEAKS] = {show_view, VIEW_LEAKS},
    [CMD_PICK] = {toggle_view, VIEW_PICK},
    [CMD_HELP] = {toggle_view, VIEW_HELP},
    [CMD_OUTPUT] = {toggle_view, VIEW_OUTPUT},
    [CMD_FUNCTIONS] = {toggle_view, VIEW_FUNCTIONS},
    [CMD_STOP] = {toggle_view, VIEW_STOP},
    [CMD_LEAKS] = {toggle_view, VIEW_LEAKS},
    [CMD_HOLDERS] = {show_holders, 0},
    [CMD_SEARCH] = {open_prompt, PROMPT_SEARCH},
    [CMD_MATCH_PREVIOUS] = {next_match, -1},
    [CMD_MATCH_NEXT] = {next_match, 1},
    [CMD_FILTER] = {open_prompt, PROMPT_FILTER},
    [CMD_SORT_LEFT] = {step_sort, -1},
    [CMD_SORT_RIGHT] = {step_sort, 1},
    [CMD_INVERT] = {invert, 0},
    [CMD_FILE_PREVIOUS] = {step_file, -1},
    [CMD_FILE_NEXT] = {step_file, 1},
    [CMD_INVOCATION_PREVIOUS] = {step_invocation, -1},
    [CMD_INVOCATION_NEXT] = {step_invocation, 1},
    [CMD_FREEZE] = {toggle_freeze, 0},
    [CMD_FOLLOW] = {toggle_follow, 0},
    [CMD_ZERO] = {toggle_zero, 0},
    [CMD_MARK] = {mark, 0},
    [CMD_DIFF] = {show_difference, 0},
    [CMD_PAUSE] = {pause_or_not, 0},
    [CMD_STEP_INTO] = {ask_caller, UI_STEP_INTO},
    [CMD_STEP_OVER] = {ask_caller, UI_STEP_OVER},
    [CMD_STEP_OUT] = {ask_caller, UI_STEP_OUT},
    [CMD_CONTINUE] = {ask_caller, UI_CONTINUE},
    [CMD_RUN_TO] = {run_to, 0},
    [CMD_BREAK] = {toggle_breakpoint, 0},
    [CMD_CONDITION] = {ask_condition, 0},
    [CMD_EVALUATE] = {ask_expression, 0},
    [CMD_REQUEST] = {run, false},
    [CMD_REQUEST_MANY] = {run, true},
    [CMD_RECORD] = {ask_caller, UI_RECORD},
    [CMD_EDIT] = {edit, 0},
    [CMD_MOUSE] = {toggle_mouse, 0},
    [CMD_ASCII] = {toggle_ascii, 0},
    [CMD_REDRAW] = {ask_caller, UI_REDRAW},
    [CMD_SUSPEND] = {ask_caller, UI_SUSPEND},
    [CMD_QUIT] = {ask_caller, UI_QUIT},
};

enum ui_action act_on_command(struct ui *ui, const struct model *model, enum ui_command command,
                              uint64_t now_ns, uint64_t realtime_ns)
{
    struct act act = {.ui = ui,
                      .live = model,
                      .model = ui_shown(ui, model),
                      .list = ui_focused_list(ui),
                      .view = view_of(ui->focus),
                      .now_ns = now_ns,
                      .realtime_ns = realtime_ns,
                      .action = UI_NOTHING};
    if (replay_is_command(command)) {
        replay_ask(ui, act.model, command);
        act.action = UI_REPLAY;
    } else if (commands[command].run)
        commands[command].run(&act, commands[command].argument);
    return act.action;
}

/* The command of a key that can be done now, in a recording one of its own first; CMD_NONE where
 * there is none, `known` where there would be one elsewhere. */
static enum ui_command command_of(const struct ui *ui, const struct model *model, int key,
                                  bool *known)
{
    enum ui_command found = CMD_NONE;
    *known = false;
    for (size_t i = 0; i < key_binding_count; i++) {
        const struct key_binding *binding = &key_bindings[i];
        for (size_t k = 0; k < BINDING_KEYS && binding->keys[k]; k++) {
            if (binding->keys[k] != key)
                continue;
            *known = true;
            if (!ui_can(ui, model, binding->command))
                continue;
            if (found == CMD_NONE || (ui->replay.is_on && binding->group == GROUP_REPLAY))
                found = binding->command;
        }
    }
    return found;
}

static bool is_one_of(int key, const char *keys)
{
    return key > 0 && key < 0x80 && strchr(keys, key);
}

static bool is_recorded_only(int key)
{
    for (size_t i = 0; i < key_binding_count; i++)
        if (key_bindings[i].group == GROUP_REPLAY && key_bindings[i].keys[0] == key)
            return true;
    return false;
}

/* What is not done of a recording, or only of one. */
static bool say_recorded(struct ui *ui, int key)
{
    if (ui->replay.is_on && ui->replay.is_live && is_one_of(key, "rRitbBx"))
        ui_say(ui, STYLE_WARNING, "this is the recording, and runs nothing; Esc: the live app");
    else if (ui->replay.is_on && is_one_of(key, "rRitbBx"))
        ui_say(ui, STYLE_WARNING, "this is a recording: what ran then is shown, nothing runs");
    else if (ui->replay.is_on && key == ' ')
        ui_say(ui, STYLE_TEXT, "this is a recording: it stands still; ] goes on by an event");
    else if (!ui->replay.is_on && is_recorded_only(key) && !is_one_of(key, "snfc"))
        ui_say(ui, STYLE_TEXT,
               ui->replay.is_there ? "that is for the recording; [ goes there"
                                   : "that is for recordings; --record keeps one");
    else
        return false;
    return true;
}

/* A key that has a meaning, but not here, says so; silence would look like a hang. */
static void say_useless(struct ui *ui, const struct model *model, int key, bool known)
{
    char name[KEY_NAME_SIZE];
    key_spell(key, name);
    if (known && key != 'w' && say_recorded(ui, key))
        return;
    if (known && key == 'H')
        ui_say(ui, STYLE_TEXT, "no line is running now");
    else if (known && key == 'D')
        ui_say(ui, STYLE_TEXT,
               ui->marked ? "there is no other invocation to compare the marked one with"
                          : "mark an invocation with m first, then open another one");
    else if (known && (key == 'L' || key == '8'))
        ui_say(ui, STYLE_TEXT, "leaks are told by the heap, and that is not counted here");
    else if (known && key == 'w')
        holders_say_why_not(ui, model);
    else if (known && model->worker == WORKER_NONE && (key == 'r' || key == 'R' || key == 'e'))
        ui_say(ui, STYLE_WARNING, "these figures are from logs: there is no app here to %s",
               key == 'e' ? "edit" : "run");
    else if (known && model->worker == WORKER_NONE && is_one_of(key, "F zx"))
        ui_say(ui, STYLE_TEXT, "these figures are from logs: nothing goes on");
    else if (known && model->worker == WORKER_NONE && is_one_of(key, "isnfctbBv7"))
        ui_say(ui, STYLE_TEXT, "these figures are from logs: there is nothing to pause");
    else if (known && model->is_program && (key == 'r' || key == 'R'))
        ui_say(ui, STYLE_WARNING, "a program is run once; q ends it, and pymemtop run begins anew");
    else if (known && is_one_of(key, "snfct") && model->stop.is_stepping)
        ui_say(ui, STYLE_TEXT, "the step is still under way; i pauses at the next line");
    else if (known && is_one_of(key, "snfct"))
        ui_say(ui, STYLE_TEXT, "nothing is paused; i pauses at the next line, b sets a breakpoint");
    else if (known && key == 'i' && model->stop.is_stopped)
        ui_say(ui, STYLE_TEXT, "it is paused; c continues");
    else if (known && (key == 'r' || key == 'R'))
        ui_say(ui, STYLE_TEXT, "there is no function to run");
    else if (known && key != K_ESC)
        ui_say(ui, STYLE_TEXT, "%s has nothing to do here; ? shows all keys", name);
    else if (!known)
        ui_say(ui, STYLE_TEXT, "%s has no meaning; ? shows all keys", name);
}

/* Ctrl-C quits where that was not enough. */
static bool breaks_off(const struct stop *stop, int key)
{
    return stop->is_evaluating && (key == K_ESC || (key == K_CTRL('c') && !stop->is_breaking));
}

enum ui_action act_on_key(struct ui *ui, const struct model *model, struct key_event event,
                          uint64_t now_ns, uint64_t realtime_ns)
{
    bool known;
    if (event.key == K_CLICK || event.key == K_WHEEL_UP || event.key == K_WHEEL_DOWN)
        return mouse_key(ui, model, event, now_ns, realtime_ns);
    if (ui->prompt != PROMPT_NONE)
        return prompt_key(ui, model, event);
    if (event.pasted) {
        ui_say(ui, STYLE_TEXT, "nothing is asked for that text could be pasted into");
        return UI_NOTHING;
    }
    if (breaks_off(&model->stop, event.key))
        return UI_BREAK_OFF;
    enum ui_command command = command_of(ui, model, event.key, &known);
    if (command != CMD_NONE)
        return act_on_command(ui, model, command, now_ns, realtime_ns);
    say_useless(ui, model, event.key, known);
    return UI_NOTHING;
}
