/* Keeping a recording below its limit. The thread that has its database. */
#ifndef STORE_THIN_H
#define STORE_THIN_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/span.h"

struct thin {
    sqlite3 *db;            /* borrowed */
    const char *path;       /* borrowed */
    int64_t limit_bytes;    /* 0: none */
    int64_t again_bytes;    /* below that size there is nothing that could go */
    uint64_t thinned_event; /* nothing before it is a change any more */
    uint64_t keyframe;      /* the event of the latest one */
    struct span kept;       /* serials (uint64_t) of invocations that may change; borrowed */
    uint64_t output;        /* lines of output that are in the file */
};

/* Thin what is oldest where the file comes near its limit. After a commit. 0, or -1 with `error`:
 * nothing is left that could go. */
int thin_keep_limit(struct thin *thin, struct error *error) ATTR_CHECKED;

#endif
