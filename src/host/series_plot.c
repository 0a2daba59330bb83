/* The options are those of `mprof plot` by their letters, where it has them. */
#include "config.h"
#include "host/series_plot.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "host/options.h"
#include "host/path.h"
#include "host/report_file.h"
#include "host/series_file.h"
#include "report/mprofile.h"
#include "report/plot.h"

enum { PLOT_MAX_BYTES = 1 << 30, OPT_FORMAT = 256 };

enum format { PICTURE_OF_NAME, PICTURE_SVG, PICTURE_HTML, PICTURE_MPROF };

struct request {
    const char *file; /* NULL: the newest one */
    const char *output;
    enum format format;
    struct plot_options plot;
    bool help;
};

static const struct option long_options[] = {
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, 'h'},
    {"no-timestamps", no_argument, NULL, 'n'},
    {"output", required_argument, NULL, 'o'},
    {"slope", no_argument, NULL, 's'},
    {"title", required_argument, NULL, 't'},
    {"window", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

static int set_format(struct request *request, const char *text, struct error *error)
{
    if (strcmp(text, "svg") == 0)
        request->format = PICTURE_SVG;
    else if (strcmp(text, "html") == 0)
        request->format = PICTURE_HTML;
    else if (strcmp(text, "mprof") == 0)
        request->format = PICTURE_MPROF;
    else
        return error_set(error, EXIT_STATUS_USAGE,
                         "plot --format takes svg, html or mprof, not '%s'", text);
    return 0;
}

/* "1.5,20": seconds since the begin. */
static int set_window(struct request *request, const char *text, struct error *error)
{
    char *end;
    double from = strtod(text, &end), to = *end == ',' ? strtod(end + 1, &end) : -1;
    if (*end || !isfinite(from) || !isfinite(to) || from < 0 || to <= from)
        return error_set(error, EXIT_STATUS_USAGE,
                         "--window takes FROM,TO in seconds, as 1.5,20, not '%s'", text);
    request->plot.from_s = from;
    request->plot.to_s = to;
    return 0;
}

static int set_file(struct request *request, const char *file, struct error *error)
{
    if (request->file)
        return error_set(error, EXIT_STATUS_USAGE, "plot takes one file, and '%s' is a second one",
                         file);
    request->file = file;
    return 0;
}

static int apply(struct request *request, int option, const char *value, struct error *error)
{
    switch (option) {
    case 'h': request->help = true; return 0;
    case 'n': request->plot.no_functions = true; return 0;
    case 'o': request->output = value; return 0;
    case 's': request->plot.slope = true; return 0;
    case 't': request->plot.title = value; return 0;
    case 'w': return set_window(request, value, error);
    case OPT_FORMAT: return set_format(request, value, error);
    default: return set_file(request, value, error);
    }
}

static bool ends_with(const char *name, const char *end)
{
    size_t len = strlen(name), end_len = strlen(end);
    return len > end_len && strcasecmp(name + len - end_len, end) == 0;
}

/* What is written where nobody has said it: what the name of the output ends with. */
static int settle_format(struct request *request, struct error *error)
{
    const char *output = request->output;
    if (!output && isatty(STDOUT_FILENO))
        return error_set(error, EXIT_STATUS_USAGE,
                         "plot writes a picture, not for a terminal: -o x.svg or -o x.html");
    if (request->format)
        return 0;
    if (!output || ends_with(output, ".svg"))
        request->format = PICTURE_SVG;
    else if (ends_with(output, ".html") || ends_with(output, ".htm"))
        request->format = PICTURE_HTML;
    else if (ends_with(output, ".dat"))
        request->format = PICTURE_MPROF;
    else
        return error_set(
            error, EXIT_STATUS_USAGE,
            "plot writes .svg, .html or .dat, and '%s' is none of them; --format says which",
            output);
    return 0;
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){.plot = {.to_s = INFINITY}};
    optind = 0; /* glibc then forgets a former scan */
    opterr = 0;
    while ((option = getopt_long(argc, argv, "-:hno:st:w:", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (apply(request, option, optarg, error))
            return -1;
    }
    for (; optind < argc; optind++)
        if (set_file(request, argv[optind], error))
            return -1;
    return request->help ? 0 : settle_format(request, error);
}

static int make_plot(const struct request *request, const struct series *series, struct buf *out,
                     struct error *error)
{
    if (request->format == PICTURE_HTML)
        return plot_html(series, &request->plot, out, error);
    if (request->format == PICTURE_SVG)
        return plot_svg(series, &request->plot, out, error);
    if (mprofile_write(series, out))
        return error_set(error, EXIT_STATUS_SYSTEM, "there is more to write than %zu bytes",
                         out->max_bytes);
    return 0;
}

static int write_plot(const struct request *request, const struct series *series,
                      struct error *error)
{
    struct buf out;
    buf_init(&out, PLOT_MAX_BYTES);
    int result = make_plot(request, series, &out, error);
    int failure = 0;
    if (!result)
        failure = request->output ? report_file_replace(request->output, &out)
                                  : path_write_all(STDOUT_FILENO, buf_text(&out), out.len);
    if (failure)
        result =
            error_set(error, EXIT_STATUS_SYSTEM, "cannot write the picture to %s: %s",
                      request->output ? request->output : "standard output", strerror(-failure));
    buf_fini(&out);
    return result;
}

int series_plot_run(int argc, char **argv, struct error *error)
{
    struct request request;
    struct series series;
    if (parse(&request, argc, argv, error))
        return -1;
    if (request.help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    char *path = series_file_choose(request.file, error);
    if (!path)
        return -1;
    int result = series_file_read(&series, path, error);
    if (!result) {
        series_file_say_unread(&series, path);
        result = write_plot(&request, &series, error);
    }
    series_fini(&series);
    free(path);
    return result ? -1 : EXIT_STATUS_OK;
}
