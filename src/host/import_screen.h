/* The screen of an import. */
#ifndef HOST_IMPORT_SCREEN_H
#define HOST_IMPORT_SCREEN_H

#include "base/error.h"
#include "host/options.h"
#include "model/model.h"

/* Show the model, as the options (ascii, no_color, script) have it, until the user quits: the exit
 * status, or -1 with `error`. How the import went is added to the model's output. Needs the main
 * thread. */
int import_show(struct model *model, const struct options *options, struct error *error);

#endif
