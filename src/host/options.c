/*
 * The command line. getopt_long reads it in order ("-" in front of the short options), because
 * --functions takes as many names as follow it, as in `func start`: a word after it is a name while
 * it could be one, and the path otherwise.
 *
 * getopt's own messages are off: what is wrong is said in one line, like everything else.
 */
#include "config.h"
#include "host/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/attributes.h"
#include "base/mem.h"
#include "base/size.h"
#include "host/limit.h"
#include "host/number.h"
#include "host/path.h"
#include "report/run_check.h"
#include "report/table.h"

enum long_option {
    OPT_ADDRESS = 256,
    OPT_ASCII,
    OPT_BATCH,
    OPT_COLLECT,
    OPT_CONCURRENCY,
    OPT_CORS,
    OPT_CORS_CREDENTIALS,
    OPT_DATA,
    OPT_ENABLE_AUTH,
    OPT_EXCLUDE,
    OPT_FAIL_ON,
    OPT_FORMAT,
    OPT_FUNCTIONS,
    OPT_HEADER,
    OPT_HEAP,
    OPT_INCLUDE,
    OPT_LIMIT,
    OPT_NO_COLOR,
    OPT_PLAN,
    OPT_PRECISION,
    OPT_PYTHON,
    OPT_QUIET,
    OPT_RECORD,
    OPT_RECORD_LIMIT,
    OPT_REPORT,
    OPT_REQUEST,
    OPT_SCRIPT,
    OPT_SCRIPT_ROOT,
    OPT_VERBOSE,
    OPT_LOG_REPORTS,
    OPT_REAL_PROFILER,
    OPT_VERIFY_RSS,
};

enum {
    REQUESTS_MAX = 100000000,
    CONCURRENCY_MAX = 500,
    FUNCTION_NAME_MAX = 128,
    RECORD_LIMIT_MIN = 1 << 20,
    TIMEOUT_MAX_S = 86400
};

static const char short_options[] = "-:hVn:o:p:t:";

