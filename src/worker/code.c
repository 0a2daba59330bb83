#include "config.h"
#include "worker/code.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "worker/arena.h"
#include "worker/compat.h"
#include "worker/events.h"
#include "worker/filter.h"
#include "worker/heap.h"
#include "worker/publish.h"
#include "worker/qualname.h"

#define LINES_MAX 200000u

/* How code objects name a profiled file. Kept, since a file can be deleted, or moved away with its
 * folder, while functions of it are still to run for the first time. */
struct file_name {
    struct file_name *next;
    const char *name; /* in the arena; absolute */
    struct traced_file *file;
};

/* Infos of code objects that are gone, to be used again. */
struct free_info {
    struct free_info *next;
};
_Static_assert(sizeof(struct free_info) <= sizeof(struct code_info), "an info holds a link");

/* And their heads, by order. */
struct free_heads {
    struct free_heads *next;
};
_Static_assert(sizeof(struct free_heads) <= sizeof(struct code_head), "a head holds a link");
enum { HEAD_ORDERS = 17 }; /* up to 65,536 heads; a module with more has none */

Py_ssize_t code_extra_index = -1;
bool code_may_be_recorded;
bool code_input_is_profiled;
static struct traced_file *files;
static struct file_name *file_names;
static struct free_info *free_infos;
static struct free_heads *free_heads[HEAD_ORDERS];
/* Stands for every code object that no info could be made for. */
static struct code_info no_info = {.kind = CODE_OTHER};

/* Room for at least `count` (> 0) heads, of the order that is written to `order`; or NULL. */
static struct code_head *take_heads(size_t count, unsigned *order)
{
    unsigned least = 0;
    while (least < HEAD_ORDERS && (size_t)1 << least < count)
        least++;
    if (least == HEAD_ORDERS)
        return NULL;
    *order = least;
    if (!free_heads[least])
        return arena_alloc(sizeof(struct code_head) << least);
    void *memory = free_heads[least];
    free_heads[least] = free_heads[least]->next;
    return memory;
}

static void give_back_heads(struct code_info *info)
{
    void *memory = info->heads;
    if (!memory)
        return;
    struct free_heads *link = memory;
    link->next = free_heads[info->head_order];
    free_heads[info->head_order] = link;
}

static void release_info(void *info)
{
    if (!info || info == &no_info)
        return;
    give_back_heads(info);
    struct free_info *link = info;
    link->next = free_infos;
    free_infos = link;
}

int code_set_extra(PyCodeObject *code, Py_ssize_t index, void *value)
{
    const struct code_extra *before = code->co_extra;
    Py_ssize_t used = before ? before->count : 0;
    if (PyUnstable_Code_SetExtra((PyObject *)code, index, value) < 0)
        return -1;
    struct code_extra *extra = code->co_extra;
    extra->count = index < used ? used : index + 1;
    return 0;
}

/* True where code_info() finds what the interpreter has been given to keep. */
static bool extra_is_where_expected(void)
{
    PyCodeObject *code = PyCode_NewEmpty("", "", 1);
    bool is_found = false;
    if (code && code_set_extra(code, code_extra_index, &no_info) == 0)
        is_found = code_info(code) == &no_info;
    Py_XDECREF(code);
    return is_found;
}

int code_open(void)
{
    code_extra_index = PyUnstable_Eval_RequestCodeExtraIndex(release_info);
    if (code_extra_index >= 0 && extra_is_where_expected())
        return qualname_open();
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_RuntimeError, "no place left in code objects for the tracer");
    return -1;
}

static struct code_info *new_info(void)
{
    if (!free_infos)
        return arena_alloc(sizeof(struct code_info));
    void *memory = free_infos;
    free_infos = free_infos->next;
    memset(memory, 0, sizeof(struct code_info));
    return memory;
}

static struct traced_file *find_file(const char *path)
{
    for (struct traced_file *file = files; file; file = file->next)
        if (strcmp(file->path, path) == 0)
            return file;
    return NULL;
}

static struct traced_file *add_file(const char *path)
{
    size_t len = strlen(path);
    struct traced_file *file = arena_alloc(sizeof *file);
    char *copy = arena_alloc(len + 1);
    if (!file || !copy)
        return NULL;
    memcpy(copy, path, len + 1);
    file->index = publish_add_file(copy, len);
    if (file->index == PUBLISH_NO_FILE)
        return NULL;
    file->path = copy;
    file->next = files;
    files = file;
    return file;
}

static struct traced_file *find_named(const char *name)
{
    for (struct file_name *each = file_names; each; each = each->next)
        if (strcmp(each->name, name) == 0)
            return each->file;
    return NULL;
}

