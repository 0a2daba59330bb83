/*
 * How the structs of the model are written as differences. A table names a struct's fields; what is
 * written of a struct is which of them differ from what it was before (a set of bits) and the
 * differences, as numbers of one byte to ten (seven bits in each, the lowest first; the signs of
 * small numbers folded in). A struct that is new differs from one of zeros.
 *
 * What is read may be anything: a number past its field's maximum, a text that is not there, or
 * bytes that end too early set `bad`, and nothing of it is used any further.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum field_kind {
    FIELD_NUMBER, /* not negative; of 1, 4 or 8 bytes */
    FIELD_SIGNED,
    FIELD_TEXT,         /* char *, owned, never NULL */
    FIELD_TEXT_OR_NULL, /* char *, owned */
    FIELD_NAME,         /* const char * that is never freed; may be NULL */
    FIELD_CHARS,        /* an array that holds a string */
};

struct field {
    size_t offset, size;
    uint64_t max; /* of FIELD_NUMBER */
    enum field_kind kind;
    bool is_fixed; /* never changes while the struct lives */
};

enum { RECORD_FIELDS_MAX = 64 };

/* The fields of one struct. */
struct record {
    const struct field *fields;
    size_t field_count; /* no more than RECORD_FIELDS_MAX */
};

/* ---- writing ---- */

struct writer {
    struct buf out;
    bool is_full; /* the buf's maximum was passed; what it holds is of no use */
};

void writer_init(struct writer *writer, size_t max_bytes);
void writer_fini(struct writer *writer);
/* Nothing is written yet. The memory is kept. */
void writer_clear(struct writer *writer);
void write_number(struct writer *writer, uint64_t number);
/* now - before, which may wrap. */
void write_difference(struct writer *writer, uint64_t before, uint64_t now);
/* Which fields differ, a bit for each; `before` may be NULL: all of those that are not zero. */
uint64_t record_differences(const struct record *record, const void *before, const void *now);
/* Write these differences, which may be none. */
void record_write(struct writer *writer, const struct record *record, uint64_t differences,
                  const void *before, const void *now);

/* ---- reading ---- */

/* Holds names for good: the same text is the same pointer. */
struct names {
    char **texts; /* owned, each owned */
    size_t count;
};

void names_fini(struct names *names);

struct reader {
    const unsigned char *at, *end; /* borrowed */
    struct names *names;           /* borrowed; for FIELD_NAME */
    bool bad;
};

/* 0 once it is bad. */
uint64_t read_number(struct reader *reader);
/* A number that is no more than `max`; else it is bad, and 0. */
uint64_t read_limited(struct reader *reader, uint64_t max);
/* before + what was written. */
uint64_t read_difference(struct reader *reader, uint64_t before);
/* Bring the struct from what it was to what it is. Texts are replaced. */
void record_read(struct reader *reader, const struct record *record, void *now);
/* A struct as it is where nothing was written of it has all that it must have? */
bool record_is_whole(const struct record *record, const void *now);

#endif
