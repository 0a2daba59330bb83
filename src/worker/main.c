/*
 * The worker's program: the shared tables, the interpreter, the glue, the tracer, in this order,
 * and then the app until the host says that it is enough.
 *
 * What pymemtop itself brings into the process is measured on the way: the modules that any Python
 * worker of Azure needs (asyncio, logging) are imported first, so that only the glue's own share is
 * left out of the figures. A program that is run by itself gets none of them.
 */
#include "config.h"
#include <Python.h>

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "worker/arguments.h"
#include "worker/blocks.h"
#include "worker/code.h"
#include "worker/embedded.h"
#include "worker/events.h"
#include "worker/filter.h"
#include "worker/gate.h"
#include "worker/heap.h"
#include "worker/interp.h"
#include "worker/link.h"
#include "worker/module.h"
#include "worker/native.h"
#include "worker/pool_figures.h"
#include "worker/publish.h"
#include "worker/questions.h"
#include "worker/python_heap.h"
#include "worker/rss.h"
#include "worker/stop.h"
#include "worker/tracer.h"

#define MAIN_GLUE   "_pymemtop_glue.main"
#define SCRIPT_GLUE "_pymemtop_glue.script"

enum { STACK_BYTES = 64 << 20 };

/* The tables of the host or, without one, some that nobody reads. */
static struct segment *open_segment(const struct arguments *arguments, struct error *error)
{
    int fd = arguments->segment_fd;
    if (fd < 0) {
        struct segment *fresh = segment_create(&fd, error);
        if (!fresh)
            return NULL;
        segment_unmap(fresh);
    }
    struct segment *segment = segment_attach(fd, error);
    close(fd);
    return segment;
}

static int64_t read_heap(bool all)
{
    int64_t bytes[HEAP_DOMAINS];
    heap_now(bytes);
    return bytes[HEAP_PYTHON] + bytes[HEAP_RAW] + (all ? bytes[HEAP_NATIVE] : 0);
}

static int open_tables(const struct arguments *arguments, struct error *error)
{
    rss_choose(arguments->meter, arguments->include_children, read_heap);
    if (rss_open(error) < 0)
        return -1;
    gate_open(rss_moves_freely() ? GATE_NONE : arguments->rss_clock);
    struct segment *segment = open_segment(arguments, error);
    if (!segment || publish_open(segment, error) < 0)
        return -1;
    stop_open(arguments->control_fd);
    publish_meter(gate.kind != GATE_TSC && !rss_moves_freely(), !rss_is_exact());
    return 0;
}

static int import(const char *name)
{
    PyObject *module = PyImport_ImportModule(name);
    Py_XDECREF(module);
    return module ? 0 : -1;
}

/* What any Python worker of Azure imports. */
static int import_common(struct error *error)
{
    static const char *const common[] = {"asyncio", "logging", "concurrent.futures.thread", "json"};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (import(common[i]) < 0)
            return interp_error(error, "the standard library is not complete");
    return 0;
}

/* Import the glue's module `name` and count what it adds to the RSS as pymemtop's own. */
static int import_glue(const char *name, struct error *error)
{
    int64_t before_bytes = rss_read_bytes();
    heap_own_begin();
    if (embedded_install() < 0 || import(name) < 0)
        return interp_error(error, "the worker's own modules do not load");
    heap_own_end();
    int64_t after_bytes = rss_read_bytes();
    if (after_bytes > before_bytes)
        rss_add_own(after_bytes - before_bytes);
    return 0;
}

static int start_tracer(const struct arguments *arguments, const char *root, struct error *error)
{
    filter_set(root, arguments->include, arguments->exclude);
    code_input_is_profiled = arguments_have_input(arguments);
    if (code_open() < 0 || tracer_open(arguments->verify_rss) < 0)
        return interp_error(error, "the tracer does not start");
    if (!arguments->no_trace && events_start() < 0)
        return interp_error(error, "the tracer does not start");
    return 0;
}

static bool is_program(const struct arguments *arguments)
{
    return arguments->run || arguments->run_module;
}

/* The program that the interpreter runs by itself: --run, --run-module. The glue's part in it is at
 * its beginning and, by atexit, at its end. Returns the exit status. */
static int run_program(const struct arguments *arguments)
{
    PyObject *glue = PyImport_ImportModule(SCRIPT_GLUE);
    PyObject *result =
        glue ? PyObject_CallMethod(glue, "prepare", "i", arguments->segment_fd >= 0) : NULL;
    Py_XDECREF(glue);
    if (!result) {
        PyErr_Print();
        return EXIT_STATUS_INTERNAL;
    }
    Py_DECREF(result);
    return interp_run();
}

