/*
 * Events from sys.monitoring (PEP 669), for Python 3.12 and 3.13.
 *
 * The starts of all frames are asked for, once for each code object: the answer for one that is not
 * profiled is DISABLE, and it never costs anything again. One that is profiled gets events of its
 * own (local ones): lines, returns, yields, resumptions, and jumps, since a loop on a single line
 * begins that line anew at every turn without an event of the line (sys.settrace, and so
 * memory_profiler, counts them the same way). That a frame ends by an exception, or begins with one
 * that is thrown into it, can be asked for only of all frames; what is not profiled costs a look at
 * its code object then, beside the exception that it handles.
 *
 * The callbacks are objects of a type in C whose calls are vectorcalls, and make no object. They
 * run in the frame that the event is about, which is the thread's current one.
 *
 * What a line costs, in ns above untraced, in the light and the heavy loop of tests/bench:
 *                                                  3.12.1        3.13.0
 *      no-op trace function (PyEval_SetTrace)      23 to 26, 30  7 to 8, 12
 *      LINE, and a vectorcall that does nothing    12, 14        11, 17
 *      the same, and a reading of the counter      14, 16        15, 18
 *      this file, the heap off                     22, 26        22, 27
 * Twice a no-op is 17 in 3.13's light loop. The interpreter's dispatch and the clock take 15 of it,
 * whatever the callback is (rdtsc alone takes 10 to 19 on that machine, most of which other work
 * hides). That leaves 2 for what takes 8: to see that the frame is the known one, to close its
 * line, to find the next and count it. So it was 2.6 times (2.1 in the heavy loop; on 3.12, with
 * its slower no-op, 0.9), and twice is out of reach of these events: without the clock there is no
 * gate, and so a reading of the RSS at every line. Probes in rewritten bytecode, 15 to 16 on 3.11,
 * might do it; events_settrace.c says what is against them.
 *
 * The tool has an identity of its own, so that debuggers and coverage, by sys.monitoring or by
 * sys.settrace, work beside it.
 */
#define Py_BUILD_CORE 1 /* for _PyInterpreterFrame */
#include "config.h"
#include <Python.h>
#include <internal/pycore_frame.h>

#include "worker/events.h"

#include <stddef.h>

#include "base/attributes.h"
#include "worker/blocks.h"
#include "worker/code.h"
#include "worker/heap.h"
#include "worker/loop_step.h"
#include "worker/publish.h"
#include "worker/tracer.h"

#if PY_VERSION_HEX < 0x030c0000 || PY_VERSION_HEX >= 0x030e0000 || defined(Py_GIL_DISABLED)
#error "events_monitoring.c is for Python 3.12 and 3.13, with the interpreter lock"
#endif

enum { NO_TOOL = -1, TOOLS = 6 };

struct callback {
    PyObject_HEAD vectorcallfunc call;
};

static PyTypeObject callback_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymemtop.Callback",
    .tp_basicsize = sizeof(struct callback),
    .tp_vectorcall_offset = offsetof(struct callback, call),
    .tp_call = PyVectorcall_Call,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
};

static PyObject *monitoring; /* owned; sys.monitoring */
static PyObject *disable;    /* owned; what a callback returns to get that event no more */
static int tool = NO_TOOL;
static unsigned long profiled_events, step_events;

/* ---- callbacks ---- */

/* The state with which the calling thread's latest frame was entered or left. A frame's lines come
 * between these two, so that they need not ask the interpreter for it. */
static _Thread_local PyThreadState *thread_state;

static ALWAYS_INLINE _PyInterpreterFrame *frame_of(const PyThreadState *state)
{
#if PY_VERSION_HEX < 0x030d0000
    return state->cframe->current_frame;
#else
    return state->current_frame;
#endif
}

static PyCodeObject *code_of(const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX < 0x030d0000
    return frame->f_code;
#else
    return (PyCodeObject *)frame->f_executable;
#endif
}

static _PyInterpreterFrame *current_frame(void)
{
    thread_state = PyThreadState_Get();
    return frame_of(thread_state);
}

static PyCodeObject *code_argument(PyObject *const *arguments)
{
    return (PyCodeObject *)arguments[0];
}

/* True where an event comes from the interpreter's own execution of that code. From 3.13 on
 * extensions can raise events, too, about code that has no frame, and whose code object is any
 * object. Only events that are asked for globally can be such. */
static bool is_of_frame(PyObject *const *arguments, const _PyInterpreterFrame *frame)
{
#if PY_VERSION_HEX < 0x030d0000
    return arguments[0] == (PyObject *)frame->f_code;
#else
    return arguments[0] == frame->f_executable;
#endif
}

