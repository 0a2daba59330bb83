/* report/plot: what is in the picture. That it is XML, tests/e2e/test_series.py has a parser say.
 */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "base/clock.h"
#include "base/size.h"
#include "report/plot.h"

static const uint64_t begin_ns = UINT64_C(1795895735) * NS_PER_SECOND;
static const struct plot_options whole = {.to_s = INFINITY};

static void add(struct series *series, uint64_t pid, double seconds, double mib)
{
    assert_int_equal(series_add_sample(series, pid, begin_ns + (uint64_t)(seconds * 1e9),
                                       (int64_t)(mib * MIB_BYTES)),
                     0);
}

static void add_call(struct series *series, const char *name, double from, double to, double mib)
{
    const struct series_span span = {.begin_ns = begin_ns + (uint64_t)(from * 1e9),
                                     .end_ns = begin_ns + (uint64_t)(to * 1e9),
                                     .begin_bytes = 1 << 20,
                                     .end_bytes = (int64_t)((mib + 1) * MIB_BYTES)};
    assert_int_equal(series_add_span(series, name, strlen(name), &span), 0);
}

/* The image; the caller frees it. */
static char *draw(struct series *series, const struct plot_options *options)
{
    struct buf out;
    struct error error = {.text = ""};
    buf_init(&out, 1 << 20);
    series_sort(series);
    if (plot_svg(series, options, &out, &error))
        fail_msg("%s", error.text);
    return buf_take(&out);
}

static size_t count(const char *text, const char *what)
{
    size_t found = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        found++;
    return found;
}

static void check_has(const char *text, const char *what)
{
    if (!strstr(text, what))
        fail_msg("no '%s' in it", what);
}

static struct series two_seconds(void)
{
    struct series series;
    series_init(&series);
    series_set_command(&series, "python x.py", 11);
    add(&series, SERIES_MAIN, 0, 10);
    add(&series, SERIES_MAIN, 1, 40);
    add(&series, SERIES_MAIN, 2, 20);
    return series;
}

static void test_line(void **state)
{
    (void)state;
    struct series series = two_seconds();
    char *image = draw(&series, &whole);
    check_has(image, ">python x.py</text>");
    check_has(image, ">peak 40.0 MiB at 1.00 s</text>");
    /* From the left edge to the right one; the peak in the middle. */
    check_has(image, "d=\"M62.0 ");
    check_has(image, "L504.0 ");
    check_has(image, "L946.0 ");
    check_has(image, "cx=\"504.0\"");
    assert_null(strstr(image, "main process,")); /* no legend */
    assert_int_equal(count(image, "<rect"), 1);  /* the paper: there are no functions */
    free(image);
    series_fini(&series);
}

static void test_children(void **state)
{
    (void)state;
    struct series series = two_seconds();
    add(&series, 4321, 0.5, 7);
    add(&series, 4321, 1.5, 90);
    for (uint64_t pid = 1; pid <= 30; pid++)
        add(&series, pid, 1, 1 + (double)pid / 100);
    char *image = draw(&series, &whole);
    check_has(image, "child 4321, peak 90.0 MiB");
    check_has(image, "main process, peak 40.0 MiB");
    check_has(image, "child 30,"); /* of many, those with the highest peaks */
    assert_null(strstr(image, "child 1,"));
    assert_int_equal(count(image, "<path"), 16);
    free(image);
    series_fini(&series);
}

/* mprof writes zeros for a child that has ended. */
static void test_child_that_ends(void **state)
{
    (void)state;
    struct series series = two_seconds();
    add(&series, 7, 0.5, 10);
    add(&series, 7, 1, 0);
    add(&series, 7, 1.5, 0);
    add(&series, 7, 2, 0);
    char *image = draw(&series, &whole);
    const char *child = strstr(image, "track s1 child\" d=\"M");
    assert_non_null(child);
    /* Of four samples the first two are shown. */
    child += strlen("track s1 child\" d=\"");
    const char *second = strchr(child, 'L');
    assert_true(second && second < strchr(child, '"'));
    assert_true(!strchr(second + 1, 'L') || strchr(second + 1, 'L') > strchr(child, '"'));
    free(image);
    series_fini(&series);
}

static void test_functions(void **state)
{
    (void)state;
    struct series series = two_seconds();
    add_call(&series, "m.f", 0, 0.5, 2);
    add_call(&series, "m.f", 1.5, 2, 3);
    add_call(&series, "m.<g>", 1, 1, -1);
    char *image = draw(&series, &whole);
    check_has(image, ">m.f<tspan class=\"faint\"> 2 calls, 1.00 s, +5.0 MiB</tspan>");
    check_has(image, ">m.&lt;g&gt;<tspan class=\"faint\"> 1 call, 0.00 s, -1.0 MiB</tspan>");
    assert_int_equal(count(image, "<rect"), 4);
    check_has(image, "x=\"62.0\" y=\"420.0\" width=\"221.0\"");
    check_has(image, "x=\"504.0\" y=\"454.0\" width=\"1.0\"");
    free(image);
    struct plot_options options = whole;
    options.no_functions = true;
    image = draw(&series, &options);
    assert_null(strstr(image, "m.f"));
    free(image);
    series_fini(&series);
}

