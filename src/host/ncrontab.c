/*
 * Debian 12 packages no C library that reads cron expressions, let alone NCrontab's, so this is
 * one.
 *
 * A field is a set of bits. The next occurrence is looked for on the wall: a second that fits is
 * found day by day, hour by hour, and only then turned into the instants at which the clock shows
 * it. The C library turns instants into wall time without doubt, but not the other way: mktime does
 * as it likes with a time that the clock leaves out or shows twice. So the way back goes by the
 * offsets a day before and a day after, both of which are tried. That is enough as long as no zone
 * moves its clock twice within two days, or by more than a day; none has.
 *
 * Azure's host looks at the time that it starts from to tell one showing of an hour from the other.
 * Here the occurrences are a fixed set, whatever time one asks from. Apart from a few slips of that
 * host around the hour itself it comes to the same.
 */
#include "config.h"
#include "host/ncrontab.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "host/number.h"
#include "host/time_span.h"

enum {
    MINUTE_S = 60,
    HOUR_S = 60 * MINUTE_S,
    DAY_S = 24 * HOUR_S,
    HORIZON_DAYS = 36525,
    TICK_NS = 100, /* .NET's unit of time */
};

static const struct field_kind {
    const char *name;
    int min, max;
    const char *hint;         /* what to write instead */
    const char *const *names; /* of the values from min on, or NULL */
} kinds[NCRONTAB_FIELDS] = {
    {"second", 0, 59, "0 to 59", NULL},
    {"minute", 0, 59, "0 to 59", NULL},
    {"hour", 0, 23, "0 to 23", NULL},
    {"day", 1, 31, "1 to 31", NULL},
    {"month", 1, 12, "1 to 12, or Jan to Dec",
     (const char *const[]){"January", "February", "March", "April", "May", "June", "July", "August",
                           "September", "October", "November", "December"}},
    {"day of the week", 0, 6, "0 (Sunday) to 6 (Saturday), or Sun to Sat",
     (const char *const[]){"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                           "Saturday"}},
};

/* ---- reading an expression ---- */

/* A piece of the text of the schedule. */
struct piece {
    const char *at;
    size_t len;
};

struct field_parser {
    const struct field_kind *kind;
    const char *text; /* of the whole schedule */
    uint64_t *values;
    struct error *error;
};

/* Where `character` first stands after the piece's first byte, or NULL. */
static const char *find_within(struct piece piece, char character)
{
    return piece.len > 1 ? memchr(piece.at + 1, character, piece.len - 1) : NULL;
}

static struct piece piece_until(struct piece piece, const char *end)
{
    return (struct piece){piece.at, (size_t)(end - piece.at)};
}

/* What follows the byte at `mark`. */
static struct piece piece_after(struct piece piece, const char *mark)
{
    return (struct piece){mark + 1, piece.len - (size_t)(mark + 1 - piece.at)};
}

/* Read digits that fill the piece; -1 where it is something else. */
static int read_number(struct piece piece, unsigned long long max, int *number)
{
    unsigned long long value;
    if (piece.len == 0 || number_read(piece.at, max, &value) != piece.at + piece.len)
        return -1;
    *number = (int)value;
    return 0;
}

static int read_name(const struct field_kind *kind, struct piece piece, int *value)
{
    for (int i = 0; kind->names && piece.len && i <= kind->max - kind->min; i++) {
        if (strncasecmp(kind->names[i], piece.at, piece.len) != 0)
            continue;
        *value = kind->min + i;
        return 0;
    }
    return -1;
}

static int read_value(const struct field_parser *parser, struct piece piece, int *value)
{
    const struct field_kind *kind = parser->kind;
    if (piece.len == 0)
        return error_set(parser->error, EXIT_STATUS_APP,
                         "the schedule '%s' has an empty value in its %s field: write %s",
                         parser->text, kind->name, kind->hint);
    bool known = read_number(piece, INT_MAX, value) == 0 || read_name(kind, piece, value) == 0;
    if (known && *value >= kind->min && *value <= kind->max)
        return 0;
    return error_set(parser->error, EXIT_STATUS_APP,
                     "the schedule '%s' has the %s '%.*s': write %s, or *", parser->text,
                     kind->name, (int)piece.len, piece.at, kind->hint);
}

static int read_step(const struct field_parser *parser, struct piece piece, int *step)
{
    if (read_number(piece, INT_MAX, step))
        return error_set(parser->error, EXIT_STATUS_APP,
                         "the schedule '%s' has the step '%.*s' in its %s field: write a number "
                         "after the slash, as in */5",
                         parser->text, (int)piece.len, piece.at, parser->kind->name);
    if (*step == 0)
        *step = 1;
    return 0;
}

/* One element of a list: `*`, a value or a range, and a step. */
static int parse_element(const struct field_parser *parser, struct piece piece)
{
    int first = parser->kind->min, last = parser->kind->max, step = 1;
    const char *slash = find_within(piece, '/');
    if (slash && read_step(parser, piece_after(piece, slash), &step))
        return -1;
    struct piece range = slash ? piece_until(piece, slash) : piece;
    const char *dash = find_within(range, '-');
    if (range.len != 1 || *range.at != '*') {
        if (read_value(parser, dash ? piece_until(range, dash) : range, &first))
            return -1;
        if (dash && read_value(parser, piece_after(range, dash), &last))
            return -1;
        if (!dash && !slash)
            last = first;
    }
    int low = first < last ? first : last, high = first < last ? last : first;
    for (int value = low; value <= high; value += step) {
        *parser->values |= UINT64_C(1) << value;
        if (step > high)
            break; /* and value + step could pass INT_MAX */
    }
    return 0;
}

static int parse_field(const struct field_parser *parser, struct piece piece)
{
    const char *end = piece.at + piece.len;
    for (;;) {
        const char *comma = memchr(piece.at, ',', (size_t)(end - piece.at));
        piece = piece_until(piece, comma ? comma : end);
        if (parse_element(parser, piece))
            return -1;
        if (!comma)
            return 0;
        piece.at = comma + 1;
    }
}

/* Cut the text at its spaces; returns how many fields there are, of which the first are filled. */
static size_t split(const char *text, struct piece fields[NCRONTAB_FIELDS])
{
    size_t count = 0;
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        size_t len = strcspn(text, " ");
        if (count < NCRONTAB_FIELDS)
            fields[count] = (struct piece){text, len};
        count++;
        text += len;
    }
    return count;
}

static int parse_expression(struct ncrontab *schedule, const char *text,
                            const struct piece fields[NCRONTAB_FIELDS], struct error *error)
{
    int first = schedule->has_seconds ? NCRONTAB_SECOND : NCRONTAB_MINUTE;
    for (int kind = first; kind < NCRONTAB_FIELDS; kind++) {
        const struct field_parser parser = {
            .kind = &kinds[kind], .text = text, .values = &schedule->values[kind], .error = error};
        if (parse_field(&parser, fields[kind - first]))
            return -1;
    }
    if (!schedule->has_seconds)
        schedule->values[NCRONTAB_SECOND] = 1;
    return 0;
}

/* ---- reading ---- */

static int parse_span(struct ncrontab *schedule, const char *text, struct error *error)
{
    struct time_span span;
    if (time_span_parse(text, &span) || span.ns / NS_PER_SECOND > (uint64_t)HORIZON_DAYS * DAY_S)
        return error_set(error, EXIT_STATUS_APP,
                         "the schedule '%s' is no time span: write hh:mm:ss or d.hh:mm:ss, with at "
                         "most %d days, 23 hours, 59 minutes and 59 seconds",
                         text, HORIZON_DAYS);
    if (span.ns == 0 || span.negative)
        return error_set(error, EXIT_STATUS_APP,
                         "the schedule '%s' is a time span of nothing or less, which would fire "
                         "without end: write a longer one, as in 00:05:00",
                         text);
    schedule->interval_ns = span.ns;
    return 0;
}

int ncrontab_parse(struct ncrontab *schedule, const char *text, struct error *error)
{
    struct piece fields[NCRONTAB_FIELDS];
    size_t count = split(text, fields);
    *schedule = (struct ncrontab){.has_seconds = count == NCRONTAB_FIELDS};
    if (count == NCRONTAB_FIELDS || count == NCRONTAB_FIELDS - 1)
        return parse_expression(schedule, text, fields, error);
    size_t digits = count == 1 ? strspn(fields[0].at, "0123456789") : 0;
    if (count == 1 && (digits == fields[0].len || memchr(fields[0].at, ':', fields[0].len)))
        return parse_span(schedule, text, error);
    return error_set(error, EXIT_STATUS_APP,
                     "the schedule '%s' has not six fields but %zu: write 'second minute hour day "
                     "month day-of-week', as in '0 */5 * * * *', or a time span, as in '00:05:00'",
                     text, count);
}

/* ---- the wall ---- */

/* The lowest value at `from` or above, or -1. */
static int next_value(uint64_t values, int from)
{
    values = values >> from << from;
    return values ? __builtin_ctzll(values) : -1;
}

/* The first second of a day, at `from` or later, that fits; -1 where there is none. */
static int next_in_day(const struct ncrontab *schedule, int from)
{
    const uint64_t *values = schedule->values;
    int from_hour = from / HOUR_S, from_minute = from / MINUTE_S % 60, from_second = from % 60;
    for (int hour = next_value(values[NCRONTAB_HOUR], from_hour); hour >= 0;
         hour = next_value(values[NCRONTAB_HOUR], hour + 1)) {
        int lowest = hour > from_hour ? 0 : from_minute;
        for (int minute = next_value(values[NCRONTAB_MINUTE], lowest); minute >= 0;
             minute = next_value(values[NCRONTAB_MINUTE], minute + 1)) {
            bool later = hour > from_hour || minute > from_minute;
            int second = next_value(values[NCRONTAB_SECOND], later ? 0 : from_second);
            if (second >= 0)
                return hour * HOUR_S + minute * MINUTE_S + second;
        }
    }
    return -1;
}

static bool day_fits(const struct ncrontab *schedule, int64_t day)
{
    const uint64_t *values = schedule->values;
    time_t midnight = (time_t)(day * DAY_S);
    struct tm date;
    if (!gmtime_r(&midnight, &date))
        return false;
    return values[NCRONTAB_DAY] >> date.tm_mday & values[NCRONTAB_MONTH] >> (date.tm_mon + 1) &
           values[NCRONTAB_DAY_OF_WEEK] >> date.tm_wday & 1;
}

/* A time of the clock on the wall is the seconds from 1970-01-01 00:00:00 to it, as if no clock had
 * ever been moved. Find the first one at `from` or later that fits. */
static bool next_on_wall(const struct ncrontab *schedule, int64_t from, int64_t *wall)
{
    int64_t day = from / DAY_S - (from % DAY_S < 0); /* rounded down */
    int start = (int)(from - day * DAY_S);
    for (int64_t last = day + HORIZON_DAYS; day <= last; day++, start = 0) {
        int second = day_fits(schedule, day) ? next_in_day(schedule, start) : -1;
        if (second < 0)
            continue;
        *wall = day * DAY_S + second;
        return true;
    }
    return false;
}

/* ---- from the wall to instants ---- */

static int64_t offset_at(int64_t instant)
{
    time_t time = (time_t)instant;
    struct tm local;
    return localtime_r(&time, &local) ? local.tm_gmtoff : 0;
}

/* When the clock shows a time. */
struct showing {
    int64_t first;
    int64_t second;   /* the same as `first` but for times that are shown twice */
    int64_t earliest; /* no later time of the wall is shown before this */
    bool left_out;    /* never shown: `first` is when it would be, had the clock not been moved */
};

static struct showing showing_of(int64_t wall)
{
    int64_t before = offset_at(wall - DAY_S), after = offset_at(wall + DAY_S);
    int64_t by_before = wall - before, by_after = wall - after;
    bool shown_before = by_before + offset_at(by_before) == wall;
    bool shown_after = by_after + offset_at(by_after) == wall;
    return (struct showing){
        .first = shown_before || !shown_after ? by_before : by_after,
        .second = shown_after ? by_after : by_before,
        .earliest = by_before < by_after ? by_before : by_after,
        .left_out = !shown_before && !shown_after,
    };
}

/* Where on the wall to begin: from here on stands everything that is shown after `after`. Near a
 * move of the clock that goes back as far as the clock is moved, twice over for the whole of what
 * is left out. */
static int64_t wall_after(int64_t after)
{
    int64_t offset = offset_at(after), low = offset, high = offset;
    const int64_t others[] = {offset_at(after - DAY_S), offset_at(after + DAY_S)};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        low = others[i] < low ? others[i] : low;
        high = others[i] > high ? others[i] : high;
    }
    return after + 1 + low - (high - low);
}

