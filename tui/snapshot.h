/*
 * Copies of the model: the numbers of all lines at one moment, for a display that counts from then
 * on; and the whole of it, for a display that is frozen while the program goes on.
 */
#ifndef TUI_SNAPSHOT_H
#define TUI_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "model/model.h"

/* The totals of all lines at one moment. */
struct counters {
    struct line_stats **files; /* owned, each owned; by file and line - 1 */
    uint32_t *line_counts;     /* owned */
    size_t file_count;
    uint64_t realtime_ns; /* when */
};

struct counters *counters_take(const struct model *model, uint64_t realtime_ns);
void counters_free(struct counters *counters);
/* `stats` less what the line had then. Sizes that are levels, not sums, stay. */
void counters_subtract(const struct counters *counters, uint32_t file, uint32_t line,
                       struct line_stats *stats);

/* A copy that shares nothing with the model; free it with model_free(). */
struct model *snapshot_model(const struct model *model);

#endif