static void remember_name(const char *name, struct traced_file *file)
{
    if (name[0] != '/')
        return; /* what it means changes with the current folder */
    size_t size = strlen(name) + 1;
    struct file_name *fresh = arena_alloc(sizeof *fresh);
    char *copy = arena_alloc(size);
    if (!fresh || !copy)
        return;
    memcpy(copy, name, size);
    *fresh = (struct file_name){.next = file_names, .name = copy, .file = file};
    file_names = fresh;
}

static bool is_input(const char *name)
{
    return code_input_is_profiled && strcmp(name, SEGMENT_INPUT_PATH) == 0;
}

/* The path under which a file is published; false where there is none of that name. */
static bool find_path(const char *name, char path[PATH_MAX])
{
    if (!is_input(name))
        return realpath(name, path) != NULL;
    memcpy(path, SEGMENT_INPUT_PATH, sizeof SEGMENT_INPUT_PATH);
    return true;
}

static bool is_wanted(const char *path)
{
    return is_input(path) ? !filter_excludes(path) : filter_matches(path);
}

/* The profiled file of that name, or NULL. *is_other is set where it is there and is not profiled,
 * whatever the current folder. */
static struct traced_file *resolve(const char *name, bool *is_other)
{
    char path[PATH_MAX];
    struct traced_file *file = find_named(name);
    if (file || !find_path(name, path))
        return file;
    file = find_file(path);
    if (file && file->is_in_part)
        file = NULL;
    else if (!file && is_wanted(path))
        file = add_file(path);
    if (file)
        remember_name(name, file);
    *is_other = !file && *name == '/';
    return file;
}

/* Owned; the co_filename of the latest code whose file is there and is not profiled. The functions
 * of a module share theirs, and come one after the other when it is imported. */
static PyObject *other_name;

/* The profiled file that a code object's co_filename names, or NULL. */
static struct traced_file *file_of(PyCodeObject *code)
{
    if (code->co_filename == other_name)
        return NULL;
    PyObject *bytes = PyUnicode_EncodeFSDefault(code->co_filename);
    if (!bytes) {
        PyErr_Clear();
        return NULL;
    }
    bool is_other = false;
    struct traced_file *file = resolve(PyBytes_AS_STRING(bytes), &is_other);
    Py_DECREF(bytes);
    if (is_other) {
        Py_INCREF(code->co_filename);
        Py_XSETREF(other_name, code->co_filename);
    }
    return file;
}

static bool is_function(const PyCodeObject *code)
{
    const int flags = CO_OPTIMIZED | CO_NEWLOCALS; /* a module has neither, a class body one */
    return (code->co_flags & flags) == flags;
}

/* True where the qualified name says that a function holds the definition. */
static bool is_local(PyCodeObject *code)
{
    const char *name = PyUnicode_AsUTF8(qualname_of(code));
    return name && strstr(name, "<locals>");
}

/* The first line of a function's body; its own first line where all is on that. An exception is
 * left set on failure. */
static int body_line(PyCodeObject *code)
{
    int found = code->co_firstlineno;
    PyObject *lines = compat_lines(code);
    PyObject *iterator = lines ? PyObject_GetIter(lines) : NULL;
    PyObject *entry;
    while (iterator && found == code->co_firstlineno && (entry = PyIter_Next(iterator))) {
        PyObject *line = PyTuple_GetItem(entry, 2); /* (start, end, line) */
        if (line && line != Py_None && PyLong_AsLong(line) > found)
            found = (int)PyLong_AsLong(line);
        Py_DECREF(entry);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(lines);
    return found;
}

static int compare_heads(const void *a, const void *b)
{
    const struct code_head *left = a, *right = b;
    return (left->first > right->first) - (left->first < right->first);
}

bool code_is_named(const PyCodeObject *code)
{
    return PyUnicode_READ_CHAR(code->co_name, 0) != '<';
}

/* The largest index of a head that begins at `line` or above it; -1 where none does. */
static ptrdiff_t head_above(const struct code_info *info, int line)
{
    size_t low = 0, high = info->head_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (info->heads[middle].first <= line)
            low = middle + 1;
        else
            high = middle;
    }
    return (ptrdiff_t)low - 1;
}

