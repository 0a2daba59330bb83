/*
 * The host's part in stopping a worker (wire/control.h), by hand: for the tests of the worker's.
 *
 *   stopper WORKER ARGUMENTS...     starts it with --segment-fd and --control-fd before the others
 *
 * Reads commands, a line each, and writes a line for each stop, and for the end.
 *   break NUMBER LINE PATH [NAME=VALUE]... [if EXPRESSION]   hits, rss, heap, increment, live,
 *       objects
 *   start                           it begins; then wait for a stop
 *   run                             it begins; nothing is waited for
 *   wait                            for a stop
 *   interrupt | go | into | over | out | eval EXPRESSION     and wait for a stop
 *   eval-break EXPRESSION            the same, and it is broken off at once
 *   eval-leave EXPRESSION            the same, and nobody is there any more; wait for the end
 *   leave                           nobody is there any more; wait for the end
 * writes
 *   stop REASON BREAKPOINT LINE INVOCATION IS_LOOP WAITING IS_OFF BLOCKS PATH<TAB>ACCOUNT
 *   end STATUS
 */
#include "config.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/segment.h"

#define NO_BLOCKS -999999999LL

enum { LINE_BYTES = 8192, PATIENCE_MS = 30000, FD_TEXT = 16 };

static struct segment *segment;
static int event_fd, segment_fd;
static pid_t worker;
static uint32_t known; /* the serial of the latest stop that was written */
static uint32_t text_used;

static struct control_text keep(const char *text, size_t len)
{
    struct control_text kept = {text_used, (uint32_t)len};
    memcpy(segment->control.text + text_used, text, len);
    text_used += (uint32_t)len;
    return kept;
}

static void set_condition(struct control_breakpoint *breakpoint, const char *name, int64_t value)
{
    if (strcmp(name, "hits") == 0)
        breakpoint->hits = (uint32_t)value;
    else if (strcmp(name, "rss") == 0)
        breakpoint->rss_above_bytes = value;
    else if (strcmp(name, "heap") == 0)
        breakpoint->heap_above_bytes = value;
    else if (strcmp(name, "increment") == 0)
        breakpoint->increment_above_bytes = value;
    else if (strcmp(name, "live") == 0)
        breakpoint->live_above = value;
    else if (strcmp(name, "objects") == 0)
        breakpoint->objects_least = value;
}

static void add_breakpoint(char *words)
{
    struct control *control = &segment->control;
    struct control_breakpoint *breakpoint = &control->breakpoints[control->breakpoint_count];
    char *rest = strstr(words, " if ");
    atomic_fetch_add(&control->version, 1);
    *breakpoint = (struct control_breakpoint){0};
    if (rest) {
        *rest = '\0';
        breakpoint->expression = keep(rest + 4, strlen(rest + 4));
    }
    breakpoint->number = (uint32_t)atoi(strtok(words, " "));
    breakpoint->line = (uint32_t)atoi(strtok(NULL, " "));
    const char *path = strtok(NULL, " ");
    breakpoint->path = keep(path, strlen(path));
    for (char *word; (word = strtok(NULL, " "));) {
        char *value = strchr(word, '=');
        *value++ = '\0';
        set_condition(breakpoint, word, atoll(value));
    }
    control->breakpoint_count++;
    atomic_fetch_add(&control->version, 1);
    atomic_fetch_or(&control->armed, CONTROL_BREAKPOINTS);
}

static void start(char **arguments)
{
    char segment_option[] = "--segment-fd", control_option[] = "--control-fd";
    char segment_text[FD_TEXT], event_text[FD_TEXT], *words[64];
    size_t count = 0;
    snprintf(segment_text, sizeof segment_text, "%d", segment_fd);
    snprintf(event_text, sizeof event_text, "%d", event_fd);
    words[count++] = arguments[0];
    words[count++] = segment_option, words[count++] = segment_text;
    words[count++] = control_option, words[count++] = event_text;
    for (char **each = arguments + 1; *each && count < 63; each++)
        words[count++] = *each;
    words[count] = NULL;
    atomic_store(&segment->control.is_attended, 1);
    worker = fork();
    if (worker == 0) {
        dup2(STDERR_FILENO, STDOUT_FILENO);
        execv(words[0], words);
        _exit(127);
    }
}

static bool has_ended(int *status)
{
    return waitpid(worker, status, WNOHANG) == worker;
}

