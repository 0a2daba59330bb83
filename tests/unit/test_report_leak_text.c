/* report/leak_text: what a line keeps by type and who holds it, in words. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "report/leak_text.h"

static void add_type(struct holders *holders, const char *name, uint64_t count)
{
    holders->types[holders->type_count++] = (struct holders_type){
        .name = mem_strdup(name), .count = count, .shallow_bytes = 1, .retained_bytes = -1};
}

static void add_chain(struct holders *holders, const char *text, bool is_bounded)
{
    holders->chains[holders->chain_count++] = (struct holders_chain){
        .text = mem_strdup(text), .count = 2, .bytes = 100, .is_bounded = is_bounded};
}

static void check_types(struct holders *holders, const char *wanted)
{
    char text[LEAK_TYPES];
    assert_string_equal(leak_types(text, holders), wanted);
    holders_clear(holders);
    holders->state = HOLDERS_READY;
}

static void test_types(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    char text[LEAK_TYPES];
    (void)state;
    assert_string_equal(leak_types(text, NULL), "");
    check_types(&holders, "");
    add_type(&holders, "dict", 1);
    check_types(&holders, "1 dict object");
    add_type(&holders, "dict", 3204);
    add_type(&holders, "bytes", 10);
    check_types(&holders, "3,204 dict, 10 bytes objects");
    add_type(&holders, "native", 1);
    check_types(&holders, "1 native block");
    add_type(&holders, "native", UINT64_MAX);
    check_types(&holders, "18,446,744,073,709,551,615 native blocks");
    add_type(&holders, "int", 999);
    add_type(&holders, "native", 1000000);
    add_type(&holders, "list", 1);
    check_types(&holders, "999 int objects, 1,000,000 native blocks, 1 list object");
    add_type(&holders, "native", 2);
    add_type(&holders, "int", 1);
    add_type(&holders, "list", 1);
    check_types(&holders, "2 native blocks, 1 int, 1 list objects");
}

/* No more than three; what has nothing to count is not one of them. */
static void test_more_types(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    (void)state;
    add_type(&holders, "none", 0);
    add_type(&holders, "dict", 4);
    add_type(&holders, "none", 0);
    add_type(&holders, "list", 3);
    add_type(&holders, "set", 2);
    add_type(&holders, "none", 0);
    add_type(&holders, "str", 1);
    check_types(&holders, "4 dict, 3 list, 2 set objects and 1 more type");
    for (size_t i = 0; i < HOLDERS_TYPES; i++)
        add_type(&holders, i % 2 ? "native" : "dict", 5);
    check_types(&holders, "5 dict objects, 5 native blocks, 5 dict objects and 29 more types");
}

/* Names from the program: harmless, and none too long for the text. */
static void test_odd_types(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    char name[4000], text[LEAK_TYPES];
    (void)state;
    add_type(&holders, "a\x1b[31m\xff", 2);
    check_types(&holders, "2 a^[[31m\xEF\xBF\xBD objects");
    for (size_t i = 0; i < sizeof name - 1; i++)
        name[i] = "\xF0\x9F\x98\x80"[i % 4];
    name[sizeof name - 1] = '\0';
    for (int i = 0; i < 5; i++)
        add_type(&holders, name, UINT64_MAX);
    leak_types(text, &holders);
    assert_true(text_is_utf8(text, strlen(text)));
    assert_non_null(strstr(text, "\xE2\x80\xA6\xF0\x9F\x98\x80"));
    assert_string_equal(text + strlen(text) - 25, " objects and 2 more types");
    holders_clear(&holders);
    memset(name, '\x1b', sizeof name - 1); /* each of them becomes two */
    for (int i = 0; i < 5; i++)
        add_type(&holders, name, UINT64_MAX);
    leak_types(text, &holders);
    assert_string_equal(text + strlen(text) - 25, " objects and 2 more types");
    holders_clear(&holders);
}