/* Whether the schedule goes on in hours that are shown twice: Azure's rule, which asks for a `*` or
 * a range in the first three fields of the schedule as it would be written. */
static bool is_continuous(const struct ncrontab *schedule)
{
    for (int kind = NCRONTAB_SECOND; kind <= NCRONTAB_HOUR; kind++)
        if (schedule->values[kind] & schedule->values[kind] >> 1)
            return true;
    return false;
}

static uint64_t next_after(const struct ncrontab *schedule, int64_t after)
{
    int64_t best = INT64_MAX, wall, left_out = INT64_MIN / 2;
    for (int64_t from = wall_after(after); next_on_wall(schedule, from, &wall); from = wall + 1) {
        const struct showing showing = showing_of(wall);
        if (showing.earliest >= best)
            break;
        bool made_up = showing.left_out && wall - left_out < DAY_S; /* by an earlier one */
        if (showing.left_out)
            left_out = wall;
        if (made_up)
            continue;
        int64_t instant = showing.first;
        if (instant <= after && is_continuous(schedule))
            instant = showing.second;
        if (instant > after && instant < best)
            best = instant;
    }
    return (uint64_t)best <= UINT64_MAX / NS_PER_SECOND ? (uint64_t)best * NS_PER_SECOND
                                                        : NCRONTAB_NEVER;
}

