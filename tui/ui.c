/*
 * State and its upkeep. ui_sync() is the one place where the state follows the model: which file is
 * shown before the user chose one, where the running line is, which rows the visible lists have,
 * and which of them are on the screen. Keys are in act.c, the prompt in prompt.c; both change the
 * state and leave the rest to the next ui_sync().
 */
#include "config.h"
#include "tui/ui.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "tui/act.h"
#include "tui/format.h"
#include "tui/view.h"

/* The leaks, and the evidence below them, have so many rows at the least. */
enum { BANNER_ROWS = 3, LEAKS_ROWS_LEAST = 3, EVIDENCE_ROWS_LEAST = 4, HOLDER_ROWS = 2 };

void ui_init(struct ui *ui, int cols, int rows)
{
    *ui = (struct ui){.cols = cols, .rows = rows, .mouse = true, .follow = true, .dirty = true};
    ui->at_once = 1;
    ui->lists[VIEW_INVOCATIONS].hold = HOLD_FIRST;
    ui->lists[VIEW_OUTPUT].hold = HOLD_LAST;
}

void ui_fini(struct ui *ui)
{
    for (size_t i = 0; i < VIEW_COUNT; i++)
        list_fini(&ui->lists[i]);
    for (size_t i = 0; i < ui->place_count; i++)
        highlight_fini(&ui->places[i].highlight);
    free(ui->places);
    version_pairs_fini(&ui->versions);
    counters_free(ui->zero);
    model_free(ui->frozen);
    ui_replay_fini(&ui->replay);
    for (size_t i = 0; i < ui->known_count; i++) {
        free(ui->known[i].name);
        free(ui->known[i].payload);
        free(ui->known[i].line);
    }
    free(ui->known);
    free(ui->prefill);
    free(ui->run_name);
    free(ui->payload);
    free(ui->line);
    free(ui->edit_path);
    free(ui->record_path);
    free(ui->save_path);
    free(ui->condition);
    free(ui->refused);
    free(ui->expression);
    *ui = (struct ui){0};
}

const struct model *ui_shown(const struct ui *ui, const struct model *model)
{
    return ui->frozen ? ui->frozen : model;
}

void ui_say(struct ui *ui, enum style style, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->message, sizeof ui->message, format, args);
    va_end(args);
    ui->message_style = style;
    ui->dirty = true;
}

/* Load runs again for every worker and is number 0 each time, so it goes by its start instead. */
uint64_t ui_invocation_id(const struct invocation *invocation)
{
    return invocation->number ? invocation->number : invocation->start_ns | INVOCATION_LOADS;
}

const struct invocation *ui_find_invocation(const struct model *model, uint64_t id)
{
    for (size_t i = model->invocations.count; i > 0; i--) {
        const struct invocation *invocation = model->invocations.kept[i - 1];
        if (ui_invocation_id(invocation) == id)
            return invocation;
    }
    return NULL;
}

const struct invocation *ui_one(const struct ui *ui, const struct model *model)
{
    return ui->one_open ? ui_find_invocation(model, ui->one) : NULL;
}

bool ui_sum_stats(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                  struct line_stats *stats)
{
    if (file >= model->file_count || line == 0 || line > model->files[file]->line_count)
        return false;
    *stats = model->files[file]->lines[line - 1].total;
    if (ui->zero)
        counters_subtract(ui->zero, file, line, stats);
    return stats->occurrences > 0;
}

void ui_match_versions(struct ui *ui, const struct model *model)
{
    const struct invocation *mark = ui->difference ? ui_find_invocation(model, ui->mark) : NULL;
    version_pairs_set(&ui->versions, model, mark, ui_one(ui, model));
}

static const struct line_stats *mark_stats(const struct ui *ui, const struct model *model,
                                           uint32_t file, uint32_t line)
{
    const struct invocation *mark = ui->difference ? ui_find_invocation(model, ui->mark) : NULL;
    if (!mark || !version_pairs_find(&ui->versions, &file, &line))
        return NULL;
    return invocation_line_stats(mark, file, line);
}

/* Sizes that are levels, not sums, stay. */
static void subtract_sums(struct line_stats *stats, const struct line_stats *mark)
{
    stats->increment_bytes -= mark->increment_bytes;
    stats->self_increment_bytes -= mark->self_increment_bytes;
    stats->net_python_bytes -= mark->net_python_bytes;
    stats->net_native_bytes -= mark->net_native_bytes;
}

