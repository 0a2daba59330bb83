/*
 * Events from a trace function and a PEP 523 frame evaluator, for Python 3.9 to 3.11.
 *
 * The evaluator is per interpreter and so sees every frame of every thread: it is what enters and
 * leaves profiled frames, strictly in pairs whatever ends a frame (return, yield, await, exception,
 * close of a generator). The trace function itself hears only lines. Tracing is switched on inside
 * profiled frames and off in all others (frame.h), so these pay for the evaluator's look at their
 * code object and nothing more.
 *
 * What the evaluator costs is CPython's own. On 3.11 a call from Python to Python is no call in C,
 * but only while interp->eval_frame is NULL: unprofiled recursion takes 1.31 times as long as soon
 * as that is set, be it to _PyEval_EvalFrameDefault itself, and 1.34 times with the look at the
 * code object (1.03 to 1.04 on 3.9 and 3.10, which have no such calls). Nothing that the hook does
 * wins that back; only its absence would:
 *   - Out while no profiled frame can be reached: that is never known. Any call, attribute,
 *     operator or release of a reference in the callee can end in profiled code.
 *   - Out inside unprofiled callees, with another entry for what these call back: a call that is
 *     not one in C does not ask the function's vectorcall, and no instruction of 3.11 was found
 *     that could take the place of RESUME, call out, and leave the stack as it is.
 *   - In only while an invocation is alive: a request is alive while its callees run, so that
 *     nothing changes there, and what profiled code does outside of invocations would not be
 *     counted.
 *   - Probes in rewritten bytecode. They remove the cost, but can be seen.
 *
 * Probes were built for 3.11, with the tracer behind them, as an experiment: a constant whose
 * nb_bool is the probe, and a conditional jump to the next instruction. One is on every edge of the
 * flow at which CPython would report a line (before a line's first instruction is not enough: there
 * are loops on one line, and merges that only some edges reach from another line), one after
 * RESUME, before RETURN_VALUE and before YIELD_VALUE, and one in handlers of the exception table,
 * for what ends a frame or is thrown into it. There was no hook and no trace function. ("Call": a
 * turn of a loop on one line that calls a function of one line.) In ns above untraced (without the
 * heap), and times untraced:
 *                             light line   heavy line   profiled call   unprofiled recursion
 *      no-op trace function   15 to 17     39 to 44     -               4.42
 *      this file              25 to 26     50 to 51     178             1.34
 *      probes                 15 to 16     14 to 17     79              1.00
 * They were exact: the tests of occurrences, tasks, figures and random programs passed (one run in
 * four had a difference at a line that waits for a pool's thread, which was not looked into), and
 * 18 test modules of the standard library, test_sys_settrace among them, ended as they do untraced,
 * but for the size of a code object. Lines were counted beside a debugger as well. What to mind:
 * the instruction before the YIELD_VALUE of an await must have SEND's argument (a NOP can), since
 * throw() reads it there; throw() goes on at SEND's target without a RESUME, or raises at the
 * instruction before it, which needs a handler as well; the probe of the entry must have no line,
 * or debuggers see that of the def.
 * They were not transparent: co_code, co_consts, co_stacksize, both tables, dis, f_lasti and
 * tb_lasti are others, and equality with the same source compiled again is lost; a debugger gets 12
 * events of opcodes for 4; code objects are 1.45 times as large, in the app's memory; marshal and
 * cloudpickle fail at the probe. Part of it can be hidden: constants can lie behind the end that
 * their tuple tells, and co_code is cached. But what marshal then writes crashes where it is
 * loaded, and cloudpickle still fails. For the rest, attributes of code, frames and tracebacks,
 * code.replace(), marshal and PyFrame_GetLasti would have to lie together. And code must be
 * rewritten where it is made: in importlib, runpy and compile() that is possible; exec() and eval()
 * of text, and what C code unmarshals, would still need the hook and the trace function. 3.9 and
 * 3.10, whose handlers are blocks, would need a rewriter of their own.
 *
 * A trace function in C that is installed by hand has no Python object, so that sys.gettrace()
 * answers None, and raises no audit event. Where the user's program sets a trace function of its
 * own (a debugger, coverage), that one is left alone: the lines are then not seen, the frames still
 * are. A profile function keeps getting its events.
 *
 * The switch is the thread's, not a greenlet's: where a profiled frame has itself called a switch
 * of the C stack (and not a library's function that does), and code that is not profiled switches
 * back, that frame's lines are not seen until something that it calls has returned. Its end is
 * seen.
 */
#include "worker/frame.h"

#include "worker/events.h"

#include "base/attributes.h"
#include "worker/blocks.h"
#include "worker/code.h"
#include "worker/heap.h"
#include "worker/loop_step.h"
#include "worker/publish.h"
#include "worker/tracer.h"

/* What the collector has before an object (pycore_gc.h, 3.11). */
enum { GC_HEAD_BYTES = 2 * sizeof(uintptr_t) };

static int on_event(PyObject *Py_UNUSED(self), PyFrameObject *frame, int what,
                    PyObject *Py_UNUSED(argument))
{
    if (LIKELY(what == PyTrace_LINE))
        tracer_line(frame_of_object(frame), frame_event_line(frame));
#if PY_VERSION_HEX >= 0x030b0000
    else if (what == PyTrace_CALL && heap_is_on) {
        blocks_disown((const char *)frame - GC_HEAD_BYTES);
        heap_disown((const char *)frame - GC_HEAD_BYTES); /* made for this event alone */
    }
#endif
    return 0;
}

