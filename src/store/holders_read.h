/*
 * Who holds what leaks, out of a recording (store/recording.h): what was known of it at an event.
 * The file may come from anywhere; what of it cannot be is left out. One thread.
 */
#ifndef STORE_HOLDERS_READ_H
#define STORE_HOLDERS_READ_H

#include <sqlite3.h>
#include <stdint.h>

#include "model/model.h"

enum holders_query {
    GET_HOLDERS,
    GET_HOLDERS_LINES,
    GET_HOLDERS_TYPES,
    GET_HOLDERS_CHAINS,
    HOLDERS_QUERIES
};

/* Zeroed: there is nothing to be read. */
struct holders_reader {
    sqlite3_stmt *statements[HOLDERS_QUERIES];
};

/* A recording of an older version has none. */
void holders_reader_init(struct holders_reader *reader, sqlite3 *db);
void holders_reader_fini(struct holders_reader *reader);
/* Give the model, which is at that event, what was known then, in model->evidence; its `revision`
 * is which of the recording's answers that is, so that the same is not read twice. */
void holders_reader_take(struct holders_reader *reader, uint64_t event, struct model *model);

#endif
