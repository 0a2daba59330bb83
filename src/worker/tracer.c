/*
 * Frames and their lines. At every event the ledger is settled, so that a change of the RSS is
 * charged to the line that was being executed; then the line is closed, and the next one opened.
 *
 * The frames of an async invocation are entered and left with every suspension. A frame that is
 * left by an await notes its line in the activity of its task, innermost first, which is what a
 * loop's work for the suspended task is charged to. A task gets an activity of its own when its
 * first frame is entered.
 *
 * Nothing here calls back into Python code but for the context variable, and nothing allocates on
 * the way of a line event.
 */
#include "config.h"
#include "worker/tracer.h"

#include <pthread.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "worker/activity.h"
#include "worker/heap.h"
#include "worker/ledger.h"
#include "worker/meters.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/stop.h"
#include "worker/thread.h"

static PyObject *load; /* owned; the activity between load_begin and load_end */

/* Charge what has changed since the last event. The RSS, in bytes. */
static ALWAYS_INLINE int64_t settle(struct thread *thread)
{
    if (UNLIKELY(meters_open != 0))
        meters_settle(thread);
    return ledger_settle(thread);
}

static void find_slot(struct activation *at)
{
    at->slot = ledger_slot(at->slot, at->number);
    at->line = publish_line(at->slot, at->site);
    at->epoch = publish_epoch();
}

/* Where invocations have begun or ended since the line was opened, its slot may be another's. */
static inline void refresh(struct activation *at)
{
    if (UNLIKELY(at->epoch != publish_epoch()))
        find_slot(at);
}

static inline void close_line(struct activation *at, int64_t rss_bytes)
{
    refresh(at);
    publish_close_line(&at->line, rss_bytes);
    if (UNLIKELY(at->recorded.scope))
        recorder_close_line(&at->recorded, rss_bytes);
}

/* After refresh() or close_line(). */
static ALWAYS_INLINE void open_line(struct activation *at, int line)
{
    at->site = code_site(at->info->file, line);
    at->line = publish_open_line(at->slot, at->site, !code_defines_at(at->info, line));
    if (UNLIKELY(at->recorded.scope))
        recorder_open_line(&at->recorded, line);
}

/* The first profiled frame of the thread, or of a loop's callback in it: find out for which
 * invocation it works. */
static struct activation enter_bottom(struct thread *thread)
{
    struct activation bottom = {.slot = PUBLISH_OUTSIDE, .number = INVOCATION_OUTSIDE};
    Py_XSETREF(thread->activity, activity_current());
    if (thread->activity) {
        bottom.slot = thread->activity->slot;
        bottom.number = thread->activity->number;
    } else if (thread->depth > 0) {
        return thread->stack[thread->depth - 1];
    }
    find_slot(&bottom);
    return bottom;
}

/* A coroutine's frame goes on, so that its task waits no longer. One that begins within its
 * creator's call (asyncio.eager_task_factory) has a context, and so an activity, of its own; that
 * is made before anything can copy the context. */
static void resume_task(const struct thread *thread)
{
    if (!thread->activity)
        return;
    if (activity_is_current(thread->activity))
        thread->activity->parked.count = 0;
    else
        Py_XDECREF(activity_current());
}

/* What is thrown into a coroutine that awaits another goes to the innermost one at once, and to the
 * next one when that has ended. Find those that still wait for `frame`. */
static void find_thrown(struct thread *thread, const void *frame, bool thrown)
{
    struct await_chain *chain = &thread->thrown;
    if (chain->count > 0 && thread->depth > thread->thrown_depth)
        return; /* called by one that was found */
    if (chain->count > 0 && chain->lines[0].frame == frame) {
        await_chain_shift(chain);
        return;
    }
    chain->count = 0;
    thread->thrown_depth = thread->depth;
    if (!thrown || !thread->activity)
        return;
    const struct await_chain *parked = &thread->activity->parked;
    await_chain_append(chain, parked, await_chain_find(parked, frame) + 1);
}

const void *tracer_frame(void)
{
    const struct thread *thread = thread_this;
    return thread && thread->depth > 0 ? thread->stack[thread->depth - 1].frame : NULL;
}

