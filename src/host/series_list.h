/* `pymemtop list`: the recordings and mprofile_*.dat files of a folder. */
#ifndef HOST_SERIES_LIST_H
#define HOST_SERIES_LIST_H

#include "base/error.h"

/* argv[0] is "list". Prints a line for each file. Returns the exit status, or -1 with `error`. */
int series_list_run(int argc, char **argv, struct error *error);

#endif
