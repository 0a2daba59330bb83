/*
 * What a recording that is written is made of: for recording.c, which begins and ends it,
 * recording_copy.c, recording_events.c and recording_totals.c.
 */
#ifndef STORE_RECORDING_PARTS_H
#define STORE_RECORDING_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/change.h"
#include "store/moments.h"
#include "store/recording.h"
#include "store/rows.h"
#include "store/scribe.h"

/* What is still to be written of a file's totals. */
struct line_marks {
    unsigned char *lines; /* owned; by line - 1: LINE_IS_THERE, LINE_IS_DIRTY */
    uint32_t count;
    bool is_dirty; /* a line is */
};

enum { LINE_IS_THERE = 1, LINE_IS_DIRTY = 2 };

struct recording {
    struct scribe *scribe;
    struct scribe *copy; /* NULL without one */
    char *copy_path;     /* owned; with it */
    char *path;
    int64_t limit_bytes;                           /* 0: none */
    struct rows rows;                              /* since the latest commit, */
    struct batch ended_lines, invocations, output; /* and these, which come with each invocation */

    bool has_events;
    bool has_invocations;      /* they are calls, too */
    uint64_t zero_ns;          /* real time at 0 of the model's clock */
    uint64_t event;            /* the latest one's number; 0: none yet */
    size_t keyframe_bytes;     /* of the latest one */
    size_t change_bytes;       /* of the changes since */
    struct change_state state; /* what the latest event was */
    struct change_state nothing;
    struct writer change;
    uint64_t event_ns;        /* when the latest event was, by the model's clock */
    uint64_t samples_written; /* of the model's */
    struct moments turns;     /* of the event that is written: invocations that began or ended */
    struct buf moments;       /* all of it, as they are in the file */
    uint64_t output_written;  /* lines of output that are in the file */
    uint64_t lines_number;    /* the latest one of lines that are kept apart */
    struct writer lines;
    uint64_t holders_revision; /* of the model's evidence that is in the file, */
    uint64_t holders_number;   /* and under which number */
    struct buf cells;
    struct line_marks *marks; /* owned; by file */
    size_t mark_count;
    uint64_t *dirty; /* owned; serials of invocations that are to be written again */
    size_t dirty_count, dirty_capacity;
};

/* ---- recording.c ---- */

/* Is the file at `path` a recording, where that may be replaced, or none at all? 0, or -1. */
int recording_check_place(const char *path, bool replace, struct error *error);
/* Remove it, with what SQLite has left beside it where its writer died. */
int recording_remove_old(const char *path, struct error *error);

/* ---- recording_holders.c ---- */

/* Write who holds what leaks, where that is not in the file yet. */
void recording_put_holders(struct recording *recording, const struct holders_list *list);

/* ---- recording_totals.c ---- */

/* A file of the model's is new. */
void recording_add_file(struct recording *recording, uint32_t index, const struct file *file);
/* A line has changed: `file` has its text. */
void recording_mark_line(struct recording *recording, uint32_t index, const struct file *file,
                         uint32_t line);
void recording_put_invocation(struct recording *recording, const struct invocation *invocation);
/* It has changed, and is written with the next commit. */
void recording_mark_invocation(struct recording *recording, uint64_t serial);
/* Write what was marked of a file's lines, as the latest event has them. */
void recording_put_lines(struct recording *recording, uint32_t index);
/* Write what was marked, as the latest event has it. */
void recording_put_totals(struct recording *recording);

#endif
