/*
 * The check before the first write is for the user, who is to hear of what is in the way while
 * nothing has been touched. What comes into the way after it is caught by O_EXCL and mkdir, and
 * undone like any other failure.
 */
#include "config.h"
#include "host/write_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "host/path.h"

void write_set_init(struct write_set *set)
{
    *set = (struct write_set){0};
}

void write_set_fini(struct write_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        free(set->steps[i].path);
        free(set->steps[i].text);
    }
    free(set->steps);
    write_set_init(set);
}

static void add(struct write_set *set, struct write_set_step step)
{
    set->steps = mem_resize(set->steps, set->count + 1, sizeof *set->steps);
    set->steps[set->count++] = step;
}

void write_set_folder(struct write_set *set, const char *path)
{
    add(set, (struct write_set_step){.kind = WRITE_FOLDER, .path = mem_strdup(path)});
}

void write_set_file(struct write_set *set, const char *path, char *text)
{
    add(set, (struct write_set_step){.kind = WRITE_FILE, .path = mem_strdup(path), .text = text});
}

void write_set_append(struct write_set *set, const char *path, size_t size_bytes, char *text)
{
    add(set, (struct write_set_step){.kind = WRITE_APPEND,
                                     .path = mem_strdup(path),
                                     .text = text,
                                     .size_bytes = size_bytes});
}

static int refuse(const struct write_set_step *step, int failure, struct error *error)
{
    static const char *const verbs[] = {
        [WRITE_FOLDER] = "make the folder", [WRITE_FILE] = "write", [WRITE_APPEND] = "add to"};
    if (failure == -EEXIST)
        return error_set(error, EXIT_STATUS_APP,
                         "%s is in the way: it exists already, and nothing is overwritten; choose "
                         "another name, or move it away",
                         step->path);
    if (failure == -ESTALE)
        return error_set(error, EXIT_STATUS_APP,
                         "%s was changed at the same time by somebody else; try again", step->path);
    return error_set(error, EXIT_STATUS_SYSTEM, "cannot %s %s: %s", verbs[step->kind], step->path,
                     strerror(-failure));
}

static int check(const struct write_set_step *step)
{
    struct stat info;
    if (step->kind == WRITE_APPEND)
        return faccessat(AT_FDCWD, step->path, R_OK | W_OK, AT_EACCESS) < 0 ? -errno : 0;
    return lstat(step->path, &info) == 0 ? -EEXIST : 0;
}

/* ---- one step, done or left undone ---- */

static int make_file(const struct write_set_step *step)
{
    int fd = open(step->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0)
        return -errno;
    int result = path_write_all(fd, step->text, strlen(step->text));
    /* Some file systems tell only here that the disk is full. */
    if (close(fd) < 0 && !result)
        result = -errno;
    if (result)
        unlink(step->path);
    return result;
}

static int append(const struct write_set_step *step)
{
    struct stat info;
    int fd = open(step->path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    int result = fstat(fd, &info) < 0 ? -errno : 0;
    if (!result && (!S_ISREG(info.st_mode) || (uintmax_t)info.st_size != step->size_bytes))
        result = -ESTALE;
    if (!result) {
        result = path_write_all(fd, step->text, strlen(step->text));
        if (result && ftruncate(fd, info.st_size) < 0)
            result = -errno;
    }
    if (close(fd) < 0 && !result)
        result = -errno;
    return result;
}

static int perform(const struct write_set_step *step)
{
    switch (step->kind) {
    case WRITE_FOLDER: return mkdir(step->path, 0777) < 0 ? -errno : 0;
    case WRITE_FILE: return make_file(step);
    case WRITE_APPEND: return append(step);
    }
    return -EINVAL;
}

static void undo(const struct write_set_step *step)
{
    switch (step->kind) {
    case WRITE_FOLDER: rmdir(step->path); break;
    case WRITE_FILE: unlink(step->path); break;
    case WRITE_APPEND: break; /* comes last, and nothing after it can fail */
    }
}

int write_set_commit(const struct write_set *set, struct error *error)
{
    for (size_t i = 0; i < set->count; i++) {
        int failure = check(&set->steps[i]);
        if (failure)
            return refuse(&set->steps[i], failure, error);
    }
    for (size_t i = 0; i < set->count; i++) {
        int failure = perform(&set->steps[i]);
        if (!failure)
            continue;
        for (size_t done = i; done-- > 0;)
            undo(&set->steps[done]);
        return refuse(&set->steps[i], failure, error);
    }
    return 0;
}
