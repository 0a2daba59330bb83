/*
 * Bytes that are UTF-16 become UTF-8 first. Then the head is collected until there is enough of it
 * to tell what it is; then it and all that follows goes to one reader. A line of text may be cut by
 * the pieces in which the bytes come, so lines are collected, too; those that lie whole in a piece
 * are not copied.
 */
#include "config.h"
#include "report/import_reader.h"

#include <stdint.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "report/import_csv.h"
#include "report/import_json.h"
#include "report/import_utf16.h"
#include "report/log_time.h"

enum { DECODE_BYTES = 32768 }; /* at a time */

struct import_reader {
    const struct log_sink *sink;
    uint8_t first[UTF16_FIRST_BYTES]; /* before it is known whether they are UTF-16 */
    size_t first_count;
    struct import_utf16 utf16; /* open where they are */
    struct buf decoded;
    enum import_kind kind;
    struct buf head; /* before the kind is known */
    bool failed;
    struct import_csv *csv;   /* owned, where it is that */
    struct import_json *json; /* owned; of JSON and of lines of it */
    struct buf line;          /* a line that came in part */
    bool line_is_cut;         /* it is too long; the rest of it is passed over */
    uint64_t lines;
    struct buf plain; /* a line without its escape sequences */
};

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* ---- what it is ---- */

static bool begins(struct span text, const char *with)
{
    size_t len = strlen(with);
    return text.len >= len && memcmp(text.at, with, len) == 0;
}

static struct span skip_mark(struct span text)
{
    return begins(text, byte_order_mark) ? span_skip(text, strlen(byte_order_mark)) : text;
}

static struct span skip_space(struct span text)
{
    while (text.len > 0 && (text.at[0] == ' ' || (text.at[0] >= '\t' && text.at[0] <= '\r')))
        text = span_skip(text, 1);
    return text;
}

static struct span first_line(struct span text)
{
    const char *end = text.len ? memchr(text.at, '\n', text.len) : NULL;
    return (struct span){text.at, end ? (size_t)(end - text.at) : text.len};
}

/* A list of objects; "[2024-05-01T..." begins a line of a console. */
static bool is_list(struct span text)
{
    text = skip_space(span_skip(text, 1));
    return text.len > 0 && (text.at[0] == '{' || text.at[0] == ']');
}

/* "sep=;", which tells Excel the delimiter of the lines below: that, or 0. */
static char declared_delimiter(struct span line)
{
    struct span text = span_trim_end(line);
    bool tab = line.len > text.len && line.at[text.len] == '\t';
    if (text.len < 4 || strncasecmp(text.at, "sep=", 4) != 0 || text.len + tab != 5)
        return 0;
    char delimiter = tab ? '\t' : text.at[4];
    return delimiter == '"' || isalnum((unsigned char)delimiter) ? 0 : delimiter;
}

/* What to do with a file that is no text, in words; NULL where it may be one. */
static const char *refusal_of(struct span head)
{
    static const char sheets[] = "[Content_Types].xml"; /* the first file in one of Excel's */
    if (begins(head, "SQLite format 3"))
        return "it is a recording; look at it with: pymemtop replay FILE";
    if (begins(head, "PK\x03\x04") && memmem(head.at, head.len, sheets, sizeof sheets - 1))
        return "it is a workbook; save it as CSV";
    if (begins(head, "\x1F\x8B") || begins(head, "PK\x03\x04"))
        return "it is compressed; unpack it, as in: gunzip -c FILE | pymemtop import -";
    return NULL;
}

enum import_kind import_kind_of(struct span head)
{
    if (refusal_of(head))
        return IMPORT_PACKED;
    struct span text = skip_space(skip_mark(head));
    if (text.len == 0)
        return IMPORT_UNKNOWN;
    struct span line = first_line(text);
    if (text.at[0] == '[' && is_list(text))
        return IMPORT_JSON;
    if (text.at[0] == '{') {
        bool more = skip_space(span_skip(text, line.len)).len > 0;
        return more && import_json_is_whole(line) ? IMPORT_NDJSON : IMPORT_JSON;
    }
    return declared_delimiter(line) || import_csv_delimiter(line) ? IMPORT_CSV : IMPORT_CONSOLE;
}

const char *import_place_name(enum import_kind kind)
{
    return kind == IMPORT_JSON ? "record" : "line";
}

/* ---- lines ---- */

static bool is_digits(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] < '0' || text[i] > '9')
            return false;
    return true;
}

