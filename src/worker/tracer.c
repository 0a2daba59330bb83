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
#include "worker/activity.h"
#include "worker/ledger.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/thread.h"

static PyObject *load; /* owned; the activity between load_begin and load_end */

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
}

/* After refresh() or close_line(). */
static ALWAYS_INLINE void open_line(struct activation *at, int line)
{
    at->site = code_site(at->info->file, line);
    at->line = publish_open_line(at->slot, at->site, !code_defines_at(at->info, line));
}

/* The first profiled frame of the thread: find out for which invocation it works. */
static struct activation enter_bottom(struct thread *thread)
{
    struct activation bottom = {.slot = PUBLISH_OUTSIDE, .number = INVOCATION_OUTSIDE};
    thread->activity = activity_current();
    if (thread->activity) {
        bottom.slot = thread->activity->slot;
        bottom.number = thread->activity->number;
    }
    find_slot(&bottom);
    return bottom;
}

void tracer_enter(const void *frame, const struct code_info *info, int line)
{
    struct thread *thread = thread_current();
    if (UNLIKELY(!thread))
        return;
    ledger_settle(thread);
    struct activation fresh =
        thread->depth ? thread->stack[thread->depth - 1] : enter_bottom(thread);
    struct activation *top = thread_push(thread);
    if (UNLIKELY(!top))
        return;
    fresh.frame = frame;
    fresh.info = info;
    *top = fresh;
    refresh(top);
    open_line(top, line);
    thread->is_parking = false;
}

void tracer_line(const void *frame, int line)
{
    struct thread *thread = thread_this;
    if (UNLIKELY(!thread || thread->depth == 0))
        return;
    struct activation *top = &thread->stack[thread->depth - 1];
    if (UNLIKELY(top->frame != frame))
        return;
    close_line(top, ledger_settle(thread));
    open_line(top, line);
    thread->is_parking = false;
}

bool tracer_is_innermost(const void *frame)
{
    const struct thread *thread = thread_this;
    return thread && thread->depth > 0 && thread->stack[thread->depth - 1].frame == frame;
}

/* The frame at `site` is suspended: its task waits there, and where the frame before was suspended
 * at once before it, there, too. */
static void park(struct thread *thread, uint32_t site)
{
    struct activity *activity = thread->activity;
    if (!activity)
        return;
    if (!thread->is_parking)
        activity->parked_count = 0;
    if (activity->parked_count < ACTIVITY_PARKED_MAX)
        activity->parked[activity->parked_count++] = site;
    thread->is_parking = true;
}

/* The frame below goes on, or there is none and the activity waits nowhere. */
static void unpark(struct thread *thread)
{
    thread->is_parking = false;
    if (thread->depth > 0) {
        struct activation *top = &thread->stack[thread->depth - 1];
        refresh(top);
        publish_set_running(top->slot, top->site);
    } else if (thread->activity) {
        thread->activity->parked_count = 0;
    }
}

void tracer_leave(const void *frame, bool awaits)
{
    struct thread *thread = thread_this;
    struct activation *at = thread ? thread_find(thread, frame) : NULL;
    if (UNLIKELY(!at)) /* it was entered past the stack's limit */
        return;
    close_line(at, ledger_settle(thread));
    if (awaits)
        park(thread, at->site);
    thread_remove(thread, at);
    if (!awaits)
        unpark(thread);
    if (thread->depth == 0)
        Py_CLEAR(thread->activity);
}

void tracer_step_begin(const void *frame, PyObject *context)
{
    struct thread *thread = thread_current();
    if (!thread || thread->step_count == THREAD_STEPS_MAX)
        return;
    ledger_settle(thread);
    struct activity *activity = activity_in(context);
    thread->steps[thread->step_count++] = (struct step){.frame = frame, .activity = activity};
}

void tracer_step_end(const void *frame)
{
    struct thread *thread = thread_this;
    if (!thread || thread->step_count == 0 || thread->steps[thread->step_count - 1].frame != frame)
        return;
    ledger_settle(thread);
    Py_XDECREF(thread->steps[--thread->step_count].activity);
}

/* ---- what the glue calls ---- */

static PyObject *begin(unsigned long long number)
{
    struct thread *thread = thread_current();
    if (!thread)
        return PyErr_NoMemory();
    int64_t rss_bytes = ledger_read(thread);
    uint32_t slot = publish_begin(number, rss_bytes);
    return (PyObject *)activity_new(slot, number);
}

static int end(struct activity *activity)
{
    struct thread *thread = thread_current();
    if (!thread)
        return -1;
    int64_t rss_bytes = ledger_read(thread);
    if (publish_is_running(activity->slot, activity->number))
        publish_end(activity->slot, rss_bytes);
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
    publish_baseline(rss_read_bytes());
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"begin", py_begin, METH_O, begin_doc},
    {"end", py_end, METH_O, end_doc},
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
