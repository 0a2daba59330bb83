/*
 * The constraints that a route puts on its parameters, as in {id:int:min(1)}: those of ASP.NET, by
 * its rules. Case of the names does not matter. What values they take:
 *   int, long                a number with a sign or without, of 32 or 64 bits
 *   min(n) max(n) range(a,b) a number of 64 bits within the bounds
 *   decimal, double, float   with a point and thousands' commas; the last two with an exponent
 *   bool                     true or false, in any case
 *   datetime                 see date_text.h
 *   guid                     32 hexadecimal digits, with hyphens and with braces or without
 *   minlength(n) maxlength(n) length(n) length(a,b) required
 *                            text of that length, in UTF-16 units as .NET counts
 *   alpha, regex(...)        text in which the expression is found, without regard to case
 *   file, nonfile            text whose last segment has a dot with something behind, or has not
 * Spaces around a number, a bool or a guid are taken. PCRE2 stands in for .NET's expressions, with
 * Unicode's \d, \w, \s and \b; what it cannot read as .NET does is refused.
 *
 * Thread: a constraint does not change; any thread may check it.
 */
#ifndef HOST_CONSTRAINT_H
#define HOST_CONSTRAINT_H

#include <stddef.h>

#include "base/error.h"

struct constraint;

enum constraint_result {
    CONSTRAINT_FAILS,
    CONSTRAINT_FITS,
    CONSTRAINT_GIVEN_UP, /* the expression takes too long for this value; counts as failed */
};

/* The constraint written as `text`. NULL with `error` (EXIT_STATUS_APP) where there is no such
 * constraint or its arguments are wrong. */
struct constraint *constraint_new(const char *text, struct error *error);
void constraint_free(struct constraint *constraint);
/* Hold `value` (UTF-8; NULL: a catch-all that took nothing) against the constraint. */
enum constraint_result constraint_check(const struct constraint *constraint, const char *value);
/* A value that fits where the constraints make one evident (a number, true, a date, the zero guid,
 * letters), else NULL. It fits at least one of them. The caller frees it. */
char *constraint_example(struct constraint *const *constraints, size_t count);

#endif
