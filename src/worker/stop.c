#include "config.h"
#include <Python.h>

#include "worker/stop.h"

#include <string.h>
#include <unistd.h>

#include "worker/blocks.h"
#include "worker/breakpoints.h"
#include "worker/inspect.h"
#include "worker/ledger.h"
#include "worker/own.h"

enum { LOOK_MS = 200 }; /* whether anybody is still there */

/* Where the one that was told to step is to stop next. */
static struct way {
    bool is_on;
    enum control_move move; /* CONTROL_INTO, _OVER, _OUT */
    enum control_reason reason;
    uint32_t breakpoint;
    uint64_t number;             /* of the invocation that is followed, */
    const struct thread *thread; /* or where it is none, the thread */
    const void *frame;           /* of _OVER and _OUT: only compared, never followed */
} step;

/* By the line that the latest step began at. */
static struct {
    bool is_known;
    int64_t blocks;
} taken;

static int event_fd = -1;
static void (*take_questions)(void);   /* NULL: nobody asks */
static bool is_taken;                  /* a thread is stopped */
static _Thread_local bool is_stopping; /* what it runs for that is not looked at */

static struct control *control(void)
{
    return &publish_shared.segment->control;
}

static bool is_attended(void)
{
    return event_fd >= 0 && atomic_load_explicit(&control()->is_attended, memory_order_acquire);
}

static void arm(uint32_t bit, bool on)
{
    if (on)
        atomic_fetch_or(&control()->armed, bit);
    else
        atomic_fetch_and(&control()->armed, ~bit);
}

/* ---- stepping ---- */

static void end_step(void)
{
    step.is_on = false;
    taken.is_known = blocks_end(&taken.blocks);
    arm(CONTROL_STEP, false);
}

static void begin_step(enum control_move move, enum control_reason reason, uint32_t breakpoint,
                       const struct thread *thread)
{
    const struct activation *at = &thread->stack[thread->depth - 1];
    step = (struct way){true, move, reason, breakpoint, at->number, thread, at->frame};
    arm(CONTROL_STEP, true);
}

static bool is_followed(const struct thread *thread, uint64_t number)
{
    return number == step.number && (number != INVOCATION_OUTSIDE || thread == step.thread);
}

static bool ends_step(const struct thread *thread, const struct activation *at)
{
    if (!step.is_on || !is_followed(thread, at->number))
        return false;
    return step.move == CONTROL_INTO || (step.move == CONTROL_OVER && step.frame == at->frame);
}

void stop_at_end(uint64_t number)
{
    if (step.is_on && step.number == number)
        end_step();
}

static void look_at_leave(const struct thread *thread)
{
    uint32_t breakpoint = is_attended() ? breakpoints_at_leave(thread) : 0;
    if (breakpoint)
        begin_step(CONTROL_INTO, CONTROL_AT_BREAKPOINT, breakpoint, thread);
    else if (step.is_on && step.frame == thread->stack[thread->depth - 1].frame)
        step.move = CONTROL_INTO;
}

void stop_at_leave(const struct thread *thread, bool awaits)
{
    PyObject *type, *value, *traceback;
    /* A line that is suspended by an await goes on later. */
    if (is_stopping || awaits)
        return;
    is_stopping = true;
    PyErr_Fetch(&type, &value, &traceback); /* what the frame may be left by */
    look_at_leave(thread);
    PyErr_Restore(type, value, traceback);
    is_stopping = false;
}

/* ---- stopping ---- */

static void tell_host(void)
{
    static const uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);
    (void)written; /* a full counter has been told already */
}

static void raise_serial(uint32_t by)
{
    struct control_stop *stop = &control()->stop;
    uint32_t serial = atomic_load_explicit(&stop->serial, memory_order_relaxed);
    atomic_store_explicit(&stop->serial, serial + by, memory_order_release);
    control_wake(&stop->serial);
    tell_host();
}

/* By one for a stop, by two for one after another without going on. */
static void tell_stop(const struct thread *thread, enum control_reason reason, uint32_t breakpoint,
                      uint32_t by)
{
    struct control_stop *stop = &control()->stop;
    const struct activation *at = &thread->stack[thread->depth - 1];
    bool is_loop = false;
    own_begin(); /* the pages of the segment that are used for the first time */
    stop->reason = reason;
    stop->breakpoint = breakpoint;
    stop->site = at->site;
    stop->number = at->number;
    stop->has_blocks = taken.is_known;
    stop->blocks = taken.blocks;
    stop->is_off = reason == CONTROL_AT_BREAKPOINT && inspect_is_off();
    stop->account_len =
        (uint32_t)inspect_describe(thread, stop->account, sizeof stop->account, &is_loop);
    stop->is_loop = is_loop;
    own_end();
    raise_serial(by);
}

static void look_at_questions(void)
{
    if (take_questions && PUBLISH_LOAD(control()->armed) & CONTROL_QUESTION)
        take_questions();
}

