/*
 * What is installed for an app: the names and versions that pip has left beside the packages, of
 * the virtual environment and of .python_packages in the app root. Nothing is imported for that,
 * and what an interpreter without an environment has is not looked at.
 */
#ifndef HOST_PACKAGE_SCAN_H
#define HOST_PACKAGE_SCAN_H

#include "host/environment.h"
#include "model/packages.h"

/* Add them. A folder that cannot be read has none. */
void package_scan(struct packages *packages, const struct environment *environment,
                  const char *app_root);

#endif
