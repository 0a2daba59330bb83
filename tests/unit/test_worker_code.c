/* What is read out of code objects, which each Python keeps in its own way: built for every one. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/code.h"
#include "worker/compat.h"
#include "worker/filter.h"
#include "worker/interp.h"
#include "worker/publish.h"
#include "worker/qualname.h"
#include "worker/rss.h"

/* CPython keeps memory at its end on purpose, which LeakSanitizer cannot tell from ours. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static const char source[] = "def decorate(f): return f\n"    /* 1 */
                             "class Outer:\n"                 /* 2 */
                             "    @decorate\n"                /* 3 */
                             "    def method(self,\n"         /* 4 */
                             "               b=1):\n"         /* 5 */
                             "        class Local:\n"         /* 6 */
                             "            def inner(self):\n" /* 7 */
                             "                return 1\n"     /* 8 */
                             "        return [\n"             /* 9 */
                             "            Local,\n"           /* 10 */
                             "            self]\n"            /* 11 */
                             "value = 1\n";                   /* 12 */

static struct segment *segment;
static PyCodeObject *module;

static int setup(void **state)
{
    static char path[] = "/tmp/pymemtop-test-XXXXXX";
    struct error error;
    int fd;
    (void)state;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    assert_int_equal(rss_open(&error), 0);
    segment = segment_attach(fd, &error);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    assert_int_equal(interp_start(NULL, "/tmp", NULL, &error), 0);
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    filter_set("/tmp", NULL, NULL);
    assert_int_equal(code_open(), 0);
    module = (PyCodeObject *)Py_CompileString(source, path, Py_file_input);
    assert_non_null(module);
    assert_int_equal(code_info(module)->kind, CODE_PROFILED);
    unlink(path);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    Py_DECREF(module);
    return interp_stop();
}

/* The code object of that name in the constants of `code`. */
static PyCodeObject *nested(PyCodeObject *code, const char *name)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyCodeObject *constant = (PyCodeObject *)PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(constant) &&
            PyUnicode_CompareWithASCIIString(constant->co_name, name) == 0)
            return constant;
    }
    fail_msg("no %s", name);
    return NULL;
}

static void assert_name(PyCodeObject *code, const char *name)
{
    assert_string_equal(PyUnicode_AsUTF8(qualname_of(code)), name);
}

static void test_qualified_names(void **state)
{
    (void)state;
    PyCodeObject *outer = nested(module, "Outer"), *method = nested(outer, "method");
    PyCodeObject *local = nested(method, "Local"), *inner = nested(local, "inner");
    assert_name(module, "<module>");
    assert_name(outer, "Outer");
    assert_name(method, "Outer.method");
    assert_name(local, "Outer.method.<locals>.Local");
    assert_name(inner, "Outer.method.<locals>.Local.inner");
    assert_false(code_info(module)->is_in_function);
    assert_false(code_info(outer)->is_in_function);
    assert_true(code_info(method)->is_in_function);
    assert_true(code_info(local)->is_in_function && !code_info(local)->is_function);
}

static void test_heads_of_functions(void **state)
{
    (void)state;
    const struct code_info *outer = code_info(nested(module, "Outer"));
    assert_true(code_defines_at(code_info(module), 1));
    assert_false(code_defines_at(code_info(module), 2));
    assert_true(code_defines_at(outer, 3));
    assert_true(code_defines_at(outer, 5));
    assert_false(code_defines_at(outer, 6));
}

/* A module that is loaded again at every request takes no more memory each time. */
static void test_what_is_gone_leaves_its_room(void **state)
{
    (void)state;
    int64_t own_bytes = 0;
    for (int i = 0; i < 20000; i++) {
        PyObject *copy = PyObject_CallMethod((PyObject *)module, "replace", NULL);
        assert_non_null(copy);
        assert_true(code_info((PyCodeObject *)copy)->head_count > 0);
        Py_DECREF(copy);
        if (i == 0)
            own_bytes = rss_own_bytes();
    }
    assert_int_equal(rss_own_bytes(), own_bytes);
}

static void test_announced_function(void **state)
{
    (void)state;
    PyCodeObject *method = nested(nested(module, "Outer"), "method");
    uint32_t before = atomic_load(&segment->function_count);
    code_announce(method, code_info(method));
    assert_int_equal(atomic_load(&segment->function_count), before + 1);
    const struct segment_function *function = &segment->functions[before];
    assert_int_equal(function->first_line, 3);
    assert_int_equal(function->last_line, 11);
    assert_int_equal(function->name_len, sizeof "Outer.method" - 1);
}

/* A function of a file that is not profiled can be, and that file's other code is not. */
static void test_one_function_alone(void **state)
{
    (void)state;
    static const char *const exclude[] = {"*", NULL};
    char path[] = "/var/tmp/pymemtop-test-XXXXXX";
    close(mkstemp(path));
    PyCodeObject *other = (PyCodeObject *)Py_CompileString(source, path, Py_file_input);
    PyCodeObject *outer = nested(other, "Outer"), *method = nested(outer, "method");
    filter_set("/tmp", NULL, exclude);
    assert_false(code_profile_alone(method));
    filter_set("/tmp", NULL, NULL);
    assert_true(code_profile_alone(method));
    assert_true(code_profile_alone(method));
    assert_int_equal(code_info(nested(method, "Local"))->kind, CODE_PROFILED);
    assert_int_equal(code_info(method)->kind, CODE_PROFILED);
    assert_true(code_info(method)->is_function);
    assert_int_equal(code_info(other)->kind, CODE_OTHER);
    assert_int_equal(code_info(nested(other, "decorate"))->kind, CODE_OTHER);
    unlink(path);
    Py_DECREF(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_qualified_names),
        cmocka_unit_test(test_heads_of_functions),
        cmocka_unit_test(test_what_is_gone_leaves_its_room),
        cmocka_unit_test(test_announced_function),
        cmocka_unit_test(test_one_function_alone),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
