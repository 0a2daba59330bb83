/* The command `pymemtop run [OPTIONS] SCRIPT [ARGS...]`: any Python program in place of an app. */
#ifndef HOST_RUN_H
#define HOST_RUN_H

#include "base/error.h"

/* argv[0] is the word `run`. Returns the program's own exit status, or that of its signal, or -1
 * with `error`. */
int run_run(int argc, char **argv, struct error *error);

#endif
