/*
 * Receiving. The poll callback reads the socket and stops as soon as there is a whole frame, so no
 * queue is needed: frames wait in the reader's buffer, and further bytes in the socket, until the
 * selector has handed them on. The callback runs without the interpreter lock; a large body is
 * collected while other threads run Python.
 *
 * Sending. A frame is written by the thread that has it, under a mutex, the interpreter lock
 * released. Whoever holds the mutex needs no other lock to come to its end, so waiting for it
 * cannot deadlock. The socket is non-blocking (libuv made it so), hence the poll(2) where the host
 * is slow.
 *
 * The guard thread waits in poll(2) for the peer's end alone (POLLRDHUP), and looks four times a
 * second whether the descriptor is still the link's. All its signals are blocked: those of the
 * process are the interpreter's.
 */
#include "config.h"
#define PY_SSIZE_T_CLEAN /* for the lengths of "y#" */
#include <Python.h>

#include "worker/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/attributes.h"
#include "wire/frame.h"

enum {
    READ_BYTES = 65536,
    READS_AT_ONCE = 16, /* so that one large frame does not starve the other handles */
    THREAD_STACK_BYTES = 262144,
    GUARD_MS = 250,         /* between two looks at whether the descriptor is still there */
    KEEP_BYTES = 128 << 10, /* a reader's buffer larger than this is given back */
};

static struct {
    uv_loop_t *loop;
    uv_poll_t poll;
    int fd;      /* -1 where there is no host */
    ino_t inode; /* of the socket behind it */
    bool is_open;
    bool has_frame; /* in `frame` */
    bool has_ended; /* the stream has, and Python was not told */
    struct frame frame;
    struct frame_reader reader;
    PyObject *inbox;      /* owned; NULL before set_inbox */
    pthread_mutex_t send; /* held while a frame is being written */
    pthread_mutex_t end;  /* held while the guard looks at fd, and for is_closing */
    bool is_closing;      /* fd is no longer the guard's to look at */
} host_link = {.fd = -1, .send = PTHREAD_MUTEX_INITIALIZER, .end = PTHREAD_MUTEX_INITIALIZER};

/* ---- receiving ---- */

static void end_stream(void)
{
    uv_poll_stop(&host_link.poll);
    host_link.has_ended = true;
}

/* Look for a whole frame in what was read; a stream that is none of frames is as good as ended. */
static void cut_frame(void)
{
    int result = frame_next(&host_link.reader, &host_link.frame);
    host_link.has_frame = result == 1;
    if (result < 0)
        end_stream();
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)handle;
    (void)events;
    static char bytes[READ_BYTES];
    if (status < 0) {
        end_stream();
        return;
    }
    for (int i = 0; i < READS_AT_ONCE && !link_pending(); i++) {
        ssize_t len = recv(host_link.fd, bytes, sizeof bytes, MSG_DONTWAIT);
        if (len < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (len <= 0 || frame_feed(&host_link.reader, bytes, (size_t)len) < 0) {
            end_stream();
            return;
        }
        cut_frame();
    }
}

bool link_pending(void)
{
    return host_link.has_frame || host_link.has_ended;
}

static void call_inbox(int type, const char *json, size_t json_len, const char *body,
                       size_t body_len)
{
    if (!host_link.inbox)
        return;
    PyObject *result = PyObject_CallFunction(host_link.inbox, "iy#y#", type, json,
                                             (Py_ssize_t)json_len, body, (Py_ssize_t)body_len);
    if (!result)
        PyErr_WriteUnraisable(host_link.inbox);
    Py_XDECREF(result);
}

void link_deliver(void)
{
    while (host_link.has_frame) {
        const struct frame *frame = &host_link.frame;
        call_inbox((int)frame->type, frame->json, frame->json_len, frame->body, frame->body_len);
        cut_frame();
    }
    if (host_link.has_ended) {
        host_link.has_ended = false;
        call_inbox(FRAME_SHUTDOWN, "{}", 2, "", 0);
    }
    /* A large body is the app's memory while its handler runs, and nobody's afterwards. */
    if (host_link.reader.bytes.capacity > KEEP_BYTES &&
        host_link.reader.bytes.len == host_link.reader.taken)
        frame_reader_fini(&host_link.reader);
}

