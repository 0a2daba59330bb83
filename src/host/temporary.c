/*
 * The lock is flock(2)'s, on the folder itself: it goes with the process, whatever ends it. Between
 * a folder is made and locked another process may take it for one that was left, so that whoever
 * makes one looks whether it is still there once it is locked.
 */
#include "config.h"
#include "host/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/path.h"

#define PREFIX "pymemtop-held-"

enum { TRIES_MAX = 8 };

static const char *base_folder(void)
{
    const char *named = getenv("TMPDIR");
    return named && *named ? named : "/tmp";
}

/* Files alone: nobody makes a folder in it. */
static void remove_files(int folder)
{
    int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *entry;
    if (!list) {
        if (copy >= 0)
            close(copy);
        return;
    }
    while ((entry = readdir(list)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(folder, entry->d_name, 0);
    closedir(list);
}

/* Open the folder and lock it, where it is this user's and nobody has it locked; else -1. */
static int lock_folder(int base, const char *name)
{
    struct stat info;
    int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &info) == 0 && info.st_uid == geteuid() && flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return -1;
}

static void remove_left(const char *base)
{
    int base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = base_fd >= 0 ? fdopendir(base_fd) : NULL;
    const struct dirent *entry;
    if (!list) {
        if (base_fd >= 0)
            close(base_fd);
        return;
    }
    while ((entry = readdir(list)) != NULL) {
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) != 0)
            continue;
        int fd = lock_folder(base_fd, entry->d_name);
        if (fd < 0)
            continue;
        remove_files(fd);
        unlinkat(base_fd, entry->d_name, AT_REMOVEDIR);
        close(fd);
    }
    closedir(list);
}

static bool is_there(const char *path, int fd)
{
    struct stat named, opened;
    return stat(path, &named) == 0 && fstat(fd, &opened) == 0 && named.st_dev == opened.st_dev &&
           named.st_ino == opened.st_ino;
}

/* 1 where somebody has just removed it. */
static int make_folder(struct temporary *temporary, const char *base, struct error *error)
{
    temporary->folder = path_join(base, PREFIX "XXXXXX");
    if (!mkdtemp(temporary->folder)) {
        error_set(error, EXIT_STATUS_SYSTEM, "cannot make the folder %s: %s", temporary->folder,
                  strerror(errno));
        free(temporary->folder);
        temporary->folder = NULL;
        return -1;
    }
    temporary->fd = lock_folder(AT_FDCWD, temporary->folder);
    if (temporary->fd >= 0 && is_there(temporary->folder, temporary->fd))
        return 0;
    temporary_close(temporary);
    return 1;
}

int temporary_open(struct temporary *temporary, struct error *error)
{
    const char *base = base_folder();
    int result = 1;
    *temporary = (struct temporary){.fd = -1};
    remove_left(base);
    for (int i = 0; i < TRIES_MAX && result > 0; i++)
        result = make_folder(temporary, base, error);
    if (result > 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot lock a folder in %s", base);
    return result;
}

void temporary_close(struct temporary *temporary)
{
    if (!temporary->folder)
        return;
    if (temporary->fd >= 0) {
        remove_files(temporary->fd);
        close(temporary->fd);
    }
    rmdir(temporary->folder);
    free(temporary->folder);
    *temporary = (struct temporary){.fd = -1};
}