uint64_t ncrontab_next(const struct ncrontab *schedule, uint64_t after_ns)
{
    if (schedule->interval_ns) {
        bool is_late = after_ns > UINT64_MAX - schedule->interval_ns;
        return is_late ? NCRONTAB_NEVER : after_ns + schedule->interval_ns;
    }
    tzset(); /* localtime_r need not notice that TZ has changed */
    return next_after(schedule, (int64_t)(after_ns / NS_PER_SECOND));
}

/* ---- what is known of a schedule ---- */

static bool is_full(const struct ncrontab *schedule, int kind)
{
    for (int value = kinds[kind].min; value <= kinds[kind].max; value++)
        if (!(schedule->values[kind] >> value & 1))
            return false;
    return true;
}

bool ncrontab_is_frequent(const struct ncrontab *schedule)
{
    uint64_t seconds = schedule->values[NCRONTAB_SECOND];
    if (schedule->interval_ns)
        return schedule->interval_ns < MINUTE_S * NS_PER_SECOND;
    for (int kind = NCRONTAB_MINUTE; kind < NCRONTAB_FIELDS; kind++)
        if (!is_full(schedule, kind))
            return false;
    return (seconds & (seconds - 1)) != 0;
}

static void format_field(struct buf *text, const struct ncrontab *schedule, int kind)
{
    uint64_t values = schedule->values[kind];
    if (is_full(schedule, kind)) {
        buf_printf(text, "*");
        return;
    }
    const char *comma = "";
    for (int first = next_value(values, 0); first >= 0;) {
        int last = first;
        while (values >> (last + 1) & 1)
            last++;
        buf_printf(text, "%s%d", comma, first);
        if (last > first)
            buf_printf(text, "-%d", last);
        comma = ",";
        first = next_value(values, last + 1);
    }
}

