/*
 * The table of memory_profiler, for every outermost profiled function that has run or, where a
 * script has decorated functions, for these in the order in which it did so: same columns, widths
 * and precision, so that eyes and scripts that know it can go on. The figures are pymemtop's: Mem
 * usage is the line's maximum, as in memory_profiler's table; Increment is the sum over executions,
 * always against the last value (model/line.h). As there, the first row of a function that a script
 * has decorated begins with the memory at its first call, unless that was one within another such
 * function.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

enum { TABLE_PRECISION_DEFAULT = 1, TABLE_PRECISION_MAX = 12 };

/* Append the tables of all files to `out`: a "Filename:" head, the rows of the function's whole
 * range of lines, and an empty line after each. Source bytes are made harmless, tabs stay. Returns
 * 0, or -1 with `error` filled in where `out` is full. */
int table_write(const struct model *model, int precision, struct buf *out, struct error *error);
/* The same for the code outside of functions, a table for each file in which that has changed the
 * memory: an import has, most often. Its rows are those of the lines in no function. */
int table_write_modules(const struct model *model, int precision, struct buf *out,
                        struct error *error);

#endif
