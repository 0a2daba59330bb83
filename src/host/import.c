/*
 * Logs are read whole, one after another, before anything is shown: they may be in any order of
 * time.
 */
#include "config.h"
#include "host/import.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "host/import_screen.h"
#include "host/options.h"
#include "host/path.h"
#include "host/report_file.h"
#include "host/report_options.h"
#include "report/import.h"
#include "report/imported_text.h"
#include "report/kusto.h"
#include "report/table.h"

/* Rows are written when there is a MiB of them; an invocation's are far from the maximum. */
enum { ROWS_AT_ONCE = 1 << 20, ROWS_MAX_BYTES = 1 << 30 };
enum { CHUNK_BYTES = 1 << 18, GAP_MAX_S = 86400, SOURCE_MAX_BYTES = 16 << 20 };
#define PROGRESS_NS (NS_PER_SECOND / 5)

/* ---- the command line ---- */

struct request {
    struct report_request report;
    const char *source;   /* folder of the app, or NULL */
    const char *instance; /* of the app; NULL: all */
    unsigned gap_s;
    bool has_screen;
    char **logs; /* borrowed; NULL ends it */
};

enum long_option { OPT_GAP = 256, OPT_INSTANCE, OPT_QUIET, OPT_SOURCE };

static const struct option long_options[] = {
    REPORT_OPTIONS,
    {"gap", required_argument, NULL, OPT_GAP},
    {"instance", required_argument, NULL, OPT_INSTANCE},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"source", required_argument, NULL, OPT_SOURCE},
    {NULL, 0, NULL, 0},
};

static int apply(struct request *request, int option, const char *value, struct error *error)
{
    unsigned long number;
    switch (option) {
    case OPT_GAP:
        if (options_parse_number(value, 1, GAP_MAX_S, "--gap", &number, error))
            return -1;
        request->gap_s = (unsigned)number;
        break;
    case OPT_INSTANCE: request->instance = value; break;
    case OPT_QUIET: request->report.options.quiet = true; break;
    case OPT_SOURCE: request->source = value; break;
    default: return report_options_apply(&request->report, option, value, error);
    }
    return 0;
}

static int check_request(struct request *request, struct error *error)
{
    if (!*request->logs)
        return error_set(error, EXIT_STATUS_USAGE,
                         "import needs a log, as in: pymemtop import query_data.csv; - is standard "
                         "input");
    if (request->source && !path_is_directory(request->source))
        return error_set(error, EXIT_STATUS_USAGE, "--source: %s is not a folder", request->source);
    return report_options_check(&request->report, &request->has_screen, error);
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){.report.options.precision = TABLE_PRECISION_DEFAULT, .gap_s = 1};
    /* 0, not 1: glibc then forgets a former scan. */
    optind = 0;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":ho:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (apply(request, option, optarg, error))
            return -1;
    }
    request->logs = argv + optind;
    return request->report.help ? 0 : check_request(request, error);
}

/* ---- reading ---- */

struct reading {
    const struct request *request;
    struct import *import; /* owned */
    bool progress;         /* is wanted */
    bool stands;           /* a line of progress does */
    uint64_t shown_ns;
    uint64_t bytes;
    struct kusto kusto; /* of --format kusto, with all below */
    struct buf rows;    /* that are not written yet */
    struct report_stream stream;
};

static void clear_progress(struct reading *reading)
{
    if (reading->stands)
        fputs("\r\033[K", stderr);
    reading->stands = false;
}

static void show_progress(struct reading *reading, const char *name, uint64_t size)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (size && reading->bytes >= size)
        return;
    if (!reading->progress || now_ns - reading->shown_ns < PROGRESS_NS)
        return;
    reading->shown_ns = now_ns;
    reading->stands = true;
    fprintf(stderr, "\r\033[Kpymemtop: %s: ", name);
    if (size)
        fprintf(stderr, "%" PRIu64 " %%, ", reading->bytes * 100 / size);
    fprintf(stderr, "%" PRIu64 " rows", import_rows(reading->import));
    fflush(stderr);
}

static int read_open(struct reading *reading, int fd, const char *name, struct error *error)
{
    struct stat info;
    char *chunk = mem_calloc(CHUNK_BYTES, 1);
    uint64_t size = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) ? (uint64_t)info.st_size : 0;
    ssize_t len;
    bool goes_on = true;
    reading->bytes = 0;
    import_begin(reading->import, name);
    while (goes_on && ((len = read(fd, chunk, CHUNK_BYTES)) > 0 || (len < 0 && errno == EINTR))) {
        if (len < 0)
            continue;
        reading->bytes += (uint64_t)len;
        goes_on = import_feed(reading->import, chunk, (size_t)len);
        show_progress(reading, name, size);
    }
    int failure = goes_on && len < 0 ? errno : 0;
    import_end(reading->import);
    free(chunk);
    clear_progress(reading);
    return failure
               ? error_set(error, EXIT_STATUS_SYSTEM, "cannot read %s: %s", name, strerror(failure))
               : 0;
}

