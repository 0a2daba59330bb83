#include "config.h"
#include <Python.h>
#include <frameobject.h>

#include "worker/inspect.h"

#include <string.h>

#include "worker/breaker.h"
#include "worker/locals.h"
#include "worker/own.h"
#include "worker/publish.h"
#include "worker/qualname.h"

#define GLUE "_pymemtop_glue.stopping"

enum { SPARE_FRAMES = 200 }; /* more than stopping.py needs */

static PyObject *answer; /* owned or NULL: (text, failed), not told yet */
static bool is_off;      /* and that is of a condition that was broken off */

/* Borrowed. What importing it takes is pymemtop's own, whatever is asked of it first. */
static PyObject *stopping(void)
{
    static PyObject *glue; /* owned, for good */
    if (!glue) {
        own_begin();
        PyObject *imported = PyImport_ImportModule(GLUE);
        own_end();
        if (glue) /* another thread was faster */
            Py_XDECREF(imported);
        else
            glue = imported;
    }
    return glue;
}

/* stopping.NAME(*arguments). Takes the reference to `arguments`, which may be NULL. */
static PyObject *call_glue(const char *name, PyObject *arguments)
{
    PyObject *glue = arguments ? stopping() : NULL;
    PyObject *function = glue ? PyObject_GetAttrString(glue, name) : NULL;
    PyObject *result = function ? PyObject_CallObject(function, arguments) : NULL;
    Py_XDECREF(function);
    Py_XDECREF(arguments);
    if (!result)
        PyErr_Clear();
    return result;
}

/* The frame that is stopped; a new reference. */
static PyFrameObject *stopped_frame(void)
{
    PyFrameObject *frame = PyThreadState_GetFrame(PyThreadState_Get());
    if (!frame)
        PyErr_Clear();
    return frame;
}

/* ---- the account ---- */

/* (path, line, name) of a frame of the thread. */
static PyObject *describe_frame(const struct activation *at)
{
    const struct segment_site *site = &publish_shared.segment->sites[at->site];
    PyObject *name = qualname_of(at->info->code);
    PyObject *path = name ? PyUnicode_DecodeFSDefault(at->info->file->path) : NULL;
    PyObject *entry = path ? Py_BuildValue("(OIO)", path, (unsigned)site->line, name) : NULL;
    Py_XDECREF(path);
    return entry;
}

/* Innermost first. */
static PyObject *describe_stack(const struct thread *thread)
{
    PyObject *stack = PyList_New(0);
    for (uint32_t i = thread->depth; stack && i > 0; i--) {
        PyObject *entry = describe_frame(&thread->stack[i - 1]);
        if (!entry || PyList_Append(stack, entry) < 0)
            Py_CLEAR(stack);
        Py_XDECREF(entry);
    }
    return stack;
}

/* Of the invocation; None outside of all. A new reference. */
static PyObject *number_of(const struct thread *thread)
{
    uint64_t number = thread->stack[thread->depth - 1].number;
    if (number == INVOCATION_OUTSIDE)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(number);
}

static PyObject *describe(const struct thread *thread, size_t size)
{
    PyFrameObject *frame = stopped_frame();
    PyObject *names = frame ? locals_of(frame) : NULL;
    PyObject *stack = names ? describe_stack(thread) : NULL;
    PyObject *arguments = stack ? Py_BuildValue("(OOOnN)", stack, names, answer ? answer : Py_None,
                                                (Py_ssize_t)size, number_of(thread))
                                : NULL;
    Py_XDECREF(stack);
    Py_XDECREF(names);
    Py_XDECREF((PyObject *)frame);
    if (!arguments)
        PyErr_Clear();
    return call_glue("describe", arguments);
}

/* Where the program has come to the limit of its recursion there is none left for what describes
 * it. */
static PyObject *describe_deeper(const struct thread *thread, size_t size)
{
    int limit = Py_GetRecursionLimit();
    Py_SetRecursionLimit(limit + SPARE_FRAMES);
    PyObject *account = describe(thread, size);
    Py_SetRecursionLimit(limit);
    return account;
}

