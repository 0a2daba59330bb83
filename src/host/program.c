/*
 * What host.c is to an app, this is to a program, of which there is less to say: it begins, its
 * tables are drained 30 times a second, and it ends. The worker may die in any way; the tables are
 * in shared memory and outlive it, so that what was measured until then is there.
 */
#include "config.h"
#include "host/program.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/process.h"
#include "host/drain.h"
#include "host/environment.h"
#include "host/inquirer.h"
#include "host/package_scan.h"
#include "host/path.h"
#include "host/stepper.h"
#include "host/supervisor.h"
#include "host/workers.h"
#include "wire/segment.h"

#define FUNCTION   "__main__"
#define UNBUFFERED "PYTHONUNBUFFERED=1"

enum { TICK_MS = 33, NUMBER = 1, COMMAND_MAX_BYTES = 4096 };

struct program {
    struct program_setup setup;
    struct model *model;
    struct drain *drain;
    struct stepper *stepper;
    struct inquirer inquirer;
    struct environment environment;
    char *worker_program; /* owned */
    char **variables;     /* owned array of borrowed strings; its environment */
    struct supervisor_program run;
    struct supervisor *supervisor;
    uv_timer_t tick;
    unsigned open; /* of `tick` and `supervisor` */
    bool is_closing;
    bool is_over;
    int status;
};

/* ---- what it is called ---- */

/* The script's absolute path without links, what Python calls it where it has none, or NULL. The
 * caller frees it. */
static char *script_path(const struct run_options *options)
{
    if (run_options_have_input(options))
        return mem_strdup(SEGMENT_INPUT_PATH);
    return options->script ? realpath(options->script, NULL) : NULL;
}

/* The folder that is profiled, as the worker finds it, too: the script's, which is the script
 * itself where that is a folder; for a module, for standard input, and for a script that is not
 * there, the current one. */
static char *find_root(const struct run_options *options)
{
    char *script = run_options_have_input(options) ? NULL : script_path(options);
    if (!script)
        return realpath(".", NULL);
    if (path_is_directory(script))
        return script;
    char *root = path_parent(script);
    free(script);
    return root;
}

/* "work.py a b" */
static char *command_text(const struct run_options *options)
{
    struct buf text;
    buf_init(&text, COMMAND_MAX_BYTES);
    buf_printf(&text, "%s%s", options->module ? "-m " : "",
               options->module ? options->module : options->script);
    for (char *const *each = options->arguments; *each; each++)
        buf_printf(&text, " %s", *each);
    char *result = mem_strdup(buf_text(&text));
    buf_fini(&text);
    return result;
}

static const char *meter_name(const struct run_options *options)
{
    static const char *const names[] = {NULL, "PSS", "USS", "Python", "heap"};
    static const char *const with_children[] = {"RSS+children", "PSS+children", "USS+children"};
    return options->include_children ? with_children[options->backend] : names[options->backend];
}

static void describe(struct program *program)
{
    const struct run_options *options = program->setup.options;
    struct model *model = program->model;
    char *script = script_path(options), *command = command_text(options);
    model->is_program = true;
    model->meter = meter_name(options);
    model->worker = WORKER_READY;
    model_set_text(&model->python, workers_version(program->worker_program));
    model_add_function(model, FUNCTION, "program", script ? script : "")->line = 1;
    struct invocation *invocation =
        invocations_add(&model->invocations, NUMBER, "", FUNCTION, command);
    invocation->start_ns = clock_monotonic_ns();
    invocation->start_realtime_ns = clock_realtime_ns();
    free(command);
    free(script);
}

/* The report calls the script what the command line did. */
static void name_script(struct program *program)
{
    const struct run_options *options = program->setup.options;
    char *script = script_path(options);
    long file = script ? model_find_file(program->model, script) : -1;
    if (file >= 0 && !run_options_have_input(options))
        model_set_text(&program->model->files[file]->given, options->script);
    free(script);
}

/* ---- while it runs ---- */

