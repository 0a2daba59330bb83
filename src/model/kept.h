/*
 * What the latest invocations left behind, line by line: how much of what a line allocated in an
 * invocation was alive when that ended, and how much of it still is. It is a table of the latest
 * KEPT_WINDOW invocations (those that run among them) by the lines that left something, and so
 * takes the same memory however many invocations run. It is the running worker's alone.
 *
 * An invocation has a place, from 0, for as long as it is in the window; places are in no order.
 *
 * A *moment* is when the garbage collector has run at a quiet time (or would have, with --collect
 * off). How much of each line was alive then is kept for the latest KEPT_MOMENTS of them; they are
 * further apart once the window is full, so that they tell of more than it does.
 */
#ifndef MODEL_KEPT_H
#define MODEL_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kept_limits {
    KEPT_WINDOW = 126,
    KEPT_LINES = 1024, /* further lines are not told apart */
    KEPT_MOMENTS = 16,
    KEPT_RECENT = 3,  /* the newest that are over: what they left may be on its way yet */
    KEPT_TOGETHER = 8 /* invocations between two moments, once there are many */
};

#define KEPT_NOBODY UINT64_MAX

struct kept_invocation {
    uint64_t number; /* KEPT_NOBODY: the place is free */
    bool is_running;
    uint64_t moment; /* serial of the first one after its end; 0: there was none yet */
};

struct kept_moment {
    uint64_t serial; /* from 1 */
    uint64_t ended;  /* invocations of this worker that had */
    bool is_collected;
};

/* What was alive of a line at a moment. */
struct kept_then {
    int64_t all_bytes;
    int64_t settled_bytes; /* without what runs and the KEPT_RECENT newest left */
};

struct kept_line {
    uint32_t file; /* index into model.files */
    uint32_t line; /* 0: on no line that is known; part of the invocations' sums alone */
    int64_t left_bytes[KEPT_WINDOW];        /* by place: when the invocation ended; 0 before */
    int64_t alive_bytes[KEPT_WINDOW];       /* now */
    int64_t alive_other_bytes[KEPT_WINDOW]; /* of these, what is not Python's */
    int64_t earlier_bytes;                  /* alive of what is in no place: of invocations before
                                               the window, and of none */
    int64_t earlier_other_bytes;
    struct kept_then then[KEPT_MOMENTS]; /* by moment */
};

struct kept {
    struct kept_invocation invocations[KEPT_WINDOW];
    uint64_t first_number; /* the lowest one that was seen of this worker; KEPT_NOBODY: none */
    struct kept_moment moments[KEPT_MOMENTS]; /* oldest first */
    size_t moment_count;
    uint64_t moment_serial;  /* of the latest; also of those that were dropped */
    struct kept_line *lines; /* owned; in no order */
    size_t line_count;
    size_t line_capacity;
};

/* What a line kept of one invocation. */
struct kept_part {
    uint64_t number;
    int64_t left_bytes;
    int64_t alive_bytes;
};

void kept_init(struct kept *kept);
void kept_fini(struct kept *kept);
/* Another worker: no invocations, no lines. */
void kept_clear(struct kept *kept);
/* Have `count` lines, KEPT_LINES at the most; new ones are on no line and hold nothing. */
void kept_reserve(struct kept *kept, size_t count);
/* The collector has run; `ended` invocations of this worker have ended by now. */
void kept_add_moment(struct kept *kept, uint64_t ended, bool is_collected);
/* Bytes of the invocation at `place` that are alive, over all lines. */
int64_t kept_alive_bytes(const struct kept *kept, size_t place);
/* The line's row, or NULL where it left nothing. */
const struct kept_line *kept_find(const struct kept *kept, uint32_t file, uint32_t line);
/* What the line kept of the invocations that are over, newest first, those of which it kept nothing
 * left out. Returns how many; `line` may be NULL: none. */
size_t kept_newest(const struct kept *kept, const struct kept_line *line,
                   struct kept_part parts[KEPT_WINDOW]);
/* The same of one invocation, over or not: false where it is not in the window. */
bool kept_of(const struct kept *kept, const struct kept_line *line, uint64_t number,
             struct kept_part *part);

#endif
