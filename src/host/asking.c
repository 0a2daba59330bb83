/*
 * Progress comes in single bytes, and what follows the last one is collected until the pipe ends:
 * only then it is whole. The process id that the child tells is believed as far as it is one of
 * this process's children that is no worker.
 */
#include "config.h"
#include "host/asking.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"

enum { ANSWER_MAX_BYTES = 8 << 20 };

struct asking_pipe {
    uv_poll_t poll;
    struct asking *asking; /* NULL: nobody wants it any more */
    int fd;
    size_t head_len; /* bytes of `pid` that have come */
    uint32_t pid;    /* of the child; 0: none */
    bool is_done;    /* what comes from now on is the answer */
    bool is_polled;
    struct buf answer;
};

/* ---- its end ---- */

static void on_closed(uv_handle_t *handle)
{
    struct asking_pipe *pipe = handle->data;
    close(pipe->fd);
    buf_fini(&pipe->answer);
    free(pipe);
}

/* Is it a child of this process that has not been waited for, and no worker? */
static bool is_ours(const struct asking *asking, pid_t pid)
{
    siginfo_t info;
    bool is_worker = asking->worker_pid && *asking->worker_pid == pid;
    return pid > 1 && !is_worker &&
           waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static void wait_for(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* It ends by itself, or is told to; either way soon. */
static void end_child(struct asking *asking, pid_t pid)
{
    size_t i = 0;
    if (!is_ours(asking, pid))
        return;
    kill(pid, SIGKILL);
    asking_reap(asking);
    while (i < ASKING_CHILDREN && asking->ended[i])
        i++;
    if (i < ASKING_CHILDREN)
        asking->ended[i] = pid;
    else
        wait_for(pid);
}

void asking_reap(struct asking *asking)
{
    for (size_t i = 0; i < ASKING_CHILDREN; i++)
        if (asking->ended[i] && waitpid(asking->ended[i], NULL, WNOHANG) != 0)
            asking->ended[i] = 0;
}

void asking_drop(struct asking *asking)
{
    struct asking_pipe *pipe = asking->pipe;
    asking->pipe = NULL;
    if (!pipe)
        return;
    pipe->asking = NULL;
    if (pipe->head_len == 0) /* it may have been told just now */
        pipe->head_len =
            read(pipe->fd, &pipe->pid, sizeof pipe->pid) == sizeof pipe->pid ? sizeof pipe->pid : 0;
    if (pipe->head_len == sizeof pipe->pid)
        end_child(asking, (pid_t)pipe->pid);
    uv_close((uv_handle_t *)&pipe->poll, on_closed);
}

void asking_end(struct asking *asking)
{
    asking_drop(asking);
    for (size_t i = 0; i < ASKING_CHILDREN; i++)
        if (asking->ended[i])
            wait_for(asking->ended[i]);
    memset(asking->ended, 0, sizeof asking->ended);
}

/* ---- what it says ---- */

static void tell(struct asking *asking, json_t *told, int percent)
{
    json_object_set_new(told, "percent", json_integer(percent));
    asking->told(asking->told_context, told);
    json_decref(told);
}

static void tell_end(struct asking_pipe *pipe)
{
    struct asking *asking = pipe->asking;
    json_t *told =
        pipe->is_done ? json_loadb(buf_text(&pipe->answer), pipe->answer.len, 0, NULL) : NULL;
    if (!json_is_object(told)) {
        json_decref(told);
        told = json_pack("{s:s}", "problem", "the walk through the memory was killed");
    }
    asking_drop(asking);
    tell(asking, told, QUESTION_DONE);
}

/* What is left of the bytes after the head and the marks is the answer's. */
static void take(struct asking_pipe *pipe, const unsigned char *bytes, size_t len)
{
    unsigned percent = 0;
    while (len > 0 && !pipe->is_done) {
        unsigned char byte = *bytes++;
        len--;
        if (pipe->head_len < sizeof pipe->pid)
            memcpy((char *)&pipe->pid + pipe->head_len++, &byte, 1);
        else if (byte == QUESTION_DONE)
            pipe->is_done = true;
        else
            percent = byte;
    }
    if (buf_append(&pipe->answer, bytes, len) < 0)
        return; /* no worker of ours writes so much: it will be no JSON */
    if (percent > 0 && percent < QUESTION_DONE && !pipe->is_done)
        tell(pipe->asking, json_object(), (int)percent);
}

static void on_readable(uv_poll_t *handle, int status, int events)
{
    struct asking_pipe *pipe = handle->data;
    static unsigned char bytes[1 << 16];
    (void)status, (void)events;
    while (pipe->asking) {
        ssize_t len = read(pipe->fd, bytes, sizeof bytes);
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0 && errno == EAGAIN)
            return;
        if (len <= 0)
            tell_end(pipe);
        else
            take(pipe, bytes, (size_t)len);
    }
}

/* ---- asking ---- */

static int open_pipe(struct asking *asking, int fd)
{
    struct asking_pipe *pipe = mem_calloc(1, sizeof *pipe);
    *pipe = (struct asking_pipe){.asking = asking, .fd = fd};
    buf_init(&pipe->answer, ANSWER_MAX_BYTES);
    int status = uv_poll_init(asking->loop, &pipe->poll, fd);
    if (status) {
        free(pipe);
        return status;
    }
    pipe->poll.data = pipe;
    asking->pipe = pipe;
    uv_poll_start(&pipe->poll, UV_READABLE, on_readable); /* fails for a closed handle alone */
    return 0;
}

int asking_ask(struct asking *asking, const struct question *question)
{
    struct question sent = *question;
    int ends[2], status;
    asking_drop(asking);
    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    status = fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0 ? -errno : open_pipe(asking, ends[0]);
    if (status)
        close(ends[0]);
    sent.answer_fd = ends[1];
    if (!status)
        status = asking->send(asking->send_context, &sent);
    close(ends[1]);
    if (status)
        asking_drop(asking);
    return status;
}
