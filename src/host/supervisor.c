/*
 * Each worker process has an object of its own (struct worker), which lives until the loop has
 * closed its handles; the supervisor points to the one that runs. So the next worker can be spawned
 * while the last one's handles are still being closed, and nothing of the old one is mistaken for
 * the new one's.
 *
 * The worker is a session of its own: Ctrl-C at the terminal reaches pymemtop alone, and signals
 * can be sent to the worker together with the processes that the app started. A program that has
 * the host's streams is of the host's group instead.
 *
 * When the process is gone, its socket and pipes may still hold what it said last. They are read to
 * the end first, without waiting for their end: a process that the app started may hold them open.
 */
#include "config.h"
#include "host/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/attributes.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/link.h"
#include "host/number.h"
#include "host/orphans.h"
#include "host/text_pipe.h"

enum {
    BACKOFF_FIRST_MS = 250,
    BACKOFF_LAST_MS = 8000,
    STABLE_S = 60,
    TERMINATE_MS = 1000,  /* from SHUTDOWN to SIGTERM */
    KILL_MS = 1500,       /* from there to SIGKILL; the worker gives itself two seconds in all */
    GROUP_MS = 500,       /* for what a worker leaves behind */
    LINK_GRACE_MS = 2000, /* from the link's end to the process's */
};

/* Places of the descriptors in the worker. */
enum { FD_LINK = 3, FD_SEGMENT = 4, FD_CONTROL = 5, FD_QUESTION = 6, FD_COUNT = 7 };

struct worker {
    struct supervisor *supervisor;
    uv_process_t process;
    struct link link;
    struct text_pipe out;
    struct text_pipe err;
    uv_timer_t timer; /* steps of ending */
    uv_poll_t control;
    int control_fd;  /* an eventfd; -1 where `control` is not open */
    int question_fd; /* -1 where there is none */
    struct segment *segment;
    int statm_fd;   /* -1 where it could not be opened */
    bool has_link;  /* not where it runs a program */
    bool has_pipes; /* not where that has the host's streams */
    uint64_t started_ns;
    uint64_t ended_ns; /* of orphans_clock_ns */
    bool replaced;
    unsigned handles; /* open in the loop */
};

struct supervisor {
    uv_loop_t *loop;
    struct supervisor_setup setup;
    struct supervisor_events events;
    struct worker *worker; /* the one that runs, or NULL */
    uv_timer_t restart;
    uv_signal_t child_ended; /* for processes that were adopted */
    unsigned backoff_ms;
    unsigned users; /* workers whose handles are open, the restart timer, child_ended */
    bool closing;
    void (*closed)(void *context);
    void *closed_context;
};

static void on_restart(uv_timer_t *timer);

/* ---- letting go ---- */

static void release(struct supervisor *supervisor)
{
    if (--supervisor->users)
        return;
    supervisor->closed(supervisor->closed_context);
    free(supervisor);
}

static void release_worker(struct worker *worker)
{
    if (--worker->handles)
        return;
    struct supervisor *supervisor = worker->supervisor;
    if (worker->has_link)
        link_fini(&worker->link);
    if (worker->has_pipes) {
        text_pipe_fini(&worker->out);
        text_pipe_fini(&worker->err);
    }
    segment_unmap(worker->segment);
    if (worker->statm_fd >= 0)
        close(worker->statm_fd);
    if (worker->control_fd >= 0)
        close(worker->control_fd);
    if (worker->question_fd >= 0)
        close(worker->question_fd);
    free(worker);
    release(supervisor);
}

/* data of a pipe is its owner's; each close callback knows where it lies in the worker. */
#define CLOSED_CALLBACK(name, member)                                                              \
    static void name(uv_handle_t *handle)                                                          \
    {                                                                                              \
        char *start = (char *)handle - offsetof(struct worker, member);                            \
        release_worker((struct worker *)(void *)start);                                            \
    }
CLOSED_CALLBACK(on_process_closed, process)
CLOSED_CALLBACK(on_link_closed, link.pipe)
CLOSED_CALLBACK(on_out_closed, out.pipe)
CLOSED_CALLBACK(on_err_closed, err.pipe)
CLOSED_CALLBACK(on_timer_closed, timer)
CLOSED_CALLBACK(on_control_closed, control)

