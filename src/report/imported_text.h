/* How an import went, in words: for the end of the text report, and for the output view. */
#ifndef REPORT_IMPORTED_TEXT_H
#define REPORT_IMPORTED_TEXT_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

/* Append what was read, what could not be, with examples, and a table of the app's instances, each
 * line with a newline. `model` has an import. 0, or -1 with `error` where `out` is full. */
int imported_text_write(const struct model *model, struct buf *out, struct error *error);

#endif