static const struct option long_options[] = {
    {"address", required_argument, NULL, OPT_ADDRESS},
    {"ascii", no_argument, NULL, OPT_ASCII},
    {"batch", no_argument, NULL, OPT_BATCH},
    {"collect", required_argument, NULL, OPT_COLLECT},
    {"concurrency", required_argument, NULL, OPT_CONCURRENCY},
    {"cors", required_argument, NULL, OPT_CORS},
    {"cors-credentials", no_argument, NULL, OPT_CORS_CREDENTIALS},
    {"data", required_argument, NULL, OPT_DATA},
    {"enable-auth", no_argument, NULL, OPT_ENABLE_AUTH},
    {"enableAuth", no_argument, NULL, OPT_ENABLE_AUTH},
    {"exclude", required_argument, NULL, OPT_EXCLUDE},
    {"fail-on", required_argument, NULL, OPT_FAIL_ON},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"functions", required_argument, NULL, OPT_FUNCTIONS},
    {"header", required_argument, NULL, OPT_HEADER},
    {"heap", required_argument, NULL, OPT_HEAP},
    {"help", no_argument, NULL, 'h'},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"limit", required_argument, NULL, OPT_LIMIT},
    {"log-reports", no_argument, NULL, OPT_LOG_REPORTS},
    {"no-color", no_argument, NULL, OPT_NO_COLOR},
    {"output", required_argument, NULL, 'o'},
    {"plan", required_argument, NULL, OPT_PLAN},
    {"port", required_argument, NULL, 'p'},
    {"precision", required_argument, NULL, OPT_PRECISION},
    {"python", required_argument, NULL, OPT_PYTHON},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"real-memory-profiler", no_argument, NULL, OPT_REAL_PROFILER},
    {"record", optional_argument, NULL, OPT_RECORD},
    {"record-limit", required_argument, NULL, OPT_RECORD_LIMIT},
    {"report", no_argument, NULL, OPT_REPORT},
    {"request", required_argument, NULL, OPT_REQUEST},
    {"requests", required_argument, NULL, 'n'},
    {"script", required_argument, NULL, OPT_SCRIPT},
    {"script-root", required_argument, NULL, OPT_SCRIPT_ROOT},
    {"timeout", required_argument, NULL, 't'},
    {"verbose", no_argument, NULL, OPT_VERBOSE},
    {"verify-rss", no_argument, NULL, OPT_VERIFY_RSS},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "Usage: pymemtop [OPTIONS] PATH\n"
    "       pymemtop --batch [-n N] [OPTIONS] PATH\n"
    "       pymemtop start [OPTIONS] [DIR]\n"
    "       pymemtop run [OPTIONS] SCRIPT|- [ARGS...]\n"
    "       pymemtop run [OPTIONS] -m MODULE [ARGS...]\n"
    "       pymemtop new NAME [--model v1|v2] [--trigger TRIGGER] [OPTIONS]\n"
    "       pymemtop import [--source DIR] [--instance NAME] [OPTIONS] LOGS...\n"
    "       pymemtop kql [--workspace|--as-published]\n"
    "       pymemtop replay FILE, or for what it ends with: report FILE [OPTIONS]\n"
    "       pymemtop plot [FILE] -o x.svg|x.html [OPTIONS]\n"
    "       pymemtop list [DIR]\n"
    "       pymemtop peak [--func NAME] [FILE...]\n"
    "       pymemtop diff [OPTIONS] BEFORE AFTER\n"
    "\n"
    "Host a Python Azure Functions app, and show the memory that every line of it takes.\n"
    "PATH is a function's folder, its script, or the app's folder; \".\" where it is left out.\n"
    "\n"
    "      --batch               no screen: send requests, print the report, exit; the default\n"
    "                            where input or output is not a terminal\n"
    "  -p, --port PORT           port to listen on (7071; any free one with --batch)\n"
    "      --address ADDRESS     address to listen on (127.0.0.1)\n"
    "      --script-root DIR     the app's folder; PATH is looked up in it\n"
    "      --python PATH         interpreter or virtual environment of the app\n"
    "      --functions NAME...   load only these functions\n"
    "      --cors ORIGINS        origins that browsers may call from, separated by commas\n"
    "      --cors-credentials    let those origins send cookies\n"
    "      --enableAuth          ask for the keys that the functions' authLevel wants\n"
    "  -t, --timeout SECONDS     how long a request waits for the app to be loaded (30)\n"
    "      --include GLOB        profile files that match, too; may be repeated\n"
    "      --exclude GLOB        do not profile files that match; may be repeated\n"
    "      --limit SIZE          kill the worker when the app takes more memory, as 512M\n"
    "      --plan PLAN           the same with the memory of a plan of Azure Functions:\n"
    "                            consumption, flex-512, flex-2048, flex-4096, ep1, ep2, ep3\n"
    "\n"
    "      --request REQUEST     what to send, as 'POST /api/X?a=b'\n"
    "      --data TEXT           body of the request\n"
    "      --header 'NAME: TEXT' header of the request; may be repeated\n"
    "  -n, --requests N          how many requests --batch sends (1; 12 with\n"
    "                            --fail-on leak, which needs 10 or more)\n"
    "      --concurrency N       how many of them at a time (1)\n"
    "\n"
    "      --format FORMAT       of the report: text, the table (the default); html, a page to "
    "look\n"
    "                            at; json; csv; markdown, a summary for a pull request; junit;\n"
    "                            folded stacks by bytes allocated, folded-retained by bytes "
    "alive;\n"
    "                            speedscope; kusto: rows as in Application Insights\n"
    "  -o, --output FILE         write the report to FILE; a name that ends in .html, .json, "
    ".csv,\n"
    "                            .md or .xml (junit) says the format\n"
    "      --precision N         digits after the point in the text report (1)\n"
    "      --report              with start: print the report at the end\n"
    "      --record[=FILE]       keep all that the screen shows over time in FILE, for plot, "
    "list,\n"
    "                            peak and SQL; without FILE in pymemtop_<YYYYMMDDhhmmss>.pymemtop\n"
    "      --record-limit SIZE   how large the recording may be; what is oldest is thinned (1G)\n"
    "      --quiet               print no report and no progress\n"
    "      --verbose             print what the app says, too\n"
    "      --heap on|off         count what each line allocates and frees, to the byte (on)\n"
    "      --collect on|off      run the garbage collector where no invocation has run for a "
    "while,\n"
    "                            so that what it frees is no leak (on)\n"
    "      --fail-on CONDITIONS  of --batch, start and report: exit with 3 where one holds, as\n"
    "                            'leak', 'rss>200M', 'increment>10M'; separated by commas\n"
    "      --log-reports         at each invocation's end log memory_profiler's table of every\n"
    "                            function in it, decorated or not\n"
    "      --real-memory-profiler  leave the installed memory_profiler in its place\n"
    "      --verify-rss          read the RSS at every line, too, and say at the end how many of\n"
    "                            its changes pymemtop found later than that; slow\n"
    "      --ascii               draw with ASCII characters alone\n"
    "      --no-color            draw without colours\n"
    "      --script FILE         take keys from FILE, with waits, for demos and tests; the screen\n"
    "                            is on the terminal as ever\n"
    "  -h, --help                print this, and exit\n"
    "  -V, --version             print the version, and exit\n"
    "\n"
    "run takes any Python program in place of an app, as python takes it (- is standard input);\n"
    "options end at the script:\n"
    "  -m, --module MODULE       run a module, as python -m\n"
    "      --batch               no screen: the program has the terminal, the table follows\n"
    "      --backend METER       what lines are measured by: rss, pss (shared pages in parts), "
    "uss\n"
    "                            (none that is shared), python or heap (bytes that Python's\n"
    "                            allocators, or all, have given out, exact) (rss)\n"
    "      --include-children    add the memory of the processes that it starts\n"
    "      --format FORMAT       as above, but for kusto; or mprof: memory over time in\n"
    "                            mprofile_*.dat\n"
    "  -o, --output FILE         append the table to FILE\n"
    "      --precision N         digits after the point (3)\n"
    "and --python, --include, --exclude, --heap, --record, --record-limit, --quiet,\n"
    "--real-memory-profiler, --verify-rss, --script, --ascii and --no-color as above.\n"
    "\n"
    "new writes a function called NAME into an app, or into a new one:\n"
    "      --dir DIR             the app's folder, or the new app's (.)\n"
    "      --model MODEL         v1 (function.json) or v2 (decorators); the app's, or v2\n"
    "      --trigger TRIGGER     http, timer, queue or blob (http)\n"
    "      --authlevel LEVEL     of http: anonymous, function or admin (function)\n"
    "      --async               a coroutine function\n"
    "\n"
    "import shows memory_profiler's rows in the logs of a deployed app (CSV, JSON, text; - is\n"
    "standard input) on the screen, or with --batch, --format or -o as a report:\n"
    "      --source DIR          take the source from the app's folder\n"
    "      --instance NAME       the rows of that instance of the app alone\n"
    "      --gap SECONDS         time without rows that ends an invocation, where its id is not\n"
    "                            known (1)\n"
    "and --script, --ascii and --no-color as above.\n"
    "\n"
    "kql prints the query that finds memory_profiler's rows in Application Insights, with\n"
    "--workspace in a Log Analytics workspace (the table AppTraces), with --as-published that\n"
    "of Microsoft's page.\n"
    "\n"
    "replay shows a recording of --record as it was live, forward and back; nothing in it\n"
    "runs. With --batch, --format or -o, and where there is no terminal, it writes the report of\n"
    "its last event, as report does. Of the options above it takes --script, --ascii,\n"
    "--no-color and --precision, too, and report --fail-on and --quiet.\n"
    "\n"
    "plot draws a recording, or an mprofile_*.dat of memory_profiler's mprof, the newest one here\n"
    "or FILE:\n"
    "  -o, --output FILE         write the picture to FILE: x.svg or x.html; to x.dat the data\n"
    "      --format FORMAT       svg, html or mprof, where FILE's name does not say it\n"
    "  -n, --no-timestamps       without the functions' calls\n"
    "  -s, --slope               with the trend, by least squares\n"
    "  -t, --title TEXT          instead of the command that was run\n"
    "  -w, --window FROM,TO      this part alone, in seconds since the begin\n"
    "list prints what such files there are in DIR (.), and peak the most that each tells of, of\n"
    "the whole run or of one function; a file can be named by its number in the list.\n"
    "\n"
    "diff compares two recordings line by line, through edits, the most changed first:\n"
    "      --fail-on CONDITIONS  exit with 3 where one holds, as 'growth>5%', 'growth>512K',\n"
    "                            'rss>200M', 'increment>10M'; separated by commas\n"
    "      --format FORMAT       text or json (text)\n"
    "  -o, --output FILE         write the report to FILE\n"
    "      --quiet               write none\n"
    "\n"
    "The manual page pymemtop(1) says more.\n";

