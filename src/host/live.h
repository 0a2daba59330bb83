/* The live command: the host with the screen on top of it. */
#ifndef HOST_LIVE_H
#define HOST_LIVE_H

#include "base/error.h"
#include "host/options.h"

/* Host the app and show it until the user quits. Returns the exit status, or -1 with `error` filled
 * in: everything that host_open refuses, a terminal that cannot show a screen. Needs the main
 * thread; setlocale(3) was called. */
int live_run(const struct options *options, struct error *error);

#endif
