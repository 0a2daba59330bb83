/* The heap's tables under all that works without the interpreter lock, at once: threads that take
 * blocks and mappings and free each other's, signal handlers in the middle of that, forks, and an
 * end of the process meanwhile. Nothing hangs, and every sum is right to the byte.
 *
 * Where malloc is ours, the blocks are its; where a sanitizer has its own, the tables are told what
 * malloc would tell them, of addresses that nobody has. */
#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/grow_lock.h"
#include "worker/heap.h"
#include "worker/mappings.h"
#include "worker/native.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/thread.h"

enum {
    THREADS = 4,
    TURNS = 3000,      /* of a thread */
    FORKS = 15,        /* meanwhile */
    CHILD_TURNS = 200, /* of a forked child */
    ENDS = 5,          /* of a process, with its threads at work */
    LIMIT = 100,       /* seconds: only what hangs comes near it */
    FIRST_SITE = 50,   /* the line of the first thread; the main thread's is before it */
    HANDED = 64,
    BLOCK_BYTES_MAX = 8192, /* of blocks that nobody has */
    BLOCK_COUNT = 1 << 14,
};

#ifdef __SANITIZE_THREAD__
/* In a forked child it takes threads that the parent has not joined for leaks. */
const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "report_thread_leaks=0";
}
#endif

static bool is_ours; /* malloc, and mmap */
static char *room;   /* where it is not: addresses for blocks */
static size_t page_bytes;
static void *_Atomic handed[HANDED]; /* blocks that any thread may free */
static _Atomic unsigned taken, handled;
static atomic_bool is_over;

/* ---- what the program asks for ---- */

static void *take(size_t bytes)
{
    if (is_ours)
        return malloc(bytes);
    /* In turns, so that whoever had the same one has freed it long ago. */
    void *block = &room[(size_t)(atomic_fetch_add(&taken, 1) % BLOCK_COUNT) * BLOCK_BYTES_MAX];
    heap_add_shared(HEAP_NATIVE, block, bytes);
    return block;
}

static void give(void *block)
{
    if (is_ours)
        free(block);
    else if (block)
        heap_take_shared(HEAP_NATIVE, block);
}

static char *map(size_t pages)
{
    char *made =
        mmap(NULL, pages * page_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!is_ours && made != MAP_FAILED)
        mappings_add(made, pages * page_bytes);
    return made;
}

static void unmap(char *start, size_t pages)
{
    if (is_ours)
        munmap(start, pages * page_bytes);
    else
        mappings_unmap(start, pages * page_bytes);
}

static char *remap(char *start, size_t pages, size_t wanted)
{
    size_t old_bytes = pages * page_bytes, bytes = wanted * page_bytes;
    return is_ours ? mremap(start, old_bytes, bytes, MREMAP_MAYMOVE)
                   : mappings_remap(start, old_bytes, bytes, MREMAP_MAYMOVE, NULL);
}

/* ---- what it does ---- */

/* It may come in the middle of anything, malloc too, which is not to be called then. */
static void map_in_handler(int number)
{
    int before = errno;
    (void)number;
    unmap(map(2), 2);
    atomic_fetch_add(&handled, 1);
    errno = before;
}

/* The thread has raised this one itself, between two calls. */
static void take_in_handler(int number)
{
    (void)number;
    give(atomic_exchange(&handed[0], take(3000)));
}

static void churn(unsigned seed)
{
    size_t bytes = NATIVE_LINE_BYTES + seed * 7919 % (BLOCK_BYTES_MAX - NATIVE_LINE_BYTES);
    give(atomic_exchange(&handed[seed % HANDED], take(bytes)));
    if (seed % 8 == 0) {
        char *start = map(8);
        unmap(start + 3 * page_bytes, 2);
        unmap(start + 5 * page_bytes, 3);
        unmap(remap(start, 3, 6), 6);
    }
    if (seed % 32 == 0)
        raise(SIGUSR2);
}

static void churn_for(unsigned turns)
{
    for (unsigned turn = 0; turn < turns; turn++)
        churn(turn);
}

static void give_all_handed(void)
{
    for (unsigned i = 0; i < HANDED; i++)
        give(atomic_exchange(&handed[i], NULL));
}

/* A thread's place: a line that nothing but this thread executes. */
struct at_line {
    struct activation line;
    struct thread thread;
};

static void enter_line(struct at_line *at, uint32_t site)
{
    at->line =
        (struct activation){.number = INVOCATION_OUTSIDE, .slot = PUBLISH_OUTSIDE, .site = site};
    at->thread = (struct thread){.stack = &at->line, .depth = 1, .capacity = 1};
    thread_this = &at->thread;
}

static void *work(void *argument)
{
    struct at_line at;
    unsigned first = *(const unsigned *)argument;
    enter_line(&at, FIRST_SITE + first);
    for (unsigned turn = 0; turn < TURNS && !atomic_load(&is_over); turn++)
        churn(first + turn * THREADS);
    thread_this = NULL;
    return NULL;
}

/* What a thread without end does. */
static void *work_on(void *argument)
{
    while (!atomic_load(&is_over))
        work(argument);
    return NULL;
}

static unsigned firsts[THREADS];

static void start(pthread_t threads[THREADS], void *(*run)(void *))
{
    for (unsigned i = 0; i < THREADS; i++) {
        firsts[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, run, &firsts[i]), 0);
    }
}

/* ---- what is counted ---- */

static const struct segment_site_heap *heap_of(uint32_t site)
{
    return &publish_shared.segment->site_heap[site];
}

static int64_t retained(uint32_t site)
{
    return atomic_load(&heap_of(site)->retained_bytes[HEAP_NATIVE]);
}

