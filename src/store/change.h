/*
 * Changes: what of the model differs from what it was, as bytes. A chain of them, from a change
 * against nothing (a key frame) on, leads to the model as it was at each of its ends.
 *
 * In it is all that can be seen, but for three things that are kept beside it, once: the text of a
 * file, the lines of output, and those of an invocation that is over, which do not change any more.
 * Of these a change has whether the file has its text, how many lines have come, and a number. Not
 * in it are what only a running worker needs (file_line.base, stop.before, stop.objects),
 * revisions, and what is known of an import.
 *
 * A change, whose numbers are those of store/record.h:
 *
 * - 4 (its format; 3 is the same without the last part), the model's own fields, the difference of
 * the lines of output that have come
 * - functions: an array
 * - files: how many. For each that differs its index + 1; 1 where it has its text, + 2 where it has
 *   lost lines and functions; its fields; functions, an array; how many lines; for each line that
 *   differs how far it lies after the one before it and its fields; then 0. Then 0
 * - invocations: how many are no longer kept, and for each how many are kept before it, after the
 *   one before; how many there are; for each that differs its place + 1, its fields, and its lines;
 *   then 0. The lines are how many differ, twice, and for each file, line and fields; or 1, and the
 *   number under which all of them are kept apart, as change_write_lines() has them
 * - counts of functions: an array
 * - what is left behind: how many rows; places, as in an array; for each row that differs its index
 *   + 1, file, line, and for each number that differs how far it lies after the one before it and
 *   the difference, then 0; then 0
 * - timeline: how many points stay, how many follow them, and each one's time and bytes as
 *   differences from the one before
 * - where a thread is stopped: its fields; frames, locals, tasks and threads, each an array
 * - breakpoints: the difference of the last number, and an array
 * - the verdict on leaks: an array
 *
 * An array is how many there are and, for each that differs, its index + 1 and its fields; then 0.
 */
#ifndef STORE_CHANGE_H
#define STORE_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/span.h"
#include "model/model.h"
#include "store/record.h"

enum change_limits {
    CHANGE_BYTES_MAX = 256 << 20,
    CHANGE_LINES_MAX = 1 << 21, /* of all files together */
};

/* What a chain of changes has led to. */
struct change_state {
    struct model *model;   /* owned; without lines of output */
    uint64_t output_total; /* lines of output that have come */
    bool *has_text;        /* owned; of each file: it had its text */
    size_t file_count;     /* of has_text */
    struct names names;
};

void change_state_init(struct change_state *state);
void change_state_fini(struct change_state *state);

/* Where the texts of files come from; NULL: they are left out. */
struct change_source {
    void *context;
    /* It is given to the file with file_set_text(). */
    void (*text)(void *context, uint32_t index, struct file *file);
};

/* Who wants to know what differs; any may be NULL. */
struct change_listener {
    void *context;
    void (*file)(void *context, uint32_t index, const struct file *file); /* it is new */
    void (*line)(void *context, uint32_t file, uint32_t line);
    /* `before` is NULL where it is new. */
    void (*invocation)(void *context, const struct invocation *before,
                       const struct invocation *now);
    /* The lines of an invocation that is over differ: under which number they are kept apart; 0:
     * they are not. */
    uint64_t (*lines)(void *context, const struct invocation *before, const struct invocation *now);
};

/* Write what differs between `before` and `now`; false where nothing does that could be seen, and
 * then nothing is written: that memory is still what it was is told with the next difference.
 * `listener` may be NULL. */
bool change_write(struct writer *writer, const struct change_state *before, const struct model *now,
                  const struct change_listener *listener);
/* Bring the state to where the change leads. Returns 0, or -1 where the bytes are no change of this
 * state, which is then of no more use. */
int change_read(struct change_state *state, struct span change,
                const struct change_source *source) ATTR_CHECKED;
/* All lines of an invocation, to be kept apart: how many there are, and for each file, line and
 * fields. */
void change_write_lines(struct writer *writer, const struct invocation *invocation);
/* An invocation whose lines are kept apart has none, but their number, in lines_number. Give it
 * these, whatever they are; what is no line is left out. */
void change_read_lines(struct invocation *invocation, struct span bytes);
/* Leave out those that are of no file that there is. */
void change_check_lines(const struct change_state *state, struct invocation *invocation);
/* `state` is `now` but for what changes do not hold: remember the revisions, so that what is as it
 * was need not be looked at. */
void change_keep_revisions(struct change_state *state, const struct model *now);

#endif
