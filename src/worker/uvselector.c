/*
 * asyncio on libuv.
 *
 * asyncio asks its selector which descriptors are ready; this one answers by running the worker's
 * libuv loop, so that user coroutines, the link to the host and every other libuv handle share one
 * loop and one thread.
 *
 * The descriptors are not given to libuv one by one. They are in an epoll set of the selector's
 * own, and that set's descriptor, which is readable while anything in the set is ready, is the one
 * uv_poll handle. A uv_poll handle for each descriptor was tried first, and fails programs that are
 * right on asyncio's own selectors: libuv ends the process (abort) where a descriptor was closed
 * between uv_poll_start and the next turn of the loop, makes descriptors non-blocking that the
 * program (or, with stdin, another process) needs blocking, stops on EPOLLERR, and knows one handle
 * for a descriptor. With the set, registering is one epoll_ctl that fails at once where it has to,
 * closing a descriptor takes it out of the set, and a number that is used again is a new
 * descriptor: all as selectors.EpollSelector has it. Registering and forgetting is also cheaper, at
 * the price of one more epoll_wait where something is ready.
 *
 * Waiting. One call of select() turns the libuv loop until there is something for Python: a ready
 * descriptor, the end of its time, a frame on the link. Turns that only served libuv's own handles
 * do not return to Python. The interpreter lock is released meanwhile, so callbacks here touch no
 * Python object.
 *
 * Signals. libuv goes on waiting after EINTR, so a handler set with signal.signal() would run at
 * the next event, whenever that is. The event loop (loop.py) therefore keeps the interpreter's
 * wake-up descriptor set to one that is registered here, and a signal is an event like any other.
 *
 * Lifetimes. libuv owns a handle until its close callback has run, so the handles are not in the
 * Python object but in a struct core, which close() frees after the last callback. Handles are
 * closed before the descriptors under them.
 */
#include "config.h"
#include <Python.h>

#include "worker/uvselector.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/mem.h"
#include "worker/link.h"
#include "worker/questions.h"

enum {
    EVENT_READ = 1, /* selectors.EVENT_READ, EVENT_WRITE */
    EVENT_WRITE = 2,
    EVENTS_FIRST = 64, /* room for ready descriptors, to begin with */
};

/* Longest wait, in ms. asyncio asks for a day at the most. */
#define WAIT_MAX_MS 1e12

struct core {
    struct core *next; /* in open_cores */
    uv_poll_t ready;   /* of epoll_fd */
    uv_timer_t timer;
    int open_handles;
    int epoll_fd;
    int capacity;               /* of events: no fewer than there are descriptors */
    struct epoll_event *events; /* owned */
    bool has_ready;             /* set by on_ready */
    bool is_over;               /* set by on_timer */
};

struct selector {
    PyObject ob_base;
    struct core *core; /* owned; NULL when closed */
    PyObject *keys;    /* owned; dict of descriptor -> SelectorKey, kept by UVSelector */
};

/* Both under the interpreter lock. */
static bool is_running;         /* a select() is on */
static struct core *open_cores; /* of the selectors that are not closed */

static uv_loop_t *loop;

/* ---- callbacks: on the loop's thread, without the interpreter lock ---- */

static void on_ready(uv_poll_t *handle, int status, int events)
{
    (void)status;
    (void)events;
    ((struct core *)handle->data)->has_ready = true;
}

static void on_timer(uv_timer_t *handle)
{
    ((struct core *)handle->data)->is_over = true;
}

static void on_closed(uv_handle_t *handle)
{
    ((struct core *)handle->data)->open_handles--;
}

/* ---- the core ---- */

/* Close every handle, wait until libuv lets go of them, then free the core. */
static void core_free(struct core *core)
{
    if (core->ready.data)
        uv_close((uv_handle_t *)&core->ready, on_closed);
    if (core->timer.data)
        uv_close((uv_handle_t *)&core->timer, on_closed);
    while (core->open_handles > 0)
        uv_run(loop, UV_RUN_NOWAIT);
    if (core->epoll_fd >= 0)
        close(core->epoll_fd);
    free(core->events);
    free(core);
}

/* One select() reports all that is ready, however much it is. */
static void make_room(struct core *core, Py_ssize_t descriptors)
{
    int wanted = core->capacity ? core->capacity : EVENTS_FIRST;
    while (wanted < descriptors)
        wanted *= 2;
    if (wanted == core->capacity)
        return;
    core->events = mem_resize(core->events, (size_t)wanted, sizeof *core->events);
    core->capacity = wanted;
}

/* Fill in a zeroed core: 0 or a negative errno; core_free is right in either case. */
static int core_init(struct core *core)
{
    core->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (core->epoll_fd < 0)
        return -errno;
    int result = uv_poll_init(loop, &core->ready, core->epoll_fd);
    if (result)
        return result;
    core->ready.data = core;
    core->open_handles++;
    result = uv_timer_init(loop, &core->timer);
    if (result)
        return result;
    core->timer.data = core;
    core->open_handles++;
    return uv_poll_start(&core->ready, UV_READABLE, on_ready);
}