const char *options_help(void)
{
    return help;
}

void options_append(const char ***list, size_t *count, const char *value)
{
    *list = mem_resize(*list, *count + 1, sizeof **list);
    (*list)[(*count)++] = value;
}

int options_parse_number(const char *text, unsigned long min, unsigned long max, const char *option,
                         unsigned long *value, struct error *error)
{
    unsigned long long number;
    if (number_parse(text, max, &number) || number < min)
        return error_set(error, EXIT_STATUS_USAGE, "%s takes a number from %lu to %lu, not '%s'",
                         option, min, max, text);
    *value = (unsigned long)number;
    return 0;
}

static bool is_token(const char *text)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text))
            return false;
    return true;
}

/* 'POST /api/X?a=b', '/api/X' or 'POST'. What is sent is one line: no byte of the target may be a
 * space or a control. */
int options_parse_request(struct options *options, const char *text, struct error *error)
{
    free(options->request_line);
    options->request_line = mem_strdup(text);
    char *line = options->request_line;
    char *space = strchr(line, ' ');
    char *target = line[0] == '/' ? line : NULL;
    if (space && !target) {
        *space = '\0';
        target = space + 1 + strspn(space + 1, " ");
    }
    options->method = target == line ? NULL : line;
    options->target = target;
    if (options->method) {
        for (char *c = line; *c; c++)
            *c = (char)toupper((unsigned char)*c);
        if (!is_token(options->method))
            goto wrong;
    }
    if (!target)
        return 0;
    if (target[0] != '/')
        goto wrong;
    for (const char *c = target; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == 0x7F)
            goto wrong;
    return 0;

wrong:
    return error_set(error, EXIT_STATUS_USAGE,
                     "--request takes a method and a target, as 'POST /api/X?a=b', not '%s'", text);
}

