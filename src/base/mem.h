/*
 * Allocation that does not fail: a small request that the machine cannot serve ends the program
 * with a message, as in tmux and git. For sizes that come from outside use a buf with a maximum.
 * Not used in the worker's line-event path, which allocates nothing.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>
#include "base/attributes.h"

/* Zeroed memory for `count` objects of `size` bytes each; the caller frees it with free(). */
void *mem_calloc(size_t count, size_t size) ATTR_ALLOC;
/* Resize `old` (owned, may be NULL) to `count` objects of `size` bytes; new bytes are not cleared.
 */
void *mem_resize(void *old, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));
/* A copy of the string `text`, which must not be NULL. */
char *mem_strdup(const char *text) ATTR_ALLOC;
/* A NUL-terminated copy of `len` bytes at `text`. */
char *mem_strndup(const char *text, size_t len) ATTR_ALLOC;
/* printf into a fresh string. */
char *mem_printf(const char *format, ...) ATTR_PRINTF(1, 2) ATTR_ALLOC;

#endif
