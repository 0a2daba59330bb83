#include "config.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process.h"

/* Another test that ends or begins shares its libraries no longer or again, and this process has so
 * much more or less of its own: the sanitizers' are some MiB. */
enum { BLOCK_BYTES = 64 << 20, SLACK_BYTES = 8 << 20 };

/* A child that has a block of memory of its own, and waits; with `below`, one that has such a child
 * and none itself. */
static int make_child(int below)
{
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    int pid = fork();
    if (pid == 0) {
        char *block =
            mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (below)
            make_child(below - 1);
        else
            memset(block, 1, BLOCK_BYTES);
        if (write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

static void take(void *context, int pid)
{
    *(int *)context += pid;
}

static void end_child(int pid)
{
    process_visitor *visit = take;
    int below = 0;
    process_visit_children(pid, visit, &below);
    if (below > 0)
        kill(below, SIGKILL);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

static void assert_near(int64_t bytes, int64_t expected_bytes)
{
    assert_in_range(bytes, expected_bytes - SLACK_BYTES, expected_bytes + SLACK_BYTES);
}

static void test_memory(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* its shadow of what is written is four times as large */
#endif
    int64_t before[3], after[3];
    for (int kind = PROCESS_RSS; kind <= PROCESS_USS; kind++)
        before[kind] = process_memory_bytes(getpid(), (enum process_memory)kind);
    char *block =
        mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(block, 1, BLOCK_BYTES);
    for (int kind = PROCESS_RSS; kind <= PROCESS_USS; kind++) {
        after[kind] = process_memory_bytes(getpid(), (enum process_memory)kind);
        assert_near(after[kind] - before[kind], BLOCK_BYTES);
    }
    assert_true(after[PROCESS_USS] <= after[PROCESS_PSS] + SLACK_BYTES);
    assert_true(after[PROCESS_PSS] <= after[PROCESS_RSS] + SLACK_BYTES);
    munmap(block, BLOCK_BYTES);
}

static void test_shared_memory(void **state)
{
    (void)state;
    char *block =
        mmap(NULL, BLOCK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    memset(block, 1, BLOCK_BYTES);
    int64_t alone_bytes = process_memory_bytes(getpid(), PROCESS_USS);
    int64_t part_bytes = process_memory_bytes(getpid(), PROCESS_PSS);
    int ends[2];
    char byte;
    assert_int_equal(pipe(ends), 0);
    int pid = fork();
    if (pid == 0) {
        for (size_t at = 0; at < BLOCK_BYTES; at += 4096)
            (void)*((volatile char *)block + at);
        if (write(ends[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    int64_t lost_bytes = alone_bytes - process_memory_bytes(getpid(), PROCESS_USS);
    assert_true(lost_bytes >= BLOCK_BYTES - SLACK_BYTES);
    lost_bytes = part_bytes - process_memory_bytes(getpid(), PROCESS_PSS);
    assert_true(lost_bytes >= BLOCK_BYTES / 2 - SLACK_BYTES);
    close(ends[0]);
    close(ends[1]);
    end_child(pid);
    munmap(block, BLOCK_BYTES);
}

static void test_children(void **state)
{
    (void)state;
    int64_t before_bytes = process_descendants_bytes(getpid(), PROCESS_USS);
    assert_int_equal(before_bytes, 0);
    int pid = make_child(0), seen = 0;
    process_visit_children(getpid(), take, &seen);
    assert_int_equal(seen, pid);
    assert_true(process_descendants_bytes(getpid(), PROCESS_USS) >= BLOCK_BYTES);
    end_child(pid);
    assert_int_equal(process_descendants_bytes(getpid(), PROCESS_USS), 0);
}

static void test_grandchildren(void **state)
{
    (void)state;
    int pid = make_child(1), seen = 0;
    process_visit_children(getpid(), take, &seen);
    assert_int_equal(seen, pid);
    assert_true(process_descendants_bytes(getpid(), PROCESS_USS) >= BLOCK_BYTES);
    end_child(pid);
}

static void test_one_that_is_gone(void **state)
{
    (void)state;
    int seen = 0, pid = fork();
    if (pid == 0)
        _exit(0);
    waitpid(pid, NULL, 0);
    for (int kind = PROCESS_RSS; kind <= PROCESS_USS; kind++)
        assert_int_equal(process_memory_bytes(pid, (enum process_memory)kind), 0);
    process_visit_children(pid, take, &seen);
    assert_int_equal(seen, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),           cmocka_unit_test(test_shared_memory),
        cmocka_unit_test(test_children),         cmocka_unit_test(test_grandchildren),
        cmocka_unit_test(test_one_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
