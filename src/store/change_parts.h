/* What the two halves of changes, change.c that writes them and change_read.c, have in common. */
#ifndef STORE_CHANGE_PARTS_H
#define STORE_CHANGE_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "model/kept.h"

enum {
    CHANGE_FORMAT = 4,
    CHANGE_FORMAT_BEFORE = 3, /* without leaks */
    CHANGE_HAS_TEXT = 1,      /* of a file's flags */
    CHANGE_IS_LOST = 2,
    CHANGE_CELLS = 2 * KEPT_WINDOW, /* numbers of a row of what is left behind */
};

/* The numbers of a row in one order: what was left, then what is alive. */
static inline int64_t *change_cell(struct kept_line *line, size_t number)
{
    return number < KEPT_WINDOW ? &line->left_bytes[number]
                                : &line->alive_bytes[number - KEPT_WINDOW];
}

#endif
