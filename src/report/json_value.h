/* Values of jansson for who writes JSON. */
#ifndef REPORT_JSON_VALUE_H
#define REPORT_JSON_VALUE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"

/* A string of `len` bytes, what is not UTF-8 replaced; NULL where there is no memory. */
json_t *json_text_value(const char *text, size_t len);
/* JSON integers have a sign; a count or time past 2^63 is none that could be true. */
json_int_t json_count(uint64_t count);
/* Append `value` (taken over) to the array `list` (taken over too where that fails); NULL then. */
json_t *json_list_append(json_t *list, json_t *value);
/* Add the members of `more` (taken over) to `object` (taken over, too, where that fails; NULL
 * then).
 */
json_t *json_with_members(json_t *object, json_t *more);
/* Append `value` (taken over) as text, by jansson's flags, and a newline: 0, or -ENOBUFS. */
int json_write_value(json_t *value, size_t flags, struct buf *out) ATTR_CHECKED;

#endif