/* The glue's main(app_root). Returns the exit status. */
static int call_glue(const char *root)
{
    PyObject *glue = PyImport_ImportModule(MAIN_GLUE);
    PyObject *result = glue ? PyObject_CallMethod(glue, "main", "s", root) : NULL;
    Py_XDECREF(glue);
    if (!result) {
        PyErr_Print(); /* ends the process where it is SystemExit */
        return EXIT_FAILURE;
    }
    long status = PyLong_AsLong(result);
    Py_DECREF(result);
    return status == -1 && PyErr_Occurred() ? EXIT_FAILURE : (int)status;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* The folder that is profiled: the app root, the script's folder (which is the script itself where
 * that is a folder with a __main__.py), or for a module and for standard input the current one. A
 * script that is not there is the interpreter's to complain of. */
static int find_root(const struct arguments *arguments, char root[PATH_MAX], struct error *error)
{
    bool is_current = arguments->run_module || arguments_have_input(arguments);
    const char *path = is_current ? "." : arguments->run ? arguments->run : arguments->app_root;
    if (!is_current && arguments->run && !realpath(path, root))
        path = ".";
    if (!realpath(path, root))
        return error_set(error, EXIT_STATUS_APP, "%s: %s", path, strerror(errno));
    char *slash = strrchr(root, '/');
    if (!is_current && arguments->run && slash && slash > root && !is_folder(root))
        *slash = '\0';
    return 0;
}

static void open_heap(const struct arguments *arguments)
{
    if (!arguments->heap || !arguments->native)
        native_turn_off();
    if (!arguments->heap)
        return;
    if (heap_open()) {
        python_heap_install();
        blocks_open();
        PUBLISH_STORE(publish_shared.segment->native_is_on, arguments->native && native_open());
    } else
        fprintf(stderr,
                "pymemtop: allocations are not counted, since there is no address space for "
                "their table, 4 GiB; see ulimit -v\n");
}

static int start(const struct arguments *arguments, const char *root, struct error *error)
{
    uv_loop_t *loop = uv_default_loop();
    if (open_tables(arguments, error) < 0)
        return -1;
    if (arguments->link_fd >= 0 && link_open(loop, arguments->link_fd, error) < 0)
        return -1;
    stop_for_questions(questions_look);
    questions_open(is_program(arguments) ? NULL : loop, arguments->question_fd);
    if (interp_prepare(error) < 0)
        return -1;
    open_heap(arguments);
    module_set_options(&arguments->glue);
    if (PyImport_AppendInittab("_pymemtop", module_init) < 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "no memory for the interpreter");
    const struct interp_program program = {arguments->run, arguments->run_module,
                                           arguments->run_arguments};
    if (is_program(arguments)) {
        if (interp_start(arguments->executable, root, &program, error) < 0 ||
            import_glue(SCRIPT_GLUE, error) < 0)
            return -1;
    } else if (interp_start(arguments->executable, root, NULL, error) < 0 ||
               import_common(error) < 0 || import_glue(MAIN_GLUE, error) < 0)
        return -1;
    pool_figures_install();
    return start_tracer(arguments, root, error);
}

/*
 * A frame evaluator of our own makes every call from Python to Python one in C as well, about 512
 * bytes of stack, where CPython 3.11 alone takes none. So that programs which raise the recursion
 * limit get as far as without pymemtop, stacks are made wider: address space, not memory, until it
 * is used. Where the hard limit forbids it the stack stays as it is.
 */
static void widen_stacks(void)
{
    struct rlimit limit;
    pthread_attr_t attributes;
    if (getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur < STACK_BYTES) {
        limit.rlim_cur = limit.rlim_max < STACK_BYTES ? limit.rlim_max : STACK_BYTES;
        setrlimit(RLIMIT_STACK, &limit);
    }
    if (pthread_attr_init(&attributes) != 0)
        return;
    if (pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0)
        pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
}

#ifdef __SANITIZE_ADDRESS__
/* For LeakSanitizer: CPython keeps memory at its end on purpose, which cannot be told from ours.
 * The host, which has no CPython, is looked at. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return 1;
}
#endif

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct error error;
    char root[PATH_MAX];
    int status = EXIT_STATUS_INTERNAL;

    if (arguments_parse(&arguments, argc, argv, &error) < 0 ||
        find_root(&arguments, root, &error) < 0)
        goto failed;
    /* Not to outlive a host that is killed. One that is gone already has left the link closed. */
    if (arguments.link_fd >= 0 || arguments.segment_fd >= 0)
        prctl(PR_SET_PDEATHSIG, SIGKILL);
    widen_stacks();
    for (const int *number = arguments.ignored; *number; number++)
        signal(*number, SIG_IGN);
    if (start(&arguments, root, &error) < 0)
        goto failed;
    if (is_program(&arguments)) {
        status = run_program(&arguments);
        questions_close();
        link_close();
        arguments_fini(&arguments);
        return status;
    }
    status = call_glue(root);
    events_stop();
    if (interp_stop() < 0 && status == 0)
        status = EXIT_STATUS_INTERNAL;
    questions_close();
    link_close();
    arguments_fini(&arguments);
    return status;

failed:
    fprintf(stderr, "pymemtop-worker: %s\n", error.text);
    arguments_fini(&arguments);
    return (int)error.status;
}
