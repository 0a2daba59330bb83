/*
 * The app's functions on their way to the worker and back: from app.h to the model and the routes,
 * to the LOAD message, and what LOADED says about them.
 */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "host/app.h"
#include "host/notes.h"
#include "host/routes.h"
#include "model/model.h"

/* Describe the app's functions in the model, in the app's order and in place of those that are
 * there, and add their routes to `routes`, whose targets are the indices. A function that cannot be
 * routed gets a load error; 0, or -1 with `error` where it is the one that the command line named.
 * The model's base_url is to be set before. */
int load_functions(const struct app *app, struct model *model, struct routes *routes,
                   struct notes *notes, struct error *error);
/* LOAD's object: what can be loaded; for a v2 app, its script. A new reference. */
json_t *load_message(const struct app *app, const struct model *model);
/* What LOADED says of the app as a whole: true where it could be loaded. Else the model's app_error
 * is set, and the traceback noted. */
bool load_app_result(struct model *model, struct notes *notes, const json_t *json);
/* Note what LOADED says: load errors, entry points. Returns the number of functions that could not
 * be loaded. */
size_t load_result(const struct app *app, struct model *model, struct notes *notes,
                   const json_t *json);

#endif
