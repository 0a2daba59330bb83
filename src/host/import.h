/*
 * The command `pymemtop import`: logs of a deployed app, on the screen or as a report.
 */
#ifndef HOST_IMPORT_H
#define HOST_IMPORT_H

#include "base/error.h"

/* argv[0] is "import". The exit status, or -1 with `error`. Needs the main thread. */
int import_run(int argc, char **argv, struct error *error);

#endif