/* The integers that the interpreter makes for an event are not the program's; up to 256 they are
 * made once and for all. */
static ALWAYS_INLINE int disown_int(PyObject *integer)
{
    int value = (int)PyUnstable_Long_CompactValue((PyLongObject *)integer);
    if (UNLIKELY(value > 256 && heap_is_on)) {
        blocks_disown(integer);
        heap_disown(integer);
    }
    return value;
}

/* Lines and offsets, which are far from what a compact integer cannot hold. */
static ALWAYS_INLINE int int_argument(PyObject *const *arguments, int index)
{
    return disown_int(arguments[index]);
}

/* The first start of a code object that matters: ask for its local events. Where there are none (a
 * program can free every tool that there is) it is not profiled, and no loop's callback. */
static void monitor(PyCodeObject *code, struct code_info *info)
{
    bool is_step = info->kind == CODE_LOOP_STEP;
    PyObject *result = PyObject_CallMethod(monitoring, "set_local_events", "iOk", tool, code,
                                           is_step ? step_events : profiled_events);
    if (!result) {
        PyErr_Clear();
        info->kind = CODE_OTHER;
    } else if (!is_step) {
        code_announce(code, info);
    }
    info->is_announced = true;
    Py_XDECREF(result);
}

static PyObject *on_start(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                          size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    _PyInterpreterFrame *frame = current_frame();
    if (UNLIKELY(!is_of_frame(arguments, frame)))
        return Py_NewRef(disable);
    PyCodeObject *code = code_argument(arguments);
    struct code_info *info = code_info(code);
    if (info->kind == CODE_OTHER)
        return Py_NewRef(disable);
    if (UNLIKELY(!info->is_announced))
        monitor(code, info);
    if (info->kind == CODE_PROFILED)
        tracer_enter(frame, info, code->co_firstlineno, false);
    else if (info->kind == CODE_LOOP_STEP && publish_running() > 0)
        loop_step_begin(frame, frame->localsplus[0]);
    Py_RETURN_NONE;
}

/* Tell of the generators that delegate to `frame`, into which something is thrown. A generator that
 * runs, and has called throw(), is known; so is everything from there on. */
static void tell_delegators(_PyInterpreterFrame *frame, const void *caller)
{
    while ((frame = frame->previous) && frame != caller) {
        if (frame->owner == FRAME_OWNED_BY_CSTACK)
            continue;
        if (frame->owner != FRAME_OWNED_BY_GENERATOR)
            return;
        PyCodeObject *code = code_of(frame);
        struct code_info *info = code_info(code);
        int offset = _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
        if (info->kind == CODE_PROFILED)
            tracer_delegates(frame, info, code_line_at(code, info, offset));
    }
}

static void resume(PyObject *const *arguments, bool thrown)
{
    _PyInterpreterFrame *frame = current_frame();
    if (UNLIKELY(!is_of_frame(arguments, frame)))
        return;
    PyCodeObject *code = code_argument(arguments);
    struct code_info *info = code_info(code);
    if (info->kind != CODE_PROFILED)
        return;
    const void *caller = thrown ? tracer_frame() : NULL;
    tracer_enter(frame, info, code_line_at(code, info, int_argument(arguments, 1)), thrown);
    if (UNLIKELY(thrown))
        tell_delegators(frame, caller);
}

static PyObject *on_resume(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                           size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    resume(arguments, false);
    Py_RETURN_NONE;
}

static PyObject *on_throw(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                          size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    resume(arguments, true);
    Py_RETURN_NONE;
}

static PyObject *on_line(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                         size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    if (LIKELY(thread_state != NULL))
        tracer_line(frame_of(thread_state), int_argument(arguments, 1));
    Py_RETURN_NONE;
}

static PyObject *on_jump(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                         size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    PyCodeObject *code = code_argument(arguments);
    int from = int_argument(arguments, 1), to = int_argument(arguments, 2);
    if (to >= from)
        return Py_NewRef(disable);
    /* Of a jump that was not disabled, the place has been asked for before: both lines are one. */
    struct code_info *info = code_info(code);
    bool is_known = info->last_line > 0 && info->last_offset == from;
    int line = code_line_at(code, info, from);
    if (!is_known && line != PyCode_Addr2Line(code, to)) {
        info->last_line = 0;       /* not known as such, should another tool restart the events */
        return Py_NewRef(disable); /* an event of the line comes as well */
    }
    tracer_line(current_frame(), line);
    Py_RETURN_NONE;
}

static void leave(const _PyInterpreterFrame *frame, PyCodeObject *code, bool awaits)
{
    const struct code_info *info = code_info(code);
    if (info->kind == CODE_PROFILED)
        tracer_leave(frame, awaits);
    else if (info->kind == CODE_LOOP_STEP)
        tracer_step_end(frame);
}

