/* base/packages: which folders hold installed packages. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/packages.h"

static bool is_name(const char *name)
{
    return packages_is_name(name, strlen(name));
}

static void test_names(void **state)
{
    (void)state;
    assert_true(is_name("site-packages"));
    assert_true(is_name("dist-packages"));
    assert_true(is_name(".python_packages"));
    assert_true(is_name("node_modules"));
    assert_true(is_name("__pycache__"));
    assert_false(is_name(""));
    assert_false(is_name("site-package"));
    assert_false(is_name("my-site-packages"));
    assert_false(is_name("Site-Packages"));
}

static void test_name_within_a_path(void **state)
{
    (void)state;
    const char *path = "site-packages/azure";
    assert_true(packages_is_name(path, strlen("site-packages")));
    assert_false(packages_is_name(path, strlen("site-packages/")));
    assert_false(packages_is_name(path, strlen("site")));
}

static void test_environment(void **state)
{
    (void)state;
    char folder[] = "/tmp/pymemtop-packages-XXXXXX";
    assert_non_null(mkdtemp(folder));
    size_t len = strlen(folder);
    assert_false(packages_is_environment(folder, len));

    char config[64];
    snprintf(config, sizeof config, "%s/pyvenv.cfg", folder);
    int fd = open(config, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_true(packages_is_environment(folder, len));
    assert_true(packages_is_environment(config, len)); /* the first `len` bytes alone count */
    assert_false(packages_is_environment(config, strlen(config)));
    unlink(config);
    rmdir(folder);
}

static void test_path_that_is_too_long(void **state)
{
    (void)state;
    size_t len = 1 << 16;
    char *path = malloc(len);
    assert_non_null(path);
    memset(path, '/', len);
    assert_false(packages_is_environment(path, len));
    free(path);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_name_within_a_path),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_path_that_is_too_long),
    };
    return cmocka_run_group_tests_name("base/packages", tests, NULL, NULL);
}