/* 100,000 calls and 100 functions: bars that touch are one, and what is left out is said. */
static void test_many_functions(void **state)
{
    (void)state;
    struct series series = two_seconds();
    char name[16];
    for (int i = 0; i < 100000; i++)
        add_call(&series, "often", 2e-5 * i, 2e-5 * i + 1e-5, 0);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "f%d", i);
        add_call(&series, name, 0, 0.001 * i, 0);
    }
    char *image = draw(&series, &whole);
    check_has(image, ">often<");
    check_has(image, ">f99<");
    assert_null(strstr(image, ">f50<"));
    check_has(image, "and 77 more functions, of less time");
    assert_true(count(image, "<rect") < 50);
    free(image);
    series_fini(&series);
}

/* A million samples make no larger a picture than a thousand, and the one high one is in it. */
static void test_many_samples(void **state)
{
    (void)state;
    struct series series;
    series_init(&series);
    for (int i = 0; i < 1000000; i++)
        add(&series, SERIES_MAIN, i * 1e-3, i == 777777 ? 500 : i % 7);
    char *image = draw(&series, &whole);
    check_has(image, "peak 500.0 MiB at 777.78 s");
    check_has(image, "m:ss");
    assert_true(count(image, "L") < 4 * 960);
    const char *circle = strstr(image, "cy=\"");
    char top[16];
    assert_non_null(circle);
    snprintf(top, sizeof top, " %.*s", (int)strcspn(circle + 4, "\""), circle + 4);
    const char *path = strstr(image, "<path");
    assert_non_null(path);
    check_has(path, top); /* the line goes up to the peak's ring */
    free(image);
    series_fini(&series);
}

static void test_window_and_slope(void **state)
{
    (void)state;
    struct series series = two_seconds();
    struct plot_options options = {.from_s = 1, .to_s = 2, .slope = true, .title = "a & b"};
    char *image = draw(&series, &options);
    check_has(image, ">a &amp; b</text>");
    check_has(image, "slope -20.000 MiB a second");
    check_has(image, "d=\"M62.0 "); /* the part begins with the sample at one second */
    check_has(image, "class=\"slope\"");
    free(image);
    struct error error;
    struct buf out;
    buf_init(&out, 1 << 20);
    /* On a narrow screen it has a row of its own. */
    assert_int_equal(plot_html(&series, &options, &out, NULL), 0);
    check_has(buf_text(&out), "at 1.00 s, slope -20.000 MiB a second</text>");
    check_has(buf_text(&out), "at 1.00 s</text>");
    check_has(buf_text(&out), ">slope -20.000 MiB a second</text>");
    buf_consume(&out, out.len);
    options.from_s = 1.2;
    options.to_s = 1.4;
    assert_int_equal(plot_svg(&series, &options, &out, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    buf_fini(&out);
    series_fini(&series);
}

/* No time at all, no memory at all, negative memory: figures stay figures. */
static void test_degenerate(void **state)
{
    (void)state;
    static const double cases[][2] = {{0, 0}, {5, 5}, {-3, -1}, {8e6, 8e6}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (int samples = 1; samples <= 2; samples++) {
            struct series series;
            series_init(&series);
            add(&series, SERIES_MAIN, 0, cases[i][0]);
            if (samples > 1)
                add(&series, SERIES_MAIN, 3, cases[i][1]);
            char *image = draw(&series, &whole);
            assert_null(strstr(image, "nan"));
            assert_null(strstr(image, "inf"));
            assert_null(strstr(image, "1000000000000"));
            free(image);
            series_fini(&series);
        }
    }
    struct series none;
    struct error error;
    struct buf out;
    series_init(&none);
    buf_init(&out, 1 << 20);
    assert_int_equal(plot_html(&none, &whole, &out, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    buf_fini(&out);
    series_fini(&none);
}

static void test_page(void **state)
{
    (void)state;
    struct series series = two_seconds();
    struct buf out;
    buf_init(&out, 1 << 20);
    add_call(&series, "m.<g>", 1, 1.25, -1);
    series.unread = 3;
    series.unread_line = 17;
    assert_int_equal(plot_html(&series, &whole, &out, NULL), 0);
    const char *page = buf_text(&out);
    check_has(page, "<h1>python x.py</h1>");
    check_has(page, "Begun at 2026-11-28T19:55:35.000Z");
    check_has(page, "3 lines of the file could not be read, the first is line 17.");
    check_has(page, "<td>m.&lt;g&gt;</td><td>1</td><td>0.250</td><td>-1.000</td>");
    assert_int_equal(count(page, "<svg "), 2);
    assert_null(strstr(page, "<script"));
    assert_null(strstr(page, "http")); /* nothing is loaded from anywhere */
    buf_fini(&out);
    series_fini(&series);
}

static void test_full_buffer(void **state)
{
    (void)state;
    struct series series = two_seconds();
    struct buf all;
    buf_init(&all, 1 << 20);
    assert_int_equal(plot_html(&series, &whole, &all, NULL), 0);
    for (size_t max = 0; max <= all.len; max += max + 7 < all.len ? 7 : 1) {
        struct buf out;
        struct error error;
        buf_init(&out, max);
        assert_int_equal(plot_html(&series, &whole, &out, &error), max == all.len ? 0 : -1);
        buf_fini(&out);
    }
    buf_fini(&all);
    series_fini(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_children),
        cmocka_unit_test(test_child_that_ends),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_many_functions),
        cmocka_unit_test(test_many_samples),
        cmocka_unit_test(test_window_and_slope),
        cmocka_unit_test(test_degenerate),
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_full_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
