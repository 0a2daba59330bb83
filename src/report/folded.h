/*
 * The lines as collapsed stacks, which flamegraph.pl, inferno and speedscope read: one record a
 * line, the frames outermost first and separated by semicolons, then a space and the weight.
 *
 *   HttpTrigger/__init__.py;main;21: PAGES.append(text) 1048576
 *
 * Callers are not known by line, so that a stack is file, function, line. The weight is bytes: all
 * that the line has allocated, or what of that is alive at the end.
 */
#ifndef REPORT_FOLDED_H
#define REPORT_FOLDED_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

enum folded_weight { FOLDED_ALLOCATED, FOLDED_RETAINED };

/* Append to `out`; 0, or -1 with `error`, where nothing was counted, too. */
int folded_write(const struct model *model, enum folded_weight weight, struct buf *out,
                 struct error *error);

#endif
