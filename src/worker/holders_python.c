#define Py_BUILD_CORE 1
#include "config.h"
#include <Python.h>
#include <frameobject.h>
#if PY_VERSION_HEX >= 0x030b0000
#include <internal/pycore_code.h>
#include <internal/pycore_dict.h>
#include <internal/pycore_frame.h>
#include <internal/pycore_object.h>
#endif

#include "worker/holders_python.h"

#include <string.h>

/* ---- objects ---- */

#if PY_VERSION_HEX >= 0x030c0000
#define BEFORE_FLAGS (Py_TPFLAGS_MANAGED_DICT | Py_TPFLAGS_MANAGED_WEAKREF)
#elif PY_VERSION_HEX >= 0x030b0000
#define BEFORE_FLAGS Py_TPFLAGS_MANAGED_DICT
#else
#define BEFORE_FLAGS 0
#endif

enum { GC_HEAD_BYTES = 16, MANAGED_BYTES = 16 };

size_t holders_before(const PyTypeObject *type)
{
    return (type->tp_flags & Py_TPFLAGS_HAVE_GC ? GC_HEAD_BYTES : 0u) +
           (type->tp_flags & BEFORE_FLAGS ? MANAGED_BYTES : 0u);
}

/* Of types that say where it is: `offset` from the object's start, or where it is negative from its
 * end, as of subclasses of types whose objects differ in size. */
static PyObject *dict_at(PyObject *object, Py_ssize_t offset)
{
    const PyTypeObject *type = Py_TYPE(object);
    if (offset < 0) {
        Py_ssize_t size = Py_SIZE(object);
        size_t bytes = (size_t)(type->tp_basicsize + (size < 0 ? -size : size) * type->tp_itemsize);
        bytes = (bytes + sizeof(void *) - 1) & ~(sizeof(void *) - 1);
        offset += (Py_ssize_t)bytes;
    }
    return offset > 0 ? *(PyObject **)((char *)object + offset) : NULL;
}

#if PY_VERSION_HEX >= 0x030d0000

/* Those within the object, where it has such; NULL: none. */
static PyDictValues *inline_values(PyObject *object)
{
    if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_INLINE_VALUES))
        return NULL;
    PyDictValues *values = _PyObject_InlineValues(object);
    return values->valid ? values : NULL;
}

static PyObject *managed_dict(PyObject *object)
{
    return (PyObject *)_PyObject_ManagedDictPointer(object)->dict;
}

#elif PY_VERSION_HEX >= 0x030c0000

static PyDictValues *inline_values(PyObject *object)
{
    if (!(Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT))
        return NULL;
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
    return _PyDictOrValues_IsValues(either) ? _PyDictOrValues_GetValues(either) : NULL;
}

static PyObject *managed_dict(PyObject *object)
{
    PyDictOrValues either = *_PyObject_DictOrValuesPointer(object);
    return _PyDictOrValues_IsValues(either) ? NULL : _PyDictOrValues_GetDict(either);
}

#elif PY_VERSION_HEX >= 0x030b0000

static PyDictValues *inline_values(PyObject *object)
{
    bool may = (Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT) != 0;
    return may ? *_PyObject_ValuesPointer(object) : NULL;
}

static PyObject *managed_dict(PyObject *object)
{
    return *_PyObject_ManagedDictPointer(object);
}

#endif

PyObject *holders_dict(PyObject *object)
{
#if PY_VERSION_HEX >= 0x030b0000
    if (Py_TYPE(object)->tp_flags & Py_TPFLAGS_MANAGED_DICT)
        return managed_dict(object);
#endif
    return dict_at(object, Py_TYPE(object)->tp_dictoffset);
}

PyObject *holders_inline_name(PyObject *object, const PyObject *value)
{
#if PY_VERSION_HEX >= 0x030b0000
    const PyDictValues *values = inline_values(object);
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys;
    if (!values || !keys)
        return NULL;
    const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++)
        if (values->values[i] == value)
            return entries[i].me_key;
#else
    (void)object, (void)value;
#endif
    return NULL;
}

