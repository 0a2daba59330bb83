#include "config.h"
#include "worker/thread.h"

#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "worker/arena.h"

enum {
    DEPTH_FIRST = 64,    /* profiled frames of one thread, to begin with */
    DEPTH_MAX = 1 << 14, /* frames past it are not traced */
};

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
    thread->depth = 0;
    thread->looked_ticks = 0;
    thread->parking = NULL;
    thread->thrown.count = 0;
    thread->step_count = 0;
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

bool thread_grow(struct thread *thread)
{
    if (thread->capacity >= DEPTH_MAX)
        return false;
    struct activation *stack = arena_alloc((size_t)2 * thread->capacity * sizeof *stack);
    if (!stack)
        return false;
    memcpy(stack, thread->stack, thread->depth * sizeof *stack);
    thread->stack = stack;
    thread->capacity *= 2;
    return true;
}

struct activation *thread_search(const struct thread *thread, const void *frame)
{
    for (struct activation *at = thread->stack + thread->depth; at-- > thread->stack;)
        if (at->frame == frame)
            return at;
    return NULL;
}

void thread_remove_inner(struct thread *thread, struct activation *at)
{
    const struct activation *end = thread->stack + thread->depth;
    if (UNLIKELY(at + 1 != end))
        memmove(at, at + 1, (size_t)(end - (at + 1)) * sizeof *at);
    thread->depth--;
}

int thread_open(void)
{
    return pthread_key_create(&thread_key, thread_gone) == 0 ? 0 : -1;
}