size_t inspect_describe(const struct thread *thread, char *out, size_t size, bool *is_loop)
{
    const char *text;
    Py_ssize_t len = 0;
    int runs_loop = 0;
    own_begin();
    PyObject *account = describe(thread, size);
    if (!account)
        account = describe_deeper(thread, size);
    if (account && PyArg_ParseTuple(account, "y#p", &text, &len, &runs_loop) && (size_t)len <= size)
        memcpy(out, text, (size_t)len);
    else
        len = 0;
    PyErr_Clear();
    Py_XDECREF(account);
    Py_CLEAR(answer);
    is_off = false;
    own_end();
    *is_loop = runs_loop;
    return (size_t)len;
}

/* ---- expressions ---- */

/* stopping.FUNCTION for an expression in the frame. It is copied before anything else runs. */
static PyObject *in_frame(const char *function, const char *expression, size_t len)
{
    PyFrameObject *frame = stopped_frame();
    bool is_copy = false;
    PyObject *text = frame ? PyUnicode_DecodeUTF8(expression, (Py_ssize_t)len, "replace") : NULL;
    PyObject *names = text ? locals_scope(frame, &is_copy) : NULL;
    PyObject *globals = names ? PyObject_GetAttrString((PyObject *)frame, "f_globals") : NULL;
    PyObject *arguments =
        globals ? Py_BuildValue("(OOOO)", text, globals, names, is_copy ? Py_True : Py_False)
                : NULL;
    Py_XDECREF(text);
    Py_XDECREF(globals);
    Py_XDECREF(names);
    Py_XDECREF((PyObject *)frame);
    if (!arguments)
        PyErr_Clear();
    return call_glue(function, arguments);
}

static void set_answer(PyObject *fresh)
{
    Py_XDECREF(answer);
    answer = fresh;
}

/* A failure that says so; NULL where memory is short. */
static PyObject *broken_off(const char *words)
{
    PyObject *failure = Py_BuildValue("(sO)", words, Py_True);
    if (!failure)
        PyErr_Clear();
    return failure;
}

/* What is raised to break it off may come when the glue has all but returned. */
static bool is_failure(PyObject *result)
{
    return !result || (PyTuple_Check(result) && PyTuple_GET_SIZE(result) == 2 &&
                       PyTuple_GET_ITEM(result, 1) == Py_True);
}

/* Where exec() or eval() of a text is left by it, the interpreter takes it for what the program
 * will end by, whoever catches it, until it runs another text. */
static void forget_interrupt(void)
{
    own_begin();
    PyObject *names = PyDict_New();
    PyObject *nothing = names ? PyRun_String("0", Py_eval_input, names, names) : NULL;
    if (!nothing)
        PyErr_Clear();
    Py_XDECREF(nothing);
    Py_XDECREF(names);
    own_end();
}

/* The evaluation is over. Whether it was broken off. */
static bool end(struct breaker *breaker)
{
    bool broken = breaker_end(breaker);
    if (broken)
        forget_interrupt();
    return broken;
}

void inspect_evaluate(const char *expression, size_t len, uint32_t stop)
{
    struct breaker breaker;
    breaker_begin(&breaker, stop, 0);
    PyObject *result = in_frame("evaluate", expression, len);
    if (end(&breaker) && is_failure(result)) {
        Py_XDECREF(result);
        result = broken_off("broken off by KeyboardInterrupt");
    }
    set_answer(result);
}

bool inspect_holds(const char *expression, size_t len, uint32_t number)
{
    struct breaker breaker;
    breaker_begin(&breaker, 0, number);
    PyObject *result = in_frame("holds", expression, len);
    bool broken = end(&breaker), failed = is_failure(result);
    bool holds = failed || result == Py_True;
    if (failed && broken) {
        Py_XDECREF(result);
        result = broken_off("it did not end within a second, and is off");
    }
    if (failed && result) {
        Py_INCREF(result);
        set_answer(result);
        is_off = broken;
    }
    Py_XDECREF(result);
    return holds;
}

bool inspect_is_off(void)
{
    return is_off;
}
