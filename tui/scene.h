/* The whole screen, from the state of the display and the model, into cells. Both are only read. */
#ifndef TUI_SCENE_H
#define TUI_SCENE_H

#include <stdint.h>

#include "model/model.h"
#include "tui/grid.h"
#include "tui/ui.h"

/* Draw. The grid gets the size of the display (ui->cols, ui->rows). `model` is the live one, and
 * ui_sync(ui, model) was called for it. `now_ns` is of the monotonic clock. */
void scene_draw(const struct ui *ui, const struct model *model, uint64_t now_ns, struct grid *grid);

#endif
