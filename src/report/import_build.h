/*
 * What the files that sum an import up share; import_model.c says who does what, in which order.
 * They walk the rows by `order`, and keep what they find in arrays that are indexed with numbers of
 * the interns.
 */
#ifndef REPORT_IMPORT_BUILD_H
#define REPORT_IMPORT_BUILD_H

#include "report/import_parts.h"

/* One text of a file. */
struct import_version {
    uint32_t file;
    uint32_t older; /* of the same file; IMPORT_NONE */
    uint32_t ordinal;
    uint32_t lines;  /* that are known at the most */
    uint32_t *texts; /* owned; text + 1 by line - 1; 0: unknown */
    uint32_t *lasts; /* owned; of the table that begins in the line, its last line; 0 */
    uint32_t index;  /* in the model */
};

/* Of an instance, for the slope of its memory. */
struct import_slope {
    double count, sum, weighted;
};

struct import_build {
    struct import *import;
    struct model *model;
    uint32_t *order;                 /* owned; rows: by time, later by invocation */
    size_t count;                    /* of order */
    uint32_t numbers;                /* of invocations */
    uint32_t *keys;                  /* owned; by number of an invocation, its key; IMPORT_NONE */
    struct import_version *versions; /* owned */
    uint32_t version_count, version_capacity;
    uint32_t *newest; /* owned; version by file */
    uint32_t line_count;
    uint32_t *calls;             /* owned; by key, index + 1 of the notice */
    struct import_slope *slopes; /* owned; by instance */
};

/* The row that stands there in the order. */
static inline struct import_row *import_row_at(const struct import_build *build, size_t at)
{
    return &build->import->rows[build->order[at]];
}

/* ---- import_rows.c ---- */

/* Put all rows into the order of time, and give each its file and the number of its invocation (as
 * `key`, from 1); then order them by invocation, without the names of files. */
void import_settle_rows(struct import_build *build);

/* ---- import_versions.c ---- */

/* Give each row, as `file`, the version of its file that its table is of. A row for which there is
 * no room has line 0 from then on, and is counted. */
void import_settle_tables(struct import_build *build);

/* ---- import_files.c ---- */

/* The versions become files of the model. */
void import_make_files(struct import_build *build);
/* The model has a function of that name from now on: it stands in the file. */
void import_know_function(struct import_build *build, const char *name, uint32_t file);
/* The function that an invocation without a name ran: that of the folder, or of the file. */
char *import_file_function(const struct file *file) ATTR_ALLOC;
/* Where the app was deployed, as the files' names say: the folder that holds them all, or the one
 * above it where that is a function's of the v1 model. */
char *import_root(const struct import *import) ATTR_ALLOC;
/* The text of that number, as a string. */
char *import_string(const struct intern *intern, uint32_t number) ATTR_ALLOC;

#endif
