/* `pymemtop --batch`: host the app, send it requests, print the report, exit. */
#ifndef HOST_BATCH_H
#define HOST_BATCH_H

#include "base/error.h"
#include "host/options.h"

/* Returns the exit status, or -1 with `error` filled in. */
int batch_run(const struct options *options, struct error *error);

#endif
