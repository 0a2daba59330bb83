/*
 * The path of a request as Azure's server (Kestrel) hands it to the routes, and the way back. No
 * state; any thread.
 */
#ifndef HOST_URL_PATH_H
#define HOST_URL_PATH_H

#include "base/attributes.h"
#include "base/buf.h"

/* `path` (as on the request line, without the query) without percent encoding, and with "." and
 * ".." followed. What would do harm stays encoded or becomes so: a slash, a NUL, bytes that are not
 * UTF-8. A path that does not begin with a slash is "". The caller frees it. */
char *url_path_decode(const char *path) ATTR_ALLOC;
/* Append `text` as url_path_decode reads it back: all but slashes and what a path may hold as it
 * is becomes percent encoded. 0 or -ENOBUFS. */
int url_path_encode(struct buf *out, const char *text) ATTR_CHECKED;

#endif
