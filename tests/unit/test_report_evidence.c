/* report/evidence and report/run_check: the verdict as text, and the conditions of --fail-on. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "report/evidence.h"
#include "report/run_check.h"

static struct model *open_model(void)
{
    static const char text[] = "import x\n\tKEEP.append(\x1b[1m)\nz = 1\n";
    struct model *model = model_new("/app");
    model_add_file(model, file_new("/app/F/__init__.py", "/app", text, sizeof text - 1));
    return model;
}

static void add(struct model *model, struct leak leak)
{
    leak.state = LEAK_CERTAIN;
    leak.line = leak.line ? leak.line : 2;
    model->leaks.items[model->leaks.count++] = leak;
    model->leaks.certain++;
}

static void says(struct leak leak, const char *wanted)
{
    char sentence[EVIDENCE_SENTENCE];
    struct model *model = open_model();
    add(model, leak);
    assert_string_equal(evidence_sentence(sentence, model, &model->leaks.items[0]), wanted);
    model_free(model);
}

static void test_sentences(void **state)
{
    (void)state;
    says((struct leak){.kept = 10, .of = 10, .bytes_per_invocation = 1 << 20},
         "line 2 of F/__init__.py keeps 1.0 MiB of every invocation, 10 of 10");
    says((struct leak){.kept = 3, .of = 10, .bytes_per_invocation = 2130, .is_native = true},
         "line 2 of F/__init__.py keeps 2.1 KiB of native memory of an invocation, 3 of 10");
    says((struct leak){.bytes_per_invocation = 100},
         "line 2 of F/__init__.py keeps 100 B more with each invocation");
    says((struct leak){.bytes_per_invocation = 100, .is_outside = true},
         "line 2 of F/__init__.py keeps 100 B more with each invocation, outside of them");
    says((struct leak){.file = 7, .kept = 3, .of = 3, .bytes_per_invocation = 5},
         "line 2 of ? keeps 5 B of every invocation, 3 of 3");
}

/* What the worker has told of the first leak. */
static void add_holders(struct model *model, enum holders_state state, uint32_t line)
{
    struct holders *asked = &model->evidence.lines[model->evidence.count++];
    *asked = (struct holders){.state = state, .line = line};
    if (state == HOLDERS_FAILED) {
        asked->problem = mem_strdup("the worker has died");
        return;
    }
    asked->types[asked->type_count++] =
        (struct holders_type){.name = mem_strdup("dict"), .count = 3204};
    asked->types[asked->type_count++] =
        (struct holders_type){.name = mem_strdup("bytes"), .count = 10};
    asked->chains[asked->chain_count++] =
        (struct holders_chain){.text = mem_strdup("F.CACHE['a']"), .count = 3214, .bytes = 2130};
}

static void test_table(void **state)
{
    struct buf out;
    struct error error = {0};
    struct model *model = open_model();
    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(evidence_write_table(model, &out, &error), 0);
    assert_int_equal(out.len, 0);
    add(model, (struct leak){.kept = 7,
                             .of = 10,
                             .bytes_per_invocation = 2130,
                             .first_number = 3,
                             .last_number = 12});
    add(model, (struct leak){.line = 3, .bytes_per_invocation = 5 << 20, .is_native = true});
    model->leaks.items[model->leaks.count++] = (struct leak){.line = 1}; /* suspected */
    assert_int_equal(evidence_write_table(model, &out, &error), 0);
    assert_string_equal(
        buf_text(&out),
        "Line             Per invocation  Kept       Memory  Invocations   Source\n"
        "F/__init__.py:2         2.1 KiB  7 of 10    Python  3..12         KEEP.append(^[[1m)\n"
        "F/__init__.py:3         5.0 MiB  grows      native  -             z = 1\n");
    out.len = 0;
    assert_int_equal(evidence_write_sentences(model, &out, &error), 0);
    assert_non_null(strstr(buf_text(&out), "line 3 of F/__init__.py keeps 5.0 MiB"));
    assert_null(strstr(buf_text(&out), "line 1"));
    buf_fini(&out);
    buf_init(&out, 100);
    assert_int_equal(evidence_write_table(model, &out, &error), -1);
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    buf_fini(&out);
    model_free(model);
}

