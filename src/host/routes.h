/*
 * From a request's method and path to a function. Templates are those of ASP.NET as Azure uses
 * them: literals without case, {name}, {name?}, {name=default}, {name:constraint}, {*rest}; text
 * before and after a parameter within a segment. Constraints are read over: a parameter takes any
 * text. Routes are tried in the order in which they were added; the first that fits wins.
 */
#ifndef HOST_ROUTES_H
#define HOST_ROUTES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

struct routes;

struct route_parameter {
    const char *name; /* borrowed from the routes */
    char *value;      /* owned; percent-decoded */
};

enum { ROUTE_PARAMETERS_MAX = 32 };

struct route_match {
    size_t target;      /* as given to routes_add */
    const char *method; /* borrowed; the request's, or GET where a HEAD is served by GET */
    struct route_parameter parameters[ROUTE_PARAMETERS_MAX];
    size_t parameter_count;
};

/* No routes yet, all to come under `prefix` ("" for none). */
struct routes *routes_new(const char *prefix);
void routes_free(struct routes *routes);
/* Add a route for `target` (the caller's number). No methods: all. 0, or -1 with `error`: not a
 * template, a reserved path, or taken by another route with a common method (*taken_by is then its
 * target, if taken_by is not NULL; else it is left alone). */
int routes_add(struct routes *routes, size_t target, const char *route, char *const *methods,
               size_t method_count, long *taken_by, struct error *error);
/* Find the route for `path` (as on the request line, without the query). True and *match filled in,
 * to be ended with route_match_fini; false where there is none. */
bool routes_match(const struct routes *routes, const char *method, const char *path,
                  struct route_match *match);
void route_match_fini(struct route_match *match);
/* The path of a request to `route` under the prefix, as "/api/X": optional parameters left out.
 * NULL where a parameter has no value that could be guessed. The caller frees it. */
char *routes_default_path(const char *prefix, const char *route);

#endif
