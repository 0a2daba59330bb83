/* Names and versions of Python packages, as of an app's environment. */
#ifndef MODEL_PACKAGES_H
#define MODEL_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

struct package {
    char *name;    /* owned, as both */
    char *version; /* "" where that is not known */
};

/* All zero is none. */
struct packages {
    struct package *items; /* owned; in the order of their names, each name once */
    size_t count;
};

void packages_fini(struct packages *packages);
/* One whose name is there already is left out: of two, Python imports the first one. */
void packages_add(struct packages *packages, const char *name, const char *version);

/* A package that differs between two sets. */
struct packages_difference {
    const char *name;
    const char *before, *after; /* its versions; NULL where it is not there */
    size_t at_before, at_after; /* where to look on */
};

/* The next one, from all zero on; false where there is none any more. */
bool packages_differ(const struct packages *before, const struct packages *after,
                     struct packages_difference *next);

#endif