static enum process_memory memory_kind(enum run_backend backend)
{
    return backend == BACKEND_PSS   ? PROCESS_PSS
           : backend == BACKEND_USS ? PROCESS_USS
                                    : PROCESS_RSS;
}

/* What the worker's meter shows now; 0 where that is not known. */
static int64_t read_memory(const struct program *program)
{
    const struct run_options *options = program->setup.options;
    const struct model *model = program->model;
    enum process_memory kind = memory_kind(options->backend);
    int pid = supervisor_pid(program->supervisor);
    if (options->backend == BACKEND_PYTHON)
        return model->heap.python_bytes;
    if (options->backend == BACKEND_HEAP)
        return heap_live_bytes(&model->heap);
    int64_t bytes = process_memory_bytes(pid, kind) - model->own_bytes;
    if (bytes > 0 && options->include_children)
        bytes += process_descendants_bytes(pid, kind);
    return bytes;
}

/* Bring what the worker has written into the model. Before the program begins, its own share is not
 * known yet. */
static void update(struct program *program)
{
    uint64_t now_ns = clock_monotonic_ns();
    drain_run(program->drain, now_ns);
    if (program->model->baseline_bytes == 0)
        return;
    int64_t bytes = read_memory(program);
    if (bytes > 0)
        model_set_rss(program->model, now_ns, bytes);
}

static void on_tick(uv_timer_t *timer)
{
    struct program *program = timer->data;
    if (program->is_over)
        return;
    update(program);
    stepper_tick(program->stepper, clock_monotonic_ns());
    inquirer_tick(&program->inquirer, clock_monotonic_ns());
}

static void refresh(void *context)
{
    update(context);
}

static void on_stop_changed(void *context)
{
    (void)context; /* the model says it, and a program has as much time as it wants */
}

static void on_stopped(void *context)
{
    struct program *program = context;
    stepper_hear(program->stepper);
}

/* "__main__.f" for the script, "helper.f" for what it imports: what mprof calls them. */
static void on_call(void *context, const char *name, const struct file *file,
                    const struct series_span *span)
{
    const struct program *program = context;
    const char *script = program->model->functions[0].script;
    const char *slash = strrchr(file->path, '/');
    const char *base = slash ? slash + 1 : file->path;
    const char *end = strrchr(base, '.');
    bool is_script = strcmp(file->path, script) == 0;
    char *full =
        mem_printf("%.*s.%s", is_script ? (int)strlen(FUNCTION) : (int)(end ? end - base : 0),
                   is_script ? FUNCTION : base, name);
    if (program->setup.called)
        program->setup.called(program->setup.context, full, span);
    free(full);
}

static void on_started(void *context, struct segment *segment)
{
    struct program *program = context;
    drain_attach(program->drain, segment);
    stepper_attach(program->stepper, segment);
    program->model->worker_pid = supervisor_pid(program->supervisor);
    program->model->worker_starts++;
    model_touch(program->model);
}

static void on_frame(void *context, enum frame_type type, json_t *json, struct body *body)
{
    (void)context, (void)type, (void)json, (void)body; /* a program has no link */
}

static void on_text(void *context, enum output_source source, const char *line, size_t len)
{
    struct program *program = context;
    enum output_level level = source == OUTPUT_STDERR ? LEVEL_WARNING : LEVEL_INFO;
    output_add(&program->model->output, clock_realtime_ns(), source, level, NUMBER, line, len);
    model_touch(program->model);
}

static void on_notice(void *context, const char *text)
{
    on_text(context, OUTPUT_HOST, text, strlen(text));
}

/* ---- its end ---- */

/* "/usr/bin/python3: No module named x" without the interpreter's name. */
static const char *skip_interpreter(const char *line)
{
    const char *space = line[0] == '/' ? strchr(line, ' ') : NULL;
    return space && space[-1] == ':' ? space + 1 : line;
}

/* What it said last on standard error, as far as that is known here: where it has ended by an
 * exception, that one. NULL without. */
static const char *last_words(const struct program *program)
{
    const struct output *output = &program->model->output;
    for (size_t i = output->count; i > 0; i--) {
        const struct output_line *line = output_at(output, i - 1);
        if (line->source == OUTPUT_STDERR && line->text[strspn(line->text, " \t")])
            return skip_interpreter(line->text);
    }
    return NULL;
}

