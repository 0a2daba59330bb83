/*
 * The list of evaluations has a lock of its own, below the interpreter's: the watcher looks through
 * it without that, and then, where one is to be broken off, again with both, so that it cannot have
 * ended meanwhile.
 */
#include "config.h"
#include <Python.h>

#include "worker/breaker.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "worker/guard.h"
#include "worker/own.h"
#include "worker/publish.h"
#include "worker/rss.h"

enum {
    STACK_BYTES = 256 * 1024,
    LOOK_MS = 50,
    AGAIN_MS = 200,   /* where it was caught */
    QUIET_LOOKS = 40, /* without an evaluation, and nobody looks until there is one */
    PARKED_MS = 60000,
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct breaker *first;  /* under the lock */
static _Atomic uint32_t begun; /* evaluations; a futex */
static atomic_bool is_parked;
static bool is_watched; /* under the interpreter lock */

static struct control *control(void)
{
    return &publish_shared.segment->control;
}

/* An order came, or the one who gave it is gone. */
static bool is_ordered(const struct breaker *breaker)
{
    return !atomic_load_explicit(&control()->is_attended, memory_order_acquire) ||
           atomic_load(&control()->order.break_for) == breaker->for_stop;
}

/* From an order on it is due, as a condition is when its time is over. */
static bool is_due(struct breaker *breaker, uint64_t now_ns)
{
    if (breaker->for_stop && !breaker->due_ns && is_ordered(breaker))
        breaker->due_ns = now_ns;
    return breaker->due_ns && now_ns >= breaker->due_ns;
}

/* Under the lock. */
static struct breaker *find_due(uint64_t now_ns)
{
    struct breaker *breaker = first;
    while (breaker && !is_due(breaker, now_ns))
        breaker = breaker->next;
    return breaker;
}

/* Under both locks. */
static void break_off(struct breaker *breaker, uint64_t now_ns)
{
    breaker->is_broken = true;
    breaker->due_ns = now_ns + AGAIN_MS * NS_PER_MS;
    if (breaker->breakpoint)
        atomic_store(&control()->slow_breakpoint, breaker->breakpoint);
    PyThreadState_SetAsyncExc(breaker->ident, PyExc_KeyboardInterrupt);
}

/* The interpreter gives this thread a state for that time; what that takes is not counted. */
static void break_off_due(uint64_t now_ns)
{
    bool was_inside = guard_enter();
    PyGILState_STATE state = PyGILState_Ensure();
    pthread_mutex_lock(&lock);
    for (struct breaker *breaker; (breaker = find_due(now_ns));)
        break_off(breaker, now_ns);
    pthread_mutex_unlock(&lock);
    PyGILState_Release(state);
    guard_leave(was_inside);
}

/* Whether there is an evaluation. A condition whose thread has the interpreter lock, and keeps it,
 * is told to be slow before this thread has it. */
static bool look(void)
{
    uint64_t now_ns = clock_monotonic_ns();
    pthread_mutex_lock(&lock);
    bool is_any = first != NULL;
    const struct breaker *due = find_due(now_ns);
    if (due && due->breakpoint)
        atomic_store(&control()->slow_breakpoint, due->breakpoint);
    pthread_mutex_unlock(&lock);
    if (due)
        break_off_due(now_ns);
    return is_any;
}

static void park(void)
{
    uint32_t seen = atomic_load(&begun);
    atomic_store(&is_parked, true);
    pthread_mutex_lock(&lock);
    bool is_any = first != NULL;
    pthread_mutex_unlock(&lock);
    if (!is_any)
        control_wait(&begun, seen, PARKED_MS);
    atomic_store(&is_parked, false);
}

static void *watch(void *Py_UNUSED(nothing))
{
    for (unsigned quiet = 0;; quiet++) {
        uint32_t orders = atomic_load(&control()->order.break_off);
        if (look())
            quiet = 0;
        if (quiet < QUIET_LOOKS)
            control_wait(&control()->order.break_off, orders, LOOK_MS);
        else
            park();
    }
    return NULL;
}

/* Without a thread, nothing is broken off. */
static void start_watcher(void)
{
    sigset_t all, before;
    pthread_attr_t attributes;
    pthread_t thread;
    is_watched = true;
    void *stack = rss_map_own(STACK_BYTES);
    if (!stack || pthread_attr_init(&attributes) != 0)
        return;
    pthread_attr_setstack(&attributes, stack, STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool was_inside = guard_enter();
    (void)!pthread_create(&thread, &attributes, watch, NULL);
    guard_leave(was_inside);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

void breaker_begin(struct breaker *breaker, uint32_t for_stop, uint32_t breakpoint)
{
    if (!is_watched) {
        own_begin();
        start_watcher();
        own_end();
    }
    *breaker = (struct breaker){
        .ident = PyThread_get_thread_ident(), .for_stop = for_stop, .breakpoint = breakpoint};
    if (!for_stop)
        breaker->due_ns = clock_monotonic_ns() + BREAKER_CONDITION_MS * NS_PER_MS;
    pthread_mutex_lock(&lock);
    breaker->next = first;
    first = breaker;
    pthread_mutex_unlock(&lock);
    atomic_fetch_add(&begun, 1);
    if (atomic_load(&is_parked))
        control_wake(&begun);
}

static void take_out(const struct breaker *breaker)
{
    struct breaker **at = &first;
    while (*at != breaker)
        at = &(*at)->next;
    *at = breaker->next;
}

bool breaker_end(struct breaker *breaker)
{
    pthread_mutex_lock(&lock);
    take_out(breaker);
    pthread_mutex_unlock(&lock);
    if (!breaker->is_broken)
        return false;
    PyThreadState_SetAsyncExc(breaker->ident, NULL); /* which may not have come yet */
    if (breaker->breakpoint)
        atomic_store(&control()->slow_breakpoint, 0);
    return true;
}
