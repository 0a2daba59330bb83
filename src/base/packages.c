#include "config.h"
#include "base/packages.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/attributes.h"

bool packages_is_name(const char *name, size_t len)
{
    static const char *const names[] = {"site-packages", "dist-packages", ".python_packages",
                                        "node_modules", "__pycache__"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
            return true;
    return false;
}

bool packages_is_environment(const char *path, size_t len)
{
    char config[PATH_MAX];
    if (len >= sizeof config)
        return false;
    int written = snprintf(config, sizeof config, "%.*s/pyvenv.cfg", (int)len, path);
    return written > 0 && (size_t)written < sizeof config && access(config, F_OK) == 0;
}
