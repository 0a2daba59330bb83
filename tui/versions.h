/*
 * Which line of one version of a file is which of another: for a difference of two invocations that
 * ran different versions, since the file was saved between them.
 */
#ifndef TUI_VERSIONS_H
#define TUI_VERSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/match.h"
#include "model/model.h"

/* A file of which two invocations ran two versions. */
struct version_pair {
    uint32_t before, after;             /* indexes into the model's files */
    uint32_t before_count, after_count; /* their lines, when they were matched */
    struct line_match *matches;         /* owned; of each line of the one after */
    bool *is_matched;                   /* owned; of each line of the one before */
};

/* All zero is none. */
struct version_pairs {
    struct version_pair *items; /* owned */
    size_t count;
};

void version_pairs_fini(struct version_pairs *pairs);
/* Make them those of `before` and `after`, which both are invocations of `model`; either may be
 * NULL: there are none. What was matched already is kept. */
void version_pairs_set(struct version_pairs *pairs, const struct model *model,
                       const struct invocation *before, const struct invocation *after);
/* Bring a line, as it is shown for the invocation after, to the one that it was in the invocation
 * before. False where it was none there, or where it is a line of the version before that is shown
 * with the one after. A line of a file that both ran stays as it is. */
bool version_pairs_find(const struct version_pairs *pairs, uint32_t *file, uint32_t *line);

#endif
