/*
 * Recordings: memory over time in a file of SQLite, which stays whole whenever its writer dies and
 * can be read with anyone's SQL, while it is written, too.
 *
 *     PRAGMA application_id = 0x70796d74, user_version = 1 (RECORDING_VERSION)
 *     meta      (key TEXT PRIMARY KEY, value)     pymemtop (its version), command, begin_ns, and
 *                                                 end_ns where the recording was closed
 *     samples   (time_ns, pid, rss_bytes)         pid 0: the process that was run, or its
 * successors functions (name, begin_ns, begin_bytes, end_ns, end_bytes, level)     calls that are
 * over
 *
 * Times are nanoseconds since 1970-01-01 UTC, in SQLite's integers, which have a sign. Later
 * versions add tables, columns and keys; what is here stays what it is.
 *
 * What is added is in the file after the next commit, and safe from a death of this process, but
 * not of the machine, from then on. A commit does not wait for the disk, so that it can be made on
 * a loop; but for one in some hundreds, which carries 4 MiB of the log over into the file.
 *
 * Functions return 0, or -1 with `error`: no space, no permission, not a recording. A recording
 * that has failed may still be closed; what was committed stays in it. One thread.
 */
#ifndef STORE_RECORDING_H
#define STORE_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/series.h"

enum { RECORDING_VERSION = 1, RECORDING_MAGIC_BYTES = 16 };

struct recording;

/* Begin a recording in a new file. A recording that is there already is replaced; any other file is
 * left alone, and an error. NULL with `error`. */
struct recording *recording_create(const char *path, const char *command, uint64_t begin_ns,
                                   struct error *error);
int recording_sample(struct recording *recording, uint64_t pid, uint64_t time_ns, int64_t bytes,
                     struct error *error) ATTR_CHECKED;
/* A call that is over; span->function is not looked at. */
int recording_call(struct recording *recording, const char *name, const struct series_span *span,
                   struct error *error) ATTR_CHECKED;
int recording_commit(struct recording *recording, struct error *error) ATTR_CHECKED;
/* Commit, say when it ended, and free it in any case. The file then needs no other one beside it.
 */
int recording_close(struct recording *recording, uint64_t end_ns, struct error *error);

/* Do these bytes, the first ones of a file, begin a file of SQLite? */
bool recording_is_magic(const char *bytes, size_t len);
/* Read a file into the series, which was initialised, and sort it. */
int recording_read(const char *path, struct series *series, struct error *error) ATTR_CHECKED;

#endif
