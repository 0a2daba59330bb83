/* Small blocks: a random program against a model of it, threads that take turns, arenas that come
 * and go in pymalloc's order, what is told of them, a fork, and no address space left. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/pools.h"
#include "worker/rss.h"

enum {
    HELD = 4096, /* blocks of the random program that are alive at most */
    TURNS = 200000,
    THREADS = 4,
};

static int64_t arena_bytes;

static void count_arenas(int64_t bytes)
{
    arena_bytes += bytes;
}

static int64_t arenas(void)
{
    return arena_bytes / POOLS_ARENA_BYTES;
}

static int setup(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(rss_open(&error), 0);
    assert_int_equal(tags_open(), 0);
    pools_open(count_arenas);
    return 0;
}

/* ---- a random program ---- */

struct held {
    unsigned char *block;
    uint32_t bytes;
    unsigned char filled; /* with what */
};

struct program {
    uint64_t random;
    struct held held[HELD];
};

static uint32_t next(struct program *program, uint32_t below)
{
    program->random = program->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(program->random >> 33) % below;
}

static void assert_filled(const struct held *held)
{
    for (uint32_t i = 0; i < held->bytes; i++)
        assert_int_equal(held->block[i], held->filled);
    assert_int_equal(atomic_load(pools_tag(held->block)), held->bytes);
}

static void drop(struct held *held)
{
    assert_filled(held);
    atomic_store(pools_tag(held->block), 0);
    pools_free(held->block);
    held->block = NULL;
}

static void fill(struct program *program, struct held *held)
{
    held->bytes = 1 + next(program, next(program, 4) ? 64 : POOLS_BLOCK_MAX);
    held->filled = (unsigned char)next(program, 256);
    held->block = pools_alloc(held->bytes);
    assert_non_null(held->block);
    assert_int_equal((uintptr_t)held->block % 16, 0);
    assert_int_equal(pools_room(held->block), (held->bytes + 15) / 16 * 16);
    assert_true(pools_has(held->block));
    assert_ptr_equal(tags_find(held->block), pools_tag(held->block));
    assert_int_equal(atomic_load(pools_tag(held->block)), 0);
    atomic_store(pools_tag(held->block), held->bytes);
    memset(held->block, held->filled, held->bytes);
}

/* One turn. Now and then most blocks go, so that pools get other classes and arenas are given
 * back. */
static void turn(struct program *program)
{
    struct held *held = &program->held[next(program, HELD)];
    if (held->block)
        drop(held);
    else
        fill(program, held);
    if (next(program, TURNS / 20) > 0)
        return;
    for (uint32_t i = 0; i < HELD; i++)
        if (program->held[i].block && next(program, 20) > 0)
            drop(&program->held[i]);
}

static size_t count_held(const struct program *program)
{
    size_t count = 0;
    for (uint32_t i = 0; i < HELD; i++)
        count += program->held[i].block != NULL;
    return count;
}

static void drop_all(struct program *program)
{
    for (uint32_t i = 0; i < HELD; i++)
        if (program->held[i].block)
            drop(&program->held[i]);
}

