/*
 * In cgroup v2 only the root may have processes and at the same time hand controllers down to its
 * children. So a group with a limit can, as a rule, not be made in the cgroup that pymemtop runs
 * in, but beside it: in the parent, whose children have the memory controller already, since
 * systemd gives it to its slices. Nothing is changed in a group that is not pymemtop's own: where
 * the controller is not handed down, or where pymemtop's own group has a limit, which the worker
 * would leave behind, no group is made.
 *
 * Only memory.max must be there. Without swap accounting there is no memory.swap.max, and kernels
 * before 4.19 have no memory.oom.group; the kernel then kills the largest process of the group.
 */
#include "config.h"
#include "host/cgroup.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "host/number.h"
#include "host/path.h"

enum { FILE_MAX_BYTES = 1 << 20 };

static const char name_start[] = "pymemtop-";

struct cgroup {
    char *folder; /* owned */
};

/* ---- the files of a cgroup ---- */

/* The text of a file, which the caller frees; NULL where it cannot be read. */
static char *read_text(const char *folder, const char *name)
{
    struct buf text;
    char *path = path_join(folder, name);
    buf_init(&text, FILE_MAX_BYTES);
    int result = path_read(path, FILE_MAX_BYTES, &text);
    char *taken = buf_take(&text);
    free(path);
    if (!result)
        return taken;
    free(taken);
    return NULL;
}

/* 0 or -errno. */
static int write_text(const char *folder, const char *name, const char *text)
{
    char *path = path_join(folder, name);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int result = fd < 0 ? -errno : 0;
    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        result = -errno;
    if (fd >= 0)
        close(fd);
    free(path);
    return result;
}

/* True where the words of the file `name` have `word` among them. */
static bool has_word(const char *folder, const char *name, const char *word)
{
    char *text = read_text(folder, name);
    size_t len = strlen(word);
    bool found = false;
    for (const char *at = text; at && !found && (at = strstr(at, word)); at += len)
        found = (at == text || isspace((unsigned char)at[-1])) &&
                (!at[len] || isspace((unsigned char)at[len]));
    free(text);
    return found;
}

/* ---- where it can be ---- */

/* What follows "0::" in /proc/self/cgroup: the place in the hierarchy of version 2. */
static char *own_place(const char *own)
{
    const char *line = strncmp(own, "0::", 3) == 0 ? own : strstr(own, "\n0::");
    if (!line)
        return NULL;
    line += strcspn(line, "/");
    return mem_strndup(line, strcspn(line, "\n"));
}

/* Where cgroup2 is mounted, by a line of /proc/self/mountinfo: "ID PARENT MAJOR:MINOR ROOT PATH
 * OPTIONS... - TYPE ...". A part of the hierarchy that is mounted elsewhere does not count. */
static char *mount_of_line(const char *line, size_t len)
{
    char *text = mem_strndup(line, len), *path = NULL;
    int root_at = 0, path_at = 0, path_end = 0;
    sscanf(text, "%*s %*s %*s %n%*s %n%*s%n", &root_at, &path_at, &path_end);
    const char *type = strstr(text, " - ");
    if (path_end && type && strncmp(type, " - cgroup2 ", 11) == 0 &&
        strncmp(text + root_at, "/ ", 2) == 0)
        path = mem_strndup(text + path_at, (size_t)(path_end - path_at));
    free(text);
    return path;
}

char *cgroup_locate(const char *own, const char *mounts, char **mount)
{
    char *place = own_place(own), *folder = NULL;
    *mount = NULL;
    /* "/.." leads out of what this cgroup namespace shows. */
    bool visible = place && place[0] == '/' && strncmp(place, "/..", 3) != 0;
    while (visible && !*mount && *mounts) {
        size_t len = strcspn(mounts, "\n");
        *mount = mount_of_line(mounts, len);
        mounts += len + (mounts[len] == '\n');
    }
    if (*mount)
        folder = strcmp(place, "/") == 0 ? mem_strdup(*mount) : mem_printf("%s%s", *mount, place);
    free(place);
    return folder;
}

/* The group to make one in, from this process's `own`; NULL with `error` where there is none. The
 * caller frees it. */
static char *choose_parent(const char *own, const char *mount, struct error *error)
{
    char *parent = NULL;
    if (!has_word(own, "cgroup.controllers", "memory")) {
        error_set(error, EXIT_STATUS_SYSTEM, "%s has no memory controller", own);
        return NULL;
    }
    if (has_word(own, "cgroup.subtree_control", "memory"))
        return mem_strdup(own);
    if (strcmp(own, mount) != 0 && !has_word(own, "memory.max", "max")) {
        error_set(error, EXIT_STATUS_SYSTEM, "%s has a limit of its own", own);
        return NULL;
    }
    if (strcmp(own, mount) != 0)
        parent = path_parent(own);
    if (parent && has_word(parent, "cgroup.subtree_control", "memory"))
        return parent;
    error_set(error, EXIT_STATUS_SYSTEM, "%s hands down no memory controller",
              parent ? parent : own);
    free(parent);
    return NULL;
}

