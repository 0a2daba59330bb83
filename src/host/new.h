/* `pymemtop new`: write a function into an app, or into a new app, as `func new` does. */
#ifndef HOST_NEW_H
#define HOST_NEW_H

#include "base/error.h"

/* argv[0] is "new", what follows are its arguments. Prints the files written and the command that
 * runs the function, or the help. Returns the exit status, or -1 with `error` filled in and nothing
 * written. */
int new_run(int argc, char **argv, struct error *error);

#endif
