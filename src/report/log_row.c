/*
 * A row is read from its front, part by part; each reader takes its part off the span and says
 * whether it was there. No regular expression: a million rows go through here, and the parts are
 * five.
 *
 * A line number that is followed by many spaces belongs to an unmeasured row, even where the source
 * line looks like numbers: between the line number and the number of a measured row there are five
 * spaces at the most.
 */
#include "config.h"
#include "report/log_row.h"

#include <stdint.h>
#include <string.h>

#include "base/size.h"
#include "model/file.h"

enum {
    BLANKS_OF_UNMEASURED = 12, /* half of what the template puts there */
    CONTENTS_GAP = 3,          /* between the occurrences and the source line */
    UNMEASURED_GAP = 41,       /* between the line number and the source line */
    PREFIX_MAX = 200,          /* of a log line, in which the row's beginning is looked for */
    FRACTION_DIGITS_MAX = 12,
};

#define LOGGER "memory_profiler"

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t count_blanks(struct span span)
{
    size_t count = 0;
    while (count < span.len && (span.at[count] == ' ' || span.at[count] == '\t'))
        count++;
    return count;
}

static struct span skip_blanks(struct span span)
{
    return span_skip(span, count_blanks(span));
}

static bool begins(struct span span, const char *text)
{
    size_t len = strlen(text);
    return span.len >= len && memcmp(span.at, text, len) == 0;
}

/* ---- the parts of a row ---- */

static bool take_count(struct span *span, uint64_t max, uint64_t *value)
{
    size_t at = 0;
    *value = 0;
    for (; at < span->len && is_digit(span->at[at]); at++) {
        unsigned digit = (unsigned)(span->at[at] - '0');
        if (*value > (max - digit) / 10)
            return false;
        *value = *value * 10 + digit;
    }
    *span = span_skip(*span, at);
    return at > 0;
}

static bool take_line(struct span *span, uint32_t *line)
{
    uint64_t number;
    if (!take_count(span, FILE_LINES_MAX, &number) || number == 0)
        return false;
    *line = (uint32_t)number;
    return true;
}

/* Digits after the point, as a fraction. strtod would go by the locale. */
static double take_fraction(struct span *span)
{
    double value = 0, scale = 1;
    size_t at = 1;
    for (; at < span->len && is_digit(span->at[at]); at++) {
        if (at > FRACTION_DIGITS_MAX)
            continue;
        scale *= 10;
        value = value * 10 + (span->at[at] - '0');
    }
    *span = span_skip(*span, at);
    return value / scale;
}

/* "-46.6", in MiB; "46,6" where Excel has saved it. */
static bool take_mib(struct span *span, int64_t *bytes)
{
    const uint64_t max = (uint64_t)(INT64_MAX / (int64_t)MIB_BYTES) - 1;
    struct span rest = *span;
    bool negative = begins(rest, "-");
    uint64_t whole;
    if (negative || begins(rest, "+"))
        rest = span_skip(rest, 1);
    if (!take_count(&rest, max, &whole))
        return false;
    double mib = (double)whole;
    if (rest.len > 1 && (rest.at[0] == '.' || rest.at[0] == ',') && is_digit(rest.at[1]))
        mib += take_fraction(&rest);
    *bytes = (int64_t)(mib * MIB_BYTES + 0.5);
    if (negative)
        *bytes = -*bytes;
    *span = rest;
    return true;
}

/* "   46.6 MiB" */
static bool take_memory(struct span *span, int64_t *bytes)
{
    struct span rest = skip_blanks(*span);
    if (rest.at == span->at || !take_mib(&rest, bytes))
        return false;
    rest = skip_blanks(rest);
    if (!begins(rest, "MiB"))
        return false;
    *span = span_skip(rest, strlen("MiB"));
    return true;
}

/* Digits that stand alone. Without them, a report of before 0.56. */
static uint64_t take_occurrences(struct span *span)
{
    struct span rest = skip_blanks(*span);
    uint64_t occurrences;
    bool found = rest.at != span->at && take_count(&rest, UINT64_MAX, &occurrences);
    if (!found || (rest.len > 0 && count_blanks(rest) == 0))
        return 1;
    *span = rest;
    return occurrences;
}

/* The source line: `gap` spaces stand before it, where none was squeezed out. */
static struct span take_contents(struct span span, size_t gap)
{
    size_t blanks = count_blanks(span);
    return span_skip(span, blanks < gap ? blanks : gap);
}

/* ---- rows ---- */

static bool take_measured(struct log_row *row, struct span text)
{
    struct span rest = skip_blanks(text);
    struct log_row found = {.kind = LOG_ROW_MEASURED};
    if (!take_line(&rest, &found.line) || count_blanks(rest) >= BLANKS_OF_UNMEASURED ||
        !take_memory(&rest, &found.mem_bytes) || !take_memory(&rest, &found.increment_bytes))
        return false;
    found.occurrences = take_occurrences(&rest);
    found.text = take_contents(rest, CONTENTS_GAP);
    *row = found;
    return true;
}

static bool take_unmeasured(struct log_row *row, struct span text)
{
    struct span rest = skip_blanks(text);
    struct log_row found = {.kind = LOG_ROW_UNMEASURED};
    if (!take_line(&rest, &found.line) ||
        (rest.len > 0 && count_blanks(rest) < BLANKS_OF_UNMEASURED))
        return false;
    found.text = take_contents(rest, UNMEASURED_GAP);
    *row = found;
    return true;
}