static void test_random_program(void **state)
{
    (void)state;
    static struct program program = {.random = 1};
    for (int i = 0; i < TURNS; i++)
        turn(&program);
    assert_int_equal(pools_count(), count_held(&program));
    drop_all(&program);
    assert_int_equal(pools_count(), 0);
    assert_int_equal(arenas(), 1); /* the last one stays */
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* what the interpreter's is elsewhere */

static void *take_turns(void *context)
{
    for (int i = 0; i < TURNS / 100; i++) {
        pthread_mutex_lock(&lock);
        for (int of_one = 0; of_one < 20; of_one++)
            turn(context);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

static void test_threads(void **state)
{
    (void)state;
    static struct program programs[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        programs[i].random = (uint64_t)i + 100;
        assert_int_equal(pthread_create(&threads[i], NULL, take_turns, &programs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    size_t count = 0;
    for (int i = 0; i < THREADS; i++)
        count += count_held(&programs[i]);
    assert_int_equal(pools_count(), count);
    for (int i = 0; i < THREADS; i++)
        drop_all(&programs[i]);
    assert_int_equal(pools_count(), 0);
}

static void test_fork(void **state)
{
    (void)state;
    static struct program program = {.random = 7};
    for (int i = 0; i < TURNS / 10; i++)
        turn(&program);
    size_t count = count_held(&program);
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        for (int i = 0; i < TURNS / 10; i++)
            turn(&program);
        drop_all(&program);
        _exit(pools_count() == 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(pools_count(), count);
    drop_all(&program);
    assert_int_equal(pools_count(), 0);
}

/* ---- the policy ---- */

enum { PER_POOL = (POOLS_POOL_BYTES - (int)sizeof(struct pool)) / POOLS_BLOCK_MAX };
enum { PER_ARENA = PER_POOL * POOLS_ARENA_POOLS };

static void take_many(void **blocks, int count)
{
    for (int i = 0; i < count; i++)
        assert_non_null(blocks[i] = pools_alloc(POOLS_BLOCK_MAX));
}

static void free_many(void **blocks, int from, int count)
{
    for (int i = from; i < from + count; i++) {
        pools_free(blocks[i]);
        blocks[i] = NULL;
    }
}

/* The system has the memory of an arena again: nothing can be read from there. */
static bool is_readable(const void *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    bool is_read = write(ends[1], address, 1) == 1;
    assert_true(is_read || errno == EFAULT);
    close(ends[0]);
    close(ends[1]);
    return is_read;
}

static void test_empty_arenas_are_given_back(void **state)
{
    (void)state;
    enum { COUNT = 10 * PER_ARENA };
    static void *blocks[COUNT];
    take_many(blocks, COUNT);
    assert_int_equal(arenas(), 10);
    const void *third = blocks[3 * PER_ARENA];
    assert_true(is_readable(third));
    free_many(blocks, 0, PER_ARENA); /* no other one has anything free */
    assert_int_equal(arenas(), 10);
    free_many(blocks, PER_ARENA, 4 * PER_ARENA);
    assert_int_equal(arenas(), 6);
    assert_false(is_readable(third));
    take_many(blocks, 5 * PER_ARENA);
    assert_int_equal(arenas(), 10);
    free_many(blocks, 0, COUNT);
    assert_int_equal(arenas(), 1);
}

/* Of two arenas with free pools, the one that has fewer is used up first. */
static void test_the_fullest_arena_is_used_first(void **state)
{
    (void)state;
    enum { COUNT = 3 * PER_ARENA };
    static void *blocks[COUNT], *more[2 * PER_POOL];
    take_many(blocks, COUNT);
    free_many(blocks, 0, 5 * PER_POOL);             /* of the first arena */
    free_many(blocks, 2 * PER_ARENA, 2 * PER_POOL); /* of the third */
    take_many(more, 2 * PER_POOL);
    const char *third =
        (const char *)((uintptr_t)blocks[COUNT - 1] & -(uintptr_t)POOLS_ARENA_BYTES);
    for (int i = 0; i < 2 * PER_POOL; i++) {
        const char *block = more[i];
        assert_true(block >= third && block < third + POOLS_ARENA_BYTES);
    }
    free_many(more, 0, 2 * PER_POOL);
    free_many(blocks, 5 * PER_POOL, 2 * PER_ARENA - 5 * PER_POOL);
    free_many(blocks, 2 * PER_ARENA + 2 * PER_POOL, PER_ARENA - 2 * PER_POOL);
    assert_int_equal(pools_count(), 0);
    assert_int_equal(arenas(), 1);
}

/* A pool that is empty may get another class; as pymalloc has it, the latest one is the first. */
static void test_pools_change_their_class(void **state)
{
    (void)state;
    void *block = pools_alloc(POOLS_BLOCK_MAX);
    const struct pool *pool = pools_of(block);
    pools_free(block);
    char *smaller = pools_alloc(1);
    assert_ptr_equal(pools_of(smaller), pool);
    assert_int_equal(pools_room(smaller), 16);
    assert_ptr_equal(pools_alloc(16), smaller + 16);
    pools_free(smaller);
    assert_ptr_equal(pools_alloc(2), smaller); /* the latest one that was freed */
    pools_free(smaller);
    pools_free(smaller + 16);
}

static void test_what_is_told(void **state)
{
    (void)state;
    struct pools_figures figures[POOLS_CLASSES];
    void *blocks[3] = {pools_alloc(1), pools_alloc(16), pools_alloc(500)};
    assert_int_equal(pools_tell(figures), arenas());
    assert_int_equal(figures[0].pools, 1);
    assert_int_equal(figures[0].used_blocks, 2);
    assert_int_equal(figures[0].free_blocks, (POOLS_POOL_BYTES - 48) / 16 - 2);
    assert_int_equal(figures[1].pools, 0);
    assert_int_equal(figures[31].used_blocks, 1);
    assert_int_equal(pools_count(), 3);
    for (int i = 0; i < 3; i++)
        pools_free(blocks[i]);
    assert_false(pools_has(NULL));
    assert_false(pools_has(&figures));
}

/* ---- no address space ---- */

/* In the child: take blocks until there are none, and have others once there is room again. */
static int run_out(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_AS, &limit);
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = 0;
    if (setrlimit(RLIMIT_AS, &limit) < 0)
        return 1;
    size_t count = 0;
    while (pools_alloc(POOLS_BLOCK_MAX))
        if (++count > ((size_t)1 << (POOLS_CHUNK_SHIFT + 1)) / POOLS_BLOCK_MAX)
            return 2; /* more than a chunk has */
    if (pools_count() != count)
        return 3;
    limit.rlim_cur = before;
    if (setrlimit(RLIMIT_AS, &limit) < 0)
        return 4;
    for (int i = 0; i < 100000; i++) /* not at once */
        if (pools_alloc(POOLS_BLOCK_MAX))
            return pools_count() == count + 1 ? 0 : 5;
    return 6;
}

static void test_no_address_space(void **state)
{
    (void)state;
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
    skip();
#endif
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0)
        _exit(run_out());
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_program),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_fork),
        cmocka_unit_test(test_empty_arenas_are_given_back),
        cmocka_unit_test(test_the_fullest_arena_is_used_first),
        cmocka_unit_test(test_pools_change_their_class),
        cmocka_unit_test(test_what_is_told),
        cmocka_unit_test(test_no_address_space),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