static void format_span(char out[NCRONTAB_TEXT_SIZE], uint64_t interval_ns)
{
    uint64_t seconds = interval_ns / NS_PER_SECOND, ticks = interval_ns % NS_PER_SECOND / TICK_NS;
    uint64_t days = seconds / DAY_S;
    char day_text[24] = "", tick_text[24] = "";
    if (days)
        snprintf(day_text, sizeof day_text, "%" PRIu64 ".", days);
    if (ticks)
        snprintf(tick_text, sizeof tick_text, ".%07" PRIu64, ticks);
    snprintf(out, NCRONTAB_TEXT_SIZE, "Constant: %s%02u:%02u:%02u%s", day_text,
             (unsigned)(seconds % DAY_S / HOUR_S), (unsigned)(seconds % HOUR_S / MINUTE_S),
             (unsigned)(seconds % MINUTE_S), tick_text);
}

void ncrontab_format(const struct ncrontab *schedule, char out[NCRONTAB_TEXT_SIZE])
{
    struct buf text;
    if (schedule->interval_ns) {
        format_span(out, schedule->interval_ns);
        return;
    }
    buf_init(&text, NCRONTAB_TEXT_SIZE);
    for (int kind = schedule->has_seconds ? NCRONTAB_SECOND : NCRONTAB_MINUTE;
         kind < NCRONTAB_FIELDS; kind++) {
        format_field(&text, schedule, kind);
        if (kind < NCRONTAB_FIELDS - 1)
            buf_printf(&text, " ");
    }
    snprintf(out, NCRONTAB_TEXT_SIZE, "Cron: '%s'", buf_text(&text));
    buf_fini(&text);
}
