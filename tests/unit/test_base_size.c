/* base/size: the edges of checked arithmetic, and sizes as people write them. */
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

static void assert_size(const char *text, int64_t bytes)
{
    int64_t parsed = -1;
    if (size_parse(text, &parsed))
        fail_msg("'%s' was not taken", text);
    assert_int_equal(parsed, bytes);
}

static void test_parse(void **state)
{
    (void)state;
    assert_size("0", 0);
    assert_size("100000", 100000);
    assert_size("7B", 7);
    assert_size("512M", 536870912);
    assert_size("200MiB", 209715200);
    assert_size("200mib", 209715200);
    assert_size("1.5G", 1610612736);
    assert_size("1.5 GiB", 1610612736);
    assert_size("1.50000000000001G", 1610612736);
    assert_size("0.1k", 102);
    assert_size("1KB", 1000);
    assert_size("512MB", 512000000);
    assert_size("1.5GB", 1500000000);
    assert_size("2T", 2199023255552);
    assert_size("2TB", 2000000000000);
    assert_size("9223372036854775807", INT64_MAX);
    assert_size("8388607T", INT64_MAX - 1099511627775);
}

static void test_parse_refuses(void **state)
{
    static const char *const wrong[] = {
        "",         " ",
        "M",        ".5G",
        "1.G",      "1.",
        "-1M",      "+1M",
        "0x10M",    "1e3M",
        "512X",     "5MM",
        "512M ",    "512  M",
        " 512M",    "1,5G",
        "512Mi",    "NaN",
        "inf",      "9223372036854775808",
        "8388608T", "99999999999999999999G",
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        int64_t parsed = 77;
        if (size_parse(wrong[i], &parsed) != -1)
            fail_msg("'%s' was taken", wrong[i]);
        assert_int_equal(parsed, 77);
    }
}

static void assert_shown(int64_t bytes, const char *text)
{
    char out[SIZE_TEXT];
    assert_string_equal(size_format(out, bytes), text);
}

static void test_format(void **state)
{
    (void)state;
    assert_shown(0, "0 MiB");
    assert_shown(512LL << 20, "512 MiB");
    assert_shown(1536LL << 20, "1.5 GiB");
    assert_shown(1500LL << 20, "1500 MiB");
    assert_shown(10844792422, "10.1 GiB");
    assert_shown(100000000, "95.4 MiB");
    assert_shown((100LL << 20) - 1, "100 MiB");
    assert_shown(2LL << 40, "2 TiB");
    assert_shown(INT64_MAX, "8796093022208 MiB");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_add),    cmocka_unit_test(test_mul),
        cmocka_unit_test(test_parse),  cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_format),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
