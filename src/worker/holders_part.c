/*
 * Which objects are parts of others to who writes Python, so that a chain does not name them: the
 * __dict__ of an instance, a function's cells, the nodes of a context's tree. Asked for each object
 * that the walk finds, so what a type is good for is looked up once for each type.
 */
#include "config.h"
#include <Python.h>
#include <frameobject.h>

#include "worker/holders_link.h"

#include <string.h>

enum role {
    ROLE_UNKNOWN, /* nobody has asked yet */
    ROLE_NONE,
    ROLE_PART,        /* of whatever holds it */
    ROLE_FUNCTION,    /* of C: asyncio's to wake a task is a part */
    ROLE_ARRAY,       /* numpy's */
    ROLE_OWN,         /* pymemtop's: what it points to it does not hold */
    ROLE_DICT,        /* of those that have it for themselves */
    ROLE_DICT_HOLDER, /* each dict in it is its part */
};

enum { CACHED_TYPES = 512 };

static enum role find_role(const PyTypeObject *type)
{
    const char *name = type->tp_name;
    bool is_static = !(type->tp_flags & Py_TPFLAGS_HEAPTYPE);
    if (type == &PyDict_Type)
        return ROLE_DICT;
    if (type == &PyDictProxy_Type || strcmp(name, "functools._lru_cache_wrapper") == 0 ||
        strcmp(name, "_thread._local") == 0)
        return ROLE_DICT_HOLDER;
    /* A class of the program may be called anything. */
    if (type == &PyCell_Type || type == &PyFrame_Type || type == &PyTraceBack_Type ||
        (is_static && strncmp(name, "hamt", 4) == 0) ||
        (is_static && strcmp(name, "managedbuffer") == 0) ||
        (is_static && strncmp(name, "Task", 4) == 0) ||
        strcmp(name, "_asyncio.TaskStepMethWrapper") == 0 ||
        strcmp(name, "functools._lru_list_elem") == 0)
        return ROLE_PART;
    if (type == &PyCFunction_Type)
        return ROLE_FUNCTION;
    if (strncmp(name, "_pymemtop.", 10) == 0)
        return ROLE_OWN;
    return holders_is_kind(type, "numpy.ndarray") ? ROLE_ARRAY : ROLE_NONE;
}

static enum role role_of(const PyTypeObject *type)
{
    static struct {
        const PyTypeObject *type;
        enum role role;
    } cache[CACHED_TYPES];
    size_t at = ((uintptr_t)type >> 4 ^ (uintptr_t)type >> 13) % CACHED_TYPES;
    if (cache[at].type != type) {
        cache[at].role = find_role(type);
        cache[at].type = type;
    }
    return cache[at].role;
}

/* A threading.local keeps a dict for each thread in a dict, by an object that ends with the thread.
 */
static bool has_locals(PyObject *dict)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (!PyDict_Next(dict, &at, &key, &value))
        return false;
    if (PyWeakref_CheckRef(key))
        key = ((PyWeakReference *)key)->wr_object;
    return strcmp(Py_TYPE(key)->tp_name, "_thread._localdummy") == 0;
}

static bool is_own_dict(PyObject *parent, PyObject *dict)
{
    if (PyType_Check(parent))
        return ((PyTypeObject *)parent)->tp_dict == dict;
    if (PyModule_Check(parent))
        return PyModule_GetDict(parent) == dict;
    if (PyFunction_Check(parent) && ((PyFunctionObject *)parent)->func_kwdefaults == dict)
        return true;
    return holders_dict(parent) == dict || role_of(Py_TYPE(parent)) == ROLE_DICT_HOLDER ||
           (PyDict_CheckExact(parent) && has_locals(parent));
}

bool holders_is_part(PyObject *parent, PyObject *child)
{
    const PyTypeObject *type = Py_TYPE(child);
    if (type == &PyTuple_Type && PyFunction_Check(parent)) {
        const PyFunctionObject *function = (PyFunctionObject *)parent;
        return child == function->func_closure || child == function->func_defaults;
    }
    enum role role = role_of(type);
    if (role == ROLE_FUNCTION)
        return strcmp(((PyCFunctionObject *)child)->m_ml->ml_name, "task_wakeup") == 0;
    return role == ROLE_PART || (role == ROLE_DICT && is_own_dict(parent, child));
}

unsigned holders_part_traits(const PyTypeObject *type)
{
    enum role role = role_of(type);
    bool may = role == ROLE_DICT || role == ROLE_FUNCTION || type == &PyTuple_Type;
    bool is_store = holders_is_kind(type, "functools._lru_cache_wrapper") ||
                    holders_is_kind(type, "collections.deque");
    bool inside = role == ROLE_ARRAY || type == &PyMemoryView_Type ||
                  strcmp(type->tp_name, "managedbuffer") == 0 || holders_is_kind(type, "module") ||
                  holders_is_kind(type, "collections.deque");
    return (role == ROLE_PART ? HOLDERS_PART : 0u) | (may ? HOLDERS_MAYBE_PART : 0u) |
           (inside ? HOLDERS_INSIDE : 0u) | (is_store ? HOLDERS_STORE : 0u);
}

bool holders_is_array(const PyTypeObject *type)
{
    return role_of(type) == ROLE_ARRAY;
}

bool holders_is_own(const PyTypeObject *type)
{
    return role_of(type) == ROLE_OWN;
}
