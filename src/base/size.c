/*
 * Sizes are read in whole numbers: strtod would take what the locale takes for a decimal point, and
 * a double is not exact from 2^53 on.
 */
#include "config.h"
#include "base/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <strings.h>

#include "base/attributes.h"

#define KIB 1024LL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define TIB (1024 * GIB)

/* Digits after the point that count: 10^-9 TiB is about a KiB. */
enum { FRACTION_DIGITS = 9 };

static const struct {
    const char *name;
    int64_t bytes;
} units[] = {
    {"", 1},
    {"B", 1},
    {"K", KIB},
    {"KiB", KIB},
    {"KB", 1000},
    {"M", MIB},
    {"MiB", MIB},
    {"G", GIB},
    {"MB", 1000 * 1000},
    {"GiB", GIB},
    {"T", TIB},
    {"TiB", TIB},
    {"GB", 1000LL * 1000 * 1000},
    {"TB", 1000LL * 1000 * 1000 * 1000},
};

static int64_t unit_bytes(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(units); i++)
        if (strcasecmp(name, units[i].name) == 0)
            return units[i].bytes;
    return 0;
}

/* The digits at *text as a number; *text moves behind them. -1 where there is none, or too many. */
static int read_whole(const char **text, int64_t *value)
{
    if (!isdigit((unsigned char)**text))
        return -1;
    for (*value = 0; isdigit((unsigned char)**text); ++*text)
        if (__builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, **text - '0', value))
            return -1;
    return 0;
}

/* The digits at *text as billionths. */
static int64_t read_fraction(const char **text)
{
    int64_t value = 0;
    int digits = 0;
    for (; isdigit((unsigned char)**text); ++*text)
        if (digits < FRACTION_DIGITS) {
            value = value * 10 + (**text - '0');
            digits++;
        }
    for (; digits < FRACTION_DIGITS; digits++)
        value *= 10;
    return value;
}

int size_parse(const char *text, int64_t *bytes)
{
    int64_t whole, billionths = 0, size;
    if (read_whole(&text, &whole))
        return -1;
    if (*text == '.' && isdigit((unsigned char)text[1])) {
        text++;
        billionths = read_fraction(&text);
    }
    if (*text == ' ' && text[1])
        text++;
    int64_t unit = unit_bytes(text);
    if (!unit || __builtin_mul_overflow(whole, unit, &size))
        return -1;
    __extension__ typedef __int128 wide; /* 2^40 times 10^9 has 70 bits */
    int64_t part = (int64_t)((wide)unit * billionths / 1000000000);
    if (__builtin_add_overflow(size, part, &size))
        return -1;
    *bytes = size;
    return 0;
}

const char *size_format(char out[SIZE_TEXT], int64_t bytes)
{
    static const struct {
        const char *name;
        int64_t bytes;
    } shown[] = {{"TiB", TIB}, {"GiB", GIB}, {"MiB", MIB}};
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        int64_t unit = shown[i].bytes, whole = bytes / unit, rest = bytes % unit;
        int64_t tenths = (rest * 10 + unit / 2) / unit;
        bool exact = whole > 0 && tenths * unit / 10 == rest;
        if (!exact && i + 1 < ARRAY_LEN(shown))
            continue;
        whole += tenths / 10;
        if (tenths % 10)
            snprintf(out, SIZE_TEXT, "%" PRId64 ".%d %s", whole, (int)(tenths % 10), shown[i].name);
        else
            snprintf(out, SIZE_TEXT, "%" PRId64 " %s", whole, shown[i].name);
        break;
    }
    return out;
}
