/*
 * The folders are scanned rather than asked for one name, so that the message for a version that
 * was not built can say which ones were.
 */
#include "config.h"
#include "host/workers.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/number.h"
#include "host/path.h"

/* The minor version of "pymemtop-worker-3.X", or -1 for any other name. */
static int minor_version(const char *name)
{
    static const char start[] = "pymemtop-worker-3.";
    unsigned long long minor;
    if (strncmp(name, start, sizeof start - 1) != 0 ||
        number_parse(name + sizeof start - 1, 999, &minor))
        return -1;
    return (int)minor;
}

const char *workers_version(const char *path)
{
    const char *dash = strrchr(path, '-');
    return dash ? dash + 1 : path;
}

/* What a folder holds: the worker that is wanted or the newest, and all versions for a message. */
struct workers {
    char *path; /* owned or NULL */
    int minor;
    struct buf versions; /* "3.10, 3.11" in the folder's order; empty: no worker */
};

static void consider(struct workers *workers, const char *directory, const char *name,
                     const char *wanted)
{
    int minor = minor_version(name);
    if (minor < 0)
        return;
    char *path = path_join(directory, name);
    if (path_is_file(path) && access(path, X_OK) == 0) {
        const char *version = workers_version(path);
        int full =
            buf_printf(&workers->versions, "%s%s", workers->versions.len ? ", " : "", version);
        bool fits = *wanted ? strcmp(version, wanted) == 0 : minor > workers->minor;
        if (!full && fits) {
            free(workers->path);
            workers->path = path;
            workers->minor = minor;
            return;
        }
    }
    free(path);
}

static void scan(struct workers *workers, const char *directory, const char *wanted)
{
    DIR *dir = opendir(directory);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));)
        consider(workers, directory, entry->d_name, wanted);
    closedir(dir);
}

/* The folder of this program's file; the caller frees it. */
static char *own_directory(void)
{
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
    if (len <= 0)
        return mem_strdup(PKGLIBEXECDIR);
    path[len] = '\0';
    return path_parent(path);
}

static char *refuse(const struct workers *workers, const struct environment *environment,
                    const char *directory, struct error *error)
{
    const char *versions = buf_text(&workers->versions);
    if (!*versions)
        error_set(error, EXIT_STATUS_SYSTEM,
                  "no worker program (pymemtop-worker-3.*) in %s; install pymemtop again, or set "
                  "PYMEMTOP_LIBEXEC to the folder that holds it",
                  directory);
    else
        error_set(error, EXIT_STATUS_APP,
                  "%s has Python %s, and this pymemtop was built for Python %s; make the app's "
                  "environment with that version, or build pymemtop for Python %s",
                  environment->directory ? environment->directory : environment->executable,
                  environment->version, versions, environment->version);
    return NULL;
}

char *workers_find(const struct environment *environment, struct error *error)
{
    struct workers workers = {.minor = -1};
    const char *named = getenv("PYMEMTOP_LIBEXEC");
    char *directory = named && *named ? mem_strdup(named) : own_directory();
    buf_init(&workers.versions, 1024);
    scan(&workers, directory, environment->version);
    if (!workers.versions.len && !(named && *named)) {
        free(directory);
        directory = mem_strdup(PKGLIBEXECDIR);
        scan(&workers, directory, environment->version);
    }
    if (!workers.path)
        refuse(&workers, environment, directory, error);
    buf_fini(&workers.versions);
    free(directory);
    return workers.path;
}
