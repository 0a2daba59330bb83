/* A value is a byte that says what it is and, but for NULL, a number of eight: itself, or how many
 * bytes follow. */
#include "config.h"
#include "store/rows.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

enum kind { KIND_NULL, KIND_NUMBER, KIND_TEXT, KIND_ASCII, KIND_BLOB };

void rows_init(struct rows *rows, size_t max_bytes)
{
    *rows = (struct rows){.is_full = false};
    buf_init(&rows->bytes, max_bytes);
}

void rows_fini(struct rows *rows)
{
    buf_fini(&rows->bytes);
}

void rows_clear(struct rows *rows)
{
    buf_consume(&rows->bytes, rows->bytes.len);
    rows->is_full = false;
}

static void put(struct rows *rows, const void *bytes, size_t len)
{
    if (len > 0 && buf_append(&rows->bytes, bytes, len))
        rows->is_full = true;
}

static void put_value(struct rows *rows, enum kind kind, int64_t number)
{
    char value[1 + sizeof number] = {(char)kind};
    memcpy(value + 1, &number, sizeof number);
    put(rows, value, sizeof value);
}

void rows_begin(struct rows *rows, enum row row)
{
    const char byte = (char)row;
    put(rows, &byte, 1);
}

void rows_number(struct rows *rows, int64_t number)
{
    put_value(rows, KIND_NUMBER, number);
}

void rows_null(struct rows *rows)
{
    const char byte = (char)KIND_NULL;
    put(rows, &byte, 1);
}

void rows_text(struct rows *rows, const char *text, size_t len)
{
    put_value(rows, KIND_TEXT, (int64_t)len);
    put(rows, text, len);
}

void rows_ascii(struct rows *rows, const char *text, size_t len)
{
    put_value(rows, KIND_ASCII, (int64_t)len);
    put(rows, text, len);
}

void rows_blob(struct rows *rows, const char *bytes, size_t len)
{
    put_value(rows, KIND_BLOB, (int64_t)len);
    put(rows, bytes, len);
}

/* ---- many at a time ---- */

void batch_init(struct batch *batch, enum row one, enum row many, size_t max_bytes)
{
    *batch = (struct batch){.one = one, .many = many};
    rows_init(&batch->values, max_bytes);
}

void batch_fini(struct batch *batch)
{
    rows_fini(&batch->values);
}

/* Where the latest row ends is known when another one begins. */
static void end_row(struct batch *batch)
{
    if (batch->count > 0)
        batch->ends[batch->count - 1] = batch->values.bytes.len;
}

struct rows *batch_begin(struct batch *batch, struct rows *rows)
{
    end_row(batch);
    if (batch->count == BATCH_ROWS)
        batch_flush(batch, rows);
    batch->count++;
    return &batch->values;
}

void batch_flush(struct batch *batch, struct rows *rows)
{
    const char *bytes = buf_text(&batch->values.bytes);
    end_row(batch);
    rows->is_full |= batch->values.is_full;
    if (batch->count == BATCH_ROWS) {
        rows_begin(rows, batch->many);
        put(rows, bytes, batch->values.bytes.len);
    } else {
        for (size_t i = 0, from = 0; i < batch->count; from = batch->ends[i++]) {
            rows_begin(rows, batch->one);
            put(rows, bytes + from, batch->ends[i] - from);
        }
    }
    rows_clear(&batch->values);
    batch->count = 0;
}

/* ---- the other side ---- */

static unsigned char take_byte(struct span *bytes)
{
    unsigned char byte = (unsigned char)*bytes->at;
    *bytes = span_skip(*bytes, 1);
    return byte;
}

enum row rows_next(struct span *bytes)
{
    return (enum row)take_byte(bytes);
}

struct span rows_take_blob(struct span *bytes)
{
    int64_t len;
    take_byte(bytes);
    memcpy(&len, bytes->at, sizeof len);
    *bytes = span_skip(*bytes, sizeof len);
    struct span blob = {bytes->at, (size_t)len};
    *bytes = span_skip(*bytes, blob.len);
    return blob;
}

/* An empty text must not be a NULL pointer, which would be NULL. */
static int bind_bytes(struct span *bytes, sqlite3_stmt *statement, int place, enum kind kind,
                      size_t len)
{
    const char *at = bytes->at;
    bool is_text =
        len <= INT_MAX && (kind == KIND_ASCII || (kind == KIND_TEXT && text_is_utf8(at, len)));
    *bytes = span_skip(*bytes, len);
    if (is_text)
        return sqlite3_bind_text(statement, place, len ? at : "", (int)len, SQLITE_STATIC);
    return sqlite3_bind_blob64(statement, place, len ? at : "", len, SQLITE_STATIC);
}

int rows_bind(struct span *bytes, sqlite3_stmt *statement, int64_t *first)
{
    int result = SQLITE_OK, count = sqlite3_bind_parameter_count(statement);
    for (int place = 1; place <= count && !result; place++) {
        enum kind kind = (enum kind)take_byte(bytes);
        int64_t number = 0;
        if (kind != KIND_NULL) {
            memcpy(&number, bytes->at, sizeof number);
            *bytes = span_skip(*bytes, sizeof number);
        }
        if (place == 1)
            *first = number;
        if (kind == KIND_NULL)
            result = sqlite3_bind_null(statement, place);
        else if (kind == KIND_NUMBER)
            result = sqlite3_bind_int64(statement, place, number);
        else
            result = bind_bytes(bytes, statement, place, kind, (size_t)number);
    }
    return result;
}
