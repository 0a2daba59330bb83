/*
 * The frame that the interpreter evaluates, up to Python 3.11, and the switch that makes it report
 * the lines of one: both have another layout in each version. Since this needs the interpreter's
 * internal headers, it is included before everything else, and by events_settrace.c alone.
 *
 *        the frame                 is executed with tracing where
 * 3.9    PyFrameObject             tstate->c_tracefunc is set; looked at before every instruction
 *                                  while ceval.tracing_possible, a count of such threads, is not 0
 * 3.10   PyFrameObject             tstate->cframe->use_tracing, which evaluations inherit
 * 3.11   _PyInterpreterFrame       the same, or-ed to every opcode
 *
 * From 3.12 on there is sys.monitoring instead: events_monitoring.c.
 *
 * Thread: under the interpreter lock.
 */
#ifndef WORKER_FRAME_H
#define WORKER_FRAME_H

#define Py_BUILD_CORE 1
#include "config.h"
#include <Python.h>
#include <frameobject.h>
#include <opcode.h>
#if PY_VERSION_HEX < 0x030a0000
#include <internal/pycore_interp.h>
#elif PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_frame.h>
#endif

#include <stdbool.h>

#if PY_VERSION_HEX < 0x030c0000

/* The line that an event is about. The interpreter sets it before the call; from outside it is had
 * by PyFrame_GetLineNumber, which in 3.9 looks it up anew. */
static inline int frame_event_line(const PyFrameObject *object)
{
    return object->f_lineno;
}

#if PY_VERSION_HEX < 0x030b0000

typedef PyFrameObject eval_frame;

static inline PyCodeObject *frame_code(const eval_frame *frame)
{
    return frame->f_code;
}

/* The frame behind the object that a trace function is given. */
static inline const eval_frame *frame_of_object(const PyFrameObject *object)
{
    return object;
}

/* True for the frame of a generator, a coroutine or an asynchronous generator that runs; the call
 * that makes such an object evaluates no frame here. */
static inline bool frame_is_generators(const eval_frame *frame)
{
    return frame->f_gen != NULL;
}

/* The offset in bytes of the instruction executed last, negative where none was. */
static inline int frame_offset(const eval_frame *frame)
{
#if PY_VERSION_HEX < 0x030a0000
    return frame->f_lasti;
#else
    return frame->f_lasti * (int)sizeof(_Py_CODEUNIT);
#endif
}

/* The line at which a frame goes on that was traced before; 0: that of the instruction it is at. In
 * 3.9 these are two where a line is left by a jump into the middle of another one, which has no
 * event: the exits of a block share what leaves it (`async with`, with its await), and that belongs
 * to the latest of them. */
static inline int frame_resumed_line(const eval_frame *frame)
{
#if PY_VERSION_HEX < 0x030a0000
    int line = frame->f_lineno; /* of the latest event; the first line where there was none */
    return line != frame->f_code->co_firstlineno ? line : 0;
#else
    (void)frame;
    return 0;
#endif
}

/* True where a generator's frame, just evaluated, is to be evaluated again. */
static inline bool frame_is_suspended(const eval_frame *frame)
{
#if PY_VERSION_HEX < 0x030a0000
    return frame->f_stacktop != NULL;
#else
    return frame->f_state == FRAME_SUSPENDED;
#endif
}

/* Of a generator's frame into which something is thrown: the frame of the generator that delegates
 * to it, NULL where there is none. What called that is not kept. */
static inline eval_frame *frame_delegator(const eval_frame *frame)
{
    return frame->f_back && frame->f_back->f_gen ? frame->f_back : NULL;
}

/* The first local variable (borrowed), NULL where it is not set. */
static inline PyObject *frame_first_local(const eval_frame *frame)
{
    return frame->f_localsplus[0];
}

#else

typedef struct _PyInterpreterFrame eval_frame;

static inline PyCodeObject *frame_code(const eval_frame *frame)
{
    return frame->f_code;
}

