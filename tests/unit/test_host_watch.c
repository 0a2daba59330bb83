/*
 * Watching folders: a real tree, a real loop. What must not be told is proved by saving a last file
 * and waiting for it: the call that names it alone is the only one.
 */
#include "config.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/time.h>
#include <uv.h>

#include "host/watch.h"
#include "tests/unit/host_fixture.h"

/* Far more than any wait takes; a test that gets there has failed. */
enum { PATIENCE_MS = 20000 };

static uv_loop_t loop;
static uv_timer_t patience;
static struct watch *watch;
static unsigned calls, notices, closes;
static char heard[1024]; /* the names of the latest call, each with a space behind it */
static struct watch_change change;
static char notice[512];

static void on_changed(void *context, const struct watch_change *told)
{
    (void)context;
    calls++;
    change = *told;
    heard[0] = '\0';
    for (size_t i = 0; i < WATCH_NAMED && told->names[i]; i++) {
        size_t len = strlen(heard);
        snprintf(heard + len, sizeof heard - len, "%s ", told->names[i]);
    }
}

static void on_notice(void *context, const char *text)
{
    (void)context;
    notices++;
    snprintf(notice, sizeof notice, "%s", text);
}

static void on_closed(void *context)
{
    (void)context;
    closes++;
}

static void on_patience(uv_timer_t *timer)
{
    (void)timer;
    fail_msg("nothing was told; the latest call named '%s'", heard);
}

static const struct watch_handler handler = {.changed = on_changed, .notice = on_notice};

static int setup(void **state)
{
    calls = notices = closes = 0;
    watch = NULL;
    if (fixture_open(state) || uv_loop_init(&loop) || uv_timer_init(&loop, &patience))
        return -1;
    fixture_write("host.json", "{}");
    fixture_write("One/__init__.py", "one\n");
    fixture_write("One/function.json", "{}");
    fixture_write("Two/__init__.py", "two\n");
    fixture_write("last.py", "0\n");
    return 0;
}

static int teardown(void **state)
{
    if (watch)
        watch_close(watch, on_closed, NULL);
    uv_close((uv_handle_t *)&patience, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(closes, watch != NULL);
    return uv_loop_close(&loop) || fixture_close(state);
}

static void open_watch(size_t folders_max)
{
    watch = watch_open(&loop, fixture_root, folders_max, &handler);
}

/* Run the loop until there was another call. */
static void wait_for_call(void)
{
    unsigned before = calls;
    uv_timer_start(&patience, on_patience, PATIENCE_MS, 0);
    while (calls == before)
        uv_run(&loop, UV_RUN_ONCE);
    uv_timer_stop(&patience);
}

/* The next call names exactly these. */
static void assert_told(const char *names, size_t count)
{
    wait_for_call();
    assert_string_equal(heard, names);
    assert_int_equal(change.count, count);
}

/* Nothing that was done since the latest call is told. */
static void assert_silent(void)
{
    static unsigned number;
    char text[16];
    snprintf(text, sizeof text, "%u\n", ++number);
    fixture_write("last.py", text);
    assert_told("last.py ", 1);
}

static void move(const char *from, const char *to)
{
    assert_int_equal(rename(fixture_path(from), fixture_path(to)), 0);
}

static void test_a_file_that_is_saved(void **state)
{
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    fixture_write("One/__init__.py", "one, edited\n");
    assert_told("One/__init__.py ", 1);
    assert_true(change.code);
    assert_false(change.settings);
    fixture_write("host.json", "{ }");
    assert_told("host.json ", 1);
    assert_false(change.code);
    assert_true(change.settings);
    fixture_write("local.settings.json", "{}");
    fixture_write("One/function.json", "{ }");
    assert_told("One/function.json local.settings.json ", 2);
    assert_silent();
    assert_int_equal(calls, 4);
    assert_int_equal(notices, 0);
}

static void test_one_call_for_many(void **state)
{
    char name[32];
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "pkg%d/m%d.py", i % 20, i);
        fixture_write(name, "x\n");
    }
    fixture_write("One/__init__.py", "again\n");
    fixture_write("host.json", "{ }");
    assert_told("One/__init__.py host.json pkg0/m0.py ", 202);
    assert_true(change.code);
    assert_true(change.settings);
    assert_silent();
    assert_int_equal(calls, 2);
}

