/*
 * The child is made by clone without a signal for its end, so that the program sees nothing of it:
 * no SIGCHLD, and no handler of pthread_atfork runs. It closes what it has inherited (a connection
 * that the program closes must not stay open for it), and is killed where the worker ends.
 *
 * Its answer lies in memory that both share; through the pipe come only marks of progress, one byte
 * each, and behind the last one, 100, nothing. Where the pipe ends before that the child was killed
 * or has failed, which is said.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/frame.h"
#include "worker/guard.h"
#include "worker/holders_parts.h"
#include "worker/link.h"
#include "worker/pools.h"

enum { ANSWER_BYTES = 2 << 20, THREADS = 1024, PIPE = 3 };

static struct {
    pid_t pid; /* 0: there is none */
    int pipe;
    uv_poll_t *poll; /* owned by the loop once it is closed; NULL: there is none */
    char *answer;    /* ANSWER_BYTES, shared with the child */
    unsigned percent;
} asked;

static struct holders_question questions[HOLDERS_QUESTIONS];
static struct holders_root threads[THREADS];

/* ---- the child ---- */

void holders_progress(unsigned percent)
{
    static unsigned told;
    unsigned char byte = (unsigned char)(percent > 99 ? 99 : percent);
    if (byte <= told)
        return;
    told = byte;
    if (write(PIPE, &byte, 1) < 0)
        _exit(1); /* nobody wants the answer any more */
}

static void leave_parent(int fd)
{
    const struct rlimit none = {0, 0};
    sigset_t mask;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setrlimit(RLIMIT_CORE, &none);
    dup2(fd, PIPE);
#ifdef SYS_close_range
    syscall(SYS_close_range, PIPE + 1, ~0u, 0);
#endif
    int score = open("/proc/self/oom_score_adj", O_WRONLY);
    ssize_t written = score >= 0 ? write(score, "1000", 4) : 0;
    (void)written; /* where it cannot be, it is as likely to be killed as the worker */
    sigfillset(&mask);
    sigdelset(&mask, SIGSEGV);
    sigdelset(&mask, SIGBUS);
    sigprocmask(SIG_SETMASK, &mask, NULL);
}

static void run_child(int fd)
{
    struct holders_text out = {.at = asked.answer, .size = ANSWER_BYTES};
    static const unsigned char done = 100;
    guard_enter();
    leave_parent(fd);
    holders_run();
    holders_tell(&out);
    _exit(write(PIPE, &done, 1) == 1 ? 0 : 1);
}

/* ---- the parent ---- */

static void on_closed(uv_handle_t *handle)
{
    bool was_inside = guard_enter();
    free(handle);
    guard_leave(was_inside);
}

static void forget_child(void)
{
    bool was_inside = guard_enter();
    if (asked.poll)
        uv_close((uv_handle_t *)asked.poll, on_closed);
    asked.poll = NULL;
    if (asked.pid) {
        kill(asked.pid, SIGKILL);
        while (waitpid(asked.pid, NULL, __WALL) < 0 && errno == EINTR)
            continue;
        close(asked.pipe);
        munmap(asked.answer, ANSWER_BYTES);
    }
    asked.pid = 0;
    guard_leave(was_inside);
}

/* `problem`: NULL where it goes on. */
static void say(unsigned percent, const char *problem)
{
    char text[160];
    int len = problem ? snprintf(text, sizeof text, "{\"percent\": %u, \"problem\": \"%s\"}",
                                 percent, problem)
                      : snprintf(text, sizeof text, "{\"percent\": %u}", percent);
    link_tell(FRAME_HOLDERS_TOLD, text, (size_t)len);
}

static void on_progress(uv_poll_t *handle, int status, int events)
{
    unsigned char bytes[64];
    ssize_t len = read(asked.pipe, bytes, sizeof bytes);
    (void)handle, (void)status, (void)events;
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (len > 0 && bytes[len - 1] != 100) {
        say(bytes[len - 1], NULL);
        return;
    }
    if (len > 0)
        link_tell(FRAME_HOLDERS_TOLD, asked.answer, strlen(asked.answer));
    else
        say(100, "the walk through the memory was killed");
    forget_child();
}

/* The body's lines; how many, 0 where it is none of a question. */
static size_t read_questions(const char *body, size_t len)
{
    uint32_t head[2];
    size_t count = 0;
    while (count < HOLDERS_QUESTIONS && len >= sizeof head) {
        memcpy(head, body, sizeof head);
        body += sizeof head;
        len -= sizeof head;
        if (head[1] > len)
            return 0;
        questions[count++] = (struct holders_question){body, head[1], head[0]};
        body += head[1];
        len -= head[1];
    }
    return count;
}

static void prepare(size_t count)
{
    PyInterpreterState *interpreter = PyInterpreterState_Main();
    PyThreadState *state = PyInterpreterState_ThreadHead(interpreter);
    size_t found = 0;
    for (; state && found < THREADS; state = PyThreadState_Next(state))
        threads[found++].state = state;
    holders_walk.questions = questions;
    holders_walk.question_count = count;
    holders_walk.threads = threads;
    holders_walk.thread_count = found;
    holders_walk.modules = PyImport_GetModuleDict();
    holders_walk.builtins = PyEval_GetBuiltins();
    holders_walk.expected = 2 * pools_count();
}

static bool fork_child(void)
{
    int ends[2];
    sigset_t all, before;
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0)
        return false;
    asked.answer =
        mmap(NULL, ANSWER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (asked.answer == MAP_FAILED) {
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = syscall(SYS_clone, 0, 0, 0, 0, 0);
    if (pid == 0)
        run_child(ends[1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        munmap(asked.answer, ANSWER_BYTES);
        return false;
    }
    asked.pid = (pid_t)pid;
    asked.pipe = ends[0];
    return true;
}

/* Hear of what the child writes; without memory for that it is not wanted. */
static void watch(uv_loop_t *loop)
{
    asked.poll = calloc(1, sizeof *asked.poll);
    if (asked.poll && uv_poll_init(loop, asked.poll, asked.pipe) == 0) {
        uv_poll_start(asked.poll, UV_READABLE, on_progress);
        return;
    }
    free(asked.poll);
    asked.poll = NULL;
    forget_child();
    say(100, "no memory to ask for that");
}

void holders_ask(uv_loop_t *loop, const char *body, size_t len)
{
    size_t count = read_questions(body, len);
    bool was_inside;
    forget_child();
    if (!count)
        return; /* what was asked is not wanted any more */
    prepare(count);
    was_inside = guard_enter();
    if (!fork_child())
        say(100, "no process for the walk through the memory");
    else
        watch(loop);
    guard_leave(was_inside);
}

void holders_close(void)
{
    forget_child();
}
