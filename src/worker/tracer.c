/*
 * Attribution of RSS to lines.
 *
 * RSS belongs to the process, lines to threads and tasks; the ledger connects the two. It is the
 * last reading of RSS that was accounted for. At every event the RSS is read again, and the
 * difference, if any, is charged: to the line that the thread is executing (its "self") and to all
 * lines on the thread's stack of profiled frames that wait for it (each once, so that recursion is
 * not counted twice). Lines of suspended coroutines are on no stack, and so are charged nothing.
 *
 * Between the frames of an async invocation the event loop works: it reads sockets, sets results of
 * futures, runs callbacks. Such a callback runs in a copy of the context of the task that waits for
 * it, and contexts carry an "activity" (in a context variable): the invocation, and the lines on
 * which the task was suspended. So what a callback changes while no profiled frame runs is charged
 * to the lines that await it. A task gets an activity of its own when its first frame is entered.
 *
 * Several threads can be inside profiled lines at once. All of this runs under the interpreter
 * lock, but a line may have released it and work in C. So each thread has a witness (witness.h):
 * a thread that has not run since the ledger was settled has changed nothing, and one that has not
 * touched a fresh page, or too few of them, has not made the RSS grow. Where that leaves one
 * thread, or several that execute the same line for the same invocation, the change is theirs,
 * whoever finds it; otherwise nobody can know, so that it is charged to no line and counts as
 * shared. A thread that works for no invocation (the pool between requests) is taken to change
 * nothing while another is inside a line.
 *
 * Nothing here calls back into Python code but for the context variable, and nothing allocates on
 * the way of a line event.
 */
#include "config.h"
#include "worker/tracer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include "base/attributes.h"
#include "worker/arena.h"
#include "worker/publish.h"
#include "worker/rss.h"
#include "worker/witness.h"

enum {
    PARKED_MAX = 32,     /* frames of one await chain; the outer ones past it are not charged */
    DEPTH_FIRST = 64,    /* profiled frames of one thread, to begin with */
    DEPTH_MAX = 1 << 14, /* frames past it are not traced */
    STEPS_MAX = 16,      /* event loops within each other's callbacks, in one thread */
};

/* What a context works for. A Python object, so that contexts can share and drop it. */
struct activity {
    PyObject_HEAD uint32_t slot;
    uint64_t number;       /* of the invocation, since a slot is used again */
    const void *context;   /* whose activity this is; only compared, never followed */
    PyObject *token;       /* owned; of the one that begin() made */
    uint32_t parked_count; /* lines on which the task waits, innermost first; 0 while it runs */
    uint32_t parked[PARKED_MAX];
};

/* A profiled frame that is being executed. */
struct activation {
    const void *frame;        /* which one it is; only compared, never followed */
    const PyCodeObject *code; /* borrowed; the frame keeps it */
    const struct code_info *info;
    uint64_t number;
    uint32_t slot;
    uint32_t site; /* the line being executed */
};

/* A callback that an event loop of the thread runs. */
struct step {
    const void *frame;         /* only compared, never followed */
    struct activity *activity; /* owned; of its context; NULL where that works for no invocation */
};

struct thread {
    struct thread *next;
    atomic_bool is_gone;    /* the thread has ended; set without the interpreter lock */
    struct witness witness; /* looked at whenever the ledger is settled while others run */
    struct activation *stack;
    uint32_t depth;
    uint32_t capacity;
    struct activity *activity; /* owned; of the frames on the stack */
    uint32_t step_count;
    struct step steps[STEPS_MAX];
};

static PyObject *activity_var;
static int64_t ledger_bytes;
static struct thread *threads;
static _Thread_local struct thread *this_thread;
static pthread_key_t thread_key;
static uint32_t *charged; /* by site: number of the charge that reached it last */
static uint32_t charge_number;
static PyObject *load; /* owned; the activity between load_begin and load_end */

/* ---- activities ---- */

static void activity_dealloc(PyObject *self)
{
    Py_XDECREF(((struct activity *)self)->token);
    PyObject_Free(self);
}

static PyTypeObject activity_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymemtop.Activity",
    .tp_basicsize = sizeof(struct activity),
    .tp_dealloc = activity_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static const void *current_context(void)
{
    return PyThreadState_Get()->context;
}