static int add_header(struct options *options, const char *text, struct error *error)
{
    const char *colon = strchr(text, ':');
    char *name = mem_strndup(text, colon ? (size_t)(colon - text) : 0);
    bool right = is_token(name) && !strpbrk(text, "\r\n");
    free(name);
    if (!right)
        return error_set(error, EXIT_STATUS_USAGE, "--header takes 'Name: value', not '%s'", text);
    options_append(&options->headers, &options->header_count, text);
    return 0;
}

int options_parse_format(struct options *options, const char *text, struct error *error)
{
    options->format_given = true;
    return report_format_parse(&options->format, text, error);
}

void options_settle_format(struct options *options)
{
    if (!options->format_given)
        options->format = report_format_of_file(options->output);
}

static int parse_switch(bool *is_on, const char *option, const char *text, struct error *error)
{
    *is_on = strcmp(text, "on") == 0;
    if (!*is_on && strcmp(text, "off") != 0)
        return error_set(error, EXIT_STATUS_USAGE, "%s takes on or off, not '%s'", option, text);
    return 0;
}

int options_parse_heap(struct options *options, const char *text, struct error *error)
{
    return parse_switch(&options->heap, "--heap", text, error);
}

static int parse_limit(struct options *options, const char *text, struct error *error)
{
    int64_t bytes;
    char least[SIZE_TEXT];
    if (size_parse(text, &bytes))
        return error_set(error, EXIT_STATUS_USAGE,
                         "--limit takes a size, as 512M, 1.5G or 200MiB, not '%s'", text);
    if (bytes < LIMIT_BYTES_MIN)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--limit takes %s or more, not '%s': with less Python itself does not run",
                         size_format(least, LIMIT_BYTES_MIN), text);
    options->limit_bytes = bytes;
    return 0;
}

