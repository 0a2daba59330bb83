/* Where a report goes: standard output, or a file that is replaced as a whole or not at all. */
#ifndef HOST_REPORT_FILE_H
#define HOST_REPORT_FILE_H

#include <stdbool.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "base/error.h"
#include "host/options.h"
#include "model/model.h"

/* Write the report in the format and to the place that the options name. 0, or -1 with `error`. */
int report_file_write(const struct model *model, const struct options *options,
                      struct error *error);
/* Is that the name of a JSON file? With --format kusto it decides the form. */
bool report_file_is_json(const char *path);
/* Write the bytes to `path` (NULL: standard output): who reads it sees the old file or the new one.
 * What is no regular file (a terminal, a pipe, /dev/null) is written to as it is. 0 or -errno. */
int report_file_replace(const char *path, const struct buf *bytes) ATTR_CHECKED;
/* Could that be written now? Nothing is changed. 0, or -1 with `error`. */
int report_file_try(const char *path, struct error *error);
/* Say that it could not be written: -1 with `error`. */
int report_file_refuse(const char *path, int failure, struct error *error);

/* A report that is written in parts: a file is replaced at the end, as a whole or not at all. */
struct report_stream {
    const char *path; /* borrowed; NULL: standard output */
    char *fresh;      /* owned; the file that is being written */
    int fd;
    bool direct; /* to what is no regular file */
    int failure; /* of the first thing that failed; negative errno */
};

void report_stream_open(struct report_stream *stream, const char *path);
void report_stream_write(struct report_stream *stream, const char *bytes, size_t len);
/* 0, or what has failed first as -errno. Without `keep` the file stays as it was. */
int report_stream_close(struct report_stream *stream, bool keep);

/* With --verify-rss, say on standard error what the worker's check of its own readings has found.
 */
void report_file_say_check(const struct model *model, const struct options *options);
/* Say on standard error which conditions hold for the run, or cannot be told, in a line each, and
 * where it is `leak` that holds the table of evidence. True where one does. */
bool report_file_say_conditions(const struct model *model, const struct fail_on *set);

#endif
