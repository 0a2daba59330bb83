/* Folders of installed packages, by which the app's own code is told from what it uses. */
#ifndef BASE_PACKAGES_H
#define BASE_PACKAGES_H

#include <stdbool.h>
#include <stddef.h>

/* True for the names that such folders always have: site-packages, node_modules, ... `name` has
 * `len` bytes. */
bool packages_is_name(const char *name, size_t len);
/* True where the folder at the first `len` bytes of `path` is a virtual environment, whatever its
 * name. Looks at the disk. */
bool packages_is_environment(const char *path, size_t len);

#endif
