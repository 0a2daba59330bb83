/*
 * The commands `pymemtop replay FILE` and `pymemtop report FILE`: a recording on the screen, or
 * what it ends with as a report.
 */
#ifndef HOST_REPLAY_COMMAND_H
#define HOST_REPLAY_COMMAND_H

#include "base/error.h"

/* argv[0] is "replay" or "report". The exit status, or -1 with `error`. Needs the main thread. */
int replay_run(int argc, char **argv, struct error *error);

#endif
