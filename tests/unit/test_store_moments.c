/* store/moments: what is written is read again, in the order of time, and nothing else is taken. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/attributes.h"
#include "store/moments.h"

static void add_sample(struct samples *samples, uint64_t time_ns, int64_t rss_bytes,
                       int64_t delta_bytes, uint32_t line, uint64_t serial)
{
    samples_add(samples, &(struct sample){.time_ns = time_ns,
                                          .rss_bytes = rss_bytes,
                                          .delta_bytes = delta_bytes,
                                          .file = 2,
                                          .line = line,
                                          .serial = serial,
                                          .unchanged = 7});
}

static void check(const struct moments *moments, size_t place, const struct moment *wanted)
{
    const struct moment *is = &moments->items[place];
    assert_int_equal(is->time_ns, wanted->time_ns);
    assert_int_equal(is->kind, wanted->kind);
    assert_int_equal(is->serial, wanted->serial);
    assert_int_equal(is->rss_bytes, wanted->rss_bytes);
    assert_int_equal(is->delta_bytes, wanted->delta_bytes);
    assert_int_equal(is->line, wanted->line);
    assert_int_equal(is->file, wanted->kind == MOMENT_SAMPLE ? 2 : 0);
    assert_int_equal(is->unchanged, wanted->kind == MOMENT_SAMPLE ? 7 : 0);
}

static void test_round(void **state)
{
    static const struct moment wanted[] = {
        {.time_ns = 100, .kind = MOMENT_BEGIN, .serial = 4, .rss_bytes = 5000},
        {.time_ns = 100, .rss_bytes = 9096, .delta_bytes = 4096, .line = 12, .serial = 4},
        {.time_ns = 105, .rss_bytes = 1000, .delta_bytes = -8096, .line = 13, .serial = 4},
        {.time_ns = 105, .kind = MOMENT_END, .serial = 4, .rss_bytes = 1000},
        {.time_ns = 107, .kind = MOMENT_BEGIN, .serial = 5, .rss_bytes = 1000},
        {.time_ns = 107, .kind = MOMENT_END, .serial = 5, .rss_bytes = 1000},
        {.time_ns = 900, .rss_bytes = 1001, .delta_bytes = 1},
    };
    struct samples samples = {.total = 0};
    struct moments moments = {.count = 0};
    struct buf text;
    uint64_t first;
    int64_t before;
    (void)state;
    buf_init(&text, 1 << 16);
    add_sample(&samples, 50, 1, 1, 1, 1); /* of the event before */
    add_sample(&samples, 100, 9096, 4096, 12, 4);
    add_sample(&samples, 105, 1000, -8096, 13, 4);
    add_sample(&samples, 900, 1001, 1, 0, 0);
    moments_add(&moments, &wanted[5]);
    moments_add(&moments, &wanted[4]);
    moments_add(&moments, &wanted[3]);
    moments_add(&moments, &wanted[0]);
    assert_int_equal(moments_write(&text, &moments, &samples, 1, 4, &first, &before), 7);
    assert_int_equal(first, 100);
    assert_int_equal(before, 5000);
    struct span span = {buf_text(&text), text.len};
    assert_int_equal(moments_read(&moments, span, first, before), 0);
    assert_int_equal(moments.count, ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        check(&moments, i, &wanted[i]);
    /* Any part of it is none. */
    for (span.len = 0; span.len < text.len; span.len++)
        assert_int_equal(moments_read(&moments, span, first, before), -1);
    buf_consume(&text, text.len);
    moments_clear(&moments);
    assert_int_equal(moments_write(&text, &moments, &samples, 4, 4, &first, &before), 0);
    buf_fini(&text);
    moments_fini(&moments);
    samples_fini(&samples);
}

static void test_others(void **state)
{
    static const char *const texts[] = {
        "",
        "[]",
        "[[]]",
        "[1]",
        "[[1,2]]",
        "[[1,2,3]]",
        "[[1,2,0]]",
        "[[1,0,1]]",
        "[[1,2,1],]",
        "[[1,2,1]]]",
        "[[1,2,1]] ",
        "[[-1,2,1]]",
        "[[1,2,1.5]]",
        "[[1,1,1,1,1]]",
        "[[1,1,1,1,1,1,1]]",
        "[[1,1,-1,1,1,1]]",
        "[[1,1,1,4294967296,1,1]]",
        "[[1,1,1,1,-1,1]]",
        "[[1,1,1,1,1,4294967296]]",
        "[[9223372036854775808,2,1]]",
        "[[1,--1,1,1,1,1]]",
        "[[1,,1,1,1,1]]",
        "{\"a\":1}",
    };
    struct moments moments = {.count = 0};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (moments_read(&moments, span_of(texts[i]), 0, 0) == 0)
            fail_msg("'%s' was taken", texts[i]);
    assert_int_equal(moments_read(&moments,
                                  span_of("[[9223372036854775807,1,0,1,0,0],[1,"
                                          "9223372036854775807,0,1,0,0]]"),
                                  UINT64_MAX, INT64_MAX),
                     0);
    assert_int_equal(moments.count, 2);
    moments_fini(&moments);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round), cmocka_unit_test(test_others)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
