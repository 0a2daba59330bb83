/*
 * A record of a log as the readers hand it on: the fields that pymemtop has a use for, whatever the
 * export calls them, and where it stands.
 */
#ifndef REPORT_LOG_RECORD_H
#define REPORT_LOG_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum log_field {
    FIELD_TIME,
    FIELD_MESSAGE,
    FIELD_LINE, /* the five columns of the page's query, in its order */
    FIELD_MEM,
    FIELD_INCREMENT,
    FIELD_OCCURRENCES,
    FIELD_CONTENTS,
    FIELD_FILE,
    FIELD_INVOCATION,
    FIELD_OPERATION,
    FIELD_FUNCTION,
    FIELD_OPERATION_NAME,
    FIELD_INSTANCE,   /* of the app: cloud_RoleInstance */
    FIELD_ITEM,       /* the record's own id: itemId */
    FIELD_REQUEST,    /* RequestId: the same in the page's query; else of many records */
    FIELD_ITEM_COUNT, /* how many items it stands for, where there was sampling */
    FIELD_CATEGORY,   /* where it is of a function: "Function.X" or "Function.X.User" */
    FIELD_DIMENSIONS, /* customDimensions: JSON */
    LOG_FIELDS,
};

struct log_record {
    struct span fields[LOG_FIELDS]; /* without one: len 0 */
    bool is_table;                  /* it has the page's columns, filled in or not */
    bool is_console; /* of the console of a host: its notices stand between the rows */
    uint64_t place;  /* from 1: the line of a text, the record of a JSON document */
};

/* Who takes what a reader finds. Spans are the reader's, and end with the call. */
struct log_sink {
    void *context;
    void (*record)(void *context, const struct log_record *record);
    /* Something that cannot be read, in words, with the first bytes of it. `place` as above. */
    void (*problem)(void *context, uint64_t place, const char *what, struct span example);
};

/* The field that a column or key of that name is; LOG_FIELDS for all others. Case does not matter,
 * nor does a unit behind it, as in "timestamp [UTC]". */
enum log_field log_field_of(struct span name);

/* A record in the making: its fields are copied to one buffer. */
struct log_draft {
    struct buf text;
    struct {
        size_t from, len;
        unsigned depth; /* at which it was found, from 1; 0: it was not */
    } fields[LOG_FIELDS];
    bool is_table;
};

void log_draft_init(struct log_draft *draft);
void log_draft_fini(struct log_draft *draft);
/* Begin the next record. */
void log_draft_clear(struct log_draft *draft);
/* Set a field that was found `depth` objects deep: the shallower one counts, and the first one of
 * two; ids of the record are found at depth 1 alone. What makes it too large is left out. */
void log_draft_set(struct log_draft *draft, enum log_field field, struct span value,
                   unsigned depth);
/* Hand it on, with the fields that its customDimensions hold where nothing else has them. */
void log_draft_send(struct log_draft *draft, const struct log_sink *sink, uint64_t place);

#endif
