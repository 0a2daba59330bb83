#include "config.h"
#include "worker/filter.h"

#include <fnmatch.h>
#include <string.h>

#include "base/packages.h"

static const char *root;
static const char *const *includes;
static const char *const *excludes;

void filter_set(const char *app_root, const char *const *include, const char *const *exclude)
{
    root = app_root;
    includes = include;
    excludes = exclude;
}

static bool any_matches(const char *const *globs, const char *path, const char *relative)
{
    for (; globs && *globs; globs++)
        if (fnmatch(*globs, path, 0) == 0 || (relative && fnmatch(*globs, relative, 0) == 0))
            return true;
    return false;
}

/* The part of `path` below the app root, or NULL. */
static const char *below_root(const char *path)
{
    size_t len = strlen(root);
    if (strcmp(root, "/") == 0)
        return path + 1;
    if (strncmp(path, root, len) != 0 || path[len] != '/')
        return NULL;
    return path + len + 1;
}

/* True where a folder between the root and the file is one of installed packages. */
static bool is_installed(const char *path, const char *relative)
{
    for (const char *slash = strchr(relative, '/'); slash; slash = strchr(slash + 1, '/')) {
        const char *name = slash;
        while (name > relative && name[-1] != '/')
            name--;
        if (packages_is_name(name, (size_t)(slash - name)) ||
            packages_is_environment(path, (size_t)(slash - path)))
            return true;
    }
    return false;
}

bool filter_excludes(const char *path)
{
    return any_matches(excludes, path, below_root(path));
}

bool filter_matches(const char *path)
{
    const char *relative = below_root(path);
    if (filter_excludes(path))
        return false;
    if (any_matches(includes, path, relative))
        return true;
    return relative && !is_installed(path, relative);
}
