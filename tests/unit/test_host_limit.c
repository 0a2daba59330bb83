/* host/limit and host/cgroup: plans, decisions, and what can be tried without a cgroup. */
#include "config.h"

#include "host/cgroup.h"
#include "host/limit.h"
#include "tests/unit/host_fixture.h"

#include <sys/wait.h>

#define MIB (1024LL * 1024)

static void test_plans(void **state)
{
    (void)state;
    assert_int_equal(limit_plan("consumption").bytes, 1536 * MIB);
    assert_int_equal(limit_plan("flex-512").bytes, 512 * MIB);
    assert_int_equal(limit_plan("flex-2048").bytes, 2048 * MIB);
    assert_int_equal(limit_plan("flex-4096").bytes, 4096 * MIB);
    assert_int_equal(limit_plan("ep1").bytes, 3584 * MIB);
    assert_int_equal(limit_plan("ep2").bytes, 7168 * MIB);
    assert_int_equal(limit_plan("ep3").bytes, 14336 * MIB);
    assert_string_equal(limit_plan("EP1").name, "ep1");
    assert_null(limit_plan("ep4").name);
    assert_null(limit_plan("").name);
    assert_int_equal(limit_plan("flex").bytes, 0);
}

static void test_watch_decision(void **state)
{
    (void)state;
    assert_false(limit_is_over(-1, 512 * MIB)); /* not known */
    assert_false(limit_is_over(0, 512 * MIB));
    assert_false(limit_is_over(512 * MIB, 512 * MIB));
    assert_true(limit_is_over(512 * MIB + 1, 512 * MIB));
    assert_true(limit_is_over(INT64_MAX, 512 * MIB));
}

static bool was_hit(uint64_t limit_hits, uint64_t kills)
{
    const struct cgroup_ooms before = {.limit_hits = 2, .kills = 1};
    const struct cgroup_ooms after = {.limit_hits = limit_hits, .kills = kills};
    return limit_was_hit(&before, &after);
}

static void test_cgroup_decision(void **state)
{
    (void)state;
    assert_false(was_hit(2, 1)); /* somebody else sent the signal */
    assert_false(was_hit(3, 1)); /* an allocation failed, and nobody was killed for it */
    assert_false(was_hit(2, 2)); /* the machine was out of memory */
    assert_true(was_hit(3, 2));
    assert_false(was_hit(0, 0)); /* not to be read any more */
}

static void test_ooms(void **state)
{
    (void)state;
    struct cgroup_ooms ooms =
        cgroup_parse_ooms("low 1\nhigh 2\nmax 30\noom 4\noom_kill 5\noom_group_kill 6\n");
    assert_int_equal(ooms.limit_hits, 4);
    assert_int_equal(ooms.kills, 5);
    ooms = cgroup_parse_ooms("oom_kill 5\nmax 1");
    assert_int_equal(ooms.limit_hits, 0);
    assert_int_equal(ooms.kills, 5);
    ooms = cgroup_parse_ooms("oom x\noom_kill");
    assert_int_equal(ooms.limit_hits, 0);
    assert_int_equal(ooms.kills, 0);
    assert_int_equal(cgroup_parse_ooms("").kills, 0);
}

static const char mounts[] =
    "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
    "30 22 0:26 /part /mnt/part rw - cgroup2 cgroup2 rw\n"
    "31 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 master:1 - cgroup2 cgroup2 rw,nsdelegate\n"
    "32 22 0:27 / /x rw - tmpfs - cgroup2 rw\n";

static void assert_located(const char *own, const char *mounted, const char *folder)
{
    char *mount;
    char *found = cgroup_locate(own, mounted, &mount);
    if (folder) {
        assert_non_null(found);
        assert_string_equal(found, folder);
        assert_string_equal(mount, "/sys/fs/cgroup");
    } else {
        assert_null(found);
    }
    free(found);
    free(mount);
}

static void test_locate(void **state)
{
    (void)state;
    assert_located("0::/user.slice/a.scope\n", mounts, "/sys/fs/cgroup/user.slice/a.scope");
    assert_located("0::/\n", mounts, "/sys/fs/cgroup");
    assert_located("4:memory:/old\n1:cpu:/\n0::/a b\n", mounts, "/sys/fs/cgroup/a b");
    assert_located("4:memory:/old\n", mounts, NULL);
    assert_located("0::/../outside\n", mounts, NULL);
    assert_located("0::/\n", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n", NULL);
    assert_located("0::/\n", "22 1 8:1", NULL);
    assert_located("", "", NULL);
}

/* A folder in which groups can be made, as far as mkdir goes, and no limit be set. */
static void test_no_limit_can_be_set(void **state)
{
    (void)state;
    struct error error;
    char name[64];
    assert_null(cgroup_new_in(fixture_path(""), &error));
    assert_holds(error.text, "/memory.max: No such file or directory");
    snprintf(name, sizeof name, "pymemtop-%d", (int)getpid());
    assert_int_equal(access(fixture_path(name), F_OK), -1);
    assert_null(cgroup_new_in(fixture_path("nowhere"), &error));
    assert_holds(error.text, "No such file or directory");
}

static void test_sweep(void **state)
{
    (void)state;
    char gone[64], alive[64];
    pid_t pid = fork();
    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    snprintf(gone, sizeof gone, "pymemtop-%d", (int)pid);
    snprintf(alive, sizeof alive, "pymemtop-%d", (int)getpid());
    assert_int_equal(mkdir(fixture_path(gone), 0755), 0);
    assert_int_equal(mkdir(fixture_path(alive), 0755), 0);
    assert_int_equal(mkdir(fixture_path("pymemtop-"), 0755), 0);
    assert_int_equal(mkdir(fixture_path("pymemtop-x"), 0755), 0);
    assert_int_equal(mkdir(fixture_path("pymemtop-0"), 0755), 0);
    cgroup_sweep(fixture_path(""));
    assert_int_equal(access(fixture_path(gone), F_OK), -1);
    assert_int_equal(access(fixture_path(alive), F_OK), 0);
    assert_int_equal(access(fixture_path("pymemtop-"), F_OK), 0);
    assert_int_equal(access(fixture_path("pymemtop-x"), F_OK), 0);
    assert_int_equal(access(fixture_path("pymemtop-0"), F_OK), 0);
    cgroup_sweep(fixture_path("nowhere"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_watch_decision),
        cmocka_unit_test(test_cgroup_decision),
        cmocka_unit_test(test_ooms),
        cmocka_unit_test(test_locate),
        cmocka_unit_test_setup_teardown(test_no_limit_can_be_set, fixture_open, fixture_close),
        cmocka_unit_test_setup_teardown(test_sweep, fixture_open, fixture_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