static void test_verdict(void **state)
{
    struct model *model = model_new("/app");
    struct leak leak = {.file = 3,
                        .line = 42,
                        .state = LEAK_CERTAIN,
                        .kept = 10,
                        .of = 10,
                        .bytes_per_invocation = 1 << 20};
    char text[LEAK_VERDICT];
    struct holders *asked = &model->evidence.lines[0];
    (void)state;
    assert_string_equal(leak_verdict(text, model, &leak),
                        "keeps 1.0 MiB of every invocation, 10 of 10");
    assert_null(leak_holders(model, &leak));
    model->evidence.count = 1;
    *asked = (struct holders){.state = HOLDERS_READY, .file = 3, .line = 42};
    add_type(asked, "dict", 3204);
    add_type(asked, "bytes", 10);
    assert_string_equal(
        leak_verdict(text, model, &leak),
        "keeps 1.0 MiB of every invocation, 10 of 10, 3,204 dict, 10 bytes objects");
    assert_ptr_equal(leak_holders(model, &leak), asked);
    leak.line = 41;
    assert_null(leak_holders(model, &leak));
    leak.line = 42;
    asked->state = HOLDERS_ASKED;
    assert_null(leak_holders(model, &leak));
    asked->state = HOLDERS_FAILED;
    assert_ptr_equal(leak_holders(model, &leak), asked);
    leak.state = LEAK_SUSPECT;
    leak.is_bounded = leak.is_native = true;
    holders_list_clear(&model->evidence);
    assert_string_equal(leak_verdict(text, model, &leak),
                        "may keep 1.0 MiB of native memory of every invocation, 10 of 10, where "
                        "old ones are dropped by themselves");
    model_free(model);
}

static void test_hold(void **state)
{
    char text[LEAK_HOLD], note[2000] = "lru_cache(maxsize=128), 12 in it\x1b";
    struct holders_chain chain = {.count = 3204, .bytes = 10 << 20};
    (void)state;
    assert_string_equal(leak_hold(text, &chain), "3,204 of them, holding 10.0 MiB");
    chain.is_bounded = true;
    assert_string_equal(leak_hold(text, &chain),
                        "3,204 of them, holding 10.0 MiB; drops old ones by itself");
    chain.note = note;
    assert_string_equal(leak_hold(text, &chain),
                        "3,204 of them, holding 10.0 MiB; drops old ones by itself "
                        "(lru_cache(maxsize=128), 12 in it^[)");
    chain.is_bounded = false;
    chain.count = 0;
    assert_string_equal(leak_hold(text, &chain), "10.0 MiB; lru_cache(maxsize=128), 12 in it^[");
    memset(note, '\xff', sizeof note - 1);
    note[sizeof note - 1] = '\0';
    chain = (struct holders_chain){
        .note = note, .is_bounded = true, .count = UINT64_MAX, .bytes = INT64_MIN};
    leak_hold(text, &chain);
    assert_true(text_is_utf8(text, strlen(text)));
    assert_string_equal(text + strlen(text) - 4, "\xE2\x80\xA6)");
}

static void test_lines(void **state)
{
    struct holders holders = {.state = HOLDERS_READY};
    struct buf out;
    (void)state;
    buf_init(&out, 4096);
    assert_int_equal(leak_write_holders(NULL, "  ", &out), 0);
    assert_int_equal(leak_write_holders(&holders, "  ", &out), 0);
    assert_int_equal(out.len, 0);
    for (int i = 0; i < 5; i++)
        add_chain(&holders, "CACHE['\x1b'] -> list[3]", i == 1);
    holders.problem = mem_strdup("memory is short");
    assert_int_equal(leak_write_holders(&holders, "  ", &out), 0);
    assert_string_equal(
        buf_text(&out),
        "  held by CACHE['^['] -> list[3]: 2 of them, holding 100 B\n"
        "  held by CACHE['^['] -> list[3]: 2 of them, holding 100 B; drops old ones by itself\n"
        "  held by CACHE['^['] -> list[3]: 2 of them, holding 100 B\n"
        "  and by 2 more\n"
        "  memory is short\n");
    buf_fini(&out);
    buf_init(&out, 100);
    assert_int_equal(leak_write_holders(&holders, "  ", &out), -ENOBUFS);
    holders_clear(&holders);
    buf_fini(&out);
    buf_init(&out, 4096);
    add_chain(&holders, "nothing in Python: native code", false);
    assert_int_equal(leak_write_holders(&holders, "  ", &out), 0);
    assert_string_equal(buf_text(&out),
                        "  nothing in Python: native code: 2 of them, holding 100 B\n");
    holders_clear(&holders);
    out.len = 0;
    holders = (struct holders){.state = HOLDERS_FAILED, .problem = mem_strdup("no answer")};
    assert_int_equal(leak_write_holders(&holders, "", &out), 0);
    assert_string_equal(buf_text(&out), "who holds it is not known: no answer\n");
    holders_clear(&holders);
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),     cmocka_unit_test(test_more_types),
        cmocka_unit_test(test_odd_types), cmocka_unit_test(test_verdict),
        cmocka_unit_test(test_hold),      cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
