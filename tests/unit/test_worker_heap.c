/* The heap's ledger: sums of lines, whoever frees their blocks; pymemtop's own blocks are in no
 * figure, and leave nothing in the tags. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/heap.h"
#include "worker/kept.h"
#include "worker/publish.h"
#include "worker/rss.h"

enum { LARGE_BYTES = 100000 };

static char block[1 << 18] __attribute__((aligned(16)));

static int setup(void **state)
{
    (void)state;
    struct error error;
    int fd;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    assert_int_equal(rss_open(&error), 0);
    struct segment *segment = segment_attach(fd, &error);
    assert_non_null(segment);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    assert_true(heap_open());
    return 0;
}

static int64_t python_bytes(void)
{
    int64_t bytes[HEAP_DOMAINS];
    heap_now(bytes);
    return bytes[HEAP_PYTHON];
}

static void assert_no_tags(void)
{
    for (size_t i = 0; i < sizeof block; i += 16) {
        const tag_entry *entry = tags_find(&block[i]);
        assert_true(!entry || atomic_load(entry) == 0);
    }
}

static void test_counts_to_the_byte(void **state)
{
    (void)state;
    int64_t before = python_bytes();
    heap_add(block, 100);
    heap_add(&block[4096], LARGE_BYTES);
    assert_int_equal(python_bytes(), before + 100 + LARGE_BYTES);
    assert_int_equal(heap_take(block), 100);
    assert_int_equal(heap_take(&block[4096]), LARGE_BYTES);
    assert_int_equal(python_bytes(), before);
    assert_no_tags();
}

/* Whoever frees them. The sizes of large ones are tags of their own, which must go with them: other
 * blocks begin there next. */
static void test_own_blocks_are_not_counted(void **state)
{
    (void)state;
    int64_t before = python_bytes();
    heap_own_begin();
    heap_add(block, 100);
    heap_add(&block[4096], LARGE_BYTES);
    heap_add(&block[1 << 17], LARGE_BYTES);
    assert_int_equal(heap_take(&block[1 << 17]), LARGE_BYTES);
    heap_own_end();
    assert_int_equal(python_bytes(), before);
    assert_int_equal(heap_take(block), 100);
    assert_int_equal(heap_take(&block[4096]), LARGE_BYTES);
    assert_int_equal(python_bytes(), before);
    assert_no_tags();
}

static int64_t retained_bytes(uint32_t site)
{
    return atomic_load(&publish_shared.segment->site_heap[site].retained_bytes[HEAP_PYTHON]);
}

static void take(const void *freed)
{
    if (!heap_is_owner() || heap_take_owned(tags_find(freed)) == 0)
        heap_take(freed);
}

/* More of them than may wait until a line ends, too. */
static void test_lines_lose_what_another_frees(void **state)
{
    (void)state;
    enum { COUNT = 1000, BYTES = 500, FIRST_SITE = 5, LAST_SITE = 7 };
    int64_t before = python_bytes();
    char *at = block;
    for (unsigned i = 0; i < COUNT; i++)
        for (uint32_t site = FIRST_SITE; site <= LAST_SITE; site++, at += 16)
            atomic_store(tags_make(at), tag_of(site, KEPT_EARLIER) | BYTES);
    /* One line's for some time, and then those of the others in turns. */
    for (unsigned pass = 0; pass < 2; pass++)
        for (at = block; at < &block[(size_t)16 * COUNT * 3]; at += 16)
            if (pass == 1 || tag_site(atomic_load(tags_find(at))) == FIRST_SITE)
                take(at);
    assert_int_equal(python_bytes(), before - (int64_t)3 * COUNT * BYTES);
    for (uint32_t site = FIRST_SITE; site <= LAST_SITE; site++)
        assert_int_equal(retained_bytes(site), -COUNT * BYTES);
    assert_no_tags();
}

/* One line after the other, without a cell: the first one's high water is not the second one's. */
static void test_high_water_of_lines_without_a_cell(void **state)
{
    (void)state;
    enum { FIRST_SITE = 20, LINES = 3 };
    struct activation at = {.number = INVOCATION_OUTSIDE,
                            .epoch = publish_epoch(),
                            .slot = PUBLISH_OUTSIDE,
                            .site = FIRST_SITE};
    struct thread thread = {.stack = &at, .depth = 1, .capacity = 1};
    heap_close();
    thread_this = &thread;
    for (uint32_t site = FIRST_SITE; site < FIRST_SITE + LINES; site++) {
        heap_add(block, 100);
        heap_take(block);
        at.site = site + 1;
        heap_next_line(&thread, &at, site, SEGMENT_NONE);
    }
    heap_close();
    thread_this = NULL;
    for (uint32_t site = FIRST_SITE; site < FIRST_SITE + LINES; site++)
        assert_int_equal(atomic_load(&publish_shared.segment->site_heap[site].high_bytes), 100);
}