void tracer_delegates(const void *frame, const struct code_info *info, int line)
{
    struct thread *thread = thread_this;
    if (!thread || thread->depth != thread->thrown_depth + 1)
        return;
    if (await_chain_find(&thread->thrown, frame) < thread->thrown.count)
        return;
    uint32_t site = code_site(info->file, line);
    struct await_line waiting = {.frame = frame, .site = site};
    if (UNLIKELY(info->may_be_recorded)) {
        waiting.recorded = recorder_find(info);
        waiting.recorded.line = line;
    }
    await_chain_add(&thread->thrown, waiting);
}

/* `frame`, of a decorated function, was entered. */
static NOINLINE void begin_call(struct thread *thread, const void *frame)
{
    if (thread->call_count < THREAD_CALLS_MAX)
        thread->calls[thread->call_count++] =
            (struct open_call){frame, clock_monotonic_ns(), ledger.rss_bytes};
}

/* It is left. Of one that was decorated while it ran the beginning is not known. */
static NOINLINE void end_call(struct thread *thread, const struct activation *at)
{
    uint32_t level = thread->call_count;
    while (level > 0 && thread->calls[level - 1].frame != at->frame)
        level--;
    if (level == 0)
        return;
    const struct open_call *call = &thread->calls[--level];
    publish_call(&(struct segment_call){.function = at->info->decorated - 1,
                                        .level = level,
                                        .begin_ns = call->begin_ns,
                                        .end_ns = clock_monotonic_ns(),
                                        .begin_bytes = call->begin_bytes,
                                        .end_bytes = ledger.rss_bytes});
    /* Those above were left unseen, or on a C stack that the thread has switched from. */
    thread->call_count = level;
}

void tracer_enter(const void *frame, const struct code_info *info, int line, bool thrown)
{
    struct thread *thread = thread_current();
    if (UNLIKELY(!thread))
        return;
    settle(thread);
    bool is_bottom = thread->depth <= thread_base(thread);
    struct activation bottom;
    if (UNLIKELY(is_bottom))
        bottom = enter_bottom(thread);
    if (UNLIKELY(thrown || thread->thrown.count > 0))
        find_thrown(thread, frame, thrown);
    if (UNLIKELY(info->is_coroutine))
        resume_task(thread);
    struct activation *top = thread_push(thread);
    if (UNLIKELY(!top))
        return;
    const struct activation *below = is_bottom ? &bottom : top - 1;
    *top = (struct activation){.frame = frame,
                               .info = info,
                               .number = below->number,
                               .epoch = below->epoch,
                               .slot = below->slot};
    refresh(top);
    if (UNLIKELY(info->may_be_recorded))
        top->recorded = recorder_find(info);
    if (UNLIKELY(info->decorated))
        begin_call(thread, frame);
    /* A call of a function counts for its first line. The start of a module or of a class body is
     * on no line: "import json" in line 1 has not run twice. */
    open_line(top, info->is_in_function ? line : 0);
    if (UNLIKELY(thread->heap_dirty))
        heap_enter(thread);
    thread->parking = NULL;
}

/* `frame` goes on or ends, and is not the innermost one: the thread has switched to another C
 * stack. Have it be that; NULL where it is not known. What the thread did since its last event goes
 * to the frame that was innermost. */
static __attribute__((noinline)) struct activation *switch_to(struct thread *thread,
                                                              const void *frame)
{
    struct activation *at = thread_is_full(thread) ? NULL : thread_find(thread, frame);
    if (at ? at < thread->stack + thread_base(thread) : thread->aside_count == 0)
        return NULL;
    settle(thread);
    heap_step(thread);
    thread->heap_dirty = heap_is_on; /* each may have taken something since its line began */
    thread->thrown.count = 0;
    thread->parking = NULL;
    if (!at)
        return thread_bring_back(thread, frame);
    thread_set_aside(thread, (uint32_t)(at - thread->stack) + 1);
    return at;
}

static ALWAYS_INLINE struct activation *find_innermost(struct thread *thread, const void *frame)
{
    if (LIKELY(thread->depth > 0 && thread->stack[thread->depth - 1].frame == frame))
        return &thread->stack[thread->depth - 1];
    return switch_to(thread, frame);
}

