/*
 * What native_bench.py measures: pairs of malloc and free, in one thread or several, called from a
 * library as an extension calls them.
 */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { THREADS_MAX = 8, HELD = 16 };

struct work {
    size_t bytes;
    long pairs;
    double ns; /* of processor time, a pair */
};

static double processor_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Some are alive at any time, as in a program. */
static void turn(size_t bytes, long pairs)
{
    void *volatile held[HELD] = {NULL};
    for (long i = 0; i < pairs; i++) {
        free(held[i % HELD]);
        held[i % HELD] = malloc(bytes);
    }
    for (int i = 0; i < HELD; i++)
        free(held[i]);
}

static void *run(void *argument)
{
    struct work *work = argument;
    turn(work->bytes, work->pairs / 10); /* so that it begins warm */
    double begun = processor_ns();
    turn(work->bytes, work->pairs);
    work->ns = (processor_ns() - begun) / (double)work->pairs;
    return NULL;
}

/* Nanoseconds for a pair, the mean of `threads` threads at once (THREADS_MAX at the most). */
double native_loop(size_t bytes, long pairs, int threads);
double native_loop(size_t bytes, long pairs, int threads)
{
    pthread_t ids[THREADS_MAX];
    struct work works[THREADS_MAX];
    double sum = 0;
    for (int i = 0; i < threads; i++) {
        works[i] = (struct work){.bytes = bytes, .pairs = pairs};
        if (pthread_create(&ids[i], NULL, run, &works[i]) != 0)
            return -1;
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        sum += works[i].ns;
    }
    return sum / threads;
}
