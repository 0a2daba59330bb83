/*
 * Reads logs from CSV with a header, by libcsv: the portal's exports, with commas, semicolons or
 * tabs. Columns are told apart by their names.
 */
#ifndef REPORT_IMPORT_CSV_H
#define REPORT_IMPORT_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "report/log_record.h"

struct import_csv;

/* The delimiter of a header line that names at least one field of logs; 0 where it names none. */
char import_csv_delimiter(struct span header);
/* `sink` is borrowed until the end. The first line that is fed is number `line` of the log. */
struct import_csv *import_csv_new(const struct log_sink *sink, char delimiter,
                                  uint64_t line) ATTR_ALLOC;
/* Take the next bytes: false after an error, which the sink was told; the rest is not looked at. */
bool import_csv_feed(struct import_csv *csv, const char *bytes, size_t len);
/* There is no more. */
void import_csv_end(struct import_csv *csv);
void import_csv_free(struct import_csv *csv);

#endif
