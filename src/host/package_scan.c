/*
 * A package's folder is NAME-VERSION.dist-info. A name has no "-" in it there; it is brought to the
 * form in which all ways to write it are one: small letters, and "-" for runs of "-", "_" and ".".
 */
#include "config.h"
#include "host/package_scan.h"

#include <ctype.h>
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "host/path.h"

enum { PACKAGES_MAX = 10000 };

static void normalise(char *name)
{
    size_t len = 0;
    for (const char *at = name; *at; at++) {
        bool is_mark = strchr("-_.", *at) != NULL;
        if (!is_mark || (len > 0 && name[len - 1] != '-'))
            name[len++] = is_mark ? '-' : (char)tolower((unsigned char)*at);
    }
    name[len] = '\0';
}

/* A folder's name, where it is a package's. */
static void take(struct packages *packages, const char *folder)
{
    static const char ending[] = ".dist-info";
    size_t len = strlen(folder), ending_len = sizeof ending - 1;
    if (len <= ending_len || strcmp(folder + len - ending_len, ending) != 0 ||
        packages->count == PACKAGES_MAX)
        return;
    char *name = mem_strndup(folder, len - ending_len);
    char *dash = strrchr(name, '-');
    if (dash && dash > name) {
        *dash = '\0';
        normalise(name);
        packages_add(packages, name, dash + 1);
    }
    free(name);
}

static void look_into(struct packages *packages, const char *folder)
{
    DIR *directory = opendir(folder);
    const struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        take(packages, entry->d_name);
    if (directory)
        closedir(directory);
}

void package_scan(struct packages *packages, const struct environment *environment,
                  const char *app_root)
{
    if (environment->directory) {
        char *folder = mem_printf("%s/lib/python%s/site-packages", environment->directory,
                                  environment->version);
        look_into(packages, folder);
        free(folder);
    }
    char *deployed = path_join(app_root, ".python_packages/lib/site-packages");
    look_into(packages, deployed);
    free(deployed);
}
