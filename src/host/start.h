/* `pymemtop start`: a headless host with the console output of `func start`. */
#ifndef HOST_START_H
#define HOST_START_H

#include "base/error.h"
#include "host/options.h"

/* Runs until SIGINT, SIGTERM or SIGHUP. Returns the exit status, or -1 with `error` filled in. */
int start_run(const struct options *options, struct error *error);

#endif
