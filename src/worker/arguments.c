#include "config.h"
#include "worker/arguments.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum {
    OPT_LINK = 1,
    OPT_SEGMENT,
    OPT_CONTROL,
    OPT_QUESTION,
    OPT_ROOT,
    OPT_EXECUTABLE,
    OPT_RUN,
    OPT_RUN_MODULE,
    OPT_INCLUDE,
    OPT_EXCLUDE,
    OPT_VERIFY,
    OPT_CLOCK,
    OPT_NO_TRACE,
    OPT_HEAP,
    OPT_NATIVE,
    OPT_METER,
    OPT_CHILDREN,
    OPT_IGNORE,
    OPT_LOG_REPORTS,
    OPT_REAL_PROFILER,
};

static const struct option long_options[] = {
    {"link-fd", required_argument, NULL, OPT_LINK},
    {"segment-fd", required_argument, NULL, OPT_SEGMENT},
    {"control-fd", required_argument, NULL, OPT_CONTROL},
    {"question-fd", required_argument, NULL, OPT_QUESTION},
    {"app-root", required_argument, NULL, OPT_ROOT},
    {"executable", required_argument, NULL, OPT_EXECUTABLE},
    {"run", required_argument, NULL, OPT_RUN},
    {"run-module", required_argument, NULL, OPT_RUN_MODULE},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"exclude", required_argument, NULL, OPT_EXCLUDE},
    {"verify-rss", no_argument, NULL, OPT_VERIFY},
    {"no-trace", no_argument, NULL, OPT_NO_TRACE},
    {"heap", required_argument, NULL, OPT_HEAP},
    {"native", required_argument, NULL, OPT_NATIVE},
    {"log-reports", no_argument, NULL, OPT_LOG_REPORTS},
    {"real-memory-profiler", no_argument, NULL, OPT_REAL_PROFILER},
    {"rss-clock", required_argument, NULL, OPT_CLOCK},
    {"meter", required_argument, NULL, OPT_METER},
    {"include-children", no_argument, NULL, OPT_CHILDREN},
    {"ignore-signal", required_argument, NULL, OPT_IGNORE},
    {NULL, 0, NULL, 0},
};

static void append(const char ***list, size_t *count, const char *item)
{
    *list = mem_resize(*list, *count + 2, sizeof **list);
    (*list)[(*count)++] = item;
    (*list)[*count] = NULL;
}

static int parse_number(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);
    return *text && !*end && value >= 0 && value <= INT_MAX ? (int)value : -1;
}

static enum gate_kind parse_clock(const char *text)
{
    return strcmp(text, "tsc") == 0     ? GATE_TSC
           : strcmp(text, "clock") == 0 ? GATE_CLOCK
                                        : GATE_NONE;
}

static enum rss_meter parse_meter(const char *text)
{
    return strcmp(text, "pss") == 0      ? RSS_METER_PSS
           : strcmp(text, "uss") == 0    ? RSS_METER_USS
           : strcmp(text, "python") == 0 ? RSS_METER_PYTHON
           : strcmp(text, "heap") == 0   ? RSS_METER_HEAP
                                         : RSS_METER_RSS;
}

static void add_ignored(struct arguments *arguments, const char *text)
{
    size_t count = 0;
    while (arguments->ignored[count])
        count++;
    int number = parse_number(text);
    if (count < ARGUMENTS_SIGNALS_MAX && number > 0)
        arguments->ignored[count] = number;
}

static bool parse_switch(const char *text)
{
    return strcmp(text, "off") != 0;
}

static int check(const struct arguments *arguments, struct error *error)
{
    if (arguments->run || arguments->run_module)
        return 0;
    if (arguments->link_fd < 0 || !arguments->app_root)
        return error_set(error, EXIT_STATUS_USAGE,
                         "this program is started by pymemtop; run pymemtop instead");
    return 0;
}

int arguments_parse(struct arguments *arguments, int argc, char **argv, struct error *error)
{
    size_t includes = 0, excludes = 0;
    *arguments = (struct arguments){.link_fd = -1,
                                    .segment_fd = -1,
                                    .control_fd = -1,
                                    .question_fd = -1,
                                    .heap = true,
                                    .native = true};
    for (int option; (option = getopt_long(argc, argv, "+", long_options, NULL)) != -1;) {
        switch (option) {
        case OPT_LINK: arguments->link_fd = parse_number(optarg); break;
        case OPT_SEGMENT: arguments->segment_fd = parse_number(optarg); break;
        case OPT_CONTROL: arguments->control_fd = parse_number(optarg); break;
        case OPT_QUESTION: arguments->question_fd = parse_number(optarg); break;
        case OPT_ROOT: arguments->app_root = optarg; break;
        case OPT_EXECUTABLE: arguments->executable = optarg; break;
        case OPT_RUN: arguments->run = optarg; break;
        case OPT_RUN_MODULE: arguments->run_module = optarg; break;
        case OPT_INCLUDE: append(&arguments->include, &includes, optarg); break;
        case OPT_EXCLUDE: append(&arguments->exclude, &excludes, optarg); break;
        case OPT_VERIFY: arguments->verify_rss = true; break;
        case OPT_NO_TRACE: arguments->no_trace = true; break;
        case OPT_HEAP: arguments->heap = parse_switch(optarg); break;
        case OPT_NATIVE: arguments->native = parse_switch(optarg); break;
        case OPT_METER: arguments->meter = parse_meter(optarg); break;
        case OPT_CHILDREN: arguments->include_children = true; break;
        case OPT_IGNORE: add_ignored(arguments, optarg); break;
        case OPT_LOG_REPORTS: arguments->glue.log_reports = true; break;
        case OPT_REAL_PROFILER: arguments->glue.real_memory_profiler = true; break;
        case OPT_CLOCK: arguments->rss_clock = parse_clock(optarg); break;
        default: return error_set(error, EXIT_STATUS_USAGE, "unknown option to the worker");
        }
    }
    arguments->run_arguments = argv + optind;
    return check(arguments, error);
}

bool arguments_have_input(const struct arguments *arguments)
{
    return arguments->run && strcmp(arguments->run, "-") == 0;
}

void arguments_fini(struct arguments *arguments)
{
    free(arguments->include);
    free(arguments->exclude);
}
