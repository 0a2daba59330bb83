/* The resident set size less pymemtop's own share: tables that are being made are in no reading. */
#include "config.h"

#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_tables_are_in_no_reading)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
