/* The formats of a report: their names on the command line, and what names of files say. */
#ifndef HOST_REPORT_FORMAT_H
#define HOST_REPORT_FORMAT_H

#include <stdbool.h>

#include "base/error.h"

enum report_format {
    FORMAT_TEXT,
    FORMAT_CSV,
    FORMAT_FOLDED,
    FORMAT_FOLDED_RETAINED,
    FORMAT_HTML,
    FORMAT_JSON,
    FORMAT_JUNIT,
    FORMAT_KUSTO,
    FORMAT_MARKDOWN,
    FORMAT_SPEEDSCOPE,
};

/* A format by its name: 0, or -1 with `error`. */
int report_format_parse(enum report_format *format, const char *name, struct error *error);
/* The format that a file called `path` is written in where none is named: by its end, .csv, .html,
 * .json, .md or .xml; else, and for NULL, text. */
enum report_format report_format_of_file(const char *path);

#endif