static void worker_close(struct worker *worker)
{
    uv_close((uv_handle_t *)&worker->process, on_process_closed);
    if (worker->has_link)
        uv_close((uv_handle_t *)&worker->link.pipe, on_link_closed);
    if (worker->has_pipes) {
        uv_close((uv_handle_t *)&worker->out.pipe, on_out_closed);
        uv_close((uv_handle_t *)&worker->err.pipe, on_err_closed);
    }
    if (worker->control_fd >= 0)
        uv_close((uv_handle_t *)&worker->control, on_control_closed);
    uv_close((uv_handle_t *)&worker->timer, on_timer_closed);
}

/* ---- what the worker says ---- */

static void on_frame(void *context, enum frame_type type, json_t *json, struct body *body)
{
    struct worker *worker = context;
    struct supervisor *supervisor = worker->supervisor;
    supervisor->events.frame(supervisor->events.context, type, json, body);
}

static void on_out(void *context, const char *line, size_t len)
{
    struct supervisor *supervisor = ((struct worker *)context)->supervisor;
    supervisor->events.text(supervisor->events.context, OUTPUT_STDOUT, line, len);
}

static void on_err(void *context, const char *line, size_t len)
{
    struct supervisor *supervisor = ((struct worker *)context)->supervisor;
    supervisor->events.text(supervisor->events.context, OUTPUT_STDERR, line, len);
}

/* What is written to an eventfd is a number, and reading it sets it back. */
static void on_control(uv_poll_t *handle, int status, int polled)
{
    const struct worker *worker = handle->data;
    const struct supervisor_events *events = &worker->supervisor->events;
    uint64_t times;
    (void)status, (void)polled;
    if (read(worker->control_fd, &times, sizeof times) == sizeof times && events->stopped &&
        worker->supervisor->worker == worker)
        events->stopped(events->context);
}

static const struct supervisor_program *program_of(const struct worker *worker)
{
    return worker->supervisor->setup.run;
}

/* The worker with everything that it has started: its process group, which outlives it. One of the
 * host's group is meant alone. */
static void signal_worker(const struct worker *worker, int signal)
{
    const struct supervisor_program *program = program_of(worker);
    if (worker->process.pid > 0)
        kill(program && program->inherits ? worker->process.pid : -worker->process.pid, signal);
}

/* The process lives on without its link, of no use any more. */
static void on_grace_over(uv_timer_t *timer)
{
    const struct worker *worker = timer->data;
    const struct supervisor_events *events = &worker->supervisor->events;
    events->notice(events->context, "the worker's connection is closed, as where a handler runs "
                                    "another program in its place (exec); it is killed");
    signal_worker(worker, SIGKILL);
}

static void on_link_ended(void *context, const char *reason)
{
    struct worker *worker = context;
    struct supervisor *supervisor = worker->supervisor;
    char text[256];
    if (!reason) { /* as a rule its exit follows at once */
        if (!supervisor->closing)
            uv_timer_start(&worker->timer, on_grace_over, LINK_GRACE_MS, 0);
        return;
    }
    snprintf(text, sizeof text, "the worker sent %s; it is killed", reason);
    supervisor->events.notice(supervisor->events.context, text);
    signal_worker(worker, SIGKILL);
}

/* ---- its end ---- */

/* When to start the next one, and longer the time after. */
static unsigned next_delay(struct supervisor *supervisor, const struct worker *worker)
{
    uint64_t lived_ns = clock_monotonic_ns() - worker->started_ns;
    if (supervisor->closing || supervisor->setup.once)
        return 0;
    if (lived_ns > STABLE_S * NS_PER_SECOND)
        supervisor->backoff_ms = BACKOFF_FIRST_MS;
    unsigned delay_ms = supervisor->backoff_ms;
    supervisor->backoff_ms = delay_ms * 2 > BACKOFF_LAST_MS ? BACKOFF_LAST_MS : delay_ms * 2;
    return delay_ms;
}

/* To the processes that the app started, when their worker is gone. */
static void signal_rest(const struct worker *worker, int signal)
{
    signal_worker(worker, signal);
    orphans_signal(supervisor_pid(worker->supervisor), worker->ended_ns, signal);
}

