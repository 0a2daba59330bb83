#include "config.h"
#include "host/series_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "host/number.h"
#include "report/mprofile.h"
#include "store/recording.h"

enum { STAMP_DIGITS = 14, PIECE_BYTES = 1 << 16 };

/* The time in a name that is prefix, 14 digits and suffix; NULL for other names. */
static const char *stamp_of_kind(const char *name, const char *prefix, const char *suffix)
{
    const char *stamp = name + strlen(prefix);
    if (strncmp(name, prefix, strlen(prefix)) != 0 || strspn(stamp, "0123456789") != STAMP_DIGITS)
        return NULL;
    return strcmp(stamp + STAMP_DIGITS, suffix) == 0 ? stamp : NULL;
}

static const char *stamp_of(const char *name)
{
    const char *stamp = stamp_of_kind(name, "mprofile_", ".dat");
    return stamp ? stamp : stamp_of_kind(name, "pymemtop_", ".pymemtop");
}

static int compare_names(const void *left, const void *right)
{
    const char *a = *(char *const *)left, *b = *(char *const *)right;
    int result = memcmp(stamp_of(a), stamp_of(b), STAMP_DIGITS);
    return result ? result : strcmp(a, b);
}

int series_files_find(struct series_files *files, const char *dir, struct error *error)
{
    *files = (struct series_files){0};
    DIR *folder = opendir(dir);
    if (!folder)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot open the folder %s: %s", dir,
                         strerror(errno));
    for (struct dirent *entry; (entry = readdir(folder));) {
        if (!stamp_of(entry->d_name))
            continue;
        files->names = mem_resize(files->names, files->count + 1, sizeof *files->names);
        files->names[files->count++] = mem_strdup(entry->d_name);
    }
    closedir(folder);
    if (files->count)
        qsort(files->names, files->count, sizeof *files->names, compare_names);
    return 0;
}

void series_files_fini(struct series_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->names[i]);
    free(files->names);
}

/* The n-th of this folder's files, or the last one where `word` is NULL. */
static char *choose_listed(const char *word, struct error *error)
{
    struct series_files files;
    unsigned long long n = 0;
    char *path = NULL;
    if (series_files_find(&files, ".", error) == 0) {
        if (!word && files.count == 0)
            error_set(error, EXIT_STATUS_USAGE,
                      "there is no pymemtop_*.pymemtop and no mprofile_*.dat in this folder; name "
                      "a file");
        else if (word && (number_parse(word, SIZE_MAX, &n) || n >= files.count))
            error_set(error, EXIT_STATUS_USAGE, "there is no file %s", word);
        else
            path = mem_strdup(files.names[word ? n : files.count - 1]);
    }
    series_files_fini(&files);
    return path;
}

char *series_file_choose(const char *word, struct error *error)
{
    if (word && access(word, F_OK) == 0)
        return mem_strdup(word);
    return choose_listed(word, error);
}

static int read_mprofile(struct series *series, int fd)
{
    static char piece[PIECE_BYTES];
    struct mprofile_reader reader;
    ssize_t got;
    mprofile_begin(&reader, series);
    while ((got = read(fd, piece, sizeof piece)) > 0)
        mprofile_feed(&reader, piece, (size_t)got);
    mprofile_end(&reader);
    return got < 0 ? -errno : 0;
}

/* A pipe or a device might never end. */
static int open_regular(const char *path)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    close(fd);
    return S_ISDIR(info.st_mode) ? -EISDIR : -EINVAL;
}

static int read_contents(struct series *series, int fd, const char *path, struct error *error)
{
    char head[RECORDING_MAGIC_BYTES];
    ssize_t got = pread(fd, head, sizeof head, 0);
    if (got > 0 && recording_is_magic(head, (size_t)got))
        return recording_read(path, series, error);
    int failure = read_mprofile(series, fd);
    return failure ? error_set(error, EXIT_STATUS_SYSTEM, "cannot read %s: %s", path,
                               strerror(-failure))
                   : 0;
}

int series_file_read(struct series *series, const char *path, struct error *error)
{
    series_init(series);
    int fd = open_regular(path);
    if (fd < 0)
        return error_set(error, EXIT_STATUS_SYSTEM, "cannot read %s: %s", path, strerror(-fd));
    int result = read_contents(series, fd, path, error);
    close(fd);
    if (result)
        return result;
    if (series->sample_count == 0 && series->span_count == 0)
        return error_set(error, EXIT_STATUS_APP,
                         "%s has no sample of memory in it; is it a recording or an "
                         "mprofile_*.dat?",
                         path);
    return 0;
}

void series_file_say_unread(const struct series *series, const char *path)
{
    if (!series->unread)
        return;
    char *clean = series_file_clean(path);
    fprintf(stderr,
            "pymemtop: %s: %" PRIu64 " %s could not be read, the first is line %" PRIu64 "\n",
            clean, series->unread, series->unread == 1 ? "line" : "lines", series->unread_line);
    free(clean);
}

char *series_file_clean(const char *text)
{
    size_t len = strlen(text), size = len * TEXT_UTF8_MAX + 1;
    char *clean = mem_calloc(size, 1);
    text_clean(clean, size, text, len);
    return clean;
}