/* "Line #    Mem usage    Increment  Occurrences   Line Contents", the rule, nothing. */
static bool is_head(struct span text)
{
    text = skip_blanks(text);
    if (begins(text, "Line #"))
        return true;
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] != '=')
            return false;
    return true;
}

static bool take_file(struct log_row *row, struct span text)
{
    text = skip_blanks(text);
    if (!begins(text, "Filename:"))
        return false;
    *row = (struct log_row){.kind = LOG_ROW_FILE,
                            .text = skip_blanks(span_skip(text, strlen("Filename:")))};
    return true;
}

/* A row where the report's own text begins at `text`. A bare number is none in a log. */
static bool take_row(struct log_row *row, struct span text, bool is_report)
{
    if (take_measured(row, text) || take_file(row, text))
        return true;
    if (!is_report && skip_blanks(text).len < BLANKS_OF_UNMEASURED)
        return false;
    if (take_unmeasured(row, text))
        return true;
    *row = (struct log_row){.kind = is_head(text) ? LOG_ROW_HEAD : LOG_ROW_NONE};
    return row->kind == LOG_ROW_HEAD;
}

/* A word of a logger's name or level, as in "INFO:memory_profiler_logs". */
static size_t count_word(struct span span)
{
    size_t count = 0;
    while (count < span.len && count < PREFIX_MAX && span.at[count] != ':' && span.at[count] > ' ')
        count++;
    return count;
}

/* The loggers' names before it, if any, each with its colon. */
static bool take_behind_names(struct log_row *row, struct span text, bool *tagged)
{
    struct span rest = text;
    while (text.len - rest.len < PREFIX_MAX) {
        struct span word = skip_blanks(rest);
        size_t len = count_word(word);
        if (len == 0 || len == word.len || word.at[len] != ':')
            break;
        *tagged |= begins(word, LOGGER);
        rest = span_skip(word, len + 1);
        if (take_row(row, rest, *tagged))
            return true;
    }
    return false;
}

/* What stands from the logger's name on, whatever is before it: a log stream has the time and the
 * level there. */
static struct span find_logger(struct span text)
{
    size_t len = text.len < PREFIX_MAX ? text.len : PREFIX_MAX;
    const char *found = len ? memmem(text.at, len, LOGGER, strlen(LOGGER)) : NULL;
    bool is_word = found && (found == text.at || strchr(" \t])", found[-1]));
    return is_word ? span_skip(text, (size_t)(found - text.at)) : (struct span){"", 0};
}

void log_row_parse(struct log_row *row, struct span text)
{
    bool tagged = false;
    text = span_trim_end(text);
    if (take_row(row, text, false))
        return;
    if (take_behind_names(row, text, &tagged) ||
        (!tagged && take_behind_names(row, find_logger(text), &tagged))) {
        row->tagged = tagged;
        return;
    }
    *row = (struct log_row){.kind = LOG_ROW_NONE, .tagged = tagged};
}

/* ---- columns ---- */

/* "46.6" or "46.6 MiB", and nothing else. */
static bool is_memory(struct span span, int64_t *bytes)
{
    if (!take_mib(&span, bytes))
        return false;
    span = skip_blanks(span);
    return span.len == 0 || span_equal(span, span_of("MiB"));
}

static bool take_as_named(struct log_row *row, const struct span columns[LOG_COLUMNS])
{
    struct log_row found = {.kind = LOG_ROW_MEASURED};
    struct span line = columns[LOG_COLUMN_LINE], count = columns[LOG_COLUMN_OCCURRENCES];
    if (!take_line(&line, &found.line) || line.len > 0 ||
        !is_memory(columns[LOG_COLUMN_MEM], &found.mem_bytes) ||
        !is_memory(columns[LOG_COLUMN_INCREMENT], &found.increment_bytes) ||
        !take_count(&count, UINT64_MAX, &found.occurrences) || count.len > 0)
        return false;
    found.text = span_trim_end(columns[LOG_COLUMN_CONTENTS]);
    *row = found;
    return true;
}

void log_row_parse_columns(struct log_row *row, const struct span columns[LOG_COLUMNS],
                           struct buf *joined)
{
    int full = 0;
    *row = (struct log_row){.kind = LOG_ROW_NONE, .tagged = true};
    if (take_as_named(row, columns))
        return;
    buf_consume(joined, joined->len);
    for (size_t i = 0; i < LOG_COLUMNS && !full; i++) {
        if (i > 0)
            full = buf_append(joined, "  ", 2);
        if (!full && columns[i].len > 0)
            full = buf_append(joined, columns[i].at, columns[i].len);
    }
    if (full)
        return;
    struct span text = span_trim_end((struct span){buf_text(joined), joined->len});
    if (!take_row(row, text, true)) {
        /* The query puts a file's name where the line number belongs. */
        struct span name = columns[LOG_COLUMN_LINE];
        *row = (struct log_row){.kind = LOG_ROW_NONE};
        if (memchr(name.len ? name.at : "", '/', name.len) ||
            (name.len > 3 && memcmp(name.at + name.len - 3, ".py", 3) == 0))
            *row = (struct log_row){.kind = LOG_ROW_FILE, .text = span_trim_end(name)};
    }
    row->tagged = true;
}
