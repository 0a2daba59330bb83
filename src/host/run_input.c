/*
 * Both processes need the text: Python to run it, and the host to show it. As Python reads all of
 * it before it runs the first line, the program sees an empty standard input in either case.
 */
#include "config.h"
#include "host/run_input.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "host/path.h"

enum { SCRIPT_MAX_BYTES = 16 << 20 };

/* Standard input is from now on a file with that text. 0 or -errno. */
static int replace_input(const struct buf *script)
{
    int fd = memfd_create("script", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int result = path_write_all(fd, buf_text(script), script->len);
    if (!result && (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0))
        result = -errno;
    close(fd);
    return result;
}

int run_input_read(struct buf *script, struct error *error)
{
    buf_init(script, SCRIPT_MAX_BYTES);
    int result = path_read_open(STDIN_FILENO, SCRIPT_MAX_BYTES, script);
    if (result == -EFBIG)
        return error_set(error, EXIT_STATUS_USAGE,
                         "the script on standard input is larger than 16 MiB");
    if (!result)
        result = replace_input(script);
    if (result)
        return error_set(error, EXIT_STATUS_SYSTEM,
                         "cannot read the script from standard input: %s", strerror(-result));
    return 0;
}
