/*
 * The lines as a file of speedscope (https://www.speedscope.app), its kind "sampled", in bytes: a
 * stack is file, function, line, since callers are not known by line. Its profiles: bytes that
 * lines have allocated; of these those alive at the end; and what the RSS grew by on each line
 * itself, where it grew. Those without an allocation counted are left out.
 */
#ifndef REPORT_SPEEDSCOPE_H
#define REPORT_SPEEDSCOPE_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

/* Append to `out`; 0, or -1 with `error`. */
int speedscope_write(const struct model *model, struct buf *out, struct error *error);

#endif