bool ui_line_stats(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                   struct line_stats *stats)
{
    const struct invocation *one = ui_one(ui, model);
    if (!ui->one_open)
        return ui_sum_stats(ui, model, file, line, stats);
    /* In a recording one may be at a time before it began. */
    *stats = (struct line_stats){0};
    if (!one)
        return false;
    const struct line_stats *own = invocation_line_stats(one, file, line);
    const struct line_stats *mark = mark_stats(ui, model, file, line);
    *stats = own ? *own : (struct line_stats){0};
    if (mark)
        subtract_sums(stats, mark);
    return (own && own->occurrences > 0) || mark;
}

bool ui_retained(const struct ui *ui, const struct model *model, uint32_t file, uint32_t line,
                 int64_t *bytes)
{
    const struct invocation *one = ui_one(ui, model);
    struct line_stats stats;
    struct kept_part part;
    if (!ui->one_open) {
        bool ran = ui_sum_stats(ui, model, file, line, &stats);
        *bytes = ran ? line_retained_bytes(&stats) : 0;
        return ran;
    }
    bool known = one && one->number &&
                 kept_of(&model->kept, kept_find(&model->kept, file, line), one->number, &part);
    *bytes = known ? part.alive_bytes : 0;
    return known && invocation_line_stats(one, file, line);
}

bool ui_line_runs(const struct ui *ui, uint32_t file, uint32_t line)
{
    for (size_t i = 0; i < ui->running_count; i++) {
        if (ui->running[i].file == file && ui->running[i].line == line)
            return true;
    }
    return false;
}

bool ui_line_stops(const struct model *model, uint32_t file, uint32_t line)
{
    const struct stop *stop = &model->stop;
    return stop->is_stopped && stop->file == file && stop->line == line;
}

/* The newest running line comes first, before it one that somebody is stopped at; with one
 * invocation opened only its own counts. */
static void collect_running(struct ui *ui, const struct model *model)
{
    const struct invocations *set = &model->invocations;
    ui->running_count = 0;
    if (model->stop.is_stopped && model->stop.file < model->file_count)
        ui->running[ui->running_count++] =
            (struct running_line){model->stop.file, model->stop.line};
    for (size_t i = set->count; i > 0 && ui->running_count < UI_RUNNING_MAX; i--) {
        const struct invocation *invocation = set->kept[i - 1];
        if (invocation->outcome != OUTCOME_RUNNING || invocation->line == 0)
            continue;
        /* Its line is known better than that. */
        if (model->stop.is_stopped && model->stop.number == invocation->number)
            continue;
        if (ui->one_open && ui_invocation_id(invocation) != ui->one)
            continue;
        ui->running[ui->running_count++] =
            (struct running_line){invocation->file, invocation->line};
    }
}

static void grow_places(struct ui *ui, const struct model *model)
{
    if (ui->place_count >= model->file_count)
        return;
    ui->places = mem_resize(ui->places, model->file_count, sizeof *ui->places);
    memset(ui->places + ui->place_count, 0,
           (model->file_count - ui->place_count) * sizeof *ui->places);
    ui->place_count = model->file_count;
}

/* Leave the file that is shown and go to another, to where one was in it. */
static void switch_file(struct ui *ui, uint32_t file)
{
    struct list *list = &ui->lists[VIEW_SOURCE];
    if (ui->file < ui->place_count && list->placed) {
        struct file_place *place = &ui->places[ui->file];
        place->line = list->at;
        place->top = list->top;
        place->scroll_cols = list->scroll_cols;
    }
    const struct file_place *place = &ui->places[file];
    ui->file = file;
    ui->old_chosen = false;
    list->at = place->line ? place->line : 1;
    list->placed = true;
    list->cursor = 0;
    list->top = place->top;
    list->scroll_cols = place->scroll_cols;
}

static void make_rows(struct ui *ui, const struct model *model, enum view_id view)
{
    struct list *list = &ui->lists[view];
    list_begin(list);
    view_of(view)->rows(ui, model, list);
    list_end(list);
}

void ui_show_line(struct ui *ui, const struct model *model, uint32_t file, uint32_t line)
{
    if (file >= model->file_count || line == 0)
        return;
    grow_places(ui, model);
    if (file != ui->file) {
        switch_file(ui, file);
        make_rows(ui, model, VIEW_SOURCE);
    }
    list_select_id(&ui->lists[VIEW_SOURCE], line);
}

bool ui_is_old(const struct ui *ui, const struct model *model)
{
    return ui->file < model->file_count && model->files[ui->file]->retired;
}

