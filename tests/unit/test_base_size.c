/* base/size: the edges of checked arithmetic. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/size.h"

static void test_add(void **state)
{
    (void)state;
    size_t sum = 0;
    assert_false(size_add_overflows(2, 3, &sum));
    assert_int_equal(sum, 5);
    assert_false(size_add_overflows(SIZE_MAX, 0, &sum));
    assert_int_equal(sum, SIZE_MAX);
    assert_false(size_add_overflows(SIZE_MAX - 1, 1, &sum));
    assert_true(size_add_overflows(SIZE_MAX, 1, &sum));
    assert_true(size_add_overflows(SIZE_MAX / 2 + 1, SIZE_MAX / 2 + 1, &sum));
}

static void test_mul(void **state)
{
    (void)state;
    size_t product = 0;
    assert_false(size_mul_overflows(6, 7, &product));
    assert_int_equal(product, 42);
    assert_false(size_mul_overflows(SIZE_MAX, 0, &product));
    assert_int_equal(product, 0);
    assert_false(size_mul_overflows(SIZE_MAX / 2, 2, &product));
    assert_true(size_mul_overflows(SIZE_MAX / 2 + 1, 2, &product));
    assert_true(size_mul_overflows(SIZE_MAX, SIZE_MAX, &product));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),
        cmocka_unit_test(test_mul),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