static void test_kept(void **state)
{
    struct buf out;
    struct model *model = open_model();
    (void)state;
    add(model, (struct leak){.kept = 10, .of = 10, .bytes_per_invocation = 1 << 20});
    add(model, (struct leak){.line = 3, .kept = 3, .of = 3, .bytes_per_invocation = 5});
    add_holders(model, HOLDERS_READY, 2);
    add_holders(model, HOLDERS_FAILED, 3);
    buf_init(&out, 4096);
    assert_int_equal(evidence_write_table(model, &out, NULL), 0);
    assert_string_equal(
        buf_text(&out),
        "Line             Per invocation  Kept       Memory  Invocations   Source\n"
        "F/__init__.py:2         1.0 MiB  10 of 10   Python  -             KEEP.append(^[[1m)\n"
        "    3,204 dict, 10 bytes objects\n"
        "    held by F.CACHE['a']: 3,214 of them, holding 2.1 KiB\n"
        "F/__init__.py:3             5 B  3 of 3     Python  -             z = 1\n"
        "    who holds it is not known: the worker has died\n");
    out.len = 0;
    assert_int_equal(evidence_write_sentences(model, &out, NULL), 0);
    assert_string_equal(buf_text(&out),
                        "line 2 of F/__init__.py keeps 1.0 MiB of every invocation, 10 of 10, "
                        "3,204 dict, 10 bytes objects\n"
                        "    held by F.CACHE['a']: 3,214 of them, holding 2.1 KiB\n"
                        "line 3 of F/__init__.py keeps 5 B of every invocation, 3 of 3\n"
                        "    who holds it is not known: the worker has died\n");
    buf_fini(&out);
    model_free(model);
}

static struct checks check(const struct model *model, const char *text)
{
    struct fail_on set = {.count = 0};
    struct checks checks;
    struct error error;
    assert_int_equal(fail_on_parse(&set, text, RUN_CONDITIONS, &error), 0);
    run_check(model, &set, &checks);
    return checks;
}

static void test_conditions(void **state)
{
    struct model *model = open_model();
    const struct line_stats stats = {.increment_bytes = 10 << 20, .occurrences = 1};
    (void)state;
    file_set_live(model->files[0], 3, &stats);
    model->rss_peak_bytes = 200 << 20;
    struct checks checks = check(model, "leak, rss>200M, increment>10M");
    assert_int_equal(checks.count, 3);
    assert_false(checks_hold(&checks));
    assert_string_equal(checks.items[0].why, "no line leaks");
    checks = check(model, "leak, rss>199M, increment>9M");
    assert_true(checks_hold(&checks));
    assert_false(checks_hold_kind(&checks, FAIL_ON_LEAK));
    assert_true(checks_hold_kind(&checks, FAIL_ON_RSS));
    assert_string_equal(checks.items[1].why, "the RSS peak is 200 MiB");
    assert_true(checks_hold_kind(&checks, FAIL_ON_INCREMENT));
    assert_string_equal(checks.items[2].why, "line 3 of F/__init__.py has an increment of 10 MiB");
    model->leaks.items[model->leaks.count++] = (struct leak){.line = 1}; /* suspected */
    checks = check(model, "leak");
    assert_false(checks_hold(&checks));
    model->leaks.count = 0;
    add(model, (struct leak){.kept = 3, .of = 3, .bytes_per_invocation = 5});
    checks = check(model, "leak");
    assert_true(checks_hold_kind(&checks, FAIL_ON_LEAK));
    assert_string_equal(checks.items[0].why, "1 line leaks; line 2 of F/__init__.py keeps 5 B "
                                             "of every invocation, 3 of 3");
    model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_kept),
        cmocka_unit_test(test_conditions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
