/*
 * Asking what is alive: `:mark-live`, `:diff-live`, and Esc. The worker answers in its own time,
 * into the model; that it has is said where nothing else shows it.
 */
#include "config.h"
#include "tui/act.h"

#include "tui/live_words.h"
#include "tui/view.h"

enum { SENTENCE_SIZE = 256 };

/* Why nothing can be counted, or NULL. The rest, the host says. */
static const char *hindrance(const struct ui *ui, const struct model *model)
{
    if (ui->replay.is_on && ui->replay.is_live)
        return "this is the recording, which has no memory to look into; Esc: the live app";
    if (ui->replay.is_on)
        return "this is a recording: it has no memory to look into";
    if (model->worker == WORKER_NONE)
        return "these figures are from logs: there is no memory to look into";
    if (model->worker == WORKER_ENDED)
        return "the program is over, and so is its memory";
    if (ui->frozen)
        return "the display is frozen; Space lets it go on";
    return NULL;
}

enum ui_action live_mark(struct ui *ui, const struct model *model)
{
    const char *why = hindrance(ui, model);
    if (why) {
        ui_say(ui, STYLE_WARNING, "%s", why);
        return UI_NOTHING;
    }
    ui_say(ui, STYLE_TEXT, "counting what is alive");
    return UI_MARK_LIVE;
}

enum ui_action live_compare(struct ui *ui, const struct model *model)
{
    const struct live_pair *live = &model->live;
    const char *why = hindrance(ui, model);
    if (!why && live->state == LIVE_ASKED && live->is_mark)
        why = "the mark is being set still; ask again when that is done";
    if (!why && !live->mark.is_taken)
        why = live->is_lost ? "the mark is gone with its worker; :mark-live sets another one"
                            : "there is no mark to compare with; :mark-live sets one";
    if (why) {
        ui_say(ui, STYLE_WARNING, "%s", why);
        return UI_NOTHING;
    }
    list_select(&ui->lists[VIEW_LIVE], 0);
    act_set_view(ui, VIEW_LIVE);
    return UI_DIFF_LIVE;
}

bool live_is_awaited(const struct ui *ui, const struct model *model)
{
    return ui->view == VIEW_LIVE && !ui->frozen && !ui->replay.is_on &&
           model->live.state == LIVE_ASKED;
}

void live_tell(struct ui *ui, const struct model *model)
{
    const struct live_pair *live = &model->live;
    struct buf text;
    if (ui->replay.is_on || live->ended <= ui->live_ended)
        return;
    ui->live_ended = live->ended;
    buf_init(&text, SENTENCE_SIZE);
    if (live->state == LIVE_FAILED && ui->view != VIEW_LIVE) {
        ui_say(ui, STYLE_WARNING, "%s", live->problem);
    } else if (live->state == LIVE_READY && live->is_mark) {
        live_words_mark(&live->mark, &text);
        ui_say(ui, STYLE_GOOD, "%s; :diff-live", buf_text(&text));
    }
    buf_fini(&text);
}