PyDoc_STRVAR(set_inbox_doc,
             "set_inbox(callable)\n\n"
             "Call callable(type, json, body) with every frame that comes in, on the\n"
             "event loop's thread, between two turns of the loop. None: drop them.");
static PyObject *py_set_inbox(PyObject *Py_UNUSED(module), PyObject *inbox)
{
    Py_CLEAR(host_link.inbox);
    if (inbox != Py_None) {
        Py_INCREF(inbox);
        host_link.inbox = inbox;
    }
    Py_RETURN_NONE;
}

/* ---- sending ---- */

static void skip_sent(struct iovec **part, size_t *parts, size_t sent)
{
    while (*parts && sent >= (*part)->iov_len) {
        sent -= (*part)->iov_len;
        (*part)++;
        (*parts)--;
    }
    if (*parts) {
        (*part)->iov_base = (char *)(*part)->iov_base + sent;
        (*part)->iov_len -= sent;
    }
}

/* Write all parts: 0 or a negative errno. After a failure the stream may end in half a frame, so
 * nothing more may follow. */
static int write_all(int fd, struct iovec *part, size_t parts)
{
    while (parts) {
        struct msghdr message = {.msg_iov = part, .msg_iovlen = parts};
        ssize_t sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent >= 0) {
            skip_sent(&part, &parts, (size_t)sent);
        } else if (errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

static int send_frame(struct frame_header *header, const Py_buffer *json, const Py_buffer *body)
{
    struct iovec parts[] = {
        {.iov_base = header, .iov_len = sizeof *header},
        {.iov_base = json->buf, .iov_len = (size_t)json->len},
        {.iov_base = body->buf, .iov_len = (size_t)body->len},
    };
    pthread_mutex_lock(&host_link.send);
    int result = host_link.fd < 0 ? -ENOTCONN : write_all(host_link.fd, parts, ARRAY_LEN(parts));
    if (result < 0 && host_link.fd >= 0)
        shutdown(host_link.fd, SHUT_RDWR); /* the guard and the reader see it */
    pthread_mutex_unlock(&host_link.send);
    return result;
}

PyDoc_STRVAR(send_doc, "send(type, json, body=b\"\")\n\n"
                       "Send a frame to the host; returns when it is written. Any thread.");
static PyObject *py_send(PyObject *Py_UNUSED(module), PyObject *args)
{
    int type;
    Py_buffer json, body = {.buf = NULL};
    if (!PyArg_ParseTuple(args, "iy*|y*:send", &type, &json, &body))
        return NULL;
    struct frame_header header;
    int result =
        frame_header_fill(&header, (enum frame_type)type, (size_t)json.len, (size_t)body.len);
    if (!result) {
        PyThreadState *state = PyEval_SaveThread();
        result = send_frame(&header, &json, &body);
        PyEval_RestoreThread(state);
    }
    PyBuffer_Release(&json);
    if (body.obj)
        PyBuffer_Release(&body);
    if (result) {
        errno = -result;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    Py_RETURN_NONE;
}

/* ---- the end ---- */

/* Start `run` in a small detached thread that no signal interrupts. 0 or a negative errno. */
static int start_thread(void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t thread;
    sigset_t all, before;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int result = pthread_create(&thread, &attributes, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return -result;
}

static ATTR_NORETURN void end_process(void)
{
    _exit(LINK_LOST_STATUS);
}

static void *exit_later(void *seconds)
{
    struct timespec left = {.tv_sec = (time_t)(uintptr_t)seconds};
    while (nanosleep(&left, &left) < 0)
        ;
    end_process();
}

static void on_alarm(int signal)
{
    (void)signal;
    end_process();
}

/* The same where there is no thread to be had: the app has reached a limit (RLIMIT_AS,
 * RLIMIT_NPROC). Its own use of SIGALRM, if any, is over with the loop. */
static void exit_at_alarm(unsigned seconds)
{
    struct sigaction action = {.sa_handler = on_alarm};
    sigset_t alarms;
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    sigaction(SIGALRM, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &alarms, NULL);
    alarm(seconds);
}

void link_exit_within(unsigned seconds)
{
    if (start_thread(exit_later, (void *)(uintptr_t)seconds) < 0)
        exit_at_alarm(seconds);
}

PyDoc_STRVAR(exit_within_doc, "exit_within(seconds)\n\n"
                              "End the process in `seconds`, whatever Python does until then.");
static PyObject *py_exit_within(PyObject *Py_UNUSED(module), PyObject *seconds)
{
    unsigned long value = PyLong_AsUnsignedLong(seconds);
    if (PyErr_Occurred())
        return NULL;
    link_exit_within((unsigned)value);
    Py_RETURN_NONE;
}

/* What the guard finds. */
enum guarded { GUARDED_THERE, GUARDED_LOST, GUARDED_CLOSING };

/* Is the descriptor no longer the socket that it was? An app that closes all descriptors closes it,
 * too, and nothing could be heard from this worker any more. Where link_close has begun it may be
 * closed by us, and is not looked at. */
static enum guarded look_after(int fd, ino_t inode)
{
    struct stat info;
    enum guarded found = GUARDED_CLOSING;
    pthread_mutex_lock(&host_link.end);
    if (!host_link.is_closing)
        found = fstat(fd, &info) < 0 || info.st_ino != inode ? GUARDED_LOST : GUARDED_THERE;
    pthread_mutex_unlock(&host_link.end);
    return found;
}

static void *guard(void *context)
{
    static const char words[] = "the app has closed the worker's connection to its host\n";
    struct pollfd peer = {.fd = (int)(intptr_t)context, .events = POLLRDHUP};
    enum guarded found;
    int ready;
    do {
        ready = poll(&peer, 1, GUARD_MS);
        found = look_after(peer.fd, host_link.inode);
    } while (ready <= 0 && found == GUARDED_THERE);
    if (found == GUARDED_CLOSING)
        return NULL;
    if (found == GUARDED_LOST) {
        if (write(STDERR_FILENO, words, sizeof words - 1) < 0)
            end_process(); /* that descriptor is closed, too */
        end_process();
    }
    return exit_later((void *)(uintptr_t)LINK_GRACE_SECONDS);
}

/* ---- open and close ---- */

static int open_on(uv_loop_t *loop, int fd)
{
    struct stat info;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || fstat(fd, &info) < 0)
        return -errno;
    host_link.inode = info.st_ino;
    int result = uv_poll_init(loop, &host_link.poll, fd);
    if (result)
        return result;
    host_link.is_open = true;
    result = uv_poll_start(&host_link.poll, UV_READABLE, on_readable);
    return result ? result : start_thread(guard, (void *)(intptr_t)fd);
}

int link_open(uv_loop_t *loop, int fd, struct error *error)
{
    host_link.loop = loop;
    host_link.fd = fd;
    frame_reader_init(&host_link.reader);
    int result = open_on(loop, fd);
    if (!result)
        return 0;
    link_close();
    return error_set(error, EXIT_STATUS_SYSTEM, "the worker cannot read from its host: %s",
                     strerror(-result));
}

static void close_socket(void)
{
    if (host_link.fd >= 0)
        close(host_link.fd);
    host_link.fd = -1;
}

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
    host_link.is_open = false;
}

void link_close(void)
{
    pthread_mutex_lock(&host_link.end);
    host_link.is_closing = true;
    pthread_mutex_unlock(&host_link.end);
    if (host_link.is_open)
        uv_close((uv_handle_t *)&host_link.poll, on_closed);
    while (host_link.is_open)
        uv_run(host_link.loop, UV_RUN_NOWAIT);
    pthread_mutex_lock(&host_link.send);
    close_socket();
    pthread_mutex_unlock(&host_link.send);
    frame_reader_fini(&host_link.reader);
}

void link_after_fork(void)
{
    /* The threads that may have held the mutexes are not in the child. */
    pthread_mutex_init(&host_link.send, NULL);
    pthread_mutex_init(&host_link.end, NULL);
    if (host_link.is_open)
        uv_poll_stop(&host_link.poll);
    close_socket();
    host_link.has_frame = host_link.has_ended = false;
}

static PyMethodDef functions[] = {
    {"send", py_send, METH_VARARGS, send_doc},
    {"set_inbox", py_set_inbox, METH_O, set_inbox_doc},
    {"exit_within", py_exit_within, METH_O, exit_within_doc},
    {NULL, NULL, 0, NULL},
};

int link_add(PyObject *module)
{
    return PyModule_AddFunctions(module, functions);
}
