/*
 * The worker's command line. It is written by the host, not by people, but is plain enough to start
 * a worker by hand:
 *
 *   pymemtop-worker-3.X --link-fd N --segment-fd N --app-root DIR [--executable PYTHON]
 *                       [--control-fd N] [--include GLOB]... [--exclude GLOB]... [--verify-rss]
                       [--no-trace]
 *                       [--rss-clock KIND] [--heap off] [--native off]
 *                       [--meter rss|pss|uss|python|heap] [--include-children]
 *                       [--ignore-signal NUMBER]... [--log-reports] [--real-memory-profiler]
 *   pymemtop-worker-3.X --run SCRIPT [OPTIONS] [--] [ARGS...]         as `python SCRIPT ARGS...`
 *   pymemtop-worker-3.X --run-module MODULE [OPTIONS] [--] [ARGS...]  as `python -m MODULE ARGS...`
 *
 * The last two need no host (--link-fd, --segment-fd), and may have one. With a --segment-fd the
 * whole program is invocation 1. A SCRIPT of - is what standard input holds.
 * --no-trace: report no events, so that the same interpreter can be measured without.
 * --heap off: count no allocations; --native off: none but Python's.
 * --meter: what lines are measured by; with --include-children that of child processes, too.
 * --control-fd: an eventfd that is written to whenever a thread stops or goes on; breakpoint() of
 the
 * program stops, too, then.
 * --ignore-signal: as nohup does.
 * --log-reports: every invocation logs the tables of its functions at its end.
 * --real-memory-profiler: `import memory_profiler` gives the one that is installed, if any.
 * --rss-clock is tsc, clock or none: the best clock that the time gate (gate.h) may use.
 */
#ifndef WORKER_ARGUMENTS_H
#define WORKER_ARGUMENTS_H

#include <stdbool.h>

#include "base/error.h"
#include "worker/gate.h"
#include "worker/module.h"
#include "worker/rss.h"

enum { ARGUMENTS_SIGNALS_MAX = 8 };

struct arguments {
    int link_fd;            /* -1 where there is no host */
    int segment_fd;         /* -1 where nobody is to read the tables */
    int control_fd;         /* an eventfd; -1 where nobody is to hear of stops */
    int question_fd;        /* -1 where nobody asks */
    const char *app_root;   /* borrowed, as all strings here, from argv */
    const char *executable; /* NULL: the embedded Python's own */
    const char *run;        /* the script; NULL but with --run */
    const char *run_module; /* NULL but with --run-module */
    char **run_arguments;   /* borrowed from argv, NULL-terminated; what follows either of them */
    bool verify_rss;
    bool no_trace;
    bool heap;
    bool native;
    enum gate_kind rss_clock;
    enum rss_meter meter;
    bool include_children;
    int ignored[ARGUMENTS_SIGNALS_MAX + 1]; /* signals to ignore; 0 ends them */
    struct module_options glue;
    const char **include; /* owned, NULL-terminated */
    const char **exclude; /* owned, NULL-terminated */
};

/* 0, or -1 with `error` filled in. arguments_fini is right in either case. */
int arguments_parse(struct arguments *arguments, int argc, char **argv, struct error *error);
/* True where the program comes by standard input. */
bool arguments_have_input(const struct arguments *arguments);
void arguments_fini(struct arguments *arguments);

#endif
