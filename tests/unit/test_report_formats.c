/* The reports that other programs read: text from outside in each of them, and their bounds. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/amount.h"
#include "report/csv.h"
#include "report/html.h"
#include "report/junit.h"
#include "report/markdown.h"

/* Two lines, of which the first leaks, with text in them that means something in each format. */
static const char source[] = "=cmd('a|`b`') # \"<script>\" \xff\x1b[31m\n\t-1\n";

/* Who holds what leaks, as a program may call it. */
static void add_holders(struct model *model, uint32_t file, uint32_t line)
{
    struct holders *asked = &model->evidence.lines[model->evidence.count++];
    *asked = (struct holders){.state = HOLDERS_READY, .file = file, .line = line};
    asked->problem = mem_strdup("`|<script>\xff problem");
    for (int i = 0; i < 5; i++) {
        asked->types[asked->type_count++] =
            (struct holders_type){.name = mem_strdup("=<script>`|\x1b\xff"),
                                  .count = 1001,
                                  .shallow_bytes = 4096,
                                  .retained_bytes = -1,
                                  .example = mem_strdup("'<script>`|\xff'")};
        asked->chains[asked->chain_count++] =
            (struct holders_chain){.text = mem_strdup("=K['<script>`|\x1b\xff'] -> list[3]"),
                                   .note = mem_strdup("<script>`|\xff"),
                                   .count = 1002,
                                   .bytes = 4096,
                                   .is_bounded = i == 1};
    }
}

static struct model *hostile_model(void)
{
    struct model *model = model_new("/<script>'\"|`\xff");
    struct file *file =
        file_new("/<script>'\"|`\xff/=a,b.py", model->app_root, source, sizeof source - 1);
    const struct line_stats stats = {.mem_usage_bytes = 1 << 20,
                                     .peak_bytes = 1 << 20,
                                     .increment_bytes = 4096,
                                     .self_increment_bytes = 4096,
                                     .occurrences = 3};
    model->heap.is_on = true;
    model_add_file(model, file);
    file_set_live(file, 1, &stats);
    file_set_live(file, 2, &stats);
    model->leaks.items[0] = (struct leak){.line = 1,
                                          .state = LEAK_CERTAIN,
                                          .kept = 4,
                                          .of = 10,
                                          .bytes_per_invocation = 2048,
                                          .alive_bytes = 8192};
    model->leaks.items[1] = (struct leak){.line = 2, .kept = 2, .of = 9, .bytes_per_invocation = 9};
    model->leaks.count = 2;
    model->leaks.certain = 1;
    add_holders(model, 0, 1);
    struct invocation *one =
        invocations_add(&model->invocations, 1, "", "F<script>", "GET /<script>?'\"|`\xff");
    one->start_ns = one->start_realtime_ns = 1000;
    invocations_end(&model->invocations, one, OUTCOME_FAILED, 500, 2000, "]]> <script> |`");
    return model;
}

static void check_clean(const struct buf *out)
{
    assert_true(text_is_utf8(buf_text(out), out->len));
    for (size_t i = 0; i < out->len; i++)
        assert_true((unsigned char)out->data[i] >= ' ' || strchr("\n\r\t", out->data[i]));
}

static void check_has(const struct buf *out, const char *what)
{
    if (!strstr(buf_text(out), what))
        fail_msg("no '%s' in %s", what, buf_text(out));
}

static void test_amounts(void **state)
{
    (void)state;
    char text[AMOUNT_SIZE];
    assert_string_equal(amount_text(text, 0), "0 B");
    assert_string_equal(amount_text(text, -1023), "-1023 B");
    assert_string_equal(amount_text(text, 1024), "1.0 KiB");
    assert_string_equal(amount_text(text, (1 << 20) - 1), "1.0 MiB");
    assert_string_equal(amount_text(text, 3 << 29), "1.5 GiB");
    assert_string_equal(amount_text(text, INT64_MIN), "-8388608.0 TiB");
    assert_string_equal(amount_change(text, 512), "+512 B");
    assert_string_equal(amount_change(text, -2048), "-2.0 KiB");
}

