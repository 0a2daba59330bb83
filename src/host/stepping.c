#include "config.h"
#include "host/stepping.h"

#include <inttypes.h>

#include "base/clock.h"

static int pause_next(struct stepper *stepper, struct ui *ui, struct error *error)
{
    bool await = !ui->paused;
    if (stepper_await(stepper, await, error))
        return -1;
    ui_say(ui, STYLE_TEXT,
           await ? "pausing before the next line that runs; i again: not"
                 : "the next line that runs does not pause");
    return 0;
}

static int set_breakpoint(struct stepper *stepper, struct ui *ui, struct error *error)
{
    int result = ui->break_number
                     ? stepper_set_condition(stepper, ui->break_number, ui->condition, error)
                     : stepper_set(stepper, ui->break_file, ui->break_line, ui->condition, error);
    if (result)
        return -1;
    if (ui->condition[0])
        ui_say(ui, STYLE_TEXT, "breakpoint at line %" PRIu32 ", when %s", ui->break_line,
               ui->condition);
    else
        ui_say(ui, STYLE_TEXT, "breakpoint at line %" PRIu32 "; B gives it a condition",
               ui->break_line);
    return 0;
}

static int remove_breakpoint(struct stepper *stepper, struct ui *ui)
{
    stepper_remove(stepper, ui->break_number);
    ui_say(ui, STYLE_TEXT, "breakpoint removed");
    return 0;
}

/* Negative: it failed, and `error` says why; 1: it is none of these. */
static int act(struct stepper *stepper, struct ui *ui, enum ui_action action, struct error *error)
{
    uint64_t now_ns = clock_monotonic_ns();
    switch (action) {
    case UI_PAUSE: return pause_next(stepper, ui, error);
    case UI_STEP_INTO: return stepper_move(stepper, CONTROL_INTO, now_ns, error);
    case UI_STEP_OVER: return stepper_move(stepper, CONTROL_OVER, now_ns, error);
    case UI_STEP_OUT: return stepper_move(stepper, CONTROL_OUT, now_ns, error);
    case UI_CONTINUE: return stepper_move(stepper, CONTROL_GO, now_ns, error);
    case UI_RUN_TO: return stepper_run_to(stepper, ui->break_file, ui->break_line, now_ns, error);
    case UI_BREAK: return set_breakpoint(stepper, ui, error);
    case UI_UNBREAK: return remove_breakpoint(stepper, ui);
    case UI_EVALUATE: return stepper_evaluate(stepper, ui->expression, error);
    case UI_BREAK_OFF: return stepper_break_off(stepper, error);
    default: return 1;
    }
}

bool stepping_act(struct stepper *stepper, struct ui *ui, enum ui_action action)
{
    struct error error;
    int result = act(stepper, ui, action, &error);
    if (result < 0)
        ui_say(ui, STYLE_WARNING, "%s", error.text);
    return result <= 0;
}
