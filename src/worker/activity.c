#include "config.h"
#include "worker/activity.h"

#include "base/attributes.h"
#include "worker/compat.h"
#include "worker/heap.h"

static PyObject *activity_var;
static PyObject *get_name; /* owned; of a context's method */

static void activity_dealloc(PyObject *self)
{
    struct activity *activity = (struct activity *)self;
    Py_XDECREF(activity->token);
    await_chain_fini(&activity->parked);
    PyObject_Free(self);
}

static PyTypeObject activity_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "_pymemtop.Activity",
    .tp_basicsize = sizeof(struct activity),
    .tp_dealloc = activity_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

bool activity_check(PyObject *object)
{
    return Py_IS_TYPE(object, &activity_type);
}

static const void *current_context(void)
{
    return PyThreadState_Get()->context;
}

bool activity_is_current(const struct activity *activity)
{
    return activity->context == current_context();
}

static struct activity *make(uint32_t slot, uint64_t number)
{
    struct activity *activity = PyObject_New(struct activity, &activity_type);
    if (!activity)
        return NULL;
    activity->slot = slot;
    activity->number = number;
    activity->parked = (struct await_chain){0};
    activity->token = PyContextVar_Set(activity_var, (PyObject *)activity);
    activity->context = current_context();
    if (activity->token)
        return activity;
    Py_DECREF(activity);
    return NULL;
}

struct activity *activity_new(uint32_t slot, uint64_t number)
{
    heap_own_begin();
    struct activity *activity = make(slot, number);
    heap_own_end();
    return activity;
}

struct activity *activity_carried(void)
{
    PyObject *type, *value, *traceback, *found = NULL;
    PyErr_Fetch(&type, &value, &traceback);
    if (PyContextVar_Get(activity_var, NULL, &found) < 0)
        found = NULL;
    if (found && !activity_check(found))
        Py_CLEAR(found); /* None: this context was taken for work of no invocation */
    PyErr_Restore(type, value, traceback);
    return (struct activity *)found;
}

struct activity *activity_current(void)
{
    struct activity *inherited = activity_carried();
    if (!inherited || activity_is_current(inherited))
        return inherited;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    struct activity *activity = activity_new(inherited->slot, inherited->number);
    if (activity)
        Py_CLEAR(activity->token); /* never reset: it lasts as long as the context */
    PyErr_Restore(type, value, traceback);
    Py_DECREF(inherited);
    return activity;
}

struct activity *activity_in(PyObject *context)
{
    heap_own_begin();
    PyObject *arguments[] = {context, activity_var};
    PyObject *found = PyObject_VectorcallMethod(get_name, arguments, ARRAY_LEN(arguments), NULL);
    heap_own_end();
    if (found && activity_check(found))
        return (struct activity *)found;
    PyErr_Clear();
    Py_XDECREF(found);
    return NULL;
}

int activity_reset(struct activity *activity)
{
    heap_own_begin();
    int result = activity->token ? PyContextVar_Reset(activity_var, activity->token) : 0;
    heap_own_end();
    if (result < 0)
        return -1;
    Py_CLEAR(activity->token);
    return 0;
}

int activity_add(PyObject *module)
{
    if (PyType_Ready(&activity_type) < 0)
        return -1;
    activity_var = PyContextVar_New("pymemtop_activity", NULL);
    get_name = PyUnicode_InternFromString("get");
    return activity_var && get_name ? PyModule_AddObjectRef(module, "activity", activity_var) : -1;
}
