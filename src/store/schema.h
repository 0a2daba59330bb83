/* The tables of a recording (store/recording.h), and the statements that add to them. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include <sqlite3.h>

enum { BATCH_ROWS = 8 };

/* What a recording is written by: a statement each. */
enum row {
    ROW_SET_META,
    ROW_ADD_SAMPLE,
    ROW_ADD_CALL,
    ROW_ADD_EVENT,
    ROW_ADD_KEYFRAME,
    ROW_ADD_LINES,
    ROW_ADD_MOMENTS,
    ROW_ADD_FILE,
    ROW_ADD_LINE,
    ROW_SET_LINE,
    ROW_SET_INVOCATION,
    ROW_UPDATE_INVOCATION,
    ROW_ADD_MARKER,
    ROW_ADD_OUTPUT,
    ROW_ADD_PACKAGE,
    ROW_ADD_HOLDERS,
    ROW_ADD_HOLDERS_LINE,
    ROW_ADD_HOLDERS_TYPE,
    ROW_ADD_HOLDERS_CHAIN,
    ROW_ADD_LINES_MANY, /* BATCH_ROWS of them, as the next two */
    ROW_SET_INVOCATION_MANY,
    ROW_ADD_OUTPUT_MANY,
    ROWS,
    ROW_KEPT = ROWS, /* no statement: the serials of the invocations that may still change */
};

extern const char *const schema_rows[ROWS];

/* Make the tables in an empty database. Returns SQLite's code. */
int schema_create(sqlite3 *db);
/* How it is written: for who opens one that has the tables. Returns SQLite's code. */
int schema_configure(sqlite3 *db);

#endif
