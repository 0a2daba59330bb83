/*
 * The scrubber of a recording: memory over all of its time in one row or two, with the place where
 * one is, and below it when that was, which event of how many, and the RSS then. A screen of few
 * rows has both in one row.
 */
#ifndef TUI_SCRUBBER_H
#define TUI_SCRUBBER_H

#include "tui/ui.h"
#include "tui/grid.h"

void scrubber_draw(const struct ui *ui, const struct model *model, struct grid *grid);
/* The real time that a place on the screen stands for; false outside the curve. */
bool scrubber_time(const struct ui *ui, int row, int col, uint64_t *time_ns);

#endif
