/* The resident set size less pymemtop's own share: tables that are being made are in no reading. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <cmocka.h>

#include "worker/rss.h"

/* Kernels batch the counts of a process with threads: up to 32 pages for each processor. */
enum { TABLES = 20, TABLE_BYTES = 4 << 20, BATCHED_BYTES = TABLE_BYTES / 2 };

static atomic_bool is_begun, is_over;

static void *map_tables(void *made)
{
    while (!atomic_load(&is_begun))
        sched_yield();
    for (int i = 0; i < TABLES; i++)
        *(int *)made += rss_map_own(TABLE_BYTES) != NULL;
    atomic_store(&is_over, true);
    return NULL;
}

static void test_tables_are_in_no_reading(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(rss_open(&error), 0);
    pthread_t thread;
    int made = 0;
    assert_int_equal(pthread_create(&thread, NULL, map_tables, &made), 0);
    int64_t first_bytes = rss_read_bytes(), most_bytes = first_bytes, least_bytes = first_bytes;
    atomic_store(&is_begun, true);
    while (!atomic_load(&is_over)) {
        int64_t bytes = rss_read_bytes();
        most_bytes = bytes > most_bytes ? bytes : most_bytes;
        least_bytes = bytes < least_bytes ? bytes : least_bytes;
    }
    pthread_join(thread, NULL);
    assert_int_equal(made, TABLES);
    assert_int_equal(rss_own_bytes(), (int64_t)TABLES * TABLE_BYTES);
    assert_true(most_bytes - first_bytes < BATCHED_BYTES);
    assert_true(first_bytes - least_bytes < BATCHED_BYTES);
}

/* Address space that is there already; and none that is not to be had. */
static void test_what_is_reserved_is_made_own(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(rss_open(&error), 0);
    int64_t own_bytes = rss_own_bytes();
    char *reserved = mmap(NULL, TABLE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(reserved, MAP_FAILED);
    assert_true(rss_make_own(reserved, TABLE_BYTES - 1));
    assert_int_equal(rss_own_bytes(), own_bytes + TABLE_BYTES);
    unsigned char is_resident[1];
    for (size_t at = 0; at < TABLE_BYTES; at += TABLE_BYTES / 8) {
        assert_int_equal(mincore(reserved + at, 1, is_resident), 0);
        assert_true(is_resident[0] & 1);
        assert_int_equal(reserved[at], 0);
        reserved[at] = 1;
    }
    munmap(reserved, TABLE_BYTES);
    assert_false(rss_make_own(reserved, TABLE_BYTES));
    assert_int_equal(rss_own_bytes(), own_bytes + TABLE_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables_are_in_no_reading),
        cmocka_unit_test(test_what_is_reserved_is_made_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
