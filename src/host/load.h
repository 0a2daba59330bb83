/*
 * The app's functions on their way to the worker and back: from app.h to the model and the routes,
 * to the LOAD message, and what LOADED says about them.
 */
#ifndef HOST_LOAD_H
#define HOST_LOAD_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "host/app.h"
#include "host/notes.h"
#include "host/routes.h"
#include "model/model.h"

/* Add the app's functions to the model, in the app's order, and their routes to `routes`, whose
 * targets are the indices. A function that cannot be routed gets a load error; 0, or -1 with
 * `error` where it is the one that the command line named. The model's base_url is to be set
 * before. */
int load_functions(const struct app *app, struct model *model, struct routes *routes,
                   struct notes *notes, struct error *error);
/* LOAD's object: what can be loaded. A new reference. */
json_t *load_message(const struct app *app, const struct model *model);
/* Note what LOADED says: load errors, entry points. Returns the number of functions that could not
 * be loaded. */
size_t load_result(const struct app *app, struct model *model, struct notes *notes,
                   const json_t *json);

#endif
