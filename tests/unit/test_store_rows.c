/* store/rows: rows of a batch become the rows of the table that they would have become one by one,
 * in their order, with as few statements as that takes. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "store/rows.h"

enum { BYTES_MAX = 1 << 20, TEXT_SIZE = 16 };

/* Write what was put into `rows` as a recording's thread does. Returns how many statements it took.
 */
static size_t write_rows(sqlite3 *db, const struct rows *rows)
{
    struct span bytes = {buf_text(&rows->bytes), rows->bytes.len};
    size_t count = 0;
    for (; bytes.len > 0; count++) {
        sqlite3_stmt *statement;
        int64_t first;
        assert_int_equal(
            sqlite3_prepare_v2(db, schema_rows[rows_next(&bytes)], -1, &statement, NULL),
            SQLITE_OK);
        assert_int_equal(rows_bind(&bytes, statement, &first), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_DONE);
        sqlite3_finalize(statement);
    }
    return count;
}

/* Every third one has no invocation, and they are not equally long. */
static void put_output(struct rows *rows, size_t number)
{
    char text[TEXT_SIZE];
    snprintf(text, sizeof text, "%.*s", (int)(number % 7), "abcdefg");
    rows_number(rows, (int64_t)number);
    rows_number(rows, (int64_t)number * 10);
    if (number % 3)
        rows_number(rows, (int64_t)number + 100);
    else
        rows_null(rows);
    rows_number(rows, 1);
    rows_number(rows, 2);
    rows_text(rows, text, strlen(text));
}

static void check_output(sqlite3_stmt *row, size_t number)
{
    assert_int_equal(sqlite3_step(row), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int64(row, 0), number);
    assert_int_equal(sqlite3_column_int64(row, 1), number * 10);
    assert_int_equal(sqlite3_column_type(row, 2), number % 3 ? SQLITE_INTEGER : SQLITE_NULL);
    assert_int_equal(sqlite3_column_int64(row, 2), number % 3 ? number + 100 : 0);
    assert_int_equal(sqlite3_column_int64(row, 4), 2);
    assert_int_equal(sqlite3_column_bytes(row, 5), number % 7);
    assert_memory_equal(sqlite3_column_text(row, 5), "abcdefg", number % 7);
}

static void check_table(sqlite3 *db, size_t count)
{
    sqlite3_stmt *row;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT * FROM output_lines ORDER BY number", -1, &row, NULL),
        SQLITE_OK);
    for (size_t i = 1; i <= count; i++)
        check_output(row, i);
    assert_int_equal(sqlite3_step(row), SQLITE_DONE);
    sqlite3_finalize(row);
}

static void check_count(size_t count)
{
    struct batch batch;
    struct rows rows;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
    assert_int_equal(schema_create(db), SQLITE_OK);
    batch_init(&batch, ROW_ADD_OUTPUT, ROW_ADD_OUTPUT_MANY, BYTES_MAX);
    rows_init(&rows, BYTES_MAX);
    for (size_t i = 1; i <= count; i++)
        put_output(batch_begin(&batch, &rows), i);
    batch_flush(&batch, &rows);
    batch_flush(&batch, &rows); /* has nothing more */
    assert_false(rows.is_full);
    assert_int_equal(write_rows(db, &rows), count / BATCH_ROWS + count % BATCH_ROWS);
    check_table(db, count);
    rows_fini(&rows);
    batch_fini(&batch);
    sqlite3_close(db);
}

static void test_counts(void **state)
{
    (void)state;
    for (size_t count = 0; count <= 3 * BATCH_ROWS; count++)
        check_count(count);
}

/* What passed the maximum while it was gathered is no less lost than what passes it later. */
static void test_full(void **state)
{
    (void)state;
    struct batch batch;
    struct rows rows;
    char text[TEXT_SIZE] = "";
    batch_init(&batch, ROW_ADD_OUTPUT, ROW_ADD_OUTPUT_MANY, sizeof text);
    rows_init(&rows, BYTES_MAX);
    rows_text(batch_begin(&batch, &rows), text, sizeof text);
    batch_flush(&batch, &rows);
    assert_true(rows.is_full);
    rows_fini(&rows);
    batch_fini(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
