#include "config.h"
#include "host/time_span.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#include "base/clock.h"
#include "host/number.h"

enum { DAYS_MAX = 10675199, FRACTION_DIGITS = 7, FRACTION_UNIT_NS = 100 };

/* The numbers as written, before it is known what each of them counts. */
struct parts {
    unsigned long long numbers[4];
    size_t count;
    bool dotted; /* a point stood after the first: days */
    uint64_t fraction_ns;
};

/* The digits after the point of the seconds; NULL where there are none or too many. */
static const char *read_fraction(const char *at, uint64_t *fraction_ns)
{
    uint64_t units = 0;
    int digits = 0;
    for (; isdigit((unsigned char)*at); at++, digits++)
        units = units * 10 + (uint64_t)(*at - '0');
    if (digits == 0 || digits > FRACTION_DIGITS)
        return NULL;
    for (; digits < FRACTION_DIGITS; digits++)
        units *= 10;
    *fraction_ns = units * FRACTION_UNIT_NS;
    return at;
}

/* What follows the last number, or NULL. */
static const char *read_parts(const char *at, struct parts *parts)
{
    while (parts->count < 4) {
        at = number_read(at, DAYS_MAX, &parts->numbers[parts->count]);
        if (!at)
            return NULL;
        parts->count++;
        bool point = *at == '.' && parts->count == 1 && !parts->dotted;
        if (point)
            parts->dotted = true;
        else if (*at != ':' || parts->count == 4)
            break;
        at++;
    }
    size_t before_seconds = parts->dotted ? 3 : 2;
    if (*at == '.' && parts->count > before_seconds)
        at = read_fraction(at + 1, &parts->fraction_ns);
    return at;
}

/* Sort the numbers into days, hours, minutes and seconds; false where there are too few. */
static bool sort(const struct parts *parts, unsigned long long sorted[4])
{
    bool days = parts->dotted || parts->count == 1 || parts->count == 4 ||
                (parts->count == 3 && parts->numbers[0] >= 24);
    size_t first = days ? 0 : 1;
    if (parts->dotted && parts->count < 3)
        return false;
    memset(sorted, 0, 4 * sizeof *sorted);
    for (size_t i = 0; i < parts->count; i++)
        sorted[first + i] = parts->numbers[i];
    return sorted[1] < 24 && sorted[2] < 60 && sorted[3] < 60;
}

int time_span_parse(const char *text, struct time_span *span)
{
    struct parts parts = {.count = 0};
    unsigned long long sorted[4];
    static const char spaces[] = " \t\r\n";
    text += strspn(text, spaces);
    span->negative = *text == '-';
    const char *end = read_parts(text + span->negative, &parts);
    if (!end || end[strspn(end, spaces)] || !sort(&parts, sorted))
        return -1;
    uint64_t seconds = ((sorted[0] * 24 + sorted[1]) * 60 + sorted[2]) * 60 + sorted[3];
    if (seconds >= UINT64_MAX / NS_PER_SECOND)
        span->ns = UINT64_MAX;
    else
        span->ns = seconds * NS_PER_SECOND + parts.fraction_ns;
    return 0;
}
