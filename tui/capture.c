#include "config.h"
#include "tui/capture.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <unistd.h>

/* Descriptor 2 is the process's, so there is one of this. */
static int kept_fd = -1;   /* what descriptor 2 is while it is kept */
static int stderr_fd = -1; /* what it was */

void capture_start(void)
{
    if (kept_fd >= 0 || !isatty(STDERR_FILENO))
        return;
    kept_fd = memfd_create("stderr", MFD_CLOEXEC);
    stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (kept_fd < 0 || stderr_fd < 0 || dup2(kept_fd, STDERR_FILENO) < 0) {
        /* Without it the display may be disturbed; that is no reason to end. */
        close(kept_fd);
        close(stderr_fd);
        kept_fd = stderr_fd = -1;
    }
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, bytes, len);
        if (written <= 0)
            return false;
        bytes += written;
        len -= (size_t)written;
    }
    return true;
}

void capture_stop(void)
{
    char part[4096];
    ssize_t count;
    if (kept_fd < 0)
        return;
    dup2(stderr_fd, STDERR_FILENO);
    for (off_t at = 0; (count = pread(kept_fd, part, sizeof part, at)) > 0; at += count) {
        if (!write_all(STDERR_FILENO, part, (size_t)count))
            break;
    }
    close(kept_fd);
    close(stderr_fd);
    kept_fd = stderr_fd = -1;
}
