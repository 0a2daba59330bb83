/* Answers to who holds what: what they own, and chains that read the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "model/holders.h"

static void add(struct holders *holders, const char *text, const char *note, uint64_t count,
                int64_t bytes)
{
    holders->chains[holders->chain_count++] =
        (struct holders_chain){.text = mem_strdup(text),
                               .note = note ? mem_strdup(note) : NULL,
                               .is_bounded = note != NULL,
                               .count = count,
                               .bytes = bytes};
}

static void test_chains_that_read_the_same_are_one(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    (void)state;
    add(&holders, "App.A", NULL, 1, 50);
    add(&holders, "work() local data", NULL, 1, 20);
    add(&holders, "App.B", NULL, 1, 20);
    add(&holders, "work() local data", NULL, 2, 20);
    add(&holders, "work() local data", "deque(maxlen=3), 3 in it", 1, 20);
    add(&holders, "work() local data", NULL, 1, 20);
    holders.chains[1].newest_number = 4;
    holders.chains[3].newest_number = 9;
    holders_merge(&holders);
    assert_int_equal(holders.chain_count, 4);
    assert_string_equal(holders.chains[0].text, "work() local data");
    assert_int_equal(holders.chains[0].count, 4);
    assert_int_equal(holders.chains[0].bytes, 60);
    assert_int_equal(holders.chains[0].newest_number, 9);
    assert_string_equal(holders.chains[1].text, "App.A");
    assert_string_equal(holders.chains[2].text, "App.B");
    assert_string_equal(holders.chains[3].note, "deque(maxlen=3), 3 in it");
    holders_clear(&holders);
    assert_int_equal(holders.chain_count, 0);
    holders_merge(&holders);
    assert_int_equal(holders.chain_count, 0);
}

static void test_a_plain_deque_is_not_noted(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    (void)state;
    add(&holders, "App.A", "deque(maxlen=None), 1 in it", 1, 50);
    add(&holders, "App.B", "deque(maxlen=3), 3 in it", 1, 40);
    add(&holders, "App.C", "lru_cache(maxsize=None), 14 in it", 1, 30);
    add(&holders, "App.D", NULL, 1, 20);
    holders_trim(&holders);
    assert_int_equal(holders.chain_count, 4);
    assert_null(holders.chains[0].note);
    assert_string_equal(holders.chains[1].note, "deque(maxlen=3), 3 in it");
    assert_string_equal(holders.chains[2].note, "lru_cache(maxsize=None), 14 in it");
    holders_clear(&holders);
}

static void test_what_nobody_holds_is_left_out_where_it_is_little(void **state)
{
    static const char nobody[] = "nothing in Python: native code";
    struct holders holders = {.state = HOLDERS_READY, .shallow_bytes = 10000};
    (void)state;
    add(&holders, "App.A", NULL, 1, 9801);
    add(&holders, nobody, "a note", 1, 99);
    add(&holders, "App.B", NULL, 1, 9);
    add(&holders, nobody, NULL, 1, 100);
    holders_trim(&holders);
    assert_int_equal(holders.chain_count, 3);
    assert_string_equal(holders.chains[1].text, "App.B");
    assert_string_equal(holders.chains[2].text, nobody);
    assert_true(holders_chain_is_nobody(&holders.chains[2]));
    assert_false(holders_chain_is_nobody(&holders.chains[1]));
    holders_clear(&holders);
}

/* "imported by the first invocation" and the like is not what a leak is held by. */
static void test_what_is_of_earlier_invocations_comes_last(void **state)
{
    static const char *const texts[] = {"first", "old", "untold", "later", "older"};
    static const uint64_t numbers[] = {3, 2, 0, 9, 1};
    static const char *const want[] = {"first", "untold", "later", "old", "older"};
    struct holders holders = {.state = HOLDERS_READY};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        add(&holders, texts[i], NULL, 1, 50 - (int64_t)i);
        holders.chains[i].newest_number = numbers[i];
    }
    holders_sort(&holders, 0);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(holders.chains[i].text, texts[i]);
    holders_sort(&holders, 3);
    assert_int_equal(holders.chain_count, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(holders.chains[i].text, want[i]);
    assert_false(holders_chain_is_earlier(&holders.chains[1], UINT64_MAX));
    assert_true(holders_chain_is_earlier(&holders.chains[3], 3));
    holders_clear(&holders);
    holders_sort(&holders, 3);
    assert_int_equal(holders.chain_count, 0);
}

static void test_a_copy_has_its_own(void **state)
{
    struct holders holders = {.state = HOLDERS_READY}, copy;
    (void)state;
    add(&holders, "App.A", "lru_cache(maxsize=3), 3 in it", 1, 1);
    copy = holders_copy(&holders);
    holders_fail(&holders, 1, 2, "it is gone");
    assert_int_equal(holders.state, HOLDERS_FAILED);
    assert_int_equal(holders.line, 2);
    assert_string_equal(copy.chains[0].text, "App.A");
    holders_clear(&holders);
    holders_clear(&copy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains_that_read_the_same_are_one),
        cmocka_unit_test(test_a_plain_deque_is_not_noted),
        cmocka_unit_test(test_what_nobody_holds_is_left_out_where_it_is_little),
        cmocka_unit_test(test_what_is_of_earlier_invocations_comes_last),
        cmocka_unit_test(test_a_copy_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