/* An activity in the current context, which is set to carry it: a new reference, or NULL. */
static struct activity *activity_new(uint32_t slot, uint64_t number)
{
    struct activity *activity = PyObject_New(struct activity, &activity_type);
    if (!activity)
        return NULL;
    activity->slot = slot;
    activity->number = number;
    activity->parked_count = 0;
    activity->token = PyContextVar_Set(activity_var, (PyObject *)activity);
    activity->context = current_context();
    if (activity->token)
        return activity;
    Py_DECREF(activity);
    return NULL;
}

/* The activity of the current context, its own even where it came with a copied context: a new
 * reference, or NULL where the context works for no invocation. */
static struct activity *activity_current(void)
{
    PyObject *type, *value, *traceback, *found = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    struct activity *activity = NULL;
    if (PyContextVar_Get(activity_var, NULL, &found) < 0)
        found = NULL;
    if (found && !Py_IS_TYPE(found, &activity_type))
        Py_CLEAR(found); /* None: this context was taken for work of no invocation */
    if (found) {
        activity = (struct activity *)found;
        if (activity->context != current_context()) {
            struct activity *inherited = activity;
            activity = activity_new(inherited->slot, inherited->number);
            if (activity)
                Py_CLEAR(activity->token); /* never reset: it lasts as long as the context */
            Py_DECREF(inherited);
        }
    }
    PyErr_Restore(type, value, traceback);
    return activity;
}

/* ---- threads ---- */

