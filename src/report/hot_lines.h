/* The lines that take most memory, for summaries: those of the largest increment of the RSS on the
 * line itself, and where the RSS says nothing, of what is alive. */
#ifndef REPORT_HOT_LINES_H
#define REPORT_HOT_LINES_H

#include "model/model.h"

struct hot_line {
    const struct file *file; /* borrowed */
    uint32_t index;          /* of the file in the model */
    uint32_t line;
};

/* Write the first `most` to out[], falling; lines that take nothing are none. Returns how many. */
size_t hot_lines(const struct model *model, struct hot_line *out, size_t most);
/* What is compared: the larger of the two, in bytes; 0 where the line takes nothing. */
int64_t hot_lines_bytes(const struct line_stats *stats);

#endif
