/*
 * A route's template, taken apart by the rules of ASP.NET: segments between slashes; in a segment
 * literal text and parameters by turns; {{ and }} for a brace that is meant as such. A parameter is
 * {name}, {name:constraint:constraint}, {name=default}, {name?}, or as the whole last segment
 * {*name} or {**name}, which takes the rest of the path. What ASP.NET refuses is refused.
 */
#ifndef HOST_TEMPLATE_H
#define HOST_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "host/constraint.h"

struct template_part {
    char *literal;                   /* owned; never empty; NULL: a parameter, which has the rest */
    char *name;                      /* owned */
    char *initial;                   /* owned; the default, or NULL */
    struct constraint **constraints; /* owned */
    size_t constraint_count;
    bool optional; /* in a segment of several parts: the last one, behind a literal "." */
    bool rest;
};

struct template_segment {
    struct template_part *parts; /* owned; no two parameters side by side, nor two literals */
    size_t part_count;           /* at least 1; 1 where the part takes the rest */
};

struct template
{
    struct template_segment *segments; /* owned */
    size_t segment_count;
    size_t parameter_count;
};

/* Take `text` apart: 0, or -1 with `error` (EXIT_STATUS_APP), which says what is wrong without
 * naming the template. *template is to be ended with template_fini in both cases. */
int template_parse(struct template *template, const char *text, struct error *error);
void template_fini(struct template *template);

#endif
