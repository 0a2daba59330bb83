/*
 * The worker programs: pymemtop-worker-3.X, one for each Python version that was built. They lie in
 * $PYMEMTOP_LIBEXEC where that is set, else beside this program (a build tree), else where `make
 * install` puts them.
 */
#ifndef HOST_WORKERS_H
#define HOST_WORKERS_H

#include "base/error.h"
#include "host/environment.h"

/* The path of the worker for `environment`; where no environment was found, of the one for the
 * version of the python3 on PATH, or else of the newest one. The caller frees it. NULL with
 * `error`: no worker at all (EXIT_STATUS_SYSTEM), or none for that version of Python
 * (EXIT_STATUS_APP). */
char *workers_find(const struct environment *environment, struct error *error);
/* The "3.11" at the end of a worker's path, borrowed from it. */
const char *workers_version(const char *path);

#endif