/* Something of the host's. */
static bool has_come(void)
{
    return link_pending() || questions_pending();
}

/* Turn the loop until there is something for Python; the number of ready descriptors. */
static int turn(struct core *core, uv_run_mode mode)
{
    int count = 0;
    do {
        uv_run(loop, mode);
        if (core->has_ready)
            count = epoll_wait(core->epoll_fd, core->events, core->capacity, 0);
        core->has_ready = false;
    } while (mode == UV_RUN_ONCE && count <= 0 && !core->is_over && !has_come());
    return count;
}

/* Wait for `wait_ms` at the most (0: look only; negative: no limit), the interpreter lock released.
 * Returns the number of ready descriptors, which are in core->events. */
static int core_wait(struct core *core, double wait_ms)
{
    uv_run_mode mode = wait_ms == 0 || has_come() ? UV_RUN_NOWAIT : UV_RUN_ONCE;
    bool is_timed = mode == UV_RUN_ONCE && wait_ms > 0;
    core->has_ready = core->is_over = false;
    if (is_timed) {
        uv_update_time(loop); /* else the wait would begin when the loop last looked at the clock */
        uv_timer_start(&core->timer, on_timer, (uint64_t)wait_ms, 0);
    }
    PyThreadState *state = PyEval_SaveThread();
    int count = turn(core, mode);
    PyEval_RestoreThread(state);
    if (is_timed)
        uv_timer_stop(&core->timer);
    return count;
}

/* ---- select() ---- */

/* The wait in whole milliseconds, rounded up so that it is never too short; negative for None. */
static int parse_timeout(PyObject *timeout, double *wait_ms)
{
    *wait_ms = -1;
    if (timeout == Py_None)
        return 0;
    double seconds = PyFloat_AsDouble(timeout);
    if (seconds == -1 && PyErr_Occurred())
        return -1;
    double ms = ceil(seconds * 1e3);
    *wait_ms = ms > 0 ? fmin(ms, WAIT_MAX_MS) : 0; /* 0 for NaN too */
    return 0;
}

/* Append (key, events) for one event of the epoll set to `list`. */
static int append_ready(PyObject *list, PyObject *keys, const struct epoll_event *event)
{
    int fd = (int)(uint32_t)event->data.u64;
    int wanted = (int)(event->data.u64 >> 32);
    /* An error or a hang-up makes both directions ready: reading and writing find out which. */
    int ready = ((event->events & ~(uint32_t)EPOLLOUT) ? EVENT_READ : 0) |
                ((event->events & ~(uint32_t)EPOLLIN) ? EVENT_WRITE : 0);
    PyObject *number = PyLong_FromLong(fd);
    PyObject *key = number ? PyDict_GetItemWithError(keys, number) : NULL; /* borrowed */
    Py_XDECREF(number);
    if (!key || !(ready & wanted))
        return PyErr_Occurred() ? -1 : 0;
    PyObject *pair = Py_BuildValue("(Oi)", key, ready & wanted);
    int result = pair ? PyList_Append(list, pair) : -1;
    Py_XDECREF(pair);
    return result;
}

static PyObject *ready_list(const struct core *core, PyObject *keys, int count)
{
    PyObject *list = PyList_New(0);
    for (int i = 0; list && i < count; i++)
        if (append_ready(list, keys, &core->events[i]) < 0)
            Py_CLEAR(list);
    return list;
}

static struct core *open_core(const struct selector *self)
{
    if (!self->core)
        PyErr_SetString(PyExc_ValueError, "the selector is closed");
    return self->core;
}

/* uv_run must not be entered twice. 0, or -1 with an exception. */
static int check_idle(void)
{
    if (!is_running)
        return 0;
    PyErr_SetString(PyExc_RuntimeError, "a selector of the libuv loop is waiting");
    return -1;
}

PyDoc_STRVAR(select_doc, "select(timeout) -> [(key, events), ...]\n\n"
                         "Run the libuv loop until a registered descriptor is ready, `timeout`\n"
                         "seconds (None: no limit) are over, or a frame came.");
static PyObject *selector_select(PyObject *object, PyObject *timeout)
{
    struct selector *self = (struct selector *)object;
    struct core *core = open_core(self);
    double wait_ms;
    if (!core || parse_timeout(timeout, &wait_ms) < 0)
        return NULL;
    if (check_idle() < 0)
        return NULL;
    make_room(core, PyDict_Size(self->keys));
    is_running = true;
    int count = core_wait(core, wait_ms);
    is_running = false;
    link_deliver();
    if (questions_pending())
        questions_look();
    return ready_list(core, self->keys, count);
}

/* ---- the set ---- */

