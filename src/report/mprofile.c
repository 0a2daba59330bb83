/*
 * Numbers are read and written by hand, as integers of a fixed number of digits: a double does not
 * hold nanoseconds since 1970, and strtod(3) and printf(3) have the decimal point of the locale.
 */
#include "config.h"
#include "report/mprofile.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/size.h"

/* Fields of a record, as pieces of its line. */
struct field {
    const char *text;
    size_t len;
};

#define MIB_MILLIONTHS 1000000

void mprofile_begin(struct mprofile_reader *reader, struct series *series)
{
    *reader = (struct mprofile_reader){.series = series};
    buf_init(&reader->line, MPROFILE_LINE_MAX);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "-12.5" as a number of units of 1/scale (a power of ten); digits beyond are dropped. */
static bool read_decimal(struct field field, int64_t scale, int64_t *value)
{
    const char *at = field.text, *end = at + field.len;
    bool minus = at < end && *at == '-', any = false;
    int64_t number = 0;
    for (at += minus; at < end && is_digit(*at); at++, any = true)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *at - '0', &number))
            return false;
    if (__builtin_mul_overflow(number, scale, &number))
        return false;
    if (at < end && *at == '.')
        for (at++; at < end && is_digit(*at); at++, any = true) {
            scale /= 10;
            if (__builtin_add_overflow(number, (*at - '0') * scale, &number))
                return false;
        }
    *value = minus ? -number : number;
    return any && at == end;
}

static bool read_unsigned(struct field field, uint64_t *value)
{
    int64_t number;
    if (memchr(field.text, '.', field.len) || !read_decimal(field, 1, &number) || number < 0)
        return false;
    *value = (uint64_t)number;
    return true;
}

static bool read_time(struct field field, uint64_t *time_ns)
{
    int64_t number;
    if (!read_decimal(field, NS_PER_SECOND, &number) || number < 0)
        return false;
    *time_ns = (uint64_t)number;
    return true;
}

/* Millionths of a MiB are not quite bytes; the nearest one. */
static bool read_mib(struct field field, int64_t *bytes)
{
    int64_t millionths, whole, rest;
    if (!read_decimal(field, MIB_MILLIONTHS, &millionths))
        return false;
    whole = millionths / MIB_MILLIONTHS * (int64_t)MIB_BYTES;
    rest = millionths % MIB_MILLIONTHS * (int64_t)MIB_BYTES;
    rest = (rest + (rest < 0 ? -MIB_MILLIONTHS / 2 : MIB_MILLIONTHS / 2)) / MIB_MILLIONTHS;
    return !__builtin_add_overflow(whole, rest, bytes);
}

/* Take the last field off *rest; an empty one where nothing is left. */
static struct field take_last(struct field *rest)
{
    size_t end = rest->len;
    while (end > 0 && rest->text[end - 1] == ' ')
        end--;
    size_t start = end;
    while (start > 0 && rest->text[start - 1] != ' ')
        start--;
    struct field field = {.text = rest->text + start, .len = end - start};
    rest->len = start;
    return field;
}

static struct field trimmed(struct field field)
{
    while (field.len > 0 && field.text[field.len - 1] == ' ')
        field.len--;
    while (field.len > 0 && *field.text == ' ') {
        field.text++;
        field.len--;
    }
    return field;
}

static bool read_mem(struct series *series, struct field rest)
{
    uint64_t time_ns;
    int64_t bytes;
    return read_time(take_last(&rest), &time_ns) && read_mib(take_last(&rest), &bytes) &&
           trimmed(rest).len == 0 && series_add_sample(series, SERIES_MAIN, time_ns, bytes) == 0;
}

static bool read_chld(struct series *series, struct field rest)
{
    uint64_t time_ns, pid;
    int64_t bytes;
    return read_time(take_last(&rest), &time_ns) && read_mib(take_last(&rest), &bytes) &&
           read_unsigned(take_last(&rest), &pid) && pid != SERIES_MAIN && trimmed(rest).len == 0 &&
           series_add_sample(series, pid, time_ns, bytes) == 0;
}

/* The fields from the right, since the name may be anything; *name is what is left. */
static bool take_span(struct field rest, bool has_level, struct series_span *span,
                      struct field *name, uint64_t *level)
{
    *level = 0;
    if (has_level && !read_unsigned(take_last(&rest), level))
        return false;
    if (!read_time(take_last(&rest), &span->end_ns) ||
        !read_mib(take_last(&rest), &span->end_bytes) ||
        !read_time(take_last(&rest), &span->begin_ns) ||
        !read_mib(take_last(&rest), &span->begin_bytes))
        return false;
    *name = trimmed(rest);
    return name->len > 0;
}

/* Files of old versions have no level. */
static bool read_func(struct series *series, struct field rest)
{
    struct series_span span = {0};
    struct field name;
    uint64_t level;
    if (!take_span(rest, true, &span, &name, &level) &&
        !take_span(rest, false, &span, &name, &level))
        return false;
    if (level > UINT16_MAX || span.end_ns < span.begin_ns)
        return false;
    span.level = (unsigned)level;
    return series_add_span(series, name.text, name.len, &span) == 0;
}

