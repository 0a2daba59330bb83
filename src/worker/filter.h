/*
 * Which source files are profiled: every file under the app root that is not in a virtual
 * environment or a folder of installed packages; globs of the command line change that.
 *
 * A glob is matched by fnmatch(3), where `*` crosses slashes, against the path relative to the app
 * root and against the absolute one. An exclude wins over an include, an include over the rule.
 */
#ifndef WORKER_FILTER_H
#define WORKER_FILTER_H

#include <stdbool.h>

/* Set the rule. `app_root` is an absolute path without links or a trailing slash; all arguments are
 * borrowed until the process ends. NULL-terminated lists; NULL is an empty one. */
void filter_set(const char *app_root, const char *const *include, const char *const *exclude);
/* True where one of the excludes matches `path` (absolute, no links). */
bool filter_excludes(const char *path);
/* True where `path` (absolute, no links) is to be profiled. Looks for pyvenv.cfg on the disk. */
bool filter_matches(const char *path);

#endif