void tracer_line(const void *frame, int line)
{
    struct thread *thread = thread_this;
    struct activation *top = LIKELY(thread != NULL) ? find_innermost(thread, frame) : NULL;
    if (UNLIKELY(!top))
        return;
    close_line(top, settle(thread));
    uint32_t site = top->site;
    uint32_t cell = top->line.cell;
    open_line(top, line);
    if (UNLIKELY(thread->heap_dirty))
        heap_next_line(thread, top, site, cell);
    thread->parking = NULL;
    if (stop_is_armed())
        stop_at_line(thread, site);
}

bool tracer_is_innermost(const void *frame)
{
    const struct thread *thread = thread_this;
    return thread && thread->depth > 0 && thread->stack[thread->depth - 1].frame == frame;
}

/* The activity of the frame that is suspended; a new reference, or NULL. */
static struct activity *parking_activity(const struct thread *thread)
{
    if (!thread->activity)
        return NULL;
    if (UNLIKELY(!activity_is_current(thread->activity)))
        return activity_current();
    Py_INCREF(thread->activity);
    return thread->activity;
}

/* The frame `at` is suspended: its task waits there, and where the frame before was suspended at
 * once before it, there, too. */
static void park(struct thread *thread, const struct activation *at)
{
    struct activity *activity = parking_activity(thread);
    if (!activity)
        return;
    if (thread->parking != activity)
        activity->parked.count = 0;
    await_chain_add(
        &activity->parked,
        (struct await_line){.frame = at->frame, .site = at->site, .recorded = at->recorded});
    if (UNLIKELY(thread->thrown.count > 0) && at == &thread->stack[thread->thrown_depth]) {
        await_chain_append(&activity->parked, &thread->thrown, 0);
        thread->thrown.count = 0;
    }
    thread->parking = activity;
    Py_DECREF(activity);
}

/* The frame below goes on, or there is none and the activity waits nowhere. */
static void unpark(struct thread *thread)
{
    thread->parking = NULL;
    if (thread->depth <= thread_base(thread) && thread->activity)
        thread->activity->parked.count = 0;
    if (thread->depth > 0) {
        struct activation *top = &thread->stack[thread->depth - 1];
        refresh(top);
        publish_set_running(top->slot, top->site);
    }
}

void tracer_leave(const void *frame, bool awaits)
{
    struct thread *thread = thread_this;
    if (UNLIKELY(!thread))
        return;
    struct activation *at = find_innermost(thread, frame);
    if (UNLIKELY(!at)) { /* it was entered past the stack's limit, as a rule */
        thread_forget(thread, frame);
        return;
    }
    close_line(at, settle(thread));
    if (UNLIKELY(at->info->decorated))
        end_call(thread, at);
    if (heap_is_on)
        heap_leave(thread, at);
    if (stop_is_armed())
        stop_at_leave(thread, awaits);
    if (awaits)
        park(thread, &thread->stack[thread->depth - 1]);
    thread_pop(thread);
    if (!awaits)
        unpark(thread);
    if (thread->depth <= thread_base(thread))
        Py_CLEAR(thread->activity);
}

/* Takes the reference to `activity`. */
static void push_step(struct thread *thread, const void *frame, struct activity *activity)
{
    heap_step(thread);
    thread->thrown.count = 0;
    thread->steps[thread->step_count++] = (struct step){
        .frame = frame, .activity = activity, .below = thread->activity, .depth = thread->depth};
    thread->activity = NULL;
    thread->heap_dirty = false;
}

static void pop_step(struct thread *thread)
{
    heap_step(thread);
    struct step ended = thread->steps[--thread->step_count];
    if (UNLIKELY(thread->depth > ended.depth)) /* of a C stack that was switched from */
        thread_set_aside(thread, ended.depth);
    thread->heap_dirty = heap_is_on; /* of the frames below, if any; to look is harmless */
    Py_XDECREF(ended.activity);
    Py_XSETREF(thread->activity, ended.below);
}

void tracer_step_begin(const void *frame, PyObject *context)
{
    struct thread *thread = thread_current();
    if (!thread || thread->step_count == THREAD_STEPS_MAX)
        return;
    settle(thread);
    push_step(thread, frame, activity_in(context));
}

void tracer_step_end(const void *frame)
{
    struct thread *thread = thread_this;
    if (!thread || thread->step_count == 0 || thread->steps[thread->step_count - 1].frame != frame)
        return;
    settle(thread);
    pop_step(thread);
}

