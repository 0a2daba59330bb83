#include "config.h"
#include "host/run_options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"
#include "report/table.h"

/* That of `python -m memory_profiler`; its decorator's, and other reports', is 1. */
enum { PRECISION = 3 };

enum long_option {
    OPT_ASCII = 256,
    OPT_BACKEND,
    OPT_BATCH,
    OPT_CHILDREN,
    OPT_EXCLUDE,
    OPT_FORMAT,
    OPT_HEAP,
    OPT_INCLUDE,
    OPT_LOG_REPORTS,
    OPT_NO_COLOR,
    OPT_PDB,
    OPT_PRECISION,
    OPT_PYTHON,
    OPT_QUIET,
    OPT_REAL_PROFILER,
    OPT_RECORD,
    OPT_RECORD_LIMIT,
    OPT_SCRIPT,
    OPT_TIMESTAMP,
    OPT_VERIFY_RSS,
};

static const struct option long_options[] = {
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"backend", required_argument, NULL, OPT_BACKEND},
    {"batch", no_argument, NULL, OPT_BATCH},
    {"exclude", required_argument, NULL, OPT_EXCLUDE},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"heap", required_argument, NULL, OPT_HEAP},
    {"help", no_argument, NULL, 'h'},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"include-children", no_argument, NULL, OPT_CHILDREN},
    {"log-reports", no_argument, NULL, OPT_LOG_REPORTS},
    {"module", required_argument, NULL, 'm'},
    {"no-color", no_argument, NULL, OPT_NO_COLOR},
    {"output", required_argument, NULL, 'o'},
    {"pdb-mmem", required_argument, NULL, OPT_PDB},
    {"precision", required_argument, NULL, OPT_PRECISION},
    {"python", required_argument, NULL, OPT_PYTHON},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"real-memory-profiler", no_argument, NULL, OPT_REAL_PROFILER},
    {"record", optional_argument, NULL, OPT_RECORD},
    {"record-limit", required_argument, NULL, OPT_RECORD_LIMIT},
    {"script", required_argument, NULL, OPT_SCRIPT},
    {"timestamp", no_argument, NULL, OPT_TIMESTAMP},
    {"verify-rss", no_argument, NULL, OPT_VERIFY_RSS},
    {NULL, 0, NULL, 0},
};

/* Ours, and what memory_profiler calls them. */
static const struct {
    const char *name;
    const char *worker_name;
    enum run_backend backend;
} backends[] = {
    {"rss", "rss", BACKEND_RSS},        {"pss", "pss", BACKEND_PSS},
    {"uss", "uss", BACKEND_USS},        {"python", "python", BACKEND_PYTHON},
    {"heap", "heap", BACKEND_HEAP},     {"psutil", "rss", BACKEND_RSS},
    {"posix", "rss", BACKEND_RSS},      {"psutil_pss", "pss", BACKEND_PSS},
    {"psutil_uss", "uss", BACKEND_USS}, {"tracemalloc", "python", BACKEND_PYTHON},
};

static int set_backend(struct run_options *options, const char *name, struct error *error)
{
    for (size_t i = 0; i < ARRAY_LEN(backends); i++) {
        if (strcmp(backends[i].name, name) != 0)
            continue;
        options->backend = backends[i].backend;
        options->backend_name = backends[i].worker_name;
        return 0;
    }
    return error_set(error, EXIT_STATUS_USAGE,
                     "--backend takes rss, pss, uss, python or heap, not '%s'", name);
}

static int set_format(struct run_options *options, const char *name, struct error *error)
{
    options->batch = true;
    options->is_mprof = strcmp(name, "mprof") == 0;
    options->common.format = FORMAT_TEXT;
    options->common.format_given = true;
    if (options->is_mprof)
        return 0;
    if (strcmp(name, "kusto") == 0)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--format kusto is of an app's invocations, and run has none");
    if (options_parse_format(&options->common, name, NULL) == 0)
        return 0;
    return error_set(error, EXIT_STATUS_USAGE,
                     "--format takes text, csv, folded, folded-retained, html, json, junit, "
                     "markdown, speedscope or mprof with run, not '%s'",
                     name);
}

static void settle_format(struct run_options *options)
{
    options_settle_format(&options->common);
    options->format = options->is_mprof                       ? RUN_MPROF
                      : options->common.format == FORMAT_TEXT ? RUN_TEXT
                                                              : RUN_REPORT;
}

static int set_precision(struct run_options *options, const char *value, struct error *error)
{
    unsigned long number;
    if (options_parse_number(value, 0, TABLE_PRECISION_MAX, "--precision", &number, error))
        return -1;
    options->common.precision = (int)number;
    return 0;
}

