/*
 * The lines as CSV by RFC 4180: a header, then a record for each line that the JSON report has,
 * too, with the same figures: bytes as whole numbers, nothing where something was not counted.
 * Lines end with CR LF, text is UTF-8 and in quotes.
 *
 * A spreadsheet takes text that begins with = + - or @ for a formula, and runs it: such text (a
 * decorator is one) has a ' before it, which spreadsheets take for "this is text".
 */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "base/buf.h"
#include "base/error.h"
#include "model/model.h"

/* Append to `out`; 0, or -1 with `error`. (csv_write is libcsv's, which report/kusto.c uses.) */
int csv_report_write(const struct model *model, struct buf *out, struct error *error);

#endif
