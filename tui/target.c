/*
 * What a command would work on now, and so whether there is anything for it to do. The key row is
 * made from this: no key is offered that does not work.
 */
#include "config.h"
#include "tui/act.h"

#include <string.h>

#include "tui/view.h"

const struct invocation *target_invocation(const struct ui *ui, const struct model *shown)
{
    uint64_t id;
    if (ui->focus != VIEW_INVOCATIONS)
        return ui_one(ui, shown);
    if (!list_selected(&ui->lists[VIEW_INVOCATIONS], &id))
        return NULL;
    return ui_find_invocation(shown, id);
}

/* The newest other one of its function that is over, or NULL. */
static const struct invocation *newest_like(const struct invocations *set,
                                            const struct invocation *mark)
{
    for (size_t i = set->count; i > 0; i--) {
        const struct invocation *one = set->kept[i - 1];
        if (one != mark && one->number && invocation_is_over(one) &&
            strcmp(one->function, mark->function) == 0)
            return one;
    }
    return NULL;
}

const struct invocation *target_compared(const struct ui *ui, const struct model *shown)
{
    const struct invocation *mark = ui->marked ? ui_find_invocation(shown, ui->mark) : NULL;
    const struct invocation *one = target_invocation(ui, shown);
    if (!mark)
        return NULL;
    if (ui->focus != VIEW_INVOCATIONS && (!one || one == mark))
        return newest_like(&shown->invocations, mark);
    return one != mark ? one : NULL;
}

const struct invocation *target_of_output(const struct ui *ui, const struct model *shown)
{
    const struct output *output = &shown->output;
    uint64_t first = output->total - output->count, id;
    if (!list_selected(&ui->lists[VIEW_OUTPUT], &id) || id < first || id - first >= output->count)
        return NULL;
    const struct output_line *line = output_at(output, id - first);
    if (line->invocation == OUTPUT_NO_INVOCATION || line->invocation == 0)
        return NULL;
    return ui_find_invocation(shown, line->invocation);
}

const struct model_function *target_function(const struct ui *ui, const struct model *model)
{
    uint64_t id;
    if (ui->focus != VIEW_FUNCTIONS)
        return model_selected(model);
    return list_selected(&ui->lists[VIEW_FUNCTIONS], &id) ? ui_find_function(ui, model, id) : NULL;
}

/* What the view of the stop has selected; a line of Python that runs elsewhere has no file here. */
static bool line_of_stop(const struct ui *ui, const struct model *shown, uint32_t *file,
                         uint32_t *line)
{
    const struct stop_frame *frame = view_stop_frame(ui, shown);
    const struct breakpoint *breakpoint = view_stop_breakpoint(ui, shown);
    const struct stop_other *other = view_stop_other(ui, shown);
    long found = breakpoint ? model_find_file(shown, breakpoint->path) : -1;
    if (frame) {
        *file = frame->file;
        *line = frame->line;
    } else if (other) {
        *file = other->line ? other->file : STOP_NO_FILE;
        *line = other->line;
    } else if (breakpoint) {
        *file = found < 0 ? STOP_NO_FILE : (uint32_t)found;
        *line = breakpoint->line;
    } else {
        return false;
    }
    return *file < shown->file_count;
}

const struct breakpoint *target_breakpoint(const struct ui *ui, const struct model *shown)
{
    const struct breakpoint *selected = view_stop_breakpoint(ui, shown);
    uint32_t file, line;
    if (ui->focus == VIEW_STOP && selected)
        return selected;
    if (!target_line(ui, shown, &file, &line) || shown->files[file]->retired)
        return NULL;
    return breakpoints_at(&shown->breakpoints, shown->files[file]->path, line);
}

bool target_line(const struct ui *ui, const struct model *shown, uint32_t *file, uint32_t *line)
{
    uint64_t id;
    *file = ui->file;
    *line = 1;
    if (ui->focus == VIEW_STOP)
        return line_of_stop(ui, shown, file, line);
    if (ui->view == VIEW_HOLDERS) {
        *file = ui->holders_file;
        *line = ui->holders_line;
    } else if (ui->view == VIEW_LIVE) {
        const struct live_change *change = view_live_selected(ui, shown);
        *file = change ? change->file : LIVE_ELSEWHERE;
        *line = change ? change->line : 0;
    } else if (ui->focus == VIEW_HOT || ui->view == VIEW_LEAKS) {
        if (!list_selected(&ui->lists[ui->view], &id))
            return false;
        *file = (uint32_t)(id >> 32);
        *line = (uint32_t)id;
    } else if (list_selected(&ui->lists[VIEW_SOURCE], &id)) {
        *line = (uint32_t)id;
    }
    return *file < shown->file_count;
}

static bool can_go_back(const struct ui *ui)
{
    return ui->view != VIEW_SOURCE || ui->focus != ui->view || ui->one_open || ui->difference ||
           ui->pattern[0] || ui->lists[ui->focus].filter[0];
}

