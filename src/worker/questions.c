/*
 * The bit in `armed` goes before the socket is looked at, so that a question that comes meanwhile
 * sets it again.
 */
#include "config.h"
#include <Python.h>

#include "worker/questions.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

#include "wire/question.h"
#include "worker/holders.h"
#include "worker/publish.h"

static struct {
    int fd;
    pid_t pid;       /* whose questions they are */
    uv_loop_t *loop; /* NULL: there is none */
    uv_poll_t poll;
    bool is_closed;
    _Atomic bool is_pending;
    _Atomic bool has_ended; /* the host has gone: the loop's thread is to stop its poll */
} questions = {.fd = -1};

static void on_readable(uv_poll_t *handle, int status, int events)
{
    (void)handle, (void)events;
    questions.is_pending = true;
    if (status < 0 || questions.has_ended)
        uv_poll_stop(&questions.poll);
}

void questions_open(uv_loop_t *loop, int fd)
{
    questions.fd = fd;
    questions.pid = getpid();
    if (fd >= 0)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (fd < 0 || !loop || uv_poll_init(loop, &questions.poll, fd))
        return;
    questions.loop = loop;
    uv_poll_start(&questions.poll, UV_READABLE, on_readable);
    uv_unref((uv_handle_t *)&questions.poll);
}

static void on_closed(uv_handle_t *handle)
{
    (void)handle;
    questions.is_closed = true;
}

void questions_close(void)
{
    uv_loop_t *loop = questions.loop;
    questions.loop = NULL;
    if (loop)
        uv_close((uv_handle_t *)&questions.poll, on_closed);
    while (loop && !questions.is_closed)
        uv_run(loop, UV_RUN_ONCE);
    if (questions.fd >= 0)
        close(questions.fd);
    questions.fd = -1;
}

void questions_after_fork(void)
{
    if (questions.loop)
        uv_poll_stop(&questions.poll);
    if (questions.fd >= 0)
        close(questions.fd);
    questions.fd = -1;
}

bool questions_pending(void)
{
    return questions.is_pending;
}

static void answer(const struct question *question)
{
    if (question->kind == QUESTION_HOLDERS || question->kind == QUESTION_CENSUS)
        holders_answer(question);
    close(question->answer_fd);
}

void questions_look(void)
{
    struct question question;
    int found = 0;
    questions.is_pending = false;
    if (questions.fd < 0 || getpid() != questions.pid)
        return; /* they are a parent's, as the bit is */
    atomic_fetch_and(&publish_shared.segment->control.armed, ~(uint32_t)CONTROL_QUESTION);
    while ((found = question_receive(questions.fd, &question)) > 0)
        answer(&question);
    if (found < 0)
        questions.has_ended = true;
}
