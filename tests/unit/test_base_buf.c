/* base/buf: growing, the maximum, what is left after it. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <errno.h>
#include <cmocka.h>

#include "base/buf.h"

static void test_empty(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 10);
    assert_null(buf.data);
    assert_string_equal(buf_text(&buf), "");
    buf_consume(&buf, 3);
    assert_int_equal(buf.len, 0);
    char *taken = buf_take(&buf);
    assert_string_equal(taken, "");
    free(taken);
    buf_fini(&buf);
    buf_fini(&buf);
}

static void test_append_is_all_or_nothing(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 4);
    assert_int_equal(buf_append(&buf, "abc", 3), 0);
    assert_int_equal(buf_append(&buf, "de", 2), -ENOBUFS);
    assert_string_equal(buf_text(&buf), "abc");
    assert_int_equal(buf_append(&buf, "d", 1), 0);
    assert_int_equal(buf_append(&buf, "", 0), 0);
    assert_int_equal(buf_append(&buf, "e", 1), -ENOBUFS);
    assert_int_equal(buf.len, 4);
    assert_string_equal(buf_text(&buf), "abcd");
    buf_fini(&buf);
    assert_int_equal(buf_append(&buf, "abcde", 5), -ENOBUFS);
    assert_int_equal(buf_append(&buf, "wxyz", 4), 0);
    buf_fini(&buf);
}

static void test_length_that_overflows(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    assert_int_equal(buf_append(&buf, "a", 1), 0);
    assert_int_equal(buf_append(&buf, "b", SIZE_MAX), -ENOBUFS);
    assert_int_equal(buf_append(&buf, "b", SIZE_MAX - 1), -ENOBUFS);
    assert_string_equal(buf_text(&buf), "a");
    buf_fini(&buf);
}

static void test_growth_keeps_bytes(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100000);
    for (unsigned i = 0; i < 100000; i++) {
        unsigned char byte = (unsigned char)(i * 7);
        assert_int_equal(buf_append(&buf, &byte, 1), 0);
    }
    assert_int_equal(buf.len, 100000);
    assert_true(buf.capacity > buf.len);
    for (unsigned i = 0; i < 100000; i++)
        assert_int_equal((unsigned char)buf.data[i], (unsigned char)(i * 7));
    assert_int_equal(buf.data[buf.len], '\0');
    buf_fini(&buf);
}

static void test_printf(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 8);
    assert_int_equal(buf_printf(&buf, "%d-%s", 12, "ab"), 0);
    assert_string_equal(buf_text(&buf), "12-ab");
    assert_int_equal(buf_printf(&buf, "%s", "long"), -ENOBUFS);
    assert_string_equal(buf_text(&buf), "12-ab");
    buf_fini(&buf);
}

static void test_consume(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 16);
    assert_int_equal(buf_append(&buf, "abcdef", 6), 0);
    buf_consume(&buf, 2);
    assert_string_equal(buf_text(&buf), "cdef");
    buf_consume(&buf, 0);
    assert_int_equal(buf.len, 4);
    buf_consume(&buf, 99);
    assert_int_equal(buf.len, 0);
    assert_string_equal(buf_text(&buf), "");
    buf_fini(&buf);
}

static void test_take(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 16);
    assert_int_equal(buf_append(&buf, "a\0b", 3), 0);
    char *bytes = buf_take(&buf);
    assert_memory_equal(bytes, "a\0b", 4);
    free(bytes);
    assert_null(buf.data);
    assert_int_equal(buf.len, 0);
    assert_int_equal(buf_append(&buf, "0123456789abcdef", 16), 0);
    assert_int_equal(buf_append(&buf, "!", 1), -ENOBUFS);
    buf_fini(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_append_is_all_or_nothing),
        cmocka_unit_test(test_length_that_overflows),
        cmocka_unit_test(test_growth_keeps_bytes),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_consume),
        cmocka_unit_test(test_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
