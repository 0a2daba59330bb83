/*
 * What model/compare.h has found, as text for people and as one JSON object (the man page documents
 * it). Bytes from outside are made harmless.
 */
#ifndef REPORT_COMPARE_REPORT_H
#define REPORT_COMPARE_REPORT_H

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"
#include "model/compare.h"
#include "report/compare_check.h"

struct compare_names {
    const char *before, *after; /* the recordings' paths */
};

/* Append; 0, or -1 with `error` where `out` is full or there is no memory. */
int compare_text_write(const struct compare *compare, struct compare_names names, struct buf *out,
                       struct error *error) ATTR_CHECKED;
int compare_json_write(const struct compare *compare, struct compare_names names,
                       const struct compare_verdict *verdict, struct buf *out,
                       struct error *error) ATTR_CHECKED;

#endif
