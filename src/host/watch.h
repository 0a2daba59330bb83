/*
 * Watching an app's folders for saved files, on the host's loop. What counts is every *.py, and
 * what the host itself reads: host.json and local.settings.json in the root, function.json in a
 * folder of it. Left out are virtual environments, folders of installed packages, __pycache__, and
 * all whose name begins with a dot. A link to a folder is followed, but for one that leads above
 * the root; a folder that can be reached in two ways is watched once.
 *
 * Changes are told together, once it has been quiet for WATCH_CODE_QUIET_MS after the last one of a
 * *.py and WATCH_SETTINGS_QUIET_MS after the last one of the others. They are told only where a
 * content is another one than when it was last told (or when the watch was opened): a touch, a file
 * saved as it was, a branch checked out and back, a temporary file that came and went are no
 * change. Content is compared by a hash of 64 bits and the size; where it was not hashed, since the
 * file is larger than WATCH_HASH_MAX_BYTES or there were more than WATCH_HASH_ALL_BYTES to read at
 * the start, every write counts.
 *
 * Where the system has no more room for watches, or there are more than `folders_max` folders or
 * WATCH_FILES_MAX files, the watch says so once and looks at what it knows once a second instead
 * (WATCH_POLL_FOLDERS folders at a time, those nearest to the root first); what is beyond the
 * maximum is not looked at.
 *
 * Not seen: a write to a file outside of the watched folders that a link within them points to.
 */
#ifndef HOST_WATCH_H
#define HOST_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

enum watch_limits {
    WATCH_CODE_QUIET_MS = 300,
    WATCH_SETTINGS_QUIET_MS = 500,
    WATCH_POLL_MS = 1000,
    WATCH_POLL_FOLDERS = 1024,
    WATCH_FOLDERS_MAX = 4096,
    WATCH_FILES_MAX = 20000,
    WATCH_HASH_MAX_BYTES = 1 << 20,
    WATCH_HASH_ALL_BYTES = 32 << 20,
    WATCH_NAMED = 3,
};

struct watch_change {
    bool code;     /* a *.py was saved, made or deleted */
    bool settings; /* host.json, local.settings.json or a function.json was */
    size_t count;  /* of such files */
    /* The first of them by name, below the root; NULL after the last. Borrowed for the call. */
    const char *names[WATCH_NAMED];
};

struct watch_handler {
    void *context;
    /* For each *.py of the change, before it is told; the absolute path. May be NULL. */
    void (*saved)(void *context, const char *path);
    /* May close the watch. */
    void (*changed)(void *context, const struct watch_change *change);
    /* The watch has something to say; one line. */
    void (*notice)(void *context, const char *text);
};

struct watch;

/* Watch the folders from `root` (absolute, without links) down. What was saved before this returns
 * is no change, so open it before the code is read. `folders_max` is WATCH_FOLDERS_MAX, or fewer.
 * Never fails; the handler may get a notice before it returns. */
struct watch *watch_open(uv_loop_t *loop, const char *root, size_t folders_max,
                         const struct watch_handler *handler);
/* Free the watch; the handler is not called any more. `closed` is called when the loop has let go
 * of it. */
void watch_close(struct watch *watch, void (*closed)(void *context), void *context);

#endif
