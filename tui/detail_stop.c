/*
 * What was typed and what the program says is in these sentences as it is, and cleaned when it is
 * drawn.
 */
#include "config.h"
#include "tui/detail_stop.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tui/detail.h"
#include "tui/format.h"

enum { PART_SIZE = 96 };

/* "paused before line 42"; a condition on what the line did is only known after it. */
static void name_line(const struct stop *stop, const struct breakpoint *breakpoint, struct buf *out)
{
    if (breakpoint && breakpoint->when.increment_above_bytes)
        buf_printf(out, "paused after line %" PRIu32, breakpoint->line);
    else if (stop->line)
        buf_printf(out, "paused before line %" PRIu32, stop->line);
    else
        buf_printf(out, "paused");
}

static void name_reason(const struct stop *stop, const struct breakpoint *breakpoint,
                        struct buf *out)
{
    if (stop->reason == STOP_CALL)
        buf_printf(out, " by breakpoint() in the program");
    if (stop->reason != STOP_BREAKPOINT || !breakpoint)
        return; /* by the key that was pressed */
    buf_printf(out, " by breakpoint");
    if (stop->answer && stop->has_failed && !stop->expression)
        buf_printf(out, " (its condition failed: %s)", stop->answer);
}

void detail_stop_why(const struct model *model, struct buf *out)
{
    const struct stop *stop = &model->stop;
    const struct breakpoint *breakpoint = breakpoints_find(&model->breakpoints, stop->breakpoint);
    if (!stop->is_stopped)
        return;
    name_line(stop, breakpoint, out);
    name_reason(stop, breakpoint, out);
    if (stop->loop_held)
        buf_printf(out, "; the event loop is held: requests wait");
    if (stop->waiting)
        buf_printf(out, "; %" PRIu32 " more to pause after it", stop->waiting);
    if (stop->reason == STOP_BREAKPOINT && breakpoint && breakpoint->condition[0])
        buf_printf(out, "; %s", breakpoint->condition);
}

static const char breaking_words[] =
    " is being broken off; a call that blocks outside of Python goes on until it returns";

/* As much of it as there is room for. */
static void append(struct buf *out, const char *text)
{
    view_append(out, text, strlen(text));
}

void detail_stop_answer(const struct model *model, struct buf *out)
{
    const struct stop *stop = &model->stop;
    if (!stop->is_stopped || !stop->expression)
        return;
    if (!stop->is_evaluating && !stop->answer)
        return;
    append(out, stop->expression);
    append(out, stop->is_evaluating && stop->is_breaking ? breaking_words
                : stop->is_evaluating                    ? " is being evaluated; Esc breaks it off"
                : stop->has_failed                       ? " failed: "
                                                         : " is ");
    if (!stop->is_evaluating)
        append(out, stop->answer);
}

void detail_slow_condition(const struct model *model, struct buf *out)
{
    const struct breakpoint *breakpoint =
        breakpoints_find(&model->breakpoints, model->slow_breakpoint);
    if (breakpoint)
        buf_printf(out, "the condition at line %" PRIu32 "%s", breakpoint->line, breaking_words);
}

bool detail_draw_step(const struct model *model, struct pen *pen)
{
    const struct stop_step *step = &model->stop.step;
    char text[FORMAT_SIZE], words[PART_SIZE];
    if (!model->stop.is_stopped || !step->is_known)
        return false;
    pen_printf(pen, STYLE_STRONG, " line %" PRIu32, step->line);
    if (!step->is_over) {
        detail_draw_part(pen, "  is not over: it called what is paused here", "");
        return true;
    }
    format_delta(text, step->increment_bytes);
    pen_printf(pen, format_heat_style(format_heat(step->increment_bytes)), "  did %s", text);
    if (model->heap.is_on) {
        format_net(text, step->net_python_bytes);
        detail_draw_part(pen, "; Python ", text);
    }
    if (model->heap.is_on && step->has_objects) {
        snprintf(words, sizeof words, ", %+" PRId64 " object%s", step->objects,
                 step->objects == 1 || step->objects == -1 ? "" : "s");
        detail_draw_part(pen, step->objects ? words : ", 0 objects", "");
    }
    if (model->heap.is_on && model->heap.native_is_on) {
        format_net(text, step->net_native_bytes);
        detail_draw_part(pen, ", native ", text);
    }
    if (step->executions > 1) {
        format_count(text, step->executions);
        snprintf(words, sizeof words, " in %s executions", text);
        detail_draw_part(pen, words, "");
    }
    return true;
}
