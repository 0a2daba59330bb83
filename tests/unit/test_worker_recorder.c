/* Recorders: whose lines they count, which charges reach them, in what order they end, and that
 * nothing which is over, or outside of the function, is written to. */
#include "config.h"
#include "recorder_fixture.h"

#include <pthread.h>

static void test_nobody_records(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(3);
    assert_int_equal(recorder_find(code_info(code)).scope, 0);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    assert_int_equal(recorder_find(code_info(code)).scope, 0); /* not begun */
    assert_int_equal(recorder_end(recorder), 0);
    assert_int_equal(recorder_begin(recorder), 0);
    PyCodeObject *other = code_of(3);
    assert_int_equal(recorder_find(code_info(other)).scope, 0); /* not added */
    assert_true(recorder_find(code_info(code)).scope > 0);
    assert_int_equal(recorder_end(recorder), 0);
    assert_int_equal(recorder_find(code_info(code)).scope, 0);
    Py_DECREF(recorder);
    Py_DECREF(other);
    Py_DECREF(code);
}

static void test_an_exception_stays_pending(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(2);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    recorder_begin(recorder);
    PyErr_SetString(PyExc_KeyError, "on its way");
    assert_true(recorder_find(code_info(code)).scope > 0);
    assert_true(PyErr_ExceptionMatches(PyExc_KeyError));
    PyErr_Clear();
    recorder_end(recorder);
    Py_DECREF(recorder);
    Py_DECREF(code);
}

static void test_counts_peaks_and_order(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(4);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    recorder_begin(recorder);
    struct recorded at = recorder_find(code_info(code));
    static const struct {
        int line;
        int64_t bytes;
    } events[] = {{1, 100}, {3, 500}, {2, 300}, {3, 200}};
    for (size_t i = 0; i < 4; i++) {
        recorder_open_line(&at, events[i].line);
        assert_int_equal(at.line, events[i].line);
        recorder_close_line(&at, events[i].bytes);
    }
    recorder_open_line(&at, 4); /* and is not over */
    recorder_end(recorder);
    assert_int_equal(row_of(recorder, 3)->occurrences, 2);
    assert_int_equal(row_of(recorder, 3)->peak_bytes, 500);
    assert_int_equal(row_of(recorder, 1)->order, 1);
    assert_int_equal(row_of(recorder, 3)->order, 2);
    assert_int_equal(row_of(recorder, 2)->order, 3);
    assert_int_equal(row_of(recorder, 4)->occurrences, 1);
    assert_int_equal(row_of(recorder, 4)->order, 0);
    assert_int_equal(number("len(x.rows()[0][1])", (PyObject *)recorder), 3);
    assert_int_equal(number("x.rows()[0][1][1][0]", (PyObject *)recorder), 3);
    assert_int_equal(number("x.entry()[1]", (PyObject *)recorder), 100);
    Py_DECREF(recorder);
    Py_DECREF(code);
}

/* Lines before and behind the function, and none: code can say any (exec with a changed code). */
static void test_lines_that_are_not_the_functions(void **state)
{
    (void)state;
    static const int lines[] = {0, -1, 4, 1000000, INT32_MAX};
    PyCodeObject *code = code_of(3);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    recorder_begin(recorder);
    struct recorded at = recorder_find(code_info(code));
    for (size_t i = 0; i < 5; i++) {
        recorder_open_line(&at, lines[i]);
        recorder_charge(&at, METERS_WORKERS, 4096, (uint32_t)i + 1);
        recorder_close_line(&at, 100);
    }
    recorder_end(recorder);
    for (int line = 1; line <= 3; line++) {
        assert_int_equal(row_of(recorder, line)->occurrences, 0);
        assert_int_equal(row_of(recorder, line)->increment_bytes, 0);
    }
    Py_DECREF(recorder);
    Py_DECREF(code);
}