/* The first `words` words of the line, if they are a time, taken off it. */
static struct span take_words(struct span *line, int words)
{
    size_t len = 0;
    struct log_time ignored;
    for (; words > 0 && len < line->len; words--) {
        const char *end = memchr(line->at + len + 1, ' ', line->len - len - 1);
        len = end ? (size_t)(end - line->at) : line->len;
    }
    struct span time = {line->at, len};
    if (!log_time_parse(time, DATE_PLAIN, &ignored))
        return (struct span){NULL, 0};
    *line = span_skip(*line, len + 1);
    return time;
}

/* "[2024-05-01T12:34:56.789Z] " as of a console, or without brackets as of a log stream: the time,
 * taken off the line. */
static struct span take_time(struct span *line)
{
    struct span none = {NULL, 0};
    if (line->len > 20 && is_digits(line->at, 4)) {
        struct span time = take_words(line, 1);
        return time.len ? time : take_words(line, 2);
    }
    const char *end =
        line->len > 20 && line->at[0] == '[' ? memchr(line->at, ']', line->len) : NULL;
    if (!end || !is_digits(line->at + 1, 4))
        return none;
    struct span time = {line->at + 1, (size_t)(end - line->at) - 1};
    *line = span_skip(*line, time.len + 2);
    if (line->len > 0 && line->at[0] == ' ')
        *line = span_skip(*line, 1);
    return time;
}

/* The line without what a terminal would take for colours: ESC [ parameters letter. Borrowed until
 * the next one. */
static struct span without_escapes(struct import_reader *reader, struct span line)
{
    struct buf *plain = &reader->plain;
    if (line.len == 0 || !memchr(line.at, '\x1B', line.len))
        return line;
    buf_consume(plain, plain->len);
    for (size_t i = 0; i < line.len; i++) {
        if (line.at[i] == '\x1B' && i + 1 < line.len && line.at[i + 1] == '[') {
            for (i += 2; i < line.len && (line.at[i] < '@' || line.at[i] > '~'); i++)
                ;
            continue;
        }
        if (buf_append(plain, &line.at[i], 1))
            break;
    }
    return (struct span){buf_text(plain), plain->len};
}

static void take_console(struct import_reader *reader, struct span line)
{
    struct log_record record = {.is_console = true, .place = reader->lines};
    line = without_escapes(reader, line);
    record.fields[FIELD_TIME] = take_time(&line);
    record.fields[FIELD_MESSAGE] = line;
    reader->sink->record(reader->sink->context, &record);
}

static void take_line(struct import_reader *reader, struct span line)
{
    reader->lines++;
    if (reader->line_is_cut)
        reader->sink->problem(reader->sink->context, reader->lines, "a line of more than 1 MiB",
                              line);
    else if (reader->kind == IMPORT_CONSOLE)
        take_console(reader, line);
    else if (span_trim_end(line).len > 0) {
        import_json_restart(reader->json, reader->lines);
        if (import_json_feed(reader->json, line.at, line.len))
            import_json_end(reader->json);
    }
}

/* Keep a part of a line for later, as far as it is of use. */
static void keep_part(struct import_reader *reader, struct span part)
{
    if (part.len > 0 && buf_append(&reader->line, part.at, part.len))
        reader->line_is_cut = true;
}

static void finish_line(struct import_reader *reader)
{
    take_line(reader, (struct span){buf_text(&reader->line), reader->line.len});
    buf_consume(&reader->line, reader->line.len);
    reader->line_is_cut = false;
}

static void feed_lines(struct import_reader *reader, struct span bytes)
{
    while (bytes.len > 0) {
        struct span line = first_line(bytes);
        bool whole = line.len < bytes.len;
        bytes = span_skip(bytes, line.len + 1);
        if (whole && reader->line.len == 0 && !reader->line_is_cut &&
            line.len <= IMPORT_LINE_BYTES) {
            take_line(reader, line);
            continue;
        }
        keep_part(reader, line);
        if (whole)
            finish_line(reader);
    }
}

/* ---- the reader ---- */

struct import_reader *import_reader_new(const struct log_sink *sink)
{
    struct import_reader *reader = mem_calloc(1, sizeof *reader);
    reader->sink = sink;
    buf_init(&reader->head, IMPORT_HEAD_BYTES);
    buf_init(&reader->line, IMPORT_LINE_BYTES);
    buf_init(&reader->plain, IMPORT_LINE_BYTES);
    buf_init(&reader->decoded, DECODE_BYTES / 2 * 3 + 3);
    return reader;
}

