/* The app's Python environment, and the worker for its version. */
#include "config.h"

#include "base/mem.h"
#include "host/environment.h"
#include "host/workers.h"
#include "tests/unit/host_fixture.h"

static struct environment environment;
static struct error error;

static int open_environment(void **state)
{
    unsetenv("VIRTUAL_ENV");
    unsetenv("PYMEMTOP_LIBEXEC");
    return fixture_open(state);
}

static int close_environment(void **state)
{
    environment_fini(&environment);
    return fixture_close(state);
}

static void make_program(const char *name, const char *text)
{
    fixture_write(name, text);
    assert_int_equal(chmod(fixture_path(name), 0755), 0);
}

static int find(const char *python, const char *root)
{
    environment_fini(&environment);
    return environment_find(&environment, python, root, &error);
}

static void assert_fault(const char *python, const char *words)
{
    assert_int_equal(find(python, fixture_root), -1);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_holds(error.text, words);
}

static void test_none(void **state)
{
    (void)state;
    assert_int_equal(find(NULL, fixture_root), 0);
    assert_null(environment.executable);
    assert_string_equal(environment.version, "");
}

static void test_nearest_venv(void **state)
{
    (void)state;
    fixture_write("a/b/host.json", "{}");
    fixture_write(".venv/pyvenv.cfg", "home = /usr/bin\nVersion = 3.11.2\n");
    assert_int_equal(find(NULL, fixture_path("a/b")), 0);
    assert_string_equal(environment.version, "3.11");
    assert_string_equal(environment.directory, fixture_path(".venv"));
    assert_string_equal(environment.executable, fixture_path(".venv/bin/python"));
    fixture_write("a/b/.venv/pyvenv.cfg", "version_info=3.12.0.final.0");
    assert_int_equal(find(NULL, fixture_path("a/b")), 0);
    assert_string_equal(environment.version, "3.12");
}

static void test_active_venv_wins_over_the_nearest(void **state)
{
    (void)state;
    fixture_write(".venv/pyvenv.cfg", "version = 3.11.2\n");
    fixture_write("active/pyvenv.cfg", "version = 3.10.1\n");
    setenv("VIRTUAL_ENV", fixture_path("active"), 1);
    assert_int_equal(find(NULL, fixture_root), 0);
    assert_string_equal(environment.version, "3.10");
    assert_int_equal(find(fixture_path(".venv"), fixture_root), 0);
    assert_string_equal(environment.version, "3.11");
    setenv("VIRTUAL_ENV", fixture_path("gone"), 1);
    assert_fault(NULL, "VIRTUAL_ENV is");
}

static void test_named_venv(void **state)
{
    (void)state;
    fixture_write("env/pyvenv.cfg", "version = 3.9.7\n");
    make_program("env/bin/python", "#!/bin/sh\n");
    assert_int_equal(find(fixture_path("env"), fixture_root), 0);
    assert_string_equal(environment.version, "3.9");
    assert_int_equal(find(fixture_path("env/bin/python"), fixture_root), 0);
    assert_string_equal(environment.version, "3.9");
    assert_string_equal(environment.directory, fixture_path("env"));
}

static void test_named_interpreter(void **state)
{
    (void)state;
    make_program("bin/python", "#!/bin/sh\necho /opt/python3.13\necho 3.13\n");
    assert_int_equal(find(fixture_path("bin/python"), fixture_root), 0);
    assert_string_equal(environment.version, "3.13");
    assert_string_equal(environment.executable, "/opt/python3.13");
    assert_null(environment.directory);
}