/* True while processes that the app started outlive their worker. */
static bool rest_is_left(const struct worker *worker)
{
    return (worker->process.pid > 0 && kill(-worker->process.pid, 0) == 0) ||
           orphans_signal(supervisor_pid(worker->supervisor), worker->ended_ns, 0);
}

static void on_group_grace_over(uv_timer_t *timer)
{
    struct worker *worker = timer->data;
    signal_rest(worker, SIGKILL);
    worker_close(worker);
}

static void hear_last_words(struct worker *worker)
{
    if (worker->has_link)
        link_finish(&worker->link);
    if (!worker->has_pipes)
        return;
    text_pipe_finish(&worker->out);
    text_pipe_finish(&worker->err);
}

static void on_exit_seen(uv_process_t *process, int64_t exit_status, int term_signal)
{
    struct worker *worker = process->data;
    struct supervisor *supervisor = worker->supervisor;
    struct supervisor_end end = {
        .signal = term_signal,
        .exit_status = term_signal ? 128 + term_signal : (int)exit_status,
        .replaced = worker->replaced && !supervisor->closing,
    };
    worker->ended_ns = orphans_clock_ns();
    if (!program_of(worker))
        signal_rest(worker, SIGTERM); /* what the app started goes with it */
    hear_last_words(worker);
    supervisor->worker = NULL;
    unsigned delay_ms = end.replaced ? 0 : next_delay(supervisor, worker);
    supervisor->events.died(supervisor->events.context, &end, delay_ms);
    if (!program_of(worker) && rest_is_left(worker))
        uv_timer_start(&worker->timer, on_group_grace_over, GROUP_MS, 0);
    else
        worker_close(worker);
    if (delay_ms || end.replaced)
        uv_timer_start(&supervisor->restart, on_restart, delay_ms, 0);
}

/* ---- spawning ---- */

/* The two ends of what connects host and worker; -1 where closed or handed over. */
struct channel_fds {
    int link[2];
    int out[2];
    int err[2];
    int segment;
    int control; /* of both; the host's is the worker's `control_fd` */
    int question[2];
};

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_worker_ends(struct channel_fds *fds)
{
    close_fd(&fds->link[1]);
    close_fd(&fds->out[1]);
    close_fd(&fds->err[1]);
    close_fd(&fds->segment);
    close_fd(&fds->question[1]);
}

static int open_streams(const struct worker *worker, struct channel_fds *fds)
{
    fds->control = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (fds->control < 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds->question) < 0)
        return -1;
    if (worker->has_link && socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds->link) < 0)
        return -1;
    if (worker->has_pipes && (pipe2(fds->out, O_CLOEXEC) < 0 || pipe2(fds->err, O_CLOEXEC) < 0))
        return -1;
    return 0;
}

static int open_channels(const struct worker *worker, struct channel_fds *fds,
                         struct segment **segment, struct error *error)
{
    *fds = (struct channel_fds){{-1, -1}, {-1, -1}, {-1, -1}, -1, -1, {-1, -1}};
    *segment = segment_create(&fds->segment, error);
    if (!*segment)
        return -1;
    if (open_streams(worker, fds) < 0) {
        error_set(error, EXIT_STATUS_SYSTEM, "cannot connect to a worker: %s", strerror(errno));
        close_worker_ends(fds);
        close_fd(&fds->control);
        close_fd(&fds->question[0]);
        close_fd(&fds->link[0]);
        close_fd(&fds->out[0]);
        close_fd(&fds->err[0]);
        segment_unmap(*segment);
        return -1;
    }
    return 0;
}

static void add_argument(char **arguments, size_t *count, const char *name, const char *value)
{
    arguments[(*count)++] = mem_strdup(name);
    if (value)
        arguments[(*count)++] = mem_strdup(value);
}

static void add_number(char **arguments, size_t *count, const char *name, int value)
{
    char number[16];
    snprintf(number, sizeof number, "%d", value);
    add_argument(arguments, count, name, number);
}

