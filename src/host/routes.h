/*
 * From a request's method and path to a function. Templates are those of ASP.NET (template.h,
 * constraint.h) and so is matching: literals without case, one slash at the end ignored, two in a
 * row only within what a catch-all takes; a constraint that fails is no match. Values are decoded,
 * but for an encoded slash, and hold for defaults as well. A parameter between texts takes the
 * least from the right: {a}-{b} on x-y-z is x-y and z.
 *
 * Routes are tried in the order in which they were added, and the first that fits wins, method
 * included; as in Azure nothing else counts, so that {*rest} of a function A hides the literal of
 * B. HEAD is a method like any other: Azure answers 404 where a function does not name it.
 */
#ifndef HOST_ROUTES_H
#define HOST_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct routes;

struct route_parameter {
    const char *name; /* borrowed from the routes */
    char *value;      /* owned; percent-decoded UTF-8 */
};

enum { ROUTE_PARAMETERS_MAX = 32 };

struct route_match {
    size_t target;        /* as given to routes_add */
    const char *given_up; /* borrowed; a route that was left because an expression in its
                             constraints took too long for this path, or NULL */
    struct route_parameter parameters[ROUTE_PARAMETERS_MAX];
    size_t parameter_count;
};

/* No routes yet, all to come under `prefix` ("" for none). */
struct routes *routes_new(const char *prefix);
void routes_free(struct routes *routes);
/* Add a route for `target` (the caller's number). No methods: all. 0, or -1 with `error`: not a
 * template, a reserved path, or taken by another route with a common method (*taken_by is then its
 * target, if taken_by is not NULL; else it is left alone). Taken is what is written alike but for
 * case: /{a} and /{b} may both be there, and the first is served. */
int routes_add(struct routes *routes, size_t target, const char *route, char *const *methods,
               size_t method_count, long *taken_by, struct error *error);
/* Find the route for `path` (as on the request line, without the query). True and *match filled in,
 * to be ended with route_match_fini; false where there is none, with given_up filled in alone. */
bool routes_match(const struct routes *routes, const char *method, const char *path,
                  struct route_match *match);
void route_match_fini(struct route_match *match);
/* The path of a request to `route` under the prefix, as "/api/X", percent-encoded: with defaults,
 * without optional parameters, and with 1, true, a date, a guid or letters where constraints make
 * such a value evident. NULL where a parameter has none (plain text and expressions do not), or
 * where the path would not come to the route. The caller frees it. */
char *routes_default_path(const char *prefix, const char *route);

#endif