static int read_log(struct reading *reading, const char *path, struct error *error)
{
    if (strcmp(path, "-") == 0)
        return read_open(reading, STDIN_FILENO, "standard input", error);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return error_set(error, EXIT_STATUS_USAGE, "cannot open %s: %s", path, strerror(errno));
    int result = read_open(reading, fd, path, error);
    close(fd);
    return result;
}

/* The file of --source that has the longest end of its path in common with the log's. */
static bool find_source(void *context, const char *path, struct buf *out)
{
    const struct reading *reading = context;
    const char *folder = reading->request->source;
    for (const char *at = path; folder && at && *at; at = strchr(at, '/')) {
        at += strspn(at, "/");
        char *candidate = *at ? path_join(folder, at) : NULL;
        bool found =
            candidate && !strstr(at, "..") && path_read(candidate, SOURCE_MAX_BYTES, out) == 0;
        free(candidate);
        if (found)
            return true;
        buf_consume(out, out->len);
    }
    return false;
}

static void flush_rows(struct reading *reading)
{
    report_stream_write(&reading->stream, buf_text(&reading->rows), reading->rows.len);
    buf_consume(&reading->rows, reading->rows.len);
}

static void on_invocation(void *context, const struct model *model,
                          const struct invocation *invocation)
{
    struct reading *reading = context;
    kusto_add(&reading->kusto, model, invocation);
    if (reading->rows.len >= ROWS_AT_ONCE)
        flush_rows(reading);
}

static struct model *read_all(struct reading *reading, struct error *error)
{
    const struct request *request = reading->request;
    bool kusto = request->report.options.format == FORMAT_KUSTO;
    const struct import_setup setup = {
        .gap_ns = request->gap_s * NS_PER_SECOND,
        .instance = request->instance,
        .context = reading,
        .source = request->source ? find_source : NULL,
        .invocation = kusto ? on_invocation : NULL,
    };
    struct model *model = NULL;
    int result = 0;
    reading->progress = !request->report.options.quiet && isatty(STDERR_FILENO);
    reading->import = import_new(&setup);
    buf_init(&reading->rows, ROWS_MAX_BYTES);
    for (char **log = request->logs; *log && !result; log++)
        result = read_log(reading, *log, error);
    if (!result && kusto) {
        report_stream_open(&reading->stream, request->report.options.output);
        kusto_begin(&reading->kusto, &reading->rows,
                    report_file_is_json(request->report.options.output));
    }
    if (!result)
        model = import_finish(reading->import);
    import_free(reading->import);
    return model;
}

/* ---- the report ---- */

/* The rows alone go out; what is to be known of them is said beside them. */
static int write_rows(struct reading *reading, const struct model *model, struct error *error)
{
    const struct options *options = &reading->request->report.options;
    struct buf words;
    int full = kusto_end(&reading->kusto, error);
    flush_rows(reading);
    int failure = report_stream_close(&reading->stream, !full);
    if (full || failure)
        return full ? full : report_file_refuse(options->output, failure, error);
    buf_init(&words, 1 << 20);
    if (!options->quiet && imported_text_write(model, &words, NULL) == 0)
        fputs(buf_text(&words), stderr);
    buf_fini(&words);
    return 0;
}

static int write_report(struct reading *reading, const struct model *model, struct error *error)
{
    const struct options *options = &reading->request->report.options;
    if (options->format == FORMAT_KUSTO)
        return write_rows(reading, model, error);
    return report_file_write(model, options, error);
}

/* ---- the whole ---- */

static int refuse_empty(const struct request *request, const struct model *model,
                        struct error *error)
{
    struct buf words;
    const struct imported *imported = model->imported;
    buf_init(&words, 4096);
    if (request->instance)
        buf_printf(&words, " of instance '%.100s'", request->instance);
    buf_printf(&words, " in %" PRIu64 " record%s", imported->records,
               imported->records == 1 ? "" : "s");
    if (imported->problem_count) {
        const struct imported_problem *first = &imported->problems[0];
        buf_printf(&words, " (%s: %s%s%s)", first->where, first->what, *first->example ? ": " : "",
                   first->example);
    }
    error_set(error, EXIT_STATUS_APP,
              "no row of memory_profiler%s; `pymemtop kql` prints the query that finds them",
              buf_text(&words));
    buf_fini(&words);
    return -1;
}

static int report_or_show(struct reading *reading, struct model *model, struct error *error)
{
    const struct request *request = reading->request;
    if (model->imported->rows == 0) {
        if (request->report.options.format == FORMAT_KUSTO)
            report_stream_close(&reading->stream, false);
        return refuse_empty(request, model, error);
    }
    if (!request->has_screen)
        return write_report(reading, model, error);
    return import_show(model, &request->report.options, error);
}

int import_run(int argc, char **argv, struct error *error)
{
    struct request request;
    struct reading reading = {.request = &request};
    if (parse(&request, argc, argv, error))
        return -1;
    if (request.report.help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    struct model *model = read_all(&reading, error);
    int status = model ? report_or_show(&reading, model, error) : -1;
    model_free(model);
    buf_fini(&reading.rows);
    return status;
}
