/*
 * Opening a recording to read it, whatever the file is: for who reads memory over time, and for who
 * reads events.
 */
#ifndef STORE_RECORDING_OPEN_H
#define STORE_RECORDING_OPEN_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "base/span.h"

enum { RECORDING_APPLICATION_ID = 0x70796d74 };

/* Open it, and check that it is a recording of a version that is known; *version is which. 0, or -1
 * with `error`; the caller closes *db in either case. */
int recording_db_open(const char *path, sqlite3 **db, int64_t *version,
                      struct error *error) ATTR_CHECKED;
/* The number that a query gives, or -1. */
int64_t recording_db_number(sqlite3 *db, const char *query);
/* Bytes of a text or a blob; false where it is neither, or longer than `max`. */
bool recording_db_bytes(sqlite3_stmt *row, int column, size_t max, struct span *bytes);
/* "cannot <what> the recording <path>: ..." of what the database, which may be NULL, says. -1. */
int recording_db_fail(sqlite3 *db, const char *what, const char *path, struct error *error);

#endif