static inline const eval_frame *frame_of_object(const PyFrameObject *object)
{
    return object->f_frame;
}

static inline int frame_resumed_line(const eval_frame *frame)
{
    (void)frame;
    return 0;
}

/* The call that makes a generator evaluates its frame as well, only far enough to make the object;
 * such a frame is still owned by the thread. */
static inline bool frame_is_generators(const eval_frame *frame)
{
    return frame->owner == FRAME_OWNED_BY_GENERATOR;
}

static inline int frame_offset(const eval_frame *frame)
{
    return _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
}

static inline bool frame_is_suspended(eval_frame *frame)
{
    return _PyFrame_GetGenerator(frame)->gi_frame_state == FRAME_SUSPENDED;
}

static inline eval_frame *frame_delegator(const eval_frame *frame)
{
    return frame->previous && frame_is_generators(frame->previous) ? frame->previous : NULL;
}

static inline PyObject *frame_first_local(const eval_frame *frame)
{
    return frame->localsplus[0];
}

#endif

/* The frame that the thread evaluates, NULL where it is in none. Where it has called the evaluator,
 * the caller of the frame that is evaluated next. */
static inline const eval_frame *frame_current(const PyThreadState *state)
{
#if PY_VERSION_HEX < 0x030b0000
    return state->frame;
#else
    return state->cframe->current_frame;
#endif
}

/* ---- the switch ---- */

/* True where the thread's lines are reported to `ours`. */
static inline bool tracing_is_on(const PyThreadState *state, Py_tracefunc ours)
{
    return state->c_tracefunc == ours;
}

/* From now on the thread's lines are reported to `ours`, or to nobody; nothing changes while the
 * user has a trace function, and a profile function goes on as it is. Where it is off the function
 * is not left set: the interpreter would call it as soon as a profile function came or went, and
 * awaits otherwise (see await_levels). While a trace or profile function runs, what it calls is not
 * traced, and how that goes on afterwards is found out by the interpreter. */
static inline void tracing_set(PyThreadState *state, Py_tracefunc ours, bool on)
{
    if (state->c_tracefunc == (on ? ours : NULL) ||
        (state->c_tracefunc && state->c_tracefunc != ours))
        return;
    state->c_tracefunc = on ? ours : NULL;
#if PY_VERSION_HEX < 0x030a0000
    state->interp->ceval.tracing_possible += on ? 1 : -1;
    if (state->tracing == 0)
        state->use_tracing = on || state->c_profilefunc;
#else
    /* 3.11 or-s it to an opcode; to 3.10 it is a flag. */
    if (state->tracing == 0)
        state->cframe->use_tracing = on || state->c_profilefunc ? 255 : 0;
#endif
}

/* By how many levels of recursion too many the evaluation of `frame` is about to be counted. From
 * 3.10 on, where there is a trace function an await runs a coroutine by calling its method send, as
 * a program can, too; where there is none, without that call, which counts. */
static inline int await_levels(const PyThreadState *state, const eval_frame *frame)
{
#if PY_VERSION_HEX < 0x030a0000
    (void)state, (void)frame;
    return 0;
#else
    const eval_frame *caller = frame_current(state);
    if (!(frame_code(frame)->co_flags & CO_COROUTINE) || !caller)
        return 0;
#if PY_VERSION_HEX < 0x030b0000
    const _Py_CODEUNIT *code = (const _Py_CODEUNIT *)PyBytes_AS_STRING(caller->f_code->co_code);
    return caller->f_lasti >= 0 && _Py_OPCODE(code[caller->f_lasti]) == YIELD_FROM;
#else
    return _Py_OPCODE(*caller->prev_instr) == SEND;
#endif
#endif
}

/* Count that many levels less. */
static inline void recursion_give_back(PyThreadState *state, int levels)
{
#if PY_VERSION_HEX < 0x030b0000
    state->recursion_depth -= levels;
#else
    state->recursion_remaining += levels;
#endif
}

#endif

#endif