int options_parse_record_limit(struct options *options, const char *text, struct error *error)
{
    int64_t bytes;
    if (size_parse(text, &bytes))
        return error_set(error, EXIT_STATUS_USAGE,
                         "--record-limit takes a size, as 512M, 1.5G or 200MiB, not '%s'", text);
    if (bytes < RECORD_LIMIT_MIN)
        return error_set(error, EXIT_STATUS_USAGE, "--record-limit takes 1 MiB or more, not '%s'",
                         text);
    options->record_limit_bytes = bytes;
    return 0;
}

static int parse_plan(struct options *options, const char *text, struct error *error)
{
    struct plan plan = limit_plan(text);
    if (!plan.name)
        return error_set(error, EXIT_STATUS_USAGE, "--plan takes " LIMIT_PLAN_NAMES ", not '%s'",
                         text);
    options->limit_bytes = plan.bytes;
    options->limit_name = plan.name;
    return 0;
}

/* --limit or --plan. As often as one likes, since the last one counts; but not both. */
static int apply_limit(struct options *options, int option, const char *value, struct error *error)
{
    bool plan = option == OPT_PLAN;
    if (options->limit_bytes && plan != (options->limit_name != NULL))
        return error_set(error, EXIT_STATUS_USAGE,
                         "--limit and --plan both set the limit; leave one of them out");
    return plan ? parse_plan(options, value, error) : parse_limit(options, value, error);
}

/* A word that a function could be called. */
static bool is_function_name(const char *text)
{
    if (!isalpha((unsigned char)text[0]) || strlen(text) > FUNCTION_NAME_MAX)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '_' && *text != '-')
            return false;
    return true;
}

static int add_function(struct options *options, const char *name, struct error *error)
{
    if (!is_function_name(name))
        return error_set(error, EXIT_STATUS_USAGE, "--functions: '%s' is no function's name", name);
    options_append(&options->functions, &options->function_count, name);
    return 0;
}

static int set_path(struct options *options, const char *path, bool *given, struct error *error)
{
    if (*given)
        return error_set(
            error, EXIT_STATUS_USAGE, "one path is enough, and '%s' is a second one%s", path,
            options->record && !*options->record ? "; a file to record in is given as --record=FILE"
                                                 : "");
    *given = true;
    options->path = path;
    return 0;
}

static int apply_number(struct options *options, int option, const char *value, struct error *error)
{
    unsigned long number = 0;
    int result = -1;
    switch (option) {
    case 'p':
        result = options_parse_number(value, 0, UINT16_MAX, "--port", &number, error);
        options->port = (uint16_t)number;
        options->port_given = true;
        break;
    case 'n':
        result = options_parse_number(value, 1, REQUESTS_MAX, "--requests", &number, error);
        options->requests = (unsigned)number;
        options->requests_given = true;
        break;
    case OPT_CONCURRENCY:
        result = options_parse_number(value, 1, CONCURRENCY_MAX, "--concurrency", &number, error);
        options->concurrency = (unsigned)number;
        break;
    case OPT_PRECISION:
        result = options_parse_number(value, 0, TABLE_PRECISION_MAX, "--precision", &number, error);
        options->precision = (int)number;
        break;
    case 't':
        result = options_parse_number(value, 1, TIMEOUT_MAX_S, "--timeout", &number, error);
        options->timeout_s = (unsigned)number;
        break;
    default: break;
    }
    return result;
}