/* Flags, and what is taken as it is. */
static void apply_plain(struct run_options *options, int option, const char *value)
{
    struct options *common = &options->common;
    switch (option) {
    case OPT_ASCII: common->ascii = true; break;
    case OPT_BATCH: options->batch = true; break;
    case OPT_CHILDREN: options->include_children = true; break;
    case OPT_EXCLUDE: options_append(&common->exclude, &common->exclude_count, value); break;
    case OPT_INCLUDE: options_append(&common->include, &common->include_count, value); break;
    case OPT_NO_COLOR: common->no_color = true; break;
    case OPT_PYTHON: common->python = value; break;
    case OPT_QUIET: common->quiet = true; break;
    case OPT_REAL_PROFILER: common->real_memory_profiler = true; break;
    case OPT_RECORD: common->record = value; break;
    case OPT_SCRIPT: common->script = value; break;
    case OPT_VERIFY_RSS: common->verify_rss = true; break;
    case 'h': options->help = true; break;
    case 'm': options->module = value; break;
    case 'o':
        options->batch = true;
        common->output = value;
        break;
    default: break;
    }
}

static int apply(struct run_options *options, int option, const char *value, struct error *error)
{
    switch (option) {
    case OPT_BACKEND: return set_backend(options, value, error);
    case OPT_FORMAT: return set_format(options, value, error);
    case OPT_HEAP: return options_parse_heap(&options->common, value, error);
    case OPT_PRECISION: return set_precision(options, value, error);
    case OPT_LOG_REPORTS:
        return error_set(error, EXIT_STATUS_USAGE,
                         "--log-reports is for apps, at the end of each invocation; a program's "
                         "report follows it, or goes to -o's file");
    case OPT_RECORD_LIMIT: return options_parse_record_limit(&options->common, value, error);
    case OPT_PDB:
        return error_set(
            error, EXIT_STATUS_USAGE,
            "--pdb-mmem is not there yet: run cannot stop a script at a limit of memory; "
            "the screen, or --record and pymemtop plot, show where it grows");
    case OPT_TIMESTAMP:
        return error_set(error, EXIT_STATUS_USAGE,
                         "--timestamp is not there: --format mprof writes when functions ran, and "
                         "pymemtop plot draws it");
    default: apply_plain(options, option, value); return 0;
    }
}

static int check_program(const struct run_options *options, struct error *error)
{
    if (!options->script && !options->module)
        return error_set(error, EXIT_STATUS_USAGE,
                         "run needs a script, or -m and a module, as in: pymemtop run work.py");
    if (options->script && !*options->script)
        return error_set(error, EXIT_STATUS_USAGE, "run needs a script, and '' is none");
    if (run_options_have_input(options) && isatty(STDIN_FILENO))
        return error_set(error, EXIT_STATUS_USAGE,
                         "run - reads the script from standard input, as in: pymemtop run - "
                         "<work.py");
    if (options->module && strcmp(options->module, "memory_profiler") == 0 &&
        !options->common.real_memory_profiler)
        return error_set(error, EXIT_STATUS_USAGE,
                         "run does itself what -m memory_profiler does, as in: pymemtop run "
                         "work.py; with --real-memory-profiler it runs the installed one");
    return 0;
}

static int check(const struct run_options *options, struct error *error)
{
    bool counts = options->backend == BACKEND_PYTHON || options->backend == BACKEND_HEAP;
    if (check_program(options, error))
        return -1;
    if (options->common.script &&
        (options->batch || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)))
        return options_refuse_script(error);
    if (counts && !options->common.heap)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--backend %s counts allocations, which --heap off turns off",
                         options->backend_name);
    if (counts && options->include_children)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--include-children goes with --backend rss, pss or uss: allocations are "
                         "counted in one process");
    if (options->common.record && options->format == RUN_MPROF)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--format mprof is a recording itself; leave --record out, or the format: "
                         "pymemtop plot -o x.dat makes the one of the other");
    return 0;
}

int run_options_parse(struct run_options *options, int argc, char **argv, struct error *error)
{
    int option;
    *options = (struct run_options){.common = {.path = ".",
                                               .precision = PRECISION,
                                               .record_limit_bytes = OPTIONS_RECORD_LIMIT_DEFAULT,
                                               .heap = true}};
    optind = 0; /* glibc then forgets a former scan */
    opterr = 0;
    /* As with python, what follows a module is the module's. */
    while (!options->module &&
           (option = getopt_long(argc, argv, "+:hm:o:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        /* Of --record alone the value may be missing, which then is as good as empty. */
        if (apply(options, option, optarg ? optarg : "", error))
            return -1;
    }
    settle_format(options);
    if (options->help)
        return 0;
    if (!options->module && optind < argc)
        options->script = argv[optind++];
    options->arguments = argv + optind;
    return check(options, error);
}

bool run_options_have_input(const struct run_options *options)
{
    return options->script && strcmp(options->script, "-") == 0;
}

void run_options_fini(struct run_options *options)
{
    options_fini(&options->common);
}