static char *find_parent(struct error *error)
{
    char *own = read_text("/proc/self", "cgroup");
    char *mounts = read_text("/proc/self", "mountinfo");
    char *mount = NULL, *parent = NULL;
    char *folder = own && mounts ? cgroup_locate(own, mounts, &mount) : NULL;
    if (folder)
        parent = choose_parent(folder, mount, error);
    else
        error_set(error, EXIT_STATUS_SYSTEM, "cgroup version 2 is not mounted");
    free(folder);
    free(mount);
    free(mounts);
    free(own);
    return parent;
}

/* ---- making it ---- */

void cgroup_sweep(const char *parent)
{
    DIR *dir = opendir(parent);
    if (!dir)
        return;
    for (struct dirent *entry; (entry = readdir(dir));) {
        unsigned long long pid;
        if (strncmp(entry->d_name, name_start, sizeof name_start - 1) != 0 ||
            number_parse(entry->d_name + sizeof name_start - 1, INT_MAX, &pid) || pid == 0 ||
            kill((pid_t)pid, 0) == 0 || errno != ESRCH)
            continue;
        char *folder = path_join(parent, entry->d_name);
        rmdir(folder); /* fails while there is a process in it */
        free(folder);
    }
    closedir(dir);
}

struct cgroup *cgroup_new_in(const char *parent, struct error *error)
{
    struct cgroup *cgroup = mem_calloc(1, sizeof *cgroup);
    cgroup_sweep(parent);
    cgroup->folder = mem_printf("%s/%s%d", parent, name_start, (int)getpid());
    int result = mkdir(cgroup->folder, 0755) < 0 ? -errno : 0;
    if (result) {
        error_set(error, EXIT_STATUS_SYSTEM, "%s: %s", cgroup->folder, strerror(-result));
        cgroup_free(cgroup);
        return NULL;
    }
    if (cgroup_set_limit(cgroup, INT64_MAX, error)) {
        cgroup_remove(cgroup);
        cgroup_free(cgroup);
        return NULL;
    }
    write_text(cgroup->folder, "memory.swap.max", "0");
    write_text(cgroup->folder, "memory.oom.group", "1");
    return cgroup;
}

struct cgroup *cgroup_new(struct error *error)
{
    char *parent = find_parent(error);
    struct cgroup *cgroup = parent ? cgroup_new_in(parent, error) : NULL;
    free(parent);
    return cgroup;
}

void cgroup_free(struct cgroup *cgroup)
{
    if (!cgroup)
        return;
    free(cgroup->folder);
    free(cgroup);
}

/* ---- use ---- */

static int write_number(const struct cgroup *cgroup, const char *name, int64_t number,
                        struct error *error)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRId64, number);
    int result = write_text(cgroup->folder, name, text);
    return result ? error_set(error, EXIT_STATUS_SYSTEM, "%s/%s: %s", cgroup->folder, name,
                              strerror(-result))
                  : 0;
}

int cgroup_set_limit(struct cgroup *cgroup, int64_t bytes, struct error *error)
{
    return write_number(cgroup, "memory.max", bytes, error);
}

int cgroup_add(struct cgroup *cgroup, int pid, struct error *error)
{
    return write_number(cgroup, "cgroup.procs", pid, error);
}

/* The number in the line "NAME NUMBER" of a text; 0 where there is none. */
static uint64_t count_of(const char *text, const char *name)
{
    size_t len = strlen(name);
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
        unsigned long long count;
        if (strncmp(text, name, len) == 0 && text[len] == ' ' &&
            number_read(text + len + 1, UINT64_MAX, &count))
            return count;
    }
    return 0;
}

struct cgroup_ooms cgroup_parse_ooms(const char *text)
{
    return (struct cgroup_ooms){.limit_hits = count_of(text, "oom"),
                                .kills = count_of(text, "oom_kill")};
}

struct cgroup_ooms cgroup_read_ooms(const struct cgroup *cgroup)
{
    char *text = read_text(cgroup->folder, "memory.events");
    struct cgroup_ooms ooms = cgroup_parse_ooms(text ? text : "");
    free(text);
    return ooms;
}

int cgroup_remove(const struct cgroup *cgroup)
{
    if (rmdir(cgroup->folder) == 0 || errno != EBUSY)
        return 0;
    write_text(cgroup->folder, "cgroup.kill", "1"); /* since Linux 5.14 */
    return -EBUSY;
}