static PyObject *on_end(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                        size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    const _PyInterpreterFrame *frame = current_frame();
    disown_int(arguments[1]);
    if (LIKELY(is_of_frame(arguments, frame)))
        leave(frame, code_argument(arguments), false);
    Py_RETURN_NONE;
}

static PyObject *on_yield(PyObject *Py_UNUSED(self), PyObject *const *arguments,
                          size_t Py_UNUSED(count), PyObject *Py_UNUSED(names))
{
    PyCodeObject *code = code_argument(arguments);
    disown_int(arguments[1]);
    leave(current_frame(), code, code_info(code)->is_coroutine && !events_is_yielded(arguments[2]));
    Py_RETURN_NONE;
}

/* ---- registration ---- */

static const struct {
    const char *name;
    vectorcallfunc call;
    bool is_global;
    bool is_local;
    bool is_of_step;
} events[] = {
    {"PY_START", on_start, true, false, false}, {"PY_THROW", on_throw, true, false, false},
    {"PY_UNWIND", on_end, true, false, false},  {"PY_RESUME", on_resume, false, true, false},
    {"PY_RETURN", on_end, false, true, true},   {"PY_YIELD", on_yield, false, true, false},
    {"LINE", on_line, false, true, false},      {"JUMP", on_jump, false, true, false},
};

/* The bit of an event; 0 with an exception. */
static unsigned long event_bit(const char *name)
{
    PyObject *all = PyObject_GetAttrString(monitoring, "events");
    PyObject *bit = all ? PyObject_GetAttrString(all, name) : NULL;
    unsigned long value = bit ? PyLong_AsUnsignedLong(bit) : 0;
    Py_XDECREF(bit);
    Py_XDECREF(all);
    return PyErr_Occurred() ? 0 : value;
}

static int register_callback(unsigned long bit, PyObject *callback)
{
    PyObject *before =
        PyObject_CallMethod(monitoring, "register_callback", "ikO", tool, bit, callback);
    Py_XDECREF(before);
    return before ? 0 : -1;
}

static int set_events(unsigned long bits)
{
    PyObject *result = PyObject_CallMethod(monitoring, "set_events", "ik", tool, bits);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

/* Take the first identity that nobody has, the least likely one to be wanted first: 5 is meant for
 * optimizers, of which there are none, 3 and 4 for what has no purpose of the other three. */
static int take_tool(void)
{
    static const int order[TOOLS] = {5, 4, 3, 2, 1, 0};
    for (int i = 0; i < TOOLS; i++) {
        PyObject *result =
            PyObject_CallMethod(monitoring, "use_tool_id", "is", order[i], "pymemtop");
        Py_XDECREF(result);
        if (result) {
            tool = order[i];
            return 0;
        }
        if (!PyErr_ExceptionMatches(PyExc_ValueError))
            return -1;
        PyErr_Clear();
    }
    PyErr_SetString(PyExc_RuntimeError, "every tool of sys.monitoring is in use");
    return -1;
}

static int register_event(size_t index, unsigned long *global_events)
{
    unsigned long bit = event_bit(events[index].name);
    struct callback *callback = bit ? PyObject_New(struct callback, &callback_type) : NULL;
    if (!callback)
        return -1;
    callback->call = events[index].call;
    int result = register_callback(bit, (PyObject *)callback);
    Py_DECREF(callback);
    *global_events |= events[index].is_global ? bit : 0;
    profiled_events |= events[index].is_local ? bit : 0;
    step_events |= events[index].is_of_step ? bit : 0;
    return result;
}

int events_start(void)
{
    unsigned long global_events = 0;
    monitoring = Py_XNewRef(PySys_GetObject("monitoring"));
    disable = monitoring ? PyObject_GetAttrString(monitoring, "DISABLE") : NULL;
    if (!disable || PyType_Ready(&callback_type) < 0 || take_tool() < 0 || loop_step_mark() < 0)
        return -1;
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (register_event(i, &global_events) < 0)
            return -1;
    return set_events(global_events);
}

/* Its starts were disabled. */
void events_restart(void)
{
    if (tool == NO_TOOL)
        return;
    PyObject *result = PyObject_CallMethod(monitoring, "restart_events", NULL);
    Py_XDECREF(result);
    if (!result)
        PyErr_Clear();
}

void events_stop(void)
{
    if (tool == NO_TOOL)
        return;
    bool done = set_events(0) == 0;
    for (size_t i = 0; done && i < ARRAY_LEN(events); i++)
        done = register_callback(event_bit(events[i].name), Py_None) == 0;
    if (!done)
        PyErr_Clear();
    tool = NO_TOOL;
}
