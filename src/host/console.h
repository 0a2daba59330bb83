/* Lines of the model's output on a stream, made harmless for a terminal. */
#ifndef HOST_CONSOLE_H
#define HOST_CONSOLE_H

#include <stdbool.h>
#include <stdio.h>

#include "model/output.h"

/* Write the line, with `[yyyy-MM-ddTHH:mm:ss.fffZ] ` before it where `dated`. */
void console_write(FILE *stream, const struct output_line *line, bool dated);

#endif
