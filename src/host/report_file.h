/* Where a report goes: standard output, or a file that is replaced as a whole or not at all. */
#ifndef HOST_REPORT_FILE_H
#define HOST_REPORT_FILE_H

#include <stdbool.h>

#include "base/attributes.h"
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
/* Write the bytes to `path`: who reads it sees the old file or the new one. What is no regular file
 * (a terminal, a pipe, /dev/null) is written to as it is. 0 or -errno. */
int report_file_replace(const char *path, const struct buf *bytes) ATTR_CHECKED;
/* With --verify-rss, say on standard error what the worker's check of its own readings has found.
 */
void report_file_say_check(const struct model *model, const struct options *options);

#endif