/* "killed by SIGSEGV (exit code 139) at work.py:7" */
static char *describe_end(const struct program *program, const struct supervisor_end *end,
                          const char *place)
{
    const char *words = end->exit_status ? last_words(program) : NULL;
    const char *name = end->signal ? sigabbrev_np(end->signal) : NULL;
    const char *at = *place ? " at " : "";
    if (!end->signal)
        return mem_printf("the program has ended with exit code %d%s%s", end->exit_status,
                          words ? ": " : "", words ? words : "");
    return mem_printf("the program was killed by SIG%s (exit code %d)%s%s", name ? name : "NAL",
                      end->exit_status, at, place);
}

static void end_invocation(struct program *program, const struct supervisor_end *end,
                           const char *words, uint64_t now_ns)
{
    struct invocations *set = &program->model->invocations;
    struct invocation *invocation = invocations_find(set, NUMBER);
    enum outcome outcome = end->signal        ? OUTCOME_KILLED
                           : end->exit_status ? OUTCOME_FAILED
                                              : OUTCOME_SUCCEEDED;
    invocations_end(set, invocation, outcome, end->exit_status, now_ns,
                    outcome == OUTCOME_SUCCEEDED ? NULL : words);
}

static void on_died(void *context, const struct supervisor_end *end, unsigned delay_ms)
{
    struct program *program = context;
    struct model *model = program->model;
    uint64_t now_ns = clock_monotonic_ns();
    char place[512] = "";
    (void)delay_ms;
    drain_run(program->drain, now_ns);
    if (!drain_last_line(program->drain, place, sizeof place))
        place[0] = '\0';
    char *words = describe_end(program, end, place);
    stepper_detach(program->stepper);
    inquiry_worker_gone(&program->inquirer.inquiry, "the program has ended", now_ns);
    drain_detach(program->drain, now_ns);
    end_invocation(program, end, words, now_ns);
    name_script(program);
    model->worker = WORKER_ENDED;
    model->worker_pid = 0;
    model->rss_bytes = 0;
    model->exit_status = program->status = end->exit_status;
    if (end->exit_status) {
        model_set_text(&model->worker_end, words);
        model->worker_deaths++;
    }
    on_notice(program, words);
    free(words);
    program->is_over = true;
    uv_timer_stop(&program->tick);
    program->setup.ended(program->setup.context);
}

/* ---- begin ---- */

/* Of a pipe that is not written before it is full there would be nothing to show. */
static char **make_variables(bool unbuffered)
{
    size_t count = 0;
    while (environ[count])
        count++;
    char **variables = mem_calloc(count + 2, sizeof *variables);
    memcpy(variables, environ, count * sizeof *variables);
    if (unbuffered)
        variables[count] = (char *)(uintptr_t)UNBUFFERED;
    return variables;
}

static int start(struct program *program, struct error *error)
{
    const struct run_options *options = program->setup.options;
    const struct options *common = &options->common;
    program->run = (struct supervisor_program){
        .script = options->script,
        .module = options->module,
        .arguments = options->arguments,
        .inherits = program->setup.inherits,
        .meter = options->backend == BACKEND_RSS ? NULL : options->backend_name,
        .include_children = options->include_children,
        .ignored = program->setup.ignored,
    };
    const struct supervisor_setup setup = {
        .program = program->worker_program,
        .run = &program->run,
        .executable = program->environment.executable,
        .environment = program->variables,
        .include = common->include,
        .include_count = common->include_count,
        .exclude = common->exclude,
        .exclude_count = common->exclude_count,
        .heap = common->heap,
        .real_memory_profiler = common->real_memory_profiler,
        .verify_rss = common->verify_rss,
        .once = true,
    };
    const struct supervisor_events events = {
        .context = program,
        .started = on_started,
        .stopped = on_stopped,
        .frame = on_frame,
        .text = on_text,
        .notice = on_notice,
        .died = on_died,
    };
    uv_timer_init(program->setup.loop, &program->tick);
    program->tick.data = program;
    program->open = 2;
    uv_timer_start(&program->tick, on_tick, TICK_MS, TICK_MS);
    program->supervisor = supervisor_new(program->setup.loop, &setup, &events);
    return supervisor_start(program->supervisor, error);
}