static void test_csv(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = hostile_model();
    buf_init(&out, 1 << 20);
    assert_int_equal(csv_report_write(model, &out, NULL), 0);
    check_clean(&out);
    check_has(&out,
              "\r\n\"/<script>'\"\"|`\xEF\xBF\xBD/=a,b.py\",1,false,1,\"<module>\","
              "\"'=cmd('a|`b`') # \"\"<script>\"\" \xEF\xBF\xBD^[[31m\",1048576,1048576,4096");
    check_has(&out, ",certain,2048,4,10,\"1,001 =<script>`|^[\xEF\xBF\xBD, ");
    check_has(&out, " objects and 2 more types\",\"'=K['<script>`|^[\xEF\xBF\xBD'] -> list[3]: "
                    "1,002 of them, holding 4.0 KiB; <script>`|\xEF\xBF\xBD | =K[");
    check_has(&out, ",\"'\t-1\",");
    check_has(&out, ",suspect,9,2,9,,\r\n");
    buf_fini(&out);
    model_free(model);
}

static void test_html(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = hostile_model();
    buf_init(&out, 1 << 20);
    assert_int_equal(html_write(model, NULL, &out, NULL), 0);
    check_clean(&out);
    /* One script, and it is the page's. */
    const char *script = strstr(buf_text(&out), "<script>");
    assert_non_null(script);
    assert_null(strstr(script + 1, "<script>"));
    check_has(&out, "=cmd(&#39;a|`b`&#39;) # &quot;&lt;script&gt;&quot; \xEF\xBF\xBD^[[31m");
    check_has(&out, "keeps 2.0 KiB of an invocation, 4 of 10, 1,001 =&lt;script&gt;`|^[");
    check_has(&out, "<li><code>=K[&#39;&lt;script&gt;`|^[\xEF\xBF\xBD&#39;] -&gt; list[3]</code>: "
                    "1,002 of them, holding 4.0 KiB; &lt;script&gt;");
    check_has(&out, "; drops old ones by itself (&lt;script&gt;");
    check_has(&out, "<details><summary>and by 2 more</summary>");
    check_has(&out, "<code>&#39;&lt;script&gt;`|\xEF\xBF\xBD&#39;</code>");
    check_has(&out, "`|&lt;script&gt;\xEF\xBF\xBD problem");
    check_has(&out, "<a href=\"#suspects\">1 more line may leak.</a>");
    check_has(&out, "<summary>1 line may leak</summary>");
    check_has(&out, "may keep 9 B of an invocation, 2 of 9");
    check_has(&out, "]]&gt; &lt;script&gt; |`");
    buf_fini(&out);
    model_free(model);
}

static void test_junit(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = hostile_model();
    struct checks checks = {.count = 2};
    checks.items[0].condition = (struct fail_on_condition){.kind = FAIL_ON_LEAK, .text = "leak"};
    checks.items[1].condition = (struct fail_on_condition){.kind = FAIL_ON_RSS, .text = "rss>1M"};
    checks.items[0].holds = true;
    buf_init(&out, 1 << 20);
    assert_int_equal(junit_write(model, &checks, &out, NULL), 0);
    check_clean(&out);
    check_has(&out, "tests=\"3\" failures=\"2\" errors=\"0\"");
    check_has(&out, "message=\"status 500: ]]&gt; &lt;script&gt; |`\"");
    check_has(&out, "<failure type=\"leak\"");
    check_has(&out, "name=\"rss&gt;1M\"");
    check_has(&out, "4 of 10, 1,001 =&lt;script&gt;`|^[");
    check_has(&out, "\nheld by =K[&#39;&lt;script&gt;`|^[");
    check_has(&out, "\nand by 2 more\n`|&lt;script&gt;\xEF\xBF\xBD problem</failure>");
    buf_fini(&out);
    model_free(model);
}

static void test_markdown(void **state)
{
    (void)state;
    struct buf out;
    struct model *model = hostile_model();
    buf_init(&out, MARKDOWN_MAX - 1);
    assert_int_equal(markdown_write(model, NULL, &out, NULL), 0);
    check_clean(&out);
    check_has(&out, "keeps 2.0 KiB of an invocation, 4 of 10, <code>1,001 =&#60;script&#62;");
    check_has(&out, "list&#91;3&#93;</code>, 1,002 of them, holding 4.0 KiB<br>");
    check_has(&out, ", 1,002 of them, holding 4.0 KiB; drops old ones by itself<br>");
    check_has(&out, "<br>and 2 more<br><code>&#96;&#124;&#60;script&#62;");
    check_has(&out, "<details><summary>1 line may leak</summary>\n\n| Line |");
    check_has(&out, "| may keep 9 B of an invocation, 2 of 9 |");
    buf_fini(&out);
    model_free(model);
}

