/* A script that comes by standard input, as with `python -`. */
#ifndef HOST_RUN_INPUT_H
#define HOST_RUN_INPUT_H

#include "base/buf.h"
#include "base/error.h"

/* Read standard input to its end, blocking, and put a file in memory in its place that holds the
 * same, for the program's Python to read: `script` is then its text, which the caller ends with
 * buf_fini in either case. 0, or -1 with `error`. */
int run_input_read(struct buf *script, struct error *error);

#endif
