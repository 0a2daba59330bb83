/*
 * What keys, clicks and typed text do to the state of the display; ui.c keeps the rest. In all of
 * these `model` is the live one, and the lists are in line with it (ui_sync).
 */
#ifndef TUI_ACT_H
#define TUI_ACT_H

#include "base/buf.h"
#include "tui/ui.h"

/* act.c: commands. */

enum ui_action act_on_key(struct ui *ui, const struct model *model, struct key_event event,
                          uint64_t now_ns, uint64_t realtime_ns);
enum ui_action act_on_command(struct ui *ui, const struct model *model, enum ui_command command,
                              uint64_t now_ns, uint64_t realtime_ns);
/* The user moved by hand: the display stays where it is put, and says so. */
void act_stop_following(struct ui *ui);
/* Show a view; Esc and its own key go back from there. */
void act_set_view(struct ui *ui, enum view_id view);
/* Keep the newest invocation, or the tail of the output, in sight where the selection is there. */
void act_update_hold(struct ui *ui);
/* Move the selection of the focused list by `delta` rows. */
void act_move(struct ui *ui, const struct model *model, long delta);
/* Rows of the focused list that are on the screen, at least 1. */
int act_page_rows(const struct ui *ui);

/* target.c: what a command would work on; `shown` is the model as shown. */

/* The selected invocation where their list has the focus, else the opened one, or NULL. */
const struct invocation *target_invocation(const struct ui *ui, const struct model *shown);
/* What D shows less the marked one: that one or, where no other one is open, the newest of the same
 * function; NULL where there is none. */
const struct invocation *target_compared(const struct ui *ui, const struct model *shown);
/* The one that wrote the selected line of the output, or NULL. */
const struct invocation *target_of_output(const struct ui *ui, const struct model *shown);
/* The source line that an editor is to open; false where there is none. */
bool target_line(const struct ui *ui, const struct model *shown, uint32_t *file, uint32_t *line);

/* The function that `r` would run, in the live model: the selected row where their list has the
 * focus, else the model's selected one, or NULL. */
const struct model_function *target_function(const struct ui *ui, const struct model *model);

/* The breakpoint that is selected, or on the selected line, or NULL. */
const struct breakpoint *target_breakpoint(const struct ui *ui, const struct model *shown);

/* mouse.c */

enum ui_action mouse_key(struct ui *ui, const struct model *model, struct key_event event,
                         uint64_t now_ns, uint64_t realtime_ns);

/* run.c */

/* Ask how often ui->run_name is to be run, and how many at a time. */
void run_ask_series(struct ui *ui);
/* Take the answer, as "12" or "12 x 3". */
enum ui_action run_accept_series(struct ui *ui, const struct model *model, const char *text);
/* Run ui->run_name ui->requests times: an action for the caller, or a prompt for what is missing.
 */
enum ui_action run_start(struct ui *ui, const struct model *model);
/* The prompt for it was answered with `text`. */
enum ui_action run_accept(struct ui *ui, const struct model *model, enum prompt prompt,
                          const char *text);

/* step.c */

/* Set a breakpoint on the selected line, or remove the one that is there. */
enum ui_action step_break(struct ui *ui, const struct model *shown);
/* Ask for the condition of the breakpoint on the selected line, which need not be there yet. */
void step_ask_condition(struct ui *ui, const struct model *shown);
/* Go on to the selected line. */
enum ui_action step_run_to(struct ui *ui, const struct model *shown);
/* The prompt was answered with `text`. */
enum ui_action step_accept(struct ui *ui, enum prompt prompt, const char *text);

/* holder_keys.c */

/* `w`: ask who holds what the selected line has alive, and show it; from there, go back. */
enum ui_action holders_key(struct ui *ui, const struct model *model, uint64_t realtime_ns);
/* Is there a line to ask about? `shown` is the model as shown. */
bool holders_can_ask(const struct ui *ui, const struct model *shown);
/* The holders are looked for, and the display is there to show them. */
bool holders_are_awaited(const struct ui *ui, const struct model *model);
/* Say why `w` has nothing to do. */
void holders_say_why_not(struct ui *ui, const struct model *model);
/* There is no answer, and none is looked for. `shown` is the model as shown. */
bool holders_are_unknown(const struct ui *ui, const struct model *shown);
/* Has Enter something to open there? */
bool holders_can_open(const struct ui *ui, const struct model *shown);
/* Enter: show the selected row whole, or as before. The line itself: its id, to be opened; 0 for
 * all others. */
uint64_t holders_open(struct ui *ui, const struct model *shown);

/* command.c */

struct command_text {
    const char *name, *argument, *help;
};
extern const struct command_text command_texts[];
extern const size_t command_text_count;

/* Do what was typed after `:`, where it is not Python. */
enum ui_action command_accept(struct ui *ui, const struct model *model, const char *text);
/* Is it a command, and would it be odd as Python? */
bool command_is(const char *text);
/* The first command that begins with the text, after a whole one the next; NULL: there is none. */
const char *command_complete(const char *text);

/* live_commands.c */

/* `:mark-live` and `:diff-live`. */
enum ui_action live_mark(struct ui *ui, const struct model *model);
enum ui_action live_compare(struct ui *ui, const struct model *model);
/* What is alive is counted, and the display is there to show it. */
bool live_is_awaited(const struct ui *ui, const struct model *model);
/* Say that it was counted, once, where the view does not show it. */
void live_tell(struct ui *ui, const struct model *model);

/* prompt.c */

void prompt_open(struct ui *ui, enum prompt prompt);
/* The same with a text to begin with (NULL for none), as one line and cut to the prompt's size.
 * Where it is accepted as it is, all of it counts. */
void prompt_open_with(struct ui *ui, enum prompt prompt, const char *text);
enum ui_action prompt_key(struct ui *ui, const struct model *model, struct key_event event);
/* Append the words before what is typed. */
void prompt_label(const struct ui *ui, struct buf *out);
/* What `cols` (>= 6) columns show of what is typed, so that the cursor is in it: *from is the first
 * byte, *cursor the cursor's column. */
void prompt_window(const struct ui *ui, int cols, size_t *from, int *cursor);
/* Go to the next row (direction 1) or the one before (-1) that holds ui->pattern; with `stay` the
 * selected row may be it. Says so where there is none. */
void prompt_search(struct ui *ui, const struct model *model, int direction, bool stay);

/* difference.c: in a difference the line that has changed the most, */
bool difference_find_most(const struct ui *ui, const struct model *model, uint32_t *file,
                          uint32_t *line);
/* and the next changed one after the selected line, or before it; false where there is none. */
bool difference_find_next(const struct ui *ui, const struct model *model, int direction,
                          uint32_t *file, uint32_t *line);

#endif