/* A function's body that begins on a line of `code` itself begins on that of its def. */
static void add_defs_with_bodies(PyCodeObject *code, struct code_info *info)
{
    PyObject *lines = compat_lines(code);
    PyObject *iterator = lines ? PyObject_GetIter(lines) : NULL;
    PyObject *entry;
    while (iterator && (entry = PyIter_Next(iterator))) {
        PyObject *number = PyTuple_GetItem(entry, 2);
        int line = number && number != Py_None ? (int)PyLong_AsLong(number) : 0;
        ptrdiff_t at = head_above(info, line);
        if (at >= 0 && info->heads[at].body == line)
            info->heads[at].last = line;
        Py_DECREF(entry);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(lines);
}

/* The heads of the functions that `code` defines. None where memory is short: the lines then count
 * their definitions as well. A lambda or a comprehension has none: its line is a statement. */
static void find_heads(PyCodeObject *code, struct code_info *info)
{
    Py_ssize_t count = PyTuple_GET_SIZE(code->co_consts);
    struct code_head *heads = count ? take_heads((size_t)count, &info->head_order) : NULL;
    for (Py_ssize_t i = 0; heads && i < count; i++) {
        PyObject *constant = PyTuple_GET_ITEM(code->co_consts, i);
        PyCodeObject *nested = (PyCodeObject *)constant;
        if (!PyCode_Check(constant) || !is_function(nested) || !code_is_named(nested))
            continue;
        int body = body_line(nested);
        heads[info->head_count++] = (struct code_head){nested->co_firstlineno, body - 1, body};
    }
    info->heads = heads;
    if (!heads || info->head_count == 0)
        return;
    qsort(heads, info->head_count, sizeof *heads, compare_heads);
    add_defs_with_bodies(code, info);
    for (size_t i = 1; i < info->head_count; i++)
        if (heads[i].last < heads[i - 1].last)
            heads[i].last = heads[i - 1].last;
}

struct code_info *code_make_info(PyCodeObject *code)
{
    struct code_info *info = new_info();
    if (!info)
        return &no_info;
    /* May be called with an exception set: a frame can be entered while one is on its way. */
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    info->file = file_of(code);
    info->kind = info->file ? CODE_PROFILED : CODE_OTHER;
    if (info->file)
        qualname_pass_on(code);
    info->code = code;
    info->may_be_recorded = code_may_be_recorded && info->file;
    info->is_function = is_function(code);
    info->is_in_function = info->is_function || is_local(code);
    info->is_coroutine =
        (code->co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR | CO_ITERABLE_COROUTINE)) != 0;
    if (info->file && !info->is_in_function)
        find_heads(code, info);
    if (code_set_extra(code, code_extra_index, info) < 0) {
        release_info(info);
        info = &no_info;
    }
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
    return info;
}

int code_find_line(PyCodeObject *code, struct code_info *info, int offset)
{
    int line = PyCode_Addr2Line(code, offset);
    info->last_offset = offset;
    info->last_line = line > 0 ? line : code->co_firstlineno;
    return info->last_line;
}

int code_mark_loop_step(PyObject *function)
{
    PyObject *code = PyObject_GetAttrString(function, "__code__");
    if (!code)
        return -1;
    if (PyCode_Check(code)) {
        struct code_info *info = code_info((PyCodeObject *)code);
        if (info != &no_info)
            info->kind = CODE_LOOP_STEP;
    }
    Py_DECREF(code);
    return 0;
}

/* Make room for `line`: the old table stays in the arena, which doubling bounds to its own size. */
static bool grow_sites(struct traced_file *file, uint32_t line)
{
    uint32_t count = file->line_count ? file->line_count : 128;
    while (count <= line)
        count *= 2;
    uint32_t *sites = arena_alloc(count * sizeof *sites);
    if (!sites)
        return false;
    if (file->line_count)
        memcpy(sites, file->sites, file->line_count * sizeof *sites);
    file->sites = sites;
    file->line_count = count;
    return true;
}

uint32_t code_new_site(struct traced_file *file, int line)
{
    uint32_t at = (uint32_t)line;
    if (UNLIKELY(line <= 0))
        return SEGMENT_NONE;
    if (UNLIKELY(at > LINES_MAX || (at >= file->line_count && !grow_sites(file, at)))) {
        publish_lose_line();
        return SEGMENT_NONE;
    }
    if (UNLIKELY(file->sites[at] == SEGMENT_NONE))
        file->sites[at] = publish_add_site(file->index, at);
    return file->sites[at];
}

bool code_is_in_head(const struct code_info *info, int line)
{
    ptrdiff_t at = head_above(info, line);
    return at >= 0 && line <= info->heads[at].last;
}

int code_last_line(PyCodeObject *code)
{
    int last = code->co_firstlineno;
    heap_own_begin(); /* the method's name stays in a cache of CPython's */
    PyObject *ends = compat_ends(code);
    heap_own_end();
    PyObject *iterator = ends ? PyObject_GetIter(ends) : NULL;
    PyObject *entry;
    while (iterator && (entry = PyIter_Next(iterator))) {
        PyObject *end = PyTuple_GetItem(entry, COMPAT_END);
        if (end && end != Py_None) {
            int line = (int)PyLong_AsLong(end);
            last = line > last ? line : last;
        }
        Py_DECREF(entry);
    }
    Py_XDECREF(iterator);
    Py_XDECREF(ends);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *nested = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(nested)) {
            int line = code_last_line((PyCodeObject *)nested);
            last = line > last ? line : last;
        }
    }
    return last;
}