static PyObject *inline_value(PyObject *object, const char *name)
{
#if PY_VERSION_HEX >= 0x030b0000
    const PyDictValues *values = inline_values(object);
    PyDictKeysObject *keys = ((PyHeapTypeObject *)Py_TYPE(object))->ht_cached_keys;
    if (!values || !keys)
        return NULL;
    const PyDictUnicodeEntry *entries = DK_UNICODE_ENTRIES(keys);
    for (Py_ssize_t i = 0; i < keys->dk_nentries; i++)
        if (holders_is_ascii(entries[i].me_key, name))
            return values->values[i];
#else
    (void)object, (void)name;
#endif
    return NULL;
}

bool holders_is_ascii(PyObject *string, const char *same)
{
    return string && PyUnicode_Check(string) && PyUnicode_IS_COMPACT_ASCII(string) &&
           strcmp((const char *)PyUnicode_1BYTE_DATA(string), same) == 0;
}

PyObject *holders_entry(PyObject *dict, const char *name)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (dict && PyDict_Check(dict) && PyDict_Next(dict, &at, &key, &value))
        if (holders_is_ascii(key, name))
            return value;
    return NULL;
}

PyObject *holders_key(PyObject *dict, const PyObject *value)
{
    PyObject *key, *found;
    Py_ssize_t at = 0;
    while (dict && PyDict_Check(dict) && PyDict_Next(dict, &at, &key, &found))
        if (found == value)
            return key;
    return NULL;
}

PyObject *holders_attribute(PyObject *object, const char *name)
{
    PyObject *dict = holders_dict(object);
    return dict ? holders_entry(dict, name) : inline_value(object, name);
}

/* ---- threads ---- */

void holders_visit_thread(const PyThreadState *state, visitproc visit, void *context)
{
    if (state->dict)
        visit(state->dict, context);
    if (state->context)
        visit(state->context, context);
    for (const _PyErr_StackItem *handled = state->exc_info; handled;
         handled = handled->previous_item)
        if (handled->exc_value)
            visit(handled->exc_value, context);
}

/* ---- frames ---- */

#if PY_VERSION_HEX < 0x030b0000

static PyFrameObject *of(const struct holders_frame *frame)
{
    union {
        const struct holders_frame *in;
        PyFrameObject *out;
    } same = {.in = frame};
    return same.out;
}

const struct holders_frame *holders_top(const PyThreadState *state)
{
    return (const struct holders_frame *)state->frame;
}

const struct holders_frame *holders_outer(const struct holders_frame *frame)
{
    return (const struct holders_frame *)of(frame)->f_back;
}

const struct holders_frame *holders_frame_in(PyObject *object)
{
    if (PyFrame_Check(object))
        return (const struct holders_frame *)object;
    if (PyGen_CheckExact(object) || PyCoro_CheckExact(object) || PyAsyncGen_CheckExact(object))
        return (const struct holders_frame *)((PyGenObject *)object)->gi_frame;
    return NULL;
}

PyCodeObject *holders_code(const struct holders_frame *frame)
{
    return of(frame)->f_code;
}

void holders_visit_frame(const struct holders_frame *frame, visitproc visit, void *context)
{
    PyFrame_Type.tp_traverse((PyObject *)of(frame), visit, context);
}

static Py_ssize_t local_count(const struct holders_frame *frame)
{
    const PyCodeObject *code = of(frame)->f_code;
    return code->co_nlocals + PyTuple_GET_SIZE(code->co_cellvars) +
           PyTuple_GET_SIZE(code->co_freevars);
}

static PyObject *const *first_local(const struct holders_frame *frame)
{
    return of(frame)->f_localsplus;
}

static PyObject *local_name(const struct holders_frame *frame, Py_ssize_t i)
{
    const PyCodeObject *code = of(frame)->f_code;
    PyObject *const groups[] = {code->co_varnames, code->co_cellvars, code->co_freevars};
    for (size_t group = 0; group < sizeof groups / sizeof groups[0]; group++) {
        Py_ssize_t size = PyTuple_GET_SIZE(groups[group]);
        if (i < size)
            return PyTuple_GET_ITEM(groups[group], i);
        i -= size;
    }
    return NULL;
}

#else

static _PyInterpreterFrame *of(const struct holders_frame *frame)
{
    union {
        const struct holders_frame *in;
        _PyInterpreterFrame *out;
    } same = {.in = frame};
    return same.out;
}

static const struct holders_frame *as(const _PyInterpreterFrame *frame)
{
    return (const struct holders_frame *)frame;
}

