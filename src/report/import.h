/*
 * Logs of deployed apps become a model. Rows are collected from any number of logs, in any order of
 * time, and at the end put into the order of time, given to invocations, and summed up.
 *
 * Invocations are those of the InvocationId, else of the operation; where a row has neither, those
 * of the host's notices in a console's text; else a table ("Filename:") that was there already, or
 * a time without rows (`gap_ns`), begins the next one of its instance.
 *
 * A row whose Increment is its Mem usage, at the beginning of a table, is memory_profiler's reading
 * at entry: the invocation begins there, and nothing has grown. Texts of files are put together
 * from the rows; where a line has had several (the app was deployed again), the file has versions.
 *
 * Pure: bytes come from the caller, as do files of --source.
 */
#ifndef REPORT_IMPORT_H
#define REPORT_IMPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/buf.h"
#include "model/model.h"
#include "report/import_reader.h"

enum {
    IMPORT_LINES_MAX = 400000, /* lines of all files: a file has as many as its last row says */
    IMPORT_FILES_MAX = 10000,  /* versions of files */
    IMPORT_NAMES_MAX = 2000,   /* of functions; further ones go by their files */
    IMPORT_ROWS_MAX = 50000000,
};

struct import_setup {
    uint64_t gap_ns;      /* between rows of two invocations that nothing else tells apart */
    const char *instance; /* borrowed, or NULL: rows of other instances of the app are passed over;
                           * "a*": of those whose names do not begin with a */
    void *context;        /* of the functions */
    /* Append the text of the file that `path` was in the log to `out`: true where there is one. May
     * be NULL. */
    bool (*source)(void *context, const char *path, struct buf *out);
    /* The invocation is whole; it may be dropped from the model with the next one. May be NULL. */
    void (*invocation)(void *context, const struct model *model,
                       const struct invocation *invocation);
};

struct import;

/* `setup` is copied. */
struct import *import_new(const struct import_setup *setup) ATTR_ALLOC;
/* Begin a log of that name; its bytes come with import_feed. */
void import_begin(struct import *import, const char *name);
/* False where the rest of it cannot be read, which is noted. */
bool import_feed(struct import *import, const char *bytes, size_t len);
void import_end(struct import *import);
/* Rows with figures so far. */
uint64_t import_rows(const struct import *import);
/* The model, which the caller frees; model->imported says how it went. To be asked for once. */
struct model *import_finish(struct import *import);
void import_free(struct import *import);

#endif
