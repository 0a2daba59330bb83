/* What recorder.c, which records, and recorder_type.c, its face to Python, share. */
#ifndef WORKER_RECORDER_PARTS_H
#define WORKER_RECORDER_PARTS_H

#include "worker/recorder.h"

#include <stdbool.h>

struct row {
    int64_t increment_bytes;
    int64_t peak_bytes;
    uint64_t occurrences;
    uint32_t order;  /* in which the lines were executed first, from 1 on; 0: not yet to its end */
    uint32_t charge; /* the latest one that has reached the row */
};

/* A code object that was added, or lies within one that was. */
struct recorded_code {
    const struct code_info *info;
    PyObject *code; /* owned, which keeps the info */
    uint32_t top;   /* index of the one that was added */
    int first_line; /* of that one */
    uint32_t first_row;
    uint32_t row_count;
};

struct recorder {
    PyObject_HEAD bool everything; /* functions are added when they are entered */
    unsigned meter;                /* what it measures by: meters.h */
    struct scope *scopes;          /* borrowed; those that are open */
    struct recorded_code *codes;
    uint32_t code_count;
    uint32_t *by_info; /* a hash table of indexes + 1; for more than a few code objects */
    uint32_t by_info_size;
    struct row *rows;
    uint32_t row_count;
    uint32_t executed;   /* rows that have an order */
    uint32_t entry_row;  /* the first one of them */
    int64_t entry_bytes; /* RSS before it; 0 within another recorder's call */
    uint64_t pass;       /* the latest event that has reached it */
};

/* From a begin() to its end(): a Python object, which contexts share as the variable's value. */
struct scope {
    PyObject_HEAD uint64_t number; /* 0: it is over */
    struct recorder *recorder;     /* owned */
    struct scope *below;           /* owned; the one before it in its context */
    struct scope *next;            /* borrowed; of the recorder's open ones */
};

/* The context variable, as `recorder` of the module. 0, or -1 with an exception. */
int recorder_open(PyObject *module);

/* True, and which it is, where the code was added. */
bool recorder_knows(const struct recorder *recorder, const struct code_info *info, uint32_t *code);
/* Add the code, with its rows and the code in its constants, whose bytes are pymemtop's own. False
 * where memory is short, or with an exception. */
bool recorder_add_code(struct recorder *recorder, PyCodeObject *code);
/* The parts of it: false where memory is short. */
bool recorder_append_code(struct recorder *recorder, struct recorded_code code);
bool recorder_add_rows(struct recorder *recorder, uint32_t count);

/* What begin() and end() of the type say. 0, or -1 with an exception. */
int recorder_begin(struct recorder *recorder);
int recorder_end(struct recorder *recorder);

#endif
