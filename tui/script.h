/*
 * Keys from a file instead of a keyboard, for demos and tests: `--script FILE`, and the golden
 * screens. One command a line; empty lines and `#` lines are skipped:
 *
 *   key NAME...           press keys, by the names of keys.h: key j PgDn ^L Space
 *   type TEXT             press a key for each character of TEXT
 *   click ROW COL         the left button, from 0; `wheel-up ROW COL`, `wheel-down ROW COL`
 *   resize COLSxROWS      as if the terminal had that size
 *   clock NS              stop both clocks at NS
 *   wait loaded           until the worker has loaded the app
 *   wait ended N          until N invocations are over
 *   wait idle             until no invocation waits or runs
 *   wait paused           until the program is paused
 *   wait line N           until it is paused before line N
 *   wait leaks N          until N lines leak for certain, or more
 *   wait holders          until what `w` has asked for is answered, well or badly
 *   wait live             until what `:mark-live` or `:diff-live` has asked for is, too
 *   wait text TEXT        until TEXT is on the display
 *   wait ... for SECONDS  any of these, for so long at the most, instead of 30
 *   sleep SECONDS
 *   save-screen FILE      write the display as text; `:save-screen FILE`, as it is typed, too
 *   quit
 */
#ifndef TUI_SCRIPT_H
#define TUI_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "model/model.h"
#include "tui/ui.h"

struct script;

enum script_state {
    SCRIPT_STEPPED, /* did something; *action is to be done before the next step */
    SCRIPT_WAITING, /* a `wait` does not hold yet, or it sleeps; ask again */
    SCRIPT_DONE,    /* no commands are left */
    SCRIPT_FAILED,  /* `error` says why, and in which line: EXIT_STATUS_USAGE, or where a `wait` has
                       taken too long EXIT_STATUS_INVOCATION_FAILED */
};

/* Check `text` (len bytes) as a script; `name` is for messages. NULL with `error` filled in where a
 * line is not a command. */
struct script *script_new(const char *name, const char *text, size_t len, struct error *error);
/* The same for a file. */
struct script *script_open(const char *path, struct error *error);
void script_free(struct script *script);
/* Do one command. */
enum script_state script_step(struct script *script, struct ui *ui, const struct model *model,
                              enum ui_action *action, struct error *error);
/* Say how long the script has been WAITING by now, before the next step: waits come to their end by
 * that, and without it they do not. */
void script_waited(struct script *script, uint64_t waited_ns);
/* The number of the line that is next, for messages. */
size_t script_line(const struct script *script);

#endif