static void test_a_charge_reaches_a_row_once(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(3);
    struct recorder *outer = recorder_of(code, METERS_WORKERS),
                    *inner = recorder_of(code, METERS_WORKERS);
    recorder_begin(outer);
    recorder_begin(inner);
    recorder_begin(outer); /* and once more, as a recursive call does */
    struct recorded at = recorder_find(code_info(code));
    recorder_open_line(&at, 2);
    assert_int_equal(row_of(outer, 2)->occurrences, 1);
    recorder_charge(&at, METERS_WORKERS, 4096, 7);
    recorder_charge(&at, METERS_WORKERS, 4096, 7); /* of a frame below, at the same line */
    recorder_charge(&at, METERS_WORKERS, -1024, 8);
    recorder_charge(&at, 1, 1 << 20, 9); /* by another meter */
    assert_int_equal(row_of(outer, 2)->increment_bytes, 3072);
    assert_int_equal(row_of(inner, 2)->increment_bytes, 3072);
    recorder_close_line(&at, 50);
    assert_int_equal(number("x.entry()[1]", (PyObject *)inner), 0); /* within the other's call */
    for (int i = 0; i < 2; i++)
        recorder_end(outer);
    recorder_end(inner);
    Py_DECREF(outer);
    Py_DECREF(inner);
    Py_DECREF(code);
}

/* A frame goes on with the number of a scope that is over, whose place others have had since. */
static void test_what_is_over_is_written_to_no_more(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(3);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    recorder_begin(recorder);
    struct recorded at = recorder_find(code_info(code));
    recorder_open_line(&at, 2);
    recorder_end(recorder);
    struct recorder *later = recorder_of(code, METERS_WORKERS);
    for (int i = 0; i < 1000; i++) {
        recorder_begin(later);
        recorder_open_line(&at, 3);
        recorder_charge(&at, METERS_WORKERS, 4096, 20 + (uint32_t)i);
        recorder_close_line(&at, 100);
        recorder_end(later);
    }
    assert_int_equal(row_of(recorder, 3)->occurrences, 0);
    assert_int_equal(row_of(later, 3)->occurrences, 0);
    assert_int_equal(row_of(later, 3)->increment_bytes, 0);
    Py_DECREF(later);
    Py_DECREF(recorder);
    recorder_open_line(&at, 3); /* nor to what is freed */
    Py_DECREF(code);
}

static void test_ends_in_any_order(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(3);
    struct recorder *first = recorder_of(code, METERS_WORKERS),
                    *second = recorder_of(code, METERS_WORKERS);
    recorder_begin(first);
    recorder_begin(second);
    recorder_end(first);
    struct recorded at = recorder_find(code_info(code));
    recorder_open_line(&at, 2);
    assert_int_equal(row_of(first, 2)->occurrences, 0);
    assert_int_equal(row_of(second, 2)->occurrences, 1);
    recorder_end(second);
    recorder_end(second); /* which was begun once */
    assert_int_equal(recorder_find(code_info(code)).scope, 0);
    Py_DECREF(first);
    Py_DECREF(second);
    Py_DECREF(code);
}

static void test_ends_in_another_context(void **state)
{
    (void)state;
    PyCodeObject *code = code_of(3);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    PyObject *context = PyContext_CopyCurrent();
    PyContext_Enter(context);
    recorder_begin(recorder);
    struct recorded at = recorder_find(code_info(code));
    PyContext_Exit(context);
    assert_int_equal(recorder_find(code_info(code)).scope, 0);
    recorder_open_line(&at, 2);
    assert_int_equal(row_of(recorder, 2)->occurrences, 1);
    recorder_end(recorder);
    recorder_open_line(&at, 2);
    assert_int_equal(row_of(recorder, 2)->occurrences, 1);
    Py_DECREF(context);
    Py_DECREF(recorder);
    Py_DECREF(code);
}

/* More code objects than are looked at one by one; and a fresh one knows them all. */
static void test_many_code_objects(void **state)
{
    (void)state;
    enum { CODES = 300 };
    PyCodeObject *codes[CODES];
    struct recorder *recorder = recorder_of(NULL, METERS_WORKERS);
    for (int i = 0; i < CODES; i++) {
        codes[i] = code_of(2 + i % 3);
        assert_true(recorder_add_code(recorder, codes[i]));
    }
    PyObject *result = evaluate("x.fresh()", (PyObject *)recorder);
    struct recorder *both[] = {recorder, (struct recorder *)result};
    for (int i = 0; i < CODES; i++)
        for (int which = 0; which < 2; which++) {
            uint32_t found;
            assert_true(recorder_knows(both[which], code_info(codes[i]), &found));
            assert_ptr_equal(both[which]->codes[found].code, codes[i]);
        }
    PyCodeObject *other = code_of(2);
    uint32_t found;
    assert_false(recorder_knows(recorder, code_info(other), &found));
    Py_DECREF(other);
    Py_DECREF(result);
    Py_DECREF(recorder);
    for (int i = 0; i < CODES; i++)
        Py_DECREF(codes[i]);
}

