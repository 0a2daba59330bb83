/*
 * The folders are scanned rather than asked for one name, so that the message for a version that
 * was not built can say which ones were.
 */
#include "config.h"
#include "host/workers.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/number.h"
#include "host/path.h"

/* Minor versions are bits of a set. */
enum { MINOR_MAX = 63 };

/* The minor version of "pymemtop-worker-3.X", or -1 for any other name. */
static int minor_version(const char *name)
{
    static const char start[] = "pymemtop-worker-3.";
    unsigned long long minor;
    if (strncmp(name, start, sizeof start - 1) != 0 ||
        number_parse(name + sizeof start - 1, MINOR_MAX, &minor))
        return -1;
    return (int)minor;
}

const char *workers_version(const char *path)
{
    const char *dash = strrchr(path, '-');
    return dash ? dash + 1 : path;
}

/* What a folder holds: the worker that is wanted or the newest, and all versions. */
struct workers {
    char *path; /* owned or NULL */
    int minor;
    uint64_t minors;
};

static void consider(struct workers *workers, const char *directory, const char *name,
                     const char *wanted)
{
    int minor = minor_version(name);
    if (minor < 0)
        return;
    char *path = path_join(directory, name);
    if (path_is_file(path) && access(path, X_OK) == 0) {
        workers->minors |= UINT64_C(1) << minor;
        if (*wanted ? strcmp(workers_version(path), wanted) == 0 : minor > workers->minor) {
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

/* No environment says which Python: that of the python3 of the command line, where it is built. */
static void prefer_default(struct workers *workers, const char *directory)
{
    struct workers fitting = {.minor = -1};
    char version[ENVIRONMENT_VERSION_SIZE];
    bool is_choice = (workers->minors & (workers->minors - 1)) != 0;
    if (!is_choice || !environment_default_version(version))
        return;
    scan(&fitting, directory, version);
    if (!fitting.path)
        return;
    free(workers->path);
    workers->path = fitting.path;
}

/* "3.9, 3.10" */
static void append_versions(struct buf *text, uint64_t minors)
{
    for (int minor = 0; minor <= MINOR_MAX; minor++)
        if (minors >> minor & 1)
            buf_printf(text, "%s3.%d", text->len ? ", " : "", minor);
}

static void refuse(const struct workers *workers, const struct environment *environment,
                   const char *directory, struct error *error)
{
    struct buf versions;
    buf_init(&versions, 1024);
    append_versions(&versions, workers->minors);
    if (!versions.len)
        error_set(error, EXIT_STATUS_SYSTEM,
                  "no worker program (pymemtop-worker-3.*) in %s; install pymemtop again, or set "
                  "PYMEMTOP_LIBEXEC to the folder that holds it",
                  directory);
    else
        error_set(error, EXIT_STATUS_APP,
                  "%s has Python %s, and this pymemtop was built for Python %s; make the app's "
                  "environment with %s, or build pymemtop for Python %s",
                  environment->directory ? environment->directory : environment->executable,
                  environment->version, buf_text(&versions),
                  strchr(buf_text(&versions), ',') ? "one of these" : "that version",
                  environment->version);
    buf_fini(&versions);
}

char *workers_find(const struct environment *environment, struct error *error)
{
    struct workers workers = {.minor = -1};
    const char *named = getenv("PYMEMTOP_LIBEXEC");
    char *directory = named && *named ? mem_strdup(named) : own_directory();
    scan(&workers, directory, environment->version);
    if (!workers.minors && !(named && *named)) {
        free(directory);
        directory = mem_strdup(PKGLIBEXECDIR);
        scan(&workers, directory, environment->version);
    }
    if (!*environment->version)
        prefer_default(&workers, directory);
    if (!workers.path)
        refuse(&workers, environment, directory, error);
    free(directory);
    return workers.path;
}
