#include "config.h"
#include "report/log_time.h"

#include "base/clock.h"

struct date {
    unsigned year, month, day, hour, minute, second;
    uint64_t ns;
};

static bool take_number(struct span *text, size_t least, size_t most, unsigned *value)
{
    size_t at = 0;
    *value = 0;
    for (; at < text->len && at < most && text->at[at] >= '0' && text->at[at] <= '9'; at++)
        *value = *value * 10 + (unsigned)(text->at[at] - '0');
    *text = span_skip(*text, at);
    return at >= least;
}

static bool take(struct span *text, const char *any)
{
    if (text->len == 0 || text->at[0] == '\0' || !strchr(any, text->at[0]))
        return false;
    *text = span_skip(*text, 1);
    return true;
}

static void take_fraction(struct span *text, uint64_t *ns)
{
    uint64_t unit = NS_PER_SECOND;
    if (!take(text, ".,"))
        return;
    for (unsigned digit; take_number(text, 1, 1, &digit);) {
        unit /= 10;
        *ns += digit * unit;
    }
}

/* "12:34:56.789" */
static bool take_clock(struct span *text, struct date *date)
{
    if (!take_number(text, 1, 2, &date->hour) || !take(text, ":") ||
        !take_number(text, 2, 2, &date->minute) || !take(text, ":") ||
        !take_number(text, 2, 2, &date->second))
        return false;
    take_fraction(text, &date->ns);
    return true;
}

/* Days from 1970-01-01, by the civil calendar: months are counted from March, so that the day that
 * a leap year has more is the last one. */
static uint64_t days_of(const struct date *date)
{
    unsigned year = date->month <= 2 ? date->year - 1 : date->year;
    unsigned month = date->month <= 2 ? date->month + 9 : date->month - 3;
    unsigned days = year * 365 + year / 4 - year / 100 + year / 400;
    return days + (month * 153 + 2) / 5 + date->day - 1 - 719468;
}

static bool settle(const struct date *date, int64_t offset_s, uint64_t *realtime_ns)
{
    if (date->year < 1971 || date->year > 2500 || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > 31 || date->hour > 23 || date->minute > 59 ||
        date->second > 60)
        return false;
    uint64_t seconds = days_of(date) * 86400 + date->hour * 3600 + date->minute * 60 + date->second;
    *realtime_ns = (uint64_t)((int64_t)seconds - offset_s) * NS_PER_SECOND + date->ns;
    return true;
}

/* "Z", "+01:00", "+0100", or nothing. */
static bool take_offset(struct span *text, int64_t *offset_s)
{
    unsigned hours, minutes;
    *offset_s = 0;
    if (text->len == 0 || take(text, "Zz"))
        return true;
    bool west = text->at[0] == '-';
    if (!take(text, "+-") || !take_number(text, 2, 2, &hours))
        return false;
    take(text, ":");
    if (!take_number(text, 2, 2, &minutes) || hours > 14 || minutes > 59)
        return false;
    *offset_s = (int64_t)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
    return true;
}

static bool parse_iso(struct span text, uint64_t *realtime_ns)
{
    struct date date = {0};
    int64_t offset_s;
    return take_number(&text, 4, 4, &date.year) && take(&text, "-") &&
           take_number(&text, 2, 2, &date.month) && take(&text, "-") &&
           take_number(&text, 2, 2, &date.day) && take(&text, "Tt ") && take_clock(&text, &date) &&
           take_offset(&text, &offset_s) && text.len == 0 && settle(&date, offset_s, realtime_ns);
}

static bool parse_portal(struct span text, uint64_t *realtime_ns)
{
    struct date date = {0};
    if (!take_number(&text, 1, 2, &date.month) || !take(&text, "/") ||
        !take_number(&text, 1, 2, &date.day) || !take(&text, "/") ||
        !take_number(&text, 4, 4, &date.year))
        return false;
    take(&text, ",");
    if (!take(&text, " ") || !take_clock(&text, &date) || !take(&text, " ") || text.len != 2 ||
        (text.at[1] != 'M' && text.at[1] != 'm') || date.hour < 1 || date.hour > 12)
        return false;
    date.hour %= 12;
    if (text.at[0] == 'P' || text.at[0] == 'p')
        date.hour += 12;
    else if (text.at[0] != 'A' && text.at[0] != 'a')
        return false;
    return settle(&date, 0, realtime_ns);
}

/* "31.12.2024, 13:04:05,678": points stand between day and month everywhere. */
static bool parse_points(struct span text, uint64_t *realtime_ns)
{
    struct date date = {0};
    if (!take_number(&text, 1, 2, &date.day) || !take(&text, ".") ||
        !take_number(&text, 1, 2, &date.month) || !take(&text, ".") ||
        !take_number(&text, 4, 4, &date.year))
        return false;
    take(&text, ",");
    return take(&text, " ") && take_clock(&text, &date) && text.len == 0 &&
           settle(&date, 0, realtime_ns);
}

/* "2024/12/31 13:04:05.678": a year in front says the order, too. */
static bool parse_year_first(struct span text, uint64_t *realtime_ns)
{
    struct date date = {0};
    if (!take_number(&text, 4, 4, &date.year) || !take(&text, "/") ||
        !take_number(&text, 1, 2, &date.month) || !take(&text, "/") ||
        !take_number(&text, 1, 2, &date.day))
        return false;
    take(&text, ",");
    return take(&text, " ") && take_clock(&text, &date) && text.len == 0 &&
           settle(&date, 0, realtime_ns);
}

bool log_time_parse(struct span text, uint64_t *realtime_ns)
{
    text = span_trim_end(text);
    return parse_iso(text, realtime_ns) || parse_portal(text, realtime_ns) ||
           parse_points(text, realtime_ns) || parse_year_first(text, realtime_ns);
}