/* Net of all lines of this test: as much was freed as was allocated, on whichever of them. */
static int64_t net(void)
{
    int64_t sum = 0;
    for (uint32_t site = FIRST_SITE - 1; site < FIRST_SITE + THREADS; site++) {
        const struct heap_flow *flow = &heap_of(site)->flow[HEAP_NATIVE];
        sum +=
            (int64_t)atomic_load(&flow->allocated_bytes) - (int64_t)atomic_load(&flow->freed_bytes);
    }
    return sum;
}

/* Have this process killed, whatever signals it waits without, where it hangs. */
static void end_when_late(void)
{
    struct sigevent kill = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    const struct itimerspec limit = {.it_value = {.tv_sec = LIMIT}};
    timer_t timer;
    assert_return_code(timer_create(CLOCK_MONOTONIC, &kill, &timer), errno);
    assert_return_code(timer_settime(timer, 0, &limit, NULL), errno);
}

static int setup(void **state)
{
    (void)state;
    end_when_late();
    struct error error;
    int fd;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    assert_int_equal(rss_open(&error), 0);
    struct segment *segment = segment_attach(fd, &error);
    assert_non_null(segment);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    assert_true(heap_open());
    is_ours = native_open();
    if (!is_ours)
        assert_int_equal(mappings_open(), 0);
    pthread_atfork(NULL, NULL, publish_detach);
    room = mmap(NULL, (size_t)BLOCK_COUNT * BLOCK_BYTES_MAX, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(room, MAP_FAILED);
    signal(SIGALRM, map_in_handler);
    signal(SIGUSR1, map_in_handler);
    signal(SIGUSR2, take_in_handler);
    return 0;
}

/* ---- the tests ---- */

static void test_signals_wait_for_the_lock(void **state)
{
    (void)state;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    unsigned known = atomic_load(&handled);
    grow_lock();
    grow_lock();
    raise(SIGUSR1);
    grow_unlock();
    assert_int_equal(atomic_load(&handled), known);
    grow_unlock();
    while (atomic_load(&handled) == known) /* a sanitizer may be late with it */
        sched_yield();
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    for (int number = 1; number < SIGRTMAX; number++)
        assert_int_equal(sigismember(&before, number), sigismember(&after, number));
}

static atomic_bool is_held, is_forked;

static void *hold_lock(void *argument)
{
    grow_lock();
    atomic_store(&is_held, true);
    while (!atomic_load(&is_forked))
        sched_yield();
    grow_unlock();
    return argument;
}

/* Waits for a child that ends by itself, and returns its status. */
static int status_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

/* A fork waits for nobody's lock, and the child has it free. */
static void test_fork_while_the_lock_is_held(void **state)
{
    (void)state;
    pthread_t holder;
    assert_int_equal(pthread_create(&holder, NULL, hold_lock, NULL), 0);
    while (!atomic_load(&is_held))
        sched_yield();
    pid_t child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        end_when_late();
        churn_for(CHILD_TURNS);
        _exit(rss_read_bytes() > 0 ? 0 : 1);
    }
    assert_int_equal(status_of(child), 0);
    atomic_store(&is_forked, true);
    pthread_join(holder, NULL);
}

/* A child goes on by itself, whatever the threads that it has not were at. */
static void fork_and_wait(void)
{
    pid_t child = fork();
    assert_return_code(child, errno);
    if (child == 0) {
        end_when_late();
        give_all_handed();
        int64_t before = retained(FIRST_SITE - 1);
        churn_for(CHILD_TURNS);
        give_all_handed();
        _exit(retained(FIRST_SITE - 1) == before ? 0 : 1);
    }
    assert_int_equal(status_of(child), 0);
}

static void test_all_at_once(void **state)
{
    (void)state;
    static const struct itimerval often = {{0, 300}, {0, 300}}, never;
    pthread_t threads[THREADS];
    struct at_line at;
    unsigned before = atomic_load(&handled);
    enter_line(&at, FIRST_SITE - 1);
    setitimer(ITIMER_REAL, &often, NULL);
    start(threads, work);
    for (unsigned turn = 0; turn < FORKS; turn++) {
        fork_and_wait();
        for (unsigned i = 0; i < THREADS; i++)
            pthread_kill(threads[i], SIGUSR1);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    setitimer(ITIMER_REAL, &never, NULL);
    give_all_handed();
    thread_this = NULL;
    assert_true(atomic_load(&handled) > before);
    for (uint32_t site = FIRST_SITE - 1; site < FIRST_SITE + THREADS; site++)
        assert_int_equal(retained(site), 0);
    assert_int_equal(net(), 0);
    assert_true(atomic_load(&heap_of(FIRST_SITE)->flow[HEAP_NATIVE].allocated_bytes) >
                (uint64_t)TURNS * NATIVE_LINE_BYTES);
}

static void churn_at_end(void)
{
    churn_for(CHILD_TURNS);
}

/* exit() with threads and signals at it; its handlers allocate and free as well. */
static void test_end_meanwhile(void **state)
{
    (void)state;
    enum { STATUS = 7 };
    for (unsigned turn = 0; turn < ENDS; turn++) {
        pid_t child = fork();
        assert_return_code(child, errno);
        if (child == 0) {
            pthread_t threads[THREADS];
            end_when_late();
            atexit(churn_at_end);
            start(threads, work_on);
            for (unsigned i = 0; i < THREADS * 10; i++)
                pthread_kill(threads[i % THREADS], SIGUSR1);
            exit(STATUS);
        }
        int status = status_of(child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), STATUS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_signals_wait_for_the_lock),
        cmocka_unit_test(test_fork_while_the_lock_is_held),
        cmocka_unit_test(test_all_at_once),
        cmocka_unit_test(test_end_meanwhile),
    };
    return cmocka_run_group_tests_name("worker stress", tests, setup, NULL);
}
