/* What the tests of the recorder, of its meters and of own work share: the interpreter, the tables,
 * and a recorder of a function by the number of its lines. */
#ifndef TESTS_RECORDER_FIXTURE_H
#define TESTS_RECORDER_FIXTURE_H

#include <Python.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

#include "worker/compat.h"
#include "worker/filter.h"
#include "worker/gate.h"
#include "worker/interp.h"
#include "worker/ledger.h"
#include "worker/meters.h"
#include "worker/own.h"
#include "worker/publish.h"
#include "worker/recorder_parts.h"
#include "worker/rss.h"
#include "worker/thread.h"

/* CPython keeps memory at its end on purpose, which LeakSanitizer cannot tell from ours. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static PyObject *module; /* what the three have added to it */
static char path[] = "/tmp/pymemtop-test-XXXXXX";

static int fixture_setup(void **state)
{
    struct error error;
    int fd;
    (void)state;
    struct segment *host = segment_create(&fd, &error);
    assert_non_null(host);
    segment_unmap(host);
    assert_int_equal(rss_open(&error), 0);
    gate_open(GATE_NONE);
    struct segment *segment = segment_attach(fd, &error);
    close(fd);
    assert_int_equal(publish_open(segment, &error), 0);
    assert_int_equal(interp_start(NULL, "/tmp", NULL, &error), 0);
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    filter_set("/tmp", NULL, NULL);
    assert_int_equal(code_open(), 0);
    assert_int_equal(thread_open(), 0);
    assert_int_equal(ledger_open(false), 0);
    module = PyModule_New("tried");
    assert_non_null(module);
    assert_int_equal(recorder_add(module), 0);
    assert_int_equal(meters_add_functions(module), 0);
    assert_int_equal(own_add_functions(module), 0);
    return 0;
}

static int fixture_teardown(void **state)
{
    (void)state;
    unlink(path);
    Py_DECREF(module);
    return interp_stop();
}

/* The code of a function of `lines` lines, "def" among them, of a file of its own text. */
static inline PyCodeObject *code_of(int lines)
{
    char source[4096] = "def function():\n";
    size_t len = strlen(source);
    for (int i = 1; i < lines; i++)
        len += (size_t)snprintf(source + len, sizeof source - len, "    x = %d\n", i);
    PyCodeObject *top = (PyCodeObject *)Py_CompileString(source, path, Py_file_input);
    assert_non_null(top);
    PyObject *code = PyTuple_GET_ITEM(top->co_consts, 0); /* before its name */
    assert_true(PyCode_Check(code));
    Py_INCREF(code);
    Py_DECREF(top);
    return (PyCodeObject *)code;
}

/* `text`, what a call of the module's says, evaluated with `object` as x: a new reference, or NULL
 * with an exception. */
static inline PyObject *evaluate(const char *text, PyObject *object)
{
    PyObject *names = PyDict_New();
    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins());
    PyDict_SetItemString(names, "m", module);
    PyDict_SetItemString(names, "x", object ? object : Py_None);
    PyObject *result = PyRun_String(text, Py_eval_input, names, names);
    Py_DECREF(names);
    return result;
}

static inline void assert_raises(const char *text, PyObject *exception)
{
    assert_null(evaluate(text, NULL));
    assert_true(PyErr_ExceptionMatches(exception));
    PyErr_Clear();
}

static inline int64_t number(const char *text, PyObject *object)
{
    PyObject *result = evaluate(text, object);
    assert_non_null(result);
    long long value = PyLong_AsLongLong(result);
    Py_DECREF(result);
    return value;
}

/* Recorder(meter=...) with the code added; not begun. */
static inline struct recorder *recorder_of(PyCodeObject *code, unsigned meter)
{
    char text[64];
    snprintf(text, sizeof text, "m.Recorder(meter=%u)", meter);
    struct recorder *recorder = (struct recorder *)evaluate(text, NULL);
    assert_non_null(recorder);
    if (code)
        assert_true(recorder_add_code(recorder, code));
    return recorder;
}

static inline const struct row *row_of(const struct recorder *recorder, int line)
{
    return &recorder->rows[line - recorder->codes[0].first_line];
}

#endif
