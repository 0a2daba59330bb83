/*
 * What a recording that is written is made of: for recording.c, which begins and ends it,
 * recording_events.c, recording_totals.c and recording_limit.c.
 */
#ifndef STORE_RECORDING_PARTS_H
#define STORE_RECORDING_PARTS_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "store/change.h"
#include "store/recording.h"

/* Statements that are made once. */
enum statement {
    ADD_SAMPLE,
    ADD_CALL,
    ADD_EVENT,
    ADD_KEYFRAME,
    ADD_FILE,
    ADD_LINE,
    SET_LINE,
    SET_INVOCATION,
    ADD_OUTPUT,
    STATEMENTS
};

/* What is still to be written of a file's totals. */
struct line_marks {
    unsigned char *lines; /* owned; by line - 1: LINE_IS_THERE, LINE_IS_DIRTY */
    uint32_t count;
    bool is_dirty; /* a line is */
};

enum { LINE_IS_THERE = 1, LINE_IS_DIRTY = 2 };

struct recording {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    char *path;
    int64_t limit_bytes;      /* 0: none */
    int64_t thin_again_bytes; /* below that size there is nothing that could go */

    size_t uncommitted_bytes; /* about, of what is written since the latest commit */

    bool has_events;
    uint64_t zero_ns;          /* real time at 0 of the model's clock */
    uint64_t event;            /* the latest one's number; 0: none yet */
    uint64_t thinned_event;    /* nothing before it is a change any more */
    uint64_t keyframe;         /* the event of the latest one */
    size_t keyframe_bytes;     /* its size */
    size_t change_bytes;       /* of the changes since */
    struct change_state state; /* what the latest event was */
    struct change_state nothing;
    struct writer change;
    uint64_t output_written;  /* lines of output that are in the file */
    struct line_marks *marks; /* owned; by file */
    size_t mark_count;
    uint64_t *dirty; /* owned; serials of invocations that are to be written again */
    size_t dirty_count, dirty_capacity;
};

/* ---- recording.c ---- */

/* The database has refused something: -1 with `error`. */
int recording_fail(const struct recording *recording, struct error *error);
/* Run a statement whose values are bound, within a transaction; 0, or -1 with `error`. */
int recording_insert(struct recording *recording, enum statement number, struct error *error);

/* ---- recording_totals.c ---- */

/* A file of the model's is new. */
int recording_add_file(struct recording *recording, uint32_t index, const struct file *file,
                       struct error *error);
/* A line has changed: `file` has its text. */
int recording_mark_line(struct recording *recording, uint32_t index, const struct file *file,
                        uint32_t line, struct error *error);
int recording_put_invocation(struct recording *recording, const struct invocation *invocation,
                             struct error *error);
/* It has changed, and is written with the next commit. */
void recording_mark_invocation(struct recording *recording, uint64_t serial);
/* Write what was marked of a file's lines, as the latest event has them. */
int recording_put_lines(struct recording *recording, uint32_t index, struct error *error);
/* Write what was marked, as the latest event has it. */
int recording_put_totals(struct recording *recording, struct error *error);

/* ---- recording_limit.c ---- */

/* A commit should not wait for its time: that much is to be written. */
bool recording_is_much(const struct recording *recording);
/* Thin what is oldest where the file comes near its limit. After a commit. 0, or -1 with `error`:
 * nothing is left that could go. */
int recording_keep_limit(struct recording *recording, struct error *error);

#endif
