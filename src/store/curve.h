/*
 * Memory over all of a recording's time, from its samples: in stretches of one length, of each the
 * most, so that all of it can be drawn, however long it is. It is read in parts, and can be read on
 * where the recording goes on.
 */
#ifndef STORE_CURVE_H
#define STORE_CURVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"
#include "base/error.h"
#include "model/timeline.h"
#include "store/replay.h"

/* One of zeros has read nothing. */
struct curve {
    struct timeline timeline; /* times are of the model's clock */
    uint64_t width_ns;        /* of a stretch */
    int64_t row;              /* of the latest sample */
};

/* Read on, `rows` samples at the most: how many it were, less than that at the end for now, or -1
 * with `error`. */
int64_t curve_read(struct curve *curve, struct replay *replay, int64_t rows,
                   struct error *error) ATTR_CHECKED;
/* Add a reading that is later than the ones before. */
void curve_add(struct curve *curve, uint64_t time_ns, int64_t bytes);

#endif
