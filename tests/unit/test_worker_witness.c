/* What a witness says of a thread that sleeps, computes, and touches memory. */
#include "config.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/witness.h"

static sem_t ready, go;
static struct witness witness;
static volatile unsigned sink;

/* Wait until the thread sleeps. That its clock stands still is not enough: it does so as well where
 * the thread waits for a processor. */
static void wait_until_idle(void)
{
    char text[512];
    ssize_t len;
    const char *state;
    do {
        len = pread(witness.stat_fd, text, sizeof text - 1, 0);
        assert_true(len > 0);
        text[len] = '\0';
        state = strrchr(text, ')');
    } while (!state || state[2] != 'S');
    witness_look(&witness, true);
}

/* Fresh pages, one fault each. */
static void touch_pages(size_t bytes)
{
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(memory, MAP_FAILED);
    madvise(memory, bytes, MADV_NOHUGEPAGE);
    for (size_t at = 0; at < bytes; at += 4096)
        ((volatile char *)memory)[at] = 1;
    munmap(memory, bytes);
}

static void *watched(void *argument)
{
    (void)argument;
    witness_open(&witness);
    sem_post(&ready);
    sem_wait(&go); /* sleeps */
    for (unsigned i = 0; i < 1000000; i++)
        sink += i;
    sem_post(&ready);
    sem_wait(&go);
    for (int times = 0; times < 2; times++) {
        touch_pages(1 << 20);
        sem_post(&ready);
        sem_wait(&go);
    }
    return NULL;
}

static void test_witness(void **state)
{
    (void)state;
    pthread_t thread;
    sem_init(&ready, 0, 0);
    sem_init(&go, 0, 0);
    assert_int_equal(pthread_create(&thread, NULL, watched, NULL), 0);
    sem_wait(&ready);
    wait_until_idle();
    assert_false(witness_look(&witness, true).ran);

    sem_post(&go);
    sem_wait(&ready);
    struct evidence computing = witness_look(&witness, true);
    assert_true(computing.ran);
    assert_int_equal(computing.faults, 0);

    wait_until_idle();
    sem_post(&go);
    sem_wait(&ready);
    struct evidence touching = witness_look(&witness, true);
    assert_true(touching.ran);
    assert_true(witness_touched_bytes(touching.faults) >= 1 << 20);

    /* A clock that does not move, as in a virtual machine that has lost time to its host. */
    wait_until_idle();
    witness.clock = (clockid_t)-1;
    witness_look(&witness, true);
    sem_post(&go);
    sem_wait(&ready);
    assert_true(witness_look(&witness, true).ran);
    assert_false(witness_look(&witness, true).ran);

    sem_post(&go);
    pthread_join(thread, NULL);
    witness_close(&witness);
    witness_close(&witness); /* harmless */
}

/* What pymemtop maps for its tables while a thread runs is no evidence that it touched others. */
static void test_own_faults_are_no_evidence(void **state)
{
    (void)state;
    struct witness watched;
    witness_open(&watched);
    touch_pages(1 << 20);
    int64_t program_bytes = witness_touched_bytes(witness_look_self(&watched));
    uint64_t faults = witness_own_begin();
    touch_pages(1 << 20);
    witness_own_end(faults);
    int64_t own_bytes = witness_touched_bytes(witness_look_self(&watched));
    assert_true(program_bytes >= 1 << 20);
    assert_true(own_bytes < program_bytes / 4); /* what the looking itself may touch */
    witness_close(&watched);
}

/* Those within others are none twice: what comes after them is seen. */
static void test_own_faults_within_others(void **state)
{
    (void)state;
    struct witness watched;
    witness_open(&watched);
    uint64_t outer = witness_own_begin();
    uint64_t inner = witness_own_begin();
    touch_pages(4 << 20);
    witness_own_end(inner);
    witness_own_end(outer);
    witness_look_self(&watched);
    touch_pages(1 << 20);
    assert_true(witness_touched_bytes(witness_look_self(&watched)) >= 1 << 20);
    witness_close(&watched);
}

/* Neither are they while a thread is at it and another one looks, which takes them for the
 * program's until they are taken off: there are never less than no new ones. */
static void test_own_faults_in_the_middle(void **state)
{
    (void)state;
    struct witness watched;
    uint64_t known = 0;
    witness_open(&watched);
    witness_take_process_faults(&known);
    uint64_t faults = witness_own_begin();
    touch_pages(1 << 20);
    assert_true(witness_take_process_faults(&known) >= 256);
    assert_true(witness_look_self(&watched) >= 256);
    witness_own_end(faults);
    assert_int_equal(witness_take_process_faults(&known), 0);
    assert_int_equal(witness_look_self(&watched), 0);
    touch_pages(1 << 20);
    assert_in_range(witness_take_process_faults(&known), 256, 1 << 20);
    assert_in_range(witness_look_self(&watched), 256, 1 << 20);
    witness_close(&watched);
}

/* A program that closes all descriptors, as a daemon does, opens files of its own afterwards. */
static void test_descriptor_of_the_program_stays_open(void **state)
{
    (void)state;
    witness_open(&witness);
    int fd = witness.stat_fd;
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
    witness_close(&witness);
    assert_true(fcntl(fd, F_GETFD) >= 0);
    close(fd);

    witness_open(&witness);
    fd = witness.stat_fd;
    witness_close(&witness);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_witness),
        cmocka_unit_test(test_own_faults_are_no_evidence),
        cmocka_unit_test(test_own_faults_within_others),
        cmocka_unit_test(test_own_faults_in_the_middle),
        cmocka_unit_test(test_descriptor_of_the_program_stays_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
