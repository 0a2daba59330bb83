/*
 * The report as one JSON object (the man page documents it): sizes in
 * bytes, times in nanoseconds. Built with jansson. Bytes that are not UTF-8 become U+FFFD.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

/* Append the object and a newline to `out`; 0, or -1 with `error` filled in. */
int json_write(const struct model *model, struct buf *out, struct error *error);

#endif
