/* wire/ring: order, fullness, wrapping, a broken peer, and two threads at once. */
#include "config.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sched.h>
#include <cmocka.h>

#include "wire/ring.h"

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct ring));
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void push(struct ring *ring, uint64_t n)
{
    const struct ring_sample sample = {.time_ns = n, .rss_bytes = -(int64_t)n};
    ring_push(ring, &sample);
}

/* Pull all there is, `step` at a time; they must be first, first + 1, ... Returns how many. */
static size_t pull_all(struct ring *ring, uint64_t first, size_t step)
{
    struct ring_sample out[256];
    size_t count = 0, got;
    while ((got = ring_pull(ring, out, step)) > 0) {
        assert_true(got <= step);
        for (size_t i = 0; i < got; i++) {
            assert_int_equal(out[i].time_ns, first + count + i);
            assert_int_equal(out[i].rss_bytes, -(int64_t)(first + count + i));
        }
        count += got;
    }
    return count;
}

static void test_order(void **state)
{
    struct ring *ring = *state;
    struct ring_sample out[4];
    assert_int_equal(ring_pull(ring, out, 4), 0);
    for (uint64_t n = 0; n < 10; n++)
        push(ring, n);
    assert_int_equal(ring_pull(ring, out, 0), 0);
    assert_int_equal(pull_all(ring, 0, 3), 10);
    assert_int_equal(ring_dropped(ring), 0);
}

static void test_full(void **state)
{
    struct ring *ring = *state;
    for (uint64_t n = 0; n < RING_SAMPLES + 5; n++)
        push(ring, n);
    assert_int_equal(ring_dropped(ring), 5);
    /* The oldest are kept, the newest were dropped; then there is room again. */
    struct ring_sample out[1];
    assert_int_equal(ring_pull(ring, out, 1), 1);
    assert_int_equal(out[0].time_ns, 0);
    push(ring, RING_SAMPLES);
    push(ring, RING_SAMPLES + 1);
    assert_int_equal(ring_dropped(ring), 6);
    assert_int_equal(pull_all(ring, 1, 256), RING_SAMPLES);
}

static void test_wrap(void **state)
{
    struct ring *ring = *state;
    uint64_t pushed = 0, pulled = 0;
    while (pushed < 5 * (uint64_t)RING_SAMPLES) {
        for (int i = 0; i < 1000; i++)
            push(ring, pushed++);
        pulled += pull_all(ring, pulled, 77);
    }
    assert_int_equal(pulled, pushed);
    assert_int_equal(ring_dropped(ring), 0);
}

/* head and tail are 64 bits that never wrap in practice; that they could does no harm. */
static void test_counters_wrap(void **state)
{
    struct ring *ring = *state;
    atomic_store(&ring->head, UINT64_MAX - 2);
    atomic_store(&ring->tail, UINT64_MAX - 2);
    for (uint64_t n = 0; n < 10; n++)
        push(ring, n);
    assert_int_equal(pull_all(ring, 0, 4), 10);
}

static void test_broken_head(void **state)
{
    struct ring *ring = *state;
    struct ring_sample out[16];
    static const uint64_t impossible[] = {RING_SAMPLES + 1, UINT64_MAX, UINT64_MAX / 2};
    for (size_t i = 0; i < sizeof impossible / sizeof impossible[0]; i++) {
        atomic_store(&ring->tail, 0);
        atomic_store(&ring->head, impossible[i]);
        assert_int_equal(ring_pull(ring, out, 16), 0);
        assert_int_equal(atomic_load(&ring->tail), impossible[i]);
        /* Resynchronised: what comes now is read. */
        push(ring, 7);
        assert_int_equal(ring_pull(ring, out, 16), 1);
        assert_int_equal(out[0].time_ns, 7);
    }
}

enum { THREAD_SAMPLES = 200000 };

static void *write_samples(void *argument)
{
    struct ring *ring = argument;
    for (uint64_t n = 1; n <= THREAD_SAMPLES; n++)
        push(ring, n);
    return NULL;
}

/* A writer at full speed: every sample is either read, whole and in order, or counted as dropped.
 */
static void test_two_threads(void **state)
{
    struct ring *ring = *state;
    pthread_t writer;
    assert_int_equal(pthread_create(&writer, NULL, write_samples, ring), 0);
    uint64_t read = 0, last = 0;
    while (read + ring_dropped(ring) < THREAD_SAMPLES) {
        struct ring_sample out[64];
        size_t got = ring_pull(ring, out, 64);
        for (size_t i = 0; i < got; i++) {
            if (out[i].time_ns <= last || out[i].rss_bytes != -(int64_t)out[i].time_ns)
                fail_msg("sample %llu after %llu", (unsigned long long)out[i].time_ns,
                         (unsigned long long)last);
            last = out[i].time_ns;
        }
        read += got;
        if (got == 0)
            sched_yield();
    }
    assert_int_equal(pthread_join(writer, NULL), 0);
    assert_int_equal(read + ring_dropped(ring), THREAD_SAMPLES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_counters_wrap, setup, teardown),
        cmocka_unit_test_setup_teardown(test_broken_head, setup, teardown),
        cmocka_unit_test_setup_teardown(test_two_threads, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