void ui_show_current(struct ui *ui, const struct model *model)
{
    const struct list *list = &ui->lists[VIEW_SOURCE];
    long file = model_find_file(model, model->files[ui->file]->path);
    uint64_t line = 1;
    if (file < 0)
        return;
    grow_places(ui, model);
    list_selected(list, &line);
    uint32_t last = model->files[file]->line_count;
    struct file_place *place = &ui->places[file];
    place->line = line < last ? line : last ? last : 1;
    place->top = list->top < place->line && !list->filter[0] ? list->top : 0;
    place->scroll_cols = list->scroll_cols;
    ui_show_line(ui, model, (uint32_t)file, (uint32_t)place->line);
}

/* A file was saved and is run with its new text: that is shown, but where the old one runs still,
 * or is what the user asked for, itself or by opening an invocation. */
static void leave_old_version(struct ui *ui, const struct model *model)
{
    bool runs = ui->running_count > 0 && ui->running[0].file == ui->file;
    if (!ui_is_old(ui, model) || runs || ui->one_open || (ui->old_chosen && !ui->follow))
        return;
    ui_show_current(ui, model);
    const struct file *file = model->files[ui->file];
    char saved[FORMAT_SIZE];
    format_time(saved, file->saved_realtime_ns, 0);
    ui_say(ui, STYLE_TEXT, "version %" PRIu32 ", saved at %s; p lists the old one", file->version,
           saved);
}

/* Before anything ran and before the user chose, the source of the selected function is shown. */
static void show_default(struct ui *ui, const struct model *model)
{
    const struct model_function *function = model_selected(model);
    if (ui->line_chosen || ui->file_chosen || model->invocations.total > 0 ||
        ui->running_count > 0 || model->file_count == 0)
        return;
    long file = function ? model_find_file(model, function->script) : -1;
    ui_show_line(ui, model, file < 0 ? 0 : (uint32_t)file,
                 function && function->line ? function->line : 1);
}

static void show_function(struct ui *ui, const struct model *model,
                          const struct model_function *function)
{
    long file = function ? model_find_file(model, function->script) : -1;
    if (file >= 0)
        ui_show_line(ui, model, (uint32_t)file, function->line ? function->line : 1);
}

/* An app of several functions, of which nobody named one, is shown by the list of them, until the
 * first one runs: then by its source. */
static void show_first_view(struct ui *ui, const struct model *model)
{
    const struct invocations *set = &model->invocations;
    bool list = set->total == 0 && model->function_count > 1 && !model_has_selection(model);
    enum view_id view = list ? VIEW_FUNCTIONS : VIEW_SOURCE;
    if (ui->view_chosen || ui->prompt != PROMPT_NONE)
        return;
    bool chosen = model_has_selection(model) || ui->file_chosen || ui->line_chosen;
    if (ui->view == view && (list || chosen || ui->function_shown))
        return;
    if (ui->view != view)
        ui->view = ui->focus = view;
    if (set->total == 0)
        return;
    const char *name = set->kept[set->count - 1]->function;
    show_function(ui, model, model_find_function(model, name));
    ui->function_shown = true;
}

/* What is followed are requests; the first load, too, but not that of a worker started again. */
static void follow_running(struct ui *ui, const struct model *model)
{
    const struct invocation *newest = invocations_newest_running(&model->invocations);
    if (!ui->follow || ui->running_count == 0 || ui->frozen)
        return;
    if (newest && newest->number == 0 && model->invocations.total > 0)
        return;
    const struct running_line *line = &ui->running[0];
    if (line->file < model->file_count)
        ui_show_line(ui, model, line->file, line->line);
}

/* Whatever one looked at, a thread that stops is what happens now: its line is shown, in the source
 * but where a step was made from the view of the stop, or from another one. */
static void go_to_stop(struct ui *ui, const struct model *model)
{
    const struct stop *stop = &model->stop;
    if (!stop->is_stopped || stop->count == ui->stop_seen || ui->frozen)
        return;
    ui->stop_seen = stop->count;
    ui->message[0] = '\0'; /* of the time before */
    ui->lists[VIEW_SOURCE].filter[0] = '\0';
    ui_show_line(ui, model, stop->file, stop->line);
    if (stop->reason == STOP_STEP || ui->view == VIEW_STOP || ui->prompt != PROMPT_NONE)
        return;
    ui->view = ui->focus = VIEW_SOURCE;
    ui->view_chosen = true;
}