static bool is_name(struct field field)
{
    for (size_t i = 0; i < field.len; i++)
        if (field.text[i] < 'A' || field.text[i] > 'Z')
            return false;
    return field.len > 0;
}

/* False where the line is no record, or a broken one. */
static bool read_record(struct series *series, const char *line, size_t len)
{
    const char *space = memchr(line, ' ', len);
    struct field name = {.text = line, .len = space ? (size_t)(space - line) : len};
    struct field rest = {.text = line + name.len, .len = len - name.len};
    if (name.len == 3 && memcmp(line, "MEM", 3) == 0)
        return read_mem(series, rest);
    if (name.len == 4 && memcmp(line, "CHLD", 4) == 0)
        return read_chld(series, rest);
    if (name.len == 4 && memcmp(line, "FUNC", 4) == 0)
        return read_func(series, rest);
    if (name.len == 7 && memcmp(line, "CMDLINE", 7) == 0) {
        rest = trimmed(rest);
        series_set_command(series, rest.text, rest.len);
        return true;
    }
    return space && is_name(name);
}

static void end_line(struct mprofile_reader *reader)
{
    struct series *series = reader->series;
    const char *line = buf_text(&reader->line);
    size_t len = reader->line.len;
    reader->line_number++;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (reader->too_long || !read_record(series, line, len)) {
        series->unread++;
        if (!series->unread_line)
            series->unread_line = reader->line_number;
    }
    buf_consume(&reader->line, reader->line.len);
    reader->too_long = false;
}

void mprofile_feed(struct mprofile_reader *reader, const char *bytes, size_t len)
{
    while (len > 0) {
        const char *newline = memchr(bytes, '\n', len);
        size_t piece = newline ? (size_t)(newline - bytes) : len;
        if (buf_append(&reader->line, bytes, piece))
            reader->too_long = true;
        if (newline)
            end_line(reader);
        piece += newline != NULL;
        bytes += piece;
        len -= piece;
    }
}

void mprofile_end(struct mprofile_reader *reader)
{
    if (reader->line.len > 0 || reader->too_long)
        end_line(reader);
    buf_fini(&reader->line);
    series_sort(reader->series);
}

/* ---- writing ---- */

/* `bytes` in MiB with `digits` digits after the point (4 or 6). */
static int append_mib(struct buf *out, int64_t bytes, unsigned digits)
{
    uint64_t scale = digits == 4 ? 10000 : 1000000, mib = (uint64_t)MIB_BYTES;
    uint64_t size = bytes < 0 ? -(uint64_t)bytes : (uint64_t)bytes;
    uint64_t whole = size / mib, rest = (size % mib * scale + mib / 2) / mib;
    return buf_printf(out, " %s%" PRIu64 ".%0*" PRIu64, bytes < 0 ? "-" : "", whole + rest / scale,
                      (int)digits, rest % scale);
}

static int append_time(struct buf *out, uint64_t time_ns)
{
    const uint64_t step = NS_PER_SECOND / 10000;
    uint64_t steps = time_ns / step + (time_ns % step >= step / 2);
    return buf_printf(out, " %" PRIu64 ".%04" PRIu64, steps / 10000, steps % 10000);
}

/* Text within a record: a line end would be another one. */
static int append_text(struct buf *out, const char *text)
{
    for (; *text; text++)
        if (buf_append(out, *text == '\n' || *text == '\r' ? " " : text, 1))
            return -ENOBUFS;
    return 0;
}

static int append_sample(struct buf *out, uint64_t pid, const struct series_sample *sample)
{
    int result =
        pid == SERIES_MAIN ? buf_printf(out, "MEM") : buf_printf(out, "CHLD %" PRIu64, pid);
    if (result || append_mib(out, sample->bytes, 6) || append_time(out, sample->time_ns))
        return -ENOBUFS;
    return buf_append(out, "\n", 1);
}

static int append_span(struct buf *out, const struct series *series, const struct series_span *span)
{
    if (buf_append(out, "FUNC ", 5) || append_text(out, series->functions[span->function].name) ||
        append_mib(out, span->begin_bytes, 4) || append_time(out, span->begin_ns) ||
        append_mib(out, span->end_bytes, 4) || append_time(out, span->end_ns))
        return -ENOBUFS;
    return buf_printf(out, " %u\n", span->level);
}

int mprofile_write(const struct series *series, struct buf *out)
{
    if (series->command && (buf_append(out, "CMDLINE ", 8) || append_text(out, series->command) ||
                            buf_append(out, "\n", 1)))
        return -ENOBUFS;
    for (size_t i = 0; i < series->track_count; i++)
        for (size_t k = 0; k < series->tracks[i].count; k++)
            if (append_sample(out, series->tracks[i].pid, &series->tracks[i].samples[k]))
                return -ENOBUFS;
    for (size_t i = 0; i < series->span_count; i++)
        if (append_span(out, series, &series->spans[i]))
            return -ENOBUFS;
    return 0;
}