/* What was evaluated is over: go on as `before`. Where the user's own trace function has gone
 * meanwhile, lines are to be reported again, if the frame that goes on is one that the tracer waits
 * for. */
static void tracing_restore(PyThreadState *state, bool before)
{
    bool on = before || (!state->c_tracefunc && tracer_is_innermost(frame_current(state)));
    tracing_set(state, on_event, on);
}

static PyObject *eval_counted(PyThreadState *state, eval_frame *frame, int throwing, int levels)
{
    recursion_give_back(state, levels);
    PyObject *result = _PyEval_EvalFrameDefault(state, frame, throwing);
    recursion_give_back(state, -levels);
    return result;
}

/* A frame that is not profiled: no lines, unless the user's own functions want some. */
static PyObject *eval_other(PyThreadState *state, eval_frame *frame, int throwing)
{
    if (LIKELY(!state->c_tracefunc))
        return _PyEval_EvalFrameDefault(state, frame, throwing);
    bool before = tracing_is_on(state, on_event);
    int levels = before && !throwing ? await_levels(state, frame) : 0;
    tracing_set(state, on_event, false);
    PyObject *result = eval_counted(state, frame, throwing, levels);
    tracing_restore(state, before);
    return result;
}

static bool is_generator_like(const PyCodeObject *code)
{
    return (code->co_flags & (CO_GENERATOR | CO_COROUTINE | CO_ASYNC_GENERATOR)) != 0;
}

/* The line at which a frame begins or goes on. */
static int entry_line(const eval_frame *frame, struct code_info *info)
{
    int offset = frame_offset(frame);
    PyCodeObject *code = frame_code(frame);
    if (offset < 0)
        return code->co_firstlineno;
    int line = frame_resumed_line(frame);
    return line > 0 ? line : code_line_at(code, info, offset);
}

/* True where the coroutine that owns `frame` has been suspended by an await. An asynchronous
 * generator's own yield is none: it hands a wrapped value to the coroutine that runs it. */
static bool awaits(eval_frame *frame, PyObject *result)
{
    return result && frame_is_suspended(frame) && !events_is_yielded(result);
}

/* Tell of the generators that delegate to `frame`, into which something is thrown. A generator that
 * runs, and has called throw(), is known. */
static void tell_delegators(const eval_frame *frame, const void *caller)
{
    while ((frame = frame_delegator(frame)) && frame != caller) {
        struct code_info *info = code_info(frame_code(frame));
        if (info->kind == CODE_PROFILED)
            tracer_delegates(frame, info, entry_line(frame, info));
    }
}

static PyObject *eval_profiled(PyThreadState *state, eval_frame *frame, int throwing,
                               struct code_info *info)
{
    PyCodeObject *code = frame_code(frame);
    bool is_generators = frame_is_generators(frame);
    if (is_generator_like(code) && !is_generators)
        return eval_other(state, frame, throwing);
    if (UNLIKELY(!info->is_announced))
        code_announce(code, info);
    bool before = tracing_is_on(state, on_event);
    int levels = before && !throwing ? await_levels(state, frame) : 0;
    const void *caller = UNLIKELY(throwing) ? tracer_frame() : NULL;
    tracer_enter(frame, info, entry_line(frame, info), throwing);
    if (UNLIKELY(throwing))
        tell_delegators(frame, caller);
    tracing_set(state, on_event, true);
    PyObject *result = eval_counted(state, frame, throwing, levels);
    tracer_leave(frame, is_generators && info->is_coroutine && awaits(frame, result));
    tracing_restore(state, before);
    return result;
}

/* asyncio.Handle._run(self) */
static PyObject *eval_loop_step(PyThreadState *state, eval_frame *frame, int throwing)
{
    loop_step_begin(frame, frame_first_local(frame));
    PyObject *result = eval_other(state, frame, throwing);
    tracer_step_end(frame);
    return result;
}

/* What is not plain unprofiled code. Apart from the hook, so that this saves no registers. */
static NOINLINE PyObject *eval_special(PyThreadState *state, eval_frame *frame, int throwing)
{
    struct code_info *info = code_info(frame_code(frame));
    if (info->kind == CODE_PROFILED)
        return eval_profiled(state, frame, throwing, info);
    if (info->kind == CODE_LOOP_STEP && publish_running() > 0)
        return eval_loop_step(state, frame, throwing);
    return eval_other(state, frame, throwing);
}

static PyObject *eval_frame_hook(PyThreadState *state, eval_frame *frame, int throwing)
{
    const struct code_info *info = code_known_info(frame_code(frame));
    if (LIKELY(info && info->kind == CODE_OTHER && !state->c_tracefunc))
        return _PyEval_EvalFrameDefault(state, frame, throwing);
    return eval_special(state, frame, throwing);
}

int events_start(void)
{
    if (loop_step_mark() < 0)
        return -1;
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), eval_frame_hook);
    return 0;
}

/* Every call looks at its code. */
void events_restart(void) {}

void events_stop(void)
{
    PyThreadState *state = PyThreadState_Get();
    _PyInterpreterState_SetEvalFrameFunc(PyInterpreterState_Get(), _PyEval_EvalFrameDefault);
    tracing_set(state, on_event, false);
}
