#include "config.h"
#include "report/amount.h"

#include <stdio.h>

#include "base/attributes.h"
#include "report/markup.h"

static const char *write_amount(char out[AMOUNT_SIZE], int64_t bytes, const char *sign)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
    char number[MARKUP_NUMBER];
    double value = (double)bytes / 1024, size = value < 0 ? -value : value;
    size_t unit = 0;
    if (size < 1) {
        snprintf(out, AMOUNT_SIZE, "%s%d B", sign, (int)bytes);
        return out;
    }
    /* What would be written as 1024.0 is one of the next unit. */
    for (; size >= 1023.95 && unit + 1 < ARRAY_LEN(units); unit++) {
        value /= 1024;
        size /= 1024;
    }
    snprintf(out, AMOUNT_SIZE, "%s%.20s %s", sign, markup_number(number, value, 1), units[unit]);
    return out;
}

const char *amount_text(char out[AMOUNT_SIZE], int64_t bytes)
{
    return write_amount(out, bytes, "");
}

const char *amount_change(char out[AMOUNT_SIZE], int64_t bytes)
{
    return write_amount(out, bytes, bytes > 0 ? "+" : "");
}
