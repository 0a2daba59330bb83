/*
 * The child is made by clone with CLONE_PARENT: it is the host's, which waits for it, so that the
 * program sees nothing of it: no SIGCHLD, nothing that a wait() could find, and no handler of
 * pthread_atfork runs. It is killed where the host ends; where the host does not want the answer
 * any more, the pipe that it goes to tells it.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders.h"

#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "wire/question.h"
#include "worker/guard.h"
#include "worker/holders_census.h"
#include "worker/holders_parts.h"
#include "worker/publish.h"

enum { THREADS = 1024 };

static struct holders_question questions[HOLDERS_QUESTIONS];
static struct holders_root threads[THREADS];

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

static void prepare(size_t count, unsigned budget_ms)
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
    holders_walk.is_short = state != NULL;      /* what further threads hold is not found */
    for (size_t i = 0; i < SEGMENT_KEPT; i++) { /* they go on changing */
        uint64_t number = PUBLISH_LOAD(publish_shared.segment->kept_columns[i].number);
        holders_walk.numbers[i] = i < KEPT_FIRST || number == INVOCATION_OUTSIDE ? 0 : number;
    }
    holders_walk.budget_ns = (uint64_t)budget_ms * 1000 * 1000;
}

static bool fork_child(int fd)
{
    sigset_t all, before;
    pid_t parent = getppid();
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    long pid = syscall(SYS_clone, (long)CLONE_PARENT, 0, 0, 0, 0);
    if (pid == 0)
        holders_child(fd, parent);
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

/* Nobody reads the answer any more. */
static bool is_dropped(int fd)
{
    struct pollfd end = {.fd = fd};
    return poll(&end, 1, 0) > 0 && end.revents & POLLERR;
}

void holders_answer(const struct question *question)
{
    bool is_census = question->kind == QUESTION_CENSUS;
    size_t count = is_census ? 0 : read_questions(question->body, question->len);
    if (!count && !is_census) {
        refuse(question->answer_fd, "the worker does not know such a question");
        return;
    }
    if (is_dropped(question->answer_fd))
        return;
    prepare(count, question->budget_ms);
    holders_walk.is_census = is_census;
    if (is_census)
        holders_census_prepare();
    bool was_inside = guard_enter();
    if (!fork_child(question->answer_fd))
        refuse(question->answer_fd, "no process for the walk through the memory");
    guard_leave(was_inside);
}
