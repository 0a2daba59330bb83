#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "tui/keys.h"

static void test_names_go_both_ways(void **state)
{
    static const char *const names[] = {"j",    "G",  "Space", "Enter", "Esc", "Tab", "S-Tab",
                                        "PgUp", "^L", "^Z",    "F10",   "\\",  "{",   "\u00E9"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[KEY_NAME_SIZE];
        int key = key_parse(names[i], strlen(names[i]));
        assert_int_not_equal(key, K_NONE);
        key_spell(key, name);
        assert_string_equal(name, names[i]);
    }
}

static void test_what_is_no_key(void **state)
{
    (void)state;
    assert_int_equal(key_parse("", 0), K_NONE);
    assert_int_equal(key_parse("jj", 2), K_NONE);
    assert_int_equal(key_parse("^l", 2), K_NONE);
    assert_int_equal(key_parse("\x1B", 1), K_NONE);
    assert_int_equal(key_parse("\xFF", 1), 0xFFFD);
}

/* One key, one meaning; only sorting and files share theirs, and never work at the same time, and
 * in a recording its own keys come first. */
static void test_no_key_has_two_meanings(void **state)
{
    (void)state;
    for (size_t a = 0; a < key_binding_count; a++) {
        for (size_t b = a + 1; b < key_binding_count; b++) {
            for (size_t k = 0; k < BINDING_KEYS && key_bindings[a].keys[k]; k++) {
                for (size_t l = 0; l < BINDING_KEYS && key_bindings[b].keys[l]; l++) {
                    int key = key_bindings[a].keys[k];
                    bool is_replay = key_bindings[a].group == GROUP_REPLAY;
                    if (key == '<' || key == '>' ||
                        is_replay != (key_bindings[b].group == GROUP_REPLAY))
                        continue;
                    assert_int_not_equal(key, key_bindings[b].keys[l]);
                }
            }
        }
    }
}

static void test_every_command_has_a_key_and_help(void **state)
{
    (void)state;
    for (int command = CMD_NONE + 1; command < CMD_COUNT; command++) {
        size_t found = 0;
        for (size_t i = 0; i < key_binding_count; i++) {
            if (key_bindings[i].command != (enum ui_command)command)
                continue;
            found++;
            assert_int_not_equal(key_bindings[i].keys[0], K_NONE);
            assert_true(strlen(key_bindings[i].help) > 3);
            assert_true((key_bindings[i].rank > 0) == (key_bindings[i].label != NULL));
        }
        assert_int_equal(found, 1);
    }
}

static void test_ranks_have_no_holes(void **state)
{
    int last = 0;
    (void)state;
    for (size_t i = 0; i < key_binding_count; i++)
        last = key_bindings[i].rank > last ? key_bindings[i].rank : last;
    assert_true(last > 20);
    for (int rank = 1; rank <= last; rank++) {
        int found = 0;
        for (size_t i = 0; i < key_binding_count; i++)
            found += key_bindings[i].rank == rank;
        assert_true(found > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_go_both_ways),
        cmocka_unit_test(test_what_is_no_key),
        cmocka_unit_test(test_no_key_has_two_meanings),
        cmocka_unit_test(test_every_command_has_a_key_and_help),
        cmocka_unit_test(test_ranks_have_no_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
