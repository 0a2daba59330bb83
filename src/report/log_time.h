/* Times as logs have them. Pure. */
#ifndef REPORT_LOG_TIME_H
#define REPORT_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Nanoseconds since 1970 UTC of "2024-05-01T12:34:56.7890123Z" (also with a space, an offset, or
 * nothing behind it, which is UTC), or of the local forms of the portal that tell the day from the
 * month, taken as UTC: "5/1/2024, 12:34:56.789 PM", "1.5.2024, 12:34:56,789", "2024/5/1 12:34:56".
 * False for all else, as "1/5/2024, 12:34:56": it does not say which stands first. */
bool log_time_parse(struct span text, uint64_t *realtime_ns);

#endif