static void thread_gone(void *thread)
{
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

static struct thread *thread_current(void)
{
    if (LIKELY(this_thread != NULL))
        return this_thread;
    struct thread *thread = thread_take();
    if (!thread)
        return NULL;
    thread->depth = 0;
    thread->step_count = 0;
    thread->activity = NULL;
    witness_open(&thread->witness);
    atomic_store_explicit(&thread->is_gone, false, memory_order_relaxed);
    pthread_setspecific(thread_key, thread);
    this_thread = thread;
    return thread;
}

/* Threads that may have made a change. */
struct group {
    unsigned count;
    const struct thread *one; /* any of them */
    bool alike;               /* all execute the same line for the same invocation */
    int64_t touched_bytes;    /* by all of them, at the most */
};

/* Who may have changed the RSS since the ledger was settled. */
struct suspects {
    bool others_ran;      /* other threads inside a profiled line have run */
    struct group ran;     /* they, and the thread that asks */
    struct group faulted; /* of them, those that touched fresh pages */
};

/* For whom the loop callback that the thread runs works; NULL: for nobody, or there is none. */
static const struct activity *step_activity(const struct thread *thread)
{
    return thread->step_count ? thread->steps[thread->step_count - 1].activity : NULL;
}

static bool is_idle(const struct thread *thread)
{
    return thread->depth == 0 && !step_activity(thread);
}

static bool execute_alike(const struct thread *a, const struct thread *b)
{
    if (a->depth == 0 || b->depth == 0)
        return false;
    const struct activation *x = &a->stack[a->depth - 1], *y = &b->stack[b->depth - 1];
    return x->site == y->site && x->slot == y->slot;
}

static void group_add(struct group *group, const struct thread *thread, int64_t touched_bytes)
{
    if (__builtin_add_overflow(group->touched_bytes, touched_bytes, &group->touched_bytes))
        group->touched_bytes = INT64_MAX;
    group->alike = group->count == 0 || (group->alike && execute_alike(group->one, thread));
    group->one = thread;
    group->count++;
}

static void add_evidence(struct suspects *suspects, struct thread *thread)
{
    struct evidence evidence = witness_look(&thread->witness);
    if (evidence.ran)
        group_add(&suspects->ran, thread, 0);
    if (evidence.touched_bytes > 0)
        group_add(&suspects->faulted, thread, evidence.touched_bytes);
}

static struct suspects find_suspects(struct thread *thread)
{
    struct suspects suspects = {0};
    for (struct thread *other = threads; other; other = other->next)
        if (other != thread && other->depth > 0)
            add_evidence(&suspects, other);
    suspects.others_ran = suspects.ran.count > 0;
    if (suspects.others_ran && !is_idle(thread))
        add_evidence(&suspects, thread);
    return suspects;
}

/* ---- charging ---- */

/* The slot of an activation: that of its invocation while this runs, the outside afterwards. */
static uint32_t live_slot(uint32_t slot, uint64_t number)
{
    return publish_is_running(slot, number) ? slot : PUBLISH_OUTSIDE;
}

static void charge_site(uint32_t slot, uint32_t site, int64_t delta_bytes, bool self)
{
    if (charged[site] == charge_number)
        return;
    charged[site] = charge_number;
    publish_charge(slot, site, delta_bytes, self);
}

static void charge_stack(const struct thread *thread, int64_t delta_bytes, int64_t rss_bytes)
{
    const struct activation *top = &thread->stack[thread->depth - 1];
    uint32_t owner = live_slot(top->slot, top->number);
    for (const struct activation *at = top; at >= thread->stack; at--)
        charge_site(live_slot(at->slot, at->number), at->site, delta_bytes, at == top);
    publish_change(owner, top->site != SEGMENT_NONE, top->site, delta_bytes, rss_bytes);
}

static void charge_waiting(const struct activity *waiting, int64_t delta_bytes, int64_t rss_bytes)
{
    for (uint32_t i = 0; i < waiting->parked_count; i++)
        charge_site(waiting->slot, waiting->parked[i], delta_bytes, i == 0);
    uint32_t site = waiting->parked_count ? waiting->parked[0] : SEGMENT_NONE;
    publish_change(waiting->slot, site != SEGMENT_NONE, site, delta_bytes, rss_bytes);
}

static void charge_nobody(int64_t delta_bytes, int64_t rss_bytes)
{
    publish_change(PUBLISH_UNKNOWN, false, SEGMENT_NONE, delta_bytes, rss_bytes);
}

/* Charge a change to the calling thread: its line, or the line that waits for its work. */
static void charge_self(const struct thread *thread, int64_t delta_bytes, int64_t rss_bytes)
{
    const struct activity *step = step_activity(thread);
    if (thread->depth > 0)
        charge_stack(thread, delta_bytes, rss_bytes);
    else if (step && publish_is_running(step->slot, step->number))
        charge_waiting(step, delta_bytes, rss_bytes);
    else
        charge_nobody(delta_bytes, rss_bytes);
}

/* The thread to charge with a change found at an event in `thread`; NULL: nobody can know. */
static const struct thread *culprit(const struct thread *thread, const struct suspects *suspects,
                                    int64_t delta_bytes)
{
    if (!suspects->others_ran)
        return thread;
    if (delta_bytes < 0) /* which takes no fresh page */
        return suspects->ran.alike ? suspects->ran.one : NULL;
    const struct group *faulted = &suspects->faulted;
    if (faulted->count == 0)
        return thread;
    return faulted->alike && faulted->touched_bytes >= delta_bytes ? faulted->one : NULL;
}

/* Read the RSS and settle the ledger. Returns the reading. */
static int64_t settle(struct thread *thread)
{
    struct suspects suspects = find_suspects(thread);
    int64_t rss_bytes = rss_read_bytes();
    int64_t delta_bytes = rss_bytes - ledger_bytes;
    ledger_bytes = rss_bytes;
    if (delta_bytes == 0)
        return rss_bytes;
    /* What this thread has done is accounted for now, and no evidence against it later. */
    if (!suspects.others_ran)
        witness_look(&thread->witness);
    const struct thread *who = culprit(thread, &suspects, delta_bytes);
    charge_number++;
    if (!who)
        charge_nobody(delta_bytes, rss_bytes);
    else if (who == thread)
        charge_self(thread, delta_bytes, rss_bytes);
    else
        charge_stack(who, delta_bytes, rss_bytes);
    return rss_bytes;
}

/* ---- events ---- */

static bool stack_grow(struct thread *thread)
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

static void begin_line(struct thread *thread, struct activation *at, int line)
{
    at->slot = live_slot(at->slot, at->number);
    at->site = code_site(at->info->file, line);
    publish_open_line(at->slot, at->site, !code_defines_at(at->info, line));
    if (thread->activity)
        thread->activity->parked_count = 0;
}

/* The first profiled frame of the thread: find out for which invocation it works. */
static struct activation enter_bottom(struct thread *thread)
{
    thread->activity = activity_current();
    if (!thread->activity)
        return (struct activation){.slot = PUBLISH_OUTSIDE, .number = INVOCATION_OUTSIDE};
    return (struct activation){.slot = thread->activity->slot, .number = thread->activity->number};
}

void tracer_enter(const void *frame, PyCodeObject *code, const struct code_info *info, int line)
{
    struct thread *thread = thread_current();
    if (UNLIKELY(!thread))
        return;
    settle(thread);
    if (UNLIKELY(thread->depth == thread->capacity && !stack_grow(thread)))
        return;
    struct activation fresh =
        thread->depth ? thread->stack[thread->depth - 1] : enter_bottom(thread);
    fresh.frame = frame;
    fresh.code = code;
    fresh.info = info;
    struct activation *top = &thread->stack[thread->depth];
    *top = fresh;
    begin_line(thread, top, line);
    thread->depth++;
}

void tracer_line(const void *frame, int line)
{
    struct thread *thread = this_thread;
    if (UNLIKELY(!thread || thread->depth == 0))
        return;
    struct activation *top = &thread->stack[thread->depth - 1];
    if (UNLIKELY(top->frame != frame))
        return;
    int64_t rss_bytes = settle(thread);
    publish_close_line(live_slot(top->slot, top->number), top->site, rss_bytes);
    begin_line(thread, top, line);
}

/* The activation of `frame`: the innermost one, but where a library switches C stacks (greenlet).
 */
static struct activation *find_activation(const struct thread *thread, const void *frame)
{
    for (struct activation *at = thread->stack + thread->depth; at-- > thread->stack;)
        if (LIKELY(at->frame == frame))
            return at;
    return NULL;
}

static void remove_activation(struct thread *thread, struct activation *at)
{
    const struct activation *end = thread->stack + thread->depth;
    memmove(at, at + 1, (size_t)(end - (at + 1)) * sizeof *at);
    if (--thread->depth == 0)
        Py_CLEAR(thread->activity);
}

void tracer_leave(const void *frame, bool awaits)
{
    struct thread *thread = this_thread;
    struct activation *at = thread ? find_activation(thread, frame) : NULL;
    if (UNLIKELY(!at)) /* it was entered past DEPTH_MAX */
        return;
    int64_t rss_bytes = settle(thread);
    publish_close_line(live_slot(at->slot, at->number), at->site, rss_bytes);
    struct activity *activity = thread->activity;
    if (awaits && activity && activity->parked_count < PARKED_MAX)
        activity->parked[activity->parked_count++] = at->site;
    remove_activation(thread, at);
    const struct activation *top = thread->stack + thread->depth - 1;
    if (thread->depth && !awaits)
        publish_resume_line(live_slot(top->slot, top->number), top->site);
}

static struct activity *activity_in(PyObject *context)
{
    PyObject *found = PyObject_CallMethod(context, "get", "O", activity_var);
    if (found && Py_IS_TYPE(found, &activity_type))
        return (struct activity *)found;
    PyErr_Clear();
    Py_XDECREF(found);
    return NULL;
}

void tracer_step_begin(const void *frame, PyObject *context)
{
    struct thread *thread = thread_current();
    if (!thread || thread->step_count == STEPS_MAX)
        return;
    settle(thread);
    struct activity *activity = activity_in(context);
    thread->steps[thread->step_count++] = (struct step){.frame = frame, .activity = activity};
}

void tracer_step_end(const void *frame)
{
    struct thread *thread = this_thread;
    if (!thread || thread->step_count == 0 || thread->steps[thread->step_count - 1].frame != frame)
        return;
    settle(thread);
    Py_XDECREF(thread->steps[--thread->step_count].activity);
}

/* ---- what the glue calls ---- */

static PyObject *begin(unsigned long long number)
{
    struct thread *thread = thread_current();
    if (!thread)
        return PyErr_NoMemory();
    int64_t rss_bytes = settle(thread);
    uint32_t slot = publish_begin(number, rss_bytes);
    return (PyObject *)activity_new(slot, number);
}

static int end(struct activity *activity)
{
    struct thread *thread = thread_current();
    if (!thread)
        return -1;
    int64_t rss_bytes = settle(thread);
    if (publish_is_running(activity->slot, activity->number))
        publish_end(activity->slot, rss_bytes);
    if (activity->token && PyContextVar_Reset(activity_var, activity->token) < 0)
        return -1;
    Py_CLEAR(activity->token);
    return 0;
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
    if (!Py_IS_TYPE(token, &activity_type)) {
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
    activity_var = PyContextVar_New("pymemtop_activity", NULL);
    if (!activity_var || PyModule_AddObjectRef(module, "activity", activity_var) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}

int tracer_open(void)
{
    charged = rss_map_own(SEGMENT_SITES * sizeof *charged);
    if (!charged || pthread_key_create(&thread_key, thread_gone) != 0) {
        PyErr_NoMemory();
        return -1;
    }
    if (PyType_Ready(&activity_type) < 0)
        return -1;
    pthread_atfork(NULL, NULL, publish_detach);
    ledger_bytes = rss_read_bytes();
    return 0;
}
