/*
 * The child that walks. It has been made while any thread of the program could be anywhere, with
 * any lock of the C library's taken, so it calls none of its functions that take one: no malloc, no
 * stream, nothing of the interpreter that allocates; what is called is said in holders_child() and
 * below, and vsnprintf with formats that need no memory (no wide characters, no positions, no long
 * double).
 *
 * Memory that cannot be read is left by a jump, and so is code of the program's (tp_traverse) that
 * aborts, or that gets nowhere for some seconds.
 */
#include "config.h"
#include <Python.h>

#include "worker/holders_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <setjmp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "wire/question.h"
#include "worker/guard.h"
#include "worker/holders_census.h"

enum {
    PIPE = 0,
    ALARM_S = 2,
    STUCK_ALARMS = 5,
    STACK_BYTES = 64 << 10,
    NAMES_BYTES = 4096,
    ANSWER_BYTES = 8 << 20
};

sigjmp_buf *holders_way_out;

static uint64_t end_ns;

/* ---- faults ---- */

static void on_fault(int number)
{
    if (!holders_way_out)
        _exit(1);
    siglongjmp(*holders_way_out, number);
}

/* What is broken so often in a row is looked at again and again. */
enum { FAULTS_IN_ROW = 100 * 1000 };

/* An object that takes ten seconds by itself never ends: a list of a hundred million takes one. */
static void on_alarm(int number)
{
    static uint64_t done;
    static unsigned stuck;
    uint64_t now = holders_walk.done + holders_walk.count + holders_walk.steps;
    stuck = now == done && holders_way_out ? stuck + 1 : 0;
    done = now;
    unsigned enough = holders_is_over() ? 1 : STUCK_ALARMS;
    if (stuck < enough)
        return;
    stuck = 0;
    on_fault(number);
}

static void catch_faults(void)
{
    static char stack[STACK_BYTES];
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS};
    const stack_t other = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct itimerval every = {{ALARM_S, 0}, {ALARM_S, 0}};
    struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_NODEFER | SA_ONSTACK};
    sigset_t mask;
    sigaltstack(&other, NULL);
    sigfillset(&mask);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        sigaction(faults[i], &action, NULL);
        sigdelset(&mask, faults[i]);
    }
    action.sa_handler = on_alarm;
    action.sa_flags |= SA_RESTART;
    sigaction(SIGALRM, &action, NULL);
    sigdelset(&mask, SIGALRM);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    setitimer(ITIMER_REAL, &every, NULL);
}

void holders_each(bool (*step)(void))
{
    sigjmp_buf here;
    static unsigned in_row;
    in_row = 0;
    holders_way_out = &here;
    if (sigsetjmp(here, 0)) {
        holders_walk.faults++;
        in_row++;
        if (holders_is_over()) { /* there may be many that never end */
            holders_walk.is_late = true;
            in_row = FAULTS_IN_ROW;
        }
    }
    while (in_row < FAULTS_IN_ROW && step()) {
        holders_walk.steps++;
        in_row = 0;
    }
    holders_way_out = NULL;
}

/* ---- time ---- */

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool holders_is_over(void)
{
    return now_ns() >= end_ns;
}

/* ---- the pipe ---- */

static void write_all(const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t written = write(PIPE, at, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            _exit(1); /* nobody wants the answer any more */
        at += written;
        len -= (size_t)written;
    }
}

static unsigned told;

void holders_progress(unsigned percent)
{
    unsigned char byte = (unsigned char)(percent > 99 ? 99 : percent);
    if (byte <= told)
        return;
    told = byte;
    write_all(&byte, 1);
}

void holders_progress_after(size_t question, uint64_t done, uint64_t all)
{
    static unsigned from;
    uint64_t parts = holders_walk.question_count * 1000;
    uint64_t part = question * 1000 + (done < all ? done : all) * 1000 / (all + 1);
    from = from ? from : told + 1;
    if (from < 97)
        holders_progress(from + (unsigned)((97 - from) * part / parts));
}

/* ---- leaving the parent ---- */

/* As the directory of open files is read by a system call of its own: opendir takes memory. */
static bool close_listed(void)
{
    static union {
        struct dirent64 first;
        char bytes[NAMES_BYTES];
    } names;
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    long len;
    if (folder < 0)
        return false;
    while ((len = syscall(SYS_getdents64, folder, &names, sizeof names)) > 0) {
        for (long at = 0; at < len;) {
            const struct dirent64 *entry = (const void *)(names.bytes + at);
            int fd = 0;
            for (const char *c = entry->d_name; *c >= '0' && *c <= '9'; c++)
                fd = 10 * fd + (*c - '0');
            if (fd > PIPE && fd != folder)
                close(fd);
            at += entry->d_reclen;
        }
    }
    close(folder);
    return len == 0;
}

/* A connection that the program closes must not stay open for this. */
static void close_files(void)
{
    struct rlimit limit;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, PIPE + 1, ~0u, 0) == 0)
        return;
#endif
    if (close_listed())
        return;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > 1 << 20)
        limit.rlim_cur = 1 << 20;
    for (int fd = PIPE + 1; fd < (int)limit.rlim_cur; fd++)
        close(fd);
}

static void leave_parent(int fd, pid_t parent)
{
    const struct rlimit none = {0, 0};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1); /* the host has ended before that */
    setrlimit(RLIMIT_CORE, &none);
    dup2(fd, PIPE);
    close_files();
    int score = open("/proc/self/oom_score_adj", O_WRONLY);
    ssize_t written = score >= 0 ? write(score, "1000", 4) : 0;
    (void)written; /* where it cannot be, it is as likely to be killed as the worker */
    if (score >= 0)
        close(score);
}

/* ---- the answer ---- */

void holders_child(int fd, pid_t parent)
{
    static const unsigned char done = QUESTION_DONE;
    static const char no_memory[] = "{\"problem\": \"no memory for the answer\"}";
    struct holders_room room = {NULL, 0};
    uint32_t pid = (uint32_t)syscall(SYS_getpid);
    guard_enter();
    end_ns = now_ns() + holders_walk.budget_ns;
    leave_parent(fd, parent);
    write_all(&pid, sizeof pid);
    catch_faults();
    if (!holders_grow(&room, ANSWER_BYTES)) {
        write_all(&done, 1);
        write_all(no_memory, sizeof no_memory - 1);
        _exit(0);
    }
    struct holders_text out = {.at = room.at, .size = ANSWER_BYTES};
    if (holders_walk.is_census) {
        holders_census(&out);
    } else {
        holders_run();
        holders_tell(&out);
    }
    write_all(&done, 1);
    write_all(out.at, out.len);
    close(PIPE); /* the end of all this memory takes a while, and nobody is to wait for it */
    _exit(0);
}
