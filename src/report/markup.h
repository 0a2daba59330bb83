/*
 * Writing XML, HTML and other text to a buf. The first piece that does not fit makes the markup
 * full, and what comes after it is dropped, so that one look at the end is enough.
 */
#ifndef REPORT_MARKUP_H
#define REPORT_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

struct markup {
    struct buf *out; /* borrowed */
    bool full;
};

/* Room for a number as markup_number() writes one. */
#define MARKUP_NUMBER 48

/* Markup as it is. */
void markup_put(struct markup *markup, const char *text);
/* Markup with short values in it that need no escape: what is made of it has less than 512 bytes.
 */
void markup_printf(struct markup *markup, const char *format, ...) ATTR_PRINTF(2, 3);
/* Text from outside, cleaned and escaped: harmless in an element and in a quoted attribute. What
 * takes more than `columns` columns is cut, with an ellipsis; 0 for no limit. */
void markup_text(struct markup *markup, const char *text, size_t columns);
/* The same of bytes that have no NUL behind them, or one among them. */
void markup_span(struct markup *markup, struct span span, size_t columns);
/* How many bytes of the text that writes: all, or those before the ellipsis. */
size_t markup_fitting(struct span span, size_t columns);
/* `value` with that many digits after a point (at most 6), whatever the locale; no "-0". Values
 * past 10^12 are cut to it. Returns `out`. */
const char *markup_number(char out[MARKUP_NUMBER], double value, int digits);

#endif
