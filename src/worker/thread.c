#include "config.h"
#include "worker/thread.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "worker/arena.h"

enum {
    DEPTH_FIRST = 64,    /* profiled frames of one thread, to begin with */
    DEPTH_MAX = 1 << 15, /* frames past it are not traced; a change of the RSS goes through all */
};
_Static_assert(DEPTH_MAX * sizeof(struct activation) <= ARENA_MAX_BYTES,
               "the stack can grow to it");

static struct thread *threads;
_Thread_local struct thread *thread_this;
static pthread_key_t thread_key;

/* Of a thread that ends, in it. Libraries free their blocks after this. */
static void thread_gone(void *thread)
{
    thread_this = NULL; /* it may be another thread's from now on */
    atomic_store_explicit(&((struct thread *)thread)->is_gone, true, memory_order_release);
}

/* A record to use for the calling thread: one of a thread that has ended, or a new one. */
static struct thread *thread_take(void)
{
    for (struct thread *thread = threads; thread; thread = thread->next)
        if (atomic_load_explicit(&thread->is_gone, memory_order_acquire)) {
            witness_close(&thread->witness);
            return thread;
        }
    struct thread *thread = arena_alloc(sizeof *thread);
    if (!thread)
        return NULL;
    thread->stack = arena_alloc(DEPTH_FIRST * sizeof *thread->stack);
    if (!thread->stack)
        return NULL;
    thread->capacity = DEPTH_FIRST;
    thread->next = threads;
    threads = thread;
    return thread;
}

struct thread *thread_make_current(void)
{
    struct thread *thread = thread_take();
    if (!thread)
        return NULL;
    thread->ident = PyThread_get_thread_ident();
    thread->waits_to_stop = false;
    thread->depth = thread->aside_count = 0;
    thread->looked_ticks = 0;
    thread->parking = NULL;
    thread->thrown.count = 0;
    thread->step_count = 0;
    thread->call_count = 0;
    thread->activity = NULL;
    thread->heap_dirty = true; /* it may have taken something already */
    thread->other_net = thread->other_high = 0;
    witness_open(&thread->witness);
    atomic_store_explicit(&thread->is_gone, false, memory_order_relaxed);
    pthread_setspecific(thread_key, thread);
    thread_this = thread;
    return thread;
}

struct thread *thread_first(void)
{
    return threads;
}

/* A stack twice as large, or a first one, with the `count` frames of the old one, which stays, as
 * others may look at it. False where there is none. */
static bool grow(struct activation **stack, uint32_t count, uint32_t *capacity)
{
    if (*capacity >= DEPTH_MAX)
        return false;
    uint32_t wanted = *capacity ? 2 * *capacity : DEPTH_FIRST;
    struct activation *grown = arena_alloc((size_t)wanted * sizeof *grown);
    if (!grown)
        return false;
    if (count > 0)
        memcpy(grown, *stack, count * sizeof *grown);
    *stack = grown;
    *capacity = wanted;
    return true;
}

bool thread_grow(struct thread *thread)
{
    bool has_grown = grow(&thread->stack, thread->depth, &thread->capacity);
    thread->was_full = thread->was_full || !has_grown;
    return has_grown;
}

struct activation *thread_search(const struct thread *thread, const void *frame)
{
    for (struct activation *at = thread->stack + thread->depth; at-- > thread->stack;)
        if (at->frame == frame)
            return at;
    return NULL;
}

void thread_forget(struct thread *thread, const void *frame)
{
    struct activation *at = thread_find(thread, frame);
    if (!at)
        return;
    const struct activation *end = thread->stack + thread->depth;
    for (uint32_t i = 0; i < thread->step_count; i++)
        if (thread->steps[i].depth > (size_t)(at - thread->stack))
            thread->steps[i].depth--;
    memmove(at, at + 1, (size_t)(end - (at + 1)) * sizeof *at);
    thread->depth--;
}

void thread_set_aside(struct thread *thread, uint32_t kept)
{
    for (uint32_t i = kept; i < thread->depth; i++)
        if (thread->aside_count < thread->aside_capacity ||
            grow(&thread->aside, thread->aside_count, &thread->aside_capacity))
            thread->aside[thread->aside_count++] = thread->stack[i];
    thread->depth = kept;
}

struct activation *thread_bring_back(struct thread *thread, const void *frame)
{
    uint32_t i = thread->aside_count;
    while (i > 0 && thread->aside[i - 1].frame != frame)
        i--;
    struct activation *top = i > 0 ? thread_push(thread) : NULL;
    if (!top)
        return NULL;
    *top = thread->aside[i - 1];
    thread->aside_count--;
    memmove(&thread->aside[i - 1], &thread->aside[i],
            (thread->aside_count - (i - 1)) * sizeof *top);
    return top;
}

bool thread_is_full(const struct thread *thread)
{
    return thread->was_full && thread->depth == thread->capacity;
}

int thread_open(void)
{
    return pthread_key_create(&thread_key, thread_gone) == 0 ? 0 : -1;
}
