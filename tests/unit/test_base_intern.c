/* base/intern: the same text has the same number, whatever it holds. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "base/intern.h"

static void test_numbers(void **state)
{
    struct intern intern = {0};
    (void)state;
    assert_int_equal(intern_add(&intern, span_of("a")), 0);
    assert_int_equal(intern_add(&intern, span_of("")), 1);
    assert_int_equal(intern_add(&intern, (struct span){NULL, 0}), 1);
    assert_int_equal(intern_add(&intern, (struct span){"a\0b", 3}), 2);
    assert_int_equal(intern_add(&intern, span_of("a")), 0);
    assert_true(span_equal(intern_text(&intern, 2), (struct span){"a\0b", 3}));
    assert_int_equal(intern_text(&intern, 1).len, 0);
    intern_fini(&intern);
    assert_int_equal(intern_add(&intern, span_of("b")), 0);
    intern_fini(&intern);
}

static void test_many(void **state)
{
    enum { COUNT = 20000 };
    struct intern intern = {0};
    char text[32];
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < COUNT; i++) {
            snprintf(text, sizeof text, "/home/site/wwwroot/%u", i);
            assert_int_equal(intern_add(&intern, span_of(text)), i);
        }
    }
    assert_int_equal(intern.count, COUNT);
    assert_true(span_equal(intern_text(&intern, 777), span_of("/home/site/wwwroot/777")));
    intern_fini(&intern);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
