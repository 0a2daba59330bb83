/*
 * A row of memory_profiler's report, as it stands in a log: by itself, behind the name of its
 * logger, or in the five columns into which the query of Microsoft's page cuts it.
 *
 * The pattern is the report's template with any white space between its parts, so that a row is
 * known with every precision, and where a log has trimmed it or squeezed its spaces. What follows
 * the occurrences is the source line, whatever is in it. Reports from before 0.56 have no
 * occurrences; they count as one.
 *
 * Pure; any thread. What is returned is borrowed from what was given.
 */
#ifndef REPORT_LOG_ROW_H
#define REPORT_LOG_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum log_row_kind {
    LOG_ROW_NONE,       /* no part of a report */
    LOG_ROW_FILE,       /* "Filename: X": text is X */
    LOG_ROW_HEAD,       /* the columns' names, the rule below them, an empty line */
    LOG_ROW_MEASURED,   /* a line with its numbers */
    LOG_ROW_UNMEASURED, /* a line without */
};

struct log_row {
    enum log_row_kind kind;
    bool tagged;   /* the text begins with the name of a logger of memory_profiler's */
    uint32_t line; /* 1 to FILE_LINES_MAX */
    int64_t mem_bytes;
    int64_t increment_bytes;
    uint64_t occurrences;
    struct span text; /* the source line with its indentation, without white space at its end */
};

/* Columns of the page's query, in the order of its template. */
enum log_row_column {
    LOG_COLUMN_LINE,
    LOG_COLUMN_MEM,
    LOG_COLUMN_INCREMENT,
    LOG_COLUMN_OCCURRENCES,
    LOG_COLUMN_CONTENTS,
    LOG_COLUMNS,
};

/* Read one line of a log's text. */
void log_row_parse(struct log_row *row, struct span text);
/* Read the columns: where each holds what its name says, as they are; else as the page's query
 * leaves them, which is the row's text cut at some of its pairs of spaces. `joined` (the caller's)
 * is overwritten, and row->text may lie in it. */
void log_row_parse_columns(struct log_row *row, const struct span columns[LOG_COLUMNS],
                           struct buf *joined);

#endif
