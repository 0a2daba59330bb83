/* The screen of an import. */
#ifndef HOST_IMPORT_SCREEN_H
#define HOST_IMPORT_SCREEN_H

#include <stdbool.h>

#include "base/error.h"
#include "model/model.h"

/* Show the model until the user quits: the exit status, or -1 with `error`. How the import went is
 * added to the model's output. Needs the main thread. */
int import_show(struct model *model, bool ascii, bool color, struct error *error);

#endif
