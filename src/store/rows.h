/*
 * Rows that are to be written, as bytes, from where the values are known to the thread that has the
 * database (store/scribe.h). A row is one of store/schema.h and its values in their order.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/span.h"
#include "store/schema.h"

struct rows {
    struct buf bytes;
    bool is_full; /* the maximum was passed; what it holds is of no use */
};

void rows_init(struct rows *rows, size_t max_bytes);
void rows_fini(struct rows *rows);
/* Nothing is in it. The memory is kept. */
void rows_clear(struct rows *rows);
/* Begin a row, whose values follow, each by one of the calls below. */
void rows_begin(struct rows *rows, enum row row);
void rows_number(struct rows *rows, int64_t number);
void rows_null(struct rows *rows);
/* Bytes that become text where they are that in UTF-8, else a blob. */
void rows_text(struct rows *rows, const char *text, size_t len);
/* The same where one knows that it is ASCII. */
void rows_ascii(struct rows *rows, const char *text, size_t len);
void rows_blob(struct rows *rows, const char *bytes, size_t len);

/* ---- many at a time ---- */

/* Rows of one kind that come one by one and are written BATCH_ROWS at a time: to begin and to end a
 * statement takes longer than what it writes. What is left over is written each for itself. */
struct batch {
    enum row one, many; /* how they are written */
    struct rows values; /* of `count` rows */
    size_t ends[BATCH_ROWS];
    size_t count;
};

void batch_init(struct batch *batch, enum row one, enum row many, size_t max_bytes);
void batch_fini(struct batch *batch);
/* Begin a row, whose values are then put into what is returned. Those before it may go to *rows. */
struct rows *batch_begin(struct batch *batch, struct rows *rows);
/* Put all of it into *rows. */
void batch_flush(struct batch *batch, struct rows *rows);

/* ---- the other side ---- */

/* Take the next row off the front of *bytes. */
enum row rows_next(struct span *bytes);
/* Take one value off the front, which is a blob. It stays for as long as the bytes do. */
struct span rows_take_blob(struct span *bytes);
/* Take the values of one off the front and bind them to its statement. The bytes must stay for as
 * long as the statement has them. Returns SQLite's code; *first is the first value, where that is a
 * number. */
int rows_bind(struct span *bytes, sqlite3_stmt *statement, int64_t *first) ATTR_CHECKED;

#endif
