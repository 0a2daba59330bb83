/* Bytes that belong to somebody else: what a parser hands on of the text that it was given. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct span {
    const char *at; /* borrowed; not NUL-terminated; may be NULL with len 0 */
    size_t len;
};

/* The string `text`, without its NUL. */
static inline struct span span_of(const char *text)
{
    return (struct span){text, strlen(text)};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* `span` without its first `count` bytes (at most all). */
static inline struct span span_skip(struct span span, size_t count)
{
    if (count > span.len)
        count = span.len;
    return count ? (struct span){span.at + count, span.len - count} : span;
}

/* `span` without spaces, tabs and line ends at its end. */
static inline struct span span_trim_end(struct span span)
{
    while (span.len > 0 && strchr(" \t\r\n", span.at[span.len - 1]) && span.at[span.len - 1])
        span.len--;
    return span;
}

#endif
