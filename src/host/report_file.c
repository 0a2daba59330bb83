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
#include "report/imported_text.h"
#include "report/json.h"
#include "report/kusto.h"
#include "report/table.h"

static int make_report(const struct model *model, const struct options *options, struct buf *out,
                       struct error *error)
{
    if (options->format == FORMAT_JSON)
        return json_write(model, out, error);
    if (options->format == FORMAT_KUSTO)
        return kusto_write(model, report_file_is_json(options->output), out, error);
    if (table_write(model, options->precision, out, error))
        return -1;
    return model->imported ? imported_text_write(model, out, error) : 0;
}

/* Written beside the file, then moved over it. */
int report_file_replace(const char *path, const struct buf *bytes)
{
    struct stat info;
    bool direct = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
    char *fresh = direct ? mem_strdup(path) : mem_printf("%s.XXXXXX", path);
    int fd = direct ? open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY) : mkostemp(fresh, O_CLOEXEC);
    int result = fd < 0 ? -errno : path_write_all(fd, buf_text(bytes), bytes->len);
    if (!direct && fd >= 0) {
        mode_t mask = umask(0);
        umask(mask);
        if (!result && (fchmod(fd, 0666 & ~mask) < 0 || fsync(fd) < 0 || rename(fresh, path) < 0))
            result = -errno;
        if (result)
            unlink(fresh);
    }
    if (fd >= 0)
        close(fd);
    free(fresh);
    return result;
}

bool report_file_is_json(const char *path)
{
    size_t len = path ? strlen(path) : 0;
    return len > 5 && strcmp(path + len - 5, ".json") == 0;
}

int report_file_write_bytes(const struct buf *bytes, const struct options *options,
                            struct error *error)
{
    int failure = options->output ? report_file_replace(options->output, bytes)
                                  : path_write_all(STDOUT_FILENO, buf_text(bytes), bytes->len);
    if (failure)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot write the report to %s: %s",
                         options->output ? options->output : "standard output", strerror(-failure));
    return 0;
}

int report_file_write(const struct model *model, const struct options *options, struct error *error)
{
    struct buf out;
    buf_init(&out, REPORT_MAX_BYTES);
    int result = make_report(model, options, &out, error);
    if (!result)
        result = report_file_write_bytes(&out, options, error);
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
