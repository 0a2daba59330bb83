/* Bodies in memory and in files, and what happens where neither can be had. */
#include "config.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "host/body.h"
#include "tests/unit/host_fixture.h"

static struct body_store store;

static int open_store(void **state)
{
    if (fixture_open(state))
        return -1;
    setenv("TMPDIR", fixture_root, 1);
    body_store_init(&store);
    return 0;
}

static int close_store(void **state)
{
    bool empty = !store.memory_bytes && !store.file_bytes && !store.open_files;
    unsetenv("TMPDIR");
    return fixture_close(state) || !empty ? -1 : 0;
}

static void fill(struct body *body, size_t pieces, size_t piece_bytes)
{
    char *piece = mem_calloc(piece_bytes, 1);
    for (size_t i = 0; i < pieces; i++) {
        memset(piece, 'a' + (int)(i % 26), piece_bytes);
        assert_int_equal(body_append(body, piece, piece_bytes), 0);
    }
    free(piece);
}

static void check(const struct body *body, size_t pieces, size_t piece_bytes)
{
    size_t len;
    const char *bytes = body_bytes(body, &len);
    assert_int_equal(len, pieces * piece_bytes);
    for (size_t i = 0; i < len; i++)
        if (bytes[i] != 'a' + (int)(i / piece_bytes % 26))
            fail_msg("byte %zu is %d", i, bytes[i]);
}

static void test_small(void **state)
{
    struct body *body = body_new(&store);
    (void)state;
    fill(body, 3, 1000);
    assert_int_equal(body_finish(body), 0);
    assert_int_equal(store.file_bytes, 0);
    check(body, 3, 1000);
    assert_ptr_equal(body_hold(body), body);
    body_release(body);
    body_pass(body, 3000);
    check(body, 3, 1000);
    body_release(body);
}

static void test_none(void **state)
{
    size_t len = 1;
    (void)state;
    assert_null(body_of(&store, "", 0));
    assert_string_equal(body_bytes(NULL, &len), "");
    assert_int_equal(len, 0);
    assert_int_equal(body_len(NULL), 0);
    assert_int_equal(body_failure(NULL), 0);
    assert_null(body_hold(NULL));
    body_release(NULL);
}

static size_t files_in_folder(void)
{
    char command[128];
    char line[16] = "";
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", fixture_root);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(line, sizeof line, pipe));
    pclose(pipe);
    return strtoul(line, NULL, 10);
}

/* It moves to a file without a name, and costs neither memory nor a descriptor once it is whole. */
static void test_large(void **state)
{
    struct body *body = body_new(&store);
    (void)state;
    fill(body, 5, 300001);
    assert_int_equal(store.memory_bytes, 0);
    assert_int_equal(store.file_bytes, 5 * 300001);
    assert_int_equal(store.open_files, 1);
    assert_int_equal(files_in_folder(), 0);
    assert_int_equal(body_finish(body), 0);
    assert_int_equal(store.open_files, 0);
    check(body, 5, 300001);
    body_pass(body, 900000);
    check(body, 5, 300001); /* passed, and there all the same */
    body_release(body);
}

static void test_one_piece_as_large_as_memory(void **state)
{
    char *bytes = mem_calloc(BODY_MEMORY_BYTES + 1, 1);
    (void)state;
    struct body *body = body_of(&store, bytes, BODY_MEMORY_BYTES);
    assert_int_equal(store.memory_bytes, BODY_MEMORY_BYTES);
    struct body *larger = body_of(&store, bytes, BODY_MEMORY_BYTES + 1);
    assert_int_equal(store.file_bytes, BODY_MEMORY_BYTES + 1);
    body_release(body);
    body_release(larger);
    free(bytes);
}

/* When all small ones together are much, the next goes to a file. */
static void test_memory_of_all(void **state)
{
    enum { COUNT = BODIES_MEMORY_BYTES / BODY_MEMORY_BYTES };
    struct body *bodies[COUNT + 1];
    (void)state;
    for (size_t i = 0; i <= COUNT; i++) {
        bodies[i] = body_new(&store);
        fill(bodies[i], 2, BODY_MEMORY_BYTES / 2);
    }
    assert_int_equal(store.memory_bytes, BODIES_MEMORY_BYTES);
    assert_int_equal(store.file_bytes, BODY_MEMORY_BYTES);
    for (size_t i = 0; i <= COUNT; i++)
        body_release(bodies[i]);
}

static void assert_fails(int failure, const char *words)
{
    static char piece[BODY_MEMORY_BYTES];
    size_t len;
    struct body *body = body_new(&store);
    int result = 0;
    for (int i = 0; i < 4 && !result; i++)
        result = body_append(body, piece, sizeof piece);
    assert_int_equal(result, failure);
    assert_int_equal(body_failure(body), failure);
    assert_int_equal(body_append(body, "x", 1), failure);
    assert_int_equal(body_finish(body), failure);
    body_bytes(body, &len);
    assert_int_equal(len, 0);
    char *said = body_describe_failure(body);
    assert_holds(said, words);
    free(said);
    assert_int_equal(store.memory_bytes, 0);
    assert_int_equal(store.file_bytes, 0);
    body_release(body);
}

static void test_no_folder(void **state)
{
    char gone[128];
    (void)state;
    snprintf(gone, sizeof gone, "%s/gone", fixture_root);
    store.folder = gone;
    assert_fails(-ENOENT, "/gone: No such file or directory; make room there, or set TMPDIR");
}

static void test_disk_full(void **state)
{
    struct rlimit usual, small;
    (void)state;
    getrlimit(RLIMIT_FSIZE, &usual);
    small = usual;
    small.rlim_cur = BODY_MEMORY_BYTES * 2 + 100; /* written in part */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_fails(-EFBIG, "cannot be kept in /tmp/pymemtop-test-");
    setrlimit(RLIMIT_FSIZE, &usual);
    signal(SIGXFSZ, SIG_DFL);
}

static void test_too_much_on_disk(void **state)
{
    (void)state;
    store.file_bytes = BODIES_FILE_BYTES - BODY_MEMORY_BYTES - 1;
    static char piece[BODY_MEMORY_BYTES];
    struct body *body = body_new(&store);
    assert_int_equal(body_append(body, piece, sizeof piece), 0);
    assert_int_equal(body_append(body, piece, sizeof piece), -ENOBUFS);
    char *said = body_describe_failure(body);
    assert_holds(said, "try again later");
    free(said);
    body_release(body);
    assert_int_equal(store.file_bytes, BODIES_FILE_BYTES - BODY_MEMORY_BYTES - 1);
    store.file_bytes = 0;
}

static void test_too_many_files(void **state)
{
    (void)state;
    store.open_files = BODIES_FILES_OPEN_MAX;
    assert_fails(-ENOBUFS, "try again later");
    store.open_files = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_small, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_none, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_large, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_one_piece_as_large_as_memory, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_memory_of_all, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_no_folder, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_disk_full, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_too_much_on_disk, open_store, close_store),
        cmocka_unit_test_setup_teardown(test_too_many_files, open_store, close_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