/* Options whose value is taken as it is, and flags. */
static void apply_plain(struct options *options, int option, const char *value)
{
    switch (option) {
    case 'h': options->command = COMMAND_HELP; break;
    case 'V': options->command = COMMAND_VERSION; break;
    case 'o': options->output = value; break;
    case OPT_ADDRESS:
        options->address = value;
        options->address_given = true;
        break;
    case OPT_ASCII: options->ascii = true; break;
    case OPT_CORS: options->cors = value; break;
    case OPT_CORS_CREDENTIALS: options->cors_credentials = true; break;
    case OPT_DATA: options->data = value; break;
    case OPT_ENABLE_AUTH: options->enable_auth = true; break;
    case OPT_EXCLUDE: options_append(&options->exclude, &options->exclude_count, value); break;
    case OPT_INCLUDE: options_append(&options->include, &options->include_count, value); break;
    case OPT_NO_COLOR: options->no_color = true; break;
    case OPT_PYTHON: options->python = value; break;
    case OPT_QUIET: options->quiet = true; break;
    case OPT_RECORD: options->record = value ? value : ""; break;
    case OPT_REPORT: options->report = true; break;
    case OPT_SCRIPT: options->script = value; break;
    case OPT_SCRIPT_ROOT: options->script_root = value; break;
    case OPT_VERBOSE: options->verbose = true; break;
    case OPT_LOG_REPORTS: options->log_reports = true; break;
    case OPT_REAL_PROFILER: options->real_memory_profiler = true; break;
    case OPT_VERIFY_RSS: options->verify_rss = true; break;
    default: break;
    }
}

static int apply(struct options *options, int option, const char *value, struct error *error)
{
    switch (option) {
    case 'p':
    case 'n':
    case 't':
    case OPT_CONCURRENCY:
    case OPT_PRECISION: return apply_number(options, option, value, error);
    case OPT_FORMAT: return options_parse_format(options, value, error);
    case OPT_FUNCTIONS: return add_function(options, value, error);
    case OPT_HEADER: return add_header(options, value, error);
    case OPT_HEAP: return options_parse_heap(options, value, error);
    case OPT_COLLECT: return parse_switch(&options->collect, "--collect", value, error);
    case OPT_FAIL_ON: return fail_on_parse(&options->fail_on, value, RUN_CONDITIONS, error);
    case OPT_LIMIT:
    case OPT_PLAN: return apply_limit(options, option, value, error);
    case OPT_RECORD_LIMIT: return options_parse_record_limit(options, value, error);
    case OPT_REQUEST: return options_parse_request(options, value, error);
    case OPT_BATCH:
        if (options->command == COMMAND_START)
            return error_set(error, EXIT_STATUS_USAGE, "--batch does not go with start");
        if (options->command == COMMAND_LIVE)
            options->command = COMMAND_BATCH;
        return 0;
    default: apply_plain(options, option, value); return 0;
    }
}

/* Within a cluster of short options the argument names only the letter. */
int options_refuse(int option, const char *argument, struct error *error)
{
    char letter[] = {'-', (char)optopt, '\0'};
    if (strncmp(argument, "--", 2) != 0 && optopt > ' ' && optopt < 0x7F)
        argument = letter;
    if (option == ':')
        return error_set(error, EXIT_STATUS_USAGE, "%s needs a value; see pymemtop --help",
                         argument);
    return error_set(error, EXIT_STATUS_USAGE, "unknown option %s; see pymemtop --help", argument);
}

