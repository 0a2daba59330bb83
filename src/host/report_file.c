/*
 * The report is made in memory first. What fails on the way leaves neither half a report on
 * standard output nor a broken file.
 */
#include "config.h"
#include "host/report_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/path.h"
#include "report/csv.h"
#include "report/evidence.h"
#include "report/folded.h"
#include "report/html.h"
#include "report/imported_text.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/kusto.h"
#include "report/markdown.h"
#include "report/run_check.h"
#include "report/speedscope.h"
#include "report/table.h"

static int make_text(const struct model *model, const struct options *options, struct buf *out,
                     struct error *error)
{
    if (table_write(model, options->precision, out, error) ||
        evidence_write_sentences(model, out, error))
        return -1;
    return model->imported ? imported_text_write(model, out, error) : 0;
}

static int make_report(const struct model *model, const struct options *options, struct buf *out,
                       struct error *error)
{
    struct checks checks;
    run_check(model, &options->fail_on, &checks);
    switch (options->format) {
    case FORMAT_TEXT: return make_text(model, options, out, error);
    case FORMAT_CSV: return csv_report_write(model, out, error);
    case FORMAT_FOLDED: return folded_write(model, FOLDED_ALLOCATED, out, error);
    case FORMAT_FOLDED_RETAINED: return folded_write(model, FOLDED_RETAINED, out, error);
    case FORMAT_HTML: return html_write(model, &checks, out, error);
    case FORMAT_JSON: return json_write(model, out, error);
    case FORMAT_JUNIT: return junit_write(model, &checks, out, error);
    case FORMAT_KUSTO: return kusto_write(model, report_file_is_json(options->output), out, error);
    case FORMAT_MARKDOWN: return markdown_write(model, &checks, out, error);
    case FORMAT_SPEEDSCOPE: return speedscope_write(model, out, error);
    }
    return -1;
}

/* Write beside the file, then move over it: who reads FILE sees the old one or the new one. What is
 * no regular file (a terminal, a pipe, /dev/null) is written to as it is. */
void report_stream_open(struct report_stream *stream, const char *path)
{
    struct stat info;
    *stream = (struct report_stream){.path = path, .fd = STDOUT_FILENO};
    if (!path)
        return;
    stream->direct = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
    stream->fresh = stream->direct ? mem_strdup(path) : mem_printf("%s.XXXXXX", path);
    stream->fd = stream->direct ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
                                : mkostemp(stream->fresh, O_CLOEXEC);
    stream->failure = stream->fd < 0 ? -errno : 0;
}

void report_stream_write(struct report_stream *stream, const char *bytes, size_t len)
{
    if (!stream->failure)
        stream->failure = path_write_all(stream->fd, bytes, len);
}

/* The file that was written beside takes the place of the other, or goes. */
static int settle_file(struct report_stream *stream, bool keep)
{
    mode_t mask = umask(0);
    umask(mask);
    int result = stream->failure;
    if (!result && keep &&
        (fchmod(stream->fd, 0666 & ~mask) < 0 || fsync(stream->fd) < 0 ||
         rename(stream->fresh, stream->path) < 0))
        result = -errno;
    if (result || !keep)
        unlink(stream->fresh);
    return result;
}

int report_stream_close(struct report_stream *stream, bool keep)
{
    int failure = stream->failure;
    if (stream->path && !stream->direct && stream->fd >= 0)
        failure = settle_file(stream, keep);
    if (stream->path && stream->fd >= 0)
        close(stream->fd);
    free(stream->fresh);
    return failure;
}

int report_file_refuse(const char *path, int failure, struct error *error)
{
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot write the report to %s: %s",
                     path ? path : "standard output", strerror(-failure));
}

int report_file_try(const char *path, struct error *error)
{
    struct report_stream stream;
    struct stat info;
    int failure = 0;
    if (path && stat(path, &info) == 0 && !S_ISREG(info.st_mode)) {
        /* Who reads a pipe would take it for its end if it was opened and closed. */
        if (S_ISDIR(info.st_mode))
            failure = -EISDIR;
        else if (access(path, W_OK) < 0)
            failure = -errno;
    } else {
        report_stream_open(&stream, path);
        failure = report_stream_close(&stream, false);
    }
    return failure ? report_file_refuse(path, failure, error) : 0;
}

int report_file_replace(const char *path, const struct buf *bytes)
{
    struct report_stream stream;
    report_stream_open(&stream, path);
    report_stream_write(&stream, buf_text(bytes), bytes->len);
    return report_stream_close(&stream, true);
}

bool report_file_is_json(const char *path)
{
    size_t len = path ? strlen(path) : 0;
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

enum { REPORT_MAX_BYTES = 1 << 30 };

int report_file_write(const struct model *model, const struct options *options, struct error *error)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    int result = make_report(model, options, &out, error);
    if (!result) {
        int failure = report_file_replace(options->output, &out);
        if (failure)
            result = report_file_refuse(options->output, failure, error);
    }
    buf_fini(&out);
    return result;
}

void report_file_say_check(const struct model *model, const struct options *options)
{
    const struct rss_check *check = &model->rss_check;
    if (!options->verify_rss)
        return;
    fprintf(stderr,
            "pymemtop: RSS read at %" PRIu64 " events, changed at %" PRIu64 ", and %" PRIu64
            " of these changes would have been found later%s\n",
            check->events, check->changes, check->misses,
            model->rss_is_polled ? " (RSS is polled: no constant clock)" : "");
}

static void say_evidence(const struct model *model)
{
    struct buf table;
    struct error error;
    buf_init(&table, REPORT_MAX_BYTES);
    if (evidence_write_table(model, &table, &error) == 0)
        fputs(buf_text(&table), stderr);
    buf_fini(&table);
}

bool report_file_say_conditions(const struct model *model, const struct fail_on *set)
{
    struct checks checks;
    run_check(model, set, &checks);
    for (size_t i = 0; i < checks.count; i++)
        if (checks.items[i].holds)
            fprintf(stderr, "pymemtop: %s: %s\n", checks.items[i].condition.text,
                    checks.items[i].why);
        else if (checks.items[i].is_undecided)
            fprintf(stderr, "pymemtop: --fail-on %s %s\n", checks.items[i].condition.text,
                    checks.items[i].why);
    if (checks_hold_kind(&checks, FAIL_ON_LEAK))
        say_evidence(model);
    return checks_hold(&checks);
}
