/* model/samples: the latest are kept in their order, and all are counted. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/samples.h"

static void test_latest(void **state)
{
    (void)state;
    struct samples samples = {.total = 0};
    assert_int_equal(samples_first(&samples), 0);
    for (uint64_t i = 0; i < 3 * SAMPLES_KEPT + 5; i++) {
        samples_add(&samples, &(struct sample){.time_ns = i});
        uint64_t first = samples_first(&samples);
        assert_int_equal(samples.total, i + 1);
        assert_int_equal(first, i < SAMPLES_KEPT ? 0 : i + 1 - SAMPLES_KEPT);
        assert_int_equal(samples_at(&samples, first)->time_ns, first);
        assert_int_equal(samples_at(&samples, i)->time_ns, i);
        assert_int_equal(samples_at(&samples, (first + i) / 2)->time_ns, (first + i) / 2);
    }
    assert_int_equal(samples.capacity, SAMPLES_KEPT);
    samples_fini(&samples);
    assert_int_equal(samples.total, 0);
    samples_fini(&samples);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_latest)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
