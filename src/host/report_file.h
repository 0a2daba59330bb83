/* Where a report goes: standard output, or a file that is replaced as a whole or not at all. */
#ifndef HOST_REPORT_FILE_H
#define HOST_REPORT_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "host/options.h"
#include "model/model.h"

enum { REPORT_MAX_BYTES = 1 << 30 };

/* Write the report in the format and to the place that the options name. 0, or -1 with `error`. */
int report_file_write(const struct model *model, const struct options *options,
                      struct error *error);
/* Is that the name of a JSON file? With --format kusto it decides the form. */
bool report_file_is_json(const char *path);
/* Write what was made to the place that the options name. 0, or -1 with `error`. */
int report_file_write_bytes(const struct buf *bytes, const struct options *options,
                            struct error *error);
/* With --verify-rss, say on standard error what the worker's check of its own readings has found.
 */
void report_file_say_check(const struct model *model, const struct options *options);

#endif