/* The index of the function in the segment, or PUBLISH_NO_FUNCTION. Clears an exception. */
static uint32_t publish(PyCodeObject *code, const struct code_info *info)
{
    Py_ssize_t len;
    uint32_t index = PUBLISH_NO_FUNCTION;
    const char *name = PyUnicode_AsUTF8AndSize(qualname_of(code), &len);
    if (name)
        index = publish_add_function(info->file->index, (uint32_t)code->co_firstlineno,
                                     (uint32_t)code_last_line(code), name, (size_t)len);
    PyErr_Clear();
    return index;
}

void code_announce(PyCodeObject *code, struct code_info *info)
{
    info->is_announced = true;
    if (!info->is_function)
        return;
    PyObject *type, *value, *traceback;
    PyErr_Fetch(&type, &value, &traceback);
    if (code_is_named(code))
        publish(code, info);
    PyErr_Clear();
    PyErr_Restore(type, value, traceback);
}

/* The file of `code`, which the filter has left out; NULL where it is excluded, or no file. */
static struct traced_file *force_file(PyCodeObject *code, bool in_part)
{
    char path[PATH_MAX];
    struct traced_file *file = NULL;
    PyObject *name = PyUnicode_EncodeFSDefault(code->co_filename);
    if (name && find_path(PyBytes_AS_STRING(name), path) && !filter_excludes(path)) {
        file = find_file(path);
        bool is_fresh = !file;
        if (is_fresh)
            file = add_file(path);
        if (file)
            file->is_in_part = in_part && (is_fresh || file->is_in_part);
    }
    Py_XDECREF(name);
    PyErr_Clear();
    if (file && !in_part)
        Py_CLEAR(other_name);
    return file;
}

/* The function and all code within it belong to the file. */
static void profile_code(PyCodeObject *code, struct traced_file *file)
{
    struct code_info *info = code_info(code);
    if (info != &no_info && info->kind == CODE_OTHER) {
        info->file = file;
        info->kind = CODE_PROFILED;
    }
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *nested = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(nested))
            profile_code((PyCodeObject *)nested, file);
    }
}

bool code_profile_alone(PyCodeObject *code)
{
    const struct code_info *info = code_info(code);
    if (info == &no_info || info->kind != CODE_OTHER)
        return info->kind == CODE_PROFILED;
    struct traced_file *file = force_file(code, true);
    if (!file)
        return false;
    qualname_pass_on(code);
    profile_code(code, file);
    events_restart(); /* it may have run */
    return true;
}

/* The function and all code within it. */
static void mark_decorated(PyCodeObject *code)
{
    struct code_info *info = code_info(code);
    if (info != &no_info)
        info->is_decorated = true;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(code->co_consts); i++) {
        PyObject *nested = PyTuple_GET_ITEM(code->co_consts, i);
        if (PyCode_Check(nested))
            mark_decorated((PyCodeObject *)nested);
    }
}

static bool holds(const PyCodeObject *outer, const PyCodeObject *inner)
{
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(outer->co_consts); i++)
        if (PyTuple_GET_ITEM(outer->co_consts, i) == (const PyObject *)inner)
            return true;
    return false;
}

/* The lines of the definition of `code` by `by` are its own from now on, and were so far. */
static void forget_definition(PyCodeObject *code, PyCodeObject *by, struct traced_file *file)
{
    struct code_info *definer = code_info(by);
    if (definer->kind != CODE_PROFILED || !definer->is_in_function || definer->is_decorated ||
        !holds(by, code))
        return;
    if (!definer->heads)
        find_heads(by, definer);
    for (int line = code->co_firstlineno; code_is_in_head(definer, line); line++)
        publish_forget_executions(code_site(file, line));
}

void code_decorate(PyCodeObject *code, PyCodeObject *by, bool tells)
{
    struct code_info *info = code_info(code);
    if (info == &no_info)
        return;
    if (info->kind == CODE_OTHER && (info->file = force_file(code, false))) {
        info->kind = CODE_PROFILED;
        qualname_pass_on(code);
        events_restart();
    }
    uint32_t index = info->kind == CODE_PROFILED ? publish(code, info) : PUBLISH_NO_FUNCTION;
    if (index == PUBLISH_NO_FUNCTION)
        return;
    info->decorated = index + 1;
    if (publish_decorate(index, tells))
        forget_definition(code, by, info->file);
    mark_decorated(code);
    PyErr_Clear();
}
