/*
 * Reads a log of any kind, in UTF-8 or UTF-16: looks at its beginning, and hands its bytes to the
 * reader that it needs.
 * Lines of JSON and of consoles are cut here.
 */
#ifndef REPORT_IMPORT_READER_H
#define REPORT_IMPORT_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "report/log_record.h"

enum import_kind {
    IMPORT_UNKNOWN, /* too little was read to tell */
    IMPORT_CSV,
    IMPORT_JSON,    /* a document, or several */
    IMPORT_NDJSON,  /* an object a line */
    IMPORT_CONSOLE, /* text, as `func start` or a log stream writes it */
    IMPORT_PACKED,  /* refused: gzip, zip, a workbook, a recording */
};

enum { IMPORT_HEAD_BYTES = 65536, IMPORT_LINE_BYTES = 1 << 20 };

/* What begins with `head` (IMPORT_HEAD_BYTES of it as UTF-8, or all). */
enum import_kind import_kind_of(struct span head);
/* "line" or "record": what a place counts. */
const char *import_place_name(enum import_kind kind);

struct import_reader;

/* `sink` is borrowed until the end. */
struct import_reader *import_reader_new(const struct log_sink *sink) ATTR_ALLOC;
/* Take the next bytes, in pieces of any size: false where the rest cannot be read. */
bool import_reader_feed(struct import_reader *reader, const char *bytes, size_t len);
/* There is no more. */
void import_reader_end(struct import_reader *reader);
enum import_kind import_reader_kind(const struct import_reader *reader);
void import_reader_free(struct import_reader *reader);

#endif
