#include "config.h"
#include "host/path.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

char *path_join(const char *dir, const char *name)
{
    size_t len = strlen(dir);
    if (name[0] == '/')
        return mem_strdup(name);
    return mem_printf("%s%s%s", dir, len && dir[len - 1] == '/' ? "" : "/", name);
}

char *path_parent(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_strdup(".");
    return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

const char *path_below(const char *path, const char *root)
{
    size_t len = strlen(root);
    if (len && root[len - 1] == '/')
        len--;
    if (strncmp(path, root, len) != 0 || path[len] != '/' || !path[len + 1])
        return NULL;
    return path + len + 1;
}

bool path_is_file(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

int path_read_open(int fd, size_t max_bytes, struct buf *out)
{
    char chunk[65536];
    size_t taken = 0;
    for (;;) {
        ssize_t len = read(fd, chunk, sizeof chunk);
        if (len == 0)
            return 0;
        if (len < 0 && errno == EINTR)
            continue;
        if (len < 0)
            return -errno;
        taken += (size_t)len;
        if (taken > max_bytes || buf_append(out, chunk, (size_t)len))
            return -EFBIG;
    }
}

int path_read(const char *path, size_t max_bytes, struct buf *out)
{
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return -errno;
    int result = fstat(fd, &info) < 0 ? -errno : 0;
    if (!result && !S_ISREG(info.st_mode))
        result = -EINVAL;
    if (!result)
        result = path_read_open(fd, max_bytes, out);
    close(fd);
    return result;
}

int path_write_all(int fd, const char *bytes, size_t len)
{
    while (len) {
        ssize_t written = write(fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return -errno;
        bytes += written;
        len -= (size_t)written;
    }
    return 0;
}