/* The last ones: what follows them is the program's. */
static void add_program(char **arguments, size_t *count, const struct supervisor_program *program)
{
    if (program->meter)
        add_argument(arguments, count, "--meter", program->meter);
    if (program->include_children)
        add_argument(arguments, count, "--include-children", NULL);
    for (const int *number = program->ignored; number && *number; number++)
        add_number(arguments, count, "--ignore-signal", *number);
    if (program->module)
        add_argument(arguments, count, "--run-module", program->module);
    else
        add_argument(arguments, count, "--run", program->script);
    add_argument(arguments, count, "--", NULL);
    for (char *const *each = program->arguments; *each; each++)
        add_argument(arguments, count, *each, NULL);
}

/* How many words there may be, without those of a program's arguments. */
enum { ARGUMENTS_MAX = 48 };

static char **make_arguments(const struct supervisor_setup *setup)
{
    size_t count = 0, words = 0;
    const struct supervisor_program *program = setup->run;
    while (program && program->arguments[words])
        words++;
    char **arguments =
        mem_calloc(ARGUMENTS_MAX + words + 2 * (setup->include_count + setup->exclude_count),
                   sizeof *arguments);
    add_argument(arguments, &count, setup->program, NULL);
    if (!program) {
        add_number(arguments, &count, "--link-fd", FD_LINK);
        add_argument(arguments, &count, "--app-root", setup->app_root);
    }
    add_number(arguments, &count, "--segment-fd", FD_SEGMENT);
    add_number(arguments, &count, "--control-fd", FD_CONTROL);
    add_number(arguments, &count, "--question-fd", FD_QUESTION);
    if (setup->executable)
        add_argument(arguments, &count, "--executable", setup->executable);
    for (size_t i = 0; i < setup->include_count; i++)
        add_argument(arguments, &count, "--include", setup->include[i]);
    for (size_t i = 0; i < setup->exclude_count; i++)
        add_argument(arguments, &count, "--exclude", setup->exclude[i]);
    if (!setup->heap)
        add_argument(arguments, &count, "--heap", "off");
    if (setup->log_reports)
        add_argument(arguments, &count, "--log-reports", NULL);
    if (setup->real_memory_profiler)
        add_argument(arguments, &count, "--real-memory-profiler", NULL);
    if (setup->verify_rss)
        add_argument(arguments, &count, "--verify-rss", NULL);
    if (program)
        add_program(arguments, &count, program);
    return arguments;
}

static void free_arguments(char **arguments)
{
    for (char **each = arguments; *each; each++)
        free(*each);
    free(arguments);
}

static void set_up_stdio(const struct worker *worker, const struct channel_fds *fds,
                         uv_stdio_container_t stdio[FD_COUNT])
{
    const int own[] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO};
    const int ends[] = {-1,           fds->out[1],  fds->err[1],     fds->link[1],
                        fds->segment, fds->control, fds->question[1]};
    for (int i = 0; i < FD_COUNT; i++) {
        bool is_own = i <= STDERR_FILENO && !worker->has_pipes;
        stdio[i].data.fd = is_own ? own[i] : ends[i];
        stdio[i].flags = stdio[i].data.fd >= 0 ? UV_INHERIT_FD : UV_IGNORE;
    }
}

static int spawn_process(struct worker *worker, const struct channel_fds *fds)
{
    const struct supervisor_setup *setup = &worker->supervisor->setup;
    uv_stdio_container_t stdio[FD_COUNT];
    set_up_stdio(worker, fds, stdio);
    char **arguments = make_arguments(setup);
    char **environment = mem_calloc(1, sizeof *environment);
    size_t count = 0;
    for (char *const *each = setup->environment; *each; each++) {
        environment = mem_resize(environment, count + 2, sizeof *environment);
        environment[count++] = *each;
        environment[count] = NULL;
    }
    uv_process_options_t options = {
        .exit_cb = on_exit_seen,
        .file = setup->program,
        .args = arguments,
        .env = environment,
        .cwd = setup->run ? NULL : setup->app_root,
        .flags = worker->has_pipes ? UV_PROCESS_DETACHED : 0,
        .stdio_count = FD_COUNT,
        .stdio = stdio,
    };
    int result = uv_spawn(worker->supervisor->loop, &worker->process, &options);
    free(environment);
    free_arguments(arguments);
    return result;
}

static int open_statm(int pid)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/%d/statm", pid);
    return open(path, O_RDONLY | O_CLOEXEC);
}