/* epoll_ctl with the selector's masks. 0, or -1 with OSError. */
static PyObject *control(const struct core *core, int operation, int fd, int events)
{
    struct epoll_event event = {
        .events = ((events & EVENT_READ) ? (uint32_t)EPOLLIN : 0) |
                  ((events & EVENT_WRITE) ? (uint32_t)EPOLLOUT : 0),
        .data.u64 = (uint64_t)(uint32_t)fd | (uint64_t)(uint32_t)events << 32,
    };
    if (epoll_ctl(core->epoll_fd, operation, fd, &event) < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(register_doc, "register(fd, events)\n\nWatch a descriptor that is not watched.");
static PyObject *selector_register(PyObject *self, PyObject *args)
{
    const struct core *core = open_core((struct selector *)self);
    int fd, events;
    if (!core || !PyArg_ParseTuple(args, "ii:register", &fd, &events))
        return NULL;
    return control(core, EPOLL_CTL_ADD, fd, events);
}

PyDoc_STRVAR(modify_doc, "modify(fd, events)\n\nWatch it for other events.");
static PyObject *selector_modify(PyObject *self, PyObject *args)
{
    const struct core *core = open_core((struct selector *)self);
    int fd, events;
    if (!core || !PyArg_ParseTuple(args, "ii:modify", &fd, &events))
        return NULL;
    return control(core, EPOLL_CTL_MOD, fd, events);
}

PyDoc_STRVAR(unregister_doc, "unregister(fd)\n\nForget it.");
static PyObject *selector_unregister(PyObject *self, PyObject *args)
{
    const struct core *core = open_core((struct selector *)self);
    int fd;
    if (!core || !PyArg_ParseTuple(args, "i:unregister", &fd))
        return NULL;
    return control(core, EPOLL_CTL_DEL, fd, 0);
}

PyDoc_STRVAR(fileno_doc, "fileno() -> int\n\nThe descriptor of the set.");
static PyObject *selector_fileno(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    const struct core *core = open_core((struct selector *)self);
    return core ? PyLong_FromLong(core->epoll_fd) : NULL;
}

PyDoc_STRVAR(close_doc, "close()\n\nLet go of the libuv loop; a second call does nothing.");
static PyObject *selector_close(PyObject *object, PyObject *Py_UNUSED(ignored))
{
    struct selector *self = (struct selector *)object;
    struct core *core = self->core;
    if (!core)
        Py_RETURN_NONE;
    if (check_idle() < 0)
        return NULL;
    self->core = NULL;
    struct core **link = &open_cores;
    while (*link != core)
        link = &(*link)->next;
    *link = core->next;
    core_free(core);
    Py_RETURN_NONE;
}

/* ---- the type ---- */

static PyObject *selector_new(PyTypeObject *type, PyObject *args, PyObject *Py_UNUSED(options))
{
    PyObject *keys;
    if (!PyArg_ParseTuple(args, "O!:Selector", &PyDict_Type, &keys))
        return NULL;
    struct selector *self = (struct selector *)type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    Py_INCREF(keys);
    self->keys = keys;
    struct core *core = mem_calloc(1, sizeof *core);
    int result = core_init(core);
    if (result) {
        core_free(core);
        Py_DECREF(self);
        errno = -result;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    core->next = open_cores;
    open_cores = self->core = core;
    return (PyObject *)self;
}

static void selector_dealloc(PyObject *object)
{
    struct selector *self = (struct selector *)object;
    PyTypeObject *type = Py_TYPE(object);
    PyObject *closed = selector_close(object, NULL);
    if (!closed)
        PyErr_WriteUnraisable(NULL);
    Py_XDECREF(closed);
    Py_XDECREF(self->keys);
    type->tp_free(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"select", selector_select, METH_O, select_doc},
    {"register", selector_register, METH_VARARGS, register_doc},
    {"modify", selector_modify, METH_VARARGS, modify_doc},
    {"unregister", selector_unregister, METH_VARARGS, unregister_doc},
    {"fileno", selector_fileno, METH_NOARGS, fileno_doc},
    {"close", selector_close, METH_NOARGS, close_doc},
    {NULL, NULL, 0, NULL},
};

PyDoc_STRVAR(selector_doc, "Selector(keys)\n\nReadiness of descriptors by way of the libuv loop.");

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)(uintptr_t)selector_doc},
    {Py_tp_new, selector_new},
    {Py_tp_dealloc, selector_dealloc},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "_pymemtop.Selector",
    .basicsize = sizeof(struct selector),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = slots,
};

int uvselector_add(PyObject *module, uv_loop_t *worker_loop)
{
    loop = worker_loop;
    PyObject *type = PyType_FromSpec(&spec);
    if (!type)
        return -1;
    int result = PyModule_AddObject(module, "Selector", type);
    if (result < 0)
        Py_DECREF(type);
    return result;
}

void uvselector_after_fork(void)
{
    /* A set is an open file that parent and child share: a change by one would be the other's too.
     * The child gets sets of its own, which are empty. */
    for (struct core *core = open_cores; core; core = core->next) {
        int fresh = epoll_create1(EPOLL_CLOEXEC);
        if (fresh < 0)
            return;
        dup3(fresh, core->epoll_fd, O_CLOEXEC);
        close(fresh);
    }
    is_running = false;
}