/* The owner of the account has the quick ways. */
static void test_quick_ways(void **state)
{
    (void)state;
    int64_t before = python_bytes();
    assert_false(heap_is_owner());
    heap_add(block, 100); /* opens the account */
    heap_add(&block[4096], LARGE_BYTES);
    assert_true(heap_is_owner());
    tag_entry *first = tags_find(block), *second = tags_find(&block[48]);
    assert_int_equal(heap_take_owned(tags_find(&block[4096])), 0); /* not of large blocks */
    assert_int_equal(heap_take_owned(second), 0);                  /* nor where there is none */
    assert_ptr_equal(heap_add_owned(second, &block[48], TAG_BYTES_MAX), &block[48]);
    assert_int_equal(python_bytes(), before + 100 + LARGE_BYTES + TAG_BYTES_MAX);
    heap_take(&block[4096]); /* opens it again */
    assert_int_equal(heap_take_owned(second), TAG_BYTES_MAX);
    assert_int_equal(heap_take_owned(first), 100);
    assert_int_equal(python_bytes(), before);
    /* What has become more than HEAP_ENTER_BYTES is entered by the way. */
    heap_add(block, 100);
    for (int i = 1; i < HEAP_ENTER_BYTES / TAG_BYTES_MAX; i++)
        heap_add_owned(tags_find(&block[i * 16]), &block[i * 16], TAG_BYTES_MAX);
    assert_true(heap_account.allocated > 0);
    heap_add_owned(tags_find(&block[16384]), &block[16384], TAG_BYTES_MAX);
    assert_int_equal(heap_account.allocated, 0);
    for (int i = 1; i < HEAP_ENTER_BYTES / TAG_BYTES_MAX; i++)
        assert_int_equal(heap_take_owned(tags_find(&block[i * 16])), TAG_BYTES_MAX);
    assert_int_equal(heap_take_owned(tags_find(&block[16384])), TAG_BYTES_MAX);
    /* A block that an event disowns leaves no trace. */
    heap_disown(heap_add_owned(second, &block[48], 32));
    assert_int_equal(heap_take(&block[48]), 0);
    assert_int_equal(heap_take(block), 100);
    assert_int_equal(python_bytes(), before);
    assert_no_tags();
}

static bool in_foreign;

static bool is_foreign(void)
{
    return in_foreign;
}

/* A thread whose account is open enters an interpreter with a lock of its own, and comes back. */
static void test_other_interpreters(void **state)
{
    (void)state;
    int64_t before[HEAP_DOMAINS], after[HEAP_DOMAINS];
    heap_now(before);
    heap_add(block, 100);
    heap_expect_foreign(is_foreign);
    in_foreign = true;
    assert_true(heap_is_foreign());
    assert_false(heap_is_owner());
    heap_add(&block[4096], 28);
    heap_add(&block[8192], LARGE_BYTES);
    in_foreign = false;
    assert_false(heap_is_foreign());
    assert_false(heap_is_owner());
    heap_add(&block[16384], 40);
    heap_now(after);
    assert_int_equal(after[HEAP_PYTHON], before[HEAP_PYTHON] + 140);
    assert_int_equal(after[HEAP_RAW], before[HEAP_RAW] + 28 + LARGE_BYTES);
    in_foreign = true;
    assert_int_equal(heap_take(&block[4096]), 28);
    assert_int_equal(heap_take(&block[8192]), LARGE_BYTES);
    in_foreign = false;
    assert_int_equal(heap_take(&block[16384]), 40);
    assert_int_equal(heap_take(block), 100);
    heap_now(after);
    assert_int_equal(after[HEAP_PYTHON], before[HEAP_PYTHON]);
    assert_int_equal(after[HEAP_RAW], before[HEAP_RAW]);
    assert_no_tags();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts_to_the_byte),
        cmocka_unit_test(test_own_blocks_are_not_counted),
        cmocka_unit_test(test_lines_lose_what_another_frees),
        cmocka_unit_test(test_high_water_of_lines_without_a_cell),
        cmocka_unit_test(test_quick_ways),
        cmocka_unit_test(test_other_interpreters), /* last: nothing is quick after it */
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
