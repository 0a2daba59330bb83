/* `pymemtop plot`: memory over time as a picture. */
#ifndef HOST_SERIES_PLOT_H
#define HOST_SERIES_PLOT_H

#include "base/error.h"

/* argv[0] is "plot". Returns the exit status, or -1 with `error` and nothing written. */
int series_plot_run(int argc, char **argv, struct error *error);

#endif
