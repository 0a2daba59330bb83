/*
 * A line for each file and one for each child, byte for byte as `mprof peak` prints them, since
 * scripts cut the number out of them.
 */
#include "config.h"
#include "host/series_peak.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"
#include "host/options.h"
#include "host/series_file.h"
#include "report/markup.h"

enum { OPT_FUNC = 256 };

struct request {
    const char **files; /* owned; the words are argv's */
    size_t count;
    const char *function; /* NULL: of the whole run */
    bool help;
};

static const struct option long_options[] = {
    {"func", required_argument, NULL, OPT_FUNC},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

static void add_file(struct request *request, const char *file)
{
    request->files = mem_resize(request->files, request->count + 1, sizeof *request->files);
    request->files[request->count++] = file;
}

static int parse(struct request *request, int argc, char **argv, struct error *error)
{
    int option;
    *request = (struct request){0};
    optind = 0; /* glibc then forgets a former scan */
    opterr = 0;
    while ((option = getopt_long(argc, argv, "-:h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        if (option == 'h')
            request->help = true;
        else if (option == OPT_FUNC)
            request->function = optarg;
        else
            add_file(request, optarg);
    }
    for (; optind < argc; optind++)
        add_file(request, argv[optind]);
    if (request->count == 0)
        add_file(request, NULL);
    return 0;
}

static void print_peak(int64_t bytes)
{
    char text[MARKUP_NUMBER];
    printf("%s MiB\n", markup_number(text, (double)bytes / MIB_BYTES, 3));
}

static void print_children(const struct series *series)
{
    for (size_t i = 1; i < series->track_count; i++) {
        printf("  Child %" PRIu64 "\t\t\t", series->tracks[i].pid);
        print_peak(series_track_peak(&series->tracks[i])->bytes);
    }
}

/* What is asked for of one file; -1 with `error` where it has none of that. */
static int find_peak(const struct series *series, const char *path, const char *function,
                     int64_t *bytes, struct error *error)
{
    const struct series_sample *peak = series_track_peak(&series->tracks[0]);
    if (function && !series_function_peak(series, series_find_function(series, function), bytes))
        return error_set(error, EXIT_STATUS_USAGE, "%s has no function '%s'", path, function);
    if (function)
        return 0;
    if (!peak)
        return error_set(error, EXIT_STATUS_APP, "%s has no sample of memory in it", path);
    *bytes = peak->bytes;
    return 0;
}

static int print_file(const char *path, const char *function, struct error *error)
{
    struct series series;
    int64_t bytes = 0;
    int result = series_file_read(&series, path, error);
    if (!result) {
        series_file_say_unread(&series, path);
        result = find_peak(&series, path, function, &bytes, error);
    }
    if (!result) {
        char *clean = series_file_clean(path);
        printf("%s\t", clean);
        print_peak(bytes);
        if (!function)
            print_children(&series);
        free(clean);
    }
    series_fini(&series);
    return result;
}

int series_peak_run(int argc, char **argv, struct error *error)
{
    struct request request;
    int result = parse(&request, argc, argv, error);
    if (!result && request.help)
        fputs(options_help(), stdout);
    for (size_t i = 0; !result && !request.help && i < request.count; i++) {
        char *path = series_file_choose(request.files[i], error);
        result = path ? print_file(path, request.function, error) : -1;
        free(path);
    }
    free(request.files);
    return result ? -1 : EXIT_STATUS_OK;
}
