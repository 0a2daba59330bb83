/*
 * The writer's side of the shared segment (wire/segment.h): hands out entries of its tables and
 * counts into them. Everything here is called under the interpreter lock, so that there is one
 * writer at a time; the host reads without a lock.
 *
 * No function fails: where a table is full, the result is SEGMENT_NONE (or a line is counted as
 * lost), the tracer goes on, and the totals that still have a place stay exact.
 */
#ifndef WORKER_PUBLISH_H
#define WORKER_PUBLISH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "wire/segment.h"

/* Slot 0: work outside every invocation. */
#define PUBLISH_OUTSIDE 0u
/* publish_add_file found no room. */
#define PUBLISH_NO_FILE UINT32_MAX

/* Write into `segment` from now on (borrowed until the process ends). 0, or -1 with `error`. */
int publish_open(struct segment *segment, struct error *error);
/* In a child made by fork: from now on everything is written to memory that nobody reads. */
void publish_detach(void);

uint32_t publish_add_file(const char *path, size_t len);
void publish_add_function(uint32_t file, uint32_t first_line, uint32_t last_line, const char *name,
                          size_t len);
/* A fresh site; the caller remembers it (one for each line of a file). A full table is a lost line.
 */
uint32_t publish_add_site(uint32_t file, uint32_t line);
/* An execution of a line for which there is no room. */
void publish_lose_line(void);

/* Begin invocation `number` with RSS `rss_bytes`: its slot, PUBLISH_OUTSIDE where all are taken. */
uint32_t publish_begin(uint64_t number, int64_t rss_bytes);
/* The invocation in `slot` is over. */
void publish_end(uint32_t slot, int64_t rss_bytes);
/* True while the slot is that of invocation `number` and was not ended. */
bool publish_is_running(uint32_t slot, uint64_t number);

/* An execution of `site` begins in `slot`, whose running line it becomes; `counts`: as one of its
 * occurrences. Nothing for SEGMENT_NONE. */
void publish_open_line(uint32_t slot, uint32_t site, bool counts);
/* The slot's running line is `site` again: what it called has returned. */
void publish_resume_line(uint32_t slot, uint32_t site);
/* An execution ends with RSS `rss_bytes`. */
void publish_close_line(uint32_t slot, uint32_t site, int64_t rss_bytes);
/* RSS changed by `delta_bytes` while `site` was being executed; `self`: by the line itself, not in
 * a profiled callee. */
void publish_charge(uint32_t slot, uint32_t site, int64_t delta_bytes, bool self);
/* RSS changed to `rss_bytes`. `owner` is the slot to which the change belongs or, where that cannot
 * be known, PUBLISH_UNKNOWN; `by_line` says that the owner's lines were charged with it. */
#define PUBLISH_UNKNOWN UINT32_MAX
void publish_change(uint32_t owner, bool by_line, uint32_t site, int64_t delta_bytes,
                    int64_t rss_bytes);
/* Invocations that run now. */
uint32_t publish_running(void);
/* RSS when the app is loaded, and the own share. */
void publish_baseline(int64_t rss_bytes);

#endif