/* Each context is within the one before, to a depth at which recursion would end the process. */
static void test_many_within_each_other(void **state)
{
    (void)state;
    enum { DEPTH = 200000 };
    PyCodeObject *code = code_of(2);
    struct recorder *recorder = recorder_of(code, METERS_WORKERS);
    PyObject *context = PyContext_CopyCurrent();
    PyContext_Enter(context);
    for (int i = 0; i < DEPTH; i++)
        assert_int_equal(recorder_begin(recorder), 0);
    struct recorded at = recorder_find(code_info(code));
    recorder_open_line(&at, 1);
    assert_int_equal(row_of(recorder, 1)->occurrences, 1);
    PyContext_Exit(context);
    Py_DECREF(context);
    assert_null(recorder->scopes); /* what nobody can end is over */
    recorder_open_line(&at, 1);
    assert_int_equal(row_of(recorder, 1)->occurrences, 1);
    assert_int_equal(Py_REFCNT(recorder), 1);
    Py_DECREF(recorder);
    Py_DECREF(code);
}

/* Functions that are entered; not a module's code, and not what is called <lambda>. */
static void test_everything(void **state)
{
    (void)state;
    recorder_expect_everything();
    PyCodeObject *code = code_of(2);
    PyObject *top = Py_CompileString("call = lambda: 1\n", path, Py_file_input);
    PyObject *lambda = PyTuple_GET_ITEM(((PyCodeObject *)top)->co_consts, 0);
    assert_true(PyCode_Check(lambda));
    assert_true(code_info(code)->may_be_recorded);
    PyObject *recorder = evaluate("m.Recorder(everything=True)", NULL);
    recorder_begin((struct recorder *)recorder);
    assert_true(recorder_find(code_info(code)).scope > 0);
    assert_int_equal(recorder_find(code_info((PyCodeObject *)top)).scope, 0);
    assert_int_equal(recorder_find(code_info((PyCodeObject *)lambda)).scope, 0);
    recorder_end((struct recorder *)recorder);
    assert_int_equal(number("len(x.rows())", recorder), 1);
    Py_DECREF(recorder);
    Py_DECREF(top);
    Py_DECREF(code);
}

static PyCodeObject *shared_code;

/* Each in the context of its thread. */
static void *record_in_thread(void *counted)
{
    enum { TURNS = 2000 };
    PyGILState_STATE lock = PyGILState_Ensure();
    struct recorder *recorder = recorder_of(shared_code, METERS_WORKERS);
    recorder_begin(recorder);
    for (int i = 0; i < TURNS; i++) {
        struct recorded at = recorder_find(code_info(shared_code));
        recorder_open_line(&at, 2);
        Py_BEGIN_ALLOW_THREADS Py_END_ALLOW_THREADS recorder_close_line(&at, 100);
    }
    recorder_end(recorder);
    *(int *)counted = row_of(recorder, 2)->occurrences == TURNS;
    Py_DECREF(recorder);
    PyGILState_Release(lock);
    return NULL;
}

static void test_threads_have_their_own(void **state)
{
    (void)state;
    enum { THREADS = 4 };
    pthread_t threads[THREADS];
    int counted[THREADS] = {0};
    shared_code = code_of(3);
    Py_BEGIN_ALLOW_THREADS for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, record_in_thread, &counted[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    Py_END_ALLOW_THREADS for (int i = 0; i < THREADS; i++) assert_true(counted[i]);
    Py_DECREF(shared_code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nobody_records),
        cmocka_unit_test(test_an_exception_stays_pending),
        cmocka_unit_test(test_counts_peaks_and_order),
        cmocka_unit_test(test_lines_that_are_not_the_functions),
        cmocka_unit_test(test_a_charge_reaches_a_row_once),
        cmocka_unit_test(test_what_is_over_is_written_to_no_more),
        cmocka_unit_test(test_ends_in_any_order),
        cmocka_unit_test(test_ends_in_another_context),
        cmocka_unit_test(test_many_code_objects),
        cmocka_unit_test(test_many_within_each_other),
        cmocka_unit_test(test_threads_have_their_own),
        cmocka_unit_test(test_everything), /* sets what is not taken back */
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
