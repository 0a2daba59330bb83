/*
 * A growing byte buffer with a maximum. Everything that comes from another process is collected in
 * one of these, so that no peer can make pymemtop take memory without end. The bytes are followed
 * by a NUL that is not counted, so that text in a buf can be used as a string.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attributes.h"

struct buf {
    char *data;       /* owned; NULL until something was appended */
    size_t len;       /* bytes in use */
    size_t capacity;  /* bytes allocated */
    size_t max_bytes; /* len never passes this */
};

/* Start an empty buf that holds at most `max_bytes`. No allocation yet. */
void buf_init(struct buf *buf, size_t max_bytes);
/* Free the bytes; the buf is empty again and may be used on. */
void buf_fini(struct buf *buf);
/* buf_append() where the memory must grow, or the maximum might be passed. */
int buf_append_more(struct buf *buf, const void *bytes, size_t len) ATTR_CHECKED;

/* Append all of `bytes` or, where that would pass the maximum, nothing: 0 or -ENOBUFS. A recording
 * is written a few bytes at a time, so that the way without a call is short. */
ATTR_CHECKED static inline int buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (len > PTRDIFF_MAX || len >= buf->capacity - buf->len || len > buf->max_bytes - buf->len)
        return buf_append_more(buf, bytes, len);
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

/* Append formatted text; 0 or -ENOBUFS. */
int buf_printf(struct buf *buf, const char *format, ...) ATTR_PRINTF(2, 3);
/* Drop the first `len` bytes (at most all). */
void buf_consume(struct buf *buf, size_t len);
/* The text as a string: never NULL, valid until the next change. */
const char *buf_text(const struct buf *buf);
/* Hand the bytes (NUL-terminated) to the caller, who frees them; the buf is empty afterwards. */
char *buf_take(struct buf *buf) ATTR_ALLOC;

#endif