/* ---- what the glue calls ---- */

static PyObject *begin(unsigned long long number)
{
    struct thread *thread = thread_current();
    if (!thread)
        return PyErr_NoMemory();
    int64_t rss_bytes = ledger_read(thread);
    heap_close();
    uint32_t slot = publish_begin(number, rss_bytes);
    heap_begin(slot, number);
    return (PyObject *)activity_new(slot, number);
}

static int end(struct activity *activity)
{
    struct thread *thread = thread_current();
    if (!thread)
        return -1;
    int64_t rss_bytes = ledger_read(thread);
    if (publish_is_running(activity->slot, activity->number)) {
        heap_close();
        heap_end(activity->slot);
        publish_end(activity->slot, rss_bytes);
        stop_at_end(activity->number);
    }
    return activity_reset(activity);
}

PyDoc_STRVAR(begin_doc, "begin(number) -> token\n\n"
                        "Invocation `number` begins, in the current context and thread.");
static PyObject *py_begin(PyObject *Py_UNUSED(module), PyObject *number)
{
    unsigned long long value = PyLong_AsUnsignedLongLong(number);
    if (PyErr_Occurred())
        return NULL;
    return begin(value);
}

PyDoc_STRVAR(end_doc, "end(token)\n\n"
                      "The invocation is over; to be called in the context of its begin().");
static PyObject *py_end(PyObject *Py_UNUSED(module), PyObject *token)
{
    if (!activity_check(token)) {
        PyErr_SetString(PyExc_TypeError, "end() takes what begin() returned");
        return NULL;
    }
    if (end((struct activity *)token) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(
    work_begin_doc,
    "work_begin(for_waiting) -> token\n\n"
    "What the calling thread does from now on is work of the current context's invocation.\n"
    "for_waiting: and of the lines that wait in that context, as a callback of its event\n"
    "loop is; otherwise of no line but those that the thread runs.");
static PyObject *py_work_begin(PyObject *Py_UNUSED(module), PyObject *for_waiting)
{
    struct thread *thread = thread_current();
    if (!thread || thread->step_count == THREAD_STEPS_MAX)
        return PyLong_FromLong(0);
    settle(thread);
    push_step(thread, NULL, for_waiting == Py_True ? activity_carried() : activity_current());
    return PyLong_FromLong((long)thread->step_count);
}

PyDoc_STRVAR(work_end_doc, "work_end(token)\n\nThe work of that work_begin() is done.");
static PyObject *py_work_end(PyObject *Py_UNUSED(module), PyObject *token)
{
    struct thread *thread = thread_this;
    long begun = PyLong_AsLong(token);
    if (begun == -1 && PyErr_Occurred())
        return NULL;
    if (thread && begun > 0) {
        settle(thread);
        while (thread->step_count >= (unsigned long)begun)
            pop_step(thread);
    }
    Py_RETURN_NONE;
}

PyDoc_STRVAR(load_begin_doc, "load_begin()\n\nThe app's modules are imported from now on.");
static PyObject *py_load_begin(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    Py_XSETREF(load, begin(INVOCATION_LOAD));
    if (!load)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(load_end_doc, "load_end()\n\nThey are; the RSS now is the baseline.");
static PyObject *py_load_end(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    if (load && end((struct activity *)load) < 0)
        return NULL;
    Py_CLEAR(load);
    heap_baseline();
    publish_baseline(rss_read_bytes());
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"begin", py_begin, METH_O, begin_doc},
    {"end", py_end, METH_O, end_doc},
    {"work_begin", py_work_begin, METH_O, work_begin_doc},
    {"work_end", py_work_end, METH_O, work_end_doc},
    {"load_begin", py_load_begin, METH_NOARGS, load_begin_doc},
    {"load_end", py_load_end, METH_NOARGS, load_end_doc},
    {NULL, NULL, 0, NULL},
};

int tracer_add_functions(PyObject *module)
{
    return activity_add(module) < 0 ? -1 : PyModule_AddFunctions(module, functions);
}

int tracer_open(bool verify_rss)
{
    if (thread_open() < 0 || ledger_open(verify_rss) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    pthread_atfork(NULL, NULL, publish_detach);
    return 0;
}
