/* `pymemtop diff BEFORE AFTER`: two recordings, line by line. */
#ifndef HOST_DIFF_H
#define HOST_DIFF_H

#include "base/error.h"

/* argv[0] is the command's name. An exit status, or -1 with `error`. */
int diff_run(int argc, char **argv, struct error *error);

#endif
