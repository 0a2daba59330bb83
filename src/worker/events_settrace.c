/*
 * Events from PyEval_SetTrace and a PEP 523 frame evaluator, for Python 3.11.
 *
 * The evaluator is per interpreter and so sees every frame of every thread: it is what enters and
 * leaves profiled frames, strictly in pairs whatever ends a frame (return, yield, await, exception,
 * close of a generator), and it arms tracing in a thread when the thread first comes to a profiled
 * frame. The trace function itself hears only lines. tstate->cframe->use_tracing, which the
 * interpreter tests before it looks for a trace function at all, is on inside profiled frames and
 * off in all others, so these pay for the evaluator's look at their code object and nothing more.
 *
 * A trace function in C has no Python object, so sys.gettrace() answers None. Where the user's
 * program sets a trace function of its own (a debugger, coverage), that one is left alone: the
 * lines are then not seen, the frames still are. A profile function keeps getting its events.
 *
 * A call of a generator or coroutine function evaluates its frame only far enough to make the
 * object; such a frame is still owned by the thread, and is not entered.
 */
#define Py_BUILD_CORE 1 /* for _PyInterpreterFrame; before config.h's effects on Python.h */
#include "config.h"
#include <Python.h>
#include <frameobject.h>
#include <internal/pycore_frame.h>

#include "worker/events.h"

#include "base/attributes.h"
#include "worker/code.h"
#include "worker/publish.h"
#include "worker/tracer.h"

#if PY_VERSION_HEX < 0x030b0000 || PY_VERSION_HEX >= 0x030c0000
#error "events_settrace.c is for Python 3.11"
#endif

enum { TRACING_ON = 255 }; /* what the interpreter stores: it is or-ed to an opcode */

static int on_event(PyObject *Py_UNUSED(self), PyFrameObject *frame, int what,
                    PyObject *Py_UNUSED(argument))
{
    if (what == PyTrace_LINE)
        tracer_line(frame->f_frame, PyFrame_GetLineNumber(frame));
    return 0;
}

/* Evaluate with use_tracing set to `tracing`, and set it back. */
static PyObject *eval_tracing(PyThreadState *state, _PyInterpreterFrame *frame, int throwing,
                              uint8_t tracing)
{
    uint8_t before = state->cframe->use_tracing;
    state->cframe->use_tracing = tracing;
    PyObject *result = _PyEval_EvalFrameDefault(state, frame, throwing);
    state->cframe->use_tracing = before;
    return result;
}

/* A frame that is not profiled: no events, unless the user's profile function wants some. */
static PyObject *eval_other(PyThreadState *state, _PyInterpreterFrame *frame, int throwing)
{
    if (LIKELY(!state->cframe->use_tracing) || state->c_tracefunc != on_event)
        return _PyEval_EvalFrameDefault(state, frame, throwing);
    return eval_tracing(state, frame, throwing, state->c_profilefunc ? TRACING_ON : 0);
}

static bool is_generator_like(const PyCodeObject *code)
{
    return (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
}

/* The line at which a frame begins or goes on. */
static int entry_line(const _PyInterpreterFrame *frame)
{
    int offset = _PyInterpreterFrame_LASTI(frame) * (int)sizeof(_Py_CODEUNIT);
    int line = offset < 0 ? -1 : PyCode_Addr2Line(frame->f_code, offset);
    return line > 0 ? line : frame->f_code->co_firstlineno;
}

/* True where the coroutine that owns `frame` has been suspended by an await. An asynchronous
 * generator's own yield is none: it hands a wrapped value to the coroutine that runs it. */
static bool awaits(_PyInterpreterFrame *frame, PyObject *result)
{
    return _PyFrame_GetGenerator(frame)->gi_frame_state == FRAME_SUSPENDED && result &&
           !Py_IS_TYPE(result, &_PyAsyncGenWrappedValue_Type);
}

static PyObject *eval_profiled(PyThreadState *state, _PyInterpreterFrame *frame, int throwing,
                               struct code_info *info)
{
    bool owned_by_generator = frame->owner == FRAME_OWNED_BY_GENERATOR;
    if (is_generator_like(frame->f_code) && !owned_by_generator)
        return eval_other(state, frame, throwing);
    if (UNLIKELY(!info->is_announced))
        code_announce(frame->f_code, info);
    if (UNLIKELY(state->c_tracefunc == NULL)) {
        uint8_t before = state->cframe->use_tracing;
        PyEval_SetTrace(on_event, NULL);
        state->cframe->use_tracing = before;
    }
    tracer_enter(frame, frame->f_code, info, entry_line(frame));
    PyObject *result = state->c_tracefunc == on_event
                           ? eval_tracing(state, frame, throwing, TRACING_ON)
                           : _PyEval_EvalFrameDefault(state, frame, throwing);
    tracer_leave(frame, owned_by_generator && info->is_coroutine && awaits(frame, result));
    return result;
}

/* asyncio.Handle._run(self): its context says for whom the loop works. */
static PyObject *eval_loop_step(PyThreadState *state, _PyInterpreterFrame *frame, int throwing)
{
    PyObject *handle = frame->f_code->co_argcount > 0 ? frame->localsplus[0] : NULL;
    PyObject *context = handle ? PyObject_GetAttrString(handle, "_context") : NULL;
    if (!context) {
        PyErr_Clear();
        return eval_other(state, frame, throwing);
    }
    struct activity *before = tracer_step_begin(context);
    Py_DECREF(context);
    PyObject *result = eval_other(state, frame, throwing);
    tracer_step_end(before);
    return result;
}

static PyObject *eval_frame(PyThreadState *state, _PyInterpreterFrame *frame, int throwing)
{
    struct code_info *info = code_info(frame->f_code);
    if (info->kind == CODE_PROFILED)
        return eval_profiled(state, frame, throwing, info);
    if (info->kind == CODE_LOOP_STEP && publish_running() > 0)
        return eval_loop_step(state, frame, throwing);
    return eval_other(state, frame, throwing);
}

static int mark_loop_step(void)
{
    PyObject *events = PyImport_ImportModule("asyncio.events");
    PyObject *handle = events ? PyObject_GetAttrString(events, "Handle") : NULL;
    PyObject *run = handle ? PyObject_GetAttrString(handle, "_run") : NULL;
    int result = run ? code_mark_loop_step(run) : -1;
    Py_XDECREF(run);
    Py_XDECREF(handle);
    Py_XDECREF(events);
    return result;
}

int events_start(void)
{
    if (mark_loop_step() < 0)
        return -1;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), eval_frame);
    return 0;
}

void events_stop(void)
{
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), _PyEval_EvalFrameDefault);
    if (PyThreadState_Get()->c_tracefunc == on_event)
        PyEval_SetTrace(NULL, NULL);
}
