/*
 * One pass collects what the text holds: up to three numbers with their digits, a month's name, a
 * weekday's, a time; which number is which is decided at the end, by the number of digits (a year
 * has three or more, else the order is the American one).
 */
#include "config.h"
#include "host/date_text.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "base/attributes.h"

enum { NUMBERS_MAX = 3, DIGITS_MAX = 4, ABBREVIATION = 3 };

struct date_text {
    unsigned number[NUMBERS_MAX];
    unsigned digits[NUMBERS_MAX];
    unsigned number_count;
    unsigned month;   /* from its name; 1 to 12, 0: none */
    unsigned weekday; /* from its name; 1 (Sunday) to 7, 0: none */
    bool time;
    bool zone;
};

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};

/* ---- reading: every function returns what follows, or NULL ---- */

static const char *skip_spaces(const char *at)
{
    return at + strspn(at, " \t\n\v\f\r,");
}

static bool is_word(const char *at, size_t len, const char *word)
{
    return len == strlen(word) && strncasecmp(at, word, len) == 0;
}

static size_t word_len(const char *at)
{
    size_t len = 0;
    while (isalpha((unsigned char)at[len]))
        len++;
    return len;
}

/* At most `digits_max` digits, with a value of at most `max`. */
static const char *read_number(const char *at, unsigned digits_max, unsigned max, unsigned *value)
{
    const char *begin = at;
    *value = 0;
    for (; isdigit((unsigned char)*at); at++) {
        if (at - begin >= (ptrdiff_t)digits_max)
            return NULL;
        *value = *value * 10 + (unsigned)(*at - '0');
    }
    return at == begin || *value > max ? NULL : at;
}

/* AM or PM behind an hour; what follows the hour where there is neither. */
static const char *read_half_day(const char *at, unsigned hour)
{
    const char *word = skip_spaces(at);
    size_t len = word_len(word);
    if (is_word(word, len, "AM"))
        return hour <= 12 ? word + len : NULL;
    return is_word(word, len, "PM") ? word + len : at;
}

static const char *read_time(struct date_text *date, const char *at)
{
    unsigned hour, part;
    if (date->time || !(at = read_number(at, 2, 23, &hour)))
        return NULL;
    date->time = true;
    for (int i = 0; i < 2 && *at == ':'; i++)
        if (!(at = read_number(at + 1, 2, 59, &part)))
            return NULL;
    if (*at == '.') {
        size_t digits = strspn(at + 1, "0123456789");
        if (!digits)
            return NULL;
        at += 1 + digits;
    }
    return read_half_day(at, hour);
}

/* Between two parts of a date; a separator must have something to separate. */
static const char *read_separator(const char *at)
{
    if (!*at || !strchr("-/.", *at))
        return at;
    return isalnum((unsigned char)at[1]) ? at + 1 : NULL;
}

static const char *read_digits(struct date_text *date, const char *at)
{
    size_t digits = strspn(at, "0123456789");
    if (at[digits] == ':' || (digits <= 2 && read_half_day(at + digits, 0) != at + digits))
        return read_time(date, at);
    if (date->number_count == NUMBERS_MAX)
        return NULL;
    date->digits[date->number_count] = (unsigned)digits;
    at = read_number(at, DIGITS_MAX, 9999, &date->number[date->number_count++]);
    return at ? read_separator(at) : NULL;
}

/* The place of a word among names or their first three letters, counted from 1; 0: none. */
static unsigned find_name(const char *at, size_t len, const char *const *names, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (is_word(at, len, names[i]) ||
            (len == ABBREVIATION && strncasecmp(at, names[i], ABBREVIATION) == 0))
            return i + 1;
    return 0;
}

static const char *read_word(struct date_text *date, const char *at)
{
    size_t len = word_len(at);
    const char *end = at + len;
    if (is_word(at, len, "T"))
        return date->number_count && isdigit((unsigned char)*end) ? end : NULL;
    if (is_word(at, len, "Z") || is_word(at, len, "GMT")) {
        bool fits = date->time && !date->zone;
        date->zone = true;
        return fits ? end : NULL;
    }
    unsigned *found = &date->month;
    unsigned place = find_name(at, len, months, ARRAY_LEN(months));
    if (!place) {
        found = &date->weekday;
        place = find_name(at, len, weekdays, ARRAY_LEN(weekdays));
    }
    if (!place || *found)
        return NULL;
    *found = place;
    return read_separator(end);
}

static const char *read_offset(struct date_text *date, const char *at)
{
    unsigned part;
    bool fits = date->time && !date->zone;
    date->zone = true;
    size_t digits = strspn(at + 1, "0123456789");
    if (!fits || !(at = read_number(at + 1, 4, digits > 2 ? 1400 : 14, &part)))
        return NULL;
    return *at == ':' ? read_number(at + 1, 2, 59, &part) : at;
}

/* ---- deciding ---- */

static bool is_leap(unsigned year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static bool is_day(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12 || day < 1)
        return false;
    return day <= days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

/* Sakamoto's method; 1 is Sunday. */
static unsigned weekday_of(unsigned year, unsigned month, unsigned day)
{
    static const unsigned char shift[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
    year -= month < 3;
    return (year + year / 4 - year / 100 + year / 400 + shift[month - 1] + day) % 7 + 1;
}

static bool is_full_date(const struct date_text *date, unsigned year, unsigned digits,
                         unsigned month, unsigned day)
{
    if (digits <= 2)
        year += year < 50 ? 2000 : 1900;
    if (year < 1 || !is_day(year, month, day))
        return false;
    return !date->weekday || date->weekday == weekday_of(year, month, day);
}

static bool is_dated_by_name(const struct date_text *date)
{
    const unsigned *number = date->number, *digits = date->digits;
    if (date->number_count == 1)
        return digits[0] > 2 ? number[0] >= 1 : is_day(2000, date->month, number[0]);
    if (date->number_count != 2)
        return false;
    size_t year = digits[0] > 2 ? 0 : 1;
    return is_full_date(date, number[year], digits[year], date->month, number[1 - year]);
}

static bool is_dated_by_numbers(const struct date_text *date)
{
    const unsigned *number = date->number, *digits = date->digits;
    if (date->number_count == 3) {
        if (digits[0] > 2)
            return is_full_date(date, number[0], digits[0], number[1], number[2]);
        return is_full_date(date, number[2], digits[2], number[0], number[1]);
    }
    if (date->number_count != 2)
        return false;
    if (digits[0] > 2)
        return number[0] >= 1 && is_day(2000, number[1], 1);
    return is_day(2000, number[0], digits[1] > 2 ? 1 : number[1]);
}

bool date_text_is_valid(const char *text)
{
    struct date_text date = {0};
    const char *at = skip_spaces(text);
    while (at && *at) {
        if (isdigit((unsigned char)*at))
            at = read_digits(&date, at);
        else if (isalpha((unsigned char)*at))
            at = read_word(&date, at);
        else
            at = *at == '+' || *at == '-' ? read_offset(&date, at) : NULL;
        if (at)
            at = skip_spaces(at);
    }
    if (!at)
        return false;
    if (date.month)
        return is_dated_by_name(&date);
    return date.number_count ? is_dated_by_numbers(&date) : date.time && !date.weekday;
}
