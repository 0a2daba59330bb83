/*
 * The child is made by clone with CLONE_PARENT: it is the host's, which waits for it, so that the
 * program sees nothing of it: no SIGCHLD, nothing that a wait() could find, and no handler of
 * pthread_atfork runs. It closes what it has inherited (a connection that the program closes must
 * not stay open for it), and is killed where the host ends; where the host does not want the answer
 * any more, the pipe that it goes to tells it.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/question.h"
#include "worker/guard.h"
#include "worker/holders_parts.h"
#include "worker/pools.h"

enum { ANSWER_BYTES = 2 << 20, THREADS = 1024, PIPE = 3 };

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

static void write_all(const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(PIPE, at, len);
        if (written < 0)
            _exit(1);
        at += written;
        len -= (size_t)written;
    }
}

static void run_child(int fd)
{
    static const unsigned char done = QUESTION_DONE;
    struct holders_room room = {NULL, 0};
    uint32_t pid = (uint32_t)syscall(SYS_getpid);
    guard_enter();
    leave_parent(fd);
    write_all(&pid, sizeof pid);
    if (!holders_grow(&room, ANSWER_BYTES))
        _exit(1);
    struct holders_text out = {.at = room.at, .size = ANSWER_BYTES};
    holders_run();
    holders_tell(&out);
    write_all(&done, 1);
    write_all(out.at, out.len);
    _exit(0);
}

/* ---- the parent ---- */

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

static bool fork_child(int fd)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = syscall(SYS_clone, (long)CLONE_PARENT, 0, 0, 0, 0);
    if (pid == 0)
        run_child(fd);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pid > 0;
}

static void refuse(int fd, const char *problem)
{
    static const char none[sizeof(uint32_t) + 1] = {0, 0, 0, 0, QUESTION_DONE};
    char text[160];
    int len = snprintf(text, sizeof text, "{\"problem\": \"%s\"}", problem);
    ssize_t written = write(fd, none, sizeof none);
    written = written == (ssize_t)sizeof none ? write(fd, text, (size_t)len) : 0;
    (void)written; /* who does not read it does not want it */
}

void holders_answer(const char *body, size_t len, int fd)
{
    size_t count = read_questions(body, len);
    if (!count) {
        refuse(fd, "the worker does not know such a question");
        return;
    }
    prepare(count);
    bool was_inside = guard_enter();
    if (!fork_child(fd))
        refuse(fd, "no process for the walk through the memory");
    guard_leave(was_inside);
}