static void test_ways_to_save(void **state)
{
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    /* A temporary file that is renamed. */
    fixture_write("One/.__init__.py.swp", "x");
    fixture_write("One/4913", "x");
    unlink(fixture_path("One/4913"));
    fixture_write("One/__init__.py~", "renamed\n");
    move("One/__init__.py~", "One/__init__.py");
    assert_told("One/__init__.py ", 1);
    /* The old one becomes the backup. */
    move("One/__init__.py", "One/__init__.py.bak");
    fixture_write("One/__init__.py", "backed up\n");
    assert_told("One/__init__.py ", 1);
    /* Truncated, then written. */
    fixture_write("One/__init__.py", "");
    fixture_write("One/__init__.py", "truncated\n");
    assert_told("One/__init__.py ", 1);
    /* A temporary *.py. */
    fixture_write("One/tmp.py", "temporary\n");
    move("One/tmp.py", "One/__init__.py");
    assert_told("One/__init__.py ", 1);
    assert_silent();
    assert_int_equal(calls, 5);
}

static void test_what_is_no_change(void **state)
{
    const struct timeval times[2] = {{1000, 0}, {1000, 0}};
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    fixture_write("One/__init__.py", "one\n");
    assert_int_equal(utimes(fixture_path("Two/__init__.py"), times), 0);
    assert_int_equal(chmod(fixture_path("host.json"), 0600), 0);
    fixture_write("One/new.py", "came\n");
    unlink(fixture_path("One/new.py"));
    fixture_write("Two/__init__.py", "another branch\n");
    fixture_write("Two/__init__.py", "two\n");
    /* A folder that goes and comes back as it was. */
    unlink(fixture_path("One/__init__.py"));
    unlink(fixture_path("One/function.json"));
    assert_int_equal(rmdir(fixture_path("One")), 0);
    fixture_write("One/function.json", "{}");
    fixture_write("One/__init__.py", "one\n");
    assert_silent();
    assert_int_equal(calls, 1);
    /* It is watched still. */
    fixture_write("One/__init__.py", "one, edited\n");
    assert_told("One/__init__.py ", 1);
}

static void test_what_is_left_out(void **state)
{
    (void)state;
    fixture_write("env/pyvenv.cfg", "");
    fixture_write("env/lib/a.py", "x");
    open_watch(WATCH_FOLDERS_MAX);
    fixture_write("env/lib/a.py", "y");
    fixture_write(".git/hooks/a.py", "x");
    fixture_write(".venv/lib/a.py", "x");
    fixture_write("One/__pycache__/a.py", "x");
    fixture_write("node_modules/a/a.py", "x");
    fixture_write("lib/site-packages/a.py", "x");
    fixture_write("One/data.txt", "x");
    fixture_write("One/settings.json", "{}");
    fixture_write("One/host.json", "{}");
    fixture_write("One/deep/function.json", "{}");
    fixture_write("function.json", "{}");
    fixture_write("One/.#edited.py", "x");
    assert_silent();
    /* What was left out all the same after it had been found. */
    fixture_write("later/lib/a.py", "x");
    assert_told("later/lib/a.py ", 1);
    fixture_write("later/lib/b.py", "x");
    fixture_write("later/pyvenv.cfg", "");
    fixture_write("later/lib/c.py", "x");
    assert_silent();
    fixture_write("later/lib/c.py", "y");
    assert_silent();
    assert_int_equal(calls, 4);
}

static void test_folders_come_and_go(void **state)
{
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    fixture_write("a/b/c/deep.py", "x\n");
    assert_told("a/b/c/deep.py ", 1);
    fixture_write("a/b/c/deep.py", "y\n");
    assert_told("a/b/c/deep.py ", 1);
    move("a/b", "moved");
    assert_told("a/b/c/deep.py moved/c/deep.py ", 2);
    fixture_write("moved/c/deep.py", "z\n");
    assert_told("moved/c/deep.py ", 1);
    unlink(fixture_path("moved/c/deep.py"));
    rmdir(fixture_path("moved/c"));
    rmdir(fixture_path("moved"));
    assert_told("moved/c/deep.py ", 1);
    /* Two folders change places. */
    move("One", "x");
    move("Two", "One");
    move("x", "Two");
    assert_told("One/__init__.py One/function.json Two/__init__.py ", 4);
    fixture_write("One/__init__.py", "one\n");
    fixture_write("Two/__init__.py", "two\n");
    assert_told("One/__init__.py Two/__init__.py ", 2);
    assert_silent();
}

/* Folders without anything of interest do not pile up, whatever else goes on. */
static void test_passing_folders(void **state)
{
    char name[32];
    (void)state;
    open_watch(16);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "tmp%d", i);
        assert_int_equal(mkdir(fixture_path(name), 0700), 0);
        uv_run(&loop, UV_RUN_NOWAIT);
        assert_int_equal(rmdir(fixture_path(name)), 0);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    assert_silent();
    assert_int_equal(notices, 0);
}