/* Hand the host's ends to the loop. A descriptor that cannot be read shows as a worker that says
 * nothing, which LINK_GRACE_MS ends. */
static void listen_to(struct worker *worker, struct channel_fds *fds)
{
    uv_loop_t *loop = worker->supervisor->loop;
    worker->link.bodies = worker->supervisor->setup.bodies;
    worker->link.heard = on_frame;
    worker->link.ended = on_link_ended;
    worker->link.context = worker;
    if (worker->has_link && link_open(&worker->link, loop, fds->link[0]))
        on_link_ended(worker, "no link");
    if (!worker->has_pipes)
        return;
    if (text_pipe_open(&worker->out, loop, fds->out[0], on_out, worker) ||
        text_pipe_open(&worker->err, loop, fds->err[0], on_err, worker))
        on_link_ended(worker, "no output");
}

/* Where it cannot be polled, stops are still heard from time to time. */
static void listen_to_control(struct worker *worker, int fd)
{
    if (uv_poll_init(worker->supervisor->loop, &worker->control, fd)) {
        close(fd);
        return;
    }
    worker->control.data = worker;
    worker->control_fd = fd;
    worker->handles++;
    uv_poll_start(&worker->control, UV_READABLE, on_control);
}

static int spawn(struct supervisor *supervisor, struct error *error)
{
    struct worker *worker = mem_calloc(1, sizeof *worker);
    struct channel_fds fds;
    const struct supervisor_program *program = supervisor->setup.run;
    worker->supervisor = supervisor;
    worker->statm_fd = worker->control_fd = -1;
    worker->question_fd = -1;
    worker->has_link = !program;
    worker->has_pipes = !program || !program->inherits;
    if (open_channels(worker, &fds, &worker->segment, error)) {
        free(worker);
        return -1;
    }
    worker->question_fd = fds.question[0];
    if (program && program->meter)
        segment_populate(worker->segment);
    supervisor->users++;
    worker->handles = 2u + worker->has_link + 2u * worker->has_pipes;
    worker->started_ns = clock_monotonic_ns();
    uv_timer_init(supervisor->loop, &worker->timer);
    worker->timer.data = worker;
    int result = spawn_process(worker, &fds);
    worker->process.data = worker;
    close_worker_ends(&fds);
    listen_to(worker, &fds);
    listen_to_control(worker, fds.control);
    if (result) {
        error_set(error, EXIT_STATUS_SYSTEM, "cannot run the worker %s: %s",
                  supervisor->setup.program, uv_strerror(result));
        worker_close(worker);
        return -1;
    }
    worker->statm_fd = open_statm(worker->process.pid);
    supervisor->worker = worker;
    supervisor->events.started(supervisor->events.context, worker->segment);
    return 0;
}

static void on_restart(uv_timer_t *timer)
{
    struct supervisor *supervisor = timer->data;
    struct error error;
    if (supervisor->worker || !spawn(supervisor, &error))
        return;
    supervisor->events.notice(supervisor->events.context, error.text);
    uv_timer_start(&supervisor->restart, on_restart, BACKOFF_LAST_MS, 0);
}

static void on_child_ended(uv_signal_t *handle, int number ATTR_UNUSED)
{
    orphans_signal(supervisor_pid(handle->data), UINT64_MAX, 0);
}

struct supervisor *supervisor_new(uv_loop_t *loop, const struct supervisor_setup *setup,
                                  const struct supervisor_events *events)
{
    struct supervisor *supervisor = mem_calloc(1, sizeof *supervisor);
    supervisor->loop = loop;
    supervisor->setup = *setup;
    supervisor->events = *events;
    supervisor->backoff_ms = BACKOFF_FIRST_MS;
    supervisor->users = 2;
    uv_timer_init(loop, &supervisor->restart);
    supervisor->restart.data = supervisor;
    uv_signal_init(loop, &supervisor->child_ended);
    supervisor->child_ended.data = supervisor;
    if (!setup->run) {
        uv_signal_start(&supervisor->child_ended, on_child_ended, SIGCHLD);
        orphans_adopt();
    }
    return supervisor;
}