static void test_named_faults(void **state)
{
    (void)state;
    assert_fault(fixture_path("gone"), "cannot run");
    assert_fault(fixture_root, "is no virtual environment");
    make_program("bin/silent", "#!/bin/sh\n");
    assert_fault(fixture_path("bin/silent"), "does not run as a Python interpreter");
    make_program("bin/failing", "#!/bin/sh\nexit 3\n");
    assert_fault(fixture_path("bin/failing"), "does not run as a Python interpreter");
    fixture_write("env/pyvenv.cfg", "home = /usr/bin\n");
    assert_fault(fixture_path("env"), "names no Python version");
    fixture_write("env/pyvenv.cfg", "version = 3.13.0\n");
    fixture_write("env/lib/python3.13t/site-packages/one.py", "");
    assert_fault(fixture_path("env"), "is of a free-threaded Python 3.13");
}

static void assert_worker(const char *version, const char *name)
{
    snprintf(environment.version, sizeof environment.version, "%s", version);
    char *path = workers_find(&environment, &error);
    if (name)
        assert_string_equal(path ? path : error.text, fixture_path(name));
    else
        assert_null(path);
    free(path);
}

static void test_workers(void **state)
{
    (void)state;
    setenv("PYMEMTOP_LIBEXEC", fixture_root, 1);
    environment = (struct environment){.directory = strdup("/app/.venv")};
    assert_worker("3.11", NULL);
    assert_int_equal(error.status, EXIT_STATUS_SYSTEM);
    assert_holds(error.text, "no worker program");
    fixture_write("pymemtop-worker-3.13", "not a program");
    make_program("pymemtop-worker-3.9", "");
    make_program("pymemtop-worker-3.11", "");
    make_program("pymemtop-worker-3.11.old", "");
    make_program("pymemtop-worker-4.0", "");
    assert_worker("3.11", "pymemtop-worker-3.11");
    assert_worker("3.9", "pymemtop-worker-3.9");
    assert_string_equal(workers_version("/x/pymemtop-worker-3.11"), "3.11");
    assert_worker("3.12", NULL);
    assert_int_equal(error.status, EXIT_STATUS_APP);
    assert_holds(error.text, "/app/.venv has Python 3.12");
    assert_holds(error.text, "was built for Python 3.9, 3.11; make");
}

static void test_worker_without_an_environment(void **state)
{
    char *path = mem_strdup(getenv("PATH"));
    (void)state;
    setenv("PYMEMTOP_LIBEXEC", fixture_root, 1);
    make_program("pymemtop-worker-3.9", "");
    make_program("pymemtop-worker-3.10", "");
    make_program("pymemtop-worker-3.11", "");
    setenv("PATH", fixture_path("empty"), 1);
    assert_worker("", "pymemtop-worker-3.11");
    fixture_write("bin/python3", "not a program");
    make_program("shims/python3", "#!/bin/sh\necho /opt/python3\necho 3.10\n");
    char *folders = mem_printf("%s:%s", fixture_path("bin"), fixture_path("shims"));
    setenv("PATH", folders, 1);
    free(folders);
    assert_worker("", "pymemtop-worker-3.10");
    make_program("bin/python3.9", "#!/bin/sh\nexit 1\n"); /* its name is enough */
    assert_int_equal(unlink(fixture_path("bin/python3")), 0);
    assert_int_equal(symlink("python3.9", fixture_path("bin/python3")), 0);
    assert_worker("", "pymemtop-worker-3.9");
    assert_int_equal(unlink(fixture_path("pymemtop-worker-3.9")), 0);
    assert_worker("", "pymemtop-worker-3.11");
    setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_none, open_environment, close_environment),
        cmocka_unit_test_setup_teardown(test_nearest_venv, open_environment, close_environment),
        cmocka_unit_test_setup_teardown(test_active_venv_wins_over_the_nearest, open_environment,
                                        close_environment),
        cmocka_unit_test_setup_teardown(test_named_venv, open_environment, close_environment),
        cmocka_unit_test_setup_teardown(test_named_interpreter, open_environment,
                                        close_environment),
        cmocka_unit_test_setup_teardown(test_named_faults, open_environment, close_environment),
        cmocka_unit_test_setup_teardown(test_workers, open_environment, close_environment),
        cmocka_unit_test_setup_teardown(test_worker_without_an_environment, open_environment,
                                        close_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
