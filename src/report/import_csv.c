/*
 * libcsv knows no line numbers, so it is fed line by line: a row that ends, ends in the line that
 * is being fed. A field may have a maximum; a quotation mark that nobody closes would else make one
 * field of the rest of the file.
 */
#include "config.h"
#include "report/import_csv.h"

#include <csv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    COLUMNS_MAX = 512,
    FIELD_MAX_BYTES = 16 << 20,
    GROWTH_BYTES = 256 << 10, /* of libcsv's buffer; 128 by default, so that a field as long as the
                                 file would be copied thousands of times */
};

struct import_csv {
    const struct log_sink *sink;
    struct csv_parser parser;
    bool failed;
    uint64_t line;     /* that is being fed */
    uint64_t row_line; /* in which the row began */
    bool in_row;
    bool has_header;
    enum log_field columns[COLUMNS_MAX];
    size_t column_count;
    size_t index; /* of the field in its row */
    struct log_draft draft;
};

/* Spaces at a field's ends are part of it: source lines are indented. */
static int is_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void *resize_field(void *old, size_t size)
{
    return size > FIELD_MAX_BYTES ? NULL : realloc(old, size);
}

static void on_field(void *text, size_t len, void *context)
{
    struct import_csv *csv = context;
    struct span field = {text, len};
    if (!csv->has_header) {
        if (csv->column_count < COLUMNS_MAX)
            csv->columns[csv->column_count++] = log_field_of(field);
    } else if (csv->index < csv->column_count) {
        log_draft_set(&csv->draft, csv->columns[csv->index], field, 1);
    }
    csv->index++;
}

/* What there is of the row may be half a number. */
static void refuse_cut(struct import_csv *csv)
{
    struct span text = {buf_text(&csv->draft.text), csv->draft.text.len};
    csv->sink->problem(csv->sink->context, csv->row_line, "the file ends within this row", text);
    log_draft_clear(&csv->draft);
}

/* `end` is the byte at the row's end, or -1 at that of the file. */
static void on_row(int end, void *context)
{
    struct import_csv *csv = context;
    if (csv->has_header && end < 0 && csv->index < csv->column_count)
        refuse_cut(csv);
    else if (csv->has_header)
        log_draft_send(&csv->draft, csv->sink, csv->row_line);
    csv->has_header = true;
    csv->index = 0;
    csv->in_row = false;
}

/* How many columns of the header are known where it is cut at `delimiter`. */
static size_t count_known(struct span header, char delimiter)
{
    size_t count = 0;
    while (header.len > 0) {
        const char *end = memchr(header.at, delimiter, header.len);
        struct span name = {header.at, end ? (size_t)(end - header.at) : header.len};
        header = span_skip(header, name.len + 1);
        name = span_trim_end(name);
        if (name.len > 1 && name.at[0] == '"' && name.at[name.len - 1] == '"')
            name = (struct span){name.at + 1, name.len - 2};
        count += log_field_of(name) != LOG_FIELDS;
    }
    return count;
}

char import_csv_delimiter(struct span header)
{
    static const char delimiters[] = {',', ';', '\t'};
    char best = 0;
    size_t most = 0;
    for (size_t i = 0; i < sizeof delimiters; i++) {
        size_t count = count_known(header, delimiters[i]);
        if (count > most) {
            most = count;
            best = delimiters[i];
        }
    }
    return best;
}

struct import_csv *import_csv_new(const struct log_sink *sink, char delimiter, uint64_t line)
{
    struct import_csv *csv = mem_calloc(1, sizeof *csv);
    csv->sink = sink;
    csv->line = line;
    csv_init(&csv->parser, 0);
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_space_func(&csv->parser, is_space);
    csv_set_realloc_func(&csv->parser, resize_field);
    csv_set_blk_size(&csv->parser, GROWTH_BYTES);
    log_draft_init(&csv->draft);
    return csv;
}

static void fail(struct import_csv *csv, struct span example)
{
    csv->failed = true;
    csv->sink->problem(csv->sink->context, csv->row_line,
                       "a field of more than 16 MiB: is a quotation mark not closed?", example);
}

/* One line of the text, or a part of one. */
static void feed_line(struct import_csv *csv, const char *bytes, size_t len)
{
    if (!csv->in_row) {
        csv->in_row = true;
        csv->row_line = csv->line;
    }
    if (csv_parse(&csv->parser, bytes, len, on_field, on_row, csv) != len)
        fail(csv, (struct span){bytes, len});
}

bool import_csv_feed(struct import_csv *csv, const char *bytes, size_t len)
{
    while (len > 0 && !csv->failed) {
        const char *end = memchr(bytes, '\n', len);
        size_t part = end ? (size_t)(end - bytes) + 1 : len;
        feed_line(csv, bytes, part);
        csv->line += end != NULL;
        bytes += part;
        len -= part;
    }
    return !csv->failed;
}

void import_csv_end(struct import_csv *csv)
{
    if (!csv->failed && csv_fini(&csv->parser, on_field, on_row, csv) != 0)
        fail(csv, (struct span){"", 0});
}

void import_csv_free(struct import_csv *csv)
{
    if (!csv)
        return;
    csv_free(&csv->parser);
    log_draft_fini(&csv->draft);
    free(csv);
}