static bool feed_kind(struct import_reader *reader, struct span bytes)
{
    switch (reader->kind) {
    case IMPORT_CSV: return import_csv_feed(reader->csv, bytes.at, bytes.len);
    case IMPORT_JSON: return import_json_feed(reader->json, bytes.at, bytes.len);
    case IMPORT_NDJSON:
    case IMPORT_CONSOLE: feed_lines(reader, bytes); return true;
    default: return false;
    }
}

/* Takes the line that declares the delimiter off the head, if there is one. */
static void begin_csv(struct import_reader *reader, struct span *head)
{
    struct span text = skip_space(*head), line = first_line(text);
    char delimiter = declared_delimiter(line);
    if (delimiter)
        *head = span_skip(text, line.len + 1);
    reader->csv = import_csv_new(reader->sink, delimiter ? delimiter : import_csv_delimiter(line),
                                 delimiter ? 2 : 1);
}

/* The head says what it is: begin. */
static void begin(struct import_reader *reader)
{
    struct span head = {buf_text(&reader->head), reader->head.len};
    reader->kind = import_kind_of(head);
    head = skip_mark(head);
    if (reader->kind == IMPORT_CSV)
        begin_csv(reader, &head);
    if (reader->kind == IMPORT_JSON || reader->kind == IMPORT_NDJSON)
        reader->json = import_json_new(reader->sink);
    if (reader->kind == IMPORT_PACKED)
        reader->sink->problem(reader->sink->context, 1, refusal_of(head), (struct span){"", 0});
    reader->failed = reader->kind != IMPORT_UNKNOWN && !feed_kind(reader, head);
    buf_fini(&reader->head);
}

static bool feed_text(struct import_reader *reader, const char *bytes, size_t len)
{
    struct span rest = {bytes, len};
    if (reader->kind == IMPORT_UNKNOWN) {
        size_t room = IMPORT_HEAD_BYTES - reader->head.len;
        size_t part = len < room ? len : room;
        if (part > 0 && buf_append(&reader->head, bytes, part))
            return false;
        rest = span_skip(rest, part);
        if (reader->head.len == IMPORT_HEAD_BYTES)
            begin(reader);
    }
    if (!reader->failed && reader->kind != IMPORT_UNKNOWN && rest.len > 0)
        reader->failed = !feed_kind(reader, rest);
    return !reader->failed;
}

static bool feed_bytes(struct import_reader *reader, const char *bytes, size_t len)
{
    if (!reader->utf16.is_open)
        return feed_text(reader, bytes, len);
    for (size_t at = 0, part; at < len; at += part) {
        struct buf *decoded = &reader->decoded;
        part = len - at < DECODE_BYTES ? len - at : DECODE_BYTES;
        if (import_utf16_decode(&reader->utf16, bytes + at, part, decoded) ||
            !feed_text(reader, buf_text(decoded), decoded->len))
            return false;
        buf_consume(decoded, decoded->len);
    }
    return true;
}

bool import_reader_feed(struct import_reader *reader, const char *bytes, size_t len)
{
    if (reader->first_count == UTF16_FIRST_BYTES)
        return feed_bytes(reader, bytes, len);
    size_t part = UTF16_FIRST_BYTES - reader->first_count;
    part = len < part ? len : part;
    if (part > 0)
        memcpy(reader->first + reader->first_count, bytes, part);
    reader->first_count += part;
    if (reader->first_count < UTF16_FIRST_BYTES)
        return true;
    import_utf16_begins(&reader->utf16, reader->first);
    return feed_bytes(reader, (const char *)reader->first, UTF16_FIRST_BYTES) &&
           feed_bytes(reader, bytes + part, len - part);
}

void import_reader_end(struct import_reader *reader)
{
    if (reader->first_count == 1)
        feed_text(reader, (const char *)reader->first, 1);
    if (reader->kind == IMPORT_UNKNOWN)
        begin(reader);
    if (reader->failed)
        return;
    if (reader->kind == IMPORT_CSV)
        import_csv_end(reader->csv);
    if (reader->kind == IMPORT_JSON)
        import_json_end(reader->json);
    if (reader->line.len > 0 || reader->line_is_cut)
        finish_line(reader);
}

enum import_kind import_reader_kind(const struct import_reader *reader)
{
    return reader->kind;
}

void import_reader_free(struct import_reader *reader)
{
    if (!reader)
        return;
    import_csv_free(reader->csv);
    import_json_free(reader->json);
    buf_fini(&reader->head);
    buf_fini(&reader->line);
    buf_fini(&reader->plain);
    buf_fini(&reader->decoded);
    import_utf16_close(&reader->utf16);
    free(reader);
}
