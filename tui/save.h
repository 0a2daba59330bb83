/* What is on the display, as a file of text: `:save-screen FILE`, typed or in a key script. */
#ifndef TUI_SAVE_H
#define TUI_SAVE_H

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"
#include "tui/ui.h"

/* Append the display, a line for each row. */
void save_text(struct ui *ui, const struct model *model, struct buf *out);
/* Write it to a file, which is replaced. 0, or -1 with `error`. */
int save_screen(struct ui *ui, const struct model *model, const char *path,
                struct error *error) ATTR_CHECKED;
/* The FILE of "save-screen FILE"; NULL where `text` is something else. "" where none is given. */
const char *save_command(const char *text);

#endif
