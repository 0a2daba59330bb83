#include "config.h"
#include "store/json.h"

#include <stddef.h>

enum { DIGITS = 20 };

char *json_put(char *at, char before, int64_t number)
{
    uint64_t size = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
    char digits[DIGITS];
    size_t count = 0;
    *at++ = before;
    if (number < 0)
        *at++ = '-';
    do {
        digits[count++] = (char)('0' + size % 10);
        size /= 10;
    } while (size > 0);
    while (count > 0)
        *at++ = digits[--count];
    return at;
}
