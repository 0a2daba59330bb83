/*
 * Breakpoints and expressions: what the user means by a key is put into the state for the caller,
 * who hands it to the worker and says what came of it.
 */
#include "config.h"
#include "tui/act.h"

#include <stdlib.h>

#include "tui/view.h"

/* The selected line, and the breakpoint that is on it; false where there is neither. */
static bool aim(struct ui *ui, const struct model *shown)
{
    const struct breakpoint *breakpoint = target_breakpoint(ui, shown);
    bool has_line = target_line(ui, shown, &ui->break_file, &ui->break_line);
    ui->break_number = breakpoint ? breakpoint->number : 0;
    return has_line || breakpoint;
}

enum ui_action step_break(struct ui *ui, const struct model *shown)
{
    if (!aim(ui, shown))
        return UI_NOTHING;
    model_set_text(&ui->condition, "");
    return ui->break_number ? UI_UNBREAK : UI_BREAK;
}

void step_ask_condition(struct ui *ui, const struct model *shown)
{
    if (!aim(ui, shown))
        return;
    const struct breakpoint *breakpoint = target_breakpoint(ui, shown);
    const char *condition = breakpoint ? breakpoint->condition : NULL;
    bool refused = ui->refused && ui->refused_at == ui_line_id(ui->break_file, ui->break_line);
    prompt_open_with(ui, PROMPT_CONDITION, refused ? ui->refused : condition);
}

enum ui_action step_run_to(struct ui *ui, const struct model *shown)
{
    return aim(ui, shown) ? UI_RUN_TO : UI_NOTHING;
}

/* What is no condition can be mended: it is there again when one is asked for. */
static enum ui_action accept_condition(struct ui *ui, const char *text)
{
    struct breakpoint_condition when;
    struct error error;
    model_set_text(&ui->condition, text);
    model_set_text(&ui->refused, NULL);
    if (breakpoint_parse(&when, text, &error) == 0) {
        breakpoint_condition_fini(&when);
        return UI_BREAK;
    }
    model_set_text(&ui->refused, text);
    ui->refused_at = ui_line_id(ui->break_file, ui->break_line);
    ui_say(ui, STYLE_WARNING, "%s", error.text);
    return UI_NOTHING;
}

enum ui_action step_accept(struct ui *ui, enum prompt prompt, const char *text)
{
    if (prompt == PROMPT_CONDITION)
        return accept_condition(ui, text);
    model_set_text(&ui->expression, text);
    return text[0] ? UI_EVALUATE : UI_NOTHING;
}
