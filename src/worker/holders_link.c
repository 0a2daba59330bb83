/*
 * Attributes: those in a __dict__ or within the object, slots and members of C types, and what
 * functions, exceptions and methods have that is no member.
 */
#include "config.h"
#include <Python.h>
#include <frameobject.h>

#include "worker/holders_link.h"

#include <structmember.h>

enum { NAME_CHARS = 60 };

/* ---- objects ---- */

static bool put_function_name(struct holders_text *text, PyObject *function)
{
    if (!PyFunction_Check(function))
        return false;
    holders_put_str(text, ((PyFunctionObject *)function)->func_qualname, NAME_CHARS);
    return true;
}

void holders_put_object(struct holders_text *text, PyObject *object)
{
    if (put_function_name(text, object) ||
        (PyMethod_Check(object) && put_function_name(text, PyMethod_GET_FUNCTION(object))))
        return;
    if (holders_is_kind(Py_TYPE(object), "functools._lru_cache_wrapper") &&
        holders_put_named(text, "", holders_attribute(object, "__qualname__")))
        return;
    if (PyCFunction_Check(object)) {
        const PyCFunctionObject *function = (PyCFunctionObject *)object;
        if (function->m_self && !PyModule_Check(function->m_self)) {
            holders_put_type(text, Py_TYPE(function->m_self));
            holders_put(text, ".");
        }
        holders_put(text, "%s", function->m_ml->ml_name);
        return;
    }
    holders_put_type(text, PyType_Check(object) ? (PyTypeObject *)object : Py_TYPE(object));
}

/* ---- functions ---- */

static PyObject *name_at(PyObject *tuple, Py_ssize_t i)
{
    return tuple && PyTuple_Check(tuple) && i >= 0 && i < PyTuple_GET_SIZE(tuple)
               ? PyTuple_GET_ITEM(tuple, i)
               : NULL;
}

static Py_ssize_t index_in(PyObject *tuple, const PyObject *value)
{
    for (Py_ssize_t i = 0; tuple && i < PyTuple_GET_SIZE(tuple); i++)
        if (PyTuple_GET_ITEM(tuple, i) == value)
            return i;
    return -1;
}

static PyObject *free_name(const PyCodeObject *code, Py_ssize_t i)
{
#if PY_VERSION_HEX >= 0x030b0000
    return name_at(code->co_localsplusnames, code->co_nlocalsplus - code->co_nfreevars + i);
#else
    return name_at(code->co_freevars, i);
#endif
}

static PyObject *parameter_name(const PyCodeObject *code, Py_ssize_t i)
{
#if PY_VERSION_HEX >= 0x030b0000
    return name_at(code->co_localsplusnames, i);
#else
    return name_at(code->co_varnames, i);
#endif
}

static bool put_function_part(struct holders_text *text, const struct holders_link *link)
{
    const PyFunctionObject *function = (PyFunctionObject *)link->object;
    const PyCodeObject *code = (PyCodeObject *)function->func_code;
    Py_ssize_t i;
    if (!link->under)
        return false;
    if (link->child == function->func_closure) {
        i = index_in(function->func_closure, link->under);
        return i >= 0 && holders_put_named(text, "() closure ", free_name(code, i));
    }
    if (link->child == function->func_defaults) {
        i = index_in(function->func_defaults, link->under);
        i += i >= 0 ? code->co_argcount - PyTuple_GET_SIZE(function->func_defaults) : 0;
        return i >= 0 && holders_put_named(text, "() default ", parameter_name(code, i));
    }
    return link->child == function->func_kwdefaults &&
           holders_put_named(text, "() default ",
                             holders_key(function->func_kwdefaults, link->under));
}

/* ---- members of C types that are none in Python ---- */

static bool put_exception_part(struct holders_text *text, const struct holders_link *link)
{
    const PyBaseExceptionObject *error = (PyBaseExceptionObject *)link->object;
    const struct {
        PyObject *part;
        const char *name;
    } parts[] = {{error->traceback, ".__traceback__"},
                 {error->cause, ".__cause__"},
                 {error->context, ".__context__"},
                 {error->args, ".args"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].part == link->child) {
            holders_put(text, "%s", parts[i].name);
            return true;
        }
    }
    return false;
}

/* Slots, and members. */
static bool put_member(struct holders_text *text, PyObject *object, const PyObject *value)
{
    PyObject *mro = Py_TYPE(object)->tp_mro;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++) {
        const PyMemberDef *member = ((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_members;
        for (; member && member->name; member++) {
            if ((member->type == T_OBJECT || member->type == T_OBJECT_EX) &&
                *(PyObject **)((char *)object + member->offset) == value) {
                holders_put(text, ".%s", member->name);
                return true;
            }
        }
    }
    return false;
}

/* ---- attributes ---- */

/* Of what has a dict for them. */
static bool put_entry(struct holders_text *text, PyObject *dict, const struct holders_link *link)
{
    if (!dict || link->child != dict || !link->under)
        return false;
    if (!holders_put_named(text, ".", holders_key(dict, link->under)))
        holders_put(text, ".__dict__.keys()");
    return true;
}

static PyObject *dict_of(PyObject *object)
{
    if (PyType_Check(object))
        return ((PyTypeObject *)object)->tp_dict;
    return PyModule_Check(object) ? PyModule_GetDict(object) : holders_dict(object);
}

static bool put_attribute(struct holders_text *text, const struct holders_link *link)
{
    PyObject *object = link->object;
    if (PyFunction_Check(object) && put_function_part(text, link))
        return true;
    if (PyExceptionInstance_Check(object) && put_exception_part(text, link))
        return true;
    if (PyCFunction_Check(object) && ((PyCFunctionObject *)object)->m_self == link->child) {
        holders_put(text, ".__self__");
        return true;
    }
    return put_entry(text, dict_of(object), link) ||
           holders_put_named(text, ".", holders_inline_name(object, link->child)) ||
           put_member(text, object, link->child);
}

enum holders_said holders_put_link(struct holders_text *text, struct holders_link *link)
{
    enum holders_said said = holders_put_inside(text, link);
    if (!said && put_attribute(text, link))
        said = PyTraceBack_Check(link->child) ? HOLDERS_ITEM : HOLDERS_NAME;
    return said ? said : holders_put_item(text, link);
}
