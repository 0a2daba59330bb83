/* Times as logs have them. Pure. */
#ifndef REPORT_LOG_TIME_H
#define REPORT_LOG_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Nanoseconds since 1970 UTC of "2024-05-01T12:34:56.7890123Z" (also with a space, an offset, or
 * nothing behind it, which is UTC) or of the portal's "5/1/2024, 12:34:56.789 PM". False for all
 * else: other local forms do not say whether the day or the month stands first. */
bool log_time_parse(struct span text, uint64_t *realtime_ns);

#endif
