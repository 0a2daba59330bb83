/*
 * The model: everything that the views and the reports show, in one place. The host writes it from
 * its loop (host/drain.c, host/invocations, host/supervisor), views and reports read it. Pure: no
 * I/O, no clock of its own, no thread but the host's.
 *
 * `revision` rises with every change that could be seen, so that a screen is only made again when
 * there is something new to show: who changes a field by hand calls model_touch().
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/breakpoint.h"
#include "model/file.h"
#include "model/heap.h"
#include "model/holders.h"
#include "model/imported.h"
#include "model/invocation.h"
#include "model/kept.h"
#include "model/leak.h"
#include "model/live_census.h"
#include "model/output.h"
#include "model/packages.h"
#include "model/samples.h"
#include "model/stop.h"
#include "model/timeline.h"

enum worker_state {
    WORKER_STARTING, /* spawned, the interpreter is not up yet */
    WORKER_LOADING,  /* importing the app */
    WORKER_READY,
    WORKER_DEAD,  /* waiting to be started again */
    WORKER_ENDED, /* it ran a program, which is over */
    WORKER_NONE,  /* there is none: the figures are of a log */
};

struct model_function {
    char *name;       /* owned */
    char *url;        /* owned; "http://localhost:7071/api/X"; NULL: it takes no requests */
    char *methods;    /* owned or NULL; "GET,POST" */
    char *trigger;    /* owned; "httpTrigger" */
    char *script;     /* owned; absolute path of its file */
    char *load_error; /* owned or NULL; one line */
    char *request; /* owned or NULL: "GET /api/X", what it is sent where nobody says more; NULL: no
                      httpTrigger, or its route has parameters that cannot be guessed */
    char *sample;  /* owned or NULL: a payload to begin with; any text */
    uint32_t line; /* of the entry point's def; 0 before it is loaded */
    bool asynchronous;
    bool selected; /* the one that the command line named */
};

struct model {
    uint64_t revision;

    char *app_root; /* owned; absolute */
    char *app_name; /* owned; last part of app_root */
    char *base_url; /* owned; "http://localhost:7071" */
    char *python;   /* owned; "3.11.2", "" before the worker said so */

    struct model_function *functions; /* owned */
    size_t function_count;
    char *app_error;    /* owned or NULL: why the app as a whole could not be loaded, one line */
    char *reload_error; /* owned or NULL: why the app goes on as it was though its files changed,
                           one line */
    char *chosen; /* owned or NULL: name of the function that the user selected; it outlives a list
                     of functions that is made anew */

    const char *meter; /* what stands for the RSS, as "PSS", never freed; NULL: it is the RSS */
    bool is_program;   /* what runs is a program, once, and no app that could be asked again */
    int exit_status;   /* of a program: WORKER_ENDED; 128 + signal where one has killed it */
    enum worker_state worker;
    int worker_pid; /* 0 while there is none */
    uint64_t worker_starts;
    uint64_t worker_deaths; /* not those that a new text replaced */
    char *worker_end;       /* owned or NULL: how the last one of these ended, one line */

    int64_t limit_bytes;    /* of the worker's memory, less own; 0 without a limit */
    const char *limit_name; /* the plan's whose limit it is, never freed; or NULL */
    int64_t rss_bytes;      /* now, less own; 0 while there is no worker */
    int64_t rss_peak_bytes; /* of the run */
    int64_t own_bytes;      /* pymemtop's footprint in the worker */
    int64_t baseline_bytes; /* when the app was loaded; 0 before */
    uint64_t dropped_samples;
    bool rss_is_approximate; /* the worker's kernel does not count every page at once */
    bool rss_is_polled;      /* the worker has no constant clock to spare readings by */
    struct rss_check {       /* what the worker's self-check has found; 0 without one */
        uint64_t events;     /* lines begun, functions entered and left, */
        uint64_t changes;    /* of these, those where the RSS had changed, */
        uint64_t misses;     /* and of these, those that were found later */
    } rss_check;
    struct heap heap;
    struct kept kept;
    struct leaks leaks;           /* the verdict on `kept`, as it was judged last */
    struct holders holders;       /* the line that was asked about last */
    struct holders_list evidence; /* of the lines that leak, as they were asked about last */
    struct live_pair live;        /* what is alive by line and type, at two moments */
    uint64_t lost_calls;          /* of decorated functions, for a recording */
    uint64_t lost_lines;          /* executions of lines for which the worker's table had no room */
    struct timeline timeline;
    struct samples samples; /* of the RSS, where a worker tells them */

    struct file **files; /* owned */
    size_t file_count;
    uint32_t decorated_count; /* functions that the script has decorated; where there are any,
                                 reports are of them alone */
    struct invocations invocations;
    struct output output;
    struct stop stop;
    struct breakpoints breakpoints;
    uint32_t slow_breakpoint;  /* number; its condition takes too long; 0: none does */
    struct packages packages;  /* what the app's environment had when it was started */
    struct imported *imported; /* owned; NULL where a worker runs, or has */
};

/* Old versions of a file that are kept with text and numbers. Older ones are an empty shell, since
 * invocations go on naming them by their index. */
enum model_limits { MODEL_OLD_VERSIONS = 8 };

struct model *model_new(const char *app_root);
void model_free(struct model *model);
/* Something that can be seen has changed. */
void model_touch(struct model *model);
/* Index of the current version of the file with that absolute path, or -1. */
long model_find_file(const struct model *model, const char *path);
/* Take `file` (ownership moves) and return its index. */
uint32_t model_add_file(struct model *model, struct file *file);
/* Take `file` (ownership moves) as the version after file `index`, which is its path's current one
 * and is retired. Returns the index of the new one; all others stay. */
uint32_t model_replace_file(struct model *model, uint32_t index, struct file *file);
/* True where reports are to have that line of the file: it lies within a decorated function, or
 * none is decorated. */
bool model_reports_line(const struct model *model, const struct file *file, uint32_t line);
/* What is known of who holds what that line of the file has alive, or NULL: the answer to the last
 * question, else the evidence for its leak. Borrowed until the model changes. */
const struct holders *model_holders(const struct model *model, uint32_t file, uint32_t line);
/* How many paths there are files of. */
size_t model_path_count(const struct model *model);
/* Append a function; strings are copied. Borrowed until the next one is added, which may move it.
 */
struct model_function *model_add_function(struct model *model, const char *name,
                                          const char *trigger, const char *script);
/* Drop all functions, to describe them anew. */
void model_clear_functions(struct model *model);
struct model_function *model_find_function(const struct model *model, const char *name);
/* The function that the user selected, else the one that the command line named, else the first one
 * that takes requests, else the first, or NULL. */
const struct model_function *model_selected(const struct model *model);
/* Select the function of that name, for as long as there is one. */
void model_select(struct model *model, const char *name);
/* Did the user or the command line say which function it is about? */
bool model_has_selection(const struct model *model);
/* Why the selected function, or the app as a whole, is not loaded; NULL where it is. */
const char *model_load_error(const struct model *model);
/* A reading of the worker's RSS: sets rss, peak and timeline. */
void model_set_rss(struct model *model, uint64_t now_ns, int64_t rss_bytes);
/* Another worker runs: what lines and invocations of the one before retained is gone. */
void model_forget_retained(struct model *model);
/* Replace an owned string field: frees *field and stores a copy of `text` (NULL allowed). */
void model_set_text(char **field, const char *text);

#endif
