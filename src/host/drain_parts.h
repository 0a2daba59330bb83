/*
 * What a drain is made of: for drain.c, and for drain_heap.c, which does the part of the heap.
 */
#ifndef HOST_DRAIN_PARTS_H
#define HOST_DRAIN_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/drain.h"
#include "host/fingerprint.h"
#include "host/shared.h"
#include "model/model.h"
#include "wire/segment.h"

#define NO_FILE UINT32_MAX

/* What the drain knows of a file on disk; one for each of model->files. */
struct source {
    struct fingerprint read;    /* when its text was read */
    struct fingerprint checked; /* when it was last looked whether the text is still that */
    unsigned worker;            /* the latest one that runs it, as drain.worker counts them */
};

struct drain {
    struct model *model;
    struct segment *segment;          /* borrowed or NULL */
    uint32_t file_map[SEGMENT_FILES]; /* from the segment's files to the model's, or NO_FILE */
    uint32_t files_seen;              /* of the segment */
    uint32_t functions_seen;          /* of the segment */
    uint32_t decorated_seen;          /* of these, those that were decorated */
    uint64_t dropped_before;          /* samples that former workers dropped */
    int64_t sampled_bytes;            /* the RSS after the latest sample; 0 before there is one */
    uint64_t sampled_number;          /* of an invocation, and its serial */
    uint64_t sampled_serial;
    unsigned worker;        /* how many segments were attached */
    struct source *sources; /* owned */
    size_t source_count;
    uint64_t kept_ns;              /* when `kept` was copied last; 0: not yet */
    drain_call_listener *listener; /* of calls, or NULL */
    void *listener_context;
    const char *given_path; /* of the file that is in memory alone, or NULL */
    const char *given_text;
    size_t given_len;
    uint64_t ended_before; /* invocations, when the worker was attached */
    bool held;             /* what the worker frees from now on is no news */
};

/* The model's place of a site: false where the site is none of the published ones. */
bool drain_find_site(const struct drain *drain, uint32_t index, uint32_t *file, uint32_t *line);

/* drain_heap.c */

void drain_heap_header(struct drain *drain);
/* Add the heap's part to what is loaded of a site, which is on `line` of the model's `file`. */
void drain_heap_site(const struct drain *drain, uint32_t site, uint32_t file, uint32_t line,
                     struct line_stats *stats);
void drain_heap_cell(const struct drain *drain, uint32_t cell, struct line_stats *stats);
void drain_heap_slot(const struct drain *drain, uint32_t slot, struct invocation *invocation,
                     bool over);
/* Copy what invocations left behind, where the last time is long enough ago. */
void drain_kept(struct drain *drain, uint64_t now_ns);

#endif