/* An opened invocation can become too old to be kept. In a recording one can go to where it was. */
static void check_opened(struct ui *ui, const struct model *model)
{
    if (ui->replay.is_on)
        return;
    if (ui->marked && !ui_find_invocation(model, ui->mark))
        ui->marked = ui->difference = false;
    if (ui->one_open && !ui_one(ui, model)) {
        ui->one_open = ui->difference = false;
        ui_say(ui, STYLE_WARNING, "that invocation is too old to be kept; this is the sum of all");
    }
}

static bool has_banner(enum view_id view)
{
    return view == VIEW_SOURCE || view == VIEW_FUNCTIONS || view == VIEW_LEAKS || view == VIEW_LIVE;
}

/* Was the file, as it is on display, meant for that function? */
static bool is_script_of(const struct file *file, const struct model_function *function)
{
    return strcmp(file->path, function->script) == 0;
}

const struct model_function *ui_broken_function(const struct ui *ui, const struct model *model)
{
    const struct model_function *selected = model_selected(model), *broken = NULL;
    const struct file *file = ui->file < model->file_count ? model->files[ui->file] : NULL;
    bool is_script = false;
    for (size_t i = model->function_count; file && i > 0; i--) {
        const struct model_function *function = &model->functions[i - 1];
        is_script = is_script || is_script_of(file, function);
        if (function->load_error && (!broken || is_script_of(file, function)))
            broken = function;
    }
    if (broken && is_script_of(file, broken))
        return broken;
    if (selected && selected->load_error)
        return selected;
    /* A helper's fault is that of whoever imports it. */
    return is_script ? NULL : broken;
}

/* The list of functions says itself what is wrong with one of them. */
bool ui_has_load_error(const struct ui *ui, const struct model *model)
{
    return model->app_error || (ui->view != VIEW_FUNCTIONS && ui_broken_function(ui, model));
}

bool ui_tells_death(const struct ui *ui, const struct model *model)
{
    return model->worker_deaths > ui->deaths_seen && model->worker_end;
}

static int banner_rows(const struct ui *ui, const struct model *model)
{
    int rows = 0;
    if (!has_banner(ui->view))
        return 0;
    if (ui->view == VIEW_LEAKS)
        rows = model->leaks.count > 0;
    else if (ui->view == VIEW_LIVE)
        rows = view_live_banner_rows(model);
    else if (model->worker == WORKER_DEAD || ui_has_load_error(ui, model))
        rows = BANNER_ROWS;
    else if (model->reload_error || ui_tells_death(ui, model) ||
             (ui->view == VIEW_SOURCE && ui_is_old(ui, model)))
        rows = 1;
    return ui->layout.main.rows >= rows + 3 ? rows : 0;
}

/* The leaks have as many rows as there are, up to half of the body. */
static int evidence_rows(const struct ui *ui, const struct model *model)
{
    int body = ui->layout.main.rows - ui->banner_rows, leaks = (int)model->leaks.count + 1;
    if (ui->view != VIEW_LEAKS || model->leaks.count == 0)
        return 0;
    leaks = leaks < body / 2 ? leaks : body / 2;
    leaks = leaks > LEAKS_ROWS_LEAST ? leaks : LEAKS_ROWS_LEAST;
    return body - leaks >= EVIDENCE_ROWS_LEAST ? body - leaks : 0;
}

/* What is alive of the selected leak, and who holds it, where that is known. */
static int holder_rows(const struct ui *ui, const struct model *model)
{
    const struct leak *leak = ui->evidence_rows ? view_leaks_selected(ui, model) : NULL;
    const struct holders *holders = leak ? model_holders(model, leak->file, leak->line) : NULL;
    bool is_known = holders && holders->count && holders->chain_count;
    return is_known && ui->evidence_rows >= EVIDENCE_ROWS_LEAST + HOLDER_ROWS ? HOLDER_ROWS : 0;
}

static bool side_wanted(enum view_id view)
{
    return view == VIEW_SOURCE || view == VIEW_HOT;
}

/* While a thread is stopped, that is what the side is for. */
static bool side_has_stop(const struct ui *ui)
{
    return ui->layout.side && ui->stop_shown;
}