/* The serial of the next order after `seen`; that itself where there is none to come. */
static uint32_t wait_for_order(uint32_t seen)
{
    const struct control_order *order = &control()->order;
    uint32_t serial;
    while ((serial = atomic_load_explicit(&order->serial, memory_order_acquire)) == seen &&
           is_attended()) {
        Py_BEGIN_ALLOW_THREADS;
        control_wait(&order->serial, seen, LOOK_MS);
        Py_END_ALLOW_THREADS;
        look_at_questions();
    }
    return serial;
}

static void evaluate(void)
{
    char expression[CONTROL_EXPRESSION_BYTES];
    const struct control_order *order = &control()->order;
    uint32_t len = order->expression_len;
    if (len > sizeof expression)
        len = sizeof expression;
    memcpy(expression, order->expression, len);
    inspect_evaluate(expression, len,
                     atomic_load_explicit(&control()->stop.serial, memory_order_relaxed));
}

/* Do what the host says after the order `seen`, until that is to go on. */
static enum control_move obey(const struct thread *thread, uint32_t seen)
{
    const struct control_order *order = &control()->order;
    for (;;) {
        uint32_t serial = wait_for_order(seen);
        if (serial == seen)
            return CONTROL_GO;
        seen = serial;
        if (order->for_stop != atomic_load_explicit(&control()->stop.serial, memory_order_relaxed))
            continue;
        enum control_move move = order->move;
        if (move != CONTROL_EVALUATE)
            return move;
        evaluate();
        tell_stop(thread, CONTROL_AT_ANSWER, 0, 2);
    }
}

/* Until no other thread is stopped. */
static void wait_for_turn(void)
{
    struct control_stop *stop = &control()->stop;
    stop->waiting++;
    thread_this->waits_to_stop = true;
    while (is_taken && is_attended()) {
        uint32_t serial = atomic_load_explicit(&stop->serial, memory_order_relaxed);
        Py_BEGIN_ALLOW_THREADS;
        control_wait(&stop->serial, serial, LOOK_MS);
        Py_END_ALLOW_THREADS;
    }
    thread_this->waits_to_stop = false;
    stop->waiting--;
}

static void stop(const struct thread *thread, enum control_reason reason, uint32_t breakpoint)
{
    wait_for_turn();
    if (!is_attended())
        return;
    is_taken = true;
    end_step();
    /* Before the stop is told: what is ordered at once counts as well. */
    own_begin();
    uint32_t seen = atomic_load_explicit(&control()->order.serial, memory_order_acquire);
    own_end();
    tell_stop(thread, reason, breakpoint, 1);
    enum control_move move = obey(thread, seen);
    is_taken = false;
    if (move == CONTROL_INTO || move == CONTROL_OVER || move == CONTROL_OUT) {
        const struct activation *at = &thread->stack[thread->depth - 1];
        begin_step(move, CONTROL_AT_STEP, 0, thread);
        blocks_begin(ledger_slot(at->slot, at->number), at->site);
    }
    raise_serial(1);
}

static void look(const struct thread *thread, uint32_t before)
{
    uint32_t armed = PUBLISH_LOAD(control()->armed);
    uint32_t breakpoint = armed & CONTROL_BREAKPOINTS ? breakpoints_at_line(thread, before) : 0;
    const struct activation *at = &thread->stack[thread->depth - 1];
    if (breakpoint) {
        stop(thread, CONTROL_AT_BREAKPOINT, breakpoint);
    } else if (armed & CONTROL_INTERRUPT) {
        arm(CONTROL_INTERRUPT, false);
        stop(thread, CONTROL_AT_INTERRUPT, 0);
    } else if (ends_step(thread, at)) {
        stop(thread, step.reason, step.breakpoint);
    }
}

void stop_at_line(struct thread *thread, uint32_t before)
{
    PyObject *type, *value, *traceback;
    look_at_questions();
    if (is_stopping || !is_attended())
        return;
    is_stopping = true;
    PyErr_Fetch(&type, &value, &traceback);
    look(thread, before);
    PyErr_Restore(type, value, traceback);
    is_stopping = false;
}

/* ---- what the glue calls ---- */

PyDoc_STRVAR(next_doc, "stop_next() -> bool\n\n"
                       "Stop before the next line of the calling frame, or after its end of who\n"
                       "called it; in an expression of the user's nothing: there it is stopped\n"
                       "already. False where nobody is there to go on.");
static PyObject *py_next(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(ignored))
{
    const struct thread *thread = thread_this;
    bool can = thread && thread->depth > 0 && is_attended();
    if (can && !is_stopping)
        begin_step(CONTROL_OVER, CONTROL_AT_CALL, 0, thread);
    return PyBool_FromLong(can);
}

static PyMethodDef functions[] = {
    {"stop_next", py_next, METH_NOARGS, next_doc},
    {NULL, NULL, 0, NULL},
};

int stop_add_functions(PyObject *module)
{
    if (PyModule_AddIntConstant(module, "can_stop", event_fd >= 0) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}

void stop_open(int fd)
{
    event_fd = fd;
}

void stop_for_questions(void (*take)(void))
{
    take_questions = take;
}
