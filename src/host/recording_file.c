/*
 * SQLite makes a database of whatever it opens, or says of it that it is none: what can be told
 * better is told before.
 */
#include "config.h"
#include "host/recording_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check_file(const char *path, struct error *error)
{
    struct stat info;
    if (stat(path, &info) < 0)
        return error_set(error, EXIT_STATUS_USAGE, "cannot read %s: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return error_set(error, EXIT_STATUS_USAGE, "%s is no file, and so no recording", path);
    if (info.st_size == 0)
        return error_set(error, EXIT_STATUS_USAGE, "%s is empty: nothing was recorded in it", path);
    if (access(path, R_OK) < 0)
        return error_set(error, EXIT_STATUS_USAGE, "cannot read %s: %s", path, strerror(errno));
    return 0;
}

struct replay *recording_file_open(const char *path, struct error *error)
{
    if (check_file(path, error))
        return NULL;
    struct replay *replay = replay_open(path, error);
    if (replay && replay_seek(replay, replay_last(replay), error)) {
        replay_close(replay);
        replay = NULL;
    }
    if (!replay)
        error->status = EXIT_STATUS_USAGE;
    return replay;
}
