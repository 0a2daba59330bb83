/* model/output: lines cut from text, and a ring of the newest. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <cmocka.h>

#include "model/output.h"

static int setup(void **state)
{
    struct output *output = malloc(sizeof *output);
    if (!output)
        return -1;
    output_init(output);
    *state = output;
    return 0;
}

static int teardown(void **state)
{
    output_fini(*state);
    free(*state);
    return 0;
}

static void say(struct output *output, const char *text, size_t len)
{
    output_add(output, 5, OUTPUT_LOG, LEVEL_WARNING, 3, text, len);
}

static void test_fields(void **state)
{
    struct output *output = *state;
    say(output, "text", 4);
    const struct output_line *line = output_at(output, 0);
    assert_string_equal(line->text, "text");
    assert_int_equal(line->realtime_ns, 5);
    assert_int_equal(line->source, OUTPUT_LOG);
    assert_int_equal(line->level, LEVEL_WARNING);
    assert_int_equal(line->invocation, 3);
}

static void test_lines(void **state)
{
    struct output *output = *state;
    say(output, "", 0);
    assert_int_equal(output->count, 0);
    say(output, "a\nb\r\n\nc\rd\r", 10);
    static const char *const expected[] = {"a", "b", "", "c\rd\r"};
    assert_int_equal(output->count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(output_at(output, i)->text, expected[i]);
    say(output, "\n", 1);
    assert_int_equal(output->count, 5);
    assert_string_equal(output_at(output, 4)->text, "");
    say(output, "x\0y\0\n", 5);
    assert_string_equal(output_at(output, 5)->text, "x y ");
    assert_int_equal(output->total, 6);
}

static void test_ring(void **state)
{
    struct output *output = *state;
    char text[32];
    for (int i = 0; i < OUTPUT_LINES + 7; i++) {
        int len = snprintf(text, sizeof text, "%d\n", i);
        say(output, text, (size_t)len);
    }
    assert_int_equal(output->count, OUTPUT_LINES);
    assert_int_equal(output->total, OUTPUT_LINES + 7);
    for (int i = 0; i < OUTPUT_LINES; i++) {
        snprintf(text, sizeof text, "%d", i + 7);
        assert_string_equal(output_at(output, (size_t)i)->text, text);
    }
}

static void test_long_line(void **state)
{
    struct output *output = *state;
    size_t size = OUTPUT_LINE_BYTES + 100;
    char *text = malloc(size);
    assert_non_null(text);
    memset(text, 'x', size);
    text[size - 4] = '\n';
    say(output, text, size);
    assert_int_equal(output->count, 2);
    assert_int_equal(strlen(output_at(output, 0)->text), OUTPUT_LINE_BYTES);
    assert_string_equal(output_at(output, 1)->text, "xxx");
    /* Exactly the limit is whole; a character on the limit is left out whole. */
    say(output, text, OUTPUT_LINE_BYTES);
    assert_int_equal(strlen(output_at(output, 2)->text), OUTPUT_LINE_BYTES);
    static const unsigned char euro[] = {0xE2, 0x82, 0xAC};
    memcpy(text + OUTPUT_LINE_BYTES - 2, euro, sizeof euro);
    say(output, text, OUTPUT_LINE_BYTES + 1);
    assert_int_equal(strlen(output_at(output, 3)->text), OUTPUT_LINE_BYTES - 2);
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fields),
        TEST(test_lines),
        TEST(test_ring),
        TEST(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