static size_t count_of(const struct buf *out, const char *what)
{
    size_t count = 0;
    for (const char *at = buf_text(out); (at = strstr(at, what)) != NULL; at++)
        count++;
    return count;
}

/* A long list of leaks is folded, and one that is too long says what is left out. */
static void test_html_folds(void **state)
{
    static const size_t counts[] = {12, 13, 50, 51, LEAK_MAX};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct buf out;
        struct model *model = hostile_model();
        size_t count = counts[i];
        for (size_t k = 0; k < count; k++)
            model->leaks.items[k] = model->leaks.items[0];
        model->leaks.count = model->leaks.certain = count;
        buf_init(&out, 1 << 24);
        assert_int_equal(html_write(model, NULL, &out, NULL), 0);
        assert_int_equal(count_of(&out, "<article"), count < 50 ? count : 50);
        assert_int_equal(count_of(&out, "<details"), count_of(&out, "</details>"));
        assert_int_equal(count_of(&out, " more, of less bytes</summary>"), count > 12);
        assert_int_equal(count_of(&out, "more, of less bytes</p>"), count > 50);
        buf_fini(&out);
        model_free(model);
    }
}

/* The longest that a comment can become: as many leaks as there can be, of the longest lines. */
static void test_markdown_is_short(void **state)
{
    (void)state;
    struct buf out, text;
    struct model *model = hostile_model();
    char line[200], text_of_program[200] = "/";
    uint32_t half = LEAK_MAX / 2;
    memset(line, '|', sizeof line);
    memset(text_of_program + 1, '|', sizeof text_of_program - 2);
    line[sizeof line - 1] = '\n';
    buf_init(&text, 1 << 20);
    for (int i = 0; i < LEAK_MAX; i++)
        assert_int_equal(buf_append(&text, line, sizeof line), 0);
    struct file *file = file_new(text_of_program, NULL, text.data, text.len);
    uint32_t index = model_add_file(model, file);
    const struct line_stats stats = {.self_increment_bytes = 5000, .occurrences = 1};
    for (uint32_t i = 0; i < LEAK_MAX; i++) {
        file_set_live(file, i + 1, &stats);
        model->leaks.items[i] = (struct leak){
            .file = index, .line = i + 1, .state = LEAK_CERTAIN, .bytes_per_invocation = 1};
    }
    for (uint32_t i = half; i < LEAK_MAX; i++)
        model->leaks.items[i].state = LEAK_SUSPECT;
    model->leaks.count = LEAK_MAX;
    model->leaks.certain = half;
    for (uint32_t i = 0; i < HOLDERS_LINES; i++) {
        holders_clear(&model->evidence.lines[i]);
        model->evidence.count = i;
        add_holders(model, index, i + 1);
        for (size_t k = 0; k < 5; k++) {
            struct holders *asked = &model->evidence.lines[i];
            model_set_text(&asked->types[k].name, text_of_program);
            model_set_text(&asked->chains[k].text, text_of_program);
            model_set_text(&asked->chains[k].note, text_of_program);
            model_set_text(&asked->problem, text_of_program);
        }
    }
    buf_init(&out, MARKDOWN_MAX - 1);
    assert_int_equal(markdown_write(model, NULL, &out, NULL), 0);
    check_clean(&out);
    check_has(&out, "more, of less bytes");
    check_has(&out, "and 123 more");
    check_has(&out, "<code>&#124;&#124;");
    assert_null(strstr(buf_text(&out), "||"));
    buf_fini(&out);
    buf_fini(&text);
    model_free(model);
}

/* What does not fit is said, and not half of it written as if it were all. */
static void test_full(void **state)
{
    (void)state;
    struct buf out;
    struct error error;
    struct model *model = hostile_model();
    buf_init(&out, 100);
    assert_int_equal(csv_report_write(model, &out, &error), -1);
    assert_int_equal(html_write(model, NULL, &out, &error), -1);
    assert_non_null(strstr(error.text, "longer than 100 bytes"));
    buf_fini(&out);
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amounts),  cmocka_unit_test(test_csv),
        cmocka_unit_test(test_html),     cmocka_unit_test(test_junit),
        cmocka_unit_test(test_full),     cmocka_unit_test(test_markdown_is_short),
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_html_folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
