/*
 * A private folder for files that go with the process: in $TMPDIR, or /tmp, and readable by this
 * user alone. It is locked for as long as its process lives, so that who comes later can tell the
 * folder of one that was killed, and removes it. Blocks for as long as the file system takes.
 */
#ifndef HOST_TEMPORARY_H
#define HOST_TEMPORARY_H

#include "base/attributes.h"
#include "base/error.h"

struct temporary {
    char *folder; /* owned; NULL: there is none */
    int fd;       /* owned; the folder's, which has the lock */
};

/* Remove what processes that are no more have left, and make a folder. 0, or -1 with `error`: there
 * is none then. */
int temporary_open(struct temporary *temporary, struct error *error) ATTR_CHECKED;
/* Remove the folder and the files in it. One that was not opened is fine, where it is all zero. */
void temporary_close(struct temporary *temporary);

#endif