static bool can_open(const struct ui *ui, const struct model *shown)
{
    uint32_t file, line;
    if (ui->focus == VIEW_OUTPUT)
        return target_of_output(ui, shown) != NULL;
    if (ui->focus == VIEW_SOURCE)
        return ui_is_old(ui, shown);
    if (ui->focus == VIEW_HOLDERS)
        return holders_can_open(ui, shown);
    if (ui->focus == VIEW_STOP)
        return view_stop_local(ui, shown) || line_of_stop(ui, shown, &file, &line);
    if (ui->focus == VIEW_LIVE)
        return target_line(ui, shown, &file, &line);
    return ui->lists[ui->focus].count > 0 &&
           (ui->focus == VIEW_HOT || ui->focus == VIEW_LEAKS || ui->focus == VIEW_EVIDENCE ||
            ui->focus == VIEW_INVOCATIONS || ui->focus == VIEW_FUNCTIONS || ui->focus == VIEW_PICK);
}

static bool runs(const struct model *model)
{
    return model->worker != WORKER_NONE && model->worker != WORKER_ENDED;
}

/* On a line of what runs, or on a breakpoint that has none any more. */
static bool can_break(const struct ui *ui, const struct model *shown)
{
    uint32_t file, line;
    bool has_rows = ui->focus == VIEW_SOURCE || ui->focus == VIEW_HOT || ui->focus == VIEW_STOP ||
                    ui->view == VIEW_LEAKS;
    if (!runs(shown) || !has_rows)
        return false;
    return target_breakpoint(ui, shown) ||
           (target_line(ui, shown, &file, &line) && !shown->files[file]->retired);
}

static bool can_edit(const struct ui *ui, const struct model *shown)
{
    uint32_t file, line;
    if (shown->worker == WORKER_NONE)
        return false; /* the files are those of another machine */
    if (ui->focus == VIEW_FUNCTIONS)
        return target_function(ui, shown) != NULL;
    return ui->view != VIEW_HELP && target_line(ui, shown, &file, &line);
}

bool ui_can(const struct ui *ui, const struct model *model, enum ui_command command)
{
    const struct model *shown = ui_shown(ui, model);
    const struct view *view = view_of(ui->focus);
    if (replay_is_command(command))
        return replay_can(ui, shown, command);
    if (ui->replay.is_on && replay_is_useless(command))
        return false;
    switch (command) {
    case CMD_NONE: return false;
    case CMD_BACK:
        return can_go_back(ui) || ui->series.is_on || ui->replay.is_live || ui->replay.is_searching;
    case CMD_OPEN: return can_open(ui, shown);
    case CMD_NEXT_PANE:
    case CMD_PREVIOUS_PANE: return ui->layout.side || ui->evidence_rows > 0;
    case CMD_GO_RUNNING: return ui->running_count > 0 && (!ui->follow || ui->view != VIEW_SOURCE);
    case CMD_MATCH_NEXT:
    case CMD_MATCH_PREVIOUS:
        return ui->pattern[0] != '\0' || (ui->difference && ui->focus == VIEW_SOURCE);
    case CMD_SCROLL_LEFT:
    case CMD_SCROLL_RIGHT: return view->scrolls_sideways;
    case CMD_SORT_LEFT:
    case CMD_SORT_RIGHT:
    case CMD_INVERT: return view->sorts != NULL;
    case CMD_FILE_PREVIOUS:
    case CMD_FILE_NEXT: return ui->focus == VIEW_SOURCE && model_path_count(shown) > 1;
    case CMD_PICK: return shown->file_count > 0;
    case CMD_INVOCATION_PREVIOUS:
    case CMD_INVOCATION_NEXT: return shown->invocations.count > 0;
    /* In what is over nothing goes on that one could follow, or stop. */
    case CMD_FOLLOW: return ui->view == VIEW_SOURCE && model->worker != WORKER_NONE;
    case CMD_RECORD:
    case CMD_FREEZE:
    case CMD_ZERO: return model->worker != WORKER_NONE;
    case CMD_MARK: return target_invocation(ui, shown) != NULL;
    case CMD_DIFF: return target_compared(ui, shown) != NULL;
    case CMD_LEAKS:
    case CMD_VIEW_LEAKS: return shown->heap.is_on;
    case CMD_HOLDERS: return ui->view == VIEW_HOLDERS || holders_can_ask(ui, model);
    case CMD_STOP:
    case CMD_VIEW_STOP: return model->worker != WORKER_NONE;
    case CMD_PAUSE: return runs(model) && (!model->stop.is_stopped || model->stop.is_leaving);
    case CMD_STEP_INTO:
    case CMD_STEP_OVER:
    case CMD_STEP_OUT:
    case CMD_CONTINUE: return model->stop.is_stopped;
    case CMD_RUN_TO: return model->stop.is_stopped && can_break(ui, shown);
    case CMD_BREAK:
    case CMD_CONDITION: return can_break(ui, shown);
    case CMD_REQUEST:
    case CMD_REQUEST_MANY:
        return model->worker != WORKER_NONE && !model->is_program &&
               target_function(ui, model) != NULL;
    case CMD_EDIT: return can_edit(ui, shown);
    default: return true;
    }
}
