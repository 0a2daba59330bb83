/* Paths as strings, and reading and writing files whole. No state; any thread. */
#ifndef HOST_PATH_H
#define HOST_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attributes.h"
#include "base/buf.h"

/* `dir`/`name`, or `name` alone where it is absolute. The caller frees it. */
char *path_join(const char *dir, const char *name) ATTR_ALLOC;
/* The directory that holds `path` ("/" for the root and what lies in it). The caller frees it. */
char *path_parent(const char *path) ATTR_ALLOC;
/* What follows `root`/ in `path`, borrowed from it; NULL where it does not lie below. */
const char *path_below(const char *path, const char *root);
bool path_is_file(const char *path);
bool path_is_directory(const char *path);
/* Append the bytes of the regular file `path` to `out`, at most `max_bytes`: 0, or -errno, -EFBIG
 * where it is longer and -EINVAL where it is no regular file (which could block). */
int path_read(const char *path, size_t max_bytes, struct buf *out) ATTR_CHECKED;
/* The same of what is left to read of `fd`, whatever it is. */
int path_read_open(int fd, size_t max_bytes, struct buf *out) ATTR_CHECKED;
/* Write all `len` bytes to `fd`: 0 or -errno, with any part of them written. */
int path_write_all(int fd, const char *bytes, size_t len) ATTR_CHECKED;

#endif
