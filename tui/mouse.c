/* The mouse: a click selects a row and its pane, twice opens it; the bars can be clicked; the wheel
 * scrolls what is under it. */
#include "config.h"
#include "tui/act.h"

#include "base/clock.h"
#include "tui/bars.h"
#include "tui/scrubber.h"
#include "tui/view.h"

enum { WHEEL_ROWS = 3 };
#define DOUBLE_CLICK_NS (400 * NS_PER_MS)

/* The row of the list that is at `row` of the screen. */
static bool row_at(const struct ui *ui, const struct model *shown, enum view_id id, int row,
                   size_t *found)
{
    struct view_context context = {.ui = ui, .model = shown};
    const struct view *view = view_of(id);
    const struct list *list = &ui->lists[id];
    if (!ui_view_rect(ui, id, &context.rect) || row <= context.rect.row)
        return false;
    int at = context.rect.row + 1;
    for (size_t i = list->top; i < list->count; i++) {
        at += (view->height ? view->height(&context, list->ids[i]) : 1) - list_hidden(list, i);
        if (row < at) {
            *found = i;
            return true;
        }
    }
    return false;
}

static enum view_id view_under(const struct ui *ui, struct key_event event)
{
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        struct rect rect;
        if (ui_view_rect(ui, (enum view_id)i, &rect) && rect_holds(&rect, event.row, event.col))
            return (enum view_id)i;
    }
    return VIEW_COUNT;
}

/* The command under the mouse: a key of the key row, or a view's name. */
static enum ui_command command_under(const struct ui *ui, const struct model *model,
                                     struct key_event event)
{
    struct bar keys = bar_keys(ui, model), tabs = bar_tabs(ui, model);
    if (ui->layout.too_small)
        return CMD_NONE;
    if (event.row == ui->layout.key_row)
        return bar_hit(&keys, event.col);
    return event.row == ui->layout.rule_row ? bar_hit(&tabs, event.col) : CMD_NONE;
}

/* Is this the second of two quick clicks at one place? */
static bool is_twice(struct ui *ui, struct key_event event, uint64_t now_ns)
{
    bool twice = ui->click_ns && now_ns - ui->click_ns < DOUBLE_CLICK_NS &&
                 ui->click_row == event.row && ui->click_col == event.col;
    ui->click_row = event.row;
    ui->click_col = event.col;
    ui->click_ns = twice ? 0 : now_ns;
    return twice;
}

static enum ui_action click(struct ui *ui, const struct model *model, struct key_event event,
                            uint64_t now_ns, uint64_t realtime_ns)
{
    bool twice = is_twice(ui, event, now_ns);
    enum ui_command command = command_under(ui, model, event);
    enum view_id under = view_under(ui, event);
    size_t row;
    uint64_t time_ns;
    if (scrubber_time(ui, event.row, event.col, &time_ns)) {
        replay_ask_time(ui, time_ns);
        return UI_REPLAY;
    }
    if (command != CMD_NONE)
        return act_on_command(ui, model, command, now_ns, realtime_ns);
    if (under == VIEW_COUNT)
        return UI_NOTHING;
    ui->focus = under;
    if (!view_of(under)->selects || !row_at(ui, ui_shown(ui, model), under, event.row, &row))
        return UI_NOTHING;
    list_select(ui_focused_list(ui), row);
    act_stop_following(ui);
    act_update_hold(ui);
    if (twice && ui_can(ui, model, CMD_OPEN))
        return act_on_command(ui, model, CMD_OPEN, now_ns, realtime_ns);
    return UI_NOTHING;
}

/* Scroll; the selection comes along only where it would leave the screen. */
static void scroll(struct ui *ui, long delta)
{
    struct list *list = ui_focused_list(ui);
    long page = act_page_rows(ui), most = (long)list->count - page;
    long top = (long)list->top + delta;
    top = top > most ? most : top;
    list->top = top < 0 ? 0 : (size_t)top;
    size_t last = list->top + (size_t)page - 1;
    if (list->cursor < list->top)
        list_select(list, list->top);
    else
        list_select(list, list->cursor > last ? last : list->cursor);
    act_stop_following(ui);
    act_update_hold(ui);
}

static void wheel(struct ui *ui, const struct model *model, struct key_event event, long delta)
{
    enum view_id under = view_under(ui, event);
    if (under == VIEW_COUNT)
        return;
    ui->focus = under;
    if (view_of(under)->selects && !view_of(under)->height)
        scroll(ui, delta);
    else
        act_move(ui, model, delta);
}

enum ui_action mouse_key(struct ui *ui, const struct model *model, struct key_event event,
                         uint64_t now_ns, uint64_t realtime_ns)
{
    if (event.key == K_CLICK)
        return click(ui, model, event, now_ns, realtime_ns);
    wheel(ui, model, event, event.key == K_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS);
    return UI_NOTHING;
}
