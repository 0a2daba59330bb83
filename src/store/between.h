/*
 * The model between two events of a recording: what was known before, with what came since.
 *
 * Of that it is known which line's each change of RSS was and which invocation's, and of the
 * invocations that are over all that there is to know, for the event after them has it. So exact
 * are: RSS and its peak; the lines of an invocation that is over, and its numbers; of a line that
 * ran in no other one, its totals. Of an invocation that runs its lines' own changes are there, but
 * not what lines that call others took by them, nor how often they ran and what they allocated:
 * these stay what they were at the event before. So do the heap, what is left behind, and output.
 */
#ifndef STORE_BETWEEN_H
#define STORE_BETWEEN_H

#include <stddef.h>

#include "base/attributes.h"
#include "model/model.h"
#include "store/moments.h"

struct between;

/* After the first `count` of the moments, which lie between the events that have these models. Both
 * are borrowed, and stay what they are, until it is freed. Whatever the moments say, the model can
 * be shown like any other. */
struct between *between_new(const struct model *before, const struct model *after,
                            const struct moments *moments, size_t count) ATTR_ALLOC;
/* NULL is fine. */
void between_free(struct between *between);
/* Borrowed. Nothing of it is to be changed but what is selected in it. */
struct model *between_model(struct between *between);

#endif