const struct holders_frame *holders_top(const PyThreadState *state)
{
#if PY_VERSION_HEX >= 0x030d0000
    return as(state->current_frame);
#else
    return as(state->cframe->current_frame);
#endif
}

const struct holders_frame *holders_outer(const struct holders_frame *frame)
{
    return as(of(frame)->previous);
}

const struct holders_frame *holders_frame_in(PyObject *object)
{
    if (PyFrame_Check(object))
        return as(((PyFrameObject *)object)->f_frame);
    if (!PyGen_CheckExact(object) && !PyCoro_CheckExact(object) && !PyAsyncGen_CheckExact(object))
        return NULL;
    PyGenObject *generator = (PyGenObject *)object;
    bool is_over = generator->gi_frame_state >= FRAME_COMPLETED;
    return is_over ? NULL : as((_PyInterpreterFrame *)generator->gi_iframe);
}

PyCodeObject *holders_code(const struct holders_frame *frame)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *code = of(frame)->f_executable;
    return code && PyCode_Check(code) ? (PyCodeObject *)code : NULL;
#elif PY_VERSION_HEX >= 0x030c0000
    return of(frame)->owner == FRAME_OWNED_BY_CSTACK ? NULL : of(frame)->f_code;
#else
    return of(frame)->f_code;
#endif
}

static Py_ssize_t local_count(const struct holders_frame *frame)
{
    const PyCodeObject *code = holders_code(frame);
    return code ? code->co_nlocalsplus : 0;
}

static PyObject *const *first_local(const struct holders_frame *frame)
{
    return of(frame)->localsplus;
}

static PyObject *local_name(const struct holders_frame *frame, Py_ssize_t i)
{
    const PyCodeObject *code = holders_code(frame);
    return code ? PyTuple_GET_ITEM(code->co_localsplusnames, i) : NULL;
}

/* What its expressions are at work with is known only where the frame waits for another one. */
void holders_visit_frame(const struct holders_frame *frame, visitproc visit, void *context)
{
    _PyInterpreterFrame *inner = of(frame);
    Py_ssize_t count = local_count(frame);
    if (inner->frame_obj)
        visit((PyObject *)inner->frame_obj, context);
    if (inner->f_locals)
        visit(inner->f_locals, context);
#if PY_VERSION_HEX >= 0x030c0000
    if (inner->f_funcobj)
        visit(inner->f_funcobj, context);
#else
    if (inner->f_func)
        visit((PyObject *)inner->f_func, context);
#endif
    if (inner->stacktop > count)
        count = inner->stacktop;
    for (Py_ssize_t i = 0; i < count; i++)
        if (inner->localsplus[i])
            visit(inner->localsplus[i], context);
}

#endif

PyObject *holders_globals(const struct holders_frame *frame)
{
    return of(frame)->f_globals;
}

PyObject *holders_local(const struct holders_frame *frame, const PyObject *value)
{
    Py_ssize_t count = holders_code(frame) ? local_count(frame) : 0;
    PyObject *const *local = first_local(frame);
    for (Py_ssize_t i = 0; i < count; i++) {
        if (!local[i])
            continue;
        if (local[i] == value || (PyCell_Check(local[i]) && PyCell_GET(local[i]) == value))
            return local_name(frame, i);
    }
    return holders_key(of(frame)->f_locals, value); /* of a module or a class body */
}

static bool has_method(PyObject *dict, const PyObject *code)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (dict && PyDict_Next(dict, &at, &key, &value))
        if (PyFunction_Check(value) && ((PyFunctionObject *)value)->func_code == code)
            return true;
    return false;
}

PyObject *holders_self(const struct holders_frame *frame)
{
    PyCodeObject *code = holders_code(frame);
    PyObject *self = code && code->co_argcount > 0 ? first_local(frame)[0] : NULL;
    if (self && PyCell_Check(self))
        self = PyCell_GET(self);
    PyObject *mro = self ? Py_TYPE(self)->tp_mro : NULL;
    for (Py_ssize_t i = 0; mro && i < PyTuple_GET_SIZE(mro); i++)
        if (has_method(((PyTypeObject *)PyTuple_GET_ITEM(mro, i))->tp_dict, (PyObject *)code))
            return self;
    return NULL;
}
