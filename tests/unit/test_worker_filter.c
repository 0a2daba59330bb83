/* Which files are profiled: the rule, and the globs that change it. */
#include "config.h"

#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/filter.h"

static void test_rule(void **state)
{
    (void)state;
    filter_set("/app", NULL, NULL);
    assert_true(filter_matches("/app/a.py"));
    assert_true(filter_matches("/app/deep/er/a.py"));
    assert_false(filter_matches("/apple/a.py"));
    assert_false(filter_matches("/usr/lib/python3/a.py"));
    assert_false(filter_matches("/app/x/site-packages/a.py"));
    assert_false(filter_matches("/app/.python_packages/lib/a.py"));
    assert_true(filter_matches("/app/my-site-packages-tool/a.py"));
}

static void test_root_is_slash(void **state)
{
    (void)state;
    filter_set("/", NULL, NULL);
    assert_true(filter_matches("/a.py"));
}

static void test_globs(void **state)
{
    (void)state;
    static const char *const include[] = {"/lib/*/wanted.py", "env/site-packages/dep/*", NULL};
    static const char *const exclude[] = {"tests/*", "*_pb2.py", NULL};
    filter_set("/app", include, exclude);
    assert_true(filter_matches("/lib/x/y/wanted.py"));
    assert_false(filter_matches("/lib/x/other.py"));
    assert_true(filter_matches("/app/env/site-packages/dep/a.py"));
    assert_false(filter_matches("/app/env/site-packages/other/a.py"));
    assert_false(filter_matches("/app/tests/a.py"));
    assert_false(filter_matches("/app/x/model_pb2.py"));
    assert_true(filter_matches("/app/a.py"));
}

static void test_virtual_environment(void **state)
{
    (void)state;
    char root[] = "/tmp/pymemtop-filter-XXXXXX", path[PATH_MAX];
    assert_non_null(mkdtemp(root));
    snprintf(path, sizeof path, "%s/venv", root);
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path, sizeof path, "%s/venv/pyvenv.cfg", root);
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    filter_set(root, NULL, NULL);
    snprintf(path, sizeof path, "%s/venv/bin/tool.py", root);
    assert_false(filter_matches(path));
    snprintf(path, sizeof path, "%s/other/tool.py", root);
    assert_true(filter_matches(path));
    snprintf(path, sizeof path, "rm -r '%s'", root);
    assert_int_equal(system(path), 0); /* NOLINT(cert-env33-c): a folder of our own making */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rule),
        cmocka_unit_test(test_root_is_slash),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_virtual_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
