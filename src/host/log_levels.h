/*
 * Which log lines are shown: the minimum level of a category, as `func start` decides it. Rules
 * come from logging.logLevel of host.json: the one whose category is the longest beginning of the
 * line's category holds; then the one named "default". Where there is none, Information holds for
 * what functions say, and Warning for what the host says.
 *
 * Categories: Function.NAME is the host about a call (Executing, Executed), Function.NAME.User what
 * the app logs in it, Host.Function.Console what the worker prints outside of calls, Host.* the
 * host.
 */
#ifndef HOST_LOG_LEVELS_H
#define HOST_LOG_LEVELS_H

#include <stdbool.h>
#include <stddef.h>

#include "model/output.h"

enum { LOG_LEVEL_NONE = LEVEL_CRITICAL + 1 }; /* a minimum that no line reaches */

struct log_rule {
    char *category; /* owned; NULL: default */
    int minimum;    /* an output_level or LOG_LEVEL_NONE */
};

struct log_levels {
    struct log_rule *rules; /* owned */
    size_t count;
};

/* Read "Information" and its kin, without case, or its number: 0, or -1. Trace is as Debug. */
int log_levels_parse(const char *text, int *minimum);
/* Add a rule; the category "default" is that of lines for which there is no other. */
void log_levels_add(struct log_levels *levels, const char *category, int minimum);
void log_levels_fini(struct log_levels *levels);
/* The lowest level that is shown of the category. `verbose` lowers it to LEVEL_DEBUG where no rule
 * says anything. */
int log_levels_minimum(const struct log_levels *levels, const char *category, bool verbose);
/* The lowest level that any rule lets through, and LEVEL_INFO where there is none. */
int log_levels_lowest(const struct log_levels *levels);

#endif
