/* `pymemtop peak`: the most memory that files tell of, in the words of `mprof peak`. */
#ifndef HOST_SERIES_PEAK_H
#define HOST_SERIES_PEAK_H

#include "base/error.h"

/* argv[0] is "peak". Returns the exit status, or -1 with `error`. */
int series_peak_run(int argc, char **argv, struct error *error);

#endif
