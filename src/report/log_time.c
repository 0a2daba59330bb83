#include "config.h"
#include "report/log_time.h"

#include <time.h>

#include "base/attributes.h"
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

/* "12:34:56.789"; Excel leaves the seconds out. */
static bool take_clock(struct span *text, struct date *date)
{
    if (!take_number(text, 1, 2, &date->hour) || !take(text, ":") ||
        !take_number(text, 2, 2, &date->minute))
        return false;
    if (!take(text, ":"))
        return true;
    if (!take_number(text, 2, 2, &date->second))
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

/* Also those that do not break a line, which browsers put before AM and PM. */
static void skip_spaces(struct span *text)
{
    static const char *const spaces[] = {" ", "\xC2\xA0", "\xE2\x80\xAF"};
    for (size_t i = 0; i < ARRAY_LEN(spaces); i++) {
        size_t len = strlen(spaces[i]);
        if (text->len < len || memcmp(text->at, spaces[i], len) != 0)
            continue;
        *text = span_skip(*text, len);
        i = (size_t)-1;
    }
}

/* "PM", "p.m." or nothing; false where the hour does not go with it. */
static bool take_half(struct span *text, struct date *date, bool *found)
{
    skip_spaces(text);
    *found = text->len > 0;
    if (!*found)
        return true;
    bool afternoon = text->at[0] == 'P' || text->at[0] == 'p';
    if (!take(text, "APap"))
        return false;
    take(text, ".");
    skip_spaces(text);
    if (!take(text, "Mm") || date->hour < 1 || date->hour > 12)
        return false;
    take(text, ".");
    date->hour = date->hour % 12 + (afternoon ? 12 : 0);
    return true;
}

/* Which of the two numbers is the month. */
static void settle_order(struct date *date, unsigned first, unsigned second, bool has_half,
                         struct log_time *time)
{
    bool month_first = time->order == DATE_PLAIN ? has_half : time->order == DATE_MONTH_FIRST;
    time->is_unsure = first <= 12 && second <= 12 && first != second;
    if (first > 12 || second > 12)
        month_first = second > 12;
    time->order = first == second ? DATE_PLAIN : month_first ? DATE_MONTH_FIRST : DATE_DAY_FIRST;
    date->month = month_first ? first : second;
    date->day = month_first ? second : first;
}

/* "5/1/2024, 12:34:56.789 PM", "1/5/2024 12:34:56", "01-05-2024 12:34". time->order is that to take
 * where the numbers do not say it. */
static bool parse_either(struct span text, struct log_time *time)
{
    struct date date = {0};
    unsigned first, second;
    bool has_half;
    if (!take_number(&text, 1, 2, &first) || text.len == 0)
        return false;
    const char mark[] = {text.at[0], '\0'};
    if (!take(&text, "/-") || !take_number(&text, 1, 2, &second) || !take(&text, mark) ||
        !take_number(&text, 4, 4, &date.year))
        return false;
    take(&text, ",");
    if (!take(&text, " ") || !take_clock(&text, &date) || !take_half(&text, &date, &has_half))
        return false;
    settle_order(&date, first, second, has_half, time);
    return text.len == 0 && settle(&date, 0, &time->realtime_ns);
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

bool log_time_parse(struct span text, enum date_order order, struct log_time *time)
{
    text = span_trim_end(text);
    *time = (struct log_time){.order = order};
    if (parse_either(text, time))
        return true;
    *time = (struct log_time){0};
    return parse_iso(text, &time->realtime_ns) || parse_points(text, &time->realtime_ns) ||
           parse_year_first(text, &time->realtime_ns);
}

uint64_t log_time_exchange(uint64_t realtime_ns)
{
    time_t seconds = (time_t)(realtime_ns / NS_PER_SECOND);
    struct tm parts;
    uint64_t exchanged = realtime_ns;
    if (!gmtime_r(&seconds, &parts))
        return realtime_ns;
    const struct date date = {
        .year = (unsigned)parts.tm_year + 1900,
        .month = (unsigned)parts.tm_mday,
        .day = (unsigned)parts.tm_mon + 1,
        .hour = (unsigned)parts.tm_hour,
        .minute = (unsigned)parts.tm_min,
        .second = (unsigned)parts.tm_sec,
        .ns = realtime_ns % NS_PER_SECOND,
    };
    settle(&date, 0, &exchanged);
    return exchanged;
}
