/* Which lines and files a report tells of, in every format. */
#ifndef REPORT_TOLD_H
#define REPORT_TOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

/* The line has run, or something was taken or given back on it: a function's head in a module body
 * never counts as run, but what its definition took stands there, and is part of the sums. With
 * decorated functions, it lies in one of them. */
bool told_line(const struct model *model, const struct file *file, uint32_t line);
/* With decorated functions, files without a line of theirs are left out. */
bool told_file(const struct model *model, const struct file *file);
/* The name of the function that holds the line; "<module>" outside of all. Borrowed. */
const char *told_function(const struct file *file, uint32_t line);
/* A report that does not fit into `out`: -1 with `error`. */
int told_refuse(const struct buf *out, struct error *error);

#endif
