/* Values of jansson for who writes JSON. */
#ifndef REPORT_JSON_VALUE_H
#define REPORT_JSON_VALUE_H

#include <jansson.h>
#include <stddef.h>

/* A string of `len` bytes, what is not UTF-8 replaced; NULL where there is no memory. */
json_t *json_text_value(const char *text, size_t len);

#endif
