#include "config.h"
#include "host/number.h"

#include <ctype.h>
#include <stddef.h>

const char *number_read(const char *text, unsigned long long max, unsigned long long *value)
{
    unsigned long long number = 0;
    if (!isdigit((unsigned char)*text))
        return NULL;
    for (; isdigit((unsigned char)*text); text++) {
        unsigned digit = (unsigned)(*text - '0');
        if (digit > max || number > (max - digit) / 10)
            return NULL;
        number = number * 10 + digit;
    }
    *value = number;
    return text;
}

int number_parse(const char *text, unsigned long long max, unsigned long long *value)
{
    const char *end = number_read(text, max, value);
    return end && !*end ? 0 : -1;
}
