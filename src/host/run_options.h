/* The command line of `pymemtop run`: its options end at the script, whose arguments follow. */
#ifndef HOST_RUN_OPTIONS_H
#define HOST_RUN_OPTIONS_H

#include <stdbool.h>

#include "base/error.h"
#include "host/options.h"

/* What lines are measured by. */
enum run_backend {
    BACKEND_RSS,
    BACKEND_PSS,
    BACKEND_USS,
    BACKEND_PYTHON,
    BACKEND_HEAP,
};

enum run_format {
    RUN_TEXT,   /* the table, which is appended to -o's file */
    RUN_REPORT, /* another report: common.format */
    RUN_MPROF,
};

struct run_options {
    struct options common; /* output, precision, include, exclude, python, heap, record, quiet, ...;
                              its format is that of the report, if there is one */
    /* One of these two is set; borrowed from argv, as all here. */
    const char *script;     /* "-": it comes by standard input */
    const char *module;     /* -m */
    char *const *arguments; /* NULL-terminated; the script's own */
    enum run_format format;
    bool is_mprof; /* --format mprof */
    enum run_backend backend;
    const char *backend_name; /* "pss"; NULL where it was not given */
    bool include_children;
    bool batch; /* no screen */
    bool help;
};

/* Parse what follows the word `run`, which is argv[0]. 0, or -1 with `error` (EXIT_STATUS_USAGE);
 * run_options_fini is right in either case. */
int run_options_parse(struct run_options *options, int argc, char **argv, struct error *error);
/* True where the script comes by standard input. */
bool run_options_have_input(const struct run_options *options);
void run_options_fini(struct run_options *options);

#endif
