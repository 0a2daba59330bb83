/* What invocations leave behind: rows, columns, the window, and what is told apart no more. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/kept.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/tags.h"

static struct segment *segment;
static char block[1 << 16] __attribute__((aligned(16)));

static int setup(void **state)
{
    (void)state;
    struct error error;
    int fd;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    assert_int_equal(rss_open(&error), 0);
    segment = segment_attach(fd, &error);
    assert_non_null(segment);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    assert_int_equal(tags_open(), 0);
    kept_open(segment);
    return 0;
}

static int64_t alive(uint32_t row, uint32_t column)
{
    return atomic_load(&segment->kept_rows[row].alive_bytes[column]) +
           atomic_load(&segment->kept_rows[row].alive_other_bytes[column]);
}

static void test_load_has_no_column(void **state)
{
    (void)state;
    assert_int_equal(kept_begin(INVOCATION_LOAD), KEPT_EARLIER);
    assert_int_equal(kept_end(KEPT_EARLIER), 0);
}

static void test_left_and_alive(void **state)
{
    (void)state;
    uint32_t column = kept_begin(1), row = kept_row(40);
    assert_in_range(column, KEPT_FIRST, SEGMENT_KEPT - 1);
    assert_int_equal(segment->kept_columns[column].number, 1);
    assert_int_equal(segment->kept_columns[column].is_running, 1);
    assert_int_equal(segment->kept_rows[row].site, 40);
    assert_int_equal(kept_row(40), row);
    kept_add(row, column, 1000);
    kept_add(row, column, -200);
    kept_add_other(row, column, 5000);
    kept_add(kept_row(SEGMENT_NONE), column, 30);
    assert_int_equal(kept_end(column), 5830);
    kept_add_other(row, column, -5000); /* freed later */
    assert_int_equal(segment->kept_columns[column].is_running, 0);
    assert_int_equal(segment->kept_rows[row].left_bytes[column], 5800);
    assert_int_equal(alive(row, column), 800);
    kept_add(row, column, -800);
    kept_add(kept_row(SEGMENT_NONE), column, -30);
}

/* Many invocations, each of which keeps a block: the newest 64 have theirs, the others are one; and
 * all that without more memory. */
static void test_window(void **state)
{
    (void)state;
    enum { MANY = 1000, FEW = 100 };
    uint32_t row = kept_row(41), column = 0;
    int64_t own_bytes = 0;
    tags_make(block + 16 * (size_t)MANY); /* wherever the blocks are: the last table of tags, too */
    for (uint32_t number = 2; number < MANY; number++) {
        if (number == FEW)
            own_bytes = rss_own_bytes();
        column = kept_begin(number);
        kept_add(row, column, 100);
        atomic_store(tags_make(block + 16 * (size_t)number), tag_of(41, column) | 100);
        assert_int_equal(kept_end(column), 100);
    }
    assert_int_equal(rss_own_bytes(), own_bytes);
    int64_t sum = 0, told = 0;
    for (uint32_t i = KEPT_EARLIER; i < SEGMENT_KEPT; i++)
        sum += alive(row, i);
    assert_int_equal(sum, 100 * (MANY - 2));
    for (uint32_t number = MANY - 64; number < MANY; number++)
        for (uint32_t i = KEPT_FIRST; i < SEGMENT_KEPT; i++)
            if (atomic_load(&segment->kept_columns[i].number) == number)
                told += alive(row, i) == 100 &&
                        tag_column(*tags_find(block + 16 * (size_t)number)) == i;
    assert_int_equal(told, 64);
    assert_int_equal(tag_column(*tags_find(block + 16 * 2)), KEPT_EARLIER);
    assert_int_equal(*tags_find(block + 16 * 2) & TAG_BYTES_MASK, 100);
}

static void test_all_run(void **state)
{
    (void)state;
    uint32_t columns[SEGMENT_KEPT], told = 0;
    for (uint32_t i = 0; i < SEGMENT_KEPT; i++) {
        columns[i] = kept_begin(5000 + i);
        told += columns[i] != KEPT_EARLIER;
    }
    assert_in_range(told, SEGMENT_KEPT - KEPT_FIRST - 64, SEGMENT_KEPT - KEPT_FIRST);
    assert_int_equal(columns[SEGMENT_KEPT - 1], KEPT_EARLIER);
    for (uint32_t i = 0; i < SEGMENT_KEPT; i++)
        kept_end(columns[i]);
    assert_int_not_equal(kept_begin(9000), KEPT_EARLIER);
}

static void test_no_room_for_rows(void **state)
{
    (void)state;
    uint32_t row = 0;
    for (uint32_t site = 100; site < 100 + SEGMENT_KEPT_ROWS; site++)
        row = kept_row(site);
    assert_int_equal(row, 0);
    assert_int_equal(atomic_load(&segment->kept_row_count), SEGMENT_KEPT_ROWS);
    assert_int_not_equal(kept_find_row(100), 0);
    assert_int_equal(kept_find_row(99), 0);
    assert_int_equal(kept_row(SEGMENT_NONE), 0);
    /* What such a line keeps is part of what its invocation does. */
    uint32_t column = kept_begin(10000);
    kept_add(row, column, 700);
    kept_add_other(row, column, 70);
    kept_add(kept_row(100), column, 7);
    assert_int_equal(kept_end(column), 777);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_load_has_no_column),
        cmocka_unit_test(test_left_and_alive),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_all_run),
        cmocka_unit_test(test_no_room_for_rows),
    };
    return cmocka_run_group_tests_name("worker kept", tests, setup, NULL);
}
