#include "config.h"
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/size.h"

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max_bytes = max_bytes};
}

void buf_fini(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max_bytes);
}

/* Make room for `extra` more bytes and the NUL; doubling keeps appending linear. */
static int buf_reserve(struct buf *buf, size_t extra)
{
    size_t need;
    if (size_add_overflows(buf->len, extra, &need) || need > buf->max_bytes || need == SIZE_MAX)
        return -ENOBUFS;
    need += 1;
    if (need <= buf->capacity)
        return 0;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    buf->data = mem_resize(buf->data, capacity, 1);
    buf->capacity = capacity;
    return 0;
}

int buf_append_more(struct buf *buf, const void *bytes, size_t len)
{
    int result = buf_reserve(buf, len);
    if (result)
        return result;
    if (len)
        memcpy(buf->data + buf->len, bytes, len);
    buf->len += len;
    buf->data[buf->len] = '\0';
    return 0;
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    va_start(args, format);
    int len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        return -ENOBUFS;
    int result = buf_append(buf, text, (size_t)len);
    free(text);
    return result;
}

void buf_consume(struct buf *buf, size_t len)
{
    if (!buf->data)
        return;
    if (len > buf->len)
        len = buf->len;
    memmove(buf->data, buf->data + len, buf->len - len);
    buf->len -= len;
    buf->data[buf->len] = '\0';
}

const char *buf_text(const struct buf *buf)
{
    return buf->data ? buf->data : "";
}

char *buf_take(struct buf *buf)
{
    char *data = buf->data ? buf->data : mem_strdup("");
    buf->data = NULL;
    buf_fini(buf);
    return data;
}