int supervisor_start(struct supervisor *supervisor, struct error *error)
{
    return spawn(supervisor, error);
}

/* ---- use ---- */

int supervisor_send(struct supervisor *supervisor, enum frame_type type, const json_t *json,
                    struct body *body)
{
    if (!supervisor->worker || !supervisor->worker->has_link)
        return -ENOTCONN;
    return link_send(&supervisor->worker->link, type, json, body);
}

int supervisor_ask(struct supervisor *supervisor, const struct question *question)
{
    const struct worker *worker = supervisor->worker;
    int status = worker ? question_send(worker->question_fd, question) : -ENOTCONN;
    if (status)
        return status;
    struct control *control = &worker->segment->control;
    atomic_fetch_or(&control->armed, CONTROL_QUESTION);
    control_wake(&control->order.serial); /* who is stopped waits for orders */
    return 0;
}

void supervisor_signal(struct supervisor *supervisor, int signal)
{
    if (supervisor->worker)
        signal_worker(supervisor->worker, signal);
}

void supervisor_kill(struct supervisor *supervisor)
{
    if (supervisor->worker)
        signal_worker(supervisor->worker, SIGKILL);
}

void supervisor_catch_up(struct supervisor *supervisor, bool cut)
{
    if (!supervisor->worker || !supervisor->worker->has_pipes)
        return;
    text_pipe_catch_up(&supervisor->worker->out);
    text_pipe_catch_up(&supervisor->worker->err);
    if (!cut)
        return;
    text_pipe_cut(&supervisor->worker->out);
    text_pipe_cut(&supervisor->worker->err);
}

int supervisor_pid(const struct supervisor *supervisor)
{
    return supervisor->worker ? supervisor->worker->process.pid : 0;
}

int64_t supervisor_rss_bytes(const struct supervisor *supervisor)
{
    static long page_bytes;
    char text[128];
    unsigned long long pages;
    if (!supervisor->worker || supervisor->worker->statm_fd < 0)
        return 0;
    if (!page_bytes)
        page_bytes = sysconf(_SC_PAGESIZE);
    ssize_t len = pread(supervisor->worker->statm_fd, text, sizeof text - 1, 0);
    if (len <= 0)
        return 0;
    text[len] = '\0';
    const char *resident = strchr(text, ' '); /* "size resident shared ..." in pages */
    if (!resident || !number_read(resident + 1, INT64_MAX / (uint64_t)page_bytes, &pages))
        return 0;
    return (int64_t)pages * page_bytes;
}

/* ---- ending ---- */

static void on_step_kill(uv_timer_t *timer)
{
    signal_worker(timer->data, SIGKILL);
}

static void on_step_terminate(uv_timer_t *timer)
{
    signal_worker(timer->data, SIGTERM);
    uv_timer_start(timer, on_step_kill, KILL_MS, 0);
}

/* Ask the worker to end, and see to it that it does. */
static void end_worker(struct worker *worker)
{
    if (worker->has_link) {
        json_t *nothing = json_object();
        link_send(&worker->link, FRAME_SHUTDOWN, nothing, NULL);
        json_decref(nothing);
    } else {
        signal_worker(worker, SIGINT);
    }
    uv_timer_start(&worker->timer, on_step_terminate, TERMINATE_MS, 0);
}

void supervisor_replace(struct supervisor *supervisor, const struct supervisor_setup *setup)
{
    supervisor->setup = *setup;
    supervisor->backoff_ms = BACKOFF_FIRST_MS;
    if (!supervisor->worker) {
        uv_timer_start(&supervisor->restart, on_restart, 0, 0);
    } else if (!supervisor->worker->replaced) {
        supervisor->worker->replaced = true;
        end_worker(supervisor->worker);
    }
}

static void on_own_closed(uv_handle_t *handle)
{
    release(handle->data);
}

void supervisor_close(struct supervisor *supervisor, void (*closed)(void *context), void *context)
{
    supervisor->closing = true;
    supervisor->closed = closed;
    supervisor->closed_context = context;
    if (supervisor->worker)
        end_worker(supervisor->worker);
    uv_close((uv_handle_t *)&supervisor->restart, on_own_closed);
    uv_close((uv_handle_t *)&supervisor->child_ended, on_own_closed);
}
