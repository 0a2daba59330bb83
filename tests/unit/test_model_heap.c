/* model/heap: the parts of the RSS. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/heap.h"

static void test_the_parts_add_up(void **state)
{
    (void)state;
    const struct heap heap = {
        .python_bytes = 500, .native_bytes = 300, .small_bytes = 400, .arena_bytes = 450};
    assert_int_equal(heap_live_bytes(&heap), 800);
    assert_int_equal(heap_free_bytes(&heap), 50);
    assert_int_equal(heap_other_bytes(&heap, 1000), 150);
}

static void test_memory_that_was_not_touched(void **state)
{
    (void)state;
    const struct heap heap = {.native_bytes = 1 << 30};
    assert_int_equal(heap_other_bytes(&heap, 1000), 1000 - (1 << 30));
}

static void test_nothing_is_free_in_less_than_no_arena(void **state)
{
    (void)state;
    const struct heap heap = {.small_bytes = 400, .arena_bytes = 399};
    const struct heap wild = {.small_bytes = INT64_MIN, .arena_bytes = INT64_MAX};
    assert_int_equal(heap_free_bytes(&heap), 0);
    assert_int_equal(heap_free_bytes(&wild), 0);
    (void)heap_other_bytes(&wild, INT64_MIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_parts_add_up),
        cmocka_unit_test(test_memory_that_was_not_touched),
        cmocka_unit_test(test_nothing_is_free_in_less_than_no_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
