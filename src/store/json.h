/* Numbers as JSON: printf would take most of the time of a recording. */
#ifndef STORE_JSON_H
#define STORE_JSON_H

#include <stdint.h>

enum { JSON_NUMBER_BYTES = 22 }; /* with what stands before it, without a NUL */

/* Write `before` and a number at `at`, where there is room for them. Returns where it ends. */
char *json_put(char *at, char before, int64_t number);

#endif
