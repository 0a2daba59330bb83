/*
 * The table is appended to -o's file, as memory_profiler does; a JSON document and an
 * mprofile_*.dat take a file's place. Such data comes from a recording, which is made beside it and
 * goes.
 */
#include "config.h"
#include "host/run_report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "host/path.h"
#include "host/report_file.h"
#include "host/series_file.h"
#include "report/mprofile.h"
#include "report/table.h"

#define ANY_NAME "mprofile.dat" /* beside which the file is going to be */

enum { REPORT_MAX_BYTES = 1 << 30, STAMP_SIZE = 16 };

static bool is_appended(const struct run_options *options)
{
    return options->format == RUN_TEXT && options->common.output && !options->common.quiet;
}

static int open_output(struct run_report *report, struct error *error)
{
    const char *path = report->options->common.output;
    report->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (report->fd < 0)
        return report_file_refuse(path, -errno, error);
    return 0;
}

static int make_folder(struct run_report *report, struct error *error)
{
    const char *temporary = getenv("TMPDIR");
    report->folder = path_join(temporary && *temporary ? temporary : "/tmp", "pymemtop-XXXXXX");
    if (!mkdtemp(report->folder)) {
        error_set(error, EXIT_STATUS_SYSTEM, "cannot make the folder %s: %s", report->folder,
                  strerror(errno));
        free(report->folder);
        report->folder = NULL;
        return -1;
    }
    report->recording = path_join(report->folder, "recording");
    return 0;
}

int run_report_open(struct run_report *report, const struct run_options *options,
                    struct error *error)
{
    *report = (struct run_report){.options = options, .fd = -1};
    if (is_appended(options))
        return open_output(report, error);
    const char *path = options->common.output;
    if (options->format == RUN_MPROF && !path)
        path = ANY_NAME;
    if ((options->format == RUN_MPROF || !options->common.quiet) && report_file_try(path, error))
        return -1;
    return options->format == RUN_MPROF ? make_folder(report, error) : 0;
}

const char *run_report_recording(const struct run_report *report)
{
    return report->recording ? report->recording : report->options->common.record;
}

/* ---- the table ---- */

/* A line of it has; of decorated functions, where there are any in the program. */
static bool has_run(const struct file *file, bool decorated)
{
    for (uint32_t line = 1; line <= file->line_count; line++)
        if (file->lines[line - 1].total.occurrences &&
            (!decorated || file_is_decorated_at(file, line)))
            return true;
    return false;
}

static bool any_has_run(const struct model *model)
{
    for (size_t i = 0; i < model->file_count; i++)
        if (has_run(model->files[i], model->decorated_count > 0))
            return true;
    return false;
}

/* An empty report would look like a mistake of pymemtop's, unless the program says why. Functions
 * that were decorated and have run have printed their tables themselves. */
static void say_nothing_ran(const struct model *model)
{
    bool decorated = model->decorated_count > 0, ran = any_has_run(model);
    if (!ran && decorated)
        fputs("pymemtop: no function that the program has decorated was called\n", stderr);
    else if (!ran)
        fputs("pymemtop: no file that is profiled has run; these are the files in the program's "
              "folder and below, or those of --include\n",
              stderr);
    else if (!decorated)
        fputs("pymemtop: no function was called, and the code outside of functions has not changed "
              "the memory\n",
              stderr);
}

static int write_table(const struct run_report *report, const struct model *model, bool succeeded,
                       struct error *error)
{
    const struct options *options = &report->options->common;
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    int result = 0;
    if (model->decorated_count == 0)
        result = table_write_modules(model, options->precision, &out, error);
    if (!result)
        result = table_write(model, options->precision, &out, error);
    if (!result && out.len == 0 && succeeded)
        say_nothing_ran(model);
    if (!result) {
        int failure =
            path_write_all(report->fd >= 0 ? report->fd : STDOUT_FILENO, buf_text(&out), out.len);
        if (failure)
            result = report_file_refuse(options->output, failure, error);
    }
    buf_fini(&out);
    return result;
}

/* ---- mprof ---- */

/* mprofile_<YYYYMMDDhhmmss>.dat, by the time at which the program began. */
static char *default_name(const struct model *model)
{
    char stamp[STAMP_SIZE] = "";
    time_t begun = (time_t)(model->invocations.kept[0]->start_realtime_ns / NS_PER_SECOND);
    struct tm parts;
    if (localtime_r(&begun, &parts))
        strftime(stamp, sizeof stamp, "%Y%m%d%H%M%S", &parts);
    return mem_printf("mprofile_%s.dat", stamp);
}

static int write_series(const struct series *series, const char *path, struct error *error)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    int failure = mprofile_write(series, &out);
    if (!failure)
        failure = report_file_replace(path, &out);
    buf_fini(&out);
    return failure ? report_file_refuse(path, failure, error) : 0;
}

static int write_mprof(const struct run_report *report, const struct model *model,
                       struct error *error)
{
    const struct options *options = &report->options->common;
    struct series series;
    char *name = options->output ? mem_strdup(options->output) : default_name(model);
    int result = series_file_read(&series, report->recording, error);
    if (!result)
        result = write_series(&series, name, error);
    if (!result && !options->quiet) {
        char *clean = series_file_clean(name);
        fprintf(stderr, "pymemtop: memory over time is in %s\n", clean);
        free(clean);
    }
    series_fini(&series);
    free(name);
    return result;
}

int run_report_write(const struct run_report *report, const struct model *model, bool succeeded,
                     struct error *error)
{
    const struct run_options *options = report->options;
    if (options->format == RUN_MPROF)
        return write_mprof(report, model, error);
    if (options->common.quiet)
        return 0;
    if (options->format == RUN_REPORT)
        return report_file_write(model, &options->common, error);
    return write_table(report, model, succeeded, error);
}

void run_report_close(struct run_report *report)
{
    if (report->fd >= 0)
        close(report->fd);
    if (report->recording)
        unlink(report->recording);
    if (report->folder)
        rmdir(report->folder);
    free(report->recording);
    free(report->folder);
}
