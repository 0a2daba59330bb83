/*
 * Whether text is a date and time, for the route constraint `datetime`: the forms of .NET's
 * DateTime.TryParse (invariant culture) that people write. No state; any thread.
 */
#ifndef HOST_DATE_TEXT_H
#define HOST_DATE_TEXT_H

#include <stdbool.h>

/* True for a date (2016-12-31, 12-31-2016, 2016-12, 12-31, 31 Dec 2016, Dec 2016), a time (7:32,
 * 7:32:05.25 PM, 7pm) or both in either order, with a space or T between; behind a time there may
 * be Z, GMT or an offset. English names of months and, where they are right, of weekdays. */
bool date_text_is_valid(const char *text);

#endif