bool ui_view_rect(const struct ui *ui, enum view_id view, struct rect *rect)
{
    const struct layout *layout = &ui->layout;
    if (layout->too_small)
        return false;
    if (view == ui->view) {
        *rect = layout->main;
        rect->row += has_banner(view) ? ui->banner_rows : 0;
        rect->rows -= has_banner(view) ? ui->banner_rows : 0;
        rect->rows -= view == VIEW_LEAKS ? ui->evidence_rows : 0;
    } else if (view == VIEW_EVIDENCE && ui->view == VIEW_LEAKS && ui->evidence_rows) {
        *rect = layout->main;
        rect->row += rect->rows - ui->evidence_rows + ui->holder_rows;
        rect->rows = ui->evidence_rows - ui->holder_rows;
    } else if (view == VIEW_STOP && side_has_stop(ui)) {
        *rect = layout->stop;
    } else if (view == VIEW_INVOCATIONS && layout->side && !side_has_stop(ui)) {
        *rect = layout->invocations;
    } else if (view == VIEW_OUTPUT && layout->side && !side_has_stop(ui)) {
        *rect = layout->output;
    } else {
        return false;
    }
    return true;
}

struct height_context {
    struct view_context view_context;
    const struct view *view;
};

static int row_height(const void *context, uint64_t id)
{
    const struct height_context *height = context;
    return height->view->height(&height->view_context, id);
}

static void sync_view(struct ui *ui, const struct model *model, enum view_id view)
{
    struct height_context context = {{.ui = ui, .model = model}, view_of(view)};
    struct rect *rect = &context.view_context.rect;
    if (!ui_view_rect(ui, view, rect))
        return;
    make_rows(ui, model, view);
    list_scroll(&ui->lists[view], rect->rows - 1, context.view->height ? row_height : NULL,
                &context);
}

static void prepare_colors(struct ui *ui, const struct model *model)
{
    const struct list *list = &ui->lists[VIEW_SOURCE];
    if (ui->file >= model->file_count || list->count == 0)
        return;
    size_t last = list->top + (size_t)ui->rows;
    last = last < list->count ? last : list->count - 1;
    highlight_prepare(&ui->places[ui->file].highlight, model->files[ui->file],
                      (uint32_t)list->ids[last]);
}

void ui_sync(struct ui *ui, const struct model *live)
{
    const struct model *model = ui_shown(ui, live);
    show_first_view(ui, model);
    int foot_rows = ui->replay.is_on ? replay_foot_rows(ui->rows) : 0;
    ui->layout =
        layout_with_foot(ui->cols, ui->rows, foot_rows, side_wanted(ui->view), model->heap.is_on);
    ui->banner_rows = banner_rows(ui, model);
    if (ui->view == VIEW_LEAKS)
        make_rows(ui, model, VIEW_LEAKS);
    ui->evidence_rows = evidence_rows(ui, model);
    ui->holder_rows = holder_rows(ui, model);
    ui->stop_shown = model->stop.is_stopped;
    struct rect rect;
    if (ui->focus != ui->view && !ui_view_rect(ui, ui->focus, &rect))
        ui->focus = ui->view;
    grow_places(ui, model);
    check_opened(ui, model);
    ui_match_versions(ui, model);
    collect_running(ui, model);
    leave_old_version(ui, model);
    show_default(ui, model);
    follow_running(ui, model);
    go_to_stop(ui, model);
    for (size_t i = 0; i < VIEW_COUNT; i++)
        sync_view(ui, model, (enum view_id)i);
    prepare_colors(ui, model);
    live_tell(ui, live);
}

struct list *ui_focused_list(struct ui *ui)
{
    return &ui->lists[ui->focus];
}

enum ui_action ui_key(struct ui *ui, const struct model *model, struct key_event event,
                      uint64_t now_ns, uint64_t realtime_ns)
{
    enum ui_action action = UI_NOTHING;
    ui->dirty = true;
    if (event.key == K_RESIZE) {
        ui->cols = event.col;
        ui->rows = event.row;
    } else if (event.key != K_NONE && event.key != K_UNKNOWN) {
        ui->message[0] = '\0';
        /* A death is told until a key is pressed after it is over. */
        if (model->worker == WORKER_READY || model->worker == WORKER_ENDED)
            ui->deaths_seen = model->worker_deaths;
        ui_sync(ui, model);
        action = act_on_key(ui, model, event, now_ns, realtime_ns);
    }
    ui_sync(ui, model);
    if (action != UI_REPLAY)
        replay_forget_visits(ui);
    return action;
}

uint64_t ui_next_change_ns(const struct ui *ui, const struct model *model, uint64_t now_ns)
{
    if (ui->frozen || ui->replay.is_on)
        return UINT64_MAX;
    uint64_t step_ns =
        invocations_newest_running(&model->invocations) ? NS_PER_SECOND / 10 : NS_PER_SECOND;
    return (now_ns / step_ns + 1) * step_ns;
}