static void test_links(void **state)
{
    char outside[] = "/tmp/pymemtop-test-XXXXXX", path[128];
    (void)state;
    assert_non_null(mkdtemp(outside));
    assert_int_equal(symlink(".", fixture_path("self")), 0);
    assert_int_equal(symlink("..", fixture_path("One/up")), 0);
    assert_int_equal(symlink("../..", fixture_path("One/above")), 0);
    assert_int_equal(symlink("/", fixture_path("everything")), 0);
    assert_int_equal(symlink("nowhere", fixture_path("dangling.py")), 0);
    assert_int_equal(symlink("loop", fixture_path("loop")), 0);
    assert_int_equal(symlink(outside, fixture_path("shared")), 0);
    assert_int_equal(symlink("Two", fixture_path("also")), 0);
    open_watch(16);
    assert_int_equal(notices, 0);
    snprintf(path, sizeof path, "%s/tool.py", outside);
    close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_told("shared/tool.py ", 1);
    /* Found by one of two names; when that goes, by the other. */
    fixture_write("Two/__init__.py", "2\n");
    wait_for_call();
    assert_int_equal(change.count, 1);
    unlink(fixture_path("also"));
    fixture_write("Two/__init__.py", "3\n");
    wait_for_call();
    fixture_write("Two/__init__.py", "4\n");
    assert_told("Two/__init__.py ", 1);
    assert_silent();
    unlink(path);
    rmdir(outside);
}

static void test_large_files(void **state)
{
    (void)state;
    fixture_write("large.py", "x");
    assert_int_equal(truncate(fixture_path("large.py"), WATCH_HASH_MAX_BYTES + 1), 0);
    open_watch(WATCH_FOLDERS_MAX);
    assert_int_equal(chmod(fixture_path("large.py"), 0600), 0);
    assert_silent();
    const struct timeval times[2] = {{1000, 0}, {1000, 0}};
    assert_int_equal(utimes(fixture_path("large.py"), times), 0);
    assert_told("large.py ", 1);
}

static void test_too_many_folders(void **state)
{
    (void)state;
    fixture_write("One/deep/er.py", "x\n");
    open_watch(3);
    assert_int_equal(notices, 1);
    assert_holds(notice, "more than 3 folders");
    assert_holds(notice, "once a second");
    fixture_write("One/deep/er.py", "y\n");
    fixture_write("Two/__init__.py", "22\n");
    assert_told("Two/__init__.py ", 1);
    fixture_write("Two/new.py", "22\n");
    unlink(fixture_path("One/function.json"));
    assert_told("One/function.json Two/new.py ", 2);
    assert_silent();
    assert_int_equal(notices, 1);
}

static void test_root_that_is_replaced(void **state)
{
    char aside[128];
    (void)state;
    open_watch(WATCH_FOLDERS_MAX);
    snprintf(aside, sizeof aside, "%s-aside", fixture_root);
    assert_int_equal(rename(fixture_root, aside), 0);
    assert_told("One/__init__.py One/function.json Two/__init__.py ", 5);
    assert_int_equal(rename(aside, fixture_root), 0);
    assert_told("One/__init__.py One/function.json Two/__init__.py ", 5);
    assert_silent();
}

static bool write_number(const char *path, const char *number)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool good = fd >= 0 && write(fd, number, strlen(number)) > 0;
    if (fd >= 0)
        close(fd);
    return good;
}

/* In a user namespace of its own the limit can be lowered. The last test: there is no way back. */
static void test_no_room_for_watches(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWUSER) || !write_number("/proc/sys/user/max_inotify_watches", "2"))
        skip();
    open_watch(WATCH_FOLDERS_MAX);
    assert_int_equal(notices, 1);
    assert_holds(notice, "max_user_watches");
    fixture_write("Two/__init__.py", "22\n");
    fixture_write("Three/__init__.py", "3\n");
    assert_told("Three/__init__.py Two/__init__.py ", 2);
    assert_silent();
    assert_int_equal(notices, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_file_that_is_saved),  TEST(test_one_call_for_many),
        TEST(test_ways_to_save),          TEST(test_what_is_no_change),
        TEST(test_what_is_left_out),      TEST(test_folders_come_and_go),
        TEST(test_passing_folders),       TEST(test_links),
        TEST(test_large_files),           TEST(test_too_many_folders),
        TEST(test_root_that_is_replaced), TEST(test_no_room_for_watches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
