#include "config.h"
#include "host/series_list.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/size.h"
#include "host/options.h"
#include "host/path.h"
#include "host/series_file.h"
#include "report/markup.h"

enum { DATE_SIZE = 32 };

static int parse(int argc, char **argv, const char **dir, bool *help, struct error *error)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option;
    optind = 0; /* glibc then forgets a former scan */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":h", long_options, NULL)) != -1) {
        if (option == '?' || option == ':')
            return options_refuse(option, argv[optind - 1], error);
        *help = true;
    }
    if (argc - optind > 1)
        return error_set(error, EXIT_STATUS_USAGE,
                         "list takes one folder, and '%s' is a second one", argv[optind + 1]);
    if (optind < argc)
        *dir = argv[optind];
    return 0;
}

/* The local time, as `mprof list` has it. */
static const char *format_date(char out[DATE_SIZE], uint64_t time_ns)
{
    time_t seconds = (time_t)(time_ns / NS_PER_SECOND);
    struct tm parts;
    if (!localtime_r(&seconds, &parts) || !strftime(out, DATE_SIZE, "%Y-%m-%d %H:%M:%S", &parts))
        snprintf(out, DATE_SIZE, "%-19s", "?");
    return out;
}

static void print_contents(const struct series *series)
{
    char date[DATE_SIZE], seconds[MARKUP_NUMBER], mib[MARKUP_NUMBER];
    const struct series_sample *peak = series_track_peak(&series->tracks[0]);
    uint64_t from_ns = 0, to_ns = 0;
    series_range(series, &from_ns, &to_ns);
    double duration = (double)(to_ns - from_ns) / NS_PER_SECOND;
    double most = peak ? (double)peak->bytes / MIB_BYTES : 0;
    char *command = series_file_clean(series->command ? series->command : "");
    printf("  %s  %9s s  %10s MiB  %s\n", format_date(date, from_ns),
           markup_number(seconds, duration, 1), markup_number(mib, most, 1), command);
    free(command);
}

/* A file that cannot be read is listed with the reason, so that the numbers are those of all. */
static void print_file(const char *dir, const char *name, size_t n)
{
    struct series series;
    struct error error;
    char *path = path_join(dir, name);
    printf("%zu %s", n, name);
    if (series_file_read(&series, path, &error))
        printf("  %s\n", error.text);
    else
        print_contents(&series);
    series_fini(&series);
    free(path);
}

int series_list_run(int argc, char **argv, struct error *error)
{
    struct series_files files;
    const char *dir = ".";
    bool help = false;
    if (parse(argc, argv, &dir, &help, error))
        return -1;
    if (help) {
        fputs(options_help(), stdout);
        return EXIT_STATUS_OK;
    }
    int result = series_files_find(&files, dir, error);
    for (size_t i = 0; i < files.count; i++)
        print_file(dir, files.names[i], i);
    series_files_fini(&files);
    return result ? -1 : EXIT_STATUS_OK;
}
