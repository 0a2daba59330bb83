/*
 * The thread that writes a recording: it alone has the database, so that nobody waits for SQLite or
 * a disk. What is added at a time becomes one transaction, or a part of one, in the order in which
 * it was added.
 *
 * When something cannot be written the scribe writes no more, and says so when it is asked; what
 * was committed stays. All functions are for one thread, which is not the scribe's.
 */
#ifndef STORE_SCRIBE_H
#define STORE_SCRIBE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "store/rows.h"

struct scribe;

/* `db`, which may be open without a mutex, has the tables; it moves to the scribe, also where that
 * fails: NULL with `error`. */
struct scribe *scribe_start(sqlite3 *db, const char *path, struct error *error);
/* The same of a database without tables: those of `from` are copied first, as they are at this
 * moment; `from`, another connection to a recording, moves to the scribe, too, and is closed then.
 */
struct scribe *scribe_start_copy(sqlite3 *db, const char *path, sqlite3 *from, struct error *error);
/* Keep the file below that size from the next commit on; 0: without end. */
void scribe_limit(struct scribe *scribe, int64_t bytes);
/* Write these rows, which are copied. Waits only where a great deal is still to be written. 0, or
 * -1 with `error`: it has failed, now or before. */
int scribe_add(struct scribe *scribe, const struct rows *rows, struct error *error) ATTR_CHECKED;
/* 0, or -1 with `error`: it has failed. */
int scribe_check(struct scribe *scribe, struct error *error) ATTR_CHECKED;
/* All that was added is in the file. 0, or -1 with `error`. */
int scribe_wait(struct scribe *scribe, struct error *error) ATTR_CHECKED;
/* Write what was added, make one file of it, and free the scribe. 0, or -1 with `error`. */
int scribe_end(struct scribe *scribe, struct error *error);

#endif