static int prepare(struct program *program, struct error *error)
{
    const struct run_options *options = program->setup.options;
    const struct stepper_ops ops = {
        .context = program, .refresh = refresh, .changed = on_stop_changed};
    const struct inquirer_owner owner = {.context = program, .refresh = refresh};
    char *root = find_root(options);
    if (!root)
        return error_set(error, EXIT_STATUS_SYSTEM, "the current folder is gone");
    program->model = model_new(root);
    program->drain = drain_new(program->model);
    drain_listen(program->drain, on_call, program);
    if (program->setup.input)
        drain_give_source(program->drain, SEGMENT_INPUT_PATH, buf_text(program->setup.input),
                          program->setup.input->len);
    program->stepper = stepper_new(program->model, program->drain, &ops);
    stepper_attend(program->stepper, program->setup.attended);
    inquirer_init(&program->inquirer, program->setup.loop, program->model, &program->supervisor,
                  &owner);
    program->variables = make_variables(!program->setup.inherits);
    int result = environment_find(&program->environment, options->common.python, root, error);
    package_scan(&program->model->packages, &program->environment, root);
    free(root);
    if (result)
        return result;
    program->worker_program = workers_find(&program->environment, error);
    if (!program->worker_program)
        return -1;
    describe(program);
    return 0;
}

struct program *program_open(const struct program_setup *setup, struct error *error)
{
    struct program *program = mem_calloc(1, sizeof *program);
    program->setup = *setup;
    if (prepare(program, error) == 0 && start(program, error) == 0)
        return program;
    program_close(program);
    while (program->open)
        uv_run(setup->loop, UV_RUN_ONCE);
    program_free(program);
    return NULL;
}

/* ---- use and end ---- */

struct model *program_model(const struct program *program)
{
    return program->model;
}

struct stepper *program_stepper(const struct program *program)
{
    return program->stepper;
}

void program_ask_holders(struct program *program, uint32_t file, uint32_t line)
{
    inquiry_ask_line(&program->inquirer.inquiry, file, line, clock_monotonic_ns());
}

void program_stop_holders(struct program *program)
{
    inquiry_stop(&program->inquirer.inquiry, clock_monotonic_ns());
}

void program_count_alive(struct program *program, bool is_mark)
{
    inquiry_ask_census(&program->inquirer.inquiry, is_mark, clock_monotonic_ns());
}

void program_stop_counting(struct program *program)
{
    inquiry_stop_census(&program->inquirer.inquiry, clock_monotonic_ns());
}

const struct invocation *program_invocation(const struct program *program)
{
    return invocations_find(&program->model->invocations, NUMBER);
}

bool program_is_over(const struct program *program)
{
    return program->is_over;
}

int program_status(const struct program *program)
{
    return program->status;
}

void program_signal(struct program *program, int signal)
{
    if (!program->is_over)
        supervisor_signal(program->supervisor, signal);
}

static void on_supervisor_closed(void *context)
{
    struct program *program = context;
    program->supervisor = NULL;
    program->open--;
}

static void on_tick_closed(uv_handle_t *handle)
{
    struct program *program = handle->data;
    program->open--;
}

void program_close(struct program *program)
{
    if (!program->open || program->is_closing)
        return;
    program->is_closing = true;
    inquirer_end(&program->inquirer);
    stepper_release(program->stepper);
    uv_close((uv_handle_t *)&program->tick, on_tick_closed);
    supervisor_close(program->supervisor, on_supervisor_closed, program);
}

void program_free(struct program *program)
{
    if (!program)
        return;
    stepper_free(program->stepper);
    drain_free(program->drain);
    model_free(program->model);
    environment_fini(&program->environment);
    free(program->worker_program);
    free(program->variables);
    free(program);
}