int options_refuse_script(struct error *error)
{
    return error_set(error, EXIT_STATUS_USAGE,
                     "--script presses keys on the screen, which needs a terminal for input and "
                     "output, and neither start, --batch, --format nor -o");
}

static int parse_arguments(struct options *options, int argc, char **argv, struct error *error)
{
    bool path_given = false;
    bool names = false; /* the words are names for --functions */
    int option;
    /* 0, not 1: glibc then forgets a former scan, and reads the order mode anew. */
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
        int result;
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (option != 1)
            result = apply(options, option, optarg, error);
        else if (names && is_function_name(optarg))
            result = add_function(options, optarg, error);
        else
            result = set_path(options, optarg, &path_given, error);
        if (result)
            return result;
        names = option == OPT_FUNCTIONS || (names && option == 1 && is_function_name(optarg));
    }
    for (; optind < argc; optind++)
        if (set_path(options, argv[optind], &path_given, error))
            return -1;
    return 0;
}

/* The command among the first words: how many words it took. */
static int take_command(struct options *options, int argc, char **argv)
{
    int words = argc > 2 && strcmp(argv[1], "host") == 0 ? 2 : 1;
    if (argc <= words || strcmp(argv[words], "start") != 0)
        return 0;
    options->command = COMMAND_START;
    return words;
}

/* As `func`, which changes its directory to that folder first. */
static void apply_script_root(struct options *options)
{
    if (!options->script_root)
        return;
    options->joined_path = path_join(options->script_root, options->path);
    options->path = options->joined_path;
}

static bool fails_on_leak(const struct options *options)
{
    for (size_t i = 0; i < options->fail_on.count; i++)
        if (options->fail_on.items[i].kind == FAIL_ON_LEAK)
            return true;
    return false;
}

static int check_fail_on(const struct options *options, struct error *error)
{
    if (!options->heap && fails_on_leak(options))
        return error_set(error, EXIT_STATUS_USAGE,
                         "--fail-on leak counts allocations, which --heap off turns off");
    return 0;
}

int options_settle_requests(struct options *options, struct error *error)
{
    if (!fails_on_leak(options))
        return 0;
    if (!options->requests_given)
        options->requests = OPTIONS_REQUESTS_FOR_LEAKS;
    if (options->requests < LEAK_ENOUGH)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--fail-on leak needs %d requests or more to tell leaks, and -n sends %u; "
                         "without -n it sends %d",
                         LEAK_ENOUGH, options->requests, OPTIONS_REQUESTS_FOR_LEAKS);
    return 0;
}

int options_parse(struct options *options, int argc, char **argv, struct error *error)
{
    *options = (struct options){
        .path = ".",
        .address = "127.0.0.1",
        .port = 7071,
        .requests = 1,
        .concurrency = 1,
        .precision = TABLE_PRECISION_DEFAULT,
        .record_limit_bytes = OPTIONS_RECORD_LIMIT_DEFAULT,
        .timeout_s = OPTIONS_TIMEOUT_DEFAULT_S,
        .heap = true,
        .collect = true,
    };
    int words = take_command(options, argc, argv);
    int result = parse_arguments(options, argc - words, argv + words, error);
    apply_script_root(options);
    options_settle_format(options);
    if (options->command == COMMAND_BATCH && !options->port_given)
        options->port = 0;
    if (!result)
        result = check_fail_on(options, error);
    if (!result && options->command == COMMAND_BATCH)
        result = options_settle_requests(options, error);
    if (!result && options->script &&
        (options->command == COMMAND_BATCH || options->command == COMMAND_START))
        return options_refuse_script(error);
    return result;
}

void options_fini(struct options *options)
{
    free(options->joined_path);
    free(options->request_line);
    free(options->headers);
    free(options->functions);
    free(options->include);
    free(options->exclude);
    *options = (struct options){.path = "."};
}
