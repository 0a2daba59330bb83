/* report/mprofile: every record of mprof's files, what is broken in them, and writing them. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "report/mprofile.h"

static void read_text(struct series *series, const char *text, size_t piece)
{
    struct mprofile_reader reader;
    series_init(series);
    mprofile_begin(&reader, series);
    for (size_t at = 0, len = strlen(text); at < len; at += piece)
        mprofile_feed(&reader, text + at, len - at < piece ? len - at : piece);
    mprofile_end(&reader);
}

static void check_write(const struct series *series, const char *expected)
{
    struct buf out;
    buf_init(&out, 1 << 20);
    assert_int_equal(mprofile_write(series, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_fini(&out);
}

static const char all_records[] = "CMDLINE python x.py --n 1\n"
                                  "MEM 45.726562 1795895735.5328\n"
                                  "MEM 0.003906 1795895735.6329\n"
                                  "CHLD 1234 27.292969 1795895737.0673\n"
                                  "FUNC m.f 21.7148 1795895735.5328 45.7266 1795895736.0586 1\n";

static void test_records(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < 60; piece += 13) {
        struct series series;
        read_text(&series, all_records, piece);
        assert_int_equal(series.unread, 0);
        assert_string_equal(series.command, "python x.py --n 1");
        assert_int_equal(series.track_count, 2);
        assert_int_equal(series.tracks[0].samples[0].time_ns, UINT64_C(1795895735532800000));
        assert_int_equal(series.tracks[0].samples[0].bytes, 47947775);
        assert_int_equal(series.tracks[0].samples[1].bytes, 4096);
        assert_int_equal(series.tracks[1].pid, 1234);
        assert_string_equal(series.functions[0].name, "m.f");
        assert_int_equal(series.spans[0].level, 1);
        assert_int_equal(series.spans[0].end_ns, UINT64_C(1795895736058600000));
        check_write(&series, all_records);
        series_fini(&series);
    }
}

/* What files in the wild have besides: no level, spaces in names, CRLF, no end of the last line,
 * records of other programs, FUNC before all else, negative memory of another backend. */
static void test_variants(void **state)
{
    (void)state;
    struct series series;
    read_text(&series,
              "FUNC .a block of 3 21.5 10.5 22.5 11 0\r\n"
              "FUNC old 1 2 3 4\r\n"
              "OTHER 1 2 3\n"
              "MEM -1.5 12\n"
              "CMDLINE a\nCMDLINE  b c \n"
              "MEM 2 13",
              1000);
    assert_int_equal(series.unread, 0);
    assert_int_equal(series.unread_line, 0);
    assert_string_equal(series.command, "b c");
    assert_int_equal(series.function_count, 2);
    assert_string_equal(series.functions[0].name, ".a block of 3");
    assert_int_equal(series.spans[0].begin_ns, 2000000000); /* by time: old came first */
    assert_int_equal(series.spans[0].function, 1);
    assert_int_equal(series.tracks[0].samples[0].bytes, -1572864);
    assert_int_equal(series.tracks[0].samples[1].bytes, 2097152);
    series_fini(&series);
}

/* Each one alone is counted, and the lines around it are read. */
static void test_broken_lines(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "",
        "MEM",
        "MEM 1",
        "MEM 1 2 3",
        "MEM nan 2",
        "MEM 1e3 2",
        "MEM 1,5 2",
        "MEM . 2",
        "MEM 1 -2",
        "MEM 99999999999999999999 2",
        "MEM 1 99999999999999",
        "MEM 1 17958957MEM 2 3",
        "CHLD 1 2",
        "CHLD 0 1 2",
        "CHLD 1.5 1 2",
        "CHLD -4 1 2",
        "CHLD x 1 2",
        "FUNC f 1 2 3",
        "FUNC 1 2 3 4",
        "FUNC f 1 5 3 4 0",
        "FUNC f 1 2 3 4 70000",
        "FUNC f 1 2 x 4 0",
        "not a record",
        "Traceback (most recent call last):",
        "\x1b[31m",
    };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        char text[200];
        struct series series;
        snprintf(text, sizeof text, "MEM 1 10\n%s\nMEM 3 12\n", broken[i]);
        read_text(&series, text, 1000);
        if (series.unread != 1 || series.unread_line != 2 || series.sample_count != 2 ||
            series.span_count != 0)
            fail_msg("'%s': %lu unread", broken[i], (unsigned long)series.unread);
        series_fini(&series);
    }
}

static void test_long_line(void **state)
{
    (void)state;
    size_t len = 3 * (size_t)MPROFILE_LINE_MAX;
    char *text = calloc(len + 32, 1);
    struct series series;
    memset(text, 'A', len);
    memcpy(text, "CMDLINE ", 8);
    memcpy(text + len, "\nMEM 1 2\n", 9);
    read_text(&series, text, 1000);
    assert_int_equal(series.unread, 1);
    assert_int_equal(series.unread_line, 1);
    assert_null(series.command);
    assert_int_equal(series.sample_count, 1);
    series_fini(&series);
    free(text);
}

static void test_write_is_one_line_a_record(void **state)
{
    (void)state;
    struct series series;
    const struct series_span span = {
        .begin_ns = 1999950000, .end_ns = 3000049999, .begin_bytes = -1, .end_bytes = 1 << 20};
    series_init(&series);
    series_set_command(&series, "python -c a\nb", 13);
    assert_int_equal(series_add_span(&series, "f\ng", 3, &span), 0);
    assert_int_equal(series_add_sample(&series, SERIES_MAIN, 1, -(1 << 19)), 0);
    check_write(&series, "CMDLINE python -c a b\n"
                         "MEM -0.500000 0.0000\n"
                         "FUNC f g -0.0000 2.0000 1.0000 3.0000 0\n");
    series_fini(&series);
}

static void test_full_buffer(void **state)
{
    (void)state;
    struct series series;
    read_text(&series, all_records, 1000);
    for (size_t max = 0; max <= sizeof all_records - 1; max++) {
        struct buf out;
        buf_init(&out, max);
        assert_int_equal(mprofile_write(&series, &out) == 0, max == sizeof all_records - 1);
        buf_fini(&out);
    }
    series_fini(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),      cmocka_unit_test(test_variants),
        cmocka_unit_test(test_broken_lines), cmocka_unit_test(test_long_line),
        cmocka_unit_test(test_full_buffer),  cmocka_unit_test(test_write_is_one_line_a_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
