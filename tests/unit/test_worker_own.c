/* What a thread takes as pymemtop's own: out of the RSS, once where it is nested, and nothing of
 * what other threads take meanwhile. */
#include "config.h"
#include "recorder_fixture.h"

#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

/* Kernels batch the counts of a process with threads: up to 32 pages for each processor. */
enum { TAKEN_BYTES = 16 << 20, UNSURE_BYTES = 2 << 20 };

/* A sanitizer would have memory of its own for what it sees written. */
#ifdef __clang__
#define UNSEEN __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define UNSEEN __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

UNSEEN static void touch(char *memory)
{
    for (size_t at = 0; at < TAKEN_BYTES; at += 1024)
        ((volatile char *)memory)[at] = 1;
}

static char *take(void)
{
    char *memory =
        mmap(NULL, TAKEN_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    madvise(memory, TAKEN_BYTES, MADV_NOHUGEPAGE);
    touch(memory);
    return memory;
}

static void give(char *memory)
{
    munmap(memory, TAKEN_BYTES);
}

static void assert_about(int64_t bytes, int64_t wanted)
{
    if (llabs(bytes - wanted) > UNSURE_BYTES)
        fail_msg("%lld bytes, not %lld", (long long)bytes, (long long)wanted);
}

static int64_t shown_bytes, own_before_bytes;

static void look(void)
{
    shown_bytes = rss_read_bytes();
    own_before_bytes = rss_own_bytes();
}

static void test_is_left_out(void **state)
{
    (void)state;
    look();
    own_begin();
    char *memory = take();
    own_end();
    assert_about(rss_own_bytes() - own_before_bytes, TAKEN_BYTES);
    assert_about(rss_read_bytes() - shown_bytes, 0);
    char *others = take();
    assert_about(rss_own_bytes() - own_before_bytes, TAKEN_BYTES);
    assert_about(rss_read_bytes() - shown_bytes, TAKEN_BYTES);
    give(others);
    give(memory);
}

static void test_nested_counts_once(void **state)
{
    (void)state;
    look();
    own_begin();
    char *first = take();
    own_begin();
    char *second = take();
    own_end();
    char *third = take(); /* it goes on to the outer end */
    own_end();
    assert_about(rss_own_bytes() - own_before_bytes, (int64_t)3 * TAKEN_BYTES);
    assert_about(rss_read_bytes() - shown_bytes, 0);
    give(first);
    give(second);
    give(third);
}

static void test_what_came_before_and_what_goes(void **state)
{
    (void)state;
    char *memory = take();
    look();
    own_begin();
    give(memory); /* the program's: no own memory comes of it, and the program has less */
    own_end();
    assert_about(rss_own_bytes() - own_before_bytes, 0);
    assert_about(rss_read_bytes() - shown_bytes, -(int64_t)TAKEN_BYTES);
    look();
    own_begin();
    own_end();
    assert_about(rss_own_bytes() - own_before_bytes, 0);
}

static sem_t turn, done;

static void *take_beside(void *memory)
{
    sem_wait(&turn);
    *(char **)memory = take();
    sem_post(&done);
    return NULL;
}

static void test_others_take_meanwhile(void **state)
{
    (void)state;
    pthread_t thread;
    char *memory = NULL;
    sem_init(&turn, 0, 0);
    sem_init(&done, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, take_beside, &memory), 0);
    look();
    own_begin();
    sem_post(&turn);
    sem_wait(&done);
    own_end();
    pthread_join(thread, NULL);
    assert_about(rss_own_bytes() - own_before_bytes, 0);
    assert_about(rss_read_bytes() - shown_bytes, TAKEN_BYTES);
    give(memory);
}

enum { THREADS = 4, TURNS = 300 };

/* Depths and faults are each thread's own. */
static void *own_in_turns(void *unused)
{
    for (int i = 0; i < TURNS; i++) {
        PyGILState_STATE lock = PyGILState_Ensure();
        own_begin();
        own_begin();
        Py_BEGIN_ALLOW_THREADS Py_END_ALLOW_THREADS own_end();
        own_end();
        PyGILState_Release(lock);
    }
    return unused;
}

static void test_threads_in_turns(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    look();
    Py_BEGIN_ALLOW_THREADS for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, own_in_turns, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    Py_END_ALLOW_THREADS assert_about(rss_own_bytes() - own_before_bytes, 0);
    assert_raises("m.own_end()", PyExc_RuntimeError); /* none is open */
}

static void test_for_python(void **state)
{
    (void)state;
    assert_raises("m.own_end()", PyExc_RuntimeError);
    assert_int_equal(
        number("[m.own_begin(), m.own_begin(), m.own_end(), m.own_end(), 1][-1]", NULL), 1);
    assert_raises("m.own_end()", PyExc_RuntimeError);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_left_out),
        cmocka_unit_test(test_nested_counts_once),
        cmocka_unit_test(test_what_came_before_and_what_goes),
        cmocka_unit_test(test_others_take_meanwhile),
        cmocka_unit_test(test_threads_in_turns),
        cmocka_unit_test(test_for_python),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