static void write_stop(void)
{
    const struct control_stop *stop = &segment->control.stop;
    const struct segment_site *site = &segment->sites[stop->site];
    const struct segment_file *file = &segment->files[site->file];
    known = atomic_load(&stop->serial);
    printf("stop %u %u %u %lld %u %u %u %lld %.*s\t%.*s\n", stop->reason, stop->breakpoint,
           site->line, (long long)stop->number, stop->is_loop, stop->waiting, stop->is_off,
           stop->has_blocks ? (long long)stop->blocks : NO_BLOCKS, (int)file->path_len,
           segment->strings + file->path_offset, (int)stop->account_len, stop->account);
    fflush(stdout);
}

static void write_end(int status)
{
    printf("end %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fflush(stdout);
    exit(0);
}

/* For a stop that was not written yet, or the end. */
static void wait_for_stop(void)
{
    const struct control_stop *stop = &segment->control.stop;
    struct pollfd event = {.fd = event_fd, .events = POLLIN};
    uint64_t count;
    int status;
    for (int waited_ms = 0; waited_ms < PATIENCE_MS; waited_ms += 10) {
        uint32_t serial = atomic_load(&stop->serial);
        if (serial % 2 == 1 && serial != known) {
            write_stop();
            return;
        }
        if (has_ended(&status))
            write_end(status);
        if (poll(&event, 1, 10) > 0 && read(event_fd, &count, sizeof count) < 0)
            perror("stopper");
    }
    printf("nothing has stopped\n");
    kill(worker, SIGKILL);
    exit(1);
}

static void order(enum control_move move, const char *expression)
{
    struct control_order *to = &segment->control.order;
    to->for_stop = atomic_load(&segment->control.stop.serial);
    to->move = move;
    to->expression_len = (uint32_t)strlen(expression);
    memcpy(to->expression, expression, to->expression_len);
    atomic_fetch_add(&to->serial, 1);
    control_wake(&to->serial);
}

static void order_and_wait(enum control_move move, const char *expression)
{
    order(move, expression);
    wait_for_stop();
}

static void break_off(void)
{
    struct control_order *to = &segment->control.order;
    atomic_store(&to->break_for, atomic_load(&segment->control.stop.serial));
    atomic_fetch_add(&to->break_off, 1);
    control_wake(&to->break_off);
}

static void leave(void)
{
    int status;
    atomic_store(&segment->control.is_attended, 0);
    atomic_store(&segment->control.armed, 0);
    control_wake(&segment->control.order.serial);
    waitpid(worker, &status, 0);
    write_end(status);
}

static void obey(char *line, char **arguments)
{
    static const struct {
        const char *name;
        enum control_move move;
    } moves[] = {
        {"go", CONTROL_GO}, {"into", CONTROL_INTO}, {"over", CONTROL_OVER}, {"out", CONTROL_OUT}};
    for (size_t i = 0; i < sizeof moves / sizeof moves[0]; i++)
        if (strcmp(line, moves[i].name) == 0)
            order_and_wait(moves[i].move, "");
    if (strncmp(line, "break ", 6) == 0)
        add_breakpoint(line + 6);
    else if (strncmp(line, "eval ", 5) == 0)
        order_and_wait(CONTROL_EVALUATE, line + 5);
    else if (strncmp(line, "eval-break ", 11) == 0) {
        order(CONTROL_EVALUATE, line + 11);
        break_off();
        wait_for_stop();
    } else if (strncmp(line, "eval-leave ", 11) == 0) {
        order(CONTROL_EVALUATE, line + 11);
        leave();
    } else if (strcmp(line, "run") == 0 || strcmp(line, "start") == 0)
        start(arguments);
    else if (strcmp(line, "interrupt") == 0)
        atomic_fetch_or(&segment->control.armed, CONTROL_INTERRUPT);
    else if (strcmp(line, "leave") == 0)
        leave();
    if (strcmp(line, "start") == 0 || strcmp(line, "interrupt") == 0 || strcmp(line, "wait") == 0)
        wait_for_stop();
}

int main(int argc, char **argv)
{
    static char line[LINE_BYTES];
    struct error error;
    event_fd = eventfd(0, EFD_NONBLOCK);
    segment = argc > 1 ? segment_create(&segment_fd, &error) : NULL;
    if (!segment || event_fd < 0)
        return 2;
    int inherited = dup(segment_fd); /* without CLOEXEC */
    segment_fd = inherited;
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        obey(line, argv + 1);
    }
    return 0;
}
