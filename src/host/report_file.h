/* Where a report goes: standard output, or a file that is replaced as a whole or not at all. */
#ifndef HOST_REPORT_FILE_H
#define HOST_REPORT_FILE_H

#include "base/error.h"
#include "host/options.h"
#include "model/model.h"

/* Write the report in the format and to the place that the options name. 0, or -1 with `error`. */
int report_file_write(const struct model *model, const struct options *options,
                      struct error *error);
/* With --verify-rss, say on standard error what the worker's check of its own readings has found.
 */
void report_file_say_check(const struct model *model, const struct options *options);

#endif
